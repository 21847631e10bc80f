#include "overlay/png.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buffer.h"

enum { CLEAR_STEP = 16 };  // px of a small picture that are looked at in one

static void put_32(unsigned char *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void add_chunk(struct buffer *out, const char type[4], const unsigned char *data, size_t len)
{
    unsigned char number[4];
    put_32(number, (uint32_t)len);
    buffer_add(out, number, 4);
    size_t from = out->len;
    buffer_add(out, type, 4);
    if (len > 0)
        buffer_add(out, data, len);
    put_32(number, (uint32_t)crc32(0, (const unsigned char *)out->data + from, (uInt)(len + 4)));
    buffer_add(out, number, 4);
}

static unsigned char straight(uint32_t value, uint32_t alpha)
{
    uint32_t result = alpha ? (value * 255 + alpha / 2) / alpha : 0;
    return (unsigned char)(result < 255 ? result : 255);
}

static void write_row(const uint32_t *from, int width, unsigned char *to)
{
    for (int x = 0; x < width; x++, to += 4) {
        uint32_t a = from[x] >> 24;
        to[0] = straight(from[x] >> 16 & 0xff, a);
        to[1] = straight(from[x] >> 8 & 0xff, a);
        to[2] = straight(from[x] & 0xff, a);
        to[3] = (unsigned char)a;
    }
}

/*
 * Rows of RGBA, each behind a 2 and less the row above it (PNG's filter "up"; RFC 2083, 6.4): cards are boxes with a
 * gradient from top to bottom, so that most of what is left is 0 or one small number.
 */
static unsigned char *filtered_rows(const uint32_t *pixels, int width, int height, size_t stride, size_t *len)
{
    size_t row_bytes = 1 + (size_t)width * 4;
    *len = row_bytes * (size_t)height;
    unsigned char *rows = malloc(*len);
    for (int y = 0; rows && y < height; y++) {
        rows[(size_t)y * row_bytes] = 2;
        write_row((const uint32_t *)(const void *)((const char *)pixels + (size_t)y * stride), width, rows + (size_t)y * row_bytes + 1);
    }
    for (int y = height - 1; rows && y > 0; y--) {
        unsigned char *row = rows + (size_t)y * row_bytes + 1;
        for (size_t x = 0; x + 1 < row_bytes; x++)
            row[x] = (unsigned char)(row[x] - row[x - row_bytes]);
    }
    return rows;
}

bool png_write(const uint32_t *pixels, int width_px, int height_px, size_t stride_bytes, struct buffer *out)
{
    size_t len;
    unsigned char *rows = filtered_rows(pixels, width_px, height_px, stride_bytes, &len);
    uLongf packed_len = compressBound((uLong)len);
    unsigned char *packed = rows ? malloc(packed_len) : NULL;
    bool is_good = packed && compress2(packed, &packed_len, rows, (uLong)len, 3) == Z_OK;
    if (is_good) {
        unsigned char head[13] = {[8] = 8, [9] = 6};  // 8 bits, colour and alpha
        put_32(head, (uint32_t)width_px);
        put_32(head + 4, (uint32_t)height_px);
        buffer_add(out, "\x89PNG\r\n\x1a\n", 8);
        add_chunk(out, "IHDR", head, sizeof(head));
        add_chunk(out, "IDAT", packed, packed_len);
        add_chunk(out, "IEND", NULL, 0);
    }
    free(packed);
    free(rows);
    return is_good;
}

/* Two channels are summed at a time: up to 257 px in a row fit the 16 bits that each has. */
static uint32_t mean(const char *from, size_t stride, int width, int height)
{
    uint32_t sum[4] = {0}, count = (uint32_t)(width * height), out = 0;
    for (int y = 0; y < height; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(from + (size_t)y * stride);
        uint32_t even = 0, odd = 0;
        for (int x = 0; x < width; x++) {
            even += row[x] & 0xff00ff;
            odd += row[x] >> 8 & 0xff00ff;
        }
        sum[0] += even & 0xffff;
        sum[1] += odd & 0xffff;
        sum[2] += even >> 16;
        sum[3] += odd >> 16;
    }
    for (int i = 0; i < 4; i++)
        out |= (sum[i] + count / 2) / count << (8 * i);
    return out;
}

static bool is_clear(const char *from, size_t stride, int width, int height)
{
    uint32_t any = 0;
    for (int y = 0; y < height && any == 0; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(from + (size_t)y * stride);
        for (int x = 0; x < width; x++)
            any |= row[x];
    }
    return any == 0;
}

/* Most of a view is clear: that is looked at in stretches. */
static void shrink_rows(const char *from, size_t stride, int width_px, int rows, int factor, uint32_t *out)
{
    for (int x = 0; x < width_px; x += CLEAR_STEP * factor) {
        int length = width_px - x < CLEAR_STEP * factor ? width_px - x : CLEAR_STEP * factor;
        int count = (length + factor - 1) / factor;
        const char *stretch = from + (size_t)x * 4;
        bool is_empty = is_clear(stretch, stride, length, rows);
        for (int i = 0; i < count; i++) {
            int columns = factor < length - i * factor ? factor : length - i * factor;
            *out++ = is_empty ? 0 : mean(stretch + (size_t)(i * factor) * 4, stride, columns, rows);
        }
    }
}

uint32_t *png_shrink(const uint32_t *pixels, int *width_px, int *height_px, size_t stride_bytes, int max_width_px)
{
    int factor = (*width_px + max_width_px - 1) / max_width_px;
    int width = (*width_px + factor - 1) / factor, height = (*height_px + factor - 1) / factor;
    uint32_t *out = malloc((size_t)width * (size_t)height * sizeof(*out));
    for (int y = 0; out && y < height; y++) {
        int rows = factor < *height_px - y * factor ? factor : *height_px - y * factor;
        shrink_rows((const char *)pixels + (size_t)(y * factor) * stride_bytes, stride_bytes, *width_px, rows, factor,
            out + (ptrdiff_t)y * width);
    }
    *width_px = width;
    *height_px = height;
    return out;
}
