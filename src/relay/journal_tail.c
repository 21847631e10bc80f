/* At start, in the loop's own thread: the newest messages, and the keys that dedupe knows. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "relay/journal_inside.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"

void journal_each_tail(struct journal *journal, size_t limit, void (*fn)(void *data, struct message *message),
                       void *data)
{
    size_t file_count;
    uint64_t *files = journal_files_list(&journal->files, &file_count);
    struct message **found = xcalloc(limit, sizeof(struct message *));
    size_t count = 0;
    for (size_t i = file_count; i > 0 && count < limit; i--) {
        char *path = journal_files_path(&journal->files, files[i - 1]);
        sqlite3 *db = db_open(path, DB_READ, NULL, NULL);
        sqlite3_stmt *select = db ? db_prepare(db, "SELECT json FROM messages WHERE is_erased = 0 AND kind < ?"
                                                   " ORDER BY id DESC LIMIT ?", NULL) : NULL;
        if (select) {
            sqlite3_bind_int(select, 1, MESSAGE_EDIT);  // the first of the control kinds
            sqlite3_bind_int64(select, 2, (int64_t)(limit - count));
        }
        while (select && count < limit && sqlite3_step(select) == SQLITE_ROW) {
            found[count] = row_to_message(db_text(select, 0), NULL);
            count += found[count] != NULL;
        }
        sqlite3_finalize(select);
        db_close(db);
        free(path);
    }
    while (count > 0) {
        struct message *message = journal_recall(journal, found[--count]);
        if (message)
            fn(data, message);
        message_unref(message);
        message_unref(found[count]);
    }
    free(found);
    free(files);
}

struct seen_row {
    char *platform;
    struct buffer keys;
};

/* Rows newest first, until no platform needs more. */
static void load_seen(sqlite3 *db, size_t limit, struct seen_row **rows, size_t *count, size_t *keys)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT platform, keys FROM seen ORDER BY number DESC", NULL);
    while (select && *keys < limit && sqlite3_step(select) == SQLITE_ROW) {
        struct str platform = db_text(select, 0);
        *rows = xreallocarray(*rows, *count + 1, sizeof(**rows));
        struct seen_row *row = &(*rows)[(*count)++];
        *row = (struct seen_row){.platform = xstrndup(platform.data ? platform.data : "", platform.len)};
        buffer_add(&row->keys, sqlite3_column_blob(select, 1), (size_t)sqlite3_column_bytes(select, 1));
        *keys += row->keys.len / 16;
    }
    sqlite3_finalize(select);
}

void journal_each_seen(struct journal *journal, size_t limit,
                       void (*fn)(void *data, struct str platform, uint64_t hash, uint64_t id), void *data)
{
    size_t file_count, count = 0, keys = 0;
    uint64_t *files = journal_files_list(&journal->files, &file_count);
    struct seen_row *rows = NULL;
    // A quiet platform's keys may lie behind a busy one's: read up to twice what one of them may hold.
    for (size_t i = file_count; i > 0 && keys < limit * 2; i--) {
        char *path = journal_files_path(&journal->files, files[i - 1]);
        sqlite3 *db = db_open(path, DB_READ, NULL, NULL);
        if (db)
            load_seen(db, limit * 2, &rows, &count, &keys);
        db_close(db);
        free(path);
    }
    for (size_t i = count; i > 0; i--) {
        struct seen_row *row = &rows[i - 1];
        for (size_t at = 0; at + 16 <= row->keys.len; at += 16) {
            uint64_t pair[2];
            memcpy(pair, row->keys.data + at, sizeof(pair));
            fn(data, str_from(row->platform), pair[0], pair[1]);
        }
        buffer_fini(&row->keys);
        free(row->platform);
    }
    free(rows);
    free(files);
}
