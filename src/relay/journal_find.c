#include "relay/journal_find.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "chat/message.h"
#include "relay/edited.h"
#include "relay/journal_inside.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"
#include "relay/journal_search.h"
#include "relay/journal_shelf.h"

enum { KEYS_A_QUERY = 64, ROWS_A_TRANSACTION = 256 };

struct finding {
    struct shelf *shelf;
    struct search *search;
    const struct erasure *erasure;
    struct buffer ids, quotes;  // uint64_t each
    struct buffer natives;      // hashes of the native ids of the rows that go
};

static uint64_t number_at(const struct buffer *numbers, size_t i)
{
    uint64_t number;
    memcpy(&number, numbers->data + i * sizeof(number), sizeof(number));
    return number;
}

static size_t number_count(const struct buffer *numbers)
{
    return numbers->len / sizeof(uint64_t);
}

static void add_number(struct buffer *numbers, uint64_t number)
{
    buffer_add(numbers, &number, sizeof(number));
}

/* Rows that the index does not know yet. column: who, what or quoted. */
static bool find_behind(struct finding *finding, const char *sql, uint64_t number, struct buffer *ids,
                        struct error *err)
{
    sqlite3_stmt *select = db_prepare(finding->shelf->db, sql, err);
    if (!select)
        return false;
    sqlite3_bind_int64(select, 1, (int64_t)(finding->search ? search_indexed_to(finding->search) : 0));
    sqlite3_bind_int64(select, 2, (int64_t)number);
    int result;
    while ((result = sqlite3_step(select)) == SQLITE_ROW)
        add_number(ids, (uint64_t)sqlite3_column_int64(select, 0));
    sqlite3_finalize(select);
    return result == SQLITE_DONE || db_error(finding->shelf->db, err);
}

static bool find_indexed(struct finding *finding, char kind, const uint64_t *numbers, size_t count,
                         struct buffer *ids, struct error *err)
{
    if (!finding->search)
        return true;
    struct buffer keys = {0};
    for (size_t i = 0; i < count; i++)
        search_add_key(&keys, kind, numbers[i]);
    bool is_done = search_find_keys(finding->search, (struct str){keys.data, keys.len},
                                    search_indexed_to(finding->search), ids, err);
    buffer_fini(&keys);
    return is_done;
}

/* A hash is no proof: the row itself says whether it is meant. An erased one has lost its author. */
static bool is_meant(const struct erasure *erasure, const struct message *message, bool is_erased)
{
    const struct message_draft *is = &message->is;
    if (erasure->edit_id)
        return erasure_edits(erasure, message);
    if (message->id > erasure->up_to || !str_equal(is->platform, str_from(erasure->platform)) ||
        (erasure->source && !str_equal(is->source, str_from(erasure->source))))
        return false;
    if (erasure->author_id && !is_erased)
        return str_equal(is->author.id, str_from(erasure->author_id));
    if (erasure->native_id) {
        struct str native = is->kind == MESSAGE_EDIT && !is_erased ? is->target.native_id : is->native_id;
        return str_equal(native, str_from(erasure->native_id)) || (is->kind == MESSAGE_EDIT && is_erased);
    }
    return true;
}

/* Keeps the ids whose rows are meant, and notes their native ids. */
static bool confirm(struct finding *finding, const struct buffer *candidates, bool is_asked_by_id, struct error *err)
{
    sqlite3_stmt *select = finding->shelf->statements[SHELF_SELECT];
    for (size_t i = 0; i < number_count(candidates); i++) {
        uint64_t id = number_at(candidates, i);
        sqlite3_bind_int64(select, 1, (int64_t)id);
        int result = sqlite3_step(select);
        struct message *message = result == SQLITE_ROW ? row_to_message(db_text(select, 0), NULL) : NULL;
        if (message && (is_asked_by_id || is_meant(finding->erasure, message, sqlite3_column_int(select, 1)))) {
            add_number(&finding->ids, id);
            if (message->is.native_id.len > 0) {
                add_number(&finding->natives, row_hash(&finding->shelf->hash_key, ROW_KEY_NATIVE,
                                                       message->is.platform, message->is.native_id));
            }
        }
        message_unref(message);
        sqlite3_reset(select);
        if (result != SQLITE_ROW && result != SQLITE_DONE)
            return db_error(finding->shelf->db, err);
    }
    return true;
}

static bool find_by(struct finding *finding, char kind, const char *sql, const char *key, struct error *err)
{
    struct buffer candidates = {0};
    uint64_t number = row_hash(&finding->shelf->hash_key, kind, str_from(finding->erasure->platform), str_from(key));
    bool is_done = find_indexed(finding, kind, &number, 1, &candidates, err) &&
                   find_behind(finding, sql, number, &candidates, err) && confirm(finding, &candidates, false, err);
    buffer_fini(&candidates);
    return is_done;
}

static bool find_given(struct finding *finding, struct error *err)
{
    struct buffer given = {0};
    buffer_add(&given, finding->erasure->ids, finding->erasure->id_count * sizeof(uint64_t));
    bool is_done = confirm(finding, &given, true, err);
    buffer_fini(&given);
    return is_done;
}

