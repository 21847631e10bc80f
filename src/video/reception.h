/*
 * reception.h - the input for ever: one attempt after another, with growing delays while they fail.
 * Thread: the context's.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "video/pump.h"
#include "video/terms.h"

struct address;
struct program;
struct reception;

struct reception_options {
    const struct program *program;  // borrowed, as all here
    const struct address *address;
    struct pump *pump;
    GMainContext *context;
    void *data;
    enum pump_feed feed;
    /* The state changed in attempt number `generation`. text: for people, without secrets. */
    void (*on_state)(void *data, enum pump_feed feed, enum studio_state state, unsigned generation, const char *text);
};

struct reception *reception_create(const struct reception_options *options);

/* The last attempt is buried on its own thread. Accepts NULL. */
void reception_destroy(struct reception *reception);
