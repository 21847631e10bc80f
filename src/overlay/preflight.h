/*
 * preflight.h - questions that are ready, looked at before they go on air: which characters has no face, and which text
 * ended the program before. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct poison;
struct preflight;
struct text_engine;

struct preflight_options {
    struct text_engine *text;  // borrowed
    struct poison *poison;     // borrowed; NULL: none
    const char *language;      // copied; of the first view
};

struct preflight *preflight_create(const struct preflight_options *options);
void preflight_destroy(struct preflight *preflight);  // accepts NULL

/* A question of the desk: looked at if it is ready, forgotten if it is not. True: there is other news than before. */
bool preflight_look(struct preflight *preflight, const json_t *question);
bool preflight_forget(struct preflight *preflight, int64_t id);
bool preflight_forget_all(struct preflight *preflight);

/* scalar 0: the whole question is not drawn. */
typedef void (*preflight_fn)(void *data, int64_t question, uint32_t scalar);
void preflight_each(const struct preflight *preflight, preflight_fn fn, void *data);
