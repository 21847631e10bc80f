/*
 * split.h - a long text as several messages of a platform.
 * Thread: any.
 */
#pragma once

#include <stddef.h>

#include "connector/connector_impl.h"

/*
 * How many bytes of valid UTF-8 `text` make the next part: all if it fits, else up to the last space that leaves the
 * part at least half full, else up to the last whole character as people see it (UAX 29), at least one. The blanks at the
 * cut belong to no part: *skip says how many bytes lie between this part and the next.
 */
size_t split_next(const char *text, size_t len, struct connector_text_limit limit, size_t *skip);
