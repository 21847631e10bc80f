#include "frame/rows.h"

#include <string.h>

enum { GAP_MIN_PX = 32, BLOCK_PX = 16 };

_Static_assert(GAP_MIN_PX >= 2 * BLOCK_PX - 1, "every gap that counts holds a block");

static bool is_block_empty(const uint8_t *pixels)
{
    uint64_t words[BLOCK_PX / 2], any = 0;
    memcpy(words, pixels, sizeof(words));
    for (int i = 0; i < BLOCK_PX / 2; i++)
        any |= words[i];
    return any == 0;
}

static int32_t skip_transparent(const uint8_t *pixels, int32_t x, int32_t width_px)
{
    while (x + BLOCK_PX <= width_px && is_block_empty(pixels + 4 * (size_t)x))
        x += BLOCK_PX;
    while (x < width_px && pixels[4 * (size_t)x + 3] == 0)
        x++;
    return x;
}

/*
 * Gaps that count are so wide that an empty block lies in each; narrower ones may be taken for visible, since they are
 * joined. So what is not empty is not looked at px by px, but for its end.
 */
static int32_t skip_visible(const uint8_t *pixels, int32_t x, int32_t width_px)
{
    int32_t end = x;
    while (end + BLOCK_PX <= width_px && !is_block_empty(pixels + 4 * (size_t)end))
        end += BLOCK_PX;
    if (end + BLOCK_PX > width_px)
        end = width_px;
    while (end > x && pixels[4 * (size_t)end - 1] == 0)
        end--;
    return end;
}

static void add_span(struct frame_row *row, int32_t from, int32_t to)
{
    struct frame_span *last = row->count ? &row->spans[row->count - 1] : NULL;
    if (from >= to)
        return;
    if (last && (from - last->to < GAP_MIN_PX || row->count == FRAME_ROW_SPANS))
        last->to = (uint16_t)to;
    else
        row->spans[row->count++] = (struct frame_span){(uint16_t)from, (uint16_t)to};
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void add_spans_within(struct frame_row *row, const struct frame_row *old, int32_t from, int32_t to)
{
    for (uint32_t i = 0; i < old->count; i++)
        add_span(row, clamp(old->spans[i].from, from, to), clamp(old->spans[i].to, from, to));
}

void rows_rescan(const uint8_t *pixels, int32_t width_px, int32_t from, int32_t to, struct frame_row *row)
{
    const struct frame_row old = *row;
    row->count = 0;
    add_spans_within(row, &old, 0, from);
    for (int32_t x = skip_transparent(pixels, from, to); x < to;) {
        int32_t end = skip_visible(pixels, x, to);
        add_span(row, x, end);
        x = skip_transparent(pixels, end, to);
    }
    add_spans_within(row, &old, to, width_px);
    memset(row->spans + row->count, 0, (FRAME_ROW_SPANS - row->count) * sizeof(row->spans[0]));
}

void rows_scan(const uint8_t *pixels, int32_t width_px, struct frame_row *row)
{
    row->count = 0;
    rows_rescan(pixels, width_px, 0, width_px, row);
}

bool rows_are_empty(const struct frame_row *rows, int32_t count)
{
    for (int32_t y = 0; y < count; y++) {
        if (rows[y].count > 0)
            return false;
    }
    return true;
}

/* Zeros in [from, to), where the target may be anything else. */
static void clear_gap(uint8_t *to_pixels, const struct frame_row *dirty, int32_t from, int32_t to)
{
    for (uint32_t i = 0; i < dirty->count; i++) {
        int32_t begin = clamp(dirty->spans[i].from, from, to), end = clamp(dirty->spans[i].to, begin, to);
        // Even of no bytes, memset() costs a microsecond where no page is yet: a masked store that the processor assists.
        if (begin < end)
            memset(to_pixels + 4 * (size_t)begin, 0, 4 * (size_t)(end - begin));
    }
}

static void copy_row(uint8_t *to, const uint8_t *from, const struct frame_row *row, const struct frame_row *dirty,
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
    static const struct frame_row anything = {.count = 1, .spans = {{0, UINT16_MAX}}};
    for (int32_t y = box->top; y < box->bottom; y++) {
        copy_row(to + (size_t)y * to_stride, from + (size_t)y * from_stride, &rows[y], old ? &old[y] : &anything, box);
    }
}
