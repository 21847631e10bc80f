/*
 * golden.h - a picture against the one that was looked at and kept.
 * Tolerance: mean difference of a channel <= 2, and at most 1 % of the px beyond 48: FreeType's versions differ in edges.
 * ANTIPHON_GOLDEN_WRITE=1 writes instead of comparing: look at the result before it is committed. On failure what was got
 * and the difference are left in the working folder.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Premultiplied BGRA over grey, as RGB rows without gaps. */
static inline uint8_t *golden_flatten(const uint32_t *pixels, size_t stride_px, int width, int height)
{
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3), *out = rgb;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, out += 3) {
            uint32_t pixel = pixels[(size_t)y * stride_px + (size_t)x], rest = 255 - (pixel >> 24);
            for (int i = 0; i < 3; i++)
                out[i] = (uint8_t)((pixel >> (16 - 8 * i) & 0xff) + (rest * 128 + 127) / 255);
        }
    }
    return rgb;
}

static inline void golden_write(const char *path, const uint8_t *rgb, int width, int height)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height,
        .format = PNG_FORMAT_RGB};
    if (!png_image_write_to_file(&image, path, 0, rgb, 0, NULL))
        fail_msg("%s: %s", path, image.message);
}

static inline uint8_t *golden_read(const char *path, int width, int height)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path))
        fail_msg("%s: %s; ANTIPHON_GOLDEN_WRITE=1 makes it", path, image.message);
    if ((int)image.width != width || (int)image.height != height)
        fail_msg("%s: %d x %d px, expected %u x %u", path, width, height, image.width, image.height);
    image.format = PNG_FORMAT_RGB;
    uint8_t *rgb = malloc(PNG_IMAGE_SIZE(image));
    if (!png_image_finish_read(&image, NULL, rgb, 0, NULL))
        fail_msg("%s: %s", path, image.message);
    return rgb;
}

static inline void golden_explain(const char *name, const uint8_t *expected, const uint8_t *got, int width, int height)
{
    char path[200];
    snprintf(path, sizeof(path), "%s-got.png", name);
    golden_write(path, got, width, height);
    uint8_t *difference = malloc((size_t)width * (size_t)height * 3);
    for (int i = 0; i < width * height * 3; i++)
        difference[i] = (uint8_t)abs(expected[i] - got[i]);
    snprintf(path, sizeof(path), "%s-difference.png", name);
    golden_write(path, difference, width, height);
    free(difference);
}

/* folder: in tests/data. */
static inline void golden_check(const char *folder, const char *name, const uint32_t *pixels, size_t stride_px, int width,
    int height)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/%s/%s.png", getenv("ANTIPHON_TEST_DATA"), folder, name);
    uint8_t *got = golden_flatten(pixels, stride_px, width, height);
    if (getenv("ANTIPHON_GOLDEN_WRITE")) {
        golden_write(path, got, width, height);
        free(got);
        return;
    }
    uint8_t *expected = golden_read(path, width, height);
    double sum = 0;
    int beyond = 0;
    for (int i = 0; i < width * height; i++) {
        int worst = 0;
        for (int j = 0; j < 3; j++) {
            int by = abs(expected[3 * i + j] - got[3 * i + j]);
            worst = by > worst ? by : worst;
            sum += by;
        }
        beyond += worst > 48;
    }
    double mean = sum / (3.0 * width * height);
    if (mean > 2 || beyond * 100 > width * height) {
        golden_explain(name, expected, got, width, height);
        fail_msg("%s: mean difference %.2f (2 allowed), %d of %d px beyond 48 (1 %% allowed); see %s-difference.png", name,
            mean, beyond, width * height, name);
    }
    free(expected);
    free(got);
}
