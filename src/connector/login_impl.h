/*
 * login_impl.h - what a platform's login brings: endpoints, scopes, and the words in which it refuses. For this room only.
 * A platform is one `const struct login_impl` in login_<platform>.c, entered in the table of login.c.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* What an answer asks us to do. */
enum login_verdict {
    LOGIN_AGAIN,    // the network, 429, 5xx: may pass
    LOGIN_PENDING,  // nobody has typed the code yet
    LOGIN_SLOWER,   // we ask too often
    LOGIN_DENIED,   // the person said no
    LOGIN_EXPIRED,  // the code's time is over, or it was used
    LOGIN_ENDED,    // the token is valid no more: log in again
    LOGIN_WRONG,    // client id or secret: the configuration is to be mended
};

/* A word that stands in "error" or "message" of a refusal, in any case. */
struct login_word {
    const char *word;
    enum login_verdict verdict;
};

struct login_identity {
    const char *id, *name;   // borrowed from the answer
    char id_text[24];        // for ids that are numbers
    const json_t *scopes;    // an array or a text; NULL: not told
    int64_t expires_in_s;    // 0: not told
};

struct login_impl {
    const char *name, *label;      // "twitch", "Twitch"
    const char *url, *api_url;     // usual bases; the configuration's "url" and "api_url" come first
    const char *device_path;       // NULL: the browser flow
    const char *authorize_path;    // of the browser flow
    const char *token_path, *revoke_path;
    bool revokes_refresh;          // which token is given there
    const char *scopes;            // separated by blanks
    const char *scope_key;         // "scope"; Twitch says "scopes"
    bool needs_secret;
    uint16_t port;                 // of the browser flow's http://localhost:PORT/callback
    const char *identity_path;     // GET: whose token it is; behind api_url if is_identity_at_api
    bool is_identity_at_api;
    const char *identity_scheme;   // before the token: "Bearer", "OAuth"
    int64_t validate_ms;           // asked for identity_path so often; 0: once
    bool (*read_identity)(const json_t *answer, struct login_identity *identity);
    const struct login_word *ask_words, *renew_words;  // of the two uses of token_path; end with {NULL}
    const char *console;           // where a client id is made
};

extern const struct login_impl kick_login;
extern const struct login_impl twitch_login;
extern const struct login_impl youtube_login;
