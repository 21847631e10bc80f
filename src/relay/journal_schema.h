/*
 * journal_schema.h - one file of the journal as a database: how it is opened, what stands in it, and its statements.
 *
 *   messages  one row a message: numbers to find it by, and its public JSON form
 *   seen      per commit and platform: hash and id of each event key, 16 bytes each, so that dedupe is back quickly
 *   state     the latest text under each name
 *   gaps, audit
 *   votes     by message and poll: the option and hashes of author and native id; option -1: taken back
 *   erased    the ids whose rows were overwritten, in order: what the search index must forget
 *   meta      version, epoch, hash key, how far ids are reserved
 *
 * `who`, `what` and `quoted` are journal_hash()es of author, native id and replied-to native id; nothing is indexed but
 * the id. Thread: a connection belongs to one thread.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"

struct error;
struct journal;
struct message;

enum db_mode { DB_CREATE, DB_WRITE, DB_READ };

extern const char *const journal_tables;

/*
 * Opens path with the journal's settings; DB_CREATE makes the tables if there are none, the others take NULL. On failure NULL and err:
 * ERROR_DATA if the file is damaged or not ours, ERROR_AGAIN for what may pass (full, read-only, locked).
 */
sqlite3 *db_open(const char *path, enum db_mode mode, const char *tables, struct error *err);
void db_close(sqlite3 *db);

/* Puts SQLite's last error into err: place, reason, way out. Returns false. */
bool db_error(sqlite3 *db, struct error *err);

/* One or more statements without results. */
bool db_run(sqlite3 *db, const char *sql, struct error *err);
sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql, struct error *err);

/* Steps a statement that gives no rows, and resets it. */
bool db_step(sqlite3_stmt *statement, struct error *err);

/* The first column of the first row of a query as a number. */
int64_t db_number(sqlite3 *db, const char *sql, int64_t otherwise);

bool db_set_meta_int(sqlite3 *db, const char *key, int64_t value, struct error *err);
bool db_set_meta(sqlite3 *db, const char *key, const void *value, size_t len, struct error *err);

/* False: absent or not so long. */
bool db_get_meta(sqlite3 *db, const char *key, void *value, size_t len);
int64_t db_get_meta_int(sqlite3 *db, const char *key, int64_t otherwise);

/* Copies the write-ahead log into the file and cuts it to nothing, so that no older page stays. False: a reader was in
 * the way, or the disk refused; try again. */
bool db_truncate_log(sqlite3 *db);

struct str db_text(sqlite3_stmt *statement, int column);  // borrowed until the next step
