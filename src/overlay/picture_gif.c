#include "overlay/picture_gif.h"

#include <string.h>

enum { HEADER_BYTES = 13, COLOURS_FOLLOW = 0x80 };

/* Walks the blocks; what it remembers of a frame stands before it, in its "graphic control extension". */
struct walk {
    const struct picture_file *file;
    size_t at;
    int delay_ms, hole;
    enum picture_end end;
};

/* One frame: where its parts are. */
struct piece {
    size_t descriptor, colours, colours_len, data, data_len;
};

static int little(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8;
}

static size_t palette_bytes(uint8_t flags)
{
    return flags & COLOURS_FOLLOW ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Sub-blocks: a length and so many bytes, until a length of 0. False: the file ends before. */
static bool skip_blocks(struct walk *walk)
{
    const struct picture_file *file = walk->file;
    while (walk->at < file->len) {
        size_t len = file->bytes[walk->at++];
        if (len == 0)
            return true;
        walk->at += len;
    }
    return false;
}

static void take_control(struct walk *walk)
{
    const uint8_t *bytes = walk->file->bytes + walk->at;
    if (walk->file->len - walk->at < 6 || bytes[0] != 4)
        return;
    int method = bytes[1] >> 2 & 7;
    walk->end = method == 2 ? PICTURE_IS_CLEARED : method == 3 ? PICTURE_IS_TAKEN_BACK : PICTURE_STAYS;
    walk->delay_ms = little(bytes + 2) * 10;
    walk->hole = bytes[1] & 1 ? bytes[4] : -1;
}

static bool take_piece(struct walk *walk, struct piece *piece)
{
    const struct picture_file *file = walk->file;
    piece->descriptor = walk->at;
    if (file->len - walk->at < 9)
        return false;
    piece->colours = walk->at + 9;
    piece->colours_len = palette_bytes(file->bytes[walk->at + 8]);
    piece->data = piece->colours + piece->colours_len;
    if (piece->data >= file->len)
        return false;
    walk->at = piece->data + 1;  // the size of the first codes
    bool is_whole = skip_blocks(walk) && walk->at <= file->len;
    piece->data_len = walk->at - piece->data;
    return is_whole;
}

/* The next frame that is whole. False: the end, or what is left is cut off or no GIF. */
static bool find_piece(struct walk *walk, struct piece *piece)
{
    const struct picture_file *file = walk->file;
    walk->delay_ms = 0;
    walk->hole = -1;
    walk->end = PICTURE_STAYS;
    while (walk->at < file->len) {
        uint8_t kind = file->bytes[walk->at++];
        if (kind == ',')
            return take_piece(walk, piece);
        if (kind != '!' || walk->at >= file->len)
            return false;
        if (file->bytes[walk->at++] == 0xf9)
            take_control(walk);
        if (!skip_blocks(walk))
            return false;
    }
    return false;
}

bool gif_look(struct picture_file *file)
{
    if (file->len < HEADER_BYTES)
        return false;
    file->width_px = little(file->bytes + 6);
    file->height_px = little(file->bytes + 8);
    file->frames_at = HEADER_BYTES + palette_bytes(file->bytes[10]);
    struct walk walk = {.file = file, .at = file->frames_at};
    struct piece piece;
    file->has_frames = true;
    file->frame_count = 0;
    while (find_piece(&walk, &piece))
        file->frame_count++;
    return file->frame_count > 0;
}

static void add_little(struct buffer *out, int value)
{
    buffer_add_char(out, (char)(value & 255));
    buffer_add_char(out, (char)(value >> 8 & 255));
}

/* The frame as a picture of its own size, with the colours of the whole where it has none. */
static void write_file(const struct picture_file *file, const struct piece *piece, struct picture_frame *frame)
{
    const uint8_t *descriptor = file->bytes + piece->descriptor;
    struct buffer *out = &frame->file;
    buffer_add(out, "GIF89a", 6);
    add_little(out, frame->width_px);
    add_little(out, frame->height_px);
    buffer_add_char(out, (char)file->bytes[10]);
    add_little(out, 0);
    buffer_add(out, file->bytes + HEADER_BYTES, file->frames_at - HEADER_BYTES);
    buffer_add(out, ",\0\0\0\0", 5);
    buffer_add(out, descriptor + 4, 5 + piece->colours_len);
    buffer_add(out, file->bytes + piece->data, piece->data_len);
    buffer_add_char(out, ';');
}

bool gif_next(const struct picture_file *file, size_t *at, struct picture_frame *frame)
{
    struct walk walk = {.file = file, .at = *at};
    struct piece piece;
    if (!find_piece(&walk, &piece))
        return false;
    const uint8_t *descriptor = file->bytes + piece.descriptor;
    *at = walk.at;
    frame->x = little(descriptor);
    frame->y = little(descriptor + 2);
    frame->width_px = little(descriptor + 4);
    frame->height_px = little(descriptor + 6);
    frame->duration_ms = walk.delay_ms;
    frame->is_over = true;
    frame->end = walk.end;
    frame->hole = walk.hole;
    write_file(file, &piece, frame);
    return true;
}
