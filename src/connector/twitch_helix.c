#include "connector/twitch_helix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "net/http.h"

enum {
    TIMEOUT_MS = 10 * 1000,
    TOKEN_MS = 10 * 1000,       // for another token after a 401
    ANSWER_BYTES_MAX = 2 << 20,
    RETRY_MS_MIN = 500,
    RETRY_MS = 5 * 1000,        // 429 that does not say how long
};

bool twitch_helix_is_ready(const struct twitch_helix *helix)
{
    return login_token(helix->login) && *login_account_id(helix->login) && *login_client_id(helix->login);
}

static bool has_one_of(struct login *login, const char *word, size_t len)
{
    for (const char *at = word, *end = word + len; at < end;) {
        size_t part = strcspn(at, "| ");
        char *scope = xstrndup(at, part);
        bool has = login_has_scope(login, scope);
        free(scope);
        if (has)
            return true;
        at += part + 1;
    }
    return false;
}

bool twitch_helix_may(const struct twitch_helix *helix, const char *scopes)
{
    for (const char *at = scopes; *at;) {
        size_t len = strcspn(at, " ");
        if (!has_one_of(helix->login, at, len))
            return false;
        at += len + strspn(at + len, " ");
    }
    return true;
}

/* ---- the end ---- */

static void stop_waiting(struct twitch_call *call)
{
    if (call->is_listening)
        login_remove_listener(&call->listener);
    call->is_listening = false;
    timer_stop(&call->deadline);
    timer_stop(&call->refuse);
}

static void forget(struct twitch_call *call)
{
    stop_waiting(call);
    call->is_running = false;
    free(call->method);
    free(call->target);
    free(call->body);
    free(call->token);
    call->method = call->target = call->body = call->token = NULL;
}

static void finish(struct twitch_call *call, const struct twitch_answer *answer)
{
    forget(call);
    call->fn(call->data, answer);
}

static void finish_denied(struct twitch_call *call)
{
    struct twitch_answer answer = {.status = 401};
    const char *remedy = login_remedy(call->helix->login);
    error_set(&answer.error, ERROR_DENIED, "Twitch does not accept the login%s%s", *remedy ? ": " : "", remedy);
    finish(call, &answer);
}

/* ---- answers ---- */

static int64_t header_int(const struct http_result *result, const char *name)
{
    const char *text = http_result_header(result, name);
    char *end;
    long long value = text ? strtoll(text, &end, 10) : -1;
    return text && end > text && value >= 0 ? value : -1;
}

static void note_budget(struct twitch_helix *helix, const struct http_result *result)
{
    int64_t left = header_int(result, "ratelimit-remaining"), limit = header_int(result, "ratelimit-limit");
    int64_t reset_s = header_int(result, "ratelimit-reset");
    if (left < 0 || limit <= 0)
        return;
    helix->left = left;
    connector_set_budget(helix->base, "Twitch's points of the minute", left, limit,
                         reset_s > 0 && reset_s < INT64_MAX / 1000 ? reset_s * 1000 : 0);
}

/* Empty points come back by themselves; a 429 with points left is another limit, and waiting does not help. */
static int64_t retry_of(const struct http_result *result)
{
    int64_t left = header_int(result, "ratelimit-remaining"), reset_s = header_int(result, "ratelimit-reset");
    if (left > 0)
        return 0;
    int64_t wait_ms = reset_s > 0 ? reset_s * 1000 - clock_unix_ms() : RETRY_MS;
    return wait_ms > RETRY_MS_MIN ? wait_ms : RETRY_MS_MIN;
}

/* {"error":"Forbidden","status":403,"message":"Missing scope: …"} */
static void use_words(struct twitch_answer *answer, const json_t *json)
{
    const char *message = json_get_text(json, "message");
    if (message && *message)
        error_set(&answer->error, answer->error.code, "Twitch: %.300s", message);
}

/* 401 also says that a good token may not do this: another one of the same login would not, either. */
static bool is_about_token(const json_t *json)
{
    const char *message = json_get_text(json, "message");
    return !message || (!strcasestr(message, "scope") && !strcasestr(message, "must match"));
}

