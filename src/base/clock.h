/*
 * clock.h - monotonic time for us, wall-clock time for people, and RFC 3339 between them and the platforms.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* CLOCK_MONOTONIC: the same in all processes of a machine, never set back. */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);

/* Unix time in milliseconds. */
int64_t clock_unix_ms(void);

/*
 * "2026-11-22T18:20:45.123456+00:00" or "…Z", with or without a fraction of any length. len: bytes of text.
 * False: not RFC 3339; *unix_ms is untouched then.
 */
bool clock_parse_rfc3339(const char *text, size_t len, int64_t *unix_ms);

enum { CLOCK_RFC3339_BYTES = 32 };

/* "2026-11-22T18:20:45.123Z". */
void clock_format_rfc3339(int64_t unix_ms, char text[CLOCK_RFC3339_BYTES]);
