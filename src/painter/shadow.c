/*
 * A box's shadow is its shape blurred three times by a box filter, which is close to a Gaussian (W3C, Filter Effects,
 * feGaussianBlur). One small picture is blurred per radius and blur; edges and middle are its stretched middle lines.
 */
#include <stdlib.h>
#include <string.h>

#include "painter/private.h"

enum { PASSES = 3 };

int shadow_corner_px(int radius, int blur)
{
    return radius + 2 * blur;
}

/* Running mean of 2 * reach + 1 samples along a line of the mask, `step` bytes apart. */
static void blur_line(uint8_t *line, int count, ptrdiff_t step, int reach, uint8_t *copy)
{
    for (int i = 0; i < count; i++)
        copy[i] = line[i * step];
    unsigned sum = 0, width = 2 * (unsigned)reach + 1;
    for (int i = 0; i < reach && i < count; i++)
        sum += copy[i];
    for (int i = 0; i < count; i++) {
        sum += i + reach < count ? copy[i + reach] : 0;
        line[i * step] = (uint8_t)((sum + width / 2) / width);
        sum -= i - reach >= 0 ? copy[i - reach] : 0;
    }
}

void stencil_blur(pixman_image_t *mask, int reach)
{
    uint8_t *data = (uint8_t *)pixman_image_get_data(mask);
    ptrdiff_t stride = pixman_image_get_stride(mask);
    int width = pixman_image_get_width(mask), height = pixman_image_get_height(mask);
    uint8_t *copy = xmalloc((size_t)(width > height ? width : height));
    for (int pass = 0; pass < PASSES; pass++) {
        for (int i = 0; i < height; i++)
            blur_line(data + i * stride, width, 1, reach, copy);
        for (int i = 0; i < width; i++)
            blur_line(data + i, height, stride, reach, copy);
    }
    free(copy);
}

pixman_image_t *make_shadow(int radius, int blur_px, bool is_cut)
{
    int side = 2 * shadow_corner_px(radius, blur_px) + 1;
    pixman_image_t *mask = stencil_create(side, side);
    pixman_image_t *disc = radius > 0 ? make_corner(radius, is_cut) : NULL;
    if (!mask || (radius > 0 && !disc))
        goto fail;
    uint8_t *data = (uint8_t *)pixman_image_get_data(mask);
    ptrdiff_t stride = pixman_image_get_stride(mask);
    for (int y = blur_px; y < side - blur_px; y++) {
        for (int x = blur_px; x < side - blur_px; x++) {
            int cx = (x < side / 2 ? x : side - 1 - x) - blur_px, cy = (y < side / 2 ? y : side - 1 - y) - blur_px;
            const uint8_t *corner = disc ? (const uint8_t *)pixman_image_get_data(disc) : NULL;
            data[y * stride + x] = cx < radius && cy < radius && corner
                ? corner[cy * (ptrdiff_t)pixman_image_get_stride(disc) + cx] : 255;
        }
    }
    stencil_blur(mask, blur_px / PASSES);
    if (disc)
        pixman_image_unref(disc);
    return mask;
fail:
    if (mask)
        pixman_image_unref(mask);
    if (disc)
        pixman_image_unref(disc);
    return NULL;
}

/* Where a stretch of the target is read from the small picture. */
struct part {
    int to, length, from;
    bool is_stretched;
};

/* One half of a length: the corner, and the middle line from it to the other half. */
static void split(struct part parts[2], int length, int corner, bool is_far)
{
    int half = is_far ? length - length / 2 : length / 2, kept = corner < half ? corner : half;
    parts[0] = (struct part){is_far ? length - kept : 0, kept, is_far ? 2 * corner + 1 - kept : 0, false};
    parts[1] = (struct part){is_far ? length - half : kept, half - kept, corner, true};
}

static void copy_part(pixman_image_t *mask, pixman_image_t *small, const struct part *across, const struct part *down)
{
    ptrdiff_t to_stride = pixman_image_get_stride(mask), from_stride = pixman_image_get_stride(small);
    for (int y = 0; y < down->length; y++) {
        const uint8_t *line = (const uint8_t *)pixman_image_get_data(small) +
            (down->from + (down->is_stretched ? 0 : y)) * from_stride + across->from;
        uint8_t *out = (uint8_t *)pixman_image_get_data(mask) + (down->to + y) * to_stride + across->to;
        if (across->is_stretched)
            memset(out, *line, (size_t)across->length);
        else
            memcpy(out, line, (size_t)across->length);
    }
}

/* One quarter of a box's shadow. */
static void unfold(pixman_image_t *mask, pixman_image_t *small, const struct box *box, int corner, int number)
{
    struct part across[2], down[2];
    split(across, box->width, corner, number & 1);
    split(down, box->height, corner, number & 2);
    for (int i = 0; i < 4; i++) {
        if (across[i & 1].length > 0 && down[i >> 1].length > 0)
            copy_part(mask, small, &across[i & 1], &down[i >> 1]);
    }
}

/* The whole shadow of a box, grown by blur on all sides. NULL: no memory. */
static pixman_image_t *cast(struct painter *painter, const struct shape *shape, const struct box *grown, int blur_px)
{
    pixman_image_t *mask = stencil_create(grown->width, grown->height);
    for (int i = 0; mask && i < CORNERS; i++) {
        int radius = corner_radius(shape, i);
        pixman_image_t *small = stencil_find(painter, &(struct mask_key){MASK_SHADOW, radius, blur_px, shape->is_cut});
        if (small)
            unfold(mask, small, grown, shadow_corner_px(radius, blur_px), i);
    }
    return mask;
}

/* All that is to be painted lies under the shape, where there is no shadow, or beyond its reach. */
static bool is_out_of_sight(const struct canvas *canvas, const struct shape *shape, const struct box *at)
{
    int radius = 0;
    for (int i = 0; i < CORNERS; i++)
        radius = corner_radius(shape, i) > radius ? corner_radius(shape, i) : radius;
    struct box inner = box_grow(&shape->box, -radius), seen = box_intersect(at, &canvas->clip);
    struct box covered = box_intersect(&seen, &inner);
    return box_is_empty(&seen) || (covered.width == seen.width && covered.height == seen.height);
}

void canvas_shadow(struct canvas *canvas, const struct shape *shape, const struct shadow *shadow)
{
    int blur_px = shadow->blur_px < SHADOW_BLUR_MAX ? shadow->blur_px : SHADOW_BLUR_MAX;
    if (box_is_empty(&shape->box) || blur_px < 0 || shadow->color.a <= 0)
        return;
    struct box at = box_grow(&shape->box, blur_px);
    at.x += shadow->dx;
    at.y += shadow->dy;
    if (is_out_of_sight(canvas, shape, &at))
        return;
    pixman_image_t *mask = cast(canvas->painter, shape, &at, blur_px), *source = solid_create(shadow->color);
    if (mask && source) {
        shape_into_mask(canvas->painter, mask, PIXMAN_OP_OUT_REVERSE, shape, at.x, at.y);
        pixman_image_composite32(PIXMAN_OP_OVER, source, mask, canvas->image, 0, 0, 0, 0, at.x, at.y, at.width,
            at.height);
    }
    if (mask)
        pixman_image_unref(mask);
    if (source)
        pixman_image_unref(source);
}
