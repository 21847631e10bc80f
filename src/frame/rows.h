/*
 * rows.h - finding the visible stretches of rows, and copying pictures by them. Behind the door of frame.h.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame/frame.h"

/* The stretches of one row of width_px BGRA pixels whose alpha is not 0; gaps shorter than 32 px are joined. */
void rows_scan(const uint8_t *pixels, int32_t width_px, struct frame_row *row);

/* The same for a row of which only [from, to) has changed since it was scanned. */
void rows_rescan(const uint8_t *pixels, int32_t width_px, int32_t from, int32_t to, struct frame_row *row);

/* No span at all in count rows. */
bool rows_are_empty(const struct frame_row *rows, int32_t count);

/*
 * Copies box from one picture to another: the spans' pixels, and zeros between them. old: the spans of what the
 * target holds, which is zero outside them, so that memory where nothing ever stood is not touched; NULL: it may
 * hold anything.
 */
void rows_copy(uint8_t *to, size_t to_stride, const uint8_t *from, size_t from_stride, const struct frame_row *rows,
               const struct frame_row *old, const struct frame_box *box);
