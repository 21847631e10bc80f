#include "video/blend_samples.h"

#include <stddef.h>

#include "video/blend_kernels.h"

#define INLINE static inline __attribute__((always_inline))

INLINE uint16_t at_most(uint16_t value, uint16_t limit)
{
    return value < limit ? value : limit;
}

/* A colour above alpha is no premultiplied pixel: a writer that sends one gets alpha. */
BLEND_CLONES void blend_add_row(const struct blend_sums *sums, const uint8_t *pixels, int32_t from, int32_t to,
                                int32_t weight)
{
    uint16_t *restrict blue = sums->channel[0], *restrict green = sums->channel[1];
    uint16_t *restrict red = sums->channel[2], *restrict alpha = sums->channel[3];
    for (int32_t x = from; x < to; x++) {
        const uint8_t *pixel = pixels + 4 * (size_t)x;
        uint16_t a = pixel[3];
        blue[x] = (uint16_t)(blue[x] + weight * at_most(pixel[0], a));
        green[x] = (uint16_t)(green[x] + weight * at_most(pixel[1], a));
        red[x] = (uint16_t)(red[x] + weight * at_most(pixel[2], a));
        alpha[x] = (uint16_t)(alpha[x] + weight * a);
    }
}

INLINE void sum_line(uint16_t *restrict out, const uint16_t *restrict in, enum blend_columns columns, int32_t from,
                     int32_t to)
{
    switch (columns) {
    case BLEND_EACH:
        for (int32_t x = from; x < to; x++)
            out[x] = (uint16_t)(4 * in[x]);
        break;
    case BLEND_PAIRS:
        for (int32_t x = from; x < to; x++)
            out[x] = (uint16_t)(2 * (in[2 * x] + in[2 * x + 1]));
        break;
    case BLEND_COSITED:
        for (int32_t x = from; x < to; x++)
            out[x] = (uint16_t)(in[2 * x - 1] + 2 * in[2 * x] + in[2 * x + 1]);
        break;
    }
}

BLEND_CLONES void blend_sum_columns(const struct blend_sums *out, const struct blend_sums *in,
                                    enum blend_columns columns, int32_t from, int32_t to)
{
    for (int i = 0; i < 4; i++)
        sum_line(out->channel[i], in->channel[i], columns, from, to);
}

INLINE int32_t clamp(int32_t value, int32_t high)
{
    return value < 0 ? 0 : value > high ? high : value;
}

BLEND_CLONES void blend_make_bytes(const struct blend_weights *weights, const struct blend_sums *sums,
                                   uint8_t *restrict src, uint8_t *restrict ia, int32_t from, int32_t count)
{
    const uint16_t *restrict blue = sums->channel[0] + from, *restrict green = sums->channel[1] + from;
    const uint16_t *restrict red = sums->channel[2] + from, *restrict alpha = sums->channel[3] + from;
    const struct blend_weights w = *weights;
    const int32_t half = (BLEND_PARTS << BLEND_FRACTION_8) / 2;
    for (int32_t x = 0; x < count; x++) {
        int32_t a = alpha[x], rounded = (a + BLEND_PARTS / 2) / BLEND_PARTS;
        int32_t value = w.red * red[x] + w.green * green[x] + w.blue * blue[x] + w.alpha * a +
                        w.mend * (rounded * BLEND_PARTS - a);
        src[x] = (uint8_t)clamp((value + half) >> (4 + BLEND_FRACTION_8), rounded);
        ia[x] = (uint8_t)(255 - rounded);
    }
}

/* 65535 / (255 * 16) is 257 / 16. The kernel adds 32 before it drops six bits: that much room is left. */
BLEND_CLONES void blend_make_words(const struct blend_weights *weights, const struct blend_sums *sums,
                                   uint16_t *restrict src, uint16_t *restrict ia, int32_t from, int32_t count)
{
    const uint16_t *restrict blue = sums->channel[0] + from, *restrict green = sums->channel[1] + from;
    const uint16_t *restrict red = sums->channel[2] + from, *restrict alpha = sums->channel[3] + from;
    const struct blend_weights w = *weights;
    const int32_t half = (BLEND_PARTS << BLEND_FRACTION_16) / 2;
    for (int32_t x = 0; x < count; x++) {
        int32_t a = alpha[x], rounded = (a * 257 + 8) >> 4;
        int32_t value = w.red * red[x] + w.green * green[x] + w.blue * blue[x] + w.alpha * a;
        src[x] = (uint16_t)clamp((value + half) >> (4 + BLEND_FRACTION_16), rounded > 32 ? rounded - 32 : 0);
        ia[x] = (uint16_t)(65535 - rounded);
    }
}
