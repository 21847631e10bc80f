/*
 * login_kick.c - Kick: OAuth 2.1 in a browser, with PKCE and a secret all the same (docs.kick.com, 2026-06). There is no
 * device flow. The redirect must say "localhost": with 127.0.0.1 the consent page breaks the address.
 */
#include <stdio.h>

#include "base/json.h"
#include "connector/login_impl.h"

/* GET /users without an id: the token's own. */
static bool read_identity(const json_t *answer, struct login_identity *identity)
{
    const json_t *user = json_array_get(json_object_get(answer, "data"), 0);
    int64_t id = json_get_int(user, "user_id", 0);
    snprintf(identity->id_text, sizeof(identity->id_text), "%lld", (long long)id);
    identity->id = identity->id_text;
    identity->name = json_get_text(user, "name");
    return id > 0 && identity->name;
}

static const struct login_word ask_words[] = {
    {"access_denied", LOGIN_DENIED}, {"invalid_grant", LOGIN_EXPIRED}, {"invalid_client", LOGIN_WRONG},
    {"unauthorized_client", LOGIN_WRONG}, {"invalid_request", LOGIN_WRONG}, {"invalid_scope", LOGIN_WRONG}, {NULL},
};
static const struct login_word renew_words[] = {
    {"invalid_grant", LOGIN_ENDED}, {"invalid_token", LOGIN_ENDED}, {"invalid_client", LOGIN_WRONG},
    {"unauthorized_client", LOGIN_WRONG}, {NULL},
};

const struct login_impl kick_login = {
    .name = "kick", .label = "Kick", .url = "https://id.kick.com/oauth", .api_url = "https://api.kick.com/public/v1",
    .authorize_path = "/authorize", .token_path = "/token", .revoke_path = "/revoke", .revokes_refresh = true,
    .scopes = "user:read channel:read chat:write moderation:ban moderation:chat_message:manage events:subscribe",
    .scope_key = "scope", .needs_secret = true, .port = 8913,
    .identity_path = "/users", .is_identity_at_api = true, .identity_scheme = "Bearer", .read_identity = read_identity,
    .ask_words = ask_words, .renew_words = renew_words, .console = "https://kick.com/settings/developer",
};
