/* message.remove, author.remove, clear, panic, erase. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/error.h"
#include "base/memory.h"
#include "relay/journal.h"
#include "relay/moderation.h"

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

static enum outcome remove_message(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = (uint64_t)call_int(call, "message");
    if (moderation_remove_message(call->api->relay, id, call->by))
        return COMMAND_DONE;
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

static enum outcome remove_author(const struct call *call, json_t **result, struct error *err)
{
    const char *platform, *author;
    if (!read_author(call, &platform, &author, err))
        return COMMAND_FAILED;
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
    moderation_panic(call->api->relay, call_bool(call, "on", true), call->by);
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
    {"message.remove", API_ROLE_MODERATOR, {{"message", ARGUMENT_ID}}, remove_message},
    {"author.remove", API_ROLE_MODERATOR, {{"platform", ARGUMENT_TEXT}, {"author", ARGUMENT_TEXT}}, remove_author},
    {"clear", API_ROLE_MODERATOR, {{0}}, clear},
    {"panic", API_ROLE_MODERATOR, {{"on", ARGUMENT_BOOL, true}}, panic},
    {"erase", API_ROLE_OWNER, {{"platform", ARGUMENT_TEXT}, {"author", ARGUMENT_TEXT}}, erase},
    {0},
};
