/* message.remove, author.remove, clear, panic, erase. */
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/error.h"
#include "relay/moderation.h"

static enum outcome remove_message(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = moderation_remove_message(call->api->relay, (uint64_t)call_int(call, "message"), call->by, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
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
