/* bidi.h - texts that go to others' programs must not turn the lines around them. Thread: any. */
#pragma once

#include "base/str.h"

struct buffer;

/* Appends valid UTF-8 without the embeddings, overrides and isolates: U+202A to E, U+2066 to 9. Marks (U+200E, F) stay. */
void bidi_add_plain(struct buffer *out, struct str text);
