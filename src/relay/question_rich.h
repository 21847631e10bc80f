/* question_rich.h - what somebody asked with the emotes in it, which the words to search and join by lack. Thread: the relay's own. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct message;

/*
 * asked: what of the message's text without emotes is the question: behind "!ask". False: it has no emotes that can be
 * shown. Else the caller frees both: text, cleaned as questions are, and emotes, a JSON array as in a message whose
 * "from" and "to" are bytes of that text.
 */
bool question_take_rich(const struct message *message, struct str asked, char **text, char **emotes);
