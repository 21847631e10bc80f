/*
 * layout.h - where the cards of a view stand, so that no two ever cover each other.
 * A pure function: the same cards in the same area always get the same boxes, whatever was there before, so a view that
 * was started anew looks like one that has run for hours. Thread: any.
 *
 * Each card takes its wanted place if that is free. The card of higher rank settles first; the others move along their
 * edge, as little as they can, and only within a quarter of the view across. Where that is not enough, cards get smaller,
 * the lowest rank first, and no smaller than needed; then they may go anywhere; at last a card waits.
 */
#pragma once

#include <stddef.h>

#include "painter/painter.h"

enum { LAYOUT_CARDS_MAX = 40 };  // beyond it, cards wait

/* When a card takes its place. */
enum layout_turn {
    LAYOUT_BY_RANK,
    LAYOUT_FIRST,   // a strip at an edge: all others keep off it
    LAYOUT_YIELDS,  // holds its place before the others while there is room for all, and else takes what they leave
};

struct layout_card {
    int across, down;   // the edges it is held at, as in the theme: -1 left or top, 0 middle, 1 right or bottom
    int x_px, y_px;     // from those edges of the view; from its middle where it is 0
    int width_px, height_px;              // that it would take
    int width_least_px, height_least_px;  // below which it cannot be shown; 0: it gives nothing up
    struct box bounds;  // it stays inside
    int rank;           // higher ones are asked later to give way; among equals the later one is asked first
    enum layout_turn turn;
};

struct size {
    int width, height;  // px
};

struct layout_area {
    struct box view;
    struct box face;  // stays free; empty: none
    int gap_px;       // between cards
};

/*
 * boxes: one a card, no larger than it would take; empty: there is no room for it now. A card that got less height or
 * width than it wanted must be made to fit.
 */
void layout_place(const struct layout_area *area, const struct layout_card *cards, size_t count, struct box *boxes);

/* Where a card of this size is held inside a box; it may reach beyond on the sides where it is not held. */
struct box layout_hold(const struct box *in, int across, int down, int width_px, int height_px);
