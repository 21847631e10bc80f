/*
 * picture_file.h - a picture's file looked at before anything decodes it: its kind by its first bytes, the px that it
 * declares, whether all of it is there; and the frames of a moving one. SDL2_image 2.6 decodes no animated WebP: each frame
 * is made a file of its own. And its decoder of GIFs writes beyond its stack when codes are damaged (found by our fuzz
 * entry, version 2.6.3): picture_gif.h has one of ours.
 * Sources: PNG (ISO 15948), JPEG (ITU-T T.81), GIF89a, WebP container specification (Google, 2023). Any bytes are
 * accepted. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct error;

enum {
    PICTURE_SIDE_MAX = 4096,
    PICTURE_PIXELS_MAX = 8 << 20,   // of one frame, as declared
    PICTURE_FRAMES_MAX = 600,       // more: the first one only
    PICTURE_SCANS_MAX = 64,         // of a JPEG: each is a pass over all of it
};

enum picture_type { PICTURE_NONE, PICTURE_PNG, PICTURE_JPEG, PICTURE_WEBP, PICTURE_GIF };

struct picture_file {
    const uint8_t *bytes;           // borrowed, longer than this lives
    size_t len;
    enum picture_type type;
    int width_px, height_px;        // as declared, within the bounds
    bool has_frames;                // it is made of frames, if only of one: picture_file_next()
    size_t frame_count;             // at least 1; 1: it stands still
    size_t frames_at;               // where the first frame is looked for
};

/* False: err says what it is instead, or what is too large or missing. */
bool picture_file_look(struct picture_file *file, const void *bytes, size_t len, struct error *err);

/* ---- the frames of a GIF or a moving WebP */

enum picture_end { PICTURE_STAYS, PICTURE_IS_CLEARED, PICTURE_IS_TAKEN_BACK };  // before the next frame is drawn

struct picture_frame {
    struct buffer file;             // owned: of a WebP, the frame alone
    size_t colors_at, color_count;  // of a GIF: three bytes each
    size_t codes_at;                // of a GIF: the size of the first codes, then blocks of them
    bool is_interlaced;
    int x, y, width_px, height_px;  // in the picture; a GIF's may reach outside
    int duration_ms;                // as a browser takes it: 100 where the file says 10 or less
    bool is_over;                   // blended over what is there; else it takes its place
    enum picture_end end;
    int hole;                       // GIF: the index of the palette that is transparent; -1: none
};

/* *at is 0 for the first one. False: there is none any more. picture_frame_fini() in the end. */
bool picture_file_next(const struct picture_file *file, size_t *at, struct picture_frame *frame);
void picture_frame_fini(struct picture_frame *frame);
