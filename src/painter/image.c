#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "painter/private.h"

/* x * a / 255, rounded; exact for all bytes. */
static uint32_t multiply(uint32_t x, uint32_t a)
{
    uint32_t product = x * a + 128;
    return (product + (product >> 8)) >> 8;
}

static void premultiply_row(uint32_t *to, const uint8_t *rgba, int width)
{
    for (int x = 0; x < width; x++, rgba += 4) {
        uint32_t a = rgba[3];
        to[x] = a << 24 | multiply(rgba[0], a) << 16 | multiply(rgba[1], a) << 8 | multiply(rgba[2], a);
    }
}

struct image *image_create(const uint8_t *rgba, int width_px, int height_px, size_t stride_bytes, struct error *err)
{
    pixman_image_t *original = NULL;
    if (width_px > 0 && height_px > 0 && width_px <= CANVAS_SIDE_MAX && height_px <= CANVAS_SIDE_MAX)
        original = pixman_image_create_bits(PIXMAN_a8r8g8b8, width_px, height_px, NULL, 0);
    if (!original) {
        error_set(err, ERROR_DATA, "an image of %d x %d px cannot be held", width_px, height_px);
        return NULL;
    }
    uint32_t *pixels = pixman_image_get_data(original);
    for (int y = 0; y < height_px; y++)
        premultiply_row(pixels + (ptrdiff_t)y * pixman_image_get_stride(original) / 4,
            rgba + (size_t)y * stride_bytes, width_px);
    struct image *image = xcalloc(1, sizeof(*image));
    image->original = original;
    return image;
}

struct image *image_adopt(uint32_t *pixels, int width_px, int height_px, struct error *err)
{
    pixman_image_t *original = NULL;
    if (width_px > 0 && height_px > 0 && width_px <= CANVAS_SIDE_MAX && height_px <= CANVAS_SIDE_MAX)
        original = pixman_image_create_bits(PIXMAN_a8r8g8b8, width_px, height_px, pixels, width_px * 4);
    if (!original) {
        free(pixels);
        error_set(err, ERROR_DATA, "an image of %d x %d px cannot be held", width_px, height_px);
        return NULL;
    }
    struct image *image = xcalloc(1, sizeof(*image));
    image->original = original;
    image->pixels = pixels;
    return image;
}

void image_destroy(struct image *image)
{
    if (!image)
        return;
    pixman_image_unref(image->original);
    free(image->pixels);
    if (image->scaled)
        pixman_image_unref(image->scaled);
    free(image);
}

/* An area filter: a picture several times too large stays smooth. */
static void set_scale(pixman_image_t *from, const struct box *part, int width, int height)
{
    pixman_fixed_t x = pixman_double_to_fixed((double)part->width / width);
    pixman_fixed_t y = pixman_double_to_fixed((double)part->height / height);
    pixman_transform_t scale;
    pixman_transform_init_scale(&scale, x, y);
    scale.matrix[0][2] = pixman_int_to_fixed(part->x);
    scale.matrix[1][2] = pixman_int_to_fixed(part->y);
    pixman_image_set_transform(from, &scale);
    int count = 0;
    pixman_fixed_t *filter = pixman_filter_create_separable_convolution(&count, x, y, PIXMAN_KERNEL_LINEAR,
        PIXMAN_KERNEL_LINEAR, PIXMAN_KERNEL_BOX, PIXMAN_KERNEL_BOX, 4, 4);
    if (filter)
        pixman_image_set_filter(from, PIXMAN_FILTER_SEPARABLE_CONVOLUTION, filter, count);
    free(filter);
    pixman_image_set_repeat(from, PIXMAN_REPEAT_PAD);
}

bool image_scale_pixels(const uint32_t *from, int width_px, int height_px, const struct box *part, uint32_t *to,
    int to_width_px, int to_height_px)
{
    // Read only: pixman has no const form.
    pixman_image_t *source = pixman_image_create_bits(PIXMAN_a8r8g8b8, width_px, height_px,
        (uint32_t *)(uintptr_t)from, width_px * 4);
    pixman_image_t *target = pixman_image_create_bits(PIXMAN_a8r8g8b8, to_width_px, to_height_px, to, to_width_px * 4);
    bool is_scaled = part->width != to_width_px || part->height != to_height_px;
    if (source && target) {
        if (is_scaled)
            set_scale(source, part, to_width_px, to_height_px);
        pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, target, is_scaled ? 0 : part->x, is_scaled ? 0 : part->y,
            0, 0, 0, 0, to_width_px, to_height_px);
    }
    bool is_good = source && target;
    if (source)
        pixman_image_unref(source);
    if (target)
        pixman_image_unref(target);
    return is_good;
}

static pixman_image_t *scaled_to(struct image *image, int width, int height)
{
    if (width == pixman_image_get_width(image->original) && height == pixman_image_get_height(image->original))
        return image->original;
    if (image->scaled && width == pixman_image_get_width(image->scaled) &&
        height == pixman_image_get_height(image->scaled))
        return image->scaled;
    pixman_image_t *scaled = pixman_image_create_bits(PIXMAN_a8r8g8b8, width, height, NULL, 0);
    if (!scaled)
        return NULL;
    set_scale(image->original, &(struct box){0, 0, pixman_image_get_width(image->original),
        pixman_image_get_height(image->original)}, width, height);
    pixman_image_composite32(PIXMAN_OP_SRC, image->original, NULL, scaled, 0, 0, 0, 0, 0, 0, width, height);
    pixman_image_set_transform(image->original, NULL);
    pixman_image_set_filter(image->original, PIXMAN_FILTER_NEAREST, NULL, 0);
    pixman_image_set_repeat(image->original, PIXMAN_REPEAT_NONE);
    if (image->scaled)
        pixman_image_unref(image->scaled);
    image->scaled = scaled;
    return scaled;
}

void canvas_image(struct canvas *canvas, struct image *image, const struct box *box, float opacity)
{
    if (box_is_empty(box) || box->width > CANVAS_SIDE_MAX || box->height > CANVAS_SIDE_MAX || opacity <= 0)
        return;
    pixman_image_t *source = scaled_to(image, box->width, box->height);
    pixman_image_t *mask = opacity < 1 ? solid_create((struct color){0, 0, 0, opacity}) : NULL;
    if (source)
        pixman_image_composite32(PIXMAN_OP_OVER, source, mask, canvas->image, 0, 0, 0, 0, box->x, box->y, box->width,
            box->height);
    if (mask)
        pixman_image_unref(mask);
}
