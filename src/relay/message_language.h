/*
 * message_language.h - the language a message is written in, as far as its text tells. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct message;

/* "fa", "ar", "zh-Hant", "ja" … ; "und" where it cannot be told (no letters, a name). Static. */
const char *message_language(const struct message *message);

/* Whether somebody who reads `wanted` reads `language`: "zh" takes "zh-Hant" and "zh-Hans", "zh-Hant" itself and "zh". */
bool language_matches(struct str wanted, const char *language);
