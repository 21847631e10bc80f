/* poll.* */
#include "api/command.h"
#include "base/error.h"
#include "relay/polls.h"

static enum outcome open_poll(const struct call *call, json_t **result, struct error *err)
{
    const json_t *list = json_object_get(call->arguments, "options");
    struct str options[VOTE_OPTIONS_MAX];
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < VOTE_OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(list, i);
        options[i] = (struct str){json_string_value(option), json_string_length(option)};
    }
    const struct poll *poll = polls_open(call->api->relay->polls, call_text(call, "question"), options, count,
                                         call_int(call, "seconds"), call->by, err);
    if (!poll)
        return COMMAND_FAILED;
    *result = json_pack("{s:I}", "id", (json_int_t)poll->id);
    return COMMAND_DONE;
}

static enum outcome close_poll(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = polls_close(call->api->relay->polls, (uint64_t)call_int(call, "id"), call->by, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome air_poll(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = polls_air(call->api->relay->polls, (uint64_t)call_int(call, "id"), call_bool(call, "on_air", true),
                             call->by, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

const struct command commands_poll[] = {
    {"poll.open", API_ROLE_MODERATOR,
     {{"question", ARGUMENT_TEXT}, {"options", ARGUMENT_TEXTS}, {"seconds", ARGUMENT_INT, true}}, open_poll},
    {"poll.close", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, close_poll},
    {"poll.air", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"on_air", ARGUMENT_BOOL, true}}, air_poll},
    {0},
};
