/*
 * theme_read.h - a theme's JSON into a theme, by the table of theme_fields.h; every mistake named with file, line, key, value
 * and what is expected. Thread: its owner's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "overlay/theme.h"
#include "overlay/theme_fields.h"

struct error;

/* One file that is being read. All borrowed. */
struct theme_source {
    const char *path, *text;
    size_t len;
    const struct theme_options *options;
    struct error *err;
};

/* Where in the file a value stands; places link to the one around them, on the stack. */
struct theme_place {
    const struct theme_source *source;
    const struct theme_place *around;  // NULL: the file itself
    const char *key;                   // NULL: an item of a list
    size_t index;
};

/* Fills the error: path:line: key.path "value": expected. value NULL: none is shown. Returns false. */
bool theme_refuse(const struct theme_place *place, const json_t *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The sections of a file, or of its "portrait", that all cards have in common; with is_of_kinds those of each kind. Keys are
 * checked in both.
 */
bool theme_read_sections(const struct theme_place *place, const json_t *object, struct theme *theme, bool is_of_kinds);

/* The keys of one object by `fields`, into the struct at base. */
bool theme_read_fields(const struct theme_place *place, const json_t *object, const struct theme_field *fields, char *base);

/* One value, into its member. */
bool theme_read_value(const struct theme_place *place, const struct theme_field *field, const json_t *value, char *member);

/*
 * Lists of [x, y], each closed here, so that its first point need not be repeated. False: no rings of at least 3 points, or
 * more than `max` points in all.
 */
bool theme_read_rings(const json_t *rings, struct point *points, size_t max, size_t *count);

/* The section "platforms"; those that stand already in the theme are read anew. */
bool theme_read_marks(const struct theme_place *place, const json_t *object, struct theme *theme);
