#include "video/blend_kernels.h"

#include <string.h>

/*
 * Eight-bit samples are taken two at a time in 16-bit lanes, even and odd bytes apart: no unpacking and packing,
 * which cost more than the multiplication. x / 255, rounded, is (x + 128 + ((x + 128) >> 8)) >> 8 for every product
 * of two bytes.
 */
typedef uint16_t lanes __attribute__((vector_size(BLEND_STEP), may_alias, aligned(1)));

#define INLINE static inline __attribute__((always_inline))

INLINE void step8(uint8_t *dst, const lanes *src, const lanes *ia_even, const lanes *ia_odd)
{
    lanes d = *(const lanes *)(const void *)dst;
    lanes even = (d & 0xff) * *ia_even + 128;
    lanes odd = (d >> 8) * *ia_odd + 128;
    even = (even + (even >> 8)) >> 8;
    odd = (odd + (odd >> 8)) & 0xff00;
    *(lanes *)(void *)dst = *src + (even | odd);
}

INLINE void tail8(uint8_t *dst, const uint8_t *src, const uint8_t *ia, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned product = dst[i] * ia[i] + 128u;
        dst[i] = (uint8_t)(src[i] + ((product + (product >> 8)) >> 8));
    }
}

INLINE void run_blend8(uint8_t *dst, const uint8_t *src, const uint8_t *ia, size_t count)
{
    size_t i = 0;
    for (; i + BLEND_STEP <= count; i += BLEND_STEP) {
        lanes s = *(const lanes *)(const void *)(src + i), k = *(const lanes *)(const void *)(ia + i);
        lanes even = k & 0xff, odd = k >> 8;
        step8(dst + i, &s, &even, &odd);
    }
    tail8(dst + i, src + i, ia + i, count - i);
}

INLINE void run_even8(uint8_t *dst, const uint8_t *src, const uint8_t *ia, size_t count)
{
    lanes s = *(const lanes *)(const void *)src, k = *(const lanes *)(const void *)ia;
    lanes even = k & 0xff, odd = k >> 8;
    size_t i = 0;
    for (; i + BLEND_STEP <= count; i += BLEND_STEP)
        step8(dst + i, &s, &even, &odd);
    tail8(dst + i, src, ia, count - i);
}

INLINE void run_blend16(uint16_t *dst, const uint16_t *src, const uint16_t *ia, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t sum = (uint16_t)(src[i] + (uint16_t)(((uint32_t)dst[i] * ia[i]) >> 16));
        /* 65503 + 32 is the last that rounds down to 1023 << 6; some decoders fill the low bits. */
        dst[i] = (uint16_t)(((sum < 65503 ? sum : 65503) + 32) & ~63);
    }
}

#define KERNELS(name, attribute)                                                                     \
    attribute static void name##_blend8(uint8_t *dst, const uint8_t *src, const uint8_t *ia,         \
                                        size_t count)                                                \
    {                                                                                                \
        run_blend8(dst, src, ia, count);                                                             \
    }                                                                                                \
    attribute static void name##_even8(uint8_t *dst, const uint8_t *src, const uint8_t *ia,          \
                                       size_t count)                                                 \
    {                                                                                                \
        run_even8(dst, src, ia, count);                                                              \
    }                                                                                                \
    attribute static void name##_blend16(uint16_t *restrict dst, const uint16_t *restrict src,       \
                                         const uint16_t *restrict ia, size_t count)                  \
    {                                                                                                \
        run_blend16(dst, src, ia, count);                                                            \
    }                                                                                                \
    static const struct blend_kernels name##_kernels = {#name, name##_blend8, name##_even8, name##_blend16};

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
