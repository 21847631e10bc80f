/*
 * picture_decode.h - a picture's file into frames of the sizes that are wanted, by SDL2_image (a GIF by picture_gif.h) and pixman. Only files that
 * picture_file.h has found sound are decoded, frame by frame, each bounded. Thread: any, one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct picture_size {
    int width_px, height_px;  // of the box
    bool is_cover;            // see enum picture_fit
    int radius_px;
    bool is_still;
};

bool picture_size_equal(const struct picture_size *a, const struct picture_size *b);

/* What has come out for one size. */
struct picture_frames {
    int width_px, height_px;
    size_t count;             // 0: nothing
    uint32_t **pixels;        // owned: premultiplied BGRA rows without gaps, by malloc()
    int *until_ms;            // owned: when each frame ends, from the start of the first
    size_t bytes;
    bool is_too_much;         // more frames would be: only the first is here
};

enum {
    PICTURE_SIZE_MAX = 2048,             // of a box's side
    PICTURE_FRAMES_BYTES_MAX = 16 << 20, // for one size; more: the first frame only
    PICTURE_ALL_PIXELS_MAX = 96 << 20,   // decoded for one file; more: the first frame only
    PICTURE_TIME_MAX_MS = 1500,          // for one file; then what is left is dropped, and it stands still
};

/* Fills frames[i] for sizes[i]. False: nothing was filled, and err says why. */
bool picture_decode(const void *bytes, size_t len, const struct picture_size *sizes, struct picture_frames *frames,
    size_t count, struct error *err);
void picture_frames_fini(struct picture_frames *frames);
