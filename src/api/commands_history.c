/* history, search: read from the journal, answered when its reader is done. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/message_filter.h"
#include "relay/queue.h"
#include "relay/search_words.h"

enum { LIMIT_USUAL = 100, LIMIT_MAX = 1000, SEARCH_BYTES_MAX = 400, MARKS_MAX = 32 };

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
    return list;
}

static json_t *with_next(json_t *result, uint64_t next)
{
    if (next > 0)
        json_object_set_new(result, "next", json_integer((json_int_t)next));
    return result;
}

/* --- What both take --- */

static bool read_limit(const struct call *call, size_t *limit, struct error *err)
{
    int64_t given = call_has(call, "limit") ? call_int(call, "limit") : LIMIT_USUAL;
    if (given < 1 || given > LIMIT_MAX)
        return error_set(err, ERROR_DATA, "limit %" PRId64 ": 1 to %d are possible", given, LIMIT_MAX);
    *limit = (size_t)given;
    return true;
}

static bool read_times(const struct call *call, struct journal_query *query, struct error *err)
{
    query->from_ms = call_int(call, "from_ms");
    query->to_ms = call_int(call, "to_ms");
    if (query->from_ms < 0 || query->to_ms < 0 || (query->to_ms > 0 && query->from_ms >= query->to_ms))
        return error_set(err, ERROR_DATA, "from_ms %" PRId64 " to to_ms %" PRId64 ": the end must lie behind the beginning, both in"
                         " Unix milliseconds", query->from_ms, query->to_ms);
    return true;
}

/* The filter is the caller's to unref. */
static bool read_query(const struct call *call, struct journal_query *query, struct error *err)
{
    bool is_all;
    query->before = (uint64_t)call_int(call, "before");
    if (!read_limit(call, &query->limit, err) || !read_times(call, query, err))
        return false;
    query->filter = message_filter_create(call->arguments, &is_all, err);
    return query->filter || is_all;
}

/* --- History: what the journal holds, and what stands in memory alone while the disk refuses --- */

static bool is_on_page(const struct journal_query *query, const struct message *message, uint64_t next)
{
    bool is_up = query->after > 0;
    return (is_up ? message->id > query->after && (next == 0 || message->id <= next)
                  : (query->before == 0 || message->id < query->before) && (next == 0 || message->id >= next)) &&
           (query->from_ms == 0 || message->received_ms >= query->from_ms) &&
           (query->to_ms == 0 || message->received_ms < query->to_ms) && message_filter_passes(query->filter, message, NULL);
}

/* The queue's that are on the page, in the page's order. */
static size_t list_recent(const struct queue *queue, const struct journal_query *query, uint64_t next,
                          struct message **recent)
{
    size_t count = 0;
    bool is_up = query->after > 0;
    struct message *message = is_up ? queue_next(queue, query->after) : queue_previous(queue, query->before);
    for (; message && count < query->limit; message = is_up ? queue_next(queue, message->id) : queue_previous(queue, message->id)) {
        if (is_on_page(query, message, next))
            recent[count++] = message;
    }
    return count;
}

/* Both in the page's order; of the same id the queue's is newer. Keeps the first `limit`. */
static size_t merge(const struct journal_found *old, struct message *const *recent, size_t recent_count,
                    const struct journal_query *query, struct message **merged)
{
    bool is_up = query->after > 0;
    size_t count = 0, o = 0, r = 0;
    while (count < query->limit && (o < old->count || r < recent_count)) {
        bool is_recent = o == old->count ||
                         (r < recent_count && (recent[r]->id == old->messages[o]->id ||
                                               (recent[r]->id < old->messages[o]->id) == is_up));
        if (is_recent && o < old->count && recent[r]->id == old->messages[o]->id)
            o++;
        merged[count++] = is_recent ? recent[r++] : old->messages[o++];
    }
    return count;
}

static void reverse(struct message **messages, size_t count)
{
    for (size_t i = 0, j = count; i + 1 < j; i++) {
        struct message *message = messages[i];
        messages[i] = messages[--j];
        messages[j] = message;
    }
}

static void answer_page(struct reply *reply, const struct journal_query *query, const struct journal_found *found)
{
    struct message **recent = xcalloc(query->limit, sizeof(*recent)), **merged = xcalloc(query->limit, sizeof(*merged));
    size_t recent_count = list_recent(reply->api->relay->queue, query, found->next, recent);
    size_t count = merge(found, recent, recent_count, query, merged);
    uint64_t next = count == query->limit ? merged[count - 1]->id : found->next;
    if (query->after == 0)
        reverse(merged, count);
    reply_done(reply, with_next(json_pack("{s:o}", "messages", list_json(merged, count)), next));
    free(recent);
    free(merged);
}

static void handle_history(void *data, const struct journal_found *found)
{
    if (found->err) {
        reply_failed(data, found->err);
    } else {
        answer_page(data, found->query, found);
    }
}

static enum outcome history(const struct call *call, json_t **result, struct error *err)
{
    struct journal_query query = {.after = (uint64_t)call_int(call, "after")};
    if (query.after > 0 && call_has(call, "before")) {
        error_set(err, ERROR_DATA, "before and after: one of them says where the page is");
        return COMMAND_FAILED;
    }
    if (!read_query(call, &query, err))
        return COMMAND_FAILED;
    reply_hold(call->reply);
    reply_reads(call->reply, journal_query(call->api->relay->journal, &query, handle_history, call->reply));
    message_filter_unref(query.filter);
    return COMMAND_LATER;
}

