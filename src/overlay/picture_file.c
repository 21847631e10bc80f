#include "overlay/picture_file.h"

#include <string.h>

#include "base/error.h"
#include "overlay/picture_gif.h"
#include "overlay/picture_png.h"
#include "overlay/picture_webp.h"

enum { FRAME_MAX_MS = 60000 };

static uint32_t big(const uint8_t *bytes, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool begins(const struct picture_file *file, size_t at, const char *with, size_t len)
{
    return file->len >= at + len && memcmp(file->bytes + at, with, len) == 0;
}

static enum picture_type find_type(const struct picture_file *file)
{
    if (begins(file, 0, "\x89PNG\r\n\x1a\n", 8))
        return PICTURE_PNG;
    if (begins(file, 0, "\xff\xd8\xff", 3))
        return PICTURE_JPEG;
    if (begins(file, 0, "RIFF", 4) && begins(file, 8, "WEBP", 4))
        return PICTURE_WEBP;
    return begins(file, 0, "GIF87a", 6) || begins(file, 0, "GIF89a", 6) ? PICTURE_GIF : PICTURE_NONE;
}

/* What servers send in place of a picture, by how it begins. */
static const char *guess(const struct picture_file *file)
{
    static const struct {
        const char *start, *name;
    } known[] = {{"<!", "HTML"}, {"<html", "HTML"}, {"<HTML", "HTML"}, {"<svg", "SVG"}, {"<?xml", "XML or SVG"}, {"{", "JSON"},
        {"BM", "BMP"}, {"II*", "TIFF"}, {"MM", "TIFF"}, {"\x1f\x8b", "gzip"}, {"%PDF", "PDF"}};
    size_t at = 0;
    while (at < file->len && at < 64 && strchr(" \t\r\n\xef\xbb\xbf", file->bytes[at]) && file->bytes[at])
        at++;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (begins(file, at, known[i].start, strlen(known[i].start)))
            return known[i].name;
    }
    return begins(file, 4, "ftyp", 4) ? "AVIF, HEIC or a video" : NULL;
}

static bool fail_type(const struct picture_file *file, struct error *err)
{
    const char *name = guess(file);
    if (file->len == 0)
        return error_set(err, ERROR_DATA, "the file is empty");
    return error_set(err, ERROR_DATA, "it is no PNG, JPEG, WebP or GIF%s%s%s", name ? " (it looks like " : "",
        name ? name : "", name ? ")" : "");
}

static bool fail_short(const char *name, struct error *err)
{
    return error_set(err, ERROR_DATA, "the %s is cut off or damaged", name);
}

/* ---- JPEG: markers with a length, and coded data behind SOS until the next one */

static bool is_frame_header(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool stands_alone(uint8_t marker)
{
    return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/* The place behind the next marker; 0: there is none. In coded data FF 00 is a byte, and FF D0 to D7 belong to it. */
static size_t next_marker(const struct picture_file *file, size_t at)
{
    for (; at + 1 < file->len; at++) {
        uint8_t next = file->bytes[at + 1];
        if (file->bytes[at] == 0xff && next != 0 && next != 0xff)
            return at + 2;
    }
    return 0;
}

static bool look_jpeg(struct picture_file *file, struct error *err)
{
    int scans = 0;
    for (size_t at = 2; (at = next_marker(file, at));) {
        uint8_t marker = file->bytes[at - 1];
        if (marker == 0xd9)
            return file->width_px || error_set(err, ERROR_DATA, "the JPEG has no picture in it");
        if (stands_alone(marker))
            continue;
        size_t len = at + 2 <= file->len ? big(file->bytes + at, 2) : 0;
        if (len < 2 || len > file->len - at)
            break;
        if (is_frame_header(marker) && len >= 8) {
            file->height_px = (int)big(file->bytes + at + 3, 2);
            file->width_px = (int)big(file->bytes + at + 5, 2);
        }
        if (marker == 0xda && ++scans > PICTURE_SCANS_MAX)
            return error_set(err, ERROR_DATA, "the JPEG has more than %d scans", PICTURE_SCANS_MAX);
        at += len;
    }
    return fail_short("JPEG", err);
}

/* ---- the door */

static bool check_size(const struct picture_file *file, struct error *err)
{
    int width = file->width_px, height = file->height_px;
    if (width < 1 || height < 1)
        return error_set(err, ERROR_DATA, "it declares %d x %d px", width, height);
    if (width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX || (int64_t)width * height > PICTURE_PIXELS_MAX)
        return error_set(err, ERROR_DATA, "it declares %d x %d px; at most %d on a side and %d million in all are drawn",
            width, height, PICTURE_SIDE_MAX, PICTURE_PIXELS_MAX / 1000000);
    return true;
}

bool picture_file_look(struct picture_file *file, const void *bytes, size_t len, struct error *err)
{
    *file = (struct picture_file){.bytes = bytes, .len = len, .frame_count = 1};
    file->type = find_type(file);
    bool is_whole = false;
    switch (file->type) {
    case PICTURE_NONE: return fail_type(file, err);
    case PICTURE_PNG: is_whole = picture_png_look(file) || fail_short("PNG", err); break;
    case PICTURE_JPEG: is_whole = look_jpeg(file, err); break;
    case PICTURE_WEBP: is_whole = webp_look(file) || fail_short("WebP", err); break;
    case PICTURE_GIF: is_whole = gif_look(file) || fail_short("GIF", err); break;
    }
    return is_whole && check_size(file, err);
}

bool picture_file_next(const struct picture_file *file, size_t *at, struct picture_frame *frame)
{
    buffer_clear(&frame->file);
    size_t from = *at ? *at : file->frames_at;
    bool is_there = file->type == PICTURE_GIF    ? gif_next(file, &from, frame)
                    : file->type == PICTURE_WEBP ? webp_next(file, &from, frame)
                                                 : false;
    *at = from;
    if (is_there && frame->duration_ms <= 10)
        frame->duration_ms = 100;
    if (is_there && frame->duration_ms > FRAME_MAX_MS)
        frame->duration_ms = FRAME_MAX_MS;
    return is_there;
}

void picture_frame_fini(struct picture_frame *frame)
{
    buffer_fini(&frame->file);
}
