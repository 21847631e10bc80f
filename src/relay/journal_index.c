#include "relay/journal_index.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"
#include "relay/journal_search.h"
#include "relay/search_words.h"

#define ROW_COLUMNS "id, json, who, what, quoted, is_erased"

struct row {
    uint64_t id;
    size_t words_len, keys_len;  // in batch.texts, one behind the other
};

/* Rows read whole before anything is written, so that no reader holds the log while the index is. */
struct batch {
    struct row *rows;
    size_t count, capacity;
    struct buffer texts;
};

static void batch_fini(struct batch *batch)
{
    free(batch->rows);
    buffer_fini(&batch->texts);
}

static void add_words(struct batch *batch, struct str json)
{
    struct message *message = row_to_message(json, NULL);
    if (!message)
        return;
    search_fold(message->is.author.name, &batch->texts);
    buffer_add_char(&batch->texts, ' ');
    search_fold(message->is.text, &batch->texts);
    message_unref(message);
}

static void batch_add(struct batch *batch, sqlite3_stmt *select)
{
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity ? batch->capacity * 2 : INDEX_BATCH;
        batch->rows = xreallocarray(batch->rows, batch->capacity, sizeof(*batch->rows));
    }
    struct row *row = &batch->rows[batch->count++];
    row->id = (uint64_t)sqlite3_column_int64(select, 0);
    size_t start = batch->texts.len;
    if (!sqlite3_column_int(select, 5))
        add_words(batch, db_text(select, 1));
    row->words_len = batch->texts.len - start;
    search_add_key(&batch->texts, 'a', (uint64_t)sqlite3_column_int64(select, 2));
    search_add_key(&batch->texts, 'n', (uint64_t)sqlite3_column_int64(select, 3));
    search_add_key(&batch->texts, 'r', (uint64_t)sqlite3_column_int64(select, 4));
    row->keys_len = batch->texts.len - start - row->words_len;
}

static bool read_rows(sqlite3 *rows, uint64_t above, uint64_t up_to, size_t limit, struct batch *batch,
                      struct error *err)
{
    sqlite3_stmt *select = db_prepare(
        rows, "SELECT " ROW_COLUMNS " FROM messages WHERE id > ? AND id <= ? ORDER BY id LIMIT ?", err);
    if (!select)
        return false;
    sqlite3_bind_int64(select, 1, (int64_t)above);
    sqlite3_bind_int64(select, 2, (int64_t)up_to);
    sqlite3_bind_int64(select, 3, (int64_t)limit);
    int result;
    while ((result = sqlite3_step(select)) == SQLITE_ROW)
        batch_add(batch, select);
    bool is_done = result == SQLITE_DONE || db_error(rows, err);
    sqlite3_finalize(select);
    return is_done;
}

static bool add_rows(struct search *search, const struct batch *batch, struct error *err)
{
    const char *at = batch->texts.data;
    for (size_t i = 0; i < batch->count; i++) {
        const struct row *row = &batch->rows[i];
        struct str words = {at, row->words_len}, keys = {at + row->words_len, row->keys_len};
        at += row->words_len + row->keys_len;
        if (words.len + keys.len > 0 && !search_add(search, row->id, words, keys, err))
            return false;
    }
    return true;
}

bool index_new(sqlite3 *rows, struct search *search, size_t *count, struct error *err)
{
    struct batch batch = {0};
    bool is_done = read_rows(rows, search_indexed_to(search), INT64_MAX, INDEX_BATCH, &batch, err);
    *count = batch.count;
    if (is_done && batch.count > 0) {
        is_done = search_begin(search, err) && add_rows(search, &batch, err) &&
                  search_commit(search, batch.rows[batch.count - 1].id, search_erased_to(search), err);
        if (!is_done)
            search_rollback(search);
    }
    batch_fini(&batch);
    return is_done;
}

bool index_is_stale(sqlite3 *rows, const struct search *search)
{
    return (uint64_t)db_number(rows, "SELECT max(number) FROM erased", 0) > search_erased_to(search);
}

/* The parts of the rows erased since, as uint64_t, each once. */
static bool list_stale(sqlite3 *rows, const struct search *search, struct buffer *parts, uint64_t *erased_to,
                       struct error *err)
{
    sqlite3_stmt *select = db_prepare(
        rows, "SELECT DISTINCT id / ?1 FROM erased WHERE number > ?2 AND number <= ?3 AND id <= ?4", err);
    if (!select)
        return false;
    *erased_to = (uint64_t)db_number(rows, "SELECT max(number) FROM erased", 0);
    sqlite3_bind_int64(select, 1, SEARCH_PART_IDS);
    sqlite3_bind_int64(select, 2, (int64_t)search_erased_to(search));
    sqlite3_bind_int64(select, 3, (int64_t)*erased_to);
    sqlite3_bind_int64(select, 4, (int64_t)search_indexed_to(search));
    int result;
    while ((result = sqlite3_step(select)) == SQLITE_ROW) {
        uint64_t part = (uint64_t)sqlite3_column_int64(select, 0);
        buffer_add(parts, &part, sizeof(part));
    }
    bool is_done = result == SQLITE_DONE || db_error(rows, err);
    sqlite3_finalize(select);
    return is_done;
}

static bool make_anew(sqlite3 *rows, struct search *search, uint64_t part, struct error *err)
{
    struct batch batch = {0};
    uint64_t first = part * SEARCH_PART_IDS, last = first + SEARCH_PART_IDS - 1;
    uint64_t indexed_to = search_indexed_to(search);
    bool is_done = search_drop_part(search, part, err) &&
                   read_rows(rows, first - 1, last < indexed_to ? last : indexed_to, SEARCH_PART_IDS, &batch, err) &&
                   add_rows(search, &batch, err);
    batch_fini(&batch);
    return is_done;
}

bool index_heed_erased(sqlite3 *rows, struct search *search, struct error *err)
{
    struct buffer parts = {0};
    uint64_t erased_to;
    bool is_done = list_stale(rows, search, &parts, &erased_to, err) && search_begin(search, err);
    for (size_t at = 0; is_done && at < parts.len; at += sizeof(uint64_t)) {
        uint64_t part;
        memcpy(&part, parts.data + at, sizeof(part));
        is_done = make_anew(rows, search, part, err);
    }
    is_done = is_done && search_commit(search, search_indexed_to(search), erased_to, err);
    if (!is_done)
        search_rollback(search);
    buffer_fini(&parts);
    return is_done;
}
