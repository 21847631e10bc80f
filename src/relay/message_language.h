/*
 * message_language.h - the language a message is written in, as far as its text tells. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct message;

enum { MESSAGE_LANGUAGE_BYTES = 16 };

/*
 * "fa", "zh-Hant", "ja" … ; where it cannot be told "und-Arab" or "und-Cyrl" for a few words in these scripts, else "und".
 * Some 3 µs.
 */
void message_language(const struct message *message, char language[MESSAGE_LANGUAGE_BYTES]);

/* Whether somebody who reads `wanted` reads `language`: "zh" takes "zh-Hant" and "zh-Hans", "zh-Hant" itself and "zh", "fa" also "und-Arab". */
bool language_matches(struct str wanted, const char *language);
