/* invite, invite.*, token.*: who else may come in. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/command.h"
#include "api/crew.h"
#include "api/invites.h"
#include "api/qr_rows.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/journal.h"


static bool read_role(const struct call *call, enum api_role least, enum api_role *role, struct error *err)
{
    const char *name = call_string(call, "role");
    *role = api_role_from_name(name);
    return *role >= least || error_set(err, ERROR_DATA, "role \"%.20s\": %sviewer, moderator or owner is expected", name,
                                       least == API_ROLE_BUTTON ? "button, " : "");
}

/* It stands in logs and before others' eyes: no line ends, and no characters that turn what follows around. */
static bool check_name(const char *name, struct error *err)
{
    for (const unsigned char *at = (const unsigned char *)name; *at; at++) {
        bool is_control = *at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
        bool turns = at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) || (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
        if (is_control || turns)
            return error_set(err, ERROR_DATA, "name: it has control characters in it");
    }
    return strlen(name) < TOKEN_NAME_BYTES ||
           error_set(err, ERROR_DATA, "name: at most %d bytes are possible", TOKEN_NAME_BYTES - 1);
}

/* --- Invitations --- */

static bool read_life(const struct call *call, enum token_life *life, struct error *err)
{
    const char *name = call_string(call, "life");
    *life = token_life_from_name(name);
    return !call_has(call, "life") || *life != TOKEN_LIFE_USUAL ||
           error_set(err, ERROR_DATA, "life \"%.20s\": show or forever is expected", name);
}

static bool read_invite(const struct call *call, struct invite *invite, struct error *err)
{
    const char *name = call_string(call, "name");
    int64_t minutes = call_int(call, "minutes");
    if (!read_role(call, API_ROLE_VIEWER, &invite->role, err) || !read_life(call, &invite->life, err) || !check_name(name, err))
        return false;
    if (call_has(call, "minutes") && (minutes < 1 || minutes > INVITE_MINUTES_MAX))
        return error_set(err, ERROR_DATA, "minutes %" PRId64 ": 1 to %d are possible", minutes, INVITE_MINUTES_MAX);
    snprintf(invite->name, sizeof(invite->name), "%s", name);
    snprintf(invite->by, sizeof(invite->by), "%s", call->by);
    return true;
}

/* Which of our pages the link opens. */
static bool read_page(const struct call *call, const char **page, struct error *err)
{
    *page = call_string(call, "page");
    return !call_has(call, "page") || strcmp(*page, "host") == 0 ||
           error_set(err, ERROR_DATA, "page \"%.20s\": host is expected, or nothing", *page);
}

static enum outcome invite(const struct call *call, json_t **result, struct error *err)
{
    struct invite invite = {0};
    char text[TOKEN_TEXT_BYTES];
    const char *page;
    if (!read_invite(call, &invite, err) || !read_page(call, &page, err) ||
        !access_invite(call->api->access, &invite, (int)call_int(call, "minutes"), text, err))
        return COMMAND_FAILED;
    char *base = access_url(call->api->access), *url = xasprintf("%s/%s#link=%s", base, page, text);
    *result = json_pack("{s:I,s:s,s:s,s:s,s:I}", "id", (json_int_t)invite.id, "url", url, "role", api_role_name(invite.role), "name",
                        invite.name, "expires_ms", (json_int_t)invite.expires_ms);
    json_t *code = qr_rows(url);
    if (code)
        json_object_set_new(*result, "qr", code);
    free(base);
    free(url);
    return COMMAND_DONE;
}

struct listing {
    const struct journal *journal;
    json_t *list;
};

static void list_invite(void *data, const struct invite *invite)
{
    const struct listing *listing = data;
    int64_t seen_ms;
    size_t sessions = token_count_sessions(listing->journal, invite->id, &seen_ms);
    const char *state = invite->used_ms ? "used" : invite->expires_ms <= clock_unix_ms() ? "expired" : "open";
    json_t *item = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "id", (json_int_t)invite->id, "name", invite->name, "role",
                             api_role_name(invite->role), "life", token_life_name(invite->life), "by", invite->by, "state", state,
                             "made_ms", (json_int_t)invite->made_ms, "expires_ms", (json_int_t)invite->expires_ms, "sessions",
                             (json_int_t)sessions);
    if (invite->used_ms)
        json_object_set_new(item, "used_ms", json_integer(invite->used_ms));
    if (seen_ms)
        json_object_set_new(item, "seen_ms", json_integer(seen_ms));
    json_array_append_new(listing->list, item);
}

static enum outcome list_invites(const struct call *call, json_t **result, struct error *err)
{
    struct journal *journal = call->api->relay->journal;
    struct listing listing = {journal, json_array()};
    invites_sweep(journal);
    invites_each(journal, list_invite, &listing);
    *result = json_pack("{s:o}", "invitations", listing.list);
    return COMMAND_DONE;
}

static enum outcome revoke_invite(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = (uint64_t)call_int(call, "id");
    struct invite invite;
    if (!invites_find(call->api->relay->journal, id, &invite)) {
        error_set(err, ERROR_DATA, "there is no invitation %" PRIu64, id);
        return COMMAND_FAILED;
    }
    invites_remove(call->api->relay->journal, id);
    client_end_invite(call->api, id);
    crew_send_out(call->api->crew, invite.name);
    *result = json_pack("{s:s}", "name", invite.name);
    return COMMAND_DONE;
}

/* --- Programs' tokens --- */

static enum outcome add_token(const struct call *call, json_t **result, struct error *err)
{
    struct token token = {.kind = TOKEN_PROGRAM};
    const char *name = call_string(call, "name");
    if (!read_role(call, API_ROLE_BUTTON, &token.role, err) || !check_name(name, err))
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
        crew_send_out(call->api->crew, name);
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
     {{"role", ARGUMENT_TEXT}, {"minutes", ARGUMENT_INT, true}, {"name", ARGUMENT_TEXT, true}, {"life", ARGUMENT_TEXT, true},
      {"page", ARGUMENT_TEXT, true}},
     invite},
    {"invite.list", API_ROLE_OWNER, {{0}}, list_invites},
    {"invite.revoke", API_ROLE_OWNER, {{"id", ARGUMENT_ID}}, revoke_invite},
    {"token.add", API_ROLE_OWNER, {{"role", ARGUMENT_TEXT}, {"name", ARGUMENT_TEXT}}, add_token},
    {"token.remove", API_ROLE_OWNER, {{"name", ARGUMENT_TEXT}}, remove_token},
    {"token.list", API_ROLE_OWNER, {{0}}, list_tokens},
    {0},
};
