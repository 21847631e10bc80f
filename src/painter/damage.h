/*
 * damage.h - the part of a canvas that must be painted anew.
 * Few boxes: what lies close together is joined, because each box costs a walk over everything that is drawn.
 * Thread: its owner's.
 */
#pragma once

#include "painter/painter.h"

enum { DAMAGE_BOXES_MAX = 12 };

struct damage {
    pixman_region32_t region;
    struct box limits;  // nothing outside is ever damaged
};

void damage_init(struct damage *damage, int width_px, int height_px);
void damage_fini(struct damage *damage);

void damage_add(struct damage *damage, const struct box *box);
void damage_add_all(struct damage *damage);
void damage_clear(struct damage *damage);
bool damage_is_empty(const struct damage *damage);

/* The boxes to paint, at most DAMAGE_BOXES_MAX, none overlapping another; returns how many. Simplifies the region. */
size_t damage_boxes(struct damage *damage, struct box boxes[DAMAGE_BOXES_MAX]);
