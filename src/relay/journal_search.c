#include "relay/journal_search.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal_schema.h"
#include "relay/search_words.h"

struct search {
    sqlite3 *db;
    uint64_t indexed_to, erased_to;
    uint64_t part;         // that insert is for
    sqlite3_stmt *insert;  // NULL: none prepared
};

static const char *const tables =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS parts(number INTEGER PRIMARY KEY);";

static void remove_file(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
        char *name = xasprintf("%s%s", path, suffixes[i]);
        unlink(name);
        free(name);
    }
}

/* Words that were made otherwise are not found by today's queries. */
static bool has_our_words(sqlite3 *db)
{
    return db_number(db, "SELECT count(*) FROM parts", 0) == 0 ||
           db_get_meta_int(db, "words", 1) == SEARCH_WORDS_VERSION;
}

struct search *search_open(const char *path, struct error *err)
{
    struct error why = {0};
    sqlite3 *db = db_open(path, DB_CREATE, tables, &why);
    if (!db && why.code == ERROR_DATA) {
        log_warn("relay/journal", "%s; the search index is made anew", why.text);
        remove_file(path);
        db = db_open(path, DB_CREATE, tables, &why);
    } else if (db && !has_our_words(db)) {
        log_info("relay/journal", "the search index %s is of an older version and is made anew", path);
        db_close(db);
        remove_file(path);
        db = db_open(path, DB_CREATE, tables, &why);
    }
    if (db && db_get_meta_int(db, "words", 1) != SEARCH_WORDS_VERSION &&
        !db_set_meta_int(db, "words", SEARCH_WORDS_VERSION, &why)) {
        db_close(db);
        db = NULL;
    }
    if (!db) {
        error_set(err, why.code, "%s", why.text);
        return NULL;
    }
    struct search *search = xcalloc(1, sizeof(*search));
    search->db = db;
    search->indexed_to = (uint64_t)db_get_meta_int(db, "indexed_to", 0);
    search->erased_to = (uint64_t)db_get_meta_int(db, "erased_to", 0);
    return search;
}

void search_close(struct search *search)
{
    if (!search)
        return;
    sqlite3_finalize(search->insert);
    db_close(search->db);
    free(search);
}

uint64_t search_indexed_to(const struct search *search)
{
    return search->indexed_to;
}

uint64_t search_erased_to(const struct search *search)
{
    return search->erased_to;
}

bool search_begin(struct search *search, struct error *err)
{
    return db_run(search->db, "BEGIN IMMEDIATE", err);
}

static void drop_insert(struct search *search)
{
    sqlite3_finalize(search->insert);
    search->insert = NULL;
}

bool search_commit(struct search *search, uint64_t indexed_to, uint64_t erased_to, struct error *err)
{
    if (!db_set_meta_int(search->db, "indexed_to", (int64_t)indexed_to, err) ||
        !db_set_meta_int(search->db, "erased_to", (int64_t)erased_to, err) || !db_run(search->db, "COMMIT", err))
        return false;
    search->indexed_to = indexed_to;
    search->erased_to = erased_to;
    return true;
}

