#include "video/blend_kernels.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/*
 * Eight-bit samples are taken two at a time in 16-bit lanes, even and odd bytes apart: no unpacking and packing,
 * which cost more than the multiplication. x / 255, rounded, is (x + x / 256 + 128) / 256 for products x of two
 * bytes, but for the few that lie 1/510 above a half: those are rounded down.
 */
typedef uint16_t lanes __attribute__((vector_size(BLEND_STEP), may_alias, aligned(1)));

INLINE void step8(uint8_t *dst, const lanes *src, const lanes *ia_even, const lanes *ia_odd)
{
    lanes d = *(const lanes *)(const void *)dst;
    lanes even = (d & 0xff) * *ia_even;
    lanes odd = (d >> 8) * *ia_odd;
    even = (even + (even >> 8) + 128) >> 8;
    odd = (odd + (odd >> 8) + 128) & 0xff00;
    *(lanes *)(void *)dst = *src + (even | odd);
}

INLINE void tail8(uint8_t *dst, const uint8_t *block, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned product = (unsigned)dst[i] * block[BLEND_STEP + i];
        dst[i] = (uint8_t)(block[i] + ((product + (product >> 8) + 128) >> 8));
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

KERNEL(, plain_mix8, run_mix8(dst, blocks, count, ahead))
KERNEL(, plain_even8, run_even8(dst, blocks, count, ahead))
KERNEL(, plain_mix16, run16(dst, blocks, count, ahead, BLEND_BLOCK))
KERNEL(, plain_even16, run16(dst, blocks, count, ahead, 0))

const struct blend_kernels *blend_kernels_plain(void)
{
    static const struct blend_kernels kernels = {"plain", plain_mix8, plain_even8, plain_mix16, plain_even16};
    return &kernels;
}

/* Chosen by hand: target_clones makes ifuncs, whose resolvers run before a sanitizer is ready. */
#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))

/*
 * The same with the sample in its lane's high byte and ia in both bytes: the upper half of their product is
 * x + x / 256. Half as much again as step8(), and GCC 12 finds the instruction in loops only.
 */
AVX2 static inline void step_avx2(uint8_t *dst, __m256i src, __m256i ia_even, __m256i ia_odd)
{
    const __m256i high = _mm256_set1_epi16((short)0xff00), half = _mm256_set1_epi16(128);
    __m256i d = _mm256_loadu_si256((const __m256i *)(const void *)dst);
    __m256i even = _mm256_mulhi_epu16(_mm256_slli_epi16(d, 8), ia_even);
    __m256i odd = _mm256_mulhi_epu16(_mm256_and_si256(d, high), ia_odd);
    even = _mm256_srli_epi16(_mm256_add_epi16(even, half), 8);
    odd = _mm256_and_si256(_mm256_add_epi16(odd, half), high);
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm256_add_epi8(src, _mm256_or_si256(even, odd)));
}

AVX2 static inline void load_avx2(const uint8_t *block, __m256i *src, __m256i *ia_even, __m256i *ia_odd)
{
    const __m256i twice = _mm256_setr_epi8(0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14,
                                           0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14);
    __m256i ia = _mm256_loadu_si256((const __m256i *)(const void *)(block + BLEND_STEP));
    *src = _mm256_loadu_si256((const __m256i *)(const void *)block);
    *ia_even = _mm256_shuffle_epi8(ia, twice);
    *ia_odd = _mm256_shuffle_epi8(ia, _mm256_add_epi8(twice, _mm256_set1_epi8(1)));
}

AVX2 static void avx2_mix8(uint8_t *dst, const uint8_t *blocks, size_t count, ptrdiff_t ahead)
{
    __m256i src, even, odd;
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP, blocks += BLEND_BLOCK) {
        load_avx2(blocks, &src, &even, &odd);
        __builtin_prefetch(dst + ahead, 1);
        step_avx2(dst, src, even, odd);
    }
    tail8(dst, blocks, count);
}

AVX2 static void avx2_even8(uint8_t *dst, const uint8_t *block, size_t count, ptrdiff_t ahead)
{
    __m256i src, even, odd;
    load_avx2(block, &src, &even, &odd);
    for (; count >= BLEND_STEP; count -= BLEND_STEP, dst += BLEND_STEP) {
        __builtin_prefetch(dst + ahead, 1);
        step_avx2(dst, src, even, odd);
    }
    tail8(dst, block, count);
}

KERNEL(AVX2, avx2_mix16, run16(dst, blocks, count, ahead, BLEND_BLOCK))
KERNEL(AVX2, avx2_even16, run16(dst, blocks, count, ahead, 0))

const struct blend_kernels *blend_kernels_get(void)
{
    static const struct blend_kernels kernels = {"avx2", avx2_mix8, avx2_even8, avx2_mix16, avx2_even16};
    return __builtin_cpu_supports("avx2") ? &kernels : blend_kernels_plain();
}
#else
const struct blend_kernels *blend_kernels_get(void)
{
    return blend_kernels_plain();
}
#endif
