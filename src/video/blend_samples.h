/*
 * blend_samples.h - the loops that turn pixels into samples, for this processor. Behind the door of blend.h; what
 * they compute is explained in blend_convert.c.
 *
 * A struct blend_sums is four lines of weighted sums, one for each of B, G, R and A. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    BLEND_PARTS = 16,       // a pixel's weight in a sample, all in all
    BLEND_FRACTION_8 = 16,  // bits: 255 * 16 parts * 2^16 < 2^31
    BLEND_FRACTION_16 = 10, // 65535 * 16 parts * 2^10 < 2^31
};

struct blend_sums {
    uint16_t *channel[4];
};

/* value = red R + green G + blue B + alpha A, in fixed point. */
struct blend_weights {
    int32_t red, green, blue, alpha, mend;
};

enum blend_columns { BLEND_EACH, BLEND_PAIRS, BLEND_COSITED };

/* Adds weight times BGRA pixels [from, to) to the sums. */
void blend_add_row(const struct blend_sums *sums, const uint8_t *pixels, int32_t from, int32_t to, int32_t weight);

/* From sums of 4 parts in columns to sums of BLEND_PARTS in samples [from, to). */
void blend_sum_columns(const struct blend_sums *out, const struct blend_sums *in, enum blend_columns columns,
                       int32_t from, int32_t to);

/* count samples, beginning at sums[from], to src[0] and ia[0]. */
void blend_make_bytes(const struct blend_weights *weights, const struct blend_sums *sums, uint8_t *restrict src,
                      uint8_t *restrict ia, int32_t from, int32_t count);
void blend_make_words(const struct blend_weights *weights, const struct blend_sums *sums, uint16_t *restrict src,
                      uint16_t *restrict ia, int32_t from, int32_t count);
