/* caption_plain.h - a letter in the letters of ASCII: "l" for ł, "oe" for œ, "..." for …. Thread: any. */
#pragma once

#include <stdint.h>

enum { CAPTION_PLAIN_BYTES = 16 };

/* "": there is no plain form, or it is longer. Returns out. */
const char *caption_plain(uint32_t letter, char out[CAPTION_PLAIN_BYTES]);
