/* login_ask.c - a person logs in: device codes (RFC 8628, and what platforms made of it), and the end of any way of asking. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/login_inside.h"
#include "net/form.h"

enum { INTERVAL_S = 5, INTERVAL_MS_MIN = 100, INTERVAL_S_MAX = 60, SLOWER_MS = 5000, LIFE_S = 1800, LIFE_S_MAX = 3600, CODE_BYTES_MAX = 64 };

/* ---- the end ---- */

void login_end_asking(struct login *login, const char *format, ...)
{
    struct login_asking *asking = &login->asking;
    http_cancel(asking->request);
    timer_stop(&asking->timer);
    free((char *)asking->prompt.url);
    free((char *)asking->prompt.user_code);
    log_unhide(asking->device_code);
    log_unhide(asking->verifier);
    log_unhide(asking->code);
    free(asking->device_code);
    free(asking->verifier);
    free(asking->code);
    free(asking->state);
    if (asking->server)
        login_close_browser(login);
    struct timer timer = asking->timer;
    *asking = (struct login_asking){.timer = timer};
    if (!format)
        return;
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    login_say(login, NULL, "%s", text);
}

/* A new account: of the old one nothing stays. */
static void begin_account(struct login *login)
{
    http_cancel(login->request);
    login->request = NULL;
    login_drop_tokens(login);
    login_set_text(&login->account_id, NULL);
    login_set_text(&login->account_name, NULL);
    login_set_text(&login->scopes, NULL);
    login->validated_ms = 0;
    backoff_reset(&login->backoff);
}

static const char *why_not(enum login_verdict verdict)
{
    switch (verdict) {
    case LOGIN_DENIED: return "not logged in: it was declined";
    case LOGIN_EXPIRED:
    case LOGIN_ENDED: return "not logged in: the code was not used in time; start again";
    default: return NULL;
    }
}

bool login_take_answer(struct login *login, const struct http_result *result)
{
    struct login_asking *asking = &login->asking;
    enum login_verdict verdict;
    char text[240];
    json_t *answer = login_read_answer(login, result, login->impl->ask_words, &verdict, text);
    if (!answer) {
        bool is_waiting = verdict == LOGIN_PENDING || verdict == LOGIN_SLOWER || verdict == LOGIN_AGAIN;
        if (verdict == LOGIN_SLOWER)
            asking->interval_ms += SLOWER_MS;
        if (!is_waiting)
            login_end_asking(login, "%s", why_not(verdict) ? why_not(verdict) : text);
        return is_waiting;
    }
    if (json_get_text(answer, "access_token")) {
        begin_account(login);
        bool is_taken = login_take_tokens(login, answer);
        login_end_asking(login, is_taken ? NULL : "%s answered with a token that cannot be one", login->impl->label);
        login_go_on(login);
    } else {
        login_end_asking(login, "%s answered without a token", login->impl->label);
    }
    json_decref(answer);
    return false;
}

/* ---- device codes ---- */

static void plan_question(struct login *login)
{
    struct login_asking *asking = &login->asking;
    int64_t left_ms = asking->prompt.expires_ms - clock_unix_ms();
    if (left_ms <= 0) {
        login_end_asking(login, "%s", why_not(LOGIN_EXPIRED));
        return;
    }
    timer_start(&asking->timer, asking->interval_ms < left_ms ? asking->interval_ms : left_ms);
}

static void handle_token(void *data, const struct http_result *result)
{
    struct login *login = data;
    login->asking.request = NULL;
    if (login_take_answer(login, result))
        plan_question(login);
}

static void ask_token(struct login *login)
{
    struct login_asking *asking = &login->asking;
    struct error err = {0};
    struct buffer form = {0};
    if (asking->prompt.expires_ms <= clock_unix_ms()) {
        login_end_asking(login, "%s", why_not(LOGIN_EXPIRED));
        return;
    }
    form_add(&form, "client_id", login->client_id);
    if (*login->client_secret)
        form_add(&form, "client_secret", login->client_secret);
    form_add(&form, login->impl->scope_key, login->scopes_wanted);
    form_add(&form, "device_code", asking->device_code);
    form_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    asking->request = login_post(login, login->impl->token_path, &form, handle_token, &err);
    buffer_fini(&form);
    if (!asking->request)
        login_end_asking(login, "%s", err.text);
}

/* Printed, and drawn as a QR code: an address, and nothing else. */
static bool is_address(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return len > 0 && len < 1000 && (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://127.0.0.1", 16) == 0 ||
                                     strncmp(text, "http://localhost", 16) == 0);
}

static bool is_code(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return len > 0 && len <= CODE_BYTES_MAX;
}

static int64_t bounded_s(const json_t *answer, const char *key, int64_t usual, int64_t max)
{
    int64_t value = json_get_int(answer, key, usual);
    return value < 0 ? usual : value > max ? max : value;
}

/* False: something that is needed is not in it. */
static bool take_code(struct login *login, const json_t *answer)
{
    struct login_asking *asking = &login->asking;
    const char *url = json_get_text(answer, "verification_uri_complete"), *device = json_get_text(answer, "device_code");
    const char *code = json_get_text(answer, "user_code");
    if (!url)
        url = json_get_text(answer, "verification_uri");
    if (!url)  // Google
        url = json_get_text(answer, "verification_url");
    if (!is_address(url) || !is_code(code) || !device || !*device)
        return false;
    asking->prompt.url = xstrdup(url);
    asking->prompt.user_code = xstrdup(code);
    asking->prompt.expires_ms = clock_unix_ms() + 1000 * bounded_s(answer, "expires_in", LIFE_S, LIFE_S_MAX);
    asking->device_code = xstrdup(device);
    log_hide(device);
    asking->interval_ms = 1000 * bounded_s(answer, "interval", INTERVAL_S, INTERVAL_S_MAX);
    if (asking->interval_ms < INTERVAL_MS_MIN)
        asking->interval_ms = INTERVAL_MS_MIN;
    return true;
}

static void handle_code(void *data, const struct http_result *result)
{
    struct login *login = data;
    enum login_verdict verdict;
    char text[240];
    login->asking.request = NULL;
    json_t *answer = login_read_answer(login, result, login->impl->ask_words, &verdict, text);
    if (!answer) {
        login_end_asking(login, verdict == LOGIN_AGAIN ? "not logged in: %s; start again in a moment"
                         : "not logged in: %s; check logins.%s in antiphon.json", text, login->impl->name);
    } else if (!take_code(login, answer)) {
        login_end_asking(login, "%s answered without a code", login->impl->label);
    } else {
        plan_question(login);
        login_say(login, NULL, "open %s and enter %s", login->asking.prompt.url, login->asking.prompt.user_code);
    }
    json_decref(answer);
}

bool login_ask_device(struct login *login, struct error *err)
{
    struct login_asking *asking = &login->asking;
    struct buffer form = {0};
    asking->step = ask_token;
    form_add(&form, "client_id", login->client_id);
    form_add(&form, login->impl->scope_key, login->scopes_wanted);
    asking->request = login_post(login, login->impl->device_path, &form, handle_code, err);
    buffer_fini(&form);
    asking->is_on = asking->request != NULL;
    return asking->is_on;
}
