/*
 * blend_kernels.h - dst = src + dst * ia over the lines of a plane, as fast as this processor does it.
 * The overlay comes in blocks of one cache line: 32 bytes of src, then the 32 bytes of ia that belong to them. A
 * BLEND_EVEN run has one block for all its length, a BLEND_COPY run has only src.
 *
 * Bytes: ia is 255 - alpha, product = dst * ia, dst = src + (product + product / 256 + 128) / 256: right to
 * 1/2 + 1/510. Words: ia is 65535 - alpha, src and dst count with their largest sample near 65535 (a sample of ten bits
 * in the low end of its word is moved up for the while), dst = src + dst * ia / 65536 rounded to ten bits.
 * src + ia never exceeds the largest sample, so nothing overflows.
 *
 * Thread: any; nothing is allocated and nobody waits. data: row 0; any alignment and stride.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct blend_pack;

/*
 * Before the functions that loop over samples: the compiler makes one clone a processor generation and the loader
 * picks, once. Without HAVE_TARGET_CLONES (a sanitizer, whose runtime is not ready when the loader picks; another
 * processor; another libc) there is one for all.
 */
#ifdef HAVE_TARGET_CLONES
#define BLEND_CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define BLEND_CLONES
#endif

enum { BLEND_STEP = 32, BLEND_BLOCK = 64 };

void blend_bytes(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride);
void blend_high_words(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride);  // bits 6 to 15, as P010's
void blend_low_words(const struct blend_pack *pack, uint8_t *data, ptrdiff_t stride);   // bits 0 to 9
