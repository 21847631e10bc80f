/*
 * keys.h - the keys of an object as a table: names, types and bounds, and errors that say which key is wrong and
 * what is expected there. Thread: any.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct error;

/* What every check needs to say where it is. */
struct reader {
    const char *file;       // for messages: "antiphon.json"
    const json_t *secrets;  // borrowed; NULL: none
    struct error *err;
};

/* One key of an object: name, JSON type, bounds. */
struct key {
    const char *name;
    json_type type;              // JSON_TRUE stands for both booleans, JSON_REAL for any number
    bool is_required;
    int min, max;                // of integers; both 0: any
    const char *const *choices;  // of texts, NULL-terminated; NULL: any
};

/* Every key is known, of its type and within its bounds; path "" is the whole file. */
bool keys_check(const struct reader *reader, const char *path, const json_t *object, const struct key *keys,
    size_t count);

/* Says what is wrong at path: "antiphon.json: views[0].size [1920]: expected …". value NULL: not shown. Returns false. */
bool keys_fail(const struct reader *reader, const char *path, const json_t *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The text itself, or what secrets.json holds for "secret:NAME", hidden from the log then. NULL: no such secret. */
const char *keys_resolve(const struct reader *reader, const char *path, const json_t *value);

/* The text at key, or `otherwise`; the caller frees. */
char *keys_copy_text(const json_t *object, const char *key, const char *otherwise);

/* A NULL-terminated copy of the array of texts at key, for keys_free_texts(), also on false: one of them is none. */
bool keys_copy_texts(const struct reader *reader, const char *path, const json_t *object, const char *key, char ***texts);
void keys_free_texts(char **texts);  // accepts NULL
