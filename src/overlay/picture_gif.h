/*
 * picture_gif.h - GIF89a (CompuServe, 1990), blocks and codes: for picture_file.c and picture_decode.c alone. Any bytes are
 * accepted. Thread: any.
 */
#pragma once

#include "overlay/picture_file.h"

/* False: it is cut off within its headers or its first frame, or has none. */
bool gif_look(struct picture_file *file);
bool gif_next(const struct picture_file *file, size_t *at, struct picture_frame *frame);

/*
 * The frame's px, straight BGRA in rows without gaps; the caller frees. NULL: the codes are damaged or too few for it, or
 * there is no memory.
 */
uint32_t *gif_draw(const struct picture_file *file, const struct picture_frame *frame);
