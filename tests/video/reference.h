/*
 * reference.h - the blend as plain formulas, sample by sample, and pictures to try it on. Shares no line with the code
 * under test.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gst/video/video.h>

#include "frame/frame.h"

/* A premultiplied picture with its spans. */
struct canvas {
    int32_t width, height;
    uint8_t *pixels;         // owned, width * 4 bytes a row
    struct frame_row *rows;  // owned
};

void canvas_init(struct canvas *canvas, int32_t width, int32_t height);
void canvas_fini(struct canvas *canvas);

/* A box of one colour; a box of noise, each pixel with an alpha of its own. Clipped; spans follow. */
void canvas_fill(struct canvas *canvas, struct frame_box box, uint8_t red, uint8_t green, uint8_t blue, uint8_t alpha);
void canvas_noise(struct canvas *canvas, struct frame_box box, unsigned *seed);

/* Opaque, translucent, empty and noisy parts at odd places, such that every kind of run comes up. */
void canvas_scribble(struct canvas *canvas, unsigned seed);

/*
 * `after` must be `before` with the canvas over it: in every sample to the bit what the integer formula gives, and that
 * to within one step of what the one in doubles does; the same in every byte that is no sample. False, and `where` says
 * which one is not.
 */
bool reference_agrees(const struct canvas *canvas, const GstVideoInfo *info, GstBuffer *before, GstBuffer *after,
                      char where[256]);

/* A buffer of this video, filled with noise. */
GstBuffer *reference_noise(const GstVideoInfo *info, unsigned seed);
