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
    struct mask_key key;
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

/* What lies right of and below a disc of `radius` around (centre, centre): its quarter, and all behind it. */
static void add_quarter(float *cover, int side, float centre, float radius, float weight)
{
    for (int y = 0; y < side; y++) {
        for (int line = 0; line < LINES; line++) {
            float dy = fmaxf(centre - ((float)y + ((float)line + 0.5f) / LINES), 0);
            if (dy < radius)
                cover_from(cover + (ptrdiff_t)y * side, side, centre - sqrtf(radius * radius - dy * dy), weight / LINES);
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

/* What lies behind the line x + y = from of a side x side square, and right of and below `inset`. */
static void add_cut(float *cover, int side, float from, float inset, float weight)
{
    for (int y = 0; y < side; y++) {
        for (int line = 0; line < LINES; line++) {
            float at = (float)y + ((float)line + 0.5f) / LINES;
            if (at >= inset)
                cover_from(cover + (ptrdiff_t)y * side, side, fmaxf(from - at, inset), weight / LINES);
        }
    }
}

pixman_image_t *make_corner(int radius, bool is_cut)
{
    float *cover = xcalloc((size_t)radius * (size_t)radius, sizeof(*cover));
    if (is_cut)
        add_cut(cover, radius, (float)radius, 0, 1);
    else
        add_quarter(cover, radius, (float)radius, (float)radius, 1);
    pixman_image_t *mask = from_cover(cover, radius);
    free(cover);
    return mask;
}

int ring_side_px(int radius, int width, bool is_cut)
{
    // The inner line is `width` away from the outer one, so it leaves the sides sqrt(2) - 1 of that further on.
    int side = is_cut && radius > 0 ? radius + (int)ceilf((float)width * 0.41422f) : radius;
    return side > width ? side : width;
}

pixman_image_t *make_ring(int radius, int width, bool is_cut)
{
    int side = ring_side_px(radius, width, is_cut);
    float *cover = xcalloc((size_t)side * (size_t)side, sizeof(*cover));
    if (is_cut) {
        add_cut(cover, side, (float)radius, 0, 1);
        add_cut(cover, side, (float)radius + (float)width * 1.41421f, (float)width, -1);
    } else {
        add_quarter(cover, side, (float)radius, (float)radius, 1);
        if (width < radius)
            add_quarter(cover, side, (float)radius, (float)(radius - width), -1);
    }
    pixman_image_t *mask = from_cover(cover, side);
    free(cover);
    return mask;
}

static pixman_image_t *make(const struct mask_key *key)
{
    switch (key->kind) {
    case MASK_CORNER: return make_corner(key->radius, key->is_cut);
    case MASK_RING: return make_ring(key->radius, key->extra, key->is_cut);
    case MASK_SHADOW: return make_shadow(key->radius, key->extra, key->is_cut);
    }
    return NULL;
}

static bool is_same(const struct mask_key *a, const struct mask_key *b)
{
    return a->kind == b->kind && a->radius == b->radius && a->extra == b->extra && a->is_cut == b->is_cut;
}

pixman_image_t *stencil_find(struct painter *painter, const struct mask_key *key)
{
    struct mask *mask;
    list_for_each(mask, &painter->masks, link) {
        if (is_same(&mask->key, key)) {
            list_remove(&mask->link);
            list_add(&painter->masks, &mask->link);
            return mask->image;
        }
    }
    pixman_image_t *image = make(key);
    if (!image)
        return NULL;
    if (painter->mask_count == MASKS_MAX)
        drop(painter, container_of(painter->masks.prev, struct mask, link));
    mask = xcalloc(1, sizeof(*mask));
    *mask = (struct mask){.key = *key, .image = image};
    list_add(&painter->masks, &mask->link);
    painter->mask_count++;
    return image;
}
