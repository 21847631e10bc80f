#include "frame/layout.h"

#include "base/error.h"

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

bool layout_init(struct layout *layout, int64_t width_px, int64_t height_px, int64_t slots)
{
    if (width_px < 1 || width_px > FRAME_SIDE_MAX || height_px < 1 || height_px > FRAME_SIDE_MAX)
        return false;
    if (slots < LAYOUT_SLOTS_MIN || slots > LAYOUT_SLOTS_MAX)
        return false;
    layout->width_px = (int32_t)width_px;
    layout->height_px = (int32_t)height_px;
    layout->slots = (uint32_t)slots;
    layout->stride_bytes = round_up((size_t)width_px * 4, 64);
    layout->pixels_offset =
        round_up(sizeof(struct layout_slot) + (size_t)height_px * sizeof(struct frame_row), 4096);
    layout->slot_bytes = round_up(layout->pixels_offset + layout->stride_bytes * (size_t)height_px, 4096);
    layout->size_bytes = LAYOUT_HEADER_BYTES + layout->slot_bytes * (size_t)slots;
    return layout->size_bytes <= LAYOUT_SIZE_MAX;
}

bool layout_check(struct layout *layout, const struct layout_header *header, uint64_t file_bytes,
                  struct error *err)
{
    if (header->magic != LAYOUT_MAGIC)
        return error_set(err, ERROR_DATA, "no frame stream: it begins with %016llx",
                         (unsigned long long)header->magic);
    if (header->version != LAYOUT_VERSION)
        return error_set(err, ERROR_DATA, "frame stream version %u, this program reads %d: update the older one",
                         header->version, LAYOUT_VERSION);
    if (header->format != LAYOUT_FORMAT_BGRA)
        return error_set(err, ERROR_DATA, "unknown pixel format %u", header->format);
    if (!layout_init(layout, header->width_px, header->height_px, header->slots))
        return error_set(err, ERROR_DATA, "impossible size %ux%u with %u slots", header->width_px,
                         header->height_px, header->slots);
    if (header->header_bytes != LAYOUT_HEADER_BYTES || header->stride_bytes != layout->stride_bytes ||
        header->slot_bytes != layout->slot_bytes || header->size_bytes != layout->size_bytes)
        return error_set(err, ERROR_DATA, "offsets do not fit the size %ux%u", header->width_px,
                         header->height_px);
    if (file_bytes != layout->size_bytes)
        return error_set(err, ERROR_DATA, "%llu bytes, but %ux%u needs %zu", (unsigned long long)file_bytes,
                         header->width_px, header->height_px, layout->size_bytes);
    return true;
}

static bool row_is_valid(const struct frame_row *row, int32_t width_px)
{
    if (row->count > FRAME_ROW_SPANS)
        return false;
    int32_t at = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct frame_span *span = &row->spans[i];
        if (span->from < at || span->to <= span->from || span->to > width_px)
            return false;
        at = span->to;
    }
    return true;
}

bool layout_rows_are_valid(const struct layout *layout, const struct frame_row *rows)
{
    for (int32_t y = 0; y < layout->height_px; y++) {
        if (!row_is_valid(&rows[y], layout->width_px))
            return false;
    }
    return true;
}

bool layout_damage_is_valid(const struct layout *layout, const struct layout_damage *damage)
{
    if (damage->count > FRAME_DAMAGE_BOXES)
        return false;
    for (uint32_t i = 0; i < damage->count; i++) {
        const struct layout_box *box = &damage->boxes[i];
        if (box->left >= box->right || box->right > layout->width_px || box->top >= box->bottom ||
            box->bottom > layout->height_px)
            return false;
    }
    return true;
}
