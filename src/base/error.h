/*
 * error.h - what went wrong, said once and carried up.
 * The code says what the caller can do, the text what happened. Each level may put its context in front with
 * error_prefix(). Whoever handles an error either returns it or logs it, never both.
 * Thread: any; an error belongs to whoever declared it.
 */
#pragma once

#include <stdbool.h>

enum error_code {
    ERROR_NONE,
    ERROR_AGAIN,   // may pass: the network, a rate limit - try later
    ERROR_DENIED,  // a person must act: a token, a permission
    ERROR_DATA,    // the peer or a file said what we cannot read
    ERROR_SYSTEM,  // the system or a library refused
};

struct error {
    enum error_code code;
    char text[480];  // valid UTF-8, cut at a character if it was longer
};

/* Fills err, which may be NULL. Returns false, so that a caller can write `return error_set(…);`. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the text that is there. Returns false. err may be NULL. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set(), with ": " and the system's words for errno behind the text. */
bool error_errno(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The code as a word of the API: "again", "denied", "data", "system". */
const char *error_code_name(enum error_code code);
