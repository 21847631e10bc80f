/* file.h - whole files: read with a bound, written so that a crash leaves the old or the new. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buffer.h"

struct error;

/* Adds the whole file to `out`. False, with path and reason: not readable, or longer than max_bytes. */
bool file_read(const char *path, size_t max_bytes, struct buffer *out, struct error *err);

/* Writes beside path, syncs, renames over it. mode: of the new file, 0600 for secrets. */
bool file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct error *err);

/* mkdir -p with mode 0700 for what is missing. */
bool file_make_folder(const char *path, struct error *err);
