#include "overlay/picture_webp.h"

#include <string.h>

enum { RIFF_BYTES = 12, CHUNK_BYTES = 8, FRAME_BYTES = 16, IS_MOVING = 0x02, HAS_ALPHA = 0x10 };

struct chunk {
    const uint8_t *name, *data;
    size_t len;
    size_t whole_len;  // with name, length and the byte that makes it even
};

/* The coded picture in a file or a frame. */
struct picture {
    struct chunk alpha, data;  // alpha.name NULL: it has none of its own
    int width_px, height_px;
};

static uint32_t little(const uint8_t *bytes, int count)
{
    uint32_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* False: there is none, or it reaches beyond the end. */
static bool read_chunk(const uint8_t *bytes, size_t len, struct chunk *chunk)
{
    if (len < CHUNK_BYTES)
        return false;
    *chunk = (struct chunk){.name = bytes, .data = bytes + CHUNK_BYTES, .len = little(bytes + 4, 4)};
    if (chunk->len > len - CHUNK_BYTES)
        return false;
    chunk->whole_len = CHUNK_BYTES + chunk->len + (chunk->len & 1 && chunk->len < len - CHUNK_BYTES);
    return true;
}

static bool is_named(const struct chunk *chunk, const char name[5])
{
    return memcmp(chunk->name, name, 4) == 0;
}

/* RFC 6386, 9.1, and the lossless format's header: 14 bits for each side. */
static bool read_coded_size(const struct chunk *chunk, int *width_px, int *height_px)
{
    if (is_named(chunk, "VP8 ") && chunk->len >= 10 && memcmp(chunk->data + 3, "\x9d\x01\x2a", 3) == 0) {
        *width_px = (int)(little(chunk->data + 6, 2) & 0x3fff);
        *height_px = (int)(little(chunk->data + 8, 2) & 0x3fff);
        return true;
    }
    if (is_named(chunk, "VP8L") && chunk->len >= 5 && chunk->data[0] == 0x2f) {
        uint32_t bits = little(chunk->data + 1, 4);
        *width_px = (int)(bits & 0x3fff) + 1;
        *height_px = (int)(bits >> 14 & 0x3fff) + 1;
        return true;
    }
    return false;
}

/* The first coded picture among the chunks, and the alpha that stands before it. */
static bool find_picture(const uint8_t *bytes, size_t len, struct picture *picture)
{
    struct chunk chunk;
    *picture = (struct picture){0};
    for (size_t at = 0; read_chunk(bytes + at, len - at, &chunk); at += chunk.whole_len) {
        if (is_named(&chunk, "ALPH")) {
            picture->alpha = chunk;
        } else if (read_coded_size(&chunk, &picture->width_px, &picture->height_px)) {
            picture->data = chunk;
            return true;
        }
    }
    return false;
}

/* ---- frames */

static bool read_frame(const struct chunk *chunk, struct picture_frame *frame, struct picture *picture)
{
    const uint8_t *bytes = chunk->data;
    if (!is_named(chunk, "ANMF") || chunk->len < FRAME_BYTES)
        return false;
    frame->x = (int)little(bytes, 3) * 2;
    frame->y = (int)little(bytes + 3, 3) * 2;
    frame->width_px = (int)little(bytes + 6, 3) + 1;
    frame->height_px = (int)little(bytes + 9, 3) + 1;
    frame->duration_ms = (int)little(bytes + 12, 3);
    frame->is_over = !(bytes[15] & 2);
    frame->end = bytes[15] & 1 ? PICTURE_IS_CLEARED : PICTURE_STAYS;
    frame->hole = -1;
    return find_picture(bytes + FRAME_BYTES, chunk->len - FRAME_BYTES, picture) &&
        picture->width_px == frame->width_px && picture->height_px == frame->height_px;
}

/* A frame that reaches outside, or whose inside is another size, ends the animation: no encoder writes one. */
static bool is_inside(const struct picture_file *file, const struct picture_frame *frame)
{
    return frame->x + frame->width_px <= file->width_px && frame->y + frame->height_px <= file->height_px;
}

static bool find_frame(const struct picture_file *file, size_t *at, struct picture_frame *frame,
    struct picture *picture)
{
    struct chunk chunk;
    while (*at < file->len && read_chunk(file->bytes + *at, file->len - *at, &chunk)) {
        *at += chunk.whole_len;
        if (is_named(&chunk, "ANMF"))
            return read_frame(&chunk, frame, picture) && is_inside(file, frame);
    }
    return false;
}

static size_t count_frames(const struct picture_file *file)
{
    struct picture_frame frame = {0};
    struct picture picture;
    size_t count = 0;
    for (size_t at = file->frames_at; find_frame(file, &at, &frame, &picture);)
        count++;
    return count;
}

static bool look_extended(struct picture_file *file, const struct chunk *head)
{
    if (head->len < 10)
        return false;
    file->width_px = (int)little(head->data + 4, 3) + 1;
    file->height_px = (int)little(head->data + 7, 3) + 1;
    file->frames_at = RIFF_BYTES + head->whole_len;
    if (head->data[0] & IS_MOVING) {
        file->has_frames = true;
        file->frame_count = count_frames(file);
        return file->frame_count > 0;
    }
    struct picture picture;
    return find_picture(file->bytes + file->frames_at, file->len - file->frames_at, &picture) &&
        picture.width_px == file->width_px && picture.height_px == file->height_px;
}

bool webp_look(struct picture_file *file)
{
    struct chunk head;
    if (little(file->bytes + 4, 4) > file->len - CHUNK_BYTES ||
        !read_chunk(file->bytes + RIFF_BYTES, file->len - RIFF_BYTES, &head))
        return false;
    file->frames_at = RIFF_BYTES;
    if (is_named(&head, "VP8X"))
        return look_extended(file, &head);
    return read_coded_size(&head, &file->width_px, &file->height_px);
}

/* ---- a frame as a file */

static void add_little(struct buffer *out, size_t value, int count)
{
    for (int i = 0; i < count; i++)
        buffer_add_char(out, (char)(value >> 8 * i & 255));
}

static void add_chunk(struct buffer *out, const struct chunk *chunk)
{
    buffer_add(out, chunk->name, CHUNK_BYTES + chunk->len);
    if (chunk->len & 1)
        buffer_add_char(out, '\0');
}

static size_t even(size_t len)
{
    return CHUNK_BYTES + len + (len & 1);
}

static void write_file(const struct picture *picture, struct buffer *out)
{
    bool has_alpha = picture->alpha.name != NULL;
    size_t len = 4 + even(picture->data.len);
    if (has_alpha)
        len += even(10) + even(picture->alpha.len);
    buffer_add(out, "RIFF", 4);
    add_little(out, len, 4);
    buffer_add(out, "WEBP", 4);
    if (has_alpha) {
        buffer_add(out, "VP8X\n\0\0\0", 8);
        add_little(out, HAS_ALPHA, 4);
        add_little(out, (size_t)picture->width_px - 1, 3);
        add_little(out, (size_t)picture->height_px - 1, 3);
        add_chunk(out, &picture->alpha);
    }
    add_chunk(out, &picture->data);
}

bool webp_next(const struct picture_file *file, size_t *at, struct picture_frame *frame)
{
    struct picture picture;
    if (!find_frame(file, at, frame, &picture))
        return false;
    write_file(&picture, &frame->file);
    return true;
}
