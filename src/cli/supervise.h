/*
 * supervise.h - keeps processes alive: starts them, restarts what dies after a growing delay, and adopts what a killed
 * supervisor left running. Parts are sessions of their own, so a closed terminal or a dead supervisor takes none along.
 * Thread: main; blocks until a signal ends it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;

enum { SUPERVISE_PARTS_MAX = 8, SUPERVISE_ARGS_MAX = 16 };

struct supervise_part {
    const char *name;                            // as in its lock file, and in the log
    const char *argv[SUPERVISE_ARGS_MAX];        // behind the program's own name, NULL-terminated; borrowed
};

/*
 * Returns after SIGINT or SIGTERM, when all parts have ended (SIGKILL after 6 s), or after `seconds` if above 0.
 * SIGHUP is passed on to the parts: they re-read the configuration.
 */
bool supervise_run(const struct supervise_part *parts, size_t count, const char *runtime_folder, double seconds,
    struct error *err);
