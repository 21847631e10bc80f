#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "painter/private.h"

struct canvas *canvas_create(struct painter *painter, int width_px, int height_px, struct error *err)
{
    if (width_px < 1 || height_px < 1 || width_px > CANVAS_SIDE_MAX || height_px > CANVAS_SIDE_MAX) {
        error_set(err, ERROR_DATA, "a canvas of %d x %d px: each side must be 1 to %d", width_px, height_px,
            CANVAS_SIDE_MAX);
        return NULL;
    }
    uint32_t *pixels = calloc((size_t)width_px * (size_t)height_px, sizeof(*pixels));
    if (!pixels) {
        error_set(err, ERROR_SYSTEM, "no memory for a canvas of %d x %d px", width_px, height_px);
        return NULL;
    }
    struct canvas *canvas = xcalloc(1, sizeof(*canvas));
    *canvas = (struct canvas){.painter = painter, .pixels = pixels, .width = width_px, .height = height_px,
        .clip = {0, 0, width_px, height_px}};
    canvas->image = pixman_image_create_bits(PIXMAN_a8r8g8b8, width_px, height_px, pixels, width_px * 4);
    if (!canvas->image) {
        error_set(err, ERROR_SYSTEM, "pixman refuses a canvas of %d x %d px", width_px, height_px);
        canvas_destroy(canvas);
        return NULL;
    }
    return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
    if (!canvas)
        return;
    if (canvas->image)
        pixman_image_unref(canvas->image);
    free(canvas->pixels);
    free(canvas);
}

int canvas_width(const struct canvas *canvas)
{
    return canvas->width;
}

int canvas_height(const struct canvas *canvas)
{
    return canvas->height;
}

const uint32_t *canvas_pixels(const struct canvas *canvas)
{
    return canvas->pixels;
}

size_t canvas_stride(const struct canvas *canvas)
{
    return (size_t)canvas->width * 4;
}

void canvas_set_clip(struct canvas *canvas, const pixman_region32_t *region)
{
    // pixman's parameter is not const, but it only copies from it.
    pixman_image_set_clip_region32(canvas->image, (pixman_region32_t *)(uintptr_t)region);
    canvas->clip = (struct box){0, 0, canvas->width, canvas->height};
    if (region) {
        const pixman_box32_t *limits = pixman_region32_extents((pixman_region32_t *)(uintptr_t)region);
        const struct box around = {limits->x1, limits->y1, limits->x2 - limits->x1, limits->y2 - limits->y1};
        canvas->clip = box_intersect(&canvas->clip, &around);
    }
}

void canvas_clear(struct canvas *canvas)
{
    pixman_color_t nothing = {0};
    pixman_box32_t all = {0, 0, canvas->width, canvas->height};
    pixman_image_fill_boxes(PIXMAN_OP_SRC, canvas->image, &nothing, 1, &all);
}

void canvas_scroll(struct canvas *canvas, const struct box *box, int dx, int dy)
{
    const struct box all = {0, 0, canvas->width, canvas->height};
    struct box in = box_intersect(box, &all), moved = {in.x + dx, in.y + dy, in.width, in.height};
    struct box to = box_intersect(&moved, &in);
    if (box_is_empty(&to))
        return;
    for (int i = 0; i < to.height; i++) {
        int y = to.y + (dy > 0 ? to.height - 1 - i : i);  // no row is written before it was read
        uint32_t *row = canvas->pixels + (size_t)y * (size_t)canvas->width + to.x;
        memmove(row, row - (ptrdiff_t)dy * canvas->width - dx, (size_t)to.width * sizeof(*row));
    }
}

void canvas_copy(struct canvas *canvas, const struct canvas *from, int x, int y)
{
    pixman_image_composite32(PIXMAN_OP_SRC, from->image, NULL, canvas->image, 0, 0, 0, 0, x, y, from->width, from->height);
}

void canvas_draw(struct canvas *canvas, const struct canvas *from, int x, int y, float opacity)
{
    if (opacity <= 0)
        return;
    pixman_image_t *mask = opacity < 1 ? solid_create((struct color){0, 0, 0, opacity}) : NULL;
    pixman_image_composite32(PIXMAN_OP_OVER, from->image, mask, canvas->image, 0, 0, 0, 0, x, y, from->width,
        from->height);
    if (mask)
        pixman_image_unref(mask);
}

void canvas_draw_scaled(struct canvas *canvas, const struct canvas *from, const struct box *box, float opacity)
{
    if (opacity <= 0 || box_is_empty(box))
        return;
    pixman_image_t *mask = opacity < 1 ? solid_create((struct color){0, 0, 0, opacity}) : NULL;
    // A second image over the same pixels, so that nobody finds `from` with a transform on it.
    pixman_image_t *scaled = pixman_image_create_bits(PIXMAN_a8r8g8b8, from->width, from->height, from->pixels, from->width * 4);
    if (scaled) {
        pixman_transform_t scale;
        pixman_transform_init_scale(&scale, pixman_double_to_fixed((double)from->width / box->width),
            pixman_double_to_fixed((double)from->height / box->height));
        pixman_image_set_transform(scaled, &scale);
        pixman_image_set_filter(scaled, PIXMAN_FILTER_BILINEAR, NULL, 0);
        pixman_image_composite32(PIXMAN_OP_OVER, scaled, mask, canvas->image, 0, 0, 0, 0, box->x, box->y, box->width,
            box->height);
        pixman_image_unref(scaled);
    }
    if (mask)
        pixman_image_unref(mask);
}

void canvas_draw_part(struct canvas *canvas, const struct canvas *from, const struct box *part, int x, int y)
{
    pixman_image_composite32(PIXMAN_OP_OVER, from->image, NULL, canvas->image, part->x, part->y, 0, 0, x, y, part->width,
        part->height);
}
