/*
 * emotes.h - from a platform's counting of characters to byte offsets into UTF-8.
 * Ranges mostly come in rising order: the cursor remembers where it stands, so a whole text is walked once.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct code_points {
    struct str text;            // borrowed; broken bytes count as one character each
    size_t index, offset;       // the same place in code points and in bytes
};

static inline struct code_points code_points_of(struct str text)
{
    return (struct code_points){.text = text};
}

/*
 * Code points first … last, both inclusive, as the bytes *from … *to, half open. False: the range is empty or
 * reaches outside the text; nothing is written then.
 */
bool code_points_range(struct code_points *walk, size_t first, size_t last, uint32_t *from, uint32_t *to);
