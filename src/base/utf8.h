/*
 * utf8.h - reading, writing, checking and repairing UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF).
 * Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT UINT32_C(0xfffd)

/*
 * The scalar at the start of text and its length in *size. At a broken byte: UTF8_REPLACEMENT and size 1.
 * len must not be 0.
 */
uint32_t utf8_decode(const char *text, size_t len, size_t *size);

/* Writes 1 to 4 bytes and returns how many; no NUL. scalar must be valid. */
size_t utf8_encode(uint32_t scalar, char out[4]);

bool utf8_is_valid(const char *text, size_t len);

/* The number of scalars in valid text. */
size_t utf8_count(const char *text, size_t len);

/* The largest cut <= max_bytes that does not part a character of valid text longer than that. */
size_t utf8_cut(const char *text, size_t max_bytes);

/*
 * Copies text to out with each broken byte replaced by U+FFFD; out holds 3 * len bytes. Returns the bytes
 * written.
 */
size_t utf8_repair(const char *text, size_t len, char *out);
