/* history, search: read from the journal, answered when its reader is done. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/queue.h"

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

static json_t *list_json(struct message *const *messages, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, message_json(messages[i]));
    return json_pack("{s:o}", "messages", list);
}

static void handle_found(void *data, struct message *const *messages, size_t count, const struct error *err)
{
    if (err) {
        reply_failed(data, err);
    } else {
        reply_done(data, list_json(messages, count));
    }
}

/* --- History: what the journal holds, and what stands in memory alone while the disk refuses --- */

struct page {
    uint64_t before;  // 0: the newest
    size_t limit;
};

/* Both grow by id; of the same id the queue's is newer. Keeps the last `limit`. */
static size_t merge(struct message *const *old, size_t old_count, const struct queue *queue, const struct page *page,
                    struct message **merged)
{
    size_t count = page->limit;
    struct message *recent = queue_previous(queue, page->before);
    while (count > 0 && (recent || old_count > 0)) {
        bool is_recent = recent && (old_count == 0 || recent->id >= old[old_count - 1]->id);
        if (is_recent && old_count > 0 && recent->id == old[old_count - 1]->id)
            old_count--;
        merged[--count] = is_recent ? recent : old[--old_count];
        if (is_recent)
            recent = queue_previous(queue, recent->id);
    }
    memmove(merged, merged + count, (page->limit - count) * sizeof(*merged));
    return page->limit - count;
}

static void handle_history(void *data, struct message *const *messages, size_t count, const struct error *err)
{
    struct reply *reply = data;
    const struct page *page = reply->data;
    if (err) {
        reply_failed(reply, err);
        return;
    }
    struct message **merged = xcalloc(page->limit, sizeof(*merged));
    count = merge(messages, count, reply->api->relay->queue, page, merged);
    reply_done(reply, list_json(merged, count));
    free(merged);
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
    struct page *page = call->reply->data = xmalloc(sizeof(*page));
    *page = (struct page){.before = (uint64_t)call_int(call, "before"), .limit = limit};
    reply_hold(call->reply);
    reply_reads(call->reply,
                journal_read(call->api->relay->journal, page->before, limit, handle_history, call->reply));
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
    reply_reads(call->reply, journal_search(call->api->relay->journal, text, limit, handle_found, call->reply));
    return COMMAND_LATER;
}

const struct command commands_history[] = {
    {"history", API_ROLE_VIEWER, {{"before", ARGUMENT_ID, true}, {"limit", ARGUMENT_INT, true}}, history},
    {"search", API_ROLE_VIEWER, {{"text", ARGUMENT_TEXT}, {"limit", ARGUMENT_INT, true}}, search},
    {0},
};
