/*
 * lineup.h - the outputs of a studio, by name: orders, and which there are. The list may change while it runs: an output
 * whose options stay as they were notices nothing of it, one that goes or changes ends properly first.
 * Thread: any, except lineup_next_showing(), lineup_finish() and lineup_destroy() (the context's, or its owner's while that
 * does not run).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "video/output.h"

struct error;
struct lineup;
struct rendition;

struct lineup_options {
    struct output_options outputs;  // for each of them; `is`, `data` and `on_state` are left empty
    void *data;
    /* On the context's thread; text: for people, without secrets. Also when an output is gone. */
    void (*on_state)(void *data, const char *name, enum studio_state state, const char *text);
};

struct lineup *lineup_create(const struct lineup_options *options);
void lineup_destroy(struct lineup *lineup);  // all must be idle; accepts NULL

/*
 * From now on these are the outputs; those that are new begin, unless they are off. False: nothing has changed, and err
 * names the output that cannot be.
 */
bool lineup_set(struct lineup *lineup, const struct studio_output_options *outputs, size_t count, struct error *err);

/* False: there is no such output. */
bool lineup_start(struct lineup *lineup, const char *name, struct error *err);
bool lineup_stop(struct lineup *lineup, const char *name, struct error *err);
bool lineup_blank(struct lineup *lineup, const char *name, bool is_blank, struct error *err);
bool lineup_delay(struct lineup *lineup, const char *name, int delay_ms, struct error *err);
void lineup_blank_all(struct lineup *lineup, bool is_blank);

/* The name of the next output from *at on that shows this rendition; NULL: none. Moves *at behind it; begin at 0. */
const char *lineup_next_showing(struct lineup *lineup, const struct rendition *rendition, size_t *at);

/* Every output gets its end at the same time. */
void lineup_finish(struct lineup *lineup);
bool lineup_is_idle(struct lineup *lineup);

/* Returns how many there are; at most STUDIO_OUTPUTS_MAX. is_blank: whether all that are no recordings were ordered to. */
size_t lineup_get_health(struct lineup *lineup, struct studio_output_health *outputs, bool *is_blank);
