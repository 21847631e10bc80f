/* What a start reads of polls: their votes, and the messages that were journalled and not counted yet. */
#include <stdlib.h>

#include "relay/journal_inside.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"

/* Each file that may hold something behind `after`, oldest first. A damaged one costs itself. */
static void each_file(struct journal *journal, uint64_t after, void (*fn)(void *data, sqlite3 *db), void *data)
{
    size_t count;
    uint64_t *files = journal_files_list(&journal->files, &count);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && files[i + 1] <= after)
            continue;
        char *path = journal_files_path(&journal->files, files[i]);
        sqlite3 *db = db_open(path, DB_READ, NULL, NULL);
        if (db)
            fn(data, db);
        db_close(db);
        free(path);
    }
    free(files);
}

struct votes_query {
    uint64_t poll, after;
    void (*fn)(void *data, const struct journal_vote *vote);
    void *data;
};

/* A file of an older antiphon has no such table. */
static void read_votes(void *data, sqlite3 *db)
{
    const struct votes_query *query = data;
    sqlite3_stmt *select = db_prepare(db, "SELECT message, option, author, native, source FROM votes"
                                          " WHERE message > ? AND poll = ? ORDER BY message", NULL);
    if (!select)
        return;
    sqlite3_bind_int64(select, 1, (int64_t)query->after);
    sqlite3_bind_int64(select, 2, (int64_t)query->poll);
    while (sqlite3_step(select) == SQLITE_ROW) {
        query->fn(query->data, &(struct journal_vote){
            .poll = query->poll,
            .message = (uint64_t)sqlite3_column_int64(select, 0),
            .option = sqlite3_column_int(select, 1),
            .author = (uint64_t)sqlite3_column_int64(select, 2),
            .native = (uint64_t)sqlite3_column_int64(select, 3),
            .source = db_text(select, 4),
        });
    }
    sqlite3_finalize(select);
}

void journal_each_vote(struct journal *journal, uint64_t poll, uint64_t after,
                       void (*fn)(void *data, const struct journal_vote *vote), void *data)
{
    each_file(journal, after, read_votes, &(struct votes_query){poll, after, fn, data});
}

struct since_query {
    struct journal *journal;
    uint64_t after;
    void (*fn)(void *data, struct message *message);
    void *data;
};

static void read_since(void *data, sqlite3 *db)
{
    const struct since_query *query = data;
    sqlite3_stmt *select = db_prepare(
        db, "SELECT json FROM messages WHERE id > ? AND is_erased = 0 AND kind < ? ORDER BY id", NULL);
    if (!select)
        return;
    sqlite3_bind_int64(select, 1, (int64_t)query->after);
    sqlite3_bind_int(select, 2, MESSAGE_EDIT);  // the first of the control kinds
    while (sqlite3_step(select) == SQLITE_ROW) {
        struct message *read = row_to_message(db_text(select, 0), NULL);
        struct message *message = read ? journal_recall(query->journal, read) : NULL;
        if (message)
            query->fn(query->data, message);
        message_unref(message);
        message_unref(read);
    }
    sqlite3_finalize(select);
}

void journal_each_since(struct journal *journal, uint64_t after, void (*fn)(void *data, struct message *message), void *data)
{
    each_file(journal, after, read_since, &(struct since_query){journal, after, fn, data});
}
