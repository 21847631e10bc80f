#include "frame/rows.h"

#include <string.h>

enum { GAP_MIN_PX = 32 };

enum { BLOCK_PX = 16 };

static bool is_block_empty(const uint8_t *pixels)
{
    uint64_t words[BLOCK_PX / 2], any = 0;
    memcpy(words, pixels, sizeof(words));
    for (int i = 0; i < BLOCK_PX / 2; i++)
        any |= words[i];
    return any == 0;
}

static bool is_block_visible(const uint8_t *pixels)
{
    int count = 0;
    for (int i = 0; i < BLOCK_PX; i++)
        count += pixels[4 * i + 3] != 0;
    return count == BLOCK_PX;
}

static int32_t skip_transparent(const uint8_t *pixels, int32_t x, int32_t width_px)
{
    while (x + BLOCK_PX <= width_px && is_block_empty(pixels + 4 * (size_t)x))
        x += BLOCK_PX;
    while (x < width_px && pixels[4 * (size_t)x + 3] == 0)
        x++;
    return x;
}

static int32_t skip_visible(const uint8_t *pixels, int32_t x, int32_t width_px)
{
    while (x + BLOCK_PX <= width_px && is_block_visible(pixels + 4 * (size_t)x))
        x += BLOCK_PX;
    while (x < width_px && pixels[4 * (size_t)x + 3] != 0)
        x++;
    return x;
}

void rows_scan(const uint8_t *pixels, int32_t width_px, struct frame_row *row)
{
    row->count = 0;
    for (int32_t x = skip_transparent(pixels, 0, width_px); x < width_px;
         x = skip_transparent(pixels, x, width_px)) {
        int32_t end = skip_visible(pixels, x, width_px);
        struct frame_span *last = row->count ? &row->spans[row->count - 1] : NULL;
        if (last && (x - last->to < GAP_MIN_PX || row->count == FRAME_ROW_SPANS))
            last->to = (uint16_t)end;
        else
            row->spans[row->count++] = (struct frame_span){(uint16_t)x, (uint16_t)end};
        x = end;
    }
    memset(row->spans + row->count, 0, (FRAME_ROW_SPANS - row->count) * sizeof(row->spans[0]));
}

bool rows_are_empty(const struct frame_row *rows, int32_t count)
{
    for (int32_t y = 0; y < count; y++) {
        if (rows[y].count > 0)
            return false;
    }
    return true;
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Zeros in [from, to), where the target may be anything else. */
static void clear_gap(uint8_t *to_pixels, const struct frame_span *dirty, int32_t from, int32_t to)
{
    int32_t begin = clamp(dirty->from, from, to), end = clamp(dirty->to, begin, to);
    memset(to_pixels + 4 * (size_t)begin, 0, 4 * (size_t)(end - begin));
}

static void copy_row(uint8_t *to, const uint8_t *from, const struct frame_row *row, const struct frame_span *dirty,
                     const struct frame_box *box)
{
    int32_t at = box->left;
    for (uint32_t i = 0; i < row->count; i++) {
        int32_t begin = clamp(row->spans[i].from, at, box->right);
        int32_t end = clamp(row->spans[i].to, begin, box->right);
        clear_gap(to, dirty, at, begin);
        memcpy(to + 4 * (size_t)begin, from + 4 * (size_t)begin, 4 * (size_t)(end - begin));
        at = end;
    }
    clear_gap(to, dirty, at, box->right);
}

void rows_copy(uint8_t *to, size_t to_stride, const uint8_t *from, size_t from_stride, const struct frame_row *rows,
               const struct frame_row *old, const struct frame_box *box)
{
    for (int32_t y = box->top; y < box->bottom; y++) {
        struct frame_span dirty = {0, UINT16_MAX};
        if (old)
            dirty = old[y].count ? (struct frame_span){old[y].spans[0].from, old[y].spans[old[y].count - 1].to}
                                 : (struct frame_span){0, 0};
        copy_row(to + (size_t)y * to_stride, from + (size_t)y * from_stride, &rows[y], &dirty, box);
    }
}
