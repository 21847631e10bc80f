/*
 * form.h - percent-encoding, and application/x-www-form-urlencoded built and read.
 * Source: RFC 3986, 2.1 and 2.3; WHATWG URL, "application/x-www-form-urlencoded". Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/str.h"

/* For a path or a query: everything but A-Z a-z 0-9 - . _ ~ becomes %XX. Any bytes, also NUL. */
void form_escape(struct buffer *out, const char *text, size_t len);

/* The other way. `%` without two hex digits stays as it is. is_form: "+" is a blank. */
void form_unescape(struct buffer *out, const char *text, size_t len, bool is_form);

/* name=value behind what is there, "&" between; a blank becomes "+". value NULL: nothing is added. */
void form_add(struct buffer *form, const char *name, const char *value);
void form_add_int(struct buffer *form, const char *name, int64_t value);

/*
 * Takes the first pair off `rest`; name and value are emptied and filled, unescaped, and may hold any bytes. False:
 * none is left. Empty pairs are skipped.
 */
bool form_next(struct str *rest, struct buffer *name, struct buffer *value);

/* The value of the first pair of that name, NUL-terminated, the caller frees. NULL: absent, or there is a NUL in it. */
char *form_find(const char *form, size_t len, const char *name);
