/*
 * json.h - jansson with bounds, and reading without ceremony.
 * What comes from outside is hostile: depth is bounded before jansson sees it, and every getter accepts a missing
 * key or another type. Thread: any; a json_t belongs to one thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { JSON_DEPTH_MAX = 64 };

/*
 * One JSON value from len bytes; anything but white space behind it is an error, which names line and column.
 * The caller calls json_decref().
 */
json_t *json_parse(const char *text, size_t len, struct error *err);

/*
 * The same where a platform's bytes may be no UTF-8, which jansson refuses: what they stand in is worth more, so each such
 * byte becomes U+FFFD.
 */
json_t *json_parse_repaired(const char *text, size_t len, struct error *err);

/* The string at key, borrowed from object; NULL: absent or no string. */
const char *json_get_text(const json_t *object, const char *key);

/* The same, and never NULL: "" where there is none. */
const char *json_get_words(const json_t *object, const char *key);

/* The integer at key, also where it stands as a decimal string (YouTube's 64-bit numbers) or a whole real. */
int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise);

bool json_get_bool(const json_t *object, const char *key, bool otherwise);
double json_get_real(const json_t *object, const char *key, double otherwise);
