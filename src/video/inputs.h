/*
 * inputs.h - the studio's inputs: main, backup and a sound of its own, each with one reception, and what is told of
 * them. Thread: create, open and close are the context's (or before it runs); the rest is any.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "video/pump.h"
#include "video/terms.h"

struct error;
struct inputs;
struct program;

struct inputs_options {
    const struct program *program;  // borrowed, as the context
    GMainContext *context;
    const char *addresses[PUMP_FEEDS];  // copied; NULL: there is none
    void (*on_state)(void *data, enum pump_feed feed, enum studio_state state, const char *text);
    void *data;
};

/* NULL: an address is none. Nothing is opened yet. */
struct inputs *inputs_create(const struct inputs_options *options, struct error *err);
void inputs_destroy(struct inputs *inputs);  // closed; accepts NULL

void inputs_open(struct inputs *inputs, struct pump *pump);
void inputs_close(struct inputs *inputs);

bool inputs_has(const struct inputs *inputs, enum pump_feed feed);
const char *inputs_name(enum pump_feed feed);  // "main", "backup", "sound"

/* Fills health->inputs. */
void inputs_get_health(struct inputs *inputs, const struct pump_health *pump, struct studio_health *health);
