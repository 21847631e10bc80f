/*
 * login_browser.c - a person logs in with the browser of this machine: authorization code with PKCE (RFC 7636, RFC 8252).
 * The browser comes back to http://localhost:PORT/callback, where this process waits, for as long as it asks. `state` ties
 * the answer to the question: an address that somebody else made up is refused. The port is on loopback only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/login_inside.h"
#include "net/base64.h"
#include "net/form.h"
#include "net/server.h"
#include "net/signature.h"

enum { LIFE_MS = 10 * 60 * 1000, LINGER_MS = 2000, SECRET_BYTES = 32, CODE_BYTES_MAX = 4096 };

/* The caller frees. */
static char *encode(const unsigned char *bytes, size_t len)
{
    struct buffer text = {0};
    base64url_encode(&text, bytes, len);
    return buffer_take(&text);
}

static char *make_secret(void)
{
    unsigned char bytes[SECRET_BYTES];
    random_bytes(bytes, sizeof(bytes));
    return encode(bytes, sizeof(bytes));
}

static char *redirect_of(const struct login *login)
{
    return xasprintf("http://localhost:%u/callback", (unsigned)login->port);
}

/* ---- the code for a token ---- */

static void handle_token(void *data, const struct http_result *result)
{
    struct login *login = data;
    login->asking.request = NULL;
    // A code counts once: what went wrong on the way cannot be tried again with it.
    if (login_take_answer(login, result))
        login_end_asking(login, "not logged in: %s did not answer; start again", login->impl->label);
}

static bool redeem(struct login *login, const char *code, struct error *err)
{
    struct login_asking *asking = &login->asking;
    struct buffer form = {0};
    char *redirect = redirect_of(login);
    login_set_secret(&asking->code, code);
    form_add(&form, "grant_type", "authorization_code");
    form_add(&form, "client_id", login->client_id);
    form_add(&form, "client_secret", login->client_secret);
    form_add(&form, "redirect_uri", redirect);
    form_add(&form, "code_verifier", asking->verifier);
    form_add(&form, "code", code);
    http_cancel(asking->request);
    asking->request = login_post(login, login->impl->token_path, &form, handle_token, err);
    buffer_fini(&form);
    free(redirect);
    return asking->request != NULL;
}

static bool is_state(const struct login *login, const char *state)
{
    const char *ours = login->asking.state;
    return state && signature_is_equal(state, strlen(state), ours, strlen(ours));
}

/* What the browser brought, by itself or pasted. */
static bool take_callback(struct login *login, const char *state, const char *code, const char *refusal, struct error *err)
{
    if (!is_state(login, state))
        return error_set(err, ERROR_DENIED, "this answer does not belong to the login that was begun here; start again");
    if (refusal) {
        login_end_asking(login, "not logged in: it was declined (%.60s)", refusal);
        return error_set(err, ERROR_DENIED, "the login was declined");
    }
    if (!code || !*code || strlen(code) > CODE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "there is no code in this address");
    return redeem(login, code, err);
}

/* ---- the door on localhost ---- */

static void handle_request(void *data, struct server_request *request)
{
    struct login *login = data;
    struct error err = {0};
    const char *host = server_request_header(request, "host");
    if (!login->asking.is_on || strcmp(server_request_path(request), "/callback") != 0 || !host ||
        strncmp(host, "localhost:", 10) != 0) {
        server_respond_text(request, 404, "antiphon: nothing is here");
        return;
    }
    bool ok = take_callback(login, server_request_argument(request, "state"), server_request_argument(request, "code"),
                            server_request_argument(request, "error"), &err);
    if (ok) {
        server_respond_text(request, 200, "antiphon: logged in at %s; you can close this page.", login->impl->label);
    } else {
        server_respond_text(request, 400, "antiphon: %s", err.text);
    }
}

void login_handle_lingered(void *data)
{
    struct login *login = data;
    server_destroy(login->old_server);
    login->old_server = NULL;
}

void login_close_browser(struct login *login)
{
    server_destroy(login->old_server);
    login->old_server = login->asking.server;
    timer_start(&login->linger, LINGER_MS);
}

static bool listen_here(struct login *login, struct error *err)
{
    server_destroy(login->old_server);
    login->old_server = NULL;
    login->asking.server = server_create(login->owner->options.loop, &(struct server_options){
        .address = "localhost", .port = login->port, .connections_max = 16, .body_bytes_max = 1024,
        .on_request = handle_request, .data = login}, err);
    if (!login->asking.server)
        return error_prefix(err, "logins.%s.port", login->impl->name);
    login->port = server_port(login->asking.server);
    return true;
}

static void handle_late(struct login *login)
{
    login_end_asking(login, "not logged in: nobody came back from the browser in time; start again");
}

/* A blank as %20: that is how Kick's own page writes it. */
static void add_argument(struct buffer *url, const char *name, const char *value)
{
    buffer_printf(url, "&%s=", name);
    form_escape(url, value, strlen(value));
}

static char *make_url(struct login *login)
{
    struct login_asking *asking = &login->asking;
    unsigned char digest[SIGNATURE_BYTES];
    signature_sha256(asking->verifier, strlen(asking->verifier), digest);
    char *challenge = encode(digest, sizeof(digest)), *redirect = redirect_of(login);
    struct buffer query = {0};
    buffer_printf(&query, "%s%s?response_type=code&code_challenge_method=S256", login->url, login->impl->authorize_path);
    add_argument(&query, "client_id", login->client_id);
    add_argument(&query, "redirect_uri", redirect);
    add_argument(&query, "scope", login->scopes_wanted);
    add_argument(&query, "code_challenge", challenge);
    add_argument(&query, "state", asking->state);
    char *url = buffer_take(&query);
    free(challenge);
    free(redirect);
    return url;
}

bool login_ask_browser(struct login *login, struct error *err)
{
    struct login_asking *asking = &login->asking;
    if (!listen_here(login, err))
        return false;
    asking->verifier = make_secret();
    asking->state = make_secret();
    log_hide(asking->verifier);
    asking->prompt = (struct login_prompt){.url = make_url(login), .user_code = xstrdup(""),
                                           .expires_ms = clock_unix_ms() + LIFE_MS};
    asking->is_on = true;
    asking->step = handle_late;
    timer_start(&asking->timer, LIFE_MS);
    login_say(login, NULL, "open the address in a browser on this machine");
    return true;
}

/* ---- pasted by a person ---- */

bool login_answer(struct login *login, const char *address, struct error *err)
{
    if (!login || !login->asking.is_on || !login->asking.state)
        return error_set(err, ERROR_DATA, "no browser is waited for; start the login first");
    const char *query = strchr(address, '?');
    size_t len = query ? strcspn(++query, "# \r\n") : 0;
    char *state = form_find(query, len, "state"), *code = form_find(query, len, "code"), *refusal = form_find(query, len, "error");
    bool ok = take_callback(login, state, code, refusal, err);
    free(state);
    free(code);
    free(refusal);
    return ok;
}
