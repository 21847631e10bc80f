/*
 * question_detect.h - is this text a question, how surely, and by which signs? A candidate costs a moderator a glance, a
 * missed one costs a viewer his answer: whatever has a sign is one, and the score only sorts. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct buffer;
struct question_words;

enum {  // reasons, in the order in which they are written
    QUESTION_REASON_PLATFORM = 1 << 0,  // the platform's own Q&A
    QUESTION_REASON_COMMAND = 1 << 1,   // "!ask"
    QUESTION_REASON_MARK = 1 << 2,
    QUESTION_REASON_WORD = 1 << 3,      // of the show's languages
};

struct question_hint {
    bool is_question;
    int score;         // 1 to 100, docs/api.md says how it is made; 0: no question
    unsigned reasons;
    struct str text;   // what to show: without a leading "!ask"; points into the text that was given
};

/* text: valid UTF-8 without emotes. Nothing is allocated. */
struct question_hint question_detect(const struct question_words *words, struct str text);

/* The same where the platform says that it is one, of any text with a letter. */
struct question_hint question_detect_native(const struct question_words *words, struct str text);

/* ["mark","word"] */
void question_reasons_write(unsigned reasons, struct buffer *out);
unsigned question_reason_from_name(const char *name);  // 0: none has it
