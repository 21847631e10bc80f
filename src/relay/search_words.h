/*
 * search_words.h - text as the words that the search index holds, and a person's words as a query for it.
 * What unicode61 does not know is done here: scripts without spaces (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) are
 * cut into overlapping pairs, so that any part of a sentence is found; Arabic and Persian forms of a letter become one,
 * vowel marks, tatweel and joiners go, digits become ASCII; each emoji is a word. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "base/str.h"

/* Appends the words of valid text, with spaces between them. */
void search_fold(struct str text, struct buffer *out);

/*
 * Appends an FTS5 expression for the column `words`: every word must begin one of the text's. At most 16 words count.
 * False: nothing to search for.
 */
bool search_write_query(struct str text, struct buffer *out);
