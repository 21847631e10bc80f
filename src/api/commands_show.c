/* show.*: where one show ends and the next begins. */
#include "api/client.h"
#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/journal.h"
#include "relay/questions.h"

static json_t *show_result(const struct call *call)
{
    return json_pack("{s:I}", "show_ms", (json_int_t)questions_show_ms(call->api->relay->questions));
}

static enum outcome begin(const struct call *call, json_t **result, struct error *err)
{
    questions_begin_show(call->api->relay->questions, call->by);
    client_end_expired(call->api, true);
    *result = show_result(call);
    return COMMAND_DONE;
}

static enum outcome list(const struct call *call, json_t **result, struct error *err)
{
    struct buffer text = {0};
    questions_write_shows(call->api->relay->questions, &text);
    *result = json_pack("{s:o}", "shows", json_parse(text.data, text.len, NULL));
    buffer_fini(&text);
    return COMMAND_DONE;
}

const struct command commands_show[] = {
    {"show.begin", API_ROLE_MODERATOR, {{0}}, begin},
    {"show.list", API_ROLE_VIEWER, {{0}}, list},
    {0},
};
