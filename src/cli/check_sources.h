/*
 * check_sources.h - is each configured source alive, and is each account logged in? A relay that runs is asked; else all
 * connect here at once, for some seconds, and nothing is stored but a login that had to be renewed.
 * Thread: any but a loop's; blocks for CHECK_SOURCES_MS at most.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct config;

enum { CHECK_SOURCES_MS = 8000 };

enum source_verdict { SOURCE_GOOD, SOURCE_UNSURE, SOURCE_BAD };

/* what: "source" or "login". text: state in words and, where a person must do something, what. */
typedef void (*check_source_fn)(void *data, enum source_verdict verdict, const char *what, const char *name, const char *text);

/* sources: resolved entries of the configuration that passed connector_source_id(). */
void check_sources_here(const struct config *config, const json_t *sources, check_source_fn fn, void *data);

/* False: no relay answers. */
bool check_sources_of_relay(const char *runtime_folder, check_source_fn fn, void *data);
