/*
 * caption_roll.h - which word of the live lines goes out next. A line that still changes gives those words that two of
 * its versions agree on; it gives the rest when it is final, when a newer line follows, or when it stood still for a
 * second. What has gone out stays. Thread: the owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "video/caption_book.h"
#include "video/caption_letters.h"

enum { CAPTION_ROLL_LINES = 64 };  // that are remembered

struct caption_rolled {
    char track[CAPTION_ID_BYTES], id[CAPTION_ID_BYTES];
    struct caption_letters text;  // owned; the version before
    size_t sent, agreed;       // words
};

struct caption_roll {  // {0}: nothing went out
    struct caption_rolled lines[CAPTION_ROLL_LINES];  // a ring
    unsigned next;
};

struct caption_roll_line {
    const struct caption_line *line;
    struct caption_letters text;  // borrowed
};

void caption_roll_fini(struct caption_roll *roll);

/* The lines are others, or have other texts. Those that stand or come, in order. */
void caption_roll_note(struct caption_roll *roll, const struct caption_roll_line *lines, size_t count);

struct caption_roll_word {
    const uint32_t *letters;  // of the line's text
    size_t count;
    bool is_first;            // of its line
};

/* False: nothing is to go out at now_ns. */
bool caption_roll_next(struct caption_roll *roll, const struct caption_roll_line *lines, size_t count, int64_t now_ns,
    struct caption_roll_word *word);
