#include "text/mask.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { SIDE_PX_MAX = 32766 };

struct shared_mask {
    struct text_mask base;
    atomic_int references;
    uint8_t pixels[];
};

struct text_mask *mask_create(enum text_mask_format format, int width_px, int height_px)
{
    if (width_px <= 0 || height_px <= 0 || width_px > SIDE_PX_MAX || height_px > SIDE_PX_MAX)
        return NULL;
    int bytes_per_pixel = format == TEXT_MASK_ARGB ? 4 : 1;
    size_t stride = ((size_t)width_px * (size_t)bytes_per_pixel + 3) & ~(size_t)3;
    struct shared_mask *mask = calloc(1, sizeof(*mask) + stride * (size_t)height_px);
    if (!mask)
        return NULL;
    mask->base = (struct text_mask){format, width_px, height_px, (int)stride, mask->pixels};
    atomic_init(&mask->references, 1);
    return &mask->base;
}

struct text_mask *text_mask_ref(struct text_mask *mask)
{
    atomic_fetch_add_explicit(&container_of(mask, struct shared_mask, base)->references, 1, memory_order_relaxed);
    return mask;
}

void text_mask_unref(struct text_mask *mask)
{
    if (!mask)
        return;
    struct shared_mask *shared = container_of(mask, struct shared_mask, base);
    if (atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) == 1)
        free(shared);
}

uint8_t *mask_pixels(struct text_mask *mask)
{
    return container_of(mask, struct shared_mask, base)->pixels;
}

static bool is_empty(const uint8_t *bytes, size_t len)
{
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

struct text_box mask_ink(const struct text_mask *mask)
{
    int bytes_per_pixel = mask->format == TEXT_MASK_ARGB ? 4 : 1;
    int row_bytes = mask->width_px * bytes_per_pixel;
    int top = 0, bottom = mask->height_px, left = row_bytes, right = 0;
    while (top < bottom && is_empty(mask->pixels + (size_t)top * mask->stride_bytes, row_bytes))
        top++;
    while (bottom > top && is_empty(mask->pixels + (size_t)(bottom - 1) * mask->stride_bytes, row_bytes))
        bottom--;
    if (top == bottom)
        return (struct text_box){0};
    for (int y = top; y < bottom; y++) {
        const uint8_t *row = mask->pixels + (size_t)y * mask->stride_bytes;
        for (int x = 0; x < left; x++) {
            if (row[x])
                left = x;
        }
        for (int x = row_bytes - 1; x >= right; x--) {
            if (row[x])
                right = x + 1;
        }
    }
    left /= bytes_per_pixel;
    right = (right + bytes_per_pixel - 1) / bytes_per_pixel;
    return (struct text_box){left, top, right - left, bottom - top};
}

size_t mask_bytes(const struct text_mask *mask)
{
    return sizeof(struct shared_mask) + (size_t)mask->stride_bytes * (size_t)mask->height_px;
}
