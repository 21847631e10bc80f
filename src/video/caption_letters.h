/*
 * caption_letters.h - a subtitle's text as CEA-608 and 708 can carry it: Latin letters with their accents, and what every
 * script shares. Each letter fills one of 32 columns. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAPTION_COLUMNS = 32, CAPTION_ROWS = 3, CAPTION_LETTERS_MAX = 5000 };

/* Scalars, single spaces between words, none at the ends. {0} is empty. Release with caption_letters_fini(). */
struct caption_letters {
    uint32_t *letters;  // owned
    size_t count;
};

/*
 * NFC; line ends and controls become spaces, what is no letter and has no code (emoji) is left out, "…" is written
 * "...". False, and *other is the letter: the text has letters of a script that cannot be carried; *out is empty then.
 * Broken UTF-8 is mended; what goes beyond CAPTION_LETTERS_MAX is cut.
 */
bool caption_letters_read(const char *text, size_t len, struct caption_letters *out, uint32_t *other);
void caption_letters_fini(struct caption_letters *text);

/* The length of the word at `from`, which ends at a space or at the end. */
size_t caption_word(const struct caption_letters *text, size_t from);

/*
 * The length of the row that begins at *from: whole words, a longer word cut at the 32nd column. Moves *from behind it
 * and its space. 0: nothing is left.
 */
size_t caption_row(const struct caption_letters *text, size_t *from);
