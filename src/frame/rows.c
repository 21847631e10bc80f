#include "frame/rows.h"

#include <string.h>

enum { GAP_MIN_PX = 32 };

static int32_t skip_transparent(const uint8_t *pixels, int32_t x, int32_t width_px)
{
    static const uint8_t none[64];
    while (x + 16 <= width_px && memcmp(pixels + 4 * (size_t)x, none, sizeof(none)) == 0)
        x += 16;
    while (x < width_px && pixels[4 * (size_t)x + 3] == 0)
        x++;
    return x;
}

static int32_t skip_visible(const uint8_t *pixels, int32_t x, int32_t width_px)
{
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

static void copy_row(uint8_t *to, const uint8_t *from, const struct frame_row *row, const struct frame_box *box,
                     bool is_fresh)
{
    int32_t at = box->left;
    for (uint32_t i = 0; i < row->count; i++) {
        int32_t begin = clamp(row->spans[i].from, at, box->right);
        int32_t end = clamp(row->spans[i].to, begin, box->right);
        if (!is_fresh)
            memset(to + 4 * (size_t)at, 0, 4 * (size_t)(begin - at));
        memcpy(to + 4 * (size_t)begin, from + 4 * (size_t)begin, 4 * (size_t)(end - begin));
        at = end;
    }
    if (!is_fresh)
        memset(to + 4 * (size_t)at, 0, 4 * (size_t)(box->right - at));
}

void rows_copy(uint8_t *to, size_t to_stride, const uint8_t *from, size_t from_stride,
               const struct frame_row *rows, const struct frame_box *box, bool is_fresh)
{
    for (int32_t y = box->top; y < box->bottom; y++)
        copy_row(to + (size_t)y * to_stride, from + (size_t)y * from_stride, &rows[y], box, is_fresh);
}
