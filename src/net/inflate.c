#include "net/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/error.h"
#include "base/memory.h"

enum { PIECE_BYTES = 16384, WRAPPED_BITS = 15 + 32, RAW_BITS = -15 };

struct inflate_stream {
    z_stream zlib;
    enum inflate_format format;
    size_t max_bytes;
    bool is_broken, is_at_end;
};

struct inflate_stream *inflate_create(enum inflate_format format, size_t max_bytes)
{
    struct inflate_stream *stream = xcalloc(1, sizeof(*stream));
    stream->format = format;
    stream->max_bytes = max_bytes;
    stream->is_broken = inflateInit2(&stream->zlib, format == INFLATE_RAW ? RAW_BITS : WRAPPED_BITS) != Z_OK;
    return stream;
}

void inflate_destroy(struct inflate_stream *stream)
{
    if (!stream)
        return;
    inflateEnd(&stream->zlib);
    free(stream);
}

/* Another member of a gzip file follows; what else stands there is none of ours. */
static bool begin_next_member(struct inflate_stream *stream)
{
    const z_stream *zlib = &stream->zlib;
    if (stream->format == INFLATE_RAW || zlib->avail_in < 2 || zlib->next_in[0] != 0x1f || zlib->next_in[1] != 0x8b)
        return false;
    stream->is_at_end = false;
    return inflateReset(&stream->zlib) == Z_OK;
}

/* One piece. False: done, or an error is set. */
static bool inflate_piece(struct inflate_stream *stream, size_t start, struct buffer *out, struct error *err)
{
    z_stream *zlib = &stream->zlib;
    size_t room = stream->max_bytes - (out->len - start);
    // One byte more than allowed is asked for, so that exactly max_bytes is no error.
    room = room < PIECE_BYTES ? room + 1 : PIECE_BYTES;
    zlib->next_out = (Bytef *)buffer_reserve(out, room);
    zlib->avail_out = (uInt)room;
    int code = inflate(zlib, Z_SYNC_FLUSH);
    out->len += room - zlib->avail_out;
    if (out->len - start > stream->max_bytes)
        return error_set(err, ERROR_DATA, "unpacks to more than %zu bytes", stream->max_bytes);
    if (code == Z_STREAM_END) {
        stream->is_at_end = true;
        return begin_next_member(stream);
    }
    if (code == Z_BUF_ERROR)
        return false;
    if (code != Z_OK)
        return error_set(err, ERROR_DATA, "not packed as promised: %s", zlib->msg ? zlib->msg : "a dictionary is needed");
    return zlib->avail_in > 0 || zlib->avail_out == 0;
}

bool inflate_next(struct inflate_stream *stream, const void *bytes, size_t len, struct buffer *out, struct error *err)
{
    if (stream->is_broken || len > UINT_MAX)
        return error_set(err, ERROR_DATA, "nothing more can be unpacked");
    size_t start = out->len;
    struct error trouble = {0};
    stream->zlib.next_in = (Bytef *)(uintptr_t)bytes;
    stream->zlib.avail_in = (uInt)len;
    if (stream->is_at_end && !begin_next_member(stream))
        return true;
    while (inflate_piece(stream, start, out, &trouble))
        continue;
    if (trouble.code == ERROR_NONE)
        return true;
    stream->is_broken = true;
    out->len = start;
    return error_set(err, trouble.code, "%s", trouble.text);
}

bool inflate_bytes(enum inflate_format format, const void *bytes, size_t len, size_t max_bytes, struct buffer *out,
                   struct error *err)
{
    struct inflate_stream *stream = inflate_create(format, max_bytes);
    size_t start = out->len;
    bool ok = inflate_next(stream, bytes, len, out, err);
    if (ok && !stream->is_at_end)
        ok = error_set(err, ERROR_DATA, "the packed bytes are cut off after %zu", len);
    if (!ok)
        out->len = start;
    inflate_destroy(stream);
    return ok;
}
