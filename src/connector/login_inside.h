/*
 * login_inside.h - a login, shared by its files only: login.c (door, state, storage), login_wire.c (requests and what
 * answers mean), login_renew.c (the life of a token), login_ask.c (device codes), login_browser.c (PKCE).
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "connector/login.h"
#include "connector/login_impl.h"
#include "net/backoff.h"
#include "net/http.h"
#include "net/loop.h"

struct server;

typedef void (*login_done_fn)(void *data, const struct http_result *result);

struct logins {
    struct logins_options options;  // texts owned
    struct login *list;             // login_count of them
    size_t count;
};

/* Told when the platform has answered that the login is ended there, too. */
struct login_farewell {
    struct http_request *request;  // owned
    void (*fn)(void *data, const struct error *err);
    void *data;
};

/* A person is asked; {0}: nobody is. */
struct login_asking {
    bool is_on;
    struct http_request *request;  // owned
    struct timer timer;            // the next question, or the end of it all
    void (*step)(struct login *login);  // what it does
    struct login_prompt prompt;    // texts owned
    char *device_code;
    int64_t interval_ms;
    struct server *server;         // the browser's door
    char *verifier, *state, *code; // PKCE and its echo; what the browser brought
};

struct login {
    const struct login_impl *impl;
    struct logins *owner;
    struct list listeners;
    // From the configuration; owned. client_id "": not configured.
    char *client_id, *client_secret, *url, *api_url, *scopes_wanted;
    uint16_t port;
    // The account; owned, NULL: not there.
    char *access, *refresh, *account_id, *account_name, *scopes;
    int64_t obtained_ms, expires_ms;  // Unix, of access
    bool is_stored;    // what is here lies on the disk
    bool is_revoked;   // the account's name stays, so that people know which
    // Its life.
    struct http_request *request;     // owned; renewing, or asking whose token it is
    struct timer timer;
    struct backoff backoff;
    int64_t validated_ms;             // monotonic; 0: not in this life
    struct login_asking asking;
    struct server *old_server;        // the browser still reads its last page
    struct timer linger;
    struct login_farewell farewell;
    // Words.
    char *text, *remedy;
};

/* ---- login.c ---- */

/* State or words changed: listeners are told. A text NULL leaves what stood there. */
void login_say(struct login *login, const char *remedy, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Stores what is here. False: it was said, and the token is not given out; store again later. */
bool login_store(struct login *login);

/* The account is gone but for its name. */
void login_drop_tokens(struct login *login);
void login_set_text(char **slot, const char *text);  // a copy; frees the old
void login_set_secret(char **slot, const char *text);  // likewise; hidden from the log

/* ---- login_wire.c ---- */

/* POST of a form to url + path. NULL: err. */
struct http_request *login_post(struct login *login, const char *path, struct buffer *form, login_done_fn fn, struct error *err);
struct http_request *login_get(struct login *login, const char *url, const char *path, const char *scheme, login_done_fn fn,
                               struct error *err);

/* The object of a good answer; the caller calls json_decref(). NULL: refused or no answer; text holds it in words. */
json_t *login_read_answer(const struct login *login, const struct http_result *result, const struct login_word *words,
                          enum login_verdict *verdict, char text[240]);

/* Takes access and refresh token, their end and scopes from an answer. False: there is no token in it. */
bool login_take_tokens(struct login *login, const json_t *answer);

/* scopes: an array or a text; anything else changes nothing. */
void login_take_scopes(struct login *login, const json_t *scopes);

/* ---- login_renew.c ---- */

/* Tokens were loaded, taken or stored: validates, or plans what is due next. */
void login_go_on(struct login *login);
void login_renew(struct login *login);

/* ---- login_ask.c, login_browser.c ---- */

bool login_ask_device(struct login *login, struct error *err);
bool login_ask_browser(struct login *login, struct error *err);

/* Its door stays open for a moment, so that the last page is read. */
void login_close_browser(struct login *login);
void login_handle_lingered(void *data);  // a timer of the login

/* The token's answer to a code came: takes it, or says why not. True: it is to be asked again. */
bool login_take_answer(struct login *login, const struct http_result *result);

/* Nobody is asked any more. format NULL: without words. */
void login_end_asking(struct login *login, const char *format, ...) __attribute__((format(printf, 2, 3)));
