/* copy.h - what one client says and another is told: known keys only. Thread: any. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { COPY_TEXT_BYTES_MAX = 300 };

/* A new object with the numbers, booleans and short texts that stand under these keys. `from` may be no object. */
json_t *copy_known(const json_t *from, const char *const *keys, size_t count);

/* Whether it may be a picture of at most so many bytes in base64: its letters and its length. Accepts NULL. */
bool copy_is_base64(const char *text, size_t most);
