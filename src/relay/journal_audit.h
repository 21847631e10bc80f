/* journal_audit.h - the audit lines of one file, as the reader asks for them. Inside the journal; any thread. */
#pragma once

#include <sqlite3.h>

#include "relay/journal.h"

struct error;
struct audit_query;

/* Copies the filter. */
struct audit_query *audit_query_create(const struct journal_audit_filter *filter, size_t limit, journal_audit_fn fn,
                                       void *data);
void audit_query_destroy(struct audit_query *query);  // accepts NULL

bool audit_query_is_full(const struct audit_query *query);

/* Whether this file, whose first id is file, may hold lines that are older than the filter's. */
bool audit_query_wants(const struct audit_query *query, uint64_t file);

/* Appends the file's lines, newest first. The result of the last step, for the reader to judge. */
int audit_query_read(struct audit_query *query, sqlite3 *db, uint64_t file, struct error *err);

/* err NULL: all is well. */
void audit_query_give(const struct audit_query *query, const struct error *err);
