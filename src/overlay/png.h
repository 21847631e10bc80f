/* png.h - a picture as PNG bytes (ISO 15948), 8 bits RGBA. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* pixels: premultiplied BGRA. Appends the file. False: no memory for compressing; nothing was appended. */
bool png_write(const uint32_t *pixels, int width_px, int height_px, size_t stride_bytes, struct buffer *out);

/*
 * A copy made smaller by a whole factor, so that it is at most max_width_px wide; each px is the mean of those it
 * stands for. The caller frees; NULL: no memory.
 */
uint32_t *png_shrink(const uint32_t *pixels, int *width_px, int *height_px, size_t stride_bytes, int max_width_px);
