#include "video/blend_kernels.h"

#include <string.h>

#include "video/blend_layer.h"

#define INLINE static inline __attribute__((always_inline))

/* Rows that a cold frame is asked for in advance: of 1, 2, 3, 4, 8 the best on a 2 MiB second-level cache. */
enum { AHEAD = 3, WORDS = BLEND_STEP / 2 };

/*
 * A step as sixteen lanes. Each loop over them becomes vector instructions, a line or two of each, if it still is a
 * loop when GCC looks for them: hence the pragma.
 */
struct lanes {
    uint16_t at[WORDS];
};

INLINE struct lanes load(const uint8_t *from)
{
    struct lanes lanes;
    memcpy(&lanes, from, sizeof(lanes));
    return lanes;
}

INLINE uint16_t multiply_high(uint16_t a, uint16_t b)
{
    return (uint16_t)(((uint32_t)a * b) >> 16);
}

/* ---- bytes ---- */

/*
 * Two samples a lane, even and odd bytes apart: no unpacking and packing, which cost more than the multiplication.
 * With the sample in its lane's high byte and ia in both bytes, the upper half of their product is product +
 * product / 256.
 */
struct weights {
    struct lanes src, even, odd;
};

INLINE struct weights load_weights(const uint8_t *block)
{
    struct weights weights = {.src = load(block)};
    struct lanes ia = load(block + BLEND_STEP);
#pragma GCC unroll 1
    for (int i = 0; i < WORDS; i++) {
        weights.even.at[i] = (uint16_t)((ia.at[i] & 0xff) * 257);
        weights.odd.at[i] = (uint16_t)((ia.at[i] >> 8) * 257);
    }
    return weights;
}

INLINE void mix_step(uint8_t *dst, const struct weights *weights)
{
    struct lanes d = load(dst);
#pragma GCC unroll 1
    for (int i = 0; i < WORDS; i++) {
        uint16_t even = (uint16_t)(multiply_high((uint16_t)(d.at[i] << 8), weights->even.at[i]) + 128) >> 8;
        uint16_t odd = (uint16_t)(multiply_high(d.at[i] & 0xff00, weights->odd.at[i]) + 128) & 0xff00;
        d.at[i] = (uint16_t)(weights->src.at[i] + (even | odd));
    }
    memcpy(dst, &d, sizeof(d));
}

INLINE void mix_tail(uint8_t *dst, const uint8_t *block, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned product = (unsigned)dst[i] * block[BLEND_STEP + i];
        dst[i] = (uint8_t)(block[i] + ((product + (product >> 8) + 128) >> 8));
    }
}

INLINE const uint8_t *mix_bytes(uint8_t *dst, const uint8_t *block, size_t count, ptrdiff_t ahead)
{
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP, block += BLEND_BLOCK) {
        struct weights weights = load_weights(block);
        __builtin_prefetch(dst + ahead, 1);
        mix_step(dst, &weights);
    }
    if (count == 0)
        return block;
    mix_tail(dst, block, count);
    return block + BLEND_BLOCK;
}

INLINE const uint8_t *even_bytes(uint8_t *dst, const uint8_t *block, size_t count, ptrdiff_t ahead)
{
    struct weights weights = load_weights(block);
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP) {
        __builtin_prefetch(dst + ahead, 1);
        mix_step(dst, &weights);
    }
    return block + BLEND_BLOCK;
}

INLINE const uint8_t *copy_bytes(uint8_t *dst, const uint8_t *block, size_t count)
{
    memcpy(dst, block, count);
    return block + (count + BLEND_BLOCK - 1) / BLEND_BLOCK * BLEND_BLOCK;
}

BLEND_CLONES void blend_bytes(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride)
{
    const struct blend_run *run = pack->runs;
    const uint8_t *block = pack->blocks;
    for (size_t i = 0; i < pack->line_count; i++) {
        uint8_t *line = data + pack->lines[i].row * stride;
        for (uint32_t left = pack->lines[i].run_count; left > 0; left--, run++) {
            if (run->kind == BLEND_EVEN)
                block = even_bytes(line + run->from, block, run->count, AHEAD * stride);
            else if (run->kind == BLEND_MIX)
                block = mix_bytes(line + run->from, block, run->count, AHEAD * stride);
            else
                block = copy_bytes(line + run->from, block, run->count);
        }
    }
}

/* ---- words ---- */

/* 65503 + 32 is the last sum that rounds down to 1023 << 6; some decoders fill the low bits. dst: moved up already. */
INLINE uint16_t mix_word(uint16_t dst, uint16_t src, uint16_t ia)
{
    uint16_t sum = (uint16_t)(src + multiply_high(dst, ia));
    return (uint16_t)((sum < 65503 ? sum : 65503) + 32) & 0xffc0;
}

/* A loop of its own: in that with the multiplication, GCC no longer sees that 16 bits are enough. */
INLINE void shift(struct lanes *lanes, int up, int down)
{
#pragma GCC unroll 1
    for (int i = 0; i < WORDS; i++)
        lanes->at[i] = (uint16_t)(lanes->at[i] << up) >> down;
}

INLINE void word_step(uint8_t *dst, const uint8_t *block, int up)
{
    struct lanes d = load(dst), src = load(block), ia = load(block + BLEND_STEP);
    shift(&d, up, 0);
#pragma GCC unroll 1
    for (int i = 0; i < WORDS; i++)
        d.at[i] = mix_word(d.at[i], src.at[i], ia.at[i]);
    shift(&d, 0, up);
    memcpy(dst, &d, sizeof(d));
}

INLINE void word_tail(uint8_t *dst, const uint8_t *block, size_t count, int up)
{
    for (size_t i = 0; i < count; i += 2) {
        uint16_t d, src, ia;
        memcpy(&d, dst + i, 2);
        memcpy(&src, block + i, 2);
        memcpy(&ia, block + BLEND_STEP + i, 2);
        d = mix_word((uint16_t)(d << up), src, ia) >> up;
        memcpy(dst + i, &d, 2);
    }
}

/* advance: from one block to the next; 0: the one block is for all. */
INLINE const uint8_t *mix_words(uint8_t *dst, const uint8_t *block, const struct blend_run *run, ptrdiff_t ahead, int up)
{
    size_t count = run->count, advance = run->kind == BLEND_EVEN ? 0 : BLEND_BLOCK;
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP, block += advance) {
        __builtin_prefetch(dst + ahead, 1);
        word_step(dst, block, up);
    }
    word_tail(dst, block, count, up);
    return block + (count > 0 || run->kind == BLEND_EVEN ? BLEND_BLOCK : 0);
}

INLINE void blend_words(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride, int up)
{
    const struct blend_run *run = pack->runs;
    const uint8_t *block = pack->blocks;
    for (size_t i = 0; i < pack->line_count; i++) {
        uint8_t *line = data + pack->lines[i].row * stride;
        for (uint32_t left = pack->lines[i].run_count; left > 0; left--, run++)
            block = mix_words(line + run->from, block, run, AHEAD * stride, up);
    }
}

BLEND_CLONES void blend_high_words(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride)
{
    blend_words(pack, data, stride, 0);
}

BLEND_CLONES void blend_low_words(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride)
{
    blend_words(pack, data, stride, 6);
}
