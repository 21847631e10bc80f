/*
 * journal_query.h - one journal_query() on its way through the files. Thread: the reader's, but create and destroy.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "relay/journal.h"

struct error;
struct hash_key;
struct message;
struct query;

struct query *query_create(const struct journal_query *wanted, const struct hash_key *hash_key);
void query_destroy(struct query *query);  // accepts NULL; the messages' references with it

/* Files are looked at in this order until it is done: up with `after`, else down. */
bool query_goes_up(const struct query *query);
bool query_is_done(const struct query *query);

/* Whether the file with ids from first_id up to below following_id (0: it is the newest) can hold any. */
bool query_wants_file(const struct query *query, uint64_t first_id, uint64_t following_id);

/* search_path: its index. After deadline_ms (monotonic) it stops, and says where. */
void query_look(struct query *query, sqlite3 *db, const char *search_path, uint64_t first_id, int64_t deadline_ms);

/* The deadline came before the file was opened. */
void query_stop(struct query *query, uint64_t next);

/* The answer: without what was deleted since it was read, as the loop knows; its thread. */
void query_drop_erased(struct query *query, const struct journal *journal);
struct journal_found query_found(const struct query *query, const struct error *err);
