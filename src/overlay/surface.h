/* surface.h - what a card lies on, painted as its theme describes it. Thread: the loop's. */
#pragma once

#include "overlay/theme.h"
#include "painter/painter.h"

/* How far shadow and ornaments reach around an empty box at 0, 0. */
struct box surface_reach(const struct theme_surface *surface);

/* box: the card, without its surroundings. is_rtl: ornaments are mirrored. opacity: 0..1, of all of it. */
void surface_paint(const struct theme_surface *surface, struct canvas *layer, const struct box *box, bool is_rtl, float opacity);

/* Rings that are drawn in a square of 24 x 24, fitted into the box. */
void surface_paint_rings(struct canvas *layer, const struct point *points, size_t point_count, const struct box *box,
    bool is_mirrored, struct color color);
