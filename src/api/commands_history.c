/* history, search: read from the journal, answered when its reader is done. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/message.h"
#include "relay/journal.h"

enum { LIMIT_USUAL = 100, LIMIT_MAX = 1000, SEARCH_BYTES_MAX = 400 };

static json_t *message_json(const struct message *message)
{
    struct buffer text = {0};
    struct error err;
    message_write_json(message, &text);
    json_t *object = json_parse(text.data, text.len, &err);
    buffer_fini(&text);
    return object;
}

static void handle_messages(void *data, struct message *const *messages, size_t count, const struct error *err)
{
    struct reply *reply = data;
    if (err) {
        reply_failed(reply, err);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, message_json(messages[i]));
    reply_done(reply, json_pack("{s:o}", "messages", list));
}

static bool read_limit(const struct call *call, size_t *limit, struct error *err)
{
    int64_t given = call_has(call, "limit") ? call_int(call, "limit") : LIMIT_USUAL;
    if (given < 1 || given > LIMIT_MAX)
        return error_set(err, ERROR_DATA, "limit %" PRId64 ": 1 to %d are possible", given, LIMIT_MAX);
    *limit = (size_t)given;
    return true;
}

static enum outcome history(const struct call *call, json_t **result, struct error *err)
{
    size_t limit;
    if (!read_limit(call, &limit, err))
        return COMMAND_FAILED;
    reply_hold(call->reply);
    reply_reads(call->reply, journal_read(call->api->relay->journal, (uint64_t)call_int(call, "before"), limit,
                                          handle_messages, call->reply));
    return COMMAND_LATER;
}

static enum outcome search(const struct call *call, json_t **result, struct error *err)
{
    size_t limit;
    const char *text = call_string(call, "text");
    if (!read_limit(call, &limit, err))
        return COMMAND_FAILED;
    if (*text == '\0' || strlen(text) > SEARCH_BYTES_MAX) {
        error_set(err, ERROR_DATA, "text: 1 to %d bytes to look for are expected", SEARCH_BYTES_MAX);
        return COMMAND_FAILED;
    }
    reply_hold(call->reply);
    reply_reads(call->reply, journal_search(call->api->relay->journal, text, limit, handle_messages, call->reply));
    return COMMAND_LATER;
}

const struct command commands_history[] = {
    {"history", API_ROLE_VIEWER, {{"before", ARGUMENT_ID, true}, {"limit", ARGUMENT_INT, true}}, history},
    {"search", API_ROLE_VIEWER, {{"text", ARGUMENT_TEXT}, {"limit", ARGUMENT_INT, true}}, search},
    {0},
};
