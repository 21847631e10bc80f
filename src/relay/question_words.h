/*
 * question_words.h - what a translator wrote about the languages of the chat: words that ask, words that only seem to,
 * words to leave out of account. One file a language, assets/questions/LANGUAGE.txt; en.txt says at its head how they
 * read. Words that ask count for the show's languages only; what tells languages apart counts for all.
 * Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct question_words;

enum { QUESTION_LANGUAGES_MAX = 48, QUESTION_TAG_BYTES = 12, QUESTION_COMMANDS_MAX = 32, QUESTION_COMMAND_BYTES_MAX = 64 };

enum question_word_kind {
    WORD_OPEN,      // a question opens with it
    WORD_ANY,       // asks wherever it stands
    WORD_END,       // asks at the end
    WORD_NOT,       // seems to ask: "what a play"
    WORD_SKIP,      // may stand before or behind and says nothing: "hey", "please"
    WORD_COMMON,    // tells the language, and tells two questions apart no more than "the" does
    WORD_NEGATION,
    WORD_PERSON,    // whom it is about: I, you, she
    WORD_ALIAS,     // read as something else: "u" is "you"
    WORD_ENDING,    // of a word, read as another ending
    WORD_ASK,       // asks in a language that is not the show's: tells that language
    WORD_SAME,      // "same here": all that a reply needs to second a question
    WORD_KIND_COUNT,
};

struct question_words_options {
    const char *folder;            // NULL: no files; marks and commands still ask
    const char *const *languages;  // of the show, BCP 47; 0: every language that has a file
    size_t language_count;
    const char *const *commands;   // "!ask"; 0: the usual ones
    size_t command_count;
    void *data;
    /* A line that cannot be read, "fa.txt:12: …"; it is left out. NULL: the log is told. */
    void (*on_bad_line)(void *data, const char *text);
};

/* Never NULL: what cannot be read is left out and said. Everything is copied. */
struct question_words *question_words_create(const struct question_words_options *options);
void question_words_destroy(struct question_words *words);  // accepts NULL

/*
 * Those of the relay in this process, for who looks at a message and knows no relay; borrowed, never NULL. Set by the relay;
 * NULL: none any more, marks and the usual commands ask.
 */
const struct question_words *question_words_in_use(void);
void question_words_use(const struct question_words *words);

/*
 * The same for any thread: those in use are not replaced until they are given back. Short: question_words_use() waits.
 */
const struct question_words *question_words_borrow(void);
void question_words_give_back(void);

/* The usual commands, NULL-terminated. */
const char *const *question_words_usual_commands(void);

/* How many bytes of text are a command with what parts it from the rest ("!ask "); 0: it does not begin with one. */
size_t question_words_command(const struct question_words *words, struct str text);

/* "" for an index that no file has. */
const char *question_words_language(const struct question_words *words, size_t index);
size_t question_words_language_count(const struct question_words *words);
bool question_words_is_configured(const struct question_words *words, size_t index);
int question_words_find_language(const struct question_words *words, const char *tag);  // by its first part; -1: none

/* --- Looking up --- */

struct question_reading;

/* Where in a word a negation stands: نمی- at its start, -mez at its end, -miyor- in it. */
enum question_affix { AFFIX_NONE, AFFIX_START, AFFIX_END, AFFIX_IN };

/* One entry of a file. */
struct question_word {
    uint64_t hash, rest;  // of the first word; of all behind it
    uint8_t kind, language, word_count;
    uint8_t value;        // of WORD_PERSON: whom; of WORD_NEGATION: enum question_affix
    const uint32_t *letters;  // as folded, ' ' between words; owned by the words
    uint16_t letter_count;
    const uint32_t *to;   // of WORD_ALIAS and WORD_ENDING: what it is read as
    uint16_t to_count;
};

/* The entries whose words stand from words[at] on, one after another; before NULL: the first. NULL: no more. */
const struct question_word *question_words_next(const struct question_words *words, const struct question_reading *reading,
                                                size_t at, const struct question_word *before);

/* The same for scripts without spaces, whose entries match within: those that stand from letters[at] on. */
const struct question_word *question_words_next_part(const struct question_words *words,
                                                     const struct question_reading *reading, size_t at,
                                                     const struct question_word *before);

/* Those that are parts of words: of WORD_ENDING, and of WORD_NEGATION with a value; `*count` of them. */
const struct question_word *question_words_endings(const struct question_words *words, size_t *count);

uint64_t question_words_hash(const uint32_t *letters, size_t count);
