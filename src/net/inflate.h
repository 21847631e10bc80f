/*
 * inflate.h - gzip, zlib and raw deflate, unpacked up to a limit: what comes packed may be a bomb.
 * Source: RFC 1950, 1951, 1952; zlib. Thread: any; a stream belongs to its owner.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct error;

enum inflate_format {
    INFLATE_WRAPPED,  // gzip (also several members one after the other) or zlib, told apart by their first bytes
    INFLATE_RAW,      // deflate without a wrapper
};

enum { INFLATE_USUAL_MAX = 8 << 20 };  // what a platform's frame may become

/*
 * Adds the unpacked bytes to out. False: broken, cut off, or more than max_bytes (the error names the limit); out is
 * then as it was. What stands behind the packed bytes is ignored.
 */
bool inflate_bytes(enum inflate_format format, const void *bytes, size_t len, size_t max_bytes, struct buffer *out,
                   struct error *err);

/* The same piece by piece, for a wire that is one packed stream. */
struct inflate_stream;

/* max_bytes: that one call of inflate_next() may give. */
struct inflate_stream *inflate_create(enum inflate_format format, size_t max_bytes);
void inflate_destroy(struct inflate_stream *stream);  // accepts NULL

/* Adds what can be unpacked by now; no byte may be enough for none. After false the stream gives nothing more. */
bool inflate_next(struct inflate_stream *stream, const void *bytes, size_t len, struct buffer *out, struct error *err);
