/*
 * blend_kernels.h - dst = src + dst * ia / 255 over a stretch of a row, as fast as this processor does it.
 * The overlay comes in blocks of one cache line: 32 bytes of src, then the 32 bytes of ia that belong to them.
 * 8-bit samples: ia is 255 - alpha, and dst * ia / 255 is right to 1/2 + 1/510. 16-bit words (P010: ten bits on top): ia is 65535 - alpha, and the result's
 * lowest six bits are zero. src + ia never exceeds the largest sample, so nothing overflows.
 *
 * `even` stretches read one block, again and again. All prefetch what stands `ahead` bytes behind dst: a later
 * row. Thread: any; nothing is allocated and nobody waits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BLEND_STEP = 32, BLEND_BLOCK = 64 };

/* count: bytes of dst; of the last block only what is left of them counts. blocks: aligned to their size. */
typedef void (*blend_fn)(uint8_t *dst, const uint8_t *blocks, size_t count, ptrdiff_t ahead);

struct blend_kernels {
    const char *name;  // "avx2", "plain"
    blend_fn mix8, even8, mix16, even16;
};

/* The best for this processor. */
const struct blend_kernels *blend_kernels_get(void);

/* What every processor runs; for comparison. */
const struct blend_kernels *blend_kernels_plain(void);
