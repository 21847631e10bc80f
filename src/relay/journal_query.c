#include "relay/journal_query.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal_inside.h"
#include "relay/journal_row.h"
#include "relay/journal_schema.h"
#include "relay/journal_search.h"
#include "relay/message_filter.h"

enum {
    FOUND_AT_ONCE = 256,
    CLOCK_SLACK_MS = 10 * 60 * 1000,  // by so much the wall clock may have been set back
};

struct query {
    struct journal_query wanted;  // platform and author_id only as `keys`
    char *text;                   // owned; NULL: none
    struct buffer keys;
    struct message **messages;    // references
    size_t count;
    uint64_t next;                // looked at up to here and stopped; 0: not stopped
    bool is_stopped;
    struct journal_show *shows;
    size_t show_count;
};

struct query *query_create(const struct journal_query *wanted, const struct hash_key *hash_key)
{
    struct query *query = xcalloc(1, sizeof(*query));
    query->wanted = *wanted;
    query->text = wanted->text && *wanted->text ? xstrdup(wanted->text) : NULL;
    query->wanted.text = query->text;
    query->wanted.filter = message_filter_ref(wanted->filter);
    if (wanted->limit > JOURNAL_READ_MAX)
        query->wanted.limit = JOURNAL_READ_MAX;
    if (wanted->author_id.len > 0)
        search_add_key(&query->keys, 'a', row_hash(hash_key, ROW_KEY_AUTHOR, wanted->platform, wanted->author_id));
    query->messages = xcalloc(query->wanted.limit, sizeof(struct message *));
    return query;
}

void query_destroy(struct query *query)
{
    if (!query)
        return;
    for (size_t i = 0; i < query->count; i++)
        message_unref(query->messages[i]);
    message_filter_unref(query->wanted.filter);
    buffer_fini(&query->keys);
    free(query->messages);
    free(query->shows);
    free(query->text);
    free(query);
}

static bool is_indexed(const struct query *query)
{
    return query->text || query->keys.len > 0;
}

bool query_goes_up(const struct query *query)
{
    return query->wanted.after > 0;
}

bool query_is_done(const struct query *query)
{
    return query->is_stopped || query->count >= query->wanted.limit;
}

bool query_wants_file(const struct query *query, uint64_t first_id, uint64_t following_id)
{
    bool is_above = query->wanted.before > 0 && first_id >= query->wanted.before;
    bool is_below = following_id > 0 && query->wanted.after > 0 && following_id <= query->wanted.after + 1;
    return !is_above && !is_below;
}

void query_stop(struct query *query, uint64_t next)
{
    query->is_stopped = true;
    query->next = next;
}

/* --- The span of ids and times in a file --- */

struct span {
    int64_t first_ms, last_ms;
    uint64_t above, below;  // ids that can be meant: above < id < below
};

/* The first id from which on all were received at ms or later, as the clock went; by halving. */
static uint64_t find_time(sqlite3 *db, uint64_t first_id, uint64_t last_id, int64_t ms)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT id, received_ms FROM messages WHERE id >= ? ORDER BY id LIMIT 1", NULL);
    uint64_t low = first_id, high = last_id + 1;
    while (select && low < high) {
        uint64_t middle = low + (high - low) / 2;
        sqlite3_bind_int64(select, 1, (int64_t)middle);
        bool has_row = sqlite3_step(select) == SQLITE_ROW;
        bool is_earlier = has_row && sqlite3_column_int64(select, 1) < ms;
        uint64_t id = has_row ? (uint64_t)sqlite3_column_int64(select, 0) : high;
        sqlite3_reset(select);
        if (is_earlier) {
            low = id + 1;
        } else {
            high = middle;
        }
    }
    sqlite3_finalize(select);
    return low;
}

static bool find_span(const struct query *query, sqlite3 *db, struct span *span)
{
    const struct journal_query *wanted = &query->wanted;
    uint64_t first_id = (uint64_t)db_number(db, "SELECT min(id) FROM messages", 0);
    uint64_t last_id = (uint64_t)db_number(db, "SELECT max(id) FROM messages", 0);
    span->first_ms = db_number(db, "SELECT received_ms FROM messages ORDER BY id LIMIT 1", 0);
    span->last_ms = db_number(db, "SELECT received_ms FROM messages ORDER BY id DESC LIMIT 1", 0);
    span->above = wanted->after;
    span->below = wanted->before ? wanted->before : INT64_MAX;
    if (last_id == 0)
        return false;
    if (wanted->from_ms > 0) {
        uint64_t from = find_time(db, first_id, last_id, wanted->from_ms - CLOCK_SLACK_MS);
        span->above = from > span->above + 1 ? from - 1 : span->above;
    }
    if (wanted->to_ms > 0) {
        uint64_t to = find_time(db, first_id, last_id, wanted->to_ms + CLOCK_SLACK_MS);
        span->below = to < span->below ? to : span->below;
    }
    return span->above + 1 < span->below;
}