/* --- Search --- */

/* Where the query's words stand in a text: [from, to] by bytes, at most MARKS_MAX. */
static json_t *marks_of(struct str text, const char *words, size_t word_count)
{
    struct buffer flat = {0}, offsets = {0};
    json_t *marks = json_array();
    search_flatten(text, &flat, &offsets);
    const uint32_t *from = (const uint32_t *)(void *)offsets.data;
    struct str line = {flat.data, flat.len};
    for (size_t i = 0; i < word_count; i++, words += strlen(words) + 1) {
        size_t len = strlen(words), at = search_find_word(line, words, 0);
        for (; at != SIZE_MAX && json_array_size(marks) < MARKS_MAX; at = search_find_word(line, words, at + len))
            json_array_append_new(marks, json_pack("[i,i]", (int)from[at], (int)from[at + len]));
    }
    buffer_fini(&flat);
    buffer_fini(&offsets);
    return marks;
}

static json_t *hits_json(const struct journal_found *found, const char *text)
{
    struct buffer words = {0};
    size_t word_count = text ? search_flatten_query(str_from(text), &words) : 0;
    json_t *list = json_array();
    for (size_t i = 0; i < found->count; i++) {
        json_t *message = message_json(found->messages[i]);
        if (word_count > 0) {
            json_object_set_new(message, "marks", marks_of(found->messages[i]->is.text, words.data, word_count));
            json_object_set_new(message, "name_marks", marks_of(found->messages[i]->is.author.name, words.data, word_count));
        }
        json_array_append_new(list, message);
    }
    buffer_fini(&words);
    return list;
}

static json_t *shows_json(const struct journal_found *found)
{
    json_t *list = json_array();
    for (size_t i = 0; i < found->show_count; i++) {
        const struct journal_show *show = &found->shows[i];
        json_array_append_new(list, json_pack("{s:I,s:I,s:I}", "first_id", (json_int_t)show->first_id, "from_ms",
                                              (json_int_t)show->from_ms, "to_ms", (json_int_t)show->to_ms));
    }
    return list;
}

static void handle_found(void *data, const struct journal_found *found)
{
    struct reply *reply = data;
    if (found->err) {
        reply_failed(reply, found->err);
        return;
    }
    json_t *result = json_pack("{s:o,s:o}", "messages", hits_json(found, found->query->text), "shows", shows_json(found));
    reply_done(reply, with_next(result, found->next));
}

static bool read_search(const struct call *call, struct journal_query *query, struct error *err)
{
    struct str text = call_text(call, "text");
    query->author_id = call_text(call, "author");
    query->platform = call_text(call, "platform");
    if ((query->author_id.len > 0) != (query->platform.len > 0))
        return error_set(err, ERROR_DATA, "author is the id of one on a platform: both or none are expected");
    if (call_has(call, "text") && (*call_string(call, "text") == '\0' || text.len > SEARCH_BYTES_MAX))
        return error_set(err, ERROR_DATA, "text: 1 to %d bytes to look for are expected", SEARCH_BYTES_MAX);
    if (!call_has(call, "text") && query->author_id.len == 0)
        return error_set(err, ERROR_DATA, "text is missing: words to look for, or an author with platform, are expected");
    query->text = call_has(call, "text") ? text.data : NULL;
    return true;
}

static enum outcome search(const struct call *call, json_t **result, struct error *err)
{
    struct journal_query query = {0};
    // Its words are the index's business: as a filter they would be looked for in every row again.
    json_t *members = json_copy((json_t *)call->arguments);
    json_object_del(members, "text");
    struct call without_text = *call;
    without_text.arguments = members;
    bool is_right = read_search(call, &query, err) && read_query(&without_text, &query, err);
    json_decref(members);
    if (is_right) {
        reply_hold(call->reply);
        reply_reads(call->reply, journal_query(call->api->relay->journal, &query, handle_found, call->reply));
    }
    message_filter_unref(query.filter);
    return is_right ? COMMAND_LATER : COMMAND_FAILED;
}

#define PAGE_ARGUMENTS \
    {"before", ARGUMENT_ID, true}, {"limit", ARGUMENT_INT, true}, {"from_ms", ARGUMENT_INT, true}, \
    {"to_ms", ARGUMENT_INT, true}, {"sources", ARGUMENT_TEXTS, true}, {"platforms", ARGUMENT_TEXTS, true}, \
    {"languages", ARGUMENT_TEXTS, true}, {"roles", ARGUMENT_TEXTS, true}, {"kinds", ARGUMENT_TEXTS, true}, \
    {"money", ARGUMENT_BOOL, true}, {"questions", ARGUMENT_BOOL, true}

const struct command commands_history[] = {
    {"history", API_ROLE_VIEWER, {PAGE_ARGUMENTS, {"after", ARGUMENT_ID, true}, {"text", ARGUMENT_TEXT, true}}, history},
    {"search", API_ROLE_VIEWER,
     {PAGE_ARGUMENTS, {"text", ARGUMENT_TEXT, true}, {"platform", ARGUMENT_TEXT, true}, {"author", ARGUMENT_TEXT, true}}, search},
    {0},
};
