/*
 * question_detect.h - is this text a question? A candidate costs a moderator a glance, a missed one costs a viewer
 * his answer: marks count in any script, question words only where they open a sentence. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct question_hint {
    bool is_question;
    struct str text;  // what to show: without a leading "!ask"; points into the text that was given
};

/* text: valid UTF-8 without emotes. */
struct question_hint question_detect(struct str text);
