/*
 * fields.h - reading a platform's JSON into a draft: strings as they stand, numbers as ids, extras by name.
 * Every reader accepts a missing key or another type. What is made rather than found (ids that stood as numbers, keys,
 * addresses) is kept in a scratch of fixed size until the draft was delivered. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"

/* Texts that do not move until the next field_begin(). {0} is ready. */
struct field_scratch {
    struct buffer buffer;
};

/* Forgets what was kept and makes room for `size` bytes. */
void field_begin(struct field_scratch *scratch, size_t size);
void field_fini(struct field_scratch *scratch);

/* printf() into the scratch; "" if the room is used up. */
struct str field_make(struct field_scratch *scratch, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes copied into the scratch; "" if the room is used up. */
struct str field_keep(struct field_scratch *scratch, const char *bytes, size_t len);

/* The string at key; empty: absent or something else. Borrowed from object. */
struct str field_text(const json_t *object, const char *key);

/* An id, which platforms write as a number or as a string. 0 and "" are none. */
struct str field_id(struct field_scratch *scratch, const json_t *object, const char *key);

/* RFC 3339 at key, also with "+0000" instead of "+00:00"; 0: absent or no time. */
int64_t field_time_ms(const json_t *object, const char *key);

/* Into *extras, made if it is NULL. Empty texts, and numbers below 1, are left out. */
void field_add_text(json_t **extras, const char *key, struct str text);
void field_add_int(json_t **extras, const char *key, int64_t value);
void field_add(json_t **extras, const char *key, json_t *value);  // takes the reference

/* "#A1b2C3". */
bool field_is_color(struct str text);
