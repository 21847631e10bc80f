/*
 * vote.h - does this text vote, and for what? Digits of any script, letters, the words of an option, "!vote 2".
 * A sentence that merely contains a digit is no vote. Thread: any after vote_options_init().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { VOTE_OPTIONS_MAX = 9 };

/* The options' texts as text_key.h reduces them. */
struct vote_options {
    size_t count;
    char *keys[VOTE_OPTIONS_MAX];  // owned
};

/* Copies nothing of texts. count: 2 to VOTE_OPTIONS_MAX. */
void vote_options_init(struct vote_options *options, const struct str *texts, size_t count);
void vote_options_fini(struct vote_options *options);

/*
 * The option's index, or -1: no vote. text: valid UTF-8 without emotes. An option's own words win over its number:
 * with the options "3" and "5", the vote "3" is for the first.
 */
int vote_parse(const struct vote_options *options, struct str text);
