/* audit: who did what, read back from all files of the journal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/command.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/journal.h"

enum { LIMIT_USUAL = 100, LIMIT_MAX = 500, FILTER_BYTES_MAX = 200 };

/* "FILE-NUMBER", as an entry's id is written. */
static bool read_before(const struct call *call, struct journal_audit_filter *filter, struct error *err)
{
    const char *before = call_string(call, "before");
    int end = 0;
    if (!call_has(call, "before"))
        return true;
    if (strlen(before) < 42 && sscanf(before, "%20" SCNu64 "-%20" SCNu64 "%n", &filter->before_file, &filter->before_number, &end) == 2 &&
        before[end] == '\0')
        return true;
    return error_set(err, ERROR_DATA, "before \"%.40s\": expected the id of an entry, as in \"1-12\"", before);
}

static bool read_filter(const struct call *call, struct journal_audit_filter *filter, size_t *limit, struct error *err)
{
    static const char *const names[] = {"actor", "action", "text"};
    int64_t given = call_has(call, "limit") ? call_int(call, "limit") : LIMIT_USUAL;
    if (given < 1 || given > LIMIT_MAX)
        return error_set(err, ERROR_DATA, "limit %" PRId64 ": 1 to %d are possible", given, LIMIT_MAX);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (call_text(call, names[i]).len > FILTER_BYTES_MAX)
            return error_set(err, ERROR_DATA, "%s: at most %d bytes are possible", names[i], FILTER_BYTES_MAX);
    }
    *limit = (size_t)given;
    *filter = (struct journal_audit_filter){
        .from_ms = call_int(call, "from_ms"), .to_ms = call_int(call, "to_ms"), .actor = call_string(call, "actor"),
        .action = call_string(call, "action"), .text = call_string(call, "text")};
    return read_before(call, filter, err);
}

static json_t *entry_json(const struct journal_audit_entry *entry)
{
    char id[44];
    snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, entry->file, entry->number);
    json_t *detail = json_parse(entry->text, strlen(entry->text), NULL);
    return json_pack("{s:s,s:I,s:s,s:s,s:o}", "id", id, "time_ms", (json_int_t)entry->time_ms, "actor", entry->actor, "action",
                     entry->action, "detail", detail ? detail : json_string(entry->text));
}

static void handle_read(void *data, const struct journal_audit_entry *entries, size_t count, const struct error *err)
{
    if (err && count == 0) {
        reply_failed(data, err);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, entry_json(&entries[i]));
    reply_done(data, json_pack("{s:o}", "entries", list));
}

static enum outcome audit(const struct call *call, json_t **result, struct error *err)
{
    struct journal_audit_filter filter;
    size_t limit = 0;
    if (!read_filter(call, &filter, &limit, err))
        return COMMAND_FAILED;
    reply_hold(call->reply);
    reply_reads(call->reply, journal_read_audit(call->api->relay->journal, &filter, limit, handle_read, call->reply));
    return COMMAND_LATER;
}

const struct command commands_audit[] = {
    {"audit", API_ROLE_MODERATOR,
     {{"before", ARGUMENT_TEXT, true}, {"limit", ARGUMENT_INT, true}, {"actor", ARGUMENT_TEXT, true},
      {"action", ARGUMENT_TEXT, true}, {"text", ARGUMENT_TEXT, true}, {"from_ms", ARGUMENT_INT, true},
      {"to_ms", ARGUMENT_INT, true}}, audit},
    {0},
};
