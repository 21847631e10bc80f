/*
 * question_reading.h - a text as folded letters and words, on the stack of who looks at it; nothing is allocated.
 * Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { READING_LETTERS_MAX = 480, READING_WORDS_MAX = 96 };  // what stands behind is not looked at, but for marks

enum question_mark { MARK_NONE, MARK_INSIDE, MARK_END };

struct reading_word {
    uint64_t hash;
    uint16_t from, to;   // in letters
    bool opens;          // stands first, or behind punctuation
    bool is_called;      // "@anna"
};

struct question_reading {
    uint32_t letters[READING_LETTERS_MAX];  // letter_fold(), ' ' between words
    size_t letter_count;
    struct reading_word words[READING_WORDS_MAX];
    size_t word_count;
    enum question_mark mark;
    size_t spoken;         // letters of any script, no digits
    size_t end;            // of text: behind the last thing that is no space
    uint32_t last;         // the character there
    bool has_dense, has_greek, has_address;
    uint8_t persian, arabic, urdu;  // letters that the others do not have
};

/* text: valid UTF-8. */
void question_reading_fill(struct question_reading *reading, struct str text);
