/* str.h - a borrowed stretch of bytes: what a parser points at before anything is copied. {0} is empty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *data;  // borrowed, not NUL-terminated; may be NULL when len is 0
    size_t len;
};

#define STR(literal) ((struct str){literal, sizeof(literal) - 1})

static inline struct str str_from(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool str_starts_with(struct str text, struct str prefix)
{
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.data, prefix.data, prefix.len) == 0);
}
