/*
 * fade.h - an overlay picture made more transparent as a whole, row by row for what changed. Thread: its owner's.
 */
#pragma once

#include <stdint.h>

#include "video/blend.h"

enum { FADE_FULL = 255 };

struct fader;

/* NULL: out of memory. */
struct fader *fader_create(int32_t width, int32_t height);
void fader_destroy(struct fader *fader);

/* Takes rows top to bottom - 1 of a picture of that size; share: what is left of it, 0 to FADE_FULL. */
void fader_update(struct fader *fader, const struct blend_picture *picture, int32_t top, int32_t bottom, int share);

/* Borrowed, the same until the next update; with the rows of the picture it was made from. */
struct blend_picture fader_picture(const struct fader *fader, const struct blend_picture *picture);
