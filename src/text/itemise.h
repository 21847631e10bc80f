/*
 * itemise.h - a paragraph cut into items: stretches of one bidi level, script, face and span, in logical order.
 * Level first: a run cut by script only would draw ۱۲۳ as ۳۲۱. Thread: the engine's.
 */
#pragma once

#include <unicode/ubidi.h>

#include "text/breaks.h"
#include "text/fallback.h"
#include "text/sanitise.h"

struct item {
    int32_t from, to;     // units of the clean text
    UBiDiLevel level;
    UScriptCode script;   // resolved; USCRIPT_COMMON: none. USCRIPT_SYMBOLS_EMOJI: one colour emoji
    struct face *face;    // NULL: an image
    int32_t image, span;  // indexes of the options, or -1
    bool is_missing;      // no face has it; `face` is the base face with its empty box
};

struct paragraph {
    int32_t from, to;     // units of the clean text, without the line end
    UBiDiLevel base_level;
    struct item *items;   // no item for isolates
    int32_t item_count, capacity;
    const uint8_t *flags; // of breaks.h, borrowed; by unit of the clean text
};

struct itemiser {         // what is needed for it, borrowed from the engine
    struct fonts *fonts;
    UBiDi *bidi;
    const struct text_options *options;
    const char *language;         // of the text, or the engine's
    bool is_language_explicit;    // the options name it
    const struct clean_text *clean;
};

/* paragraph: from, to and flags are set. */
void itemise(const struct itemiser *itemiser, struct paragraph *paragraph);
void paragraph_fini(struct paragraph *paragraph);
