#include "relay/journal_audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "relay/journal_inside.h"
#include "relay/journal_schema.h"

struct audit_query {
    uint64_t before_file, before_number;
    int64_t from_ms, to_ms;
    char *actor, *action, *text;  // owned; NULL: all
    size_t limit, count;
    struct journal_audit_entry *entries;  // their texts are owned
    journal_audit_fn fn;
    void *data;
};

/* For GLOB, where * ? [ are no letters: each stands in brackets. */
static char *write_pattern(const char *text, const char *before)
{
    if (!text || !*text)
        return NULL;
    struct buffer pattern = {0};
    buffer_add_string(&pattern, before);
    for (; *text; text++) {
        if (strchr("*?[", *text)) {
            buffer_printf(&pattern, "[%c]", *text);
        } else {
            buffer_add_char(&pattern, *text);
        }
    }
    buffer_add_char(&pattern, '*');
    return buffer_take(&pattern);
}

struct audit_query *audit_query_create(const struct journal_audit_filter *filter, size_t limit, journal_audit_fn fn,
                                       void *data)
{
    struct audit_query *query = xcalloc(1, sizeof(*query));
    *query = (struct audit_query){
        .before_file = filter->before_file, .before_number = filter->before_number,
        .from_ms = filter->from_ms, .to_ms = filter->to_ms ? filter->to_ms : INT64_MAX,
        .actor = filter->actor && *filter->actor ? xstrdup(filter->actor) : NULL,
        .action = write_pattern(filter->action, ""), .text = write_pattern(filter->text, "*"),
        .limit = limit < JOURNAL_READ_MAX ? limit : JOURNAL_READ_MAX, .fn = fn, .data = data,
    };
    query->entries = xcalloc(query->limit + 1, sizeof(*query->entries));
    return query;
}

void audit_query_destroy(struct audit_query *query)
{
    if (!query)
        return;
    for (size_t i = 0; i < query->count; i++) {
        free((char *)query->entries[i].actor);
        free((char *)query->entries[i].action);
        free((char *)query->entries[i].text);
    }
    free(query->entries);
    free(query->actor);
    free(query->action);
    free(query->text);
    free(query);
}

bool audit_query_is_full(const struct audit_query *query)
{
    return query->count >= query->limit;
}

bool audit_query_wants(const struct audit_query *query, uint64_t file)
{
    return query->before_file == 0 || file <= query->before_file;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    if (text) {
        sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
    } else {
        sqlite3_bind_null(statement, at);
    }
}

static char *copy_column(sqlite3_stmt *select, int column)
{
    struct str text = db_text(select, column);
    return xstrndup(text.data ? text.data : "", text.len);
}

int audit_query_read(struct audit_query *query, sqlite3 *db, uint64_t file, struct error *err)
{
    sqlite3_stmt *select = db_prepare(db,
        "SELECT number, time_ms, actor, action, text FROM audit WHERE number < ?1 AND time_ms BETWEEN ?2 AND ?3"
        " AND (?4 IS NULL OR actor = ?4) AND (?5 IS NULL OR action GLOB ?5)"
        " AND (?6 IS NULL OR lower(text) GLOB lower(?6) OR lower(actor) GLOB lower(?6) OR action GLOB lower(?6))"
        " ORDER BY number DESC LIMIT ?7", err);
    if (!select)
        return SQLITE_ERROR;
    bool is_within = query->before_file == file && query->before_number > 0;
    sqlite3_bind_int64(select, 1, is_within ? (int64_t)query->before_number : INT64_MAX);
    sqlite3_bind_int64(select, 2, query->from_ms);
    sqlite3_bind_int64(select, 3, query->to_ms);
    bind_text(select, 4, query->actor);
    bind_text(select, 5, query->action);
    bind_text(select, 6, query->text);
    sqlite3_bind_int64(select, 7, (int64_t)(query->limit - query->count));
    int result;
    while ((result = sqlite3_step(select)) == SQLITE_ROW && query->count < query->limit) {
        query->entries[query->count++] = (struct journal_audit_entry){
            .file = file, .number = (uint64_t)sqlite3_column_int64(select, 0), .time_ms = sqlite3_column_int64(select, 1),
            .actor = copy_column(select, 2), .action = copy_column(select, 3), .text = copy_column(select, 4)};
    }
    sqlite3_finalize(select);
    return result;
}

void audit_query_give(const struct audit_query *query, const struct error *err)
{
    query->fn(query->data, query->entries, query->count, err);
}
