/* source.*: connections that come and go while the relay runs. */
#include "api/command.h"
#include "relay/relay.h"
#include "relay/sources.h"

static enum outcome add(const struct call *call, json_t **result, struct error *err)
{
    const struct source *source = relay_add_source(call->api->relay, json_object_get(call->arguments, "config"), err);
    if (!source)
        return COMMAND_FAILED;
    *result = json_pack("{s:s}", "source", source->id);
    return COMMAND_DONE;
}

static enum outcome remove_one(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = relay_remove_source(call->api->relay, call_string(call, "source"), err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

const struct command commands_source[] = {
    {"source.add", API_ROLE_OWNER, {{"config", ARGUMENT_OBJECT}}, add},
    {"source.remove", API_ROLE_OWNER, {{"source", ARGUMENT_TEXT}}, remove_one},
    {0},
};
