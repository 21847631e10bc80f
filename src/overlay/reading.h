/*
 * reading.h - how long a text must stand until most viewers have read it. Thread: any.
 * The paces are those of subtitles: 15 letters a second of an alphabet, 6 characters a second of Han, kana and Hangul (the
 * guides of Netflix allow 17 and, by language, 4 to 12), and 1.5 s to find the card.
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

/* ms, to a tenth of a second. Marks and spaces take no time. */
int64_t reading_ms(struct str text);
