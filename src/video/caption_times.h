/*
 * caption_times.h - which program time an output's own time shows: it is delayed, blank at times, and the delay changes
 * while it runs. Program time only grows from one span to the next. Thread: the owner's; it is copied as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CAPTION_SPANS_MAX = 64 };  // the oldest goes first

struct caption_span {
    int64_t from_ns, until_ns;  // the output's time; INT64_MAX: it goes on
    int64_t offset_ns;          // program time less the output's
};

struct caption_times {  // {0}: nothing was sent
    struct caption_span spans[CAPTION_SPANS_MAX];
    size_t count;
};

/* From at_ns on the output's pictures are those of at_ns + offset_ns. */
void caption_times_begin(struct caption_times *times, int64_t at_ns, int64_t offset_ns);

/* From at_ns on it shows the holding picture. */
void caption_times_end(struct caption_times *times, int64_t at_ns);

/* The program time that was shown last before at_ns; INT64_MIN: none yet. */
int64_t caption_times_program(const struct caption_times *times, int64_t at_ns);

/*
 * When the output shows what the program has from *from_ns until *until_ns; both become the output's times. What falls
 * between two spans is left out. False: none of it is shown.
 */
bool caption_times_map(const struct caption_times *times, int64_t *from_ns, int64_t *until_ns);
