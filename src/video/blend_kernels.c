#include "video/blend_kernels.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/*
 * Eight-bit samples are taken two at a time in 16-bit lanes, even and odd bytes apart: no unpacking and packing,
 * which cost more than the multiplication. x / 255, rounded, is (x + 128 + ((x + 128) >> 8)) >> 8 for every product
 * of two bytes.
 */
typedef uint16_t lanes __attribute__((vector_size(BLEND_STEP), may_alias, aligned(1)));

INLINE void step8(uint8_t *dst, const lanes *src, const lanes *ia_even, const lanes *ia_odd)
{
    lanes d = *(const lanes *)(const void *)dst;
    lanes even = (d & 0xff) * *ia_even + 128;
    lanes odd = (d >> 8) * *ia_odd + 128;
    even = (even + (even >> 8)) >> 8;
    odd = (odd + (odd >> 8)) & 0xff00;
    *(lanes *)(void *)dst = *src + (even | odd);
}

INLINE void tail8(uint8_t *dst, const uint8_t *block, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned product = dst[i] * block[BLEND_STEP + i] + 128u;
        dst[i] = (uint8_t)(block[i] + ((product + (product >> 8)) >> 8));
    }
}

INLINE void run_mix8(uint8_t *dst, const uint8_t *blocks, size_t count, ptrdiff_t ahead)
{
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP, blocks += BLEND_BLOCK) {
        lanes s = *(const lanes *)(const void *)blocks, k = *(const lanes *)(const void *)(blocks + BLEND_STEP);
        lanes even = k & 0xff, odd = k >> 8;
        __builtin_prefetch(dst + ahead, 1);
        step8(dst, &s, &even, &odd);
    }
    tail8(dst, blocks, count);
}

INLINE void run_even8(uint8_t *dst, const uint8_t *block, size_t count, ptrdiff_t ahead)
{
    lanes s = *(const lanes *)(const void *)block, k = *(const lanes *)(const void *)(block + BLEND_STEP);
    lanes even = k & 0xff, odd = k >> 8;
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP) {
        __builtin_prefetch(dst + ahead, 1);
        step8(dst, &s, &even, &odd);
    }
    tail8(dst, block, count);
}

enum { WORDS = BLEND_STEP / 2 };

typedef uint32_t double_lanes __attribute__((vector_size(2 * BLEND_STEP)));

/* 65503 + 32 is the last sum that rounds down to 1023 << 6; some decoders fill the low bits. */
INLINE void step16(uint8_t *dst, const uint8_t *block)
{
    lanes d = *(const lanes *)(const void *)dst, s = *(const lanes *)(const void *)block;
    lanes k = *(const lanes *)(const void *)(block + BLEND_STEP);
    double_lanes product = __builtin_convertvector(d, double_lanes) * __builtin_convertvector(k, double_lanes);
    lanes sum = s + __builtin_convertvector(product >> 16, lanes);
    lanes fits = (lanes)(sum < 65503);
    *(lanes *)(void *)dst = (((sum & fits) | (65503 & ~fits)) + 32) & 0xffc0;
}

INLINE void tail16(uint16_t *dst, const uint16_t *block, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        uint16_t sum = (uint16_t)(block[i] + (uint16_t)(((uint32_t)dst[i] * block[WORDS + i]) >> 16));
        dst[i] = (uint16_t)(((sum < 65503 ? sum : 65503) + 32) & ~63);
    }
}

INLINE void run16(uint8_t *dst, const uint8_t *blocks, size_t count, ptrdiff_t ahead, size_t advance)
{
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP, blocks += advance) {
        __builtin_prefetch(dst + ahead, 1);
        step16(dst, blocks);
    }
    tail16((uint16_t *)(void *)dst, (const uint16_t *)(const void *)blocks, count / 2);
}

#define KERNEL(attribute, name, call)                                                                \
    attribute static void name(uint8_t *dst, const uint8_t *blocks, size_t count, ptrdiff_t ahead)   \
    {                                                                                                \
        call;                                                                                        \
    }

#define KERNELS(name, attribute)                                                                     \
    KERNEL(attribute, name##_mix8, run_mix8(dst, blocks, count, ahead))                              \
    KERNEL(attribute, name##_even8, run_even8(dst, blocks, count, ahead))                            \
    KERNEL(attribute, name##_mix16, run16(dst, blocks, count, ahead, BLEND_BLOCK))                   \
    KERNEL(attribute, name##_even16, run16(dst, blocks, count, ahead, 0))                            \
    static const struct blend_kernels name##_kernels = {#name, name##_mix8, name##_even8, name##_mix16, \
                                                        name##_even16};

KERNELS(plain, )

const struct blend_kernels *blend_kernels_plain(void)
{
    return &plain_kernels;
}

/* Chosen by hand: target_clones makes ifuncs, whose resolvers run before a sanitizer is ready. */
#ifdef __x86_64__
KERNELS(avx2, __attribute__((target("avx2"))))

const struct blend_kernels *blend_kernels_get(void)
{
    return __builtin_cpu_supports("avx2") ? &avx2_kernels : &plain_kernels;
}
#else
const struct blend_kernels *blend_kernels_get(void)
{
    return &plain_kernels;
}
#endif
