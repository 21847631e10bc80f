#include "relay/journal_shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "relay/journal_inside.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"

enum { BUSY_MS = 5000 };  // writer and keeper may wait for each other: the one commits, the other cuts the log

static const char *const sql[SHELF_STATEMENTS] = {
    [SHELF_INSERT] = ROW_INSERT,
    [SHELF_REPLACE] = "UPDATE messages SET json = ?2 WHERE id = ?1 AND is_erased = 0",
    [SHELF_SET_STATE] = "INSERT OR REPLACE INTO state VALUES(?, ?)",
    [SHELF_FORGET_STATE] = "DELETE FROM state WHERE key = ?",
    [SHELF_GAP] = "INSERT INTO gaps(source, from_ms, to_ms, reason) VALUES(?, ?, ?, ?)",
    [SHELF_AUDIT] = "INSERT INTO audit(time_ms, actor, action, text) VALUES(?, ?, ?, ?)",
    [SHELF_VOTE] = "INSERT OR REPLACE INTO votes(message, poll, option, author, native, source) VALUES(?, ?, ?, ?, ?, ?)",
    [SHELF_SEEN] = "INSERT INTO seen(platform, keys) VALUES(?, ?)",
    [SHELF_SELECT] = "SELECT json, is_erased, who FROM messages WHERE id = ?",
    [SHELF_ERASE] = "UPDATE messages SET is_erased = ?2, who = ?3, json = ?4 WHERE id = ?1",
    [SHELF_NOTE_ERASED] = "INSERT INTO erased(id) VALUES(?)",
    // What was taken back stays, so that a vote of it in an older file is not counted before the keeper comes there.
    [SHELF_ERASE_VOTES] = "DELETE FROM votes WHERE message = ?1 AND (option >= 0 OR ?2)",
    [SHELF_BEGIN] = "BEGIN IMMEDIATE",
    [SHELF_COMMIT] = "COMMIT",
};

static bool prepare_all(struct shelf *shelf, struct error *err)
{
    for (int i = 0; i < SHELF_STATEMENTS; i++) {
        shelf->statements[i] = db_prepare(shelf->db, sql[i], err);
        if (!shelf->statements[i])
            return false;
    }
    return true;
}

static void measure(struct shelf *shelf)
{
    shelf->last_id = (uint64_t)db_number(shelf->db, "SELECT max(id) FROM messages", 0);
    shelf->first_ms = db_number(shelf->db, "SELECT received_ms FROM messages ORDER BY id LIMIT 1", 0);
    // Rows are never deleted one by one, so this is cheap and right, but for the few ids that a run did not use.
    uint64_t lowest = (uint64_t)db_number(shelf->db, "SELECT min(id) FROM messages", 0);
    size_t span = shelf->last_id > 0 ? (size_t)(shelf->last_id - lowest + 1) : 0;
    shelf->rows = span > shelf->skipped ? span - shelf->skipped : 0;
}

struct shelf *shelf_open(const char *path, uint64_t first_id, const struct hash_key *hash_key, bool may_create,
                         struct error *err)
{
    struct shelf *shelf = xcalloc(1, sizeof(*shelf));
    shelf->first_id = first_id;
    shelf->hash_key = *hash_key;
    shelf->db = db_open(path, may_create ? DB_CREATE : DB_WRITE, may_create ? journal_tables : NULL, err);
    // A file of an older antiphon gets the tables that it lacks; where all are there, this takes no lock.
    if (!shelf->db || (!may_create && !db_run(shelf->db, journal_tables, err)) || !prepare_all(shelf, err)) {
        shelf_close(shelf);
        return NULL;
    }
    sqlite3_busy_timeout(shelf->db, BUSY_MS);
    shelf->skipped = (size_t)db_get_meta_int(shelf->db, "skipped", 0);
    measure(shelf);
    return shelf;
}

void shelf_close(struct shelf *shelf)
{
    if (!shelf)
        return;
    for (int i = 0; i < SHELF_STATEMENTS; i++)
        sqlite3_finalize(shelf->statements[i]);
    for (size_t i = 0; i < shelf->seen_count; i++) {
        free(shelf->seen[i].platform);
        buffer_fini(&shelf->seen[i].keys);
    }
    free(shelf->seen);
    buffer_fini(&shelf->text);
    db_close(shelf->db);
    free(shelf);
}

bool shelf_begin(struct shelf *shelf, struct error *err)
{
    return db_step(shelf->statements[SHELF_BEGIN], err);
}

