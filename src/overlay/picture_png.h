/* picture_png.h - the chunks of a PNG (ISO 15948, 5): for picture_file.c and picture_decode.c alone. Thread: any. */
#pragma once

#include "overlay/picture_file.h"

/* False: it is cut off, or a chunk that is needed for its pixels is damaged. */
bool picture_png_look(struct picture_file *file);

/*
 * The same picture with nothing in it but its pixels and their colours. libpng writes to standard error what it thinks of
 * the rest, SDL2_image leaves it that way, and texts and profiles that are compressed are one more way to do harm.
 */
void picture_png_strip(const struct picture_file *file, struct buffer *out);
