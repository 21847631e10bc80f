/*
 * asked.h - the line below a question: how many ask it, and on which platforms. Made for one layout of a card.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>

#include "painter/painter.h"

struct asked;
struct node;
struct theme_card;

/* state: of the question. NULL: one person asks, there is nothing to be told. */
struct asked *asked_create(struct node *node, const json_t *state, const struct theme_card *look, int width_px);
void asked_destroy(struct asked *asked);  // accepts NULL

int asked_width(const struct asked *asked);  // px that it takes
int asked_height(const struct asked *asked);

/* In the line `box` of the layer, from where it is begun to be read. */
void asked_paint(const struct asked *asked, struct canvas *layer, const struct box *box, bool is_rtl);
