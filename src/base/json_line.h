/* json_line.h - on which line of a JSON text a value stands: for errors that people can go to. Thread: any. */
#pragma once

#include <stddef.h>

/* One step from the root: into an object by key, or with key NULL into an array by index. */
struct json_step {
    const char *key;
    size_t index;
};

/* Counted from 1; text is JSON that json_parse() took. 0: there is no such value. */
int json_line_of(const char *text, size_t len, const struct json_step *steps, size_t count);