static void handle_refused_token(struct twitch_call *call)
{
    bool may_come = login_denied(call->helix->login, call->token);
    if (may_come && !call->is_repeated) {
        call->is_repeated = true;
        timer_start(&call->deadline, TOKEN_MS);
        timer_start(&call->refuse, 0);  // the new one may be here already
    } else {
        finish_denied(call);
    }
}

static void handle_done(void *data, const struct http_result *result)
{
    struct twitch_call *call = data;
    struct twitch_helix *helix = call->helix;
    call->request = NULL;
    note_budget(helix, result);
    json_t *json = result->len > 0 ? json_parse(result->body, result->len, NULL) : NULL;
    if (result->status == 401 && is_about_token(json)) {
        json_decref(json);
        handle_refused_token(call);
        return;
    }
    struct twitch_answer answer = {.status = result->status, .json = json, .error = result->error};
    if (result->status == 429)
        answer.retry_ms = retry_of(result);
    if (answer.error.code != ERROR_NONE)
        use_words(&answer, json);
    finish(call, &answer);
    json_decref(json);
}

/* ---- sending ---- */

static bool send_now(struct twitch_call *call, struct error *err)
{
    struct twitch_helix *helix = call->helix;
    const char *token = login_token(helix->login);
    if (!token)
        return error_set(err, ERROR_DENIED, "nobody is logged in at Twitch");
    free(call->token);
    call->token = xstrdup(token);
    char *url = xasprintf("%s%s", helix->url, call->target), *authorization = xasprintf("Bearer %s", token);
    struct net_header headers[] = {
        {"Authorization", authorization}, {"Client-Id", login_client_id(helix->login)},
        {"Content-Type", "application/json"},
    };
    struct http_options options = {
        .url = url, .method = call->method, .headers = headers, .header_count = call->body ? 3 : 2,
        .body = call->body, .body_len = call->body ? strlen(call->body) : 0, .timeout_ms = TIMEOUT_MS,
        .body_bytes_max = ANSWER_BYTES_MAX, .on_done = handle_done, .data = call};
    connector_fill_http(helix->base, &options);
    call->request = http_start(helix->base->options.loop, &options, err);
    free(url);
    free(authorization);
    return call->request != NULL;
}

static void try_again(struct twitch_call *call)
{
    const char *token = login_token(call->helix->login);
    if (!token || (call->token && strcmp(token, call->token) == 0))
        return;  // the listener tells
    stop_waiting(call);
    struct twitch_answer answer = {0};
    if (!send_now(call, &answer.error))
        finish(call, &answer);
}

static void handle_login(void *data, struct login *login)
{
    struct twitch_call *call = data;
    // Not within the login's own call: it may be about to tell others.
    timer_start(&call->refuse, 0);
}

static void handle_deadline(void *data)
{
    finish_denied(data);
}

/* A later turn of the loop: a refused start is told, or a token that may have come is tried. */
static void handle_turn(void *data)
{
    struct twitch_call *call = data;
    struct twitch_answer answer = {0};
    if (call->is_repeated) {
        if (!call->is_listening) {
            call->listener = (struct login_listener){.fn = handle_login, .data = call};
            login_add_listener(call->helix->login, &call->listener);
            call->is_listening = true;
        }
        try_again(call);
    } else if (!send_now(call, &answer.error)) {
        finish(call, &answer);
    }
}

void twitch_call_start(struct twitch_call *call, struct twitch_helix *helix, const char *method, const char *target,
                       const char *body, twitch_answer_fn fn, void *data)
{
    twitch_call_cancel(call);
    *call = (struct twitch_call){
        .helix = helix, .is_running = true, .method = xstrdup(method), .target = xstrdup(target),
        .body = xstrdup(body), .fn = fn, .data = data};
    timer_init(&call->deadline, helix->base->options.loop, handle_deadline, call);
    timer_init(&call->refuse, helix->base->options.loop, handle_turn, call);
    timer_start(&call->refuse, 0);
}

void twitch_call_cancel(struct twitch_call *call)
{
    if (!call->is_running)
        return;
    http_cancel(call->request);
    call->request = NULL;
    forget(call);
}
