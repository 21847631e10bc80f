/*
 * output.*, input.select, blank: passed on to the video process. Nobody enters an address here: names are the
 * configuration's.
 */
#include <string.h>

#include "api/command.h"
#include "api/outputs.h"
#include "base/error.h"

static enum outcome pass_on(const struct call *call, json_t **result, struct error *err)
{
    const char *name = call_has(call, "name") ? call_string(call, "name") : NULL;
    bool is_sent = outputs_pass_on(call->api, call->reply->command->name, name, call->arguments, call->reply, err);
    return is_sent ? COMMAND_LATER : COMMAND_FAILED;
}

static enum outcome select_input(const struct call *call, json_t **result, struct error *err)
{
    const char *which = call_string(call, "which");
    if (strcmp(which, "auto") != 0 && strcmp(which, "main") != 0 && strcmp(which, "backup") != 0) {
        error_set(err, ERROR_DATA, "which \"%.40s\": auto, main or backup is expected", which);
        return COMMAND_FAILED;
    }
    return pass_on(call, result, err);
}

static enum outcome watch(const struct call *call, json_t **result, struct error *err)
{
    if (!call->client) {
        error_set(err, ERROR_DATA, "pictures come as events of a websocket, and this came by HTTP");
        return COMMAND_FAILED;
    }
    outputs_watch(call->api, call->client, call_bool(call, "on", true));
    return COMMAND_DONE;
}

const struct command commands_output[] = {
    {"output.start", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}}, pass_on},
    {"output.stop", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}}, pass_on},
    {"output.blank", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}, {"on", ARGUMENT_BOOL, true}}, pass_on},
    {"output.delay", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}, {"ms", ARGUMENT_INT}}, pass_on},
    {"output.watch", API_ROLE_VIEWER, {{"on", ARGUMENT_BOOL, true}}, watch},
    {"input.select", API_ROLE_MODERATOR, {{"which", ARGUMENT_TEXT}}, select_input},
    {"blank", API_ROLE_MODERATOR, {{"on", ARGUMENT_BOOL, true}}, pass_on},
    {0},
};