/* Replies carry the text that they answer. */
static bool find_quotes(struct finding *finding, struct error *err)
{
    size_t count = number_count(&finding->natives);
    bool is_done = true;
    for (size_t at = 0; is_done && at < count; at += KEYS_A_QUERY) {
        uint64_t numbers[KEYS_A_QUERY];
        size_t some = count - at < KEYS_A_QUERY ? count - at : KEYS_A_QUERY;
        memcpy(numbers, finding->natives.data + at * sizeof(uint64_t), some * sizeof(uint64_t));
        is_done = find_indexed(finding, 'r', numbers, some, &finding->quotes, err);
        for (size_t i = 0; is_done && i < some; i++) {
            is_done = find_behind(finding, "SELECT id FROM messages WHERE id > ? AND quoted = ?", numbers[i],
                                  &finding->quotes, err);
        }
    }
    return is_done;
}

static bool erase_some(struct finding *finding, const struct buffer *ids, size_t from, bool only_quote, size_t *rows,
                       struct error *err)
{
    struct shelf *shelf = finding->shelf;
    if (!shelf_begin(shelf, err))
        return false;
    size_t end = from + ROWS_A_TRANSACTION;
    bool is_done = true;
    for (size_t i = from; is_done && i < end && i < number_count(ids); i++) {
        struct row_erasure what = {.id = number_at(ids, i),
                                   .only_quote = only_quote,
                                   .forget_author = finding->erasure->with_name && !only_quote};
        bool was_there = false;
        is_done = shelf_erase(shelf, what, &was_there, err);
        *rows += was_there;
    }
    is_done = is_done && shelf_finish(shelf, err);
    if (!is_done)
        shelf_rollback(shelf);
    return is_done;
}

static bool erase_found(struct finding *finding, const struct buffer *ids, bool only_quote, size_t *rows,
                        struct error *err)
{
    bool is_done = true;
    for (size_t at = 0; is_done && at < number_count(ids); at += ROWS_A_TRANSACTION)
        is_done = erase_some(finding, ids, at, only_quote, rows, err);
    return is_done;
}

/* ---- Edits ---- */

static struct message *read_row(struct shelf *shelf, uint64_t id, bool *is_erased)
{
    sqlite3_stmt *select = shelf->statements[SHELF_SELECT];
    sqlite3_bind_int64(select, 1, (int64_t)id);
    struct message *message = sqlite3_step(select) == SQLITE_ROW ? row_to_message(db_text(select, 0), NULL) : NULL;
    *is_erased = message && sqlite3_column_int(select, 1);
    sqlite3_reset(select);
    return message;
}

/* What the edit says. NULL: its row is in a file before this one, was erased, or was never journalled. */
static const struct message *edit_of(struct shelf *shelf, struct erasure *erasure)
{
    if (erasure->edit)
        return erasure->edit;
    bool is_erased;
    if (!erasure->loaded && erasure->edit_id >= shelf->first_id) {
        erasure->loaded = read_row(shelf, erasure->edit_id, &is_erased);
        if (is_erased) {
            message_unref(erasure->loaded);
            erasure->loaded = NULL;
        }
    }
    return erasure->loaded;
}

static bool edit_row(struct shelf *shelf, struct erasure *erasure, uint64_t id, const struct message *edit, size_t *rows,
                     struct error *err)
{
    bool is_erased;
    struct message *old = read_row(shelf, id, &is_erased);
    if (!old || is_erased) {
        erasure->met_erased |= is_erased;
        message_unref(old);
        return true;
    }
    struct message *changed = message_edited(old, edit);
    struct op replace = {.kind = OP_REPLACE, .message = changed};
    bool is_done = shelf_begin(shelf, err) && shelf_apply(shelf, &replace, err) && shelf_finish(shelf, err);
    if (!is_done)
        shelf_rollback(shelf);
    *rows += is_done;
    message_unref(erasure->changed);
    erasure->changed = changed;
    message_unref(old);
    return is_done;
}

static bool edit_found(struct finding *finding, struct erasure *erasure, size_t *rows, struct error *err)
{
    const struct message *edit = edit_of(finding->shelf, erasure);
    bool is_done = find_by(finding, ROW_KEY_NATIVE, "SELECT id FROM messages WHERE id > ? AND what = ?",
                           erasure->native_id, err);
    for (size_t i = 0; edit && is_done && i < number_count(&finding->ids); i++)
        is_done = edit_row(finding->shelf, erasure, number_at(&finding->ids, i), edit, rows, err);
    return is_done;
}

static void finding_fini(struct finding *finding)
{
    buffer_fini(&finding->ids);
    buffer_fini(&finding->quotes);
    buffer_fini(&finding->natives);
}

bool find_and_erase(struct shelf *shelf, struct search *search, struct erasure *erasure, size_t *rows, struct error *err)
{
    struct finding finding = {.shelf = shelf, .search = search, .erasure = erasure};
    if (erasure->edit_id) {
        bool is_edited = edit_found(&finding, erasure, rows, err);
        finding_fini(&finding);
        return is_edited;
    }
    bool is_done = find_given(&finding, err);
    if (is_done && erasure->native_id) {
        is_done = find_by(&finding, ROW_KEY_NATIVE, "SELECT id FROM messages WHERE id > ? AND what = ?",
                          erasure->native_id, err);
    }
    if (is_done && erasure->author_id) {
        is_done = find_by(&finding, ROW_KEY_AUTHOR, "SELECT id FROM messages WHERE id > ? AND who = ?",
                          erasure->author_id, err);
    }
    is_done = is_done && find_quotes(&finding, err) && erase_found(&finding, &finding.ids, false, rows, err) &&
              erase_found(&finding, &finding.quotes, true, rows, err);
    finding_fini(&finding);
    return is_done;
}
