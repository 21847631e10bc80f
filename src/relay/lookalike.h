/*
 * lookalike.h - what a character may be read as, for finding words that somebody hides from a list of words.
 * Case, width, mathematical and enclosed alphabets, small capitals, Cyrillic and Greek letters that look Latin, forms of
 * Arabic letters, Traditional characters, digits of all scripts: each becomes one plain letter or digit. What draws nothing
 * is dropped. text_key.h brings together what is *meant* alike; this brings together what *looks* alike.
 * Worked out a page of 256 characters at a time, when one of them is first met, and kept.
 * Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum glyph_kind {
    GLYPH_DROPPED,  // zero-width, direction, variation, tags: nothing to see
    GLYPH_MARK,     // stands on the letter before it
    GLYPH_SPACE,
    GLYPH_SYMBOL,   // punctuation, pictures
    GLYPH_DIGIT,
    GLYPH_LETTER,
};

enum glyph_group {  // letters of two groups are never one word
    GLYPH_GROUP_NONE,
    GLYPH_ALPHABET,  // Latin, Greek, Cyrillic, and what is used to look like them
    GLYPH_ARABIC,
    GLYPH_OTHER,
    GLYPH_UNSPACED,  // Han, kana, Thai …: no blanks between words
};

enum { GLYPH_LETTERS_MAX = 4 };  // "ﬃ" is three; more are cut

struct glyph {
    uint8_t kind, group, count;
    bool is_marked;   // its letter has an accent, a stroke, no dot
    char stands_for;  // a letter that digits and symbols are written for: 4 and @ for a; 0: none
    char or_for;      // another one: 1 for i or l
    uint32_t plain;   // case and width folded, else as it is
    uint32_t letters[GLYPH_LETTERS_MAX];
};

/* Never NULL; borrowed for ever. Any number: what is no character is dropped. */
const struct glyph *lookalike_find(uint32_t character);