void shelf_rollback(struct shelf *shelf)
{
    for (int i = 0; i < SHELF_STATEMENTS; i++)
        sqlite3_reset(shelf->statements[i]);
    if (!sqlite3_get_autocommit(shelf->db))
        sqlite3_exec(shelf->db, "ROLLBACK", NULL, NULL, NULL);
    for (size_t i = 0; i < shelf->seen_count; i++)
        buffer_clear(&shelf->seen[i].keys);
    measure(shelf);
}

/* ---- Messages ---- */

static struct buffer *find_keys(struct shelf *shelf, struct str platform)
{
    for (size_t i = 0; i < shelf->seen_count; i++) {
        if (str_equal(str_from(shelf->seen[i].platform), platform))
            return &shelf->seen[i].keys;
    }
    shelf->seen = xreallocarray(shelf->seen, shelf->seen_count + 1, sizeof(*shelf->seen));
    struct seen_keys *seen = &shelf->seen[shelf->seen_count++];
    *seen = (struct seen_keys){.platform = xstrndup(platform.data, platform.len)};
    return &seen->keys;
}

static void note_keys(struct shelf *shelf, const struct message *message)
{
    struct row_seen seen[2];
    size_t count = row_seen(message, seen);
    for (size_t i = 0; i < count; i++) {
        uint64_t pair[2] = {row_hash(&shelf->hash_key, seen[i].kind, message->is.platform, seen[i].key), message->id};
        buffer_add(find_keys(shelf, message->is.platform), pair, sizeof(pair));
    }
}

static bool add_message(struct shelf *shelf, const struct message *message, bool is_erased, struct error *err)
{
    sqlite3_stmt *insert = shelf->statements[SHELF_INSERT];
    row_bind(insert, &shelf->hash_key, message, is_erased, &shelf->text);
    if (!db_step(insert, err))
        return false;
    note_keys(shelf, message);
    shelf->rows++;
    if (shelf->first_ms == 0)
        shelf->first_ms = message->received_ms;
    if (message->id > shelf->last_id)
        shelf->last_id = message->id;
    return true;
}

static bool note_erased(struct shelf *shelf, uint64_t id, struct error *err)
{
    sqlite3_stmt *note = shelf->statements[SHELF_NOTE_ERASED];
    sqlite3_bind_int64(note, 1, (int64_t)id);
    return db_step(note, err);
}

static bool replace_message(struct shelf *shelf, const struct message *message, struct error *err)
{
    sqlite3_stmt *replace = shelf->statements[SHELF_REPLACE];
    buffer_clear(&shelf->text);
    message_write_json(message, &shelf->text);
    sqlite3_bind_int64(replace, 1, (int64_t)message->id);
    sqlite3_bind_text(replace, 2, shelf->text.data, (int)shelf->text.len, SQLITE_STATIC);
    // The index holds the words of the old text: it is made anew there, as after an erasure.
    return db_step(replace, err) && note_erased(shelf, message->id, err);
}

/* ---- Texts ---- */

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

static bool set_state(struct shelf *shelf, const char *key, const char *text, struct error *err)
{
    sqlite3_stmt *statement = shelf->statements[text ? SHELF_SET_STATE : SHELF_FORGET_STATE];
    bind_text(statement, 1, key);
    if (text)
        bind_text(statement, 2, text);
    return db_step(statement, err);
}

static bool add_gap(struct shelf *shelf, const struct op_texts *gap, struct error *err)
{
    sqlite3_stmt *statement = shelf->statements[SHELF_GAP];
    bind_text(statement, 1, gap->first);
    sqlite3_bind_int64(statement, 2, gap->from_ms);
    sqlite3_bind_int64(statement, 3, gap->to_ms);
    bind_text(statement, 4, gap->second);
    return db_step(statement, err);
}

static bool add_audit(struct shelf *shelf, const struct op_texts *audit, struct error *err)
{
    sqlite3_stmt *statement = shelf->statements[SHELF_AUDIT];
    sqlite3_bind_int64(statement, 1, audit->from_ms);
    bind_text(statement, 2, audit->first);
    bind_text(statement, 3, audit->second);
    bind_text(statement, 4, audit->third);
    return db_step(statement, err);
}

static bool add_vote(struct shelf *shelf, const struct journal_vote *vote, struct error *err)
{
    sqlite3_stmt *statement = shelf->statements[SHELF_VOTE];
    sqlite3_bind_int64(statement, 1, (int64_t)vote->message);
    sqlite3_bind_int64(statement, 2, (int64_t)vote->poll);
    sqlite3_bind_int(statement, 3, vote->option);
    sqlite3_bind_int64(statement, 4, (int64_t)vote->author);
    sqlite3_bind_int64(statement, 5, (int64_t)vote->native);
    sqlite3_bind_text(statement, 6, vote->source.data, (int)vote->source.len, SQLITE_STATIC);
    return db_step(statement, err);
}

