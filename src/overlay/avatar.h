/*
 * avatar.h - a person's picture as a disc; until it is there, and where there is none, the first letter of the name
 * on the person's colour. Thread: the loop's.
 */
#pragma once

#include "painter/painter.h"

struct avatar;
struct node;

struct avatar_options {
    const char *url;    // NULL or "": none
    const char *name;   // of any script; NULL or "": the disc stays without a letter
    const char *color;  // "#RRGGBB"; another text or NULL: one of ours, always the same for one name
    int size_px;        // of the disc
};

/* Never NULL. For one layout of the card: destroy it with the rest of it. */
struct avatar *avatar_create(struct node *node, const struct avatar_options *options);
void avatar_destroy(struct avatar *avatar);  // accepts NULL

/* With its top left at x, y of the layer. */
void avatar_paint(struct avatar *avatar, struct canvas *layer, int x, int y);
