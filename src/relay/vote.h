/*
 * vote.h - does this text vote, and for what? Digits of any script, letters, the words of an option in either language,
 * "!vote 2". A sentence that merely contains a digit is no vote. Thread: any after vote_options_init(); a memo has one
 * owner.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { VOTE_OPTIONS_MAX = 10, VOTE_LANGUAGES = 2, VOTE_MEMO_PLACES = 512, VOTE_MEMO_BYTES = 30 };

/* The options' texts as text_key.h reduces them, and more loosely: without accents, and lengthened letters once. */
struct vote_options {
    size_t count, longest;  // bytes of the longest text
    struct vote_words {     // owned; NULL: not in this language
        char *key, *plain, *short_;
    } words[VOTE_LANGUAGES][VOTE_OPTIONS_MAX];
};

/* Copies nothing of texts. second: the same in another language, of which any may be empty; NULL: none. */
void vote_options_init(struct vote_options *options, const struct str *texts, const struct str *second, size_t count);
void vote_options_fini(struct vote_options *options);

/* Whether both would be voted for with the same words. */
bool vote_options_are_alike(const struct vote_options *options, size_t one, size_t other);

/*
 * The option's index, or -1: no vote. text: valid UTF-8 without emotes. An option's own words win over its number:
 * with the options "3" and "5", the vote "3" is for the first.
 */
int vote_parse(const struct vote_options *options, struct str text);

/* What short texts were taken for lately: a crowd writes the same few. {0} is an empty one; 16 KB. */
struct vote_memo {
    struct vote_memory {
        uint8_t len;  // 0: free
        int8_t option;
        char text[VOTE_MEMO_BYTES];
    } places[VOTE_MEMO_PLACES];
};
int vote_parse_memo(const struct vote_options *options, struct vote_memo *memo, struct str text);
