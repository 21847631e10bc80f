/* invite, token.*: who else may come in. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/journal.h"

enum { MINUTES_MAX = 7 * 24 * 60 };

static bool read_role(const struct call *call, enum api_role *role, struct error *err)
{
    const char *name = call_string(call, "role");
    *role = api_role_from_name(name);
    return *role != API_ROLE_NONE ||
           error_set(err, ERROR_DATA, "role \"%.20s\": viewer, moderator or owner is expected", name);
}

static bool check_name(const char *name, struct error *err)
{
    return strlen(name) < TOKEN_NAME_BYTES ||
           error_set(err, ERROR_DATA, "name: at most %d bytes are possible", TOKEN_NAME_BYTES - 1);
}

static enum outcome invite(const struct call *call, json_t **result, struct error *err)
{
    enum api_role role;
    const char *name = call_string(call, "name");
    int64_t minutes = call_int(call, "minutes");
    if (!read_role(call, &role, err) || !check_name(name, err))
        return COMMAND_FAILED;
    if (call_has(call, "minutes") && (minutes < 1 || minutes > MINUTES_MAX)) {
        error_set(err, ERROR_DATA, "minutes %" PRId64 ": 1 to %d are possible", minutes, MINUTES_MAX);
        return COMMAND_FAILED;
    }
    char text[TOKEN_TEXT_BYTES];
    access_add_link(call->api->access, role, name, (int)minutes, text);
    char *base = access_url(call->api->access), *url = xasprintf("%s/#link=%s", base, text);
    *result = json_pack("{s:s,s:s}", "url", url, "role", api_role_name(role));
    free(base);
    free(url);
    return COMMAND_DONE;
}

static enum outcome add_token(const struct call *call, json_t **result, struct error *err)
{
    struct token token = {.kind = TOKEN_PROGRAM};
    const char *name = call_string(call, "name");
    if (!read_role(call, &token.role, err) || !check_name(name, err))
        return COMMAND_FAILED;
    if (*name == '\0') {
        error_set(err, ERROR_DATA, "name is empty: by it the token is removed again");
        return COMMAND_FAILED;
    }
    memcpy(token.name, name, strlen(name));
    char text[TOKEN_TEXT_BYTES];
    token_add(call->api->relay->journal, &token, text);
    *result = json_pack("{s:s}", "token", text);
    return COMMAND_DONE;
}

static enum outcome remove_token(const struct call *call, json_t **result, struct error *err)
{
    const char *name = call_string(call, "name");
    size_t count = token_remove_named(call->api->relay->journal, TOKEN_PROGRAM, name);
    count += token_remove_named(call->api->relay->journal, TOKEN_SESSION, name);
    if (count > 0) {
        client_end_named(call->api, name);
        return COMMAND_DONE;
    }
    error_set(err, ERROR_DATA, "there is no token or session of \"%.60s\"", name);
    return COMMAND_FAILED;
}

static enum outcome list_tokens(const struct call *call, json_t **result, struct error *err)
{
    struct buffer out = {0};
    struct error parse_err;
    buffer_add_string(&out, "{\"tokens\":");
    token_write_list(call->api->relay->journal, TOKEN_PROGRAM, &out);
    buffer_add_string(&out, ",\"sessions\":");
    token_write_list(call->api->relay->journal, TOKEN_SESSION, &out);
    buffer_add_char(&out, '}');
    *result = json_parse(out.data, out.len, &parse_err);
    buffer_fini(&out);
    return COMMAND_DONE;
}

const struct command commands_access[] = {
    {"invite", API_ROLE_OWNER,
     {{"role", ARGUMENT_TEXT}, {"minutes", ARGUMENT_INT, true}, {"name", ARGUMENT_TEXT, true}}, invite},
    {"token.add", API_ROLE_OWNER, {{"role", ARGUMENT_TEXT}, {"name", ARGUMENT_TEXT}}, add_token},
    {"token.remove", API_ROLE_OWNER, {{"name", ARGUMENT_TEXT}}, remove_token},
    {"token.list", API_ROLE_OWNER, {{0}}, list_tokens},
    {0},
};
