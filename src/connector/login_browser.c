/*
 * login_browser.c - a person logs in with the browser of this machine: authorization code with PKCE (RFC 7636, RFC 8252).
 * The browser comes back to http://localhost:PORT/callback, where this process waits, for as long as it asks. `state` ties
 * the answer to the question: an address that somebody else made up is refused. The port is on loopback only.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/login_inside.h"
#include "net/server.h"

enum { LIFE_MS = 10 * 60 * 1000, LINGER_MS = 2000, SECRET_BYTES = 32, CODE_BYTES_MAX = 4096 };

/* base64url without padding (RFC 4648, 5); the caller frees. */
static char *encode(const unsigned char *bytes, size_t len)
{
    char *text = xmalloc(4 * (len + 2) / 3 + 4);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
    for (char *at = text; *at; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    text[strcspn(text, "=")] = '\0';
    return text;
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
    log_hide(code);
    login_form_add(&form, "grant_type", "authorization_code");
    login_form_add(&form, "client_id", login->client_id);
    login_form_add(&form, "client_secret", login->client_secret);
    login_form_add(&form, "redirect_uri", redirect);
    login_form_add(&form, "code_verifier", asking->verifier);
    login_form_add(&form, "code", code);
    http_cancel(asking->request);
    asking->request = login_post(login, login->impl->token_path, &form, handle_token, err);
    buffer_fini(&form);
    free(redirect);
    return asking->request != NULL;
}

static bool is_state(const struct login *login, const char *state)
{
    size_t len = strlen(login->asking.state);
    return state && strlen(state) == len && CRYPTO_memcmp(state, login->asking.state, len) == 0;
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

static void handle_lingered(void *data)
{
    struct login *login = data;
    server_destroy(login->old_server);
    login->old_server = NULL;
}

void login_close_browser(struct login *login)
{
    login->old_server = login->asking.server;
    timer_init(&login->linger, login->owner->options.loop, handle_lingered, login);
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

static void handle_late(void *data)
{
    struct login *login = data;
    login_end_asking(login, "not logged in: nobody came back from the browser in time; start again");
}

static char *make_url(struct login *login)
{
    struct login_asking *asking = &login->asking;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)asking->verifier, strlen(asking->verifier), digest);
    char *challenge = encode(digest, sizeof(digest)), *redirect = redirect_of(login);
    struct buffer query = {0};
    login_form_add(&query, "response_type", "code");
    login_form_add(&query, "client_id", login->client_id);
    login_form_add(&query, "redirect_uri", redirect);
    login_form_add(&query, "scope", login->scopes_wanted);
    login_form_add(&query, "code_challenge", challenge);
    login_form_add(&query, "code_challenge_method", "S256");
    login_form_add(&query, "state", asking->state);
    char *url = xasprintf("%s%s?%.*s", login->url, login->impl->authorize_path, (int)query.len, query.data);
    buffer_fini(&query);
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
    timer_init(&asking->timer, login->owner->options.loop, handle_late, login);
    timer_start(&asking->timer, LIFE_MS);
    login_say(login, NULL, "open the address in a browser on this machine");
    return true;
}

/* ---- pasted by a person ---- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* The decoded value of name in the query; the caller frees. NULL: absent. */
static char *argument(const char *address, const char *name)
{
    size_t name_len = strlen(name);
    for (const char *at = strchr(address, '?'); at; at = strchr(at + 1, '&')) {
        if (strncmp(at + 1, name, name_len) != 0 || at[1 + name_len] != '=')
            continue;
        const char *from = at + 2 + name_len;
        size_t len = strcspn(from, "&# \r\n"), out = 0;
        char *value = xmalloc(len + 1);
        for (size_t i = 0; i < len; i++) {
            bool is_escape = from[i] == '%' && i + 2 < len + 1 && hex_of(from[i + 1]) >= 0 && hex_of(from[i + 2]) >= 0;
            value[out++] = is_escape ? (char)(hex_of(from[i + 1]) * 16 + hex_of(from[i + 2])) : from[i];
            i += is_escape ? 2 : 0;
        }
        value[out] = '\0';
        return value;
    }
    return NULL;
}

bool login_answer(struct login *login, const char *address, struct error *err)
{
    if (!login || !login->asking.is_on || !login->asking.state)
        return error_set(err, ERROR_DATA, "no browser is waited for; start the login first");
    char *state = argument(address, "state"), *code = argument(address, "code"), *refusal = argument(address, "error");
    bool ok = take_callback(login, state, code, refusal, err);
    free(state);
    free(code);
    free(refusal);
    return ok;
}