/* --- Rows --- */

static bool is_wanted(const struct query *query, const struct message *message)
{
    const struct journal_query *wanted = &query->wanted;
    return (wanted->from_ms == 0 || message->received_ms >= wanted->from_ms) &&
           (wanted->to_ms == 0 || message->received_ms < wanted->to_ms) &&
           message_filter_passes(wanted->filter, message, NULL);
}

static void take_row(struct query *query, struct str json)
{
    struct message *message = row_to_message(json, NULL);
    if (message && is_wanted(query, message)) {
        query->messages[query->count++] = message;
    } else {
        message_unref(message);
    }
}

static void note_show(struct query *query, uint64_t first_id, const struct span *span)
{
    query->shows = xreallocarray(query->shows, query->show_count + 1, sizeof(*query->shows));
    query->shows[query->show_count++] = (struct journal_show){first_id, span->first_ms, span->last_ms};
}

static void scan_rows(struct query *query, sqlite3 *db, const struct span *span, int64_t deadline_ms)
{
    bool is_up = query_goes_up(query);
    sqlite3_stmt *select = db_prepare(db, is_up ? "SELECT id, json FROM messages WHERE id > ? AND id < ? AND is_erased = 0 ORDER BY id"
                                                : "SELECT id, json FROM messages WHERE id > ? AND id < ? AND is_erased = 0 ORDER BY id DESC", NULL);
    if (!select)
        return;
    uint64_t at = is_up ? span->above : span->below;
    sqlite3_bind_int64(select, 1, (int64_t)span->above);
    sqlite3_bind_int64(select, 2, (int64_t)span->below);
    int result;
    while ((result = sqlite3_step(select)) == SQLITE_ROW) {
        at = (uint64_t)sqlite3_column_int64(select, 0);
        take_row(query, db_text(select, 1));
        if (query->count == query->wanted.limit || clock_monotonic_ms() > deadline_ms) {
            query_stop(query, at);
            break;
        }
    }
    if (result == SQLITE_INTERRUPT)
        query_stop(query, at);
    sqlite3_finalize(select);
}

/* The rows of these ids, newest first, until there are enough. */
static void take_found(struct query *query, sqlite3 *db, const uint64_t *ids, size_t count)
{
    sqlite3_stmt *select = db_prepare(db, "SELECT json FROM messages WHERE id = ? AND is_erased = 0", NULL);
    for (size_t i = 0; select && i < count && !query->is_stopped; i++) {
        sqlite3_bind_int64(select, 1, (int64_t)ids[i]);
        if (sqlite3_step(select) == SQLITE_ROW)
            take_row(query, db_text(select, 0));
        sqlite3_reset(select);
        if (query->count == query->wanted.limit)
            query_stop(query, ids[i]);
    }
    sqlite3_finalize(select);
}

static void search_rows(struct query *query, sqlite3 *db, const char *search_path, const struct span *span,
                        int64_t deadline_ms)
{
    uint64_t ids[FOUND_AT_ONCE];
    struct search_wanted wanted = {
        .text = query->text, .keys = {query->keys.data, query->keys.len}, .above = span->above, .below = span->below,
        .deadline_ms = deadline_ms};
    while (!query->is_stopped) {
        bool is_complete;
        size_t count = search_find(search_path, &wanted, ids, FOUND_AT_ONCE, &is_complete);
        take_found(query, db, ids, count);
        if (is_complete || query->is_stopped)
            return;
        if (count > 0)
            wanted.below = ids[count - 1];
        if (clock_monotonic_ms() > deadline_ms)
            query_stop(query, wanted.below);
    }
}

void query_look(struct query *query, sqlite3 *db, const char *search_path, uint64_t first_id, int64_t deadline_ms)
{
    struct span span;
    size_t before = query->count;
    if (!find_span(query, db, &span))
        return;
    if (is_indexed(query)) {
        search_rows(query, db, search_path, &span, deadline_ms);
    } else {
        scan_rows(query, db, &span, deadline_ms);
    }
    if (query->count > before)
        note_show(query, first_id, &span);
}

/* --- The answer --- */

void query_drop_erased(struct query *query, const struct journal *journal)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->count; i++) {
        struct message *message = journal_recall(journal, query->messages[i]);
        message_unref(query->messages[i]);
        if (message)
            query->messages[kept++] = message;
    }
    query->count = kept;
}

struct journal_found query_found(const struct query *query, const struct error *err)
{
    return (struct journal_found){
        .messages = query->messages, .count = query->count, .next = query->next,
        .shows = query->shows, .show_count = query->show_count, .query = &query->wanted, .err = err};
}
