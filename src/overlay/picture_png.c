#include "overlay/picture_png.h"

#include <string.h>
#include <zlib.h>

enum { SIGNATURE_BYTES = 8, CHUNK_BYTES = 12, HEAD_BYTES = 13 };

struct chunk {
    const uint8_t *bytes;  // its length, name, data and checksum
    size_t len;            // of its data
};

static uint32_t big(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* False: there is none that is whole. */
static bool next_chunk(const struct picture_file *file, size_t *at, struct chunk *chunk)
{
    if (file->len - *at < CHUNK_BYTES)
        return false;
    *chunk = (struct chunk){file->bytes + *at, big(file->bytes + *at)};
    if (chunk->len > file->len - *at - CHUNK_BYTES)
        return false;
    *at += CHUNK_BYTES + chunk->len;
    return true;
}

static bool is_named(const struct chunk *chunk, const char name[5])
{
    return memcmp(chunk->bytes + 4, name, 4) == 0;
}

static bool is_needed(const struct chunk *chunk)
{
    return is_named(chunk, "IHDR") || is_named(chunk, "PLTE") || is_named(chunk, "tRNS") || is_named(chunk, "IDAT") ||
        is_named(chunk, "IEND");
}

static bool is_sound(const struct chunk *chunk)
{
    return crc32(0, chunk->bytes + 4, (uInt)chunk->len + 4) == big(chunk->bytes + 8 + chunk->len);
}

static int side(const uint8_t *bytes)
{
    uint32_t px = big(bytes);
    return px <= INT32_MAX ? (int)px : INT32_MAX;
}

bool picture_png_look(struct picture_file *file)
{
    struct chunk chunk;
    size_t at = SIGNATURE_BYTES;
    if (!next_chunk(file, &at, &chunk) || !is_named(&chunk, "IHDR") || chunk.len != HEAD_BYTES)
        return false;
    file->width_px = side(chunk.bytes + 8);
    file->height_px = side(chunk.bytes + 12);
    do {
        if (is_needed(&chunk) && !is_sound(&chunk))
            return false;
        if (is_named(&chunk, "IEND"))
            return true;
    } while (next_chunk(file, &at, &chunk));
    return false;
}

void picture_png_strip(const struct picture_file *file, struct buffer *out)
{
    struct chunk chunk;
    buffer_add(out, file->bytes, SIGNATURE_BYTES);
    for (size_t at = SIGNATURE_BYTES; next_chunk(file, &at, &chunk);) {
        if (is_needed(&chunk))
            buffer_add(out, chunk.bytes, CHUNK_BYTES + chunk.len);
    }
}
