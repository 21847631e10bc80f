/*
 * Masks are coverage: 0 outside, 255 inside. Corners are cut from a disc by area: each px row is looked at along 32
 * lines, on each of which the px is covered exactly from where the circle cuts it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "painter/private.h"

enum { MASKS_MAX = 48, LINES = 32 };

struct mask {
    struct list link;  // in painter.masks
    enum mask_kind kind;
    int radius, extra;
    pixman_image_t *image;  // owned
};

struct painter *painter_create(void)
{
    struct painter *painter = xcalloc(1, sizeof(*painter));
    list_init(&painter->masks);
    return painter;
}

static void drop(struct painter *painter, struct mask *mask)
{
    list_remove(&mask->link);
    painter->mask_count--;
    pixman_image_unref(mask->image);
    free(mask);
}

void painter_destroy(struct painter *painter)
{
    if (!painter)
        return;
    struct mask *mask, *following;
    list_for_each_safe(mask, following, &painter->masks, link)
        drop(painter, mask);
    free(painter);
}

pixman_image_t *stencil_create(int width, int height)
{
    if (width < 1 || height < 1 || width > CANVAS_SIDE_MAX || height > CANVAS_SIDE_MAX)
        return NULL;
    return pixman_image_create_bits(PIXMAN_a8, width, height, NULL, 0);  // pixman's own memory is zeroed
}

static uint8_t *row_of(pixman_image_t *mask, int y)
{
    return (uint8_t *)pixman_image_get_data(mask) + (ptrdiff_t)y * pixman_image_get_stride(mask);
}

/* Adds, per px of a row, the part of it right of `from`, of `weight`. */
static void cover_from(float *row, int width, float from, float weight)
{
    for (int x = 0; x < width; x++)
        row[x] += weight * fminf(fmaxf((float)x + 1 - from, 0), 1);
}

/* The top left quarter of a disc of `radius` whose centre is the lower right corner of a side x side square. */
static void add_quarter(float *cover, int side, float radius, float weight)
{
    for (int y = 0; y < side; y++) {
        for (int line = 0; line < LINES; line++) {
            float dy = (float)side - ((float)y + ((float)line + 0.5f) / LINES);
            if (dy < radius)
                cover_from(cover + (ptrdiff_t)y * side, side, (float)side - sqrtf(radius * radius - dy * dy),
                    weight / LINES);
        }
    }
}

static pixman_image_t *from_cover(const float *cover, int side)
{
    pixman_image_t *mask = stencil_create(side, side);
    for (int y = 0; mask && y < side; y++) {
        uint8_t *row = row_of(mask, y);
        for (int x = 0; x < side; x++)
            row[x] = (uint8_t)lrintf(fminf(fmaxf(cover[(ptrdiff_t)y * side + x], 0), 1) * 255);
    }
    return mask;
}

pixman_image_t *make_corner(int radius)
{
    float *cover = xcalloc((size_t)radius * (size_t)radius, sizeof(*cover));
    add_quarter(cover, radius, (float)radius, 1);
    pixman_image_t *mask = from_cover(cover, radius);
    free(cover);
    return mask;
}

pixman_image_t *make_ring(int radius, int width)
{
    float *cover = xcalloc((size_t)radius * (size_t)radius, sizeof(*cover));
    add_quarter(cover, radius, (float)radius, 1);
    if (width < radius)
        add_quarter(cover, radius, (float)(radius - width), -1);
    pixman_image_t *mask = from_cover(cover, radius);
    free(cover);
    return mask;
}

static pixman_image_t *make(enum mask_kind kind, int radius, int extra)
{
    switch (kind) {
    case MASK_CORNER: return make_corner(radius);
    case MASK_RING: return make_ring(radius, extra);
    case MASK_SHADOW: return make_shadow(radius, extra);
    }
    return NULL;
}

pixman_image_t *stencil_find(struct painter *painter, enum mask_kind kind, int radius, int extra)
{
    struct mask *mask;
    list_for_each(mask, &painter->masks, link) {
        if (mask->kind == kind && mask->radius == radius && mask->extra == extra) {
            list_remove(&mask->link);
            list_add(&painter->masks, &mask->link);
            return mask->image;
        }
    }
    pixman_image_t *image = make(kind, radius, extra);
    if (!image)
        return NULL;
    if (painter->mask_count == MASKS_MAX)
        drop(painter, container_of(painter->masks.prev, struct mask, link));
    mask = xcalloc(1, sizeof(*mask));
    *mask = (struct mask){.kind = kind, .radius = radius, .extra = extra, .image = image};
    list_add(&painter->masks, &mask->link);
    painter->mask_count++;
    return image;
}
