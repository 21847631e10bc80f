/*
 * layout.h - how the frame stream lies in memory, and what a reader believes of it. Behind the door of frame.h.
 *
 *     0      struct layout_header: sizes (fixed for ever), then newest sequence, heartbeat, ring of damage
 *     8192   slot 0: struct layout_slot, a struct frame_row for each row, padding to a page, pixels
 *     …      slot 1 …
 *
 * Picture n stands in slot n % slots, its damage in ring entry n % LAYOUT_RING. A `sequence` of 0 says that the
 * thing is being written. All is in the machine's own byte order: both ends are on one machine.
 *
 * A reader takes the sizes once, by pread(), computes every offset itself, and never looks at them again.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame/frame.h"

#define LAYOUT_MAGIC UINT64_C(0x316d617266746e61)  // "antfram1"
#define LAYOUT_SIZE_MAX (UINT64_C(1) << 30)

enum {
    LAYOUT_VERSION = 1,
    LAYOUT_FORMAT_BGRA = 1,  // premultiplied
    LAYOUT_RING = 32,
    LAYOUT_SLOTS_MIN = 3,
    LAYOUT_SLOTS_MAX = 8,
    LAYOUT_HEADER_BYTES = 8192,
};

struct layout_box {
    uint16_t left, top, right, bottom;
};

struct layout_damage {
    _Atomic uint64_t sequence;
    uint32_t count, reserved;
    struct layout_box boxes[FRAME_DAMAGE_BOXES];
};

struct layout_header {
    uint64_t magic;
    uint32_t version, header_bytes;
    uint32_t width_px, height_px, stride_bytes, format;
    uint32_t slots, reserved;
    uint64_t slot_bytes, size_bytes;
    _Atomic uint64_t newest;  // 0: no picture yet
    _Atomic int64_t heartbeat_ns;
    struct layout_damage damage[LAYOUT_RING];
};

struct layout_slot {
    _Atomic uint64_t sequence;
    int64_t published_ns;
    uint64_t reserved[6];
};

_Static_assert(sizeof(struct frame_row) == 64, "rows are cache lines");
_Static_assert(sizeof(struct layout_slot) == 64, "the rows begin behind it");
_Static_assert(sizeof(struct layout_header) <= LAYOUT_HEADER_BYTES, "the first slot begins behind it");

/* Private: computed, not read. */
struct layout {
    int32_t width_px, height_px;
    uint32_t slots;
    size_t stride_bytes, pixels_offset, slot_bytes, size_bytes;
};

/* False: a side or a count out of range, or more than LAYOUT_SIZE_MAX bytes. */
bool layout_init(struct layout *layout, int64_t width_px, int64_t height_px, int64_t slots);

/*
 * Believes the fixed part of a header only if everything in it is what layout_init() computes, and the file has
 * just that size. False, and err says which value is wrong.
 */
bool layout_check(struct layout *layout, const struct layout_header *header, uint64_t file_bytes,
                  struct error *err);

/* Copies of what a writer said, in private memory: ordered, inside the picture? */
bool layout_rows_are_valid(const struct layout *layout, const struct frame_row *rows);
bool layout_damage_is_valid(const struct layout *layout, const struct layout_damage *damage);

static inline size_t layout_slot_offset(const struct layout *layout, uint64_t sequence)
{
    return LAYOUT_HEADER_BYTES + (size_t)(sequence % layout->slots) * layout->slot_bytes;
}
