/*
 * h264_sei.h - captions as an SEI message of H.264 in byte-stream form (H.264 D.1.6, ATSC A/53 part 4), for encoders
 * that leave GstVideoCaptionMeta out. Thread: any.
 */
#pragma once

#include <gst/gst.h>
#include <stddef.h>
#include <stdint.h>

#include "video/cc_data.h"

/* Start code, NAL unit, and every byte of cc_data escaped at worst. */
enum { H264_SEI_BYTES_MAX = 64 + CC_DATA_BYTES_MAX * 3 / 2 };

/* One whole NAL unit with its start code; the length. */
size_t h264_sei_write(uint8_t out[H264_SEI_BYTES_MAX], const uint8_t *cc_data, size_t len);

/*
 * Where in an access unit it belongs: behind delimiter and parameter sets, before the first slice. len: there is
 * no slice in it.
 */
size_t h264_sei_place(const uint8_t *unit, size_t len);

/* A copy of the access unit with the captions in it; takes the buffer. Without a slice in it: the buffer itself. */
GstBuffer *h264_sei_insert(GstBuffer *unit, const uint8_t *cc_data, size_t len);
