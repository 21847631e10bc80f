/* engine.h - what an engine holds; for the files of this room only. */
#pragma once

#include <unicode/ubidi.h>

#include "text/breaks.h"
#include "text/cache.h"
#include "text/fallback.h"
#include "text/text.h"

struct text_engine {
    struct text_engine_options options;  // language owned
    struct fonts *fonts;
    struct breaks *breaks;
    struct run_cache *cache;
    UBiDi *bidi;
    bool has_ttf;                        // TTF_Init() is to be undone
};
