/*
 * login_renew.c - the life of a token: whose it is, renewed before it ends, validated where the platform demands it.
 * One request at a time. What the network spoils is tried again; what the platform refuses is said once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/login_inside.h"
#include "net/form.h"

enum {
    MARGIN_MS_MAX = 5 * 60 * 1000,   // before the end
    SELDOM_MS = 10 * 60 * 1000,      // between attempts when a person must mend the configuration
    FRESH_MS = 60 * 1000,            // a token that is refused so early is not helped by another one
    IDENTITY_MS = 60 * 60 * 1000,    // between attempts to learn whose token it is
};

static void validate(struct login *login);

/* ---- what is due ---- */

/* A tenth of its life before it ends, five minutes at most. */
static int64_t renew_at_ms(const struct login *login)
{
    int64_t margin_ms = (login->expires_ms - login->obtained_ms) / 10;
    return login->expires_ms - (margin_ms < MARGIN_MS_MAX ? margin_ms : MARGIN_MS_MAX);
}

/* Monotonic; 0: now. */
static int64_t validate_at_ms(const struct login *login)
{
    if (login->validated_ms == 0)
        return login->impl->validate_ms > 0 || !login->account_id ? 0 : INT64_MAX;
    if (login->impl->validate_ms > 0)
        return login->validated_ms + login->impl->validate_ms;
    return login->account_id ? INT64_MAX : login->validated_ms + IDENTITY_MS;
}

static void plan(struct login *login)
{
    int64_t renew_ms = login->refresh ? renew_at_ms(login) - clock_unix_ms() : INT64_MAX;
    int64_t at_ms = validate_at_ms(login);
    int64_t validate_ms = at_ms == INT64_MAX ? INT64_MAX : at_ms - clock_monotonic_ms();
    int64_t wait_ms = renew_ms < validate_ms ? renew_ms : validate_ms;
    // The wall clock may be set meanwhile: it is looked at once a minute.
    if (wait_ms > 60 * 1000)
        wait_ms = 60 * 1000;
    timer_start(&login->timer, wait_ms > 0 ? wait_ms : 0);
}

static void again(struct login *login)
{
    timer_start(&login->timer, random_jitter(backoff_next_ms(&login->backoff) + 1000, 10));
}

/* Without a refresh token the end is the end. */
static bool has_ended(const struct login *login)
{
    return !login->refresh && login->expires_ms <= clock_unix_ms();
}

static void handle_ended(struct login *login, const char *why)
{
    login_drop_tokens(login);
    login->is_revoked = true;
    login_store(login);
    char *remedy = xasprintf("antiphon login %s", login->impl->name);
    // The one line; who wants to know more finds it in the panel.
    log_error("login", "%s: the login of %s is no longer valid (%s); run: %s", login->impl->name,
              login->account_name ? login->account_name : "this account", why, remedy);
    login_say(login, remedy, "no longer valid (%s)", why);
    free(remedy);
}

/* Not a moment in which a token is used that the disk does not hold. */
static bool keep(struct login *login)
{
    if (!login_store(login))
        return false;
    login_say(login, "", "logged in as %s", login->account_name ? login->account_name : "(not known yet)");
    return true;
}

void login_go_on(struct login *login)
{
    timer_stop(&login->timer);
    if (!login->access || login->request)
        return;
    if (!login->is_stored && !keep(login)) {
        again(login);
        return;
    }
    if (has_ended(login)) {
        handle_ended(login, "it has ended, and cannot be renewed");
    } else if (login->refresh && renew_at_ms(login) <= clock_unix_ms()) {
        login_renew(login);
    } else if (validate_at_ms(login) <= clock_monotonic_ms()) {
        validate(login);
    } else {
        plan(login);
    }
}

/* ---- renewing ---- */

/* Common to both requests. True: it is dealt with. */
static bool handle_refusal(struct login *login, enum login_verdict verdict, const char *text)
{
    if (verdict == LOGIN_ENDED) {
        handle_ended(login, text);
        return true;
    }
    if (verdict != LOGIN_WRONG)
        return false;
    char *remedy = xasprintf("check logins.%s in antiphon.json: client id and secret must be those of %s",
                             login->impl->name, login->impl->console);
    timer_start(&login->timer, random_jitter(SELDOM_MS, 10));
    log_error("login", "%s: %s; %s", login->impl->name, text, remedy);
    login_say(login, remedy, "%s", text);
    free(remedy);
    return true;
}

