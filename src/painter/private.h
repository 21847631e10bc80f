/* private.h - what the files of painter/ share and nobody else sees. Thread: the painter's. */
#pragma once

#include "base/list.h"
#include "painter/painter.h"

enum mask_kind { MASK_CORNER, MASK_RING, MASK_SHADOW };

struct painter {
    struct list masks;  // struct mask, the last used first
    int mask_count;
};

struct canvas {
    struct painter *painter;  // borrowed
    pixman_image_t *image;    // owned
    uint32_t *pixels;         // owned
    int width, height;
};

struct image {
    pixman_image_t *original;  // owned, premultiplied
    pixman_image_t *scaled;    // owned, of the size last asked for; NULL: none yet
};

/* An a8 image with memory of its own, all zero. NULL: too large or no memory. */
pixman_image_t *stencil_create(int width, int height);

/*
 * Cached, borrowed until the next call; NULL: no memory.
 * MASK_CORNER: radius x radius, the top left quarter of a disc. MASK_RING: the same of a ring of width `extra`.
 * MASK_SHADOW: the shadow of a box with this radius, blurred by `extra`; square, its middle px repeats.
 */
pixman_image_t *stencil_find(struct painter *painter, enum mask_kind kind, int radius, int extra);

/* Side of a MASK_SHADOW's corner: what is not stretched. */
int shadow_corner_px(int radius, int blur);

pixman_image_t *make_corner(int radius);
pixman_image_t *make_ring(int radius, int width);
pixman_image_t *make_shadow(int radius, int blur);

pixman_color_t premultiply(struct color color);
pixman_image_t *solid_create(struct color color);  // NULL: no memory
int clamp_radius(const struct shape *shape);

/* The shape's coverage added to an a8 image whose top left lies at x, y of the canvas. */
void shape_into_mask(struct painter *painter, pixman_image_t *mask, pixman_op_t op, const struct shape *shape, int x,
    int y);
