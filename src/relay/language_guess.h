/*
 * language_guess.h - in which language is this text? By its script, by letters that only one language has, and by the
 * small words of question_words.h. Of a few words: rather no answer than a wrong one. Thread: the relay's own.
 */
#pragma once

#include "base/str.h"

struct question_reading;
struct question_words;

/* BCP 47: "fa", "zh-Hant"; "" when unsure. Static or owned by the words. text: what the reading was made of. */
const char *language_guess(const struct question_words *words, const struct question_reading *reading, struct str text);

/* "ZH-tw" and "zh_Hant" tell the writing, else the tag as it is, its first part in small letters: for counting by language. */
const char *language_of_tag(const struct question_words *words, const char *tag);
