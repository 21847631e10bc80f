/* message.remove, author.remove, clear, panic, erase. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/moderation.h"
#include "relay/queue.h"
#include "relay/replies.h"
#include "relay/sources.h"

/* Its text is gone already: what is left is named by the platform's id, which the journal knew. */
static void handle_read(void *data, struct message *const *messages, size_t count, const struct error *read_err)
{
    struct reply *reply = data;
    uint64_t id;
    memcpy(&id, reply->data, sizeof(id));
    struct error err = {0};
    if (read_err) {
        reply_failed(reply, read_err);
    } else if (count == 0) {
        error_set(&err, ERROR_DATA, "there is no message %" PRIu64, id);
        reply_failed(reply, &err);
    } else {
        moderation_remove_rest(reply->api->relay, messages[0], reply->by);
        reply_done(reply, NULL);
    }
}

/*
 * On the platform as well, before its ids are gone from here. What came of it is in the result, and never in the way of the
 * removal here.
 */
static void act_there(const struct call *call, const struct connector_act *act, const char *const *sources, size_t count,
                      json_t **result)
{
    struct error err = {0};
    const struct sent *sent = replies_act(call->api->relay->replies, act, sources, count, call->by, &err);
    *result = sent ? sent_result(sent) : json_pack("{s:s}", "not_on_platform", err.text);
}

static void delete_there(const struct call *call, uint64_t id, json_t **result)
{
    const struct message *message = queue_find(call->api->relay->queue, id);
    if (!message) {
        *result = json_pack("{s:s}", "not_on_platform", "the message is not among the last ones");
        return;
    }
    act_there(call, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = message->is.native_id.data},
              (const char *[]){message->is.source.data}, 1, result);
}

static enum outcome remove_message(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = (uint64_t)call_int(call, "message");
    if (call_bool(call, "on_platform", false))
        delete_there(call, id, result);
    if (moderation_remove_message(call->api->relay, id, call->by))
        return COMMAND_DONE;
    json_decref(*result);
    *result = NULL;
    call->reply->data = xmalloc(sizeof(id));
    memcpy(call->reply->data, &id, sizeof(id));
    reply_hold(call->reply);
    reply_reads(call->reply, journal_read_one(call->api->relay->journal, id, handle_read, call->reply));
    return COMMAND_LATER;
}

static bool read_author(const struct call *call, const char **platform, const char **author, struct error *err)
{
    *platform = call_string(call, "platform");
    *author = call_string(call, "author");
    return (**platform && **author) ||
           error_set(err, ERROR_DATA, "platform and author name whom it is about: neither may be empty");
}

struct platform_sources {
    const char *platform;
    const char *names[REPLY_TARGETS_MAX];
    size_t count;
};

static void add_source(void *data, const struct source *source)
{
    struct platform_sources *found = data;
    if (strcmp(source->platform, found->platform) == 0 && found->count < REPLY_TARGETS_MAX)
        found->names[found->count++] = source->id;
}

static void ban_there(const struct call *call, const char *platform, const char *author, json_t **result)
{
    struct platform_sources found = {.platform = platform};
    sources_each(call->api->relay->sources, add_source, &found);
    if (found.count == 0) {
        *result = json_pack("{s:s}", "not_on_platform", "no source of this platform is configured");
        return;
    }
    act_there(call, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = author}, found.names, found.count, result);
}

static enum outcome remove_author(const struct call *call, json_t **result, struct error *err)
{
    const char *platform, *author;
    if (!read_author(call, &platform, &author, err))
        return COMMAND_FAILED;
    if (call_bool(call, "on_platform", false))
        ban_there(call, platform, author, result);
    moderation_remove_author(call->api->relay, platform, author, call->by);
    return COMMAND_DONE;
}

static enum outcome clear(const struct call *call, json_t **result, struct error *err)
{
    moderation_clear(call->api->relay, call->by);
    return COMMAND_DONE;
}

static enum outcome panic(const struct call *call, json_t **result, struct error *err)
{
    bool is_on = call_bool(call, "on", true), is_clear = call_bool(call, "clear", false);
    if (is_on && is_clear) {
        error_set(err, ERROR_DATA, "clear goes with \"on\":false: what was on air does not come back then");
        return COMMAND_FAILED;
    }
    if (is_clear)
        moderation_clear(call->api->relay, call->by);  // while nobody sees it
    moderation_panic(call->api->relay, is_on, call->by);
    return COMMAND_DONE;
}

static void handle_erased(void *data, size_t rows, int64_t took_ms)
{
    reply_done(data, json_pack("{s:I,s:I}", "rows", (json_int_t)rows, "took_ms", (json_int_t)took_ms));
}

static enum outcome erase(const struct call *call, json_t **result, struct error *err)
{
    const char *platform, *author;
    if (!read_author(call, &platform, &author, err))
        return COMMAND_FAILED;
    moderation_erase_author(call->api->relay, platform, author, call->by, handle_erased, call->reply);
    return COMMAND_LATER;
}

const struct command commands_moderation[] = {
    {"message.remove", API_ROLE_MODERATOR, {{"message", ARGUMENT_ID}, {"on_platform", ARGUMENT_BOOL, true}}, remove_message},
    {"author.remove", API_ROLE_MODERATOR,
     {{"platform", ARGUMENT_TEXT}, {"author", ARGUMENT_TEXT}, {"on_platform", ARGUMENT_BOOL, true}}, remove_author},
    {"clear", API_ROLE_MODERATOR, {{0}}, clear},
    {"panic", API_ROLE_MODERATOR, {{"on", ARGUMENT_BOOL, true}, {"clear", ARGUMENT_BOOL, true}}, panic},
    {"erase", API_ROLE_OWNER, {{"platform", ARGUMENT_TEXT}, {"author", ARGUMENT_TEXT}}, erase},
    {0},
};