void search_rollback(struct search *search)
{
    drop_insert(search);
    if (!sqlite3_get_autocommit(search->db))
        sqlite3_exec(search->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool run_for_part(struct search *search, const char *format, uint64_t part, struct error *err)
{
    char *sql = sqlite3_mprintf(format, (sqlite3_int64)part);
    bool is_done = db_run(search->db, sql, err);
    sqlite3_free(sql);
    return is_done;
}

static bool prepare_insert(struct search *search, uint64_t part, struct error *err)
{
    if (search->insert && search->part == part)
        return true;
    drop_insert(search);
    // Marks (M*) belong to words in most scripts, and So holds the emoji.
    if (!run_for_part(search,
                      "CREATE VIRTUAL TABLE IF NOT EXISTS part_%lld USING fts5(words, keys, content='', columnsize=0,"
                      " tokenize=\"unicode61 remove_diacritics 2 categories 'L* N* Co M* So'\")",
                      part, err) ||
        !run_for_part(search, "INSERT OR IGNORE INTO parts VALUES(%lld)", part, err))
        return false;
    char sql[96];
    snprintf(sql, sizeof(sql), "INSERT INTO part_%" PRIu64 "(rowid, words, keys) VALUES(?, ?, ?)", part);
    search->insert = db_prepare(search->db, sql, err);
    search->part = part;
    return search->insert != NULL;
}

bool search_add(struct search *search, uint64_t id, struct str words, struct str keys, struct error *err)
{
    if (!prepare_insert(search, id / SEARCH_PART_IDS, err))
        return false;
    sqlite3_bind_int64(search->insert, 1, (int64_t)id);
    sqlite3_bind_text(search->insert, 2, words.data ? words.data : "", (int)words.len, SQLITE_STATIC);
    sqlite3_bind_text(search->insert, 3, keys.data ? keys.data : "", (int)keys.len, SQLITE_STATIC);
    return db_step(search->insert, err);
}

void search_add_key(struct buffer *keys, char kind, uint64_t number)
{
    if (number)
        buffer_printf(keys, "%c%016" PRIx64 " ", kind, number);
}

bool search_drop_part(struct search *search, uint64_t part, struct error *err)
{
    drop_insert(search);
    return run_for_part(search, "DROP TABLE IF EXISTS part_%lld", part, err) &&
           run_for_part(search, "DELETE FROM parts WHERE number = %lld", part, err);
}

bool search_truncate(struct search *search)
{
    return db_truncate_log(search->db);
}

/* The parts up to `last`, newest first, appended as uint64_t. */
static bool list_parts(sqlite3 *db, uint64_t last, struct buffer *parts, struct error *err)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT number FROM parts WHERE number <= ? ORDER BY number DESC", err);
    if (!select)
        return false;
    sqlite3_bind_int64(select, 1, (int64_t)last);
    while (sqlite3_step(select) == SQLITE_ROW) {
        uint64_t part = (uint64_t)sqlite3_column_int64(select, 0);
        buffer_add(parts, &part, sizeof(part));
    }
    sqlite3_finalize(select);
    return true;
}

struct bounds {
    uint64_t above, below;  // of ids
};

static bool find_in_part(sqlite3 *db, uint64_t part, struct str query, struct bounds bounds, size_t max,
                         struct buffer *ids, struct error *err)
{
    char sql[192];
    snprintf(sql, sizeof(sql), "SELECT rowid FROM part_%" PRIu64 " WHERE part_%" PRIu64 " MATCH ? AND rowid > ? AND rowid < ?"
             " ORDER BY rowid DESC", part, part);
    sqlite3_stmt *select = db_prepare(db, sql, err);
    if (!select)
        return false;
    sqlite3_bind_text(select, 1, query.data, (int)query.len, SQLITE_STATIC);
    sqlite3_bind_int64(select, 2, (int64_t)bounds.above);
    sqlite3_bind_int64(select, 3, (int64_t)bounds.below);
    int result = SQLITE_DONE;
    while (ids->len / sizeof(uint64_t) < max && (result = sqlite3_step(select)) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(select, 0);
        buffer_add(ids, &id, sizeof(id));
    }
    bool is_done = result == SQLITE_DONE || result == SQLITE_ROW || db_error(db, err);
    sqlite3_finalize(select);
    return is_done;
}

static bool find_in_parts(sqlite3 *db, struct bounds bounds, struct str query, size_t max, struct buffer *ids,
                          int64_t deadline_ms, struct error *err)
{
    struct buffer parts = {0};
    bool is_done = list_parts(db, bounds.below / SEARCH_PART_IDS, &parts, err);
    for (size_t at = 0; is_done && at < parts.len && ids->len / sizeof(uint64_t) < max; at += sizeof(uint64_t)) {
        uint64_t part;
        memcpy(&part, parts.data + at, sizeof(part));
        if (deadline_ms && clock_monotonic_ms() > deadline_ms) {
            is_done = error_set(err, ERROR_AGAIN, "the search took too long; ask for rarer words");
        } else if ((part + 1) * SEARCH_PART_IDS > bounds.above) {
            is_done = find_in_part(db, part, query, bounds, max, ids, err);
        }
    }
    buffer_fini(&parts);
    return is_done;
}

static void write_keys(struct str keys, struct buffer *query)
{
    buffer_add_string(query, "keys : (");
    for (size_t at = 0; at < keys.len; at++) {
        bool is_between = keys.data[at] == ' ' && at + 1 < keys.len;
        if (is_between) {
            buffer_add_string(query, " OR ");
        } else {
            buffer_add_char(query, keys.data[at]);
        }
    }
    buffer_add_string(query, ")");
}

bool search_find_keys(struct search *search, struct str keys, uint64_t up_to, struct buffer *ids, struct error *err)
{
    struct buffer query = {0};
    write_keys(keys, &query);
    bool is_done = find_in_parts(search->db, (struct bounds){0, up_to + 1}, (struct str){query.data, query.len}, SIZE_MAX, ids, 0, err);
    buffer_fini(&query);
    return is_done;
}

/* False: nothing to look for. */
static bool write_wanted(const struct search_wanted *wanted, struct buffer *query)
{
    bool has_words = wanted->text && search_write_query(str_from(wanted->text), query);
    if (wanted->text && !has_words)
        return false;
    if (has_words && wanted->keys.len > 0)
        buffer_add_string(query, " AND ");
    if (wanted->keys.len > 0)
        write_keys(wanted->keys, query);
    return query->len > 0;
}

size_t search_find(const char *path, const struct search_wanted *wanted, uint64_t *ids, size_t max, bool *is_complete)
{
    struct buffer query = {0}, found = {0};
    struct error err = {0};
    struct bounds bounds = {wanted->above, wanted->below};
    sqlite3 *db = NULL;
    *is_complete = true;
    if (access(path, F_OK) == 0 && write_wanted(wanted, &query))
        db = db_open(path, DB_READ, NULL, &err);
    if (db) {
        bool is_done = find_in_parts(db, bounds, (struct str){query.data, query.len}, max, &found, wanted->deadline_ms, &err);
        *is_complete = is_done ? found.len / sizeof(uint64_t) < max : err.code != ERROR_AGAIN;
        if (found.len > 0)
            memcpy(ids, found.data, found.len);
    }
    size_t count = found.len / sizeof(uint64_t);
    db_close(db);
    buffer_fini(&query);
    buffer_fini(&found);
    return count;
}
