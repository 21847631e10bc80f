/*
 * instance.h - one relay, one overlay, one video a user: a lock file in the runtime folder that names who runs.
 * The lock dies with its process, however that ends; the file stays. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct error;

/* Takes NAME's lock for the life of this process. False: another one runs (err names its pid), or the system refused. */
bool instance_take(const char *runtime_folder, const char *name, struct error *err);

/* Who holds NAME's lock now; 0: nobody. */
pid_t instance_find(const char *runtime_folder, const char *name);