bool shelf_write_state(struct shelf *shelf, const struct journal_state *state, struct error *err)
{
    for (size_t i = 0; i < state->count; i++) {
        if (!set_state(shelf, state->items[i].key, state->items[i].text, err))
            return false;
    }
    return true;
}

/* ---- Erasing ---- */

static bool erase_votes(struct shelf *shelf, struct row_erasure what, struct error *err)
{
    sqlite3_stmt *erase = shelf->statements[SHELF_ERASE_VOTES];
    if (what.only_quote)
        return true;
    sqlite3_bind_int64(erase, 1, (int64_t)what.id);
    sqlite3_bind_int(erase, 2, what.forget_author);
    return db_step(erase, err);
}

static bool overwrite(struct shelf *shelf, uint64_t id, bool only_quote, uint64_t who, struct error *err)
{
    sqlite3_stmt *erase = shelf->statements[SHELF_ERASE];
    sqlite3_bind_int64(erase, 1, (int64_t)id);
    sqlite3_bind_int(erase, 2, !only_quote);
    if (who) {
        sqlite3_bind_int64(erase, 3, (int64_t)who);
    } else {
        sqlite3_bind_null(erase, 3);
    }
    sqlite3_bind_text(erase, 4, shelf->text.data, (int)shelf->text.len, SQLITE_STATIC);
    return db_step(erase, err) && note_erased(shelf, id, err);
}

bool shelf_erase(struct shelf *shelf, struct row_erasure what, bool *was_there, struct error *err)
{
    sqlite3_stmt *select = shelf->statements[SHELF_SELECT];
    *was_there = false;
    if (!erase_votes(shelf, what, err))
        return false;
    sqlite3_bind_int64(select, 1, (int64_t)what.id);
    int result = sqlite3_step(select);
    if (result != SQLITE_ROW) {
        sqlite3_reset(select);
        return result == SQLITE_DONE || db_error(shelf->db, err);
    }
    bool is_erased = sqlite3_column_int(select, 1);
    uint64_t who = (uint64_t)sqlite3_column_int64(select, 2);
    struct str json = db_text(select, 0);
    bool is_needed = !is_erased || (what.forget_author && who);
    if (is_needed && !what.only_quote) {
        row_erase_json(json, &shelf->text);
    } else if (is_needed) {
        is_needed = row_erase_quote(json, &shelf->text);
    }
    sqlite3_reset(select);
    if (!is_needed)
        return true;
    *was_there = true;
    if (what.forget_author && who)
        random_bytes(&who, sizeof(who));  // as long as the old one, and nobody's
    return overwrite(shelf, what.id, what.only_quote, who, err);
}

static bool erase_rows(struct shelf *shelf, const struct erasure *erasure, struct error *err)
{
    for (size_t i = 0; i < erasure->id_count; i++) {
        bool was_there;
        struct row_erasure what = {.id = erasure->ids[i], .forget_author = erasure->with_name};
        if (!shelf_erase(shelf, what, &was_there, err))
            return false;
    }
    return true;
}

bool shelf_apply(struct shelf *shelf, const struct op *op, struct error *err)
{
    switch (op->kind) {
    case OP_MESSAGE:
        return add_message(shelf, op->message, false, err);
    case OP_ERASED:
        return add_message(shelf, op->message, true, err);
    case OP_REPLACE:
        return replace_message(shelf, op->message, err);
    case OP_STATE:
        return set_state(shelf, op->texts->first, op->texts->second, err);
    case OP_GAP:
        return add_gap(shelf, op->texts, err);
    case OP_AUDIT:
        return add_audit(shelf, op->texts, err);
    case OP_VOTE:
        return add_vote(shelf, op->vote, err);
    case OP_ERASE:
        return erase_rows(shelf, op->erasure, err);
    case OP_FIND:
    case OP_DURABLE:
        break;
    }
    return true;
}

bool shelf_finish(struct shelf *shelf, struct error *err)
{
    sqlite3_stmt *insert = shelf->statements[SHELF_SEEN];
    for (size_t i = 0; i < shelf->seen_count; i++) {
        struct seen_keys *seen = &shelf->seen[i];
        if (seen->keys.len == 0)
            continue;
        bind_text(insert, 1, seen->platform);
        sqlite3_bind_blob(insert, 2, seen->keys.data, (int)seen->keys.len, SQLITE_STATIC);
        if (!db_step(insert, err))
            return false;
    }
    if (!db_step(shelf->statements[SHELF_COMMIT], err))
        return false;
    for (size_t i = 0; i < shelf->seen_count; i++)
        buffer_clear(&shelf->seen[i].keys);
    return true;
}
