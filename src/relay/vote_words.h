/* vote_words.h - a text among the words of a poll's options. Thread: any. */
#pragma once

#include "relay/vote.h"

/* As text_key.h reduces it; of a text of symbols alone those. The caller frees. */
char *vote_key(struct str text);

/* The option that has these words, or -1. The second one also finds them without accents and with letters drawn out. */
int vote_find_exact(const struct vote_options *options, struct str text);
int vote_find(const struct vote_options *options, struct str text);
