/*
 * composition.h - an overlay picture as the rectangles of GstVideoOverlayComposition, for frames whose memory we do not
 * touch: whoever shows them lays the rectangles over, or our own shader does (composite_gl.h).
 *
 * A rectangle holds premultiplied BGRA and never changes. What looks as before keeps its rectangle, and with it the
 * sequence number by which a reader finds the texture that it made of it. Thread: a composer is its worker's; what it
 * makes is anybody's who holds a reference.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gst/video/video.h>

#include "video/blend.h"

enum { COMPOSITION_BOXES = 16 };

/*
 * Boxes around what is visible, apart from each other; 0: nothing is. With more than COMPOSITION_BOXES the last one
 * takes in all the rest.
 */
size_t composition_find_boxes(const struct frame_row *rows, int32_t width, int32_t height,
                              struct frame_box boxes[COMPOSITION_BOXES]);

/* Does whoever follows this source pad say that it shows compositions? An ALLOCATION query; the streaming thread's. */
bool composition_is_wanted(GstPad *pad);

/* Lays the composition over what the frame has of them already. The buffer is writable; its memory is not touched. */
void composition_attach(GstVideoOverlayComposition *composition, GstBuffer *buffer);

struct composer;

struct composer *composer_create(int32_t width, int32_t height);
void composer_destroy(struct composer *composer);

/*
 * The picture as it is now, of the composer's size; the caller's reference. *composition is NULL when nothing is
 * visible. False: out of memory.
 */
bool composer_make(struct composer *composer, const struct blend_picture *picture,
                   GstVideoOverlayComposition **composition);
