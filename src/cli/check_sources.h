/*
 * check_sources.h - is each configured source alive? A relay that runs is asked; else each one connects here, all at once,
 * for some seconds, with nothing stored. Thread: any but a loop's; blocks for CHECK_SOURCES_MS at most.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

enum { CHECK_SOURCES_MS = 8000 };

enum source_verdict { SOURCE_GOOD, SOURCE_UNSURE, SOURCE_BAD };

/* text: state in words and, where a person must do something, what. */
typedef void (*check_source_fn)(void *data, enum source_verdict verdict, const char *id, const char *text);

/* sources: resolved entries that passed connector_source_id(). */
void check_sources_here(const json_t *sources, check_source_fn fn, void *data);

/* False: no relay answers. */
bool check_sources_of_relay(const char *runtime_folder, check_source_fn fn, void *data);
