/*
 * journal_index.h - bringing the search index of one file up to its rows: new ones in batches, parts with erased or
 * changed rows anew. Thread: the keeper's.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

struct error;
struct search;

enum { INDEX_BATCH = 1000 };

/* Up to INDEX_BATCH rows behind what is indexed; *count: how many. */
bool index_new(sqlite3 *rows, struct search *search, size_t *count, struct error *err);

/* True if rows were erased or changed since the index last heeded them. */
bool index_is_stale(sqlite3 *rows, const struct search *search);

/* Makes the parts anew that hold such rows. The caller truncates the logs. */
bool index_heed_erased(sqlite3 *rows, struct search *search, struct error *err);
