/*
 * words.h - lists of words that no view may show, found again under their disguises: look-alike letters and digits,
 * zero-width characters, accents, "b a d", "b.a.d", "baaad". docs/words.md tells translators what an entry may look like.
 * What a text costs does not depend on how long the lists are (Aho and Corasick, 1975), and a clean one allocates nothing.
 * Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct emote;
struct words;

enum { WORD_LETTERS_MAX = 64, WORDS_MAX = 200000, WORD_HITS_MAX = 8 };

struct words *words_create(void);
void words_destroy(struct words *words);  // accepts NULL

/*
 * The lines of one list, added to those there; `list` is its name ("en"), `file` how a bad line is called ("en.txt:12: …",
 * given to bad() and left out). Where `is_own`, a line "-word" takes the entries with these letters away.
 */
void words_add(struct words *words, const char *list, const char *file, struct str lines, bool is_own,
               void (*bad)(void *data, const char *text), void *data);

/* The same from a file. False: it cannot be read, err says why. A missing one is no failure where `is_own`. */
struct error;
bool words_add_file(struct words *words, const char *list, const char *path, bool is_own,
                    void (*bad)(void *data, const char *text), void *data, struct error *err);

/* After the last list and before the first text. */
void words_finish(struct words *words);

size_t words_count(const struct words *words);  // entries

/* Where, and why. All borrowed from the lists. */
struct word_hit {
    const char *list;      // "en", "own"
    const char *category;  // "slur"; "" where the list names none
    const char *word;      // the entry as it stands in the list
    uint32_t from, to;     // bytes of the text, half open
};

/*
 * Looks for entries in valid UTF-8; an emote's letters are no word of the text. Returns how many were found, `max` at most;
 * each place once. 0: it is clean.
 */
size_t words_find(struct words *words, struct str text, const struct emote *emotes, size_t emote_count,
                  struct word_hit *hits, size_t max);
