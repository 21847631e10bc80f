/*
 * cost.h - what each kind of card costs a view, told in the log's debug level: once a second at most, one line for all
 * kinds that did anything. Thread: the loop's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "overlay/theme.h"

struct cost {
    uint64_t updates, paints;     // times it was told something, times it was painted
    int64_t update_ns, paint_ns;  // of these; laying out is part of the former
    uint64_t pixels;              // px painted
};

/* {0} is empty. */
struct costs {
    struct cost kinds[THEME_KINDS];
    int64_t told_ms;
};

/* ", question: 2 updates 812 us, 3 paints 410 us 51200 px" of every kind that did something; empty if none did. */
void costs_write(const struct costs *costs, struct buffer *line);

/* Tells and begins anew if a second has passed since it last did. */
void costs_tell(struct costs *costs, const char *view, int64_t now_ms);
