/*
 * blend.h - an overlay picture in the video's own format, ready to be laid over frame after frame.
 *
 * A layer holds, for every plane of the video, the premultiplied samples and 255 - alpha beside them, and for every
 * row the runs that are visible at all. Preparing it is a worker's task, once per change; blend_layer_apply() is
 * what a video frame costs: dst = src + dst * (1 - alpha), over those runs only.
 *
 * The video counts as opaque: in BGRA and its like, alpha grows by the overlay's and colour is mixed as if it had
 * been 255. Colour samples are those of sRGB taken as the video's RGB, as every player's subtitles are.
 *
 * Thread: a layer has one owner at a time; it is handed over between worker and streaming thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gst/video/video.h>

#include "frame/frame.h"

struct blend_layer;

/* Formats of blend_is_supported(), as the list of a caps string. */
#define BLEND_FORMATS                                                                                  \
    "{ I420, YV12, NV12, NV21, YUY2, UYVY, YVYU, Y42B, Y444, P010_10LE, BGRx, RGBx, xRGB, xBGR, BGRA, " \
    "RGBA, ARGB, ABGR, RGB, BGR, GRAY8 }"

bool blend_is_supported(const GstVideoInfo *info);

/* Premultiplied BGRA of exactly the video's size; rows: the spans outside which nothing is looked at. Borrowed. */
struct blend_picture {
    const uint8_t *pixels;
    size_t stride_bytes;
    const struct frame_row *rows;
};

/* Empty, and all its rows marked. NULL: out of memory. info must be supported. */
struct blend_layer *blend_layer_create(const GstVideoInfo *info);
void blend_layer_destroy(struct blend_layer *layer);

/* Rows top to bottom - 1 of the picture are other than at the last update. Clipped here. */
void blend_layer_mark(struct blend_layer *layer, int32_t top, int32_t bottom);

/* Converts the marked rows, and no other. */
void blend_layer_update(struct blend_layer *layer, const struct blend_picture *picture);

/* Not one visible sample. */
bool blend_layer_is_empty(const struct blend_layer *layer);

/* False, and the frame untouched: its format or size is not the layer's. */
bool blend_layer_apply(const struct blend_layer *layer, GstVideoFrame *frame);
