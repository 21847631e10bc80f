/*
 * rich_text.h - a text with emotes in its lines. An emote keeps a square free until it is there; one that cannot be had
 * is written as its name. Made for one layout of a card and destroyed with it. Thread: the loop's.
 */
#pragma once

#include <jansson.h>

#include "painter/painter.h"
#include "text/text.h"

struct node;
struct rich_text;

struct rich_text_options {
    struct text_options text;  // as for node_layout(); its images must be none
    /*
     * As in a message (docs/message.md): "from" and "to" are bytes of the message's text. NULL: none. Ranges that
     * cannot be are left out.
     */
    const json_t *emotes;
    uint32_t emotes_at;        // where in text.text the message's text begins
    bool is_even;              // lines of even length, as by node_layout_even()
    /* px that the text's first character, U+FFFC, keeps free for what the card paints there (a mark); 0: it does not. */
    int lead_px;
};

enum { RICH_TEXT_EMOTES_MAX = 64 };  // the others are written as their names

/* Never NULL. */
struct rich_text *rich_text_create(struct node *node, const struct rich_text_options *options);
void rich_text_destroy(struct rich_text *rich);  // accepts NULL

/* Borrowed. Spans keep their index; byte offsets are those of what is shown. */
const struct text_layout *rich_text_layout(const struct rich_text *rich);

/* The layout's top left at x, y; colour as for canvas_text(). */
void rich_text_paint(struct rich_text *rich, struct canvas *layer, int x, int y, struct color color);

/* The same with another colour for what stands in the first span: a name. */
void rich_text_paint_spans(struct rich_text *rich, struct canvas *layer, int x, int y, struct color color,
    struct color span_color);

/* It looks the same each time that it is painted. */
bool rich_text_is_still(const struct rich_text *rich);

/* Where in the layout the lead is. False: it has none, or it was cut off. */
bool rich_text_lead(const struct rich_text *rich, struct box *box);
