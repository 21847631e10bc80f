/*
 * caption_data.h - the captions of a language in the H.264 that a pipeline makes: as metadata of the raw pictures where
 * the encoder writes it into the stream (x264enc, VA-API, QSV), else as SEI messages of our own behind it. They belong to
 * pictures by their time, so the order in which an encoder lets them out does not matter. Thread: any; the rest happens
 * on the pipeline's streaming threads.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stddef.h>

#include "video/caption_writer.h"

struct caption_data;

struct caption_data_options {
    struct caption_writer_options writer;
    const char *encoder;  // the element's name
};

/*
 * raw: a source pad before the encoder, whose running time is program time. coded: a pad behind it, byte-stream with an access unit a buffer. Before PLAYING.
 * The pads keep what they need; unref with caption_data_unref().
 */
struct caption_data *caption_data_attach(const struct caption_data_options *options, GstPad *raw, GstPad *coded);
void caption_data_unref(struct caption_data *data);  // accepts NULL

/* See caption_writer_state(). */
void caption_data_state(struct caption_data *data, char *out, size_t size);

/* Whether the encoder of that name writes GstVideoCaptionMeta into the stream. */
bool caption_data_is_carried_by(const char *encoder);
