/*
 * feed_pick.h - which of too many are shown: every source gets the same share, and what one does not need goes to the
 * others, so that a quiet chat is not drowned by a loud one. Within a source they are evenly spaced. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * sources[i]: the source of the i-th, below source_count (at most 64). Sets is_picked[i] for at most `limit` of them and
 * returns how many. turn: grows from call to call; says whose the odd ones are.
 */
size_t feed_pick(const size_t *sources, size_t count, size_t source_count, size_t limit, size_t turn, bool *is_picked);
