/*
 * font_file.h - is a font file whole? FreeType opens one that was cut off, and draws nothing for what is missing.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;

/*
 * False: a table of the face ends behind the end of the file; err names file and table. What is no TrueType or OpenType
 * is left to FreeType.
 */
bool font_file_check(const char *path, int index, struct error *err);
