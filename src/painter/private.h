/* private.h - what the files of painter/ share and nobody else sees. Thread: the painter's. */
#pragma once

#include "base/list.h"
#include "painter/painter.h"

enum { SHADOW_BLUR_MAX = 256 };

enum mask_kind { MASK_CORNER, MASK_RING, MASK_SHADOW };
enum { CORNERS = 4 };  // top left, top right, bottom left, bottom right, as the bits of enum corner

struct painter {
    struct list masks;  // struct mask, the last used first
    int mask_count;
};

struct canvas {
    struct painter *painter;  // borrowed
    pixman_image_t *image;    // owned
    uint32_t *pixels;         // owned
    int width, height;
    struct box clip;          // around all that may be painted
};

struct image {
    pixman_image_t *original;  // owned, premultiplied
    uint32_t *pixels;          // owned, those of `original`; NULL: it has its own
    pixman_image_t *scaled;    // owned, of the size last asked for; NULL: none yet
};

/* An a8 image with memory of its own, all zero. NULL: too large or no memory. */
pixman_image_t *stencil_create(int width, int height);

/* Three times by a box of 2 * reach + 1 px: close to a Gaussian. For an a8 image. */
void stencil_blur(pixman_image_t *mask, int reach);

/* What a mask is of: two with the same numbers look the same. */
struct mask_key {
    enum mask_kind kind;
    int radius, extra;
    bool is_cut;  // straight instead of round
};

/*
 * Cached, borrowed until the next call; NULL: no memory.
 * MASK_CORNER: radius x radius, the top left quarter of a disc. MASK_RING: the same of a ring of width `extra`.
 * MASK_SHADOW: the shadow of a box with this radius, blurred by `extra`; square, its middle px repeats.
 */
pixman_image_t *stencil_find(struct painter *painter, const struct mask_key *key);

/* Side of a MASK_SHADOW's corner: what is not stretched. */
int shadow_corner_px(int radius, int blur);

/* Side of a MASK_RING: where the inner outline runs straight again. */
int ring_side_px(int radius, int width, bool is_cut);

pixman_image_t *make_corner(int radius, bool is_cut);
pixman_image_t *make_ring(int radius, int width, bool is_cut);
pixman_image_t *make_shadow(int radius, int blur, bool is_cut);

pixman_color_t premultiply(struct color color);
pixman_image_t *solid_create(struct color color);  // NULL: no memory

/* Of one corner, as far as the box has room for it; 0: square. */
int corner_radius(const struct shape *shape, int number);

/* NULL: too large or no memory. *origin_x, *origin_y: where its 0, 0 lies on the canvas. It repeats. */
pixman_image_t *gradient_create(const struct canvas *canvas, const struct fill *fill, const struct box *box, int *origin_x,
    int *origin_y);
bool fill_is_gradient(const struct fill *fill);

/* The shape's coverage added to an a8 image whose top left lies at x, y of the canvas. */
void shape_into_mask(struct painter *painter, pixman_image_t *mask, pixman_op_t op, const struct shape *shape, int x,
    int y);
