#include "relay/journal_schema.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { SCHEMA_VERSION = 1, BUSY_MS = 250 };

const char *const journal_tables =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS messages(id INTEGER PRIMARY KEY, received_ms INTEGER, kind INTEGER,"
    " is_erased INTEGER, who INTEGER, what INTEGER, quoted INTEGER, event_key TEXT, json TEXT);"
    "CREATE TABLE IF NOT EXISTS seen(number INTEGER PRIMARY KEY, platform TEXT, keys BLOB);"
    "CREATE TABLE IF NOT EXISTS state(key TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS gaps(number INTEGER PRIMARY KEY, source TEXT, from_ms INTEGER, to_ms INTEGER,"
    " reason TEXT);"
    "CREATE TABLE IF NOT EXISTS audit(number INTEGER PRIMARY KEY, time_ms INTEGER, actor TEXT, action TEXT,"
    " text TEXT);"
    "CREATE TABLE IF NOT EXISTS votes(message INTEGER, poll INTEGER, option INTEGER, author INTEGER, native INTEGER,"
    " source TEXT, PRIMARY KEY(message, poll)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS erased(number INTEGER PRIMARY KEY, id INTEGER);";

/* SQLite forgets the system's reason after a rollback. */
static const char *disk_words(sqlite3 *db)
{
    int reason = sqlite3_system_errno(db);
    return reason ? strerror(reason) : sqlite3_errmsg(db);
}

bool db_error(sqlite3 *db, struct error *err)
{
    int code = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    const char *path = db ? sqlite3_db_filename(db, "main") : NULL;
    const char *name = path && *path ? path : "journal";
    switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return error_set(err, ERROR_DATA, "%s: damaged (%s)", name, sqlite3_errmsg(db));
    case SQLITE_FULL:
        return error_set(err, ERROR_AGAIN, "%s: the disk is full; make room", name);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return error_set(err, ERROR_AGAIN, "%s: cannot be written (%s); check the folder's owner and mode", name,
                         sqlite3_errmsg(db));
    case SQLITE_IOERR:
        return error_set(err, ERROR_AGAIN, "%s: the disk refuses (%s); check it", name, disk_words(db));
    default:
        return error_set(err, ERROR_AGAIN, "%s: %s", name, db ? sqlite3_errmsg(db) : "no memory");
    }
}

bool db_run(sqlite3 *db, const char *sql, struct error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || db_error(db, err);
}

sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        db_error(db, err);
    return statement;
}

bool db_step(sqlite3_stmt *statement, struct error *err)
{
    int result = sqlite3_step(statement);
    bool is_done = result == SQLITE_DONE || result == SQLITE_ROW || db_error(sqlite3_db_handle(statement), err);
    sqlite3_reset(statement);
    return is_done;
}

int64_t db_number(sqlite3 *db, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *statement = db_prepare(db, sql, NULL);
    if (statement && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) == SQLITE_INTEGER)
        otherwise = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return otherwise;
}

bool db_set_meta_int(sqlite3 *db, const char *key, int64_t value, struct error *err)
{
    sqlite3_stmt *statement = db_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?, ?)", err);
    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, value);
    bool is_done = db_step(statement, err);
    sqlite3_finalize(statement);
    return is_done;
}

bool db_set_meta(sqlite3 *db, const char *key, const void *value, size_t len, struct error *err)
{
    sqlite3_stmt *statement = db_prepare(db, "INSERT OR REPLACE INTO meta VALUES(?, ?)", err);
    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 2, value, (int)len, SQLITE_STATIC);
    bool is_done = db_step(statement, err);
    sqlite3_finalize(statement);
    return is_done;
}

bool db_get_meta(sqlite3 *db, const char *key, void *value, size_t len)
{
    sqlite3_stmt *statement = db_prepare(db, "SELECT value FROM meta WHERE key = ?", NULL);
    if (!statement)
        return false;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    bool is_there = sqlite3_step(statement) == SQLITE_ROW && (size_t)sqlite3_column_bytes(statement, 0) == len;
    if (is_there)
        memcpy(value, sqlite3_column_blob(statement, 0), len);
    sqlite3_finalize(statement);
    return is_there;
}

int64_t db_get_meta_int(sqlite3 *db, const char *key, int64_t otherwise)
{
    sqlite3_stmt *statement = db_prepare(db, "SELECT value FROM meta WHERE key = ?", NULL);
    if (!statement)
        return otherwise;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        otherwise = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return otherwise;
}

bool db_truncate_log(sqlite3 *db)
{
    int left = 0;
    return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &left, NULL) == SQLITE_OK && left == 0;
}

struct str db_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return (struct str){text, text ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

/* A file of a newer antiphon is left alone: it goes the way of a damaged one, aside and not overwritten. */
static bool check_version(sqlite3 *db, struct error *err)
{
    int64_t version = db_number(db, "PRAGMA user_version", -1);
    if (version < 0)
        return db_error(db, err);
    if (version != 0 && version != SCHEMA_VERSION) {
        return error_set(err, ERROR_DATA, "%s: made by another antiphon (version %lld, %d is known here)",
                         sqlite3_db_filename(db, "main"), (long long)version, SCHEMA_VERSION);
    }
    return true;
}

static bool prepare_to_write(sqlite3 *db, const char *tables, struct error *err)
{
    /*
     * Checkpoints are the writer's own, in its commits: 2,000 pages keep the log short and the pauses as well.
     * secure_delete: what is overwritten or freed becomes zeros.
     */
    if (!db_run(db,
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
                "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -8192;",
                err))
        return false;
    return !tables || (db_run(db, tables, err) && db_run(db, "PRAGMA user_version = 1", err));
}

sqlite3 *db_open(const char *path, enum db_mode mode, const char *tables, struct error *err)
{
    static const int flags[] = {
        [DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [DB_WRITE] = SQLITE_OPEN_READWRITE,
        [DB_READ] = SQLITE_OPEN_READONLY,
    };
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        db_error(db, err);
        goto fail;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    if (!check_version(db, err))
        goto fail;
    if (mode != DB_READ && !prepare_to_write(db, tables, err))
        goto fail;
    return db;
fail:
    db_close(db);
    return NULL;
}

void db_close(sqlite3 *db)
{
    sqlite3_close_v2(db);
}
