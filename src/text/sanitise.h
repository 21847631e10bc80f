/*
 * sanitise.h - from any bytes to text that is safe and cheap to lay out. For display only: nothing that is
 * stored or compared goes through here.
 * In this order, because each step bounds the next: length, broken UTF-8, controls, marks on a base, NFC (which
 * is quadratic in marks: 3.4 s for 100,000 of them). Images and spans are borders for NFC, so that their places
 * are exact in the result.
 */
#pragma once

#include <unicode/utypes.h>

#include "text/text.h"

struct clean_image {
    int32_t unit;      // of its U+FFFC
    int32_t index;     // in options.images
};

struct clean_span {
    int32_t from, to;  // units, without its isolates
    int32_t index;     // in options.spans
};

struct clean_text {
    UChar *units;      // UTF-16 with U+2068/2069 around isolated spans (no others are left) and '\n' for line ends
    int32_t count;
    char *text;        // UTF-8 without the isolates, NUL-terminated
    uint32_t *byte_at; // of each unit in text; count + 1 of them
    struct clean_image *images;
    int32_t image_count;
    struct clean_span *spans;
    int32_t span_count;
    bool is_cut;       // the input was longer than TEXT_BYTES_MAX
};

void sanitise(struct clean_text *clean, const struct text_options *options);
void clean_text_fini(struct clean_text *clean);
