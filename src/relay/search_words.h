/*
 * search_words.h - text as the words that the search index holds, and a person's words as a query for it.
 * What unicode61 does not know is done here: scripts without spaces (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) are
 * cut into overlapping pairs, so that any part of a sentence is found; Arabic and Persian forms of a letter become one,
 * vowel marks, tatweel and joiners go, digits become ASCII, Traditional characters Simplified; each emoji is a word.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/str.h"

/* Appends the words of valid text, with spaces between them. */
void search_fold(struct str text, struct buffer *out);

/*
 * Appends an FTS5 expression for the column `words`: every word must begin one of the text's. At most 16 words count.
 * False: nothing to search for.
 */
bool search_write_query(struct str text, struct buffer *out);

/*
 * Appends the text as one line to look for words in: folded as above, case and Latin accents gone as well, one space for
 * whatever is no letter, digit or picture. offsets (may be NULL): for every byte appended and for the end, as uint32_t,
 * where in `text` it came from.
 */
void search_flatten(struct str text, struct buffer *out, struct buffer *offsets);

/* The words of a person's query, flattened, at most 16, each with a NUL behind it. Returns how many. */
size_t search_flatten_query(struct str text, struct buffer *out);

/*
 * Where the flattened text has the word from `start` on: at the beginning of a word, or anywhere in scripts without
 * spaces. SIZE_MAX: nowhere.
 */
size_t search_find_word(struct str flat, const char *word, size_t start);

/* Changes whenever other words come out: an index of another number is made anew. */
enum { SEARCH_WORDS_VERSION = 2 };
