/*
 * demo_stage.h - a show in folders of its own: a rehearsal of two chats, and `antiphon run` on a configuration for it.
 * Nothing of the user's own antiphon is touched. Thread: main.
 */
#pragma once

#include <stdbool.h>

struct error;
struct demo_stage;

struct demo_stage_options {
    const char *transcript;     // path
    double speed;               // of the transcript; 1: as written
    const char *input;          // of the video: "test", a path or a URI
    const char *output;         // a file for the composited picture; NULL: no video process
    bool has_window;            // open the overlay's window
};

/* Starts everything and waits (20 s at most) until the relay answers. NULL: err says what did not start. */
struct demo_stage *demo_stage_open(const struct demo_stage_options *options, struct error *err);

/* Ends everything, the recording finished; removes the folders. Accepts NULL. */
void demo_stage_close(struct demo_stage *stage);

const char *demo_stage_runtime(const struct demo_stage *stage);  // the runtime folder, for one_shot()

/* False: `antiphon run` has ended by itself. */
bool demo_stage_is_up(const struct demo_stage *stage);
