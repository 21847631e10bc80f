/*
 * relay_config.h - between antiphon.json and a running relay: what the relay is given, what it writes back, and what
 * a re-read file changes. Secrets stay "secret:NAME" in the file: each source is remembered in both forms.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

struct config;
struct error;
struct loop;
struct relay;
struct relay_config;

struct relay_config *relay_config_load(const char *path, struct error *err);
void relay_config_destroy(struct relay_config *config);  // accepts NULL

const struct config *relay_config_get(const struct relay_config *config);

/* config: borrowed by the relay, outlives it. */
struct relay *relay_config_create_relay(struct relay_config *config, struct loop *loop, const char *data_folder,
    const char *runtime_folder, struct error *err);

/*
 * Reads the file again and adds and removes sources accordingly; a change of anything else is said in the log to wait
 * for the next start. False: nothing changed, err says why.
 */
bool relay_config_reload(struct relay_config *config, struct relay *relay, struct error *err);
