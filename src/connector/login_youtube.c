/*
 * login_youtube.c - Google: the device code flow of a client of the type "TVs and Limited Input devices"
 * (developers.google.com/youtube/v3/guides/auth/devices, 2026-08). Such a client has a secret, and it must be sent.
 */
#include "base/json.h"
#include "connector/login_impl.h"

/* channels.list of the token's own channel: one unit of the quota, once a login. */
static bool read_identity(const json_t *answer, struct login_identity *identity)
{
    const json_t *channel = json_array_get(json_object_get(answer, "items"), 0);
    const json_t *snippet = json_object_get(channel, "snippet");
    const char *handle = json_get_text(snippet, "customUrl");
    identity->id = json_get_text(channel, "id");
    identity->name = handle ? handle : json_get_text(snippet, "title");
    return identity->id && identity->name;
}

/* invalid_grant is the code's end here, and the login's end when a token is renewed. */
static const struct login_word ask_words[] = {
    {"authorization_pending", LOGIN_PENDING}, {"slow_down", LOGIN_SLOWER}, {"access_denied", LOGIN_DENIED},
    {"invalid_grant", LOGIN_EXPIRED}, {"expired_token", LOGIN_EXPIRED}, {"invalid_client", LOGIN_WRONG},
    {"unauthorized_client", LOGIN_WRONG}, {"invalid_scope", LOGIN_WRONG}, {NULL},
};
static const struct login_word renew_words[] = {
    {"invalid_grant", LOGIN_ENDED}, {"invalid_client", LOGIN_WRONG}, {"unauthorized_client", LOGIN_WRONG},
    {"deleted_client", LOGIN_WRONG}, {NULL},
};

const struct login_impl youtube_login = {
    .name = "youtube", .label = "YouTube", .url = "https://oauth2.googleapis.com",
    .api_url = "https://www.googleapis.com/youtube/v3",
    .device_path = "/device/code", .token_path = "/token", .revoke_path = "/revoke", .revokes_refresh = true,
    .scopes = "https://www.googleapis.com/auth/youtube", .scope_key = "scope", .needs_secret = true,
    .identity_path = "/channels?part=snippet&mine=true", .is_identity_at_api = true, .identity_scheme = "Bearer",
    .read_identity = read_identity, .ask_words = ask_words, .renew_words = renew_words,
    .console = "https://console.cloud.google.com/apis/credentials",
};
