/*
 * ticker_item.h - one gift, membership or raid in the strip: laid out once, in the direction of the view's language.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "painter/painter.h"

struct buffer;
struct node;

struct ticker_item {
    struct list link;             // in card_ticker.items
    json_t *told;                 // owned
    uint64_t id;
    struct text_layout *text, *initial;  // owned; initial NULL: the platform has a mark
    struct color name_color;
    int width_px;                 // mark, words, and what parts it from the next
    bool is_rtl;
    bool is_old;                  // not told any more: leaves when it is out of sight
};

/* room_px: of the strip; what is longer is cut. NULL: it ended the program before. */
struct ticker_item *ticker_item_create(struct node *node, const json_t *told, int room_px);
void ticker_item_destroy(struct ticker_item *item);

/* Anew, for other words or another room. False: as above. */
bool ticker_item_lay_out(struct ticker_item *item, struct node *node, int room_px);

/* Into the picture of the strip, from_start px behind the edge where it is begun to be read. */
void ticker_item_paint(const struct ticker_item *item, const struct node *node, struct canvas *strip, int from_start);

/* Appends what the platform and its people wrote. */
void ticker_item_read(const json_t *told, struct buffer *words);
