/*
 * rates.h - how many messages came, a second and a source, and how each source was, over the last ten minutes: for
 * small plots. Not journalled: after a restart the plots begin anew. Backfill is not counted, it says nothing about now.
 * Thread: the loop's.
 */
#pragma once

#include <stdint.h>

struct buffer;
struct loop;
struct message;
struct rates;
struct sources;

enum { RATES_STEP_S = 5, RATES_STEPS = 120, RATES_SERIES_MAX = 64 };

struct rates_options {
    struct loop *loop;              // borrowed; NULL: time passes by rates_step() alone
    const struct sources *sources;  // borrowed, outlives this; NULL: no states are kept
    void (*on_second)(void *data);  // optional: a second is over, see rates_write_second()
    void *data;
};

struct rates *rates_create(const struct rates_options *options);
void rates_destroy(struct rates *rates);  // accepts NULL

void rates_add(struct rates *rates, const struct message *message);

/* A second is over; what the timer calls. */
void rates_step(struct rates *rates);

/*
 * Appends members of an object: "sources":{"twitch:anna":12},"languages":{"fa":3}, of the second that is over. What had
 * nothing is left out.
 */
void rates_write_second(const struct rates *rates, struct buffer *out);

/*
 * Appends an object: "step_ms", "end_ms" (Unix, when the last step ended), "sources": of each "counts", oldest first, at
 * most RATES_STEPS of them, and "states", a letter a step: l live, s silent, c connecting, w waiting, f failed, o off,
 * of the worst within it; "languages": how many in all.
 */
void rates_write_json(const struct rates *rates, struct buffer *out);
