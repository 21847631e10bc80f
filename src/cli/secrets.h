/*
 * secrets.h - secrets.json beside the configuration: names and what "secret:NAME" stands for, mode 0600.
 * Thread: any; one at a time.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct error;

/*
 * Of the configuration at `config_path`. No such file: true, and *secrets stays NULL. False: it cannot be read, or others
 * can read it. The caller calls json_decref().
 */
bool secrets_load(const char *config_path, json_t **secrets, struct error *err);

/*
 * Puts "secret:NAME" in place of every key, token or password that stands in `sources` as it is, and the text itself into
 * secrets.json under a name of its own; a text that is there already keeps its name. Changes `sources`.
 */
bool secrets_move(const char *config_path, json_t *sources, struct error *err);

/*
 * The login of a platform, kept beside the secrets under "logins": the JSON text that was saved last, the caller frees.
 * NULL: none, or the file cannot be read.
 */
char *secrets_load_login(const char *config_path, const char *platform);

/* Written to the disk when it returns. json NULL: forget it. Other processes' changes of the file are kept. */
bool secrets_save_login(const char *config_path, const char *platform, const char *json, struct error *err);
