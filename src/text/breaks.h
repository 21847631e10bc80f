/*
 * breaks.h - where a cluster begins and where a line may break (UAX 29 and UAX 14 by ICU, with its dictionaries
 * for Thai, Khmer, Lao, Myanmar). Opening an iterator costs 12 ms the first time, so they are kept per language.
 * Thread: the engine's.
 */
#pragma once

#include <stdint.h>
#include <unicode/utypes.h>

struct breaks;

struct breaks *breaks_create(void);
void breaks_destroy(struct breaks *breaks);  // accepts NULL

enum {
    BREAK_CLUSTER = 1 << 0,  // a grapheme cluster begins at this unit
    BREAK_LINE = 1 << 1,     // a line may begin at this unit
    BREAK_ADDRESS = 1 << 2,  // … only if the address around it is wider than the line
};

/*
 * Fills flags[0 … count - 1]. language may be NULL. Korean keeps its words: no break between two Hangul if the
 * text has a space, as titles want it. And addresses are kept whole, as browsers do, who break after no "/".
 */
void breaks_mark(struct breaks *breaks, const UChar *units, int32_t count, const char *language, uint8_t *flags);
