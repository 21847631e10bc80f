/* output.*: passed on to the video process. Nobody enters an address here: names are the configuration's. */
#include "api/command.h"
#include "api/outputs.h"

static enum outcome pass_on(const struct call *call, json_t **result, struct error *err)
{
    bool is_sent = outputs_pass_on(call->api, call->reply->command->name, call_string(call, "name"), call->arguments,
                                   call->reply, err);
    return is_sent ? COMMAND_LATER : COMMAND_FAILED;
}

const struct command commands_output[] = {
    {"output.start", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}}, pass_on},
    {"output.stop", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}}, pass_on},
    {"output.blank", API_ROLE_MODERATOR, {{"name", ARGUMENT_TEXT}, {"on", ARGUMENT_BOOL, true}}, pass_on},
    {0},
};