static void handle_renewed(void *data, const struct http_result *result)
{
    struct login *login = data;
    enum login_verdict verdict;
    char text[240];
    login->request = NULL;
    json_t *answer = login_read_answer(login, result, login->impl->renew_words, &verdict, text);
    if (!answer) {
        if (handle_refusal(login, verdict, text))
            return;
        again(login);
        login_say(login, "", "not renewed yet: %s", text);
        return;
    }
    bool is_taken = login_take_tokens(login, answer);
    json_decref(answer);
    if (!is_taken) {
        again(login);
        login_say(login, "", "%s answered without a token", login->impl->label);
        return;
    }
    backoff_reset(&login->backoff);
    login_go_on(login);  // stores first, and tells
}

void login_renew(struct login *login)
{
    struct error err = {0};
    struct buffer form = {0};
    timer_stop(&login->timer);
    form_add(&form, "grant_type", "refresh_token");
    form_add(&form, "client_id", login->client_id);
    if (*login->client_secret)
        form_add(&form, "client_secret", login->client_secret);
    form_add(&form, "refresh_token", login->refresh);
    login->request = login_post(login, login->impl->token_path, &form, handle_renewed, &err);
    buffer_fini(&form);
    if (!login->request)
        login_say(login, "", "%s", err.text);
}

/* ---- whose it is, and whether it is still good ---- */

static void take_identity(struct login *login, const struct login_identity *identity)
{
    login_set_text(&login->account_id, identity->id);
    login_set_text(&login->account_name, identity->name);
    login_take_scopes(login, identity->scopes);
    // The platform's own word on the end, if it is sooner.
    int64_t end_ms = clock_unix_ms() + 1000 * identity->expires_in_s;
    if (identity->expires_in_s > 0 && end_ms < login->expires_ms)
        login->expires_ms = end_ms;
    login_store(login);
}

static void handle_unknown(struct login *login, const struct http_result *result, enum login_verdict verdict,
                           const char *text)
{
    bool is_fresh = clock_unix_ms() - login->obtained_ms < FRESH_MS;
    if (result->status == 401 && !is_fresh) {
        // This token is dead, but the refresh token may not be.
        if (login->refresh) {
            login_renew(login);
        } else {
            handle_ended(login, text);
        }
        return;
    }
    // It goes on being used: whoever uses it hears of a real refusal.
    log_warn("login", "%s: not validated: %s", login->impl->name, text);
    if (verdict == LOGIN_AGAIN && login->impl->validate_ms > 0) {
        again(login);
        return;
    }
    login->validated_ms = clock_monotonic_ms();
    plan(login);
}

static void handle_validated(void *data, const struct http_result *result)
{
    struct login *login = data;
    enum login_verdict verdict;
    char text[240];
    struct login_identity identity = {0};
    login->request = NULL;
    json_t *answer = login_read_answer(login, result, NULL, &verdict, text);
    if (!answer) {
        handle_unknown(login, result, verdict, text);
        return;
    }
    login->validated_ms = clock_monotonic_ms();
    if (login->impl->read_identity(answer, &identity)) {
        take_identity(login, &identity);
        log_info("login", "%s: logged in as %s", login->impl->name, login->account_name);
    } else {
        log_warn("login", "%s: the answer does not say whose token it is", login->impl->name);
    }
    json_decref(answer);
    backoff_reset(&login->backoff);
    login_go_on(login);
    login_say(login, "", "logged in as %s", login->account_name ? login->account_name : "(not known yet)");
}

static void validate(struct login *login)
{
    struct error err = {0};
    const char *url = login->impl->is_identity_at_api ? login->api_url : login->url;
    login->request = login_get(login, url, login->impl->identity_path, login->impl->identity_scheme, handle_validated, &err);
    if (!login->request)
        login_say(login, "", "%s", err.text);
}

/* ---- what users of the token see ---- */

bool login_denied(struct login *login, const char *token)
{
    if (!login || !login->access)
        return false;
    if (!token || strcmp(token, login->access) != 0)  // it was renewed meanwhile
        return true;
    if (login->request)
        return true;
    if (!login->refresh) {
        handle_ended(login, "the platform refuses the token");
        return false;
    }
    if (clock_unix_ms() - login->obtained_ms < FRESH_MS)
        return false;
    login_renew(login);
    return true;
}
