/*
 * base64.h - base64 and base64url (RFC 4648, 4 and 5). Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Padded with "=", as most platforms want it. */
void base64_encode(struct buffer *out, const void *bytes, size_t len);

/* With - and _, not padded. */
void base64url_encode(struct buffer *out, const void *bytes, size_t len);

/*
 * Reads both alphabets, padded or not; line breaks between are allowed. False: another character, or a length that
 * cannot be; out is then as it was.
 */
bool base64_decode(struct buffer *out, const char *text, size_t len);
