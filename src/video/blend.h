/*
 * blend.h - an overlay picture in the video's own format, ready to be laid over frame after frame.
 *
 * A maker converts what changed of a picture into premultiplied samples of the video's planes, with 255 - alpha
 * beside them: a worker's task, once per change. A layer is the finished thing, packed in the order in which it is
 * read: only the rows and runs that show anything. blend_layer_apply() is what a video frame costs:
 * dst = src + dst * (1 - alpha).
 *
 * The video counts as opaque: in BGRA and its like, alpha grows by the overlay's and colour is mixed as if it had
 * been 255. Colours are those of sRGB taken as the video's RGB, as every player's subtitles are.
 *
 * Thread: a maker belongs to its worker; a layer has one owner at a time, and is handed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gst/video/video.h>

#include "frame/frame.h"

struct blend_layer;
struct blend_maker;

/* Formats of blend_is_supported(), as the list of a caps string. */
#define BLEND_FORMATS                                                                                   \
    "{ I420, YV12, NV12, NV21, YUY2, UYVY, YVYU, VYUY, Y42B, NV16, NV61, Y444, NV24, A420, AYUV, VUYA, "  \
    "P010_10LE, I420_10LE, I422_10LE, Y444_10LE, BGRx, RGBx, xRGB, xBGR, BGRA, RGBA, ARGB, ABGR, " \
    "RGB, BGR, GRAY8 }"

bool blend_is_supported(const GstVideoInfo *info);

/* Premultiplied BGRA of exactly the video's size; rows: the spans outside which nothing is looked at. Borrowed. */
struct blend_picture {
    const uint8_t *pixels;
    size_t stride_bytes;
    const struct frame_row *rows;
};

/* All its rows marked. NULL: out of memory. info must be supported. */
struct blend_maker *blend_maker_create(const GstVideoInfo *info);
void blend_maker_destroy(struct blend_maker *maker);

/* Rows top to bottom - 1 of the picture are other than at the last blend_maker_update(). Clipped here. */
void blend_maker_mark(struct blend_maker *maker, int32_t top, int32_t bottom);

/* Converts the marked rows, and no other. */
void blend_maker_update(struct blend_maker *maker, const struct blend_picture *picture);

/* Packs all that the maker knows into layer. False: out of memory, and the layer is empty. */
bool blend_maker_finish(const struct blend_maker *maker, struct blend_layer *layer);

/* Empty, for no video. Keeps its memory from one blend_maker_finish() to the next. */
struct blend_layer *blend_layer_create(void);
void blend_layer_destroy(struct blend_layer *layer);

/* Not one visible sample. */
bool blend_layer_is_empty(const struct blend_layer *layer);

/* False, and the frame untouched: its format or size is not the layer's. */
bool blend_layer_apply(const struct blend_layer *layer, GstVideoFrame *frame);
