/*
 * caption_pages.h - which rows of the timed lines fill the screen at a time: three at most; more are shown one page
 * after the other in the time that they have. Thread: any, it keeps nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "video/caption_letters.h"

struct caption_page {  // count 0: nothing stands
    uint32_t letters[CAPTION_ROWS][CAPTION_COLUMNS];
    size_t lens[CAPTION_ROWS], count;
    int64_t from_ns, until_ns;  // nothing changes between
};

struct caption_page_line {
    struct caption_letters text;  // borrowed
    int64_t from_ns, until_ns;
};

struct caption_page caption_page_at(const struct caption_page_line *lines, size_t count, int64_t at_ns);

/* Whether both show the same rows. */
bool caption_page_is_same(const struct caption_page *one, const struct caption_page *other);
