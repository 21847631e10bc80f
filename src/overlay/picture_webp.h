/* picture_webp.h - the chunks of a WebP file, without what is coded in them: for picture_file.c alone. Thread: any. */
#pragma once

#include "overlay/picture_file.h"

/* False: it is cut off, or a frame declares another size inside than outside: only one of the two was checked. */
bool webp_look(struct picture_file *file);
bool webp_next(const struct picture_file *file, size_t *at, struct picture_frame *frame);
