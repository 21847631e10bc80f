/*
 * caption_writer.h - the captions of one language as data in a stream's pictures: CEA-608, and 708 with the same text.
 * Timed lines are pop-on pages that are loaded ahead and shown at their time; live ones roll up word by word. A text
 * that is late waits behind older text for 2 s at most; then the oldest is left out. What is corrected or taken back
 * before it went out goes out corrected, or not at all. Texts with letters that cannot be carried are left out, said
 * once in the log and in the state. It begins by emptying the viewer's screen, where another stream may have been.
 * Thread: one at a time; caption_writer_state() any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "video/cc_data.h"

struct caption_book;
struct caption_writer;

struct caption_writer_options {
    struct caption_book *book;  // borrowed; NULL: nothing is said but that the screen is empty
    const char *language;       // copied
    int fps_num, fps_den;
};

struct caption_writer *caption_writer_create(const struct caption_writer_options *options);
void caption_writer_destroy(struct caption_writer *writer);  // accepts NULL

/* cc_data of the next picture, in the order in which pictures are shown; the length. at_ns: its program time. */
size_t caption_writer_next(struct caption_writer *writer, int64_t at_ns, uint8_t out[CC_DATA_BYTES_MAX]);

/* For people: "en", "fa: 12 lines left out: CEA-608 has no letter U+0633". */
void caption_writer_state(struct caption_writer *writer, char *out, size_t size);
