/*
 * login.h - accounts at platforms: who is logged in, and the token that reads and writes in that name.
 * One struct logins a process, one struct login a platform in it. Tokens are renewed before they end, validated where the
 * platform demands it, and handed out only after they are stored: a refresh token of Twitch's works once. Trouble with the
 * network is no revoked login; a revoked one becomes one clear line with a remedy. Tokens are never logged and leave
 * this room only by login_token(). How one logs in: a device code typed elsewhere (twitch, youtube), or a browser on this
 * machine that comes back to http://localhost:PORT/callback (kick).
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct error;
struct login;
struct logins;
struct loop;

enum login_state {
    LOGIN_NONE,     // nobody logged in
    LOGIN_ASKING,   // a person is to open login_prompt()'s address; an older login works on meanwhile
    LOGIN_READY,    // there is a token
    LOGIN_WAITING,  // logged in, but there is no token now: on its way, the network fails, or it could not be stored
    LOGIN_REVOKED,  // the platform ended it, or it was never used for too long: somebody must log in again
};

/* "none", "asking", "ready", "waiting", "revoked". */
const char *login_state_name(enum login_state state);

struct logins_options {
    struct loop *loop;    // borrowed
    const char *ca_file;  // copied; PEM, trusted besides the system's; NULL: none
    const char *proxy;    // copied; NULL: none
    /* The JSON text that save() got last, perhaps in an earlier life; the caller frees. NULL: there is none. */
    char *(*load)(void *data, const char *platform);
    /*
     * Stores it so that it survives the loss of power, before it returns: the token is not used before. json NULL: forget
     * it. False: it could not be stored; it is tried again.
     */
    bool (*save)(void *data, const char *platform, const char *json, struct error *err);
    void *data;
};

/* Nothing is loaded or asked before logins_configure(). Never NULL. */
struct logins *logins_create(const struct logins_options *options);
void logins_destroy(struct logins *logins);  // accepts NULL; listeners must be gone

/*
 * The section "logins" of the configuration, secrets resolved: {"twitch":{"client_id":"…","url":"…"},…}. NULL: none.
 * May come again. False: err names key and what is expected, and nothing changed. Loads what is stored and takes it up.
 */
bool logins_check(const json_t *config, struct error *err);
bool logins_configure(struct logins *logins, const json_t *config, struct error *err);

/* What is stored was changed by another process (`antiphon login`): it is taken up. */
void logins_reload(struct logins *logins);

/* NULL: no such platform, or logins is NULL. Lives as long as logins. */
struct login *logins_find(struct logins *logins, const char *platform);
struct login *logins_at(struct logins *logins, size_t index);  // alphabetical; NULL behind the last

/* ---- what connectors ask; every one accepts NULL, which is nobody logged in ---- */

/*
 * The access token, borrowed until the loop turns: ask again for each request. NULL: there is none now; a listener
 * tells when there is.
 */
const char *login_token(struct login *login);
const char *login_client_id(const struct login *login);    // "": not configured
const char *login_account_id(const struct login *login);   // "" as long as it is not known
const char *login_account_name(const struct login *login); // likewise; as the platform writes it
bool login_has_scope(const struct login *login, const char *scope);
enum login_state login_state(const struct login *login);

/*
 * The platform answered 401 to `token`. True: another one is here, or on its way, and a listener tells. False: a new
 * token will not help; say what login_remedy() says, and try again seldom.
 */
bool login_denied(struct login *login, const char *token);

/* One line for health and errors: what a person must do, "" if nothing. */
const char *login_remedy(const struct login *login);

/* Told after token, account or state changed. A listener may leave from within. */
struct login_listener {
    struct list link;  // in the login
    void (*fn)(void *data, struct login *login);
    void *data;
};

/* login may be NULL: then nothing is ever told. */
void login_add_listener(struct login *login, struct login_listener *listener);
void login_remove_listener(struct login_listener *listener);  // harmless on {0} and if it was never added

/* ---- what command and panel ask ---- */

const char *login_platform(const struct login *login);  // "twitch"
const char *login_text(const struct login *login);      // one line: who is logged in, what it waits for, what went wrong

struct login_prompt {
    const char *url;        // to open; borrowed until the loop turns
    const char *user_code;  // to type there; "": the address knows it, or none is needed
    int64_t expires_ms;     // Unix
};

/*
 * Begins to log in; the prompt comes later, by a listener. False: err says what is missing (a client id). One that is under
 * way begins anew.
 */
bool login_start(struct login *login, struct error *err);
void login_cancel(struct login *login);

/* NULL: nobody is asked. */
const struct login_prompt *login_prompt(const struct login *login);

/*
 * Browser logins: the address at which the browser ended, pasted by a person whose browser is on another machine.
 * False: err says why it is not one.
 */
bool login_answer(struct login *login, const char *address, struct error *err);

/*
 * Ends the login here and at the platform. fn (may be NULL) is told once, when the platform has answered or does not:
 * err is NULL if it is revoked there too. What is stored is forgotten at once.
 */
void login_forget(struct login *login, void (*fn)(void *data, const struct error *err), void *data);

/*
 * {"platform","state","text","remedy"?,"account"?,"expires_ms"?,"scopes"?,"prompt"?:{"url","user_code"?,"expires_ms"}}: for
 * panel and --status; no token in it. The caller calls json_decref().
 */
json_t *login_describe(const struct login *login);
