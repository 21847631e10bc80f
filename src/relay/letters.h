/*
 * letters.h - a text read letter by letter, as a reader would take it: case, width, Latin accents, harakat, tatweel, Arabic
 * and Persian forms of one letter, digits of any script. Cheap enough for every message: a table, no normaliser.
 * text_key.h does the same with all of Unicode's rules, for texts that are kept. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes the table below, once, in some milliseconds; before anything is folded. */
void letters_init(void);

extern uint16_t letters_table[0x10000];
uint32_t letter_fold_beyond(uint32_t c);  // above U+FFFF

/* A letter or an ASCII digit; ' ' for what parts words; 0 for what is not looked at (marks, joiners, apostrophes). */
static inline uint32_t letter_fold(uint32_t c)
{
    return c < 0x10000 ? letters_table[c] : letter_fold_beyond(c);
}

/* Of a letter that NFKC and case folding have gone over: one form of what keyboards write differently. 0: no letter. */
uint32_t letter_unify(uint32_t c);

/* Scripts that write without spaces, or (Hangul) grow their endings onto the word: words are looked for within. */
bool letter_is_dense(uint32_t c);

/* A question mark of any script; the Greek one is a semicolon as well and is not among them. */
bool letter_is_question_mark(uint32_t c);
