/*
 * folders.h - where things lie: the XDG base directories, and the program's own data.
 * Every folder that is returned exists, mode 0700. The texts are the caller's to free. Thread: any.
 */
#pragma once

struct error;

char *folder_config(struct error *err);   // $XDG_CONFIG_HOME/antiphon: antiphon.json, secrets.json
char *folder_data(struct error *err);     // $XDG_DATA_HOME/antiphon: the journal
char *folder_cache(struct error *err);    // $XDG_CACHE_HOME/antiphon
char *folder_runtime(struct error *err);  // $XDG_RUNTIME_DIR/antiphon, else a private one in /tmp: sockets, locks

/*
 * A file of the program: "panel", "themes/evening/theme.json", "demo/transcript.jsonl" in assets/. Looked for in
 * $ANTIPHON_ASSETS, beside the build, and where it was installed; NULL: nowhere, err says where it looked.
 */
char *folder_asset(const char *name, struct error *err);

/* A sound of an alert: a name in assets/sounds, or with a "/" in it the path of a file. NULL: it is not there. */
char *folder_sound(const char *name, struct error *err);
