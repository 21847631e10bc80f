/*
 * composite_gl.h - a composition drawn over a video frame that lies in a GL texture, by the GPU: nothing is downloaded,
 * and only rectangles that are new are uploaded. Works in the frame's own GL context, whosever that is.
 *
 * Thread: one, the streaming thread's; it waits for the GL thread as every GL element does.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gst/video/video.h>

struct error;
struct composite_gl;

/* Frames that composite_gl_draw() takes, as caps for a pad template; NULL: built without GL. */
GstCaps *composite_gl_caps(void);

/* Nothing is made in any GL context before the first frame. */
struct composite_gl *composite_gl_create(void);
void composite_gl_destroy(struct composite_gl *composite);

/*
 * The buffer is writable; a texture that somebody else holds too is copied first, by the GPU. False: the frame is
 * untouched, and err says why.
 */
bool composite_gl_draw(struct composite_gl *composite, const GstVideoInfo *info, GstBuffer *buffer,
                       GstVideoOverlayComposition *composition, struct error *err);

/* Bytes uploaded so far. */
uint64_t composite_gl_uploaded(const struct composite_gl *composite);
