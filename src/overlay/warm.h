/*
 * warm.h - the faces that nearly every chat needs, opened before it needs them. The first line in a script opens its face,
 * reads its tables and ICU's rules: 10 to 20 ms, a frame late if anything moves then. So a sample of each is laid out after
 * the start, one at a time and only while nothing moves. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

struct loop;
struct text_engine;
struct warm;

struct warm_options {
    struct loop *loop;         // borrowed, both
    struct text_engine *text;
    bool (*is_idle)(void *data);
    void *data;
};

/* Begins at once, ends by itself. */
struct warm *warm_create(const struct warm_options *options);
void warm_destroy(struct warm *warm);  // accepts NULL

/* All samples were laid out. */
bool warm_is_done(const struct warm *warm);
