#include "relay/journal_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "relay/journal_inside.h"
#include "relay/journal_schema.h"

static bool has_table(sqlite3 *db, const char *name)
{
    char sql[96];
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_master WHERE name = '%s'", name);
    return db_number(db, sql, 1) > 0;
}

bool journal_is_begun(const char *path)
{
    sqlite3 *db = db_open(path, DB_WRITE, NULL, NULL);
    bool is_begun = !db ||
                    (has_table(db, "meta") && db_number(db, "SELECT count(*) FROM meta WHERE key = 'hash_key'", 1) > 0) ||
                    (has_table(db, "messages") && db_number(db, "SELECT count(*) FROM (SELECT 1 FROM messages LIMIT 1)", 1) > 0);
    db_close(db);
    return is_begun;
}

void journal_load_state(struct journal *journal, sqlite3 *db)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT key, text FROM state", NULL);
    while (select && sqlite3_step(select) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(select, 0);
        const char *text = (const char *)sqlite3_column_text(select, 1);
        if (key && text)
            journal_state_set(&journal->state, key, text);
    }
    sqlite3_finalize(select);
}

static void load_gaps_of(struct journal *journal, sqlite3 *db)
{
    sqlite3_stmt *select = db_prepare(
        db, "SELECT source, from_ms, to_ms, reason FROM (SELECT * FROM gaps ORDER BY number DESC LIMIT 200)"
            " ORDER BY number", NULL);
    while (select && sqlite3_step(select) == SQLITE_ROW) {
        const char *source = (const char *)sqlite3_column_text(select, 0);
        const char *reason = (const char *)sqlite3_column_text(select, 3);
        if (source && reason) {
            journal_keep_gap(journal, &(struct journal_gap){source, sqlite3_column_int64(select, 1),
                                                            sqlite3_column_int64(select, 2), reason});
        }
    }
    sqlite3_finalize(select);
}

void journal_load_gaps(struct journal *journal)
{
    size_t count;
    uint64_t *files = journal_files_list(&journal->files, &count);
    for (size_t i = count > 5 ? count - 5 : 0; i < count; i++) {
        char *path = journal_files_path(&journal->files, files[i]);
        sqlite3 *db = db_open(path, DB_READ, NULL, NULL);
        if (db)
            load_gaps_of(journal, db);
        db_close(db);
        free(path);
    }
    free(files);
}

void journal_draw_identity(struct journal *journal)
{
    uint32_t epoch;
    random_bytes(&epoch, sizeof(epoch));
    snprintf(journal->epoch, sizeof(journal->epoch), "%08x", epoch);
    random_bytes(&journal->hash_key, sizeof(journal->hash_key));
}

void journal_load_identity(struct journal *journal, sqlite3 *db)
{
    char epoch[JOURNAL_EPOCH_BYTES - 1];
    if (db_get_meta(db, "hash_key", &journal->hash_key, sizeof(journal->hash_key)) &&
        db_get_meta(db, "epoch", epoch, sizeof(epoch)))
        memcpy(journal->epoch, epoch, sizeof(epoch));
}

bool journal_write_identity(struct journal *journal, sqlite3 *db, struct error *err)
{
    return db_set_meta(db, "hash_key", &journal->hash_key, sizeof(journal->hash_key), err) &&
           db_set_meta(db, "epoch", journal->epoch, strlen(journal->epoch), err);
}
