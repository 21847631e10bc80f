/*
 * A rounded box is three plain bands and four corners. The corner's mask is cut for the top left; the others read it
 * mirrored, by a transform on a second image over the same bits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "painter/private.h"

enum { DITHER_SIDE = 8 };

int clamp_radius(const struct shape *shape)
{
    int shorter = shape->box.width < shape->box.height ? shape->box.width : shape->box.height;
    int radius = shape->radius_px < shorter / 2 ? shape->radius_px : shorter / 2;
    return radius > 0 ? radius : 0;
}

/* Where a painting call goes: op, source and target stay the same for all parts of a shape. */
struct brush {
    pixman_op_t op;
    pixman_image_t *source, *target;
    int origin_x, origin_y;  // the source's 0, 0 on the target
};

static void band(const struct brush *brush, int x, int y, int width, int height)
{
    if (width <= 0 || height <= 0)
        return;
    pixman_image_composite32(brush->op, brush->source, NULL, brush->target, x - brush->origin_x, y - brush->origin_y,
        0, 0, x, y, width, height);
}

static void mirror(pixman_image_t *mask, int side, bool flip_x, bool flip_y)
{
    pixman_transform_t turn;
    pixman_transform_init_scale(&turn, pixman_int_to_fixed(flip_x ? -1 : 1), pixman_int_to_fixed(flip_y ? -1 : 1));
    turn.matrix[0][2] = pixman_int_to_fixed(flip_x ? side : 0);
    turn.matrix[1][2] = pixman_int_to_fixed(flip_y ? side : 0);
    pixman_image_set_transform(mask, flip_x || flip_y ? &turn : NULL);
}

/* Corner number 0 to 3: top left, top right, bottom left, bottom right, as the bits of enum corner. */
static void corner(const struct brush *brush, pixman_image_t *mask, const struct box *box, int radius, int number)
{
    bool is_right = number & 1, is_bottom = number & 2;
    int x = is_right ? box->x + box->width - radius : box->x;
    int y = is_bottom ? box->y + box->height - radius : box->y;
    mirror(mask, radius, is_right, is_bottom);
    pixman_image_composite32(brush->op, brush->source, mask, brush->target, x - brush->origin_x, y - brush->origin_y,
        0, 0, x, y, radius, radius);
    mirror(mask, radius, false, false);
}

static void fill_shape(struct painter *painter, const struct brush *brush, const struct shape *shape)
{
    const struct box *box = &shape->box;
    int radius = clamp_radius(shape);
    pixman_image_t *mask = radius > 0 ? stencil_find(painter, MASK_CORNER, radius, 0) : NULL;
    if (!mask) {
        band(brush, box->x, box->y, box->width, box->height);
        return;
    }
    band(brush, box->x + radius, box->y, box->width - 2 * radius, radius);
    band(brush, box->x, box->y + radius, box->width, box->height - 2 * radius);
    band(brush, box->x + radius, box->y + box->height - radius, box->width - 2 * radius, radius);
    for (int i = 0; i < 4; i++) {
        if (!(shape->square >> i & 1))
            corner(brush, mask, box, radius, i);
        else
            band(brush, i & 1 ? box->x + box->width - radius : box->x,
                i & 2 ? box->y + box->height - radius : box->y, radius, radius);
    }
}

void shape_into_mask(struct painter *painter, pixman_image_t *mask, pixman_op_t op, const struct shape *shape, int x,
    int y)
{
    pixman_image_t *white = solid_create((struct color){1, 1, 1, 1});
    if (!white)
        return;
    struct shape moved = *shape;
    moved.box.x -= x;
    moved.box.y -= y;
    fill_shape(painter, &(struct brush){op, white, mask, 0, 0}, &moved);
    pixman_image_unref(white);
}

/* Bayer's 8 x 8 matrix, 0..63: breaks up the bands that 8 bits leave in a dark gradient. */
static float threshold(int x, int y)
{
    unsigned value = 0;
    for (int bit = 0; bit < 3; bit++) {
        unsigned a = ((unsigned)x >> bit ^ (unsigned)y >> bit) & 1, b = (unsigned)y >> bit & 1;
        value |= (a << 1 | b) << (2 * (2 - bit));
    }
    return ((float)value + 0.5f) / 64;
}

static uint32_t dithered(struct color color, float limit)
{
    uint32_t a = (uint32_t)(color.a * 255 + limit), r = (uint32_t)(color.r * color.a * 255 + limit);
    uint32_t g = (uint32_t)(color.g * color.a * 255 + limit), b = (uint32_t)(color.b * color.a * 255 + limit);
    return a << 24 | r << 16 | g << 8 | b;
}

/* A strip 8 px across and as long as the box, repeated sideways. */
static pixman_image_t *gradient_create(const struct fill *fill, const struct box *box)
{
    int length = fill->is_horizontal ? box->width : box->height;
    int width = fill->is_horizontal ? length : DITHER_SIDE, height = fill->is_horizontal ? DITHER_SIDE : length;
    if (length > CANVAS_SIDE_MAX)
        return NULL;
    pixman_image_t *strip = pixman_image_create_bits(PIXMAN_a8r8g8b8, width, height, NULL, 0);
    if (!strip)
        return NULL;
    uint32_t *pixels = pixman_image_get_data(strip);
    int stride = pixman_image_get_stride(strip) / 4;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            float at = ((float)(fill->is_horizontal ? x : y) + 0.5f) / (float)length;
            pixels[(ptrdiff_t)y * stride + x] = dithered(color_mix(fill->color, fill->to, at), threshold(x, y));
        }
    }
    pixman_image_set_repeat(strip, PIXMAN_REPEAT_NORMAL);
    return strip;
}

void canvas_fill(struct canvas *canvas, const struct shape *shape, const struct fill *fill)
{
    if (box_is_empty(&shape->box))
        return;
    pixman_image_t *source = fill->is_gradient ? gradient_create(fill, &shape->box) : solid_create(fill->color);
    if (!source)
        return;
    const struct brush brush = {PIXMAN_OP_OVER, source, canvas->image, shape->box.x, shape->box.y};
    fill_shape(canvas->painter, &brush, shape);
    pixman_image_unref(source);
}

void canvas_border(struct canvas *canvas, const struct shape *shape, int width_px, struct color color)
{
    const struct box *box = &shape->box;
    int radius = clamp_radius(shape);
    pixman_image_t *source = box_is_empty(box) || width_px < 1 ? NULL : solid_create(color);
    if (!source)
        return;
    const struct brush brush = {PIXMAN_OP_OVER, source, canvas->image, box->x, box->y};
    int side = radius > width_px ? radius : width_px;
    pixman_image_t *mask = radius > 0 ? stencil_find(canvas->painter, MASK_RING, radius, width_px) : NULL;
    band(&brush, box->x + side, box->y, box->width - 2 * side, width_px);
    band(&brush, box->x + side, box->y + box->height - width_px, box->width - 2 * side, width_px);
    band(&brush, box->x, box->y + side, width_px, box->height - 2 * side);
    band(&brush, box->x + box->width - width_px, box->y + side, width_px, box->height - 2 * side);
    for (int i = 0; i < 4; i++) {
        if (mask && side == radius)
            corner(&brush, mask, box, radius, i);
        else
            band(&brush, i & 1 ? box->x + box->width - side : box->x, i & 2 ? box->y + box->height - side : box->y,
                side, side);
    }
    pixman_image_unref(source);
}
