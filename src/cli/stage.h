/*
 * stage.h - an antiphon in folders of its own, for the demo and for measuring: nothing of the user's own is touched.
 * From stage_open() on the XDG variables of this process name those folders. Thread: main.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct error;
struct stage;

/* purpose: a word for the folder's name. NULL: no folder could be made. */
struct stage *stage_open(const char *purpose, struct error *err);

/* Ends `antiphon run`, recordings finished; removes the folders. Accepts NULL. */
void stage_close(struct stage *stage);

/*
 * `antiphon run` on this configuration; waits until the relay answers, 20 s at most. log: where its lines go, -1: where
 * ours go. False: err says what did not start.
 */
bool stage_run(struct stage *stage, const json_t *config, int log, struct error *err);

/* False: `antiphon run` has ended by itself. */
bool stage_is_up(const struct stage *stage);

const char *stage_folder(const struct stage *stage);
const char *stage_runtime(const struct stage *stage);  // the runtime folder, for one_shot()

/*
 * A process of this program; out, log: its standard output and error (-1: ours). It is told to end when we die. 0 or
 * less: it could not be started.
 */
pid_t stage_spawn(const char *const *argv, int out, int log);

/* SIGTERM, and after 10 s SIGKILL. Harmless on what was never started. */
void stage_end(pid_t pid);
