/*
 * themes.h - where themes lie: $XDG_CONFIG_HOME/antiphon/themes first, then those that come with the program.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;

/* A name, or with a "/" in it the path of a folder or a file. The caller frees. NULL: err says where it looked. */
char *theme_find(const char *name, struct error *err);

/* Where a theme of this name is, or would be, among the user's own. The caller frees; NULL: no such folder can be made. */
char *theme_own_folder(const char *name, struct error *err);

/* May stand in the configuration: a-z, A-Z, 0-9, - and _. */
bool theme_is_name(const char *name);

/* Calls fn for every theme, by name; a user's own hides the program's of the same name. */
void theme_each(void (*fn)(void *data, const char *name, const char *folder, bool is_own), void *data);
