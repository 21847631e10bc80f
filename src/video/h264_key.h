/*
 * h264_key.h - which coded pictures are key frames. h264parse (gst 1.22) calls each one so that has an I slice; a scene
 * cut makes such pictures that are no IDR: without parameter sets, and no place to begin or to cut at. Thread: any.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the access unit, in byte-stream form, is an IDR picture (H.264 7.4.1.2.4). */
bool h264_key_is(const uint8_t *unit, size_t len);

/* Access units that pass this pad are marked as delta units unless they are. */
void h264_key_watch(GstPad *pad);
