/*
 * blend_kernels.h - dst = src + dst * ia / 255 over a stretch of a plane, as fast as this processor does it.
 * 8-bit samples: ia is 255 - alpha. 16-bit words (P010: ten bits on top): ia is 65535 - alpha, and the result's
 * lowest six bits are zero. src + ia never exceeds the largest sample, so nothing overflows.
 *
 * `even` stretches repeat with a period of 4 samples; only the first BLEND_EVEN_MIN of src and ia are read, which
 * saves two thirds of the memory traffic. Thread: any; nothing is allocated and nobody waits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BLEND_STEP = 32, BLEND_EVEN_MIN = 32 };

struct blend_kernels {
    const char *name;  // "avx2", "plain"
    void (*blend8)(uint8_t *dst, const uint8_t *src, const uint8_t *ia, size_t count);
    void (*even8)(uint8_t *dst, const uint8_t *src, const uint8_t *ia, size_t count);
    void (*blend16)(uint16_t *dst, const uint16_t *src, const uint16_t *ia, size_t count);
};

/* The best for this processor. */
const struct blend_kernels *blend_kernels_get(void);

/* What every processor runs; for comparison. */
const struct blend_kernels *blend_kernels_plain(void);
