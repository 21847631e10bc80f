/*
 * scale.h - an overlay picture brought to another size: Catmull-Rom, widened to an average where it shrinks, on
 * premultiplied pixels, row by row for what changed. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "video/blend.h"

struct scaler;

/* NULL: out of memory. Sides 1 to FRAME_SIDE_MAX. */
struct scaler *scaler_create(int32_t from_width, int32_t from_height, int32_t to_width, int32_t to_height);
void scaler_destroy(struct scaler *scaler);

/*
 * Rows *top to *bottom - 1 of the picture changed; on return, the rows of the result that changed by it. All rows
 * must be given at least once.
 */
void scaler_update(struct scaler *scaler, const struct blend_picture *picture, int32_t *top, int32_t *bottom);

/* Borrowed, the same until the next update. */
struct blend_picture scaler_picture(const struct scaler *scaler);
