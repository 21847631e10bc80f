#include "overlay/picture_gif.h"

#include <stdlib.h>

enum { HEADER_BYTES = 13, COLORS_FOLLOW = 0x80, IS_INTERLACED = 0x40, FIRST_BITS_MAX = 8, CODE_BITS = 12, CODES = 1 << CODE_BITS };

/* Walks the blocks; what it remembers of a frame stands before it, in its "graphic control extension". */
struct walk {
    const struct picture_file *file;
    size_t at;
    int delay_ms, hole;
    enum picture_end end;
};

/* One frame: where its parts are. */
struct piece {
    size_t descriptor, colors, colors_len, data, data_len;
};

static int little(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8;
}

static size_t palette_bytes(uint8_t flags)
{
    return flags & COLORS_FOLLOW ? (size_t)3 << ((flags & 7) + 1) : 0;
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
    piece->colors = walk->at + 9;
    piece->colors_len = palette_bytes(file->bytes[walk->at + 8]);
    piece->data = piece->colors + piece->colors_len;
    if (piece->data >= file->len || file->bytes[piece->data] < 1 || file->bytes[piece->data] > FIRST_BITS_MAX)
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

bool gif_next(const struct picture_file *file, size_t *at, struct picture_frame *frame)
{
    struct walk walk = {.file = file, .at = *at};
    struct piece piece;
    if (!find_piece(&walk, &piece))
        return false;
    const uint8_t *descriptor = file->bytes + piece.descriptor;
    bool has_colors = piece.colors_len > 0;
    *at = walk.at;
    frame->x = little(descriptor);
    frame->y = little(descriptor + 2);
    frame->width_px = little(descriptor + 4);
    frame->height_px = little(descriptor + 6);
    frame->is_interlaced = descriptor[8] & IS_INTERLACED;
    frame->colors_at = has_colors ? piece.colors : HEADER_BYTES;
    frame->color_count = (has_colors ? piece.colors_len : file->frames_at - HEADER_BYTES) / 3;
    frame->codes_at = piece.data;
    frame->duration_ms = walk.delay_ms;
    frame->is_over = true;
    frame->end = walk.end;
    frame->hole = walk.hole;
    return true;
}

/* ---- codes (appendix F): each stands for a row of px, known before or by one px longer than one known before */

struct codes {
    const struct picture_file *file;
    size_t at;               // of the next byte
    size_t left;             // bytes of the block
    uint32_t bits;
    int bit_count;
    uint16_t before[CODES];  // what a code's row begins with
    uint8_t last[CODES], first[CODES];  // px of it
    uint16_t length[CODES];
    int size_bits, next;     // of codes read now; the next that will be known
    int clear;
};

static bool next_byte(struct codes *codes, uint8_t *byte)
{
    const struct picture_file *file = codes->file;
    if (codes->left == 0) {
        if (codes->at >= file->len || file->bytes[codes->at] == 0)
            return false;
        codes->left = file->bytes[codes->at++];
    }
    if (codes->at >= file->len)
        return false;
    codes->left--;
    *byte = file->bytes[codes->at++];
    return true;
}

/* -1: there is none. */
static int next_code(struct codes *codes)
{
    while (codes->bit_count < codes->size_bits) {
        uint8_t byte;
        if (!next_byte(codes, &byte))
            return -1;
        codes->bits |= (uint32_t)byte << codes->bit_count;
        codes->bit_count += 8;
    }
    int code = (int)(codes->bits & ((1u << codes->size_bits) - 1));
    codes->bits >>= codes->size_bits;
    codes->bit_count -= codes->size_bits;
    return code;
}

static void forget_codes(struct codes *codes, int first_bits)
{
    codes->size_bits = first_bits + 1;
    codes->next = codes->clear + 2;
}

static void begin_codes(struct codes *codes, const struct picture_file *file, size_t at)
{
    int first_bits = file->bytes[at];
    *codes = (struct codes){.file = file, .at = at + 1, .clear = 1 << first_bits};
    for (int i = 0; i < codes->clear; i++) {
        codes->first[i] = codes->last[i] = (uint8_t)i;
        codes->length[i] = 1;
    }
    forget_codes(codes, first_bits);
}

/* The row of `known` and one px more gets the next code, while there are any. */
static void learn(struct codes *codes, int known, uint8_t px)
{
    if (codes->next == CODES)
        return;
    codes->before[codes->next] = (uint16_t)known;
    codes->first[codes->next] = codes->first[known];
    codes->last[codes->next] = px;
    codes->length[codes->next] = (uint16_t)(codes->length[known] + 1);
    codes->next++;
    if (codes->next == 1 << codes->size_bits && codes->size_bits < CODE_BITS)
        codes->size_bits++;
}

/* From its end to its start, as it is known; what reaches beyond `size` is left out. Returns its length. */
static size_t write_row(const struct codes *codes, int code, uint8_t *to, size_t at, size_t size)
{
    size_t length = codes->length[code];
    for (size_t i = length; i > 0; i--) {
        if (at + i - 1 < size)
            to[at + i - 1] = codes->last[code];
        code = codes->before[code];
    }
    return length;
}

/* False: fewer px than size, or a code that cannot be known yet. */
static bool read_codes(struct codes *codes, int first_bits, uint8_t *to, size_t size)
{
    int previous = -1;
    for (size_t at = 0; at < size;) {
        int code = next_code(codes);
        if (code < 0 || code == codes->clear + 1)
            return false;
        if (code == codes->clear) {
            forget_codes(codes, first_bits);
            previous = -1;
            continue;
        }
        bool is_known = code < codes->next;
        if (!is_known && (previous < 0 || code != codes->next || codes->next == CODES))
            return false;
        if (previous >= 0)
            learn(codes, previous, codes->first[is_known ? code : previous]);
        at += write_row(codes, code, to, at, size);
        previous = code;
    }
    return true;
}

/* ---- px */

/* Which row of the frame comes as number `row`: every 8th, those between, and so on (appendix E). */
static int row_at(int row, int height)
{
    static const struct {
        int first, step;
    } passes[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    for (size_t i = 0; i < 4; i++) {
        int rows = height > passes[i].first ? (height - passes[i].first + passes[i].step - 1) / passes[i].step : 0;
        if (row < rows)
            return passes[i].first + row * passes[i].step;
        row -= rows;
    }
    return 0;
}

static uint32_t color_of(const struct picture_file *file, const struct picture_frame *frame, uint8_t index)
{
    if (index == frame->hole)
        return 0;
    if (index >= frame->color_count)
        return 0xff000000;
    const uint8_t *color = file->bytes + frame->colors_at + (size_t)index * 3;
    return 0xff000000 | (uint32_t)color[0] << 16 | (uint32_t)color[1] << 8 | color[2];
}

uint32_t *gif_draw(const struct picture_file *file, const struct picture_frame *frame)
{
    size_t width = (size_t)frame->width_px, size = width * (size_t)frame->height_px;
    struct codes *codes = malloc(sizeof(*codes));
    uint8_t *indices = malloc(size);
    uint32_t *pixels = NULL;
    if (codes && indices) {
        begin_codes(codes, file, frame->codes_at);
        if (read_codes(codes, file->bytes[frame->codes_at], indices, size))
            pixels = malloc(size * sizeof(*pixels));
    }
    for (int row = 0; pixels && row < frame->height_px; row++) {
        size_t to = (size_t)(frame->is_interlaced ? row_at(row, frame->height_px) : row) * width;
        for (size_t x = 0; x < width; x++)
            pixels[to + x] = color_of(file, frame, indices[(size_t)row * width + x]);
    }
    free(codes);
    free(indices);
    return pixels;
}
