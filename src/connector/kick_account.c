/*
 * kick_account.c - what a login brings: the broadcaster's user id, and the subscriptions of the webhooks.
 * Source: docs.kick.com, /public/v1/channels and /public/v1/events/subscriptions (2026-06).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/kick_inside.h"
#include "connector/login.h"
#include "net/form.h"
#include "net/http.h"

enum { CHECK_MS = 60 * 60 * 1000, RETRY_MS = 60 * 1000 };

static const char *const wanted[] = {
    "chat.message.sent", "channel.followed", "channel.subscription.new", "channel.subscription.renewal",
    "channel.subscription.gifts", "channel.reward.redemption.updated", "livestream.status.updated",
    "livestream.metadata.updated", "moderation.banned", "kicks.gifted",
};

/* ---- calls in the account's name ---- */

struct http_request *kick_call(struct kick *kick, const char *method, const char *path, const char *body,
                               void (*on_done)(void *data, const struct http_result *result), struct error *err)
{
    const char *token = login_token(kick->login);
    char *url = xasprintf("%s%s", kick->api_url, path), *bearer = xasprintf("Bearer %s", token ? token : "");
    const struct net_header headers[] = {{"authorization", bearer}, {"accept", "application/json"},
                                         {"content-type", "application/json"}};
    free(kick->used_token);
    kick->used_token = xstrdup(token);
    struct http_options options = {.url = url, .method = method, .headers = headers, .header_count = body ? 3 : 2, .body = body,
                                   .body_len = body ? strlen(body) : 0, .on_done = on_done, .data = kick};
    connector_fill_http(&kick->base, &options);
    struct http_request *request = http_start(kick->base.options.loop, &options, err);
    free(url);
    free(bearer);
    return request;
}

static void later(struct kick *kick, int64_t delay_ms)
{
    timer_start(&kick->account_timer, delay_ms);
}

/* ---- subscriptions ---- */

static bool has_event(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        struct str event = field_text(one, "event");
        if (str_equal(event.len > 0 ? event : field_text(one, "name"), str_from(name)))
            return true;
    }
    return false;
}

/* HTTP 200 also if a single event failed: its "error" says so. */
static void handle_subscribed(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    kick->api = NULL;
    later(kick, CHECK_MS);
    if (result->error.code != ERROR_NONE) {
        log_warn("connector", "%s: the webhooks could not be subscribed: %s", kick->base.source, result->error.text);
        return;
    }
    json_t *answer = json_parse(result->body, result->len, NULL);
    const json_t *list = json_object_get(answer, "data");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *name = json_get_text(one, "name"), *error = json_get_text(one, "error");
        if (error && *error)
            log_warn("connector", "%s: no webhook for %s: %s", kick->base.source, name ? name : "an event", error);
    }
    json_decref(answer);
    kick_door_ready(kick);
}

static void subscribe(struct kick *kick, const json_t *existing)
{
    json_t *events = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        if (!has_event(existing, wanted[i]))
            json_array_append_new(events, json_pack("{s:s, s:i}", "name", wanted[i], "version", 1));
    }
    size_t missing = json_array_size(events);
    json_t *body = json_pack("{s:o, s:s}", "events", events, "method", "webhook");
    char *text = json_dumps(body, JSON_COMPACT);
    if (missing > 0) {
        kick->api = kick_call(kick, "POST", "/events/subscriptions", text, handle_subscribed, NULL);
    } else {
        later(kick, CHECK_MS);
        kick_door_ready(kick);
    }
    free(text);
    json_decref(body);
}

/* 401: another token is on its way, or a person must log in again; the listener tells. */
static bool is_denied(struct kick *kick, const struct http_result *result)
{
    if (result->status != 401)
        return false;
    if (kick->used_token && !login_denied(kick->login, kick->used_token))
        log_warn("connector", "%s: %s", kick->base.source, login_remedy(kick->login));
    return true;
}

/* True: there is no answer, and it is asked again by itself or when a token comes. */
static bool has_failed(struct kick *kick, const struct http_result *result)
{
    if (result->error.code == ERROR_NONE)
        return false;
    if (!is_denied(kick, result))
        later(kick, result->error.code == ERROR_AGAIN ? RETRY_MS : CHECK_MS);
    return true;
}

static void handle_subscriptions(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    kick->api = NULL;
    if (has_failed(kick, result))
        return;
    json_t *answer = json_parse(result->body, result->len, NULL);
    subscribe(kick, json_object_get(answer, "data"));
    json_decref(answer);
}

/* ---- the broadcaster ---- */

static void handle_channel(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    kick->api = NULL;
    if (has_failed(kick, result))
        return;
    json_t *answer = json_parse(result->body, result->len, NULL);
    const json_t *channel = json_array_get(json_object_get(answer, "data"), 0);
    kick->user_id = json_get_int(channel, "broadcaster_user_id", 0);
    json_decref(answer);
    if (kick->user_id == 0)
        log_warn("connector", "%s: Kick's API knows no channel \"%s\": nothing can be written there", kick->base.source,
                 kick->channel);
    later(kick, kick->user_id > 0 ? 0 : CHECK_MS);
}

static void go_on(void *data)
{
    struct kick *kick = data;
    if (kick->api || !login_token(kick->login))
        return;
    connector_set_own_author(&kick->base, login_account_id(kick->login));
    if (kick->user_id == 0) {
        struct buffer path = {0};
        buffer_add_string(&path, "/channels?slug=");
        form_escape(&path, kick->channel, strlen(kick->channel));
        buffer_add_char(&path, '\0');
        kick->api = kick_call(kick, NULL, path.data, NULL, handle_channel, NULL);
        buffer_fini(&path);
    } else if (kick->door_token && login_has_scope(kick->login, "events:subscribe") && kick->is_own) {
        kick->api = kick_call(kick, NULL, "/events/subscriptions", NULL, handle_subscriptions, NULL);
    }
}

/* A user's token implies the user's own channel: webhooks of another's cannot be subscribed with it. */
static void handle_login(void *data, struct login *login)
{
    struct kick *kick = data;
    char id[24];
    snprintf(id, sizeof(id), "%lld", (long long)kick->user_id);
    kick->is_own = strcasecmp(login_account_name(login), kick->channel) == 0 || strcmp(login_account_id(login), id) == 0;
    if (login_token(login))
        later(kick, 0);
}

void kick_account_start(struct kick *kick)
{
    timer_init(&kick->account_timer, kick->base.options.loop, go_on, kick);
    kick->login = logins_find(kick->base.options.logins, "kick");
    kick->login_listener = (struct login_listener){.fn = handle_login, .data = kick};
    login_add_listener(kick->login, &kick->login_listener);
    if (kick->login)
        handle_login(kick, kick->login);
}

void kick_account_stop(struct kick *kick)
{
    login_remove_listener(&kick->login_listener);
    timer_stop(&kick->account_timer);
    http_cancel(kick->api);
    kick->api = NULL;
}
