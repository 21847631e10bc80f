/*
 * recording.h - names for recordings: none is ever written over. Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;

/*
 * Creates an empty file: `path` itself, or "NAME-2.EXT", "NAME-3.EXT" … where that is taken, and returns its
 * name, which the caller frees. NULL: err names the path and the reason.
 */
char *recording_reserve(const char *path, struct error *err);

/* Removes it again if nothing was written into it, or if what was written holds no picture. */
void recording_forget_empty(const char *path, bool has_pictures);
