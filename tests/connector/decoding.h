/* decoding.h - recorded frames beside what must come of them: tests/data/<platform>/<case>.frames and .messages. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"

/*
 * What the frames become: a message as JSON a line; a frame that cannot be read is "! NUMBER: why". The caller
 * calls buffer_fini().
 */
struct buffer decode_frames(const char *platform, const char *frames, size_t len);

/* Every case of the platform; fails the running test naming case and line. At least `count_min` must be there. */
void check_cases(const char *platform, size_t count_min);
