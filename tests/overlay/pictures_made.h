/* pictures_made.h - files that no tool would write: pictures of many frames, pictures of any size in one colour. */
#pragma once

#include <stdlib.h>

#include "base/buffer.h"
#include "overlay/png.h"

/* A GIF of `count` frames, each one px; 2 * height x height px as a whole. */
static inline struct buffer make_gif(int count, int height)
{
    struct buffer gif = {0};
    buffer_add(&gif, "GIF89a", 6);
    for (int i = 0; i < 2; i++) {
        int side = i == 0 ? 2 * height : height;
        buffer_add_char(&gif, (char)(side & 255));
        buffer_add_char(&gif, (char)(side >> 8));
    }
    buffer_add(&gif, "\x80\0\0" "\xff\0\0" "\0\0\xff", 9);
    for (int i = 0; i < count; i++) {
        buffer_add(&gif, "!\xf9\x04\0\x04\0\0\0", 8);
        buffer_add(&gif, ",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0", 15);
    }
    buffer_add_char(&gif, ';');
    return gif;
}

/* A PNG of one colour. */
static inline struct buffer make_png(int width, int height, uint32_t color)
{
    struct buffer png = {0};
    uint32_t *pixels = malloc((size_t)width * (size_t)height * sizeof(*pixels));
    for (int i = 0; i < width * height; i++)
        pixels[i] = color;
    png_write(pixels, width, height, (size_t)width * 4, &png);
    free(pixels);
    return png;
}
