/* mask.h - making the shared pixels of text.h. Thread: any. */
#pragma once

#include "text/text.h"

/* Zeroed pixels, one reference. NULL: out of memory or beyond 32766 px a side (pixman draws nothing from there on). */
struct text_mask *mask_create(enum text_mask_format format, int width_px, int height_px);

/* For whoever made it, before it is shared. */
uint8_t *mask_pixels(struct text_mask *mask);

/* The smallest box around all pixels that are not empty; {0} if there are none. */
struct text_box mask_ink(const struct text_mask *mask);

size_t mask_bytes(const struct text_mask *mask);
