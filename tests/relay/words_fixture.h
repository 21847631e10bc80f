/* The files of words that come with the program, for tests. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "relay/question_words.h"

/* languages: "fa en", or "" for all. */
static inline struct question_words *fixture_words(const char *languages)
{
    const char *root = getenv("ANTIPHON_SOURCE_ROOT");
    char *folder = xasprintf("%s/assets/questions", root ? root : ".");
    char tags[128];
    const char *list[16];
    size_t count = 0;
    snprintf(tags, sizeof(tags), "%s", languages);
    for (char *rest = tags, *tag; (tag = strtok_r(rest, " ", &rest)) && count < ARRAY_LENGTH(list);)
        list[count++] = tag;
    struct question_words *words = question_words_create(
        &(struct question_words_options){.folder = folder, .languages = list, .language_count = count});
    free(folder);
    return words;
}
