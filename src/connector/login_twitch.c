/* login_twitch.c - Twitch: the device code flow of a public client (dev.twitch.tv/docs/authentication, 2026-08). */
#include "base/json.h"
#include "connector/login_impl.h"

/* 200 {"client_id","login","scopes":[…],"user_id","expires_in"} */
static bool read_identity(const json_t *answer, struct login_identity *identity)
{
    identity->id = json_get_text(answer, "user_id");
    identity->name = json_get_text(answer, "login");
    identity->scopes = json_object_get(answer, "scopes");
    identity->expires_in_s = json_get_int(answer, "expires_in", 0);
    return identity->id && identity->name;
}

/* The state stands in "message", not in RFC 8628's "error". */
static const struct login_word ask_words[] = {
    {"authorization_pending", LOGIN_PENDING}, {"slow_down", LOGIN_SLOWER}, {"access_denied", LOGIN_DENIED},
    {"invalid device code", LOGIN_EXPIRED}, {"expired_token", LOGIN_EXPIRED}, {"invalid client", LOGIN_WRONG},
    {"invalid client secret", LOGIN_WRONG}, {"missing client id", LOGIN_WRONG}, {NULL},
};
static const struct login_word renew_words[] = {
    {"invalid refresh token", LOGIN_ENDED}, {"invalid access token", LOGIN_ENDED}, {"invalid client", LOGIN_WRONG},
    {"invalid client secret", LOGIN_WRONG}, {"missing client id", LOGIN_WRONG}, {NULL},
};

const struct login_impl twitch_login = {
    .name = "twitch", .label = "Twitch", .url = "https://id.twitch.tv/oauth2", .api_url = "https://api.twitch.tv/helix",
    .device_path = "/device", .token_path = "/token", .revoke_path = "/revoke",
    .scopes = "bits:read channel:manage:polls channel:moderate channel:read:polls channel:read:redemptions "
              "channel:read:subscriptions channel:read:predictions channel:read:hype_train channel:read:charity "
              "moderator:manage:announcements moderator:manage:automod "
              "moderator:manage:banned_users moderator:manage:chat_messages moderator:read:blocked_terms "
              "moderator:read:chat_settings moderator:read:followers moderator:read:moderators "
              "moderator:read:unban_requests moderator:read:vips moderator:read:warnings user:read:chat user:write:chat",
    .scope_key = "scopes",
    // Twitch demands it: at the start, and each hour.
    .identity_path = "/validate", .identity_scheme = "OAuth", .validate_ms = 60 * 60 * 1000, .read_identity = read_identity,
    .ask_words = ask_words, .renew_words = renew_words, .console = "https://dev.twitch.tv/console/apps",
};
