/*
 * theme_fields.h - the one table of a theme's keys: which key sets which member, of what kind it is, and what it is for.
 * Reading, scaling, refusing, suggesting and the schema are all made from it. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum theme_value {
    VALUE_SECTION,    // an object of more fields
    VALUE_NOTE,       // text for people, not looked at
    VALUE_COLOR,      // struct color
    VALUE_FILL,       // struct fill
    VALUE_LENGTH,     // int, px of 1080
    VALUE_SHIFT,      // the same, and it may be negative
    VALUE_NUMBER,     // int, as it is
    VALUE_ACROSS,     // int px, written as a fraction of the view's width
    VALUE_DOWN,       // … of its height
    VALUE_WIDTH,      // int px, written as a length or a fraction of the view's width
    VALUE_CORNERS,    // int[4], one length or four
    VALUE_ANCHOR,     // struct theme_anchor
    VALUE_CHOICE,     // enum, by the names in `choices`
    VALUE_FLAG,       // bool
    VALUE_CURVE,      // struct curve
    VALUE_FACES,      // struct text_faces
    VALUE_ORNAMENTS,  // struct theme_ornament[] and its count
    VALUE_RINGS,      // of an ornament
    VALUE_MARKS,      // the platforms
    VALUE_PORTRAIT,   // the same sections, for views taller than wide
};

struct theme_field {
    const char *key;
    enum theme_value kind;
    size_t offset;                     // in the struct of its table
    const char *what;                  // for people, one line
    int min, max;                      // of numbers; both 0: 0 to LENGTH_MAX
    const char *const *choices;        // VALUE_CHOICE: ends with NULL
    const struct theme_field *fields;  // VALUE_SECTION, VALUE_ORNAMENTS: ends with a key of NULL
    bool is_of_kind;                   // section of one kind of card: read after those that all have in common
};

enum { LENGTH_MAX = 8192 };

/* Of the file itself; ends with a key of NULL. Its offsets are in struct theme. */
extern const struct theme_field theme_root[];

/* What may stand in one platform's mark; and the names of curves, each as VALUE_CURVE knows it. */
extern const struct theme_field theme_mark_fields[];
extern const char *const theme_curves[];
extern const char *const theme_anchors[];

/* By key; NULL: there is none. */
const struct theme_field *theme_find_field(const struct theme_field *fields, const char *key);

/* The key that was most likely meant; NULL: none is near. */
const char *theme_nearest(const struct theme_field *fields, const char *key);
