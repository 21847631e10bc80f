/*
 * caption_feed.h - the lines of all tracks as the video process is told them: those that stand, and those of files a few
 * seconds ahead, since a caption in a stream takes time to be loaded. Always whole: what is missing is gone.
 * Thread: the relay's own.
 */
#pragma once

#include <stdint.h>

struct buffer;
struct captions;

enum { CAPTION_FEED_AHEAD_MS = 4000 };

/* An array, see docs/api.md, "To the video process". Times are counted from now_ms. */
void caption_feed_write(const struct captions *captions, int64_t now_ms, struct buffer *out);

/* Unix time at which the array has something new after now_ms by itself; 0: nothing is coming. */
int64_t caption_feed_next(const struct captions *captions, int64_t now_ms);
