/* login.*: accounts at platforms. What happens comes as `login` events; no command answers with a token. */
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/login_json.h"
#include "base/error.h"
#include "base/json.h"
#include "connector/login.h"
#include "relay/relay.h"

static struct login *find_login(const struct call *call, struct error *err)
{
    const char *platform = call_string(call, "platform");
    struct login *login = logins_find(call->api->relay->logins, platform);
    if (!login)
        error_set(err, ERROR_DATA, "platform \"%.40s\": expected \"kick\", \"twitch\" or \"youtube\"", platform);
    return login;
}

static enum outcome start(const struct call *call, json_t **result, struct error *err)
{
    struct login *login = find_login(call, err);
    return login && login_start(login, err) ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome cancel(const struct call *call, json_t **result, struct error *err)
{
    struct login *login = find_login(call, err);
    if (!login)
        return COMMAND_FAILED;
    login_cancel(login);
    return COMMAND_DONE;
}

static enum outcome answer(const struct call *call, json_t **result, struct error *err)
{
    struct login *login = find_login(call, err);
    return login && login_answer(login, call_string(call, "address"), err) ? COMMAND_DONE : COMMAND_FAILED;
}

static void handle_forgotten(void *data, const struct error *err)
{
    struct reply *reply = data;
    json_t *result = json_pack("{s:b}", "revoked", err == NULL);
    if (err)
        json_object_set_new(result, "text", json_string(err->text));
    reply_done(reply, result);
}

static enum outcome forget(const struct call *call, json_t **result, struct error *err)
{
    struct login *login = find_login(call, err);
    if (!login)
        return COMMAND_FAILED;
    login_forget(login, handle_forgotten, call->reply);
    return COMMAND_LATER;
}

static enum outcome list(const struct call *call, json_t **result, struct error *err)
{
    json_t *logins = json_array();
    for (size_t i = 0; logins_at(call->api->relay->logins, i); i++)
        json_array_append_new(logins, login_describe(logins_at(call->api->relay->logins, i)));
    *result = json_pack("{s:o}", "logins", logins);
    return COMMAND_DONE;
}

/* `antiphon login` has stored a new one. */
static enum outcome reload(const struct call *call, json_t **result, struct error *err)
{
    logins_reload(call->api->relay->logins);
    return COMMAND_DONE;
}

const struct command commands_login[] = {
    {"login.start", API_ROLE_OWNER, {{"platform", ARGUMENT_TEXT}}, start},
    {"login.cancel", API_ROLE_OWNER, {{"platform", ARGUMENT_TEXT}}, cancel},
    {"login.answer", API_ROLE_OWNER, {{"platform", ARGUMENT_TEXT}, {"address", ARGUMENT_TEXT}}, answer},
    {"login.forget", API_ROLE_OWNER, {{"platform", ARGUMENT_TEXT}}, forget},
    {"login.list", API_ROLE_OWNER, {{0}}, list},
    {"login.reload", API_ROLE_OWNER, {{0}}, reload},
    {0},
};
