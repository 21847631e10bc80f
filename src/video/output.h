/*
 * output.h - one place the picture goes to: a pipeline of its own behind a rendition that it may share, built anew
 * after every failure.
 * Thread: the context's, except what says so and what the pump calls.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "video/terms.h"

struct caption_book;
struct error;
struct output;
struct program;
struct pump;
struct rendition;

struct output_options {
    const struct program *program;  // borrowed, as the next four
    struct pump *pump;
    struct renditions *renditions;
    struct caption_book *captions;
    GMainContext *context;
    void *data;
    struct studio_output_options is;  // copied
    /* The state changed. text: for people, without secrets. */
    void (*on_state)(void *data, const char *name, enum studio_state state, const char *text);
};

/* NULL: the address is none, or an element is missing. It does not begin by itself. Any thread. */
struct output *output_create(const struct output_options *options, struct error *err);

/* It must be idle. Accepts NULL. Any thread, if it was not enlisted. */
void output_destroy(struct output *output);

/* Before it is started: the others learn what they could share with it. */
void output_enlist(struct output *output);

void output_start(struct output *output);
void output_stop(struct output *output);   // ends properly within 3 s; output_is_idle() then
void output_set_blank(struct output *output, bool is_blank);
void output_set_delay(struct output *output, int delay_ms);

const char *output_name(const struct output *output);
bool output_is_recording(const struct output *output);  // it goes to a file
bool output_shows(const struct output *output, const struct rendition *rendition);
bool output_can_delay(const struct output *output);     // raw pictures do not wait
bool output_is_off(const struct output *output);        // it is not to begin by itself
bool output_is_as(const struct output *output, const struct studio_output_options *options);
bool output_is_idle(const struct output *output);      // any thread
void output_get_health(struct output *output, struct studio_output_health *health);  // any thread
