/*
 * chat_line.h - one line of the chat box: laid out once, then only painted where it stands. It reads in the direction of
 * its own text; the name is kept apart, so that neither turns the other around. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/list.h"
#include "overlay/animation.h"
#include "painter/painter.h"

struct buffer;
struct node;

struct chat_line {
    struct list link;       // in card_chat.lines
    json_t *told;           // owned: the line as the on-air state has it
    uint64_t id;
    int width_px, height_px;  // of its bubble
    int bottom_px;          // from the box's lower edge up to the bubble's, where it rests
    struct tween presence;  // 0 away, 1 there
    float opacity;          // of it, as it is painted now
    bool is_leaving;
    int64_t since_ms;
    struct chat_text *text; // its own
    struct canvas *picture; // owned, while it fades; NULL: it is painted anew
};

/* Laid out for at most width_px. NULL: it ended the program before. */
struct chat_line *chat_line_create(struct node *node, const json_t *told, int width_px);
void chat_line_destroy(struct chat_line *line);  // accepts NULL

/* The same words for another width. False: as above, and it has nothing to show. */
bool chat_line_lay_out(struct chat_line *line, struct node *node, int width_px);

/* box: its bubble in the layer. */
void chat_line_paint(struct chat_line *line, const struct node *node, struct canvas *layer, const struct box *box);

/* Appends its name and words. */
void chat_line_read(const json_t *told, struct buffer *words);
