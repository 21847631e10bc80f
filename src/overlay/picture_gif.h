/* picture_gif.h - GIF89a without its pictures' coded data: for picture_file.c alone. Thread: any. */
#pragma once

#include "overlay/picture_file.h"

/* False: it is cut off within its headers or its first frame, or has none. */
bool gif_look(struct picture_file *file);
bool gif_next(const struct picture_file *file, size_t *at, struct picture_frame *frame);
