/*
 * kick_socket.c - the Pusher connection: from hello over five subscriptions to the last sign of life.
 * Source: pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol, version 7. There is no replay:
 * what was written between the last sign of life and the next join is a gap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/fields.h"
#include "connector/kick_inside.h"
#include "net/websocket.h"

enum {
    CURSOR_MS = 1000,
    BUSY_MS = 60 * 1000,
    ACTIVITY_S = 120,      // unless the server says otherwise
    ACTIVITY_S_MAX = 3600,
};

static void connect_now(void *data);

static void send(struct kick *kick, const char *text)
{
    websocket_send(kick->websocket, text, strlen(text), NULL);
}

/* ---- the end of a connection ---- */

static void drop(struct kick *kick)
{
    websocket_destroy(kick->websocket);
    kick->websocket = NULL;
    kick->is_joined = kick->awaits_pong = false;
    timer_stop(&kick->deadline);
}

static void try_again(struct kick *kick, enum connector_state state, int64_t delay_ms, const char *why)
{
    char again[32];
    timer_start(&kick->retry, delay_ms);
    connector_set_state(&kick->base, state, "%s (%s)", why, connector_again_text(delay_ms, again));
}

/* Of the connection that was joined; that further attempts failed is no news. */
static void note_loss(struct kick *kick, const char *why)
{
    if (!kick->is_joined)
        return;
    free(kick->loss);
    kick->loss = xasprintf("connection lost: %s", why);
}

/* Pusher's codes: 4000 to 4099 mean "not like this", 4100 to 4199 "later", 4200 to 4299 "at once". */
static void end_with_code(struct kick *kick, int code, const char *words)
{
    char why[300];
    snprintf(why, sizeof(why), "Kick's chat server: %s (%d)", *words ? words : "closed the connection", code);
    note_loss(kick, why);
    drop(kick);
    if (code >= 4000 && code <= 4099) {
        connector_set_remedy(&kick->base, code == 4001
            ? "Kick has changed its Pusher application: look for a newer antiphon, or set app_key and url"
            : "set app_key and url to what kick.com uses now, or look for a newer antiphon");
        try_again(kick, CONNECTOR_FAILED, random_jitter(KICK_SELDOM_MS, 20), why);
        return;
    }
    int64_t delay_ms = backoff_next_ms(&kick->backoff);
    if (code >= 4100 && code <= 4199 && delay_ms < 1000)
        delay_ms = 1000;
    try_again(kick, CONNECTOR_CONNECTING, delay_ms, why);
}

static void end_with_error(struct kick *kick, const struct websocket_close *end)
{
    const char *why = end->error.text;
    int status = end->was_open ? 0 : end->http_status;
    note_loss(kick, why);
    drop(kick);
    if (status == 401 || status == 403 || status == 404 || end->error.code == ERROR_DENIED) {
        connector_set_remedy(&kick->base, "%s", status ? "set app_key and url to what kick.com uses now, or look for a newer antiphon"
                                                       : "check this computer's date, and url, ca_file or proxy of this source");
        try_again(kick, CONNECTOR_FAILED, random_jitter(KICK_SELDOM_MS, 20), why);
    } else if (status == 429) {
        try_again(kick, CONNECTOR_CONNECTING, random_jitter(BUSY_MS, 20), why);
    } else {
        try_again(kick, CONNECTOR_CONNECTING, backoff_next_ms(&kick->backoff), why);
    }
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct kick *kick = data;
    if (end->code >= 4000 && end->code <= 4299) {
        end_with_code(kick, end->code, end->reason);
    } else {
        end_with_error(kick, end);
    }
}

/* ---- signs of life ---- */

static int64_t quiet_ms(const struct kick *kick)
{
    // Clients ping at 75 % of what the server allows; we do it sooner, to know sooner.
    int64_t latest_ms = kick->activity_ms * 3 / 4;
    return kick->ping_ms < latest_ms ? kick->ping_ms : latest_ms;
}

static void handle_deadline(void *data)
{
    struct kick *kick = data;
    int64_t silent_ms = clock_monotonic_ms() - kick->heard_ms;
    if (!kick->is_joined) {
        end_with_code(kick, 4200, "it did not let us into the chat in time");
    } else if (silent_ms < quiet_ms(kick)) {
        timer_start(&kick->deadline, quiet_ms(kick) - silent_ms);
    } else if (kick->awaits_pong) {
        end_with_code(kick, 4201, "no sign of life");
    } else {
        kick->awaits_pong = true;
        send(kick, "{\"event\":\"pusher:ping\",\"data\":{}}");
        timer_start(&kick->deadline, kick->dead_ms);
    }
}

/* What was written just before the last sign of life may still have been on its way: a second is taken off. */
static void note_alive(struct kick *kick)
{
    int64_t known_ms = websocket_alive_ms(kick->websocket), now_ms = clock_monotonic_ms();
    if (kick->heard_ms > known_ms)
        known_ms = kick->heard_ms;
    int64_t alive_ms = clock_unix_ms() - (now_ms - known_ms) - 1000;
    if (alive_ms > kick->alive_ms)
        kick->alive_ms = alive_ms;
}

static void handle_tick(void *data)
{
    struct kick *kick = data;
    if (!kick->is_joined)
        return;
    note_alive(kick);
    if (kick->alive_ms != kick->cursor_ms)
        kick_give_cursor(kick);
    timer_start(&kick->tick, CURSOR_MS);
}

/* ---- joining ---- */

static void subscribe(struct kick *kick, const char *before, int64_t id, const char *behind)
{
    char text[160];
    snprintf(text, sizeof(text), "{\"event\":\"pusher:subscribe\",\"data\":{\"auth\":\"\",\"channel\":\"%s%lld%s\"}}", before,
             (long long)id, behind);
    send(kick, text);
}

/* Events are spread over these, and have moved between them. */
static void handle_hello(struct kick *kick, const json_t *data)
{
    int64_t seconds = json_get_int(data, "activity_timeout", ACTIVITY_S);
    kick->activity_ms = (seconds < 1 ? 1 : seconds > ACTIVITY_S_MAX ? ACTIVITY_S_MAX : seconds) * 1000;
    subscribe(kick, "chatrooms.", kick->chatroom_id, ".v2");
    subscribe(kick, "chatrooms.", kick->chatroom_id, "");
    subscribe(kick, "chatroom_", kick->chatroom_id, "");
    if (kick->channel_id > 0) {
        subscribe(kick, "channel.", kick->channel_id, "");
        subscribe(kick, "channel_", kick->channel_id, "");
    }
}

static void handle_joined(struct kick *kick, struct str channel)
{
    if (kick->is_joined || !str_starts_with(channel, STR("chatroom")))
        return;
    int64_t now_ms = clock_unix_ms(), from_ms = kick->alive_ms;
    kick->is_joined = true;
    kick->alive_ms = now_ms;
    timer_start(&kick->deadline, quiet_ms(kick));
    timer_start(&kick->tick, CURSOR_MS);
    connector_gap(&kick->base, from_ms, now_ms, kick->loss ? kick->loss : "we were not running");
    backoff_reset(&kick->backoff);
    if (kick->user_id > 0) {
        char id[24];
        snprintf(id, sizeof(id), "%lld", (long long)kick->user_id);
        connector_set_channel(&kick->base, id);
    }
    connector_set_state(&kick->base, CONNECTOR_LIVE, "joined kick.com/%s (%.1f s)", kick->channel,
                        (double)(clock_monotonic_ms() - kick->opened_ms) / 1000);
    kick_give_cursor(kick);
    if (from_ms > 0)
        kick_fill_gap(kick, from_ms);
}

/* "data" of a protocol event, decoded if it is a string. The caller calls json_decref(). */
static json_t *data_of(const json_t *frame)
{
    struct str text = field_text(frame, "data");
    return text.len > 0 ? json_parse(text.data, text.len, NULL) : json_incref(json_object_get(frame, "data"));
}

static void handle_fault(struct kick *kick, const json_t *data)
{
    int64_t code = json_get_int(data, "code", 0);
    const char *words = json_get_text(data, "message");
    if (code >= 4000 && code <= 4299)
        end_with_code(kick, (int)code, words ? words : "");
}

bool kick_socket_protocol(struct kick *kick, const json_t *frame)
{
    struct str event = field_text(frame, "event");
    if (!str_starts_with(event, STR("pusher")))
        return false;
    json_t *data = data_of(frame);
    if (!kick->websocket) {
        // A recording.
    } else if (str_equal(event, STR("pusher:connection_established"))) {
        handle_hello(kick, data);
    } else if (str_equal(event, STR("pusher_internal:subscription_succeeded"))) {
        handle_joined(kick, field_text(frame, "channel"));
    } else if (str_equal(event, STR("pusher:ping"))) {
        send(kick, "{\"event\":\"pusher:pong\",\"data\":{}}");
    } else if (str_equal(event, STR("pusher:error"))) {
        handle_fault(kick, data);
    }
    json_decref(data);
    return true;
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct kick *kick = data;
    kick->heard_ms = clock_monotonic_ms();
    kick->awaits_pong = false;
    kick_receive(&kick->base, bytes, len, NULL);
}

/* ---- connecting ---- */

static const struct websocket_handler handler = {.on_message = handle_message, .on_close = handle_close};

static void connect_now(void *data)
{
    struct kick *kick = data;
    struct error err = {0};
    if (kick->chatroom_id == 0) {
        kick_find_ids(kick);
        return;
    }
    char *url = xasprintf("%s/app/%s?protocol=7&client=js&version=8.4.0&flash=false", kick->url, kick->app_key);
    struct websocket_options options = {.url = url, .handler = &handler, .data = kick};
    connector_fill_websocket(&kick->base, &options);
    kick->websocket = websocket_create(kick->base.options.loop, &options, &err);
    free(url);
    if (!kick->websocket) {
        connector_set_state(&kick->base, CONNECTOR_FAILED, "url: %s", err.text);
        return;
    }
    kick->opened_ms = kick->heard_ms = clock_monotonic_ms();
    kick->activity_ms = ACTIVITY_S * 1000;
    timer_start(&kick->deadline, kick->join_ms);
    connector_set_state(&kick->base, CONNECTOR_CONNECTING, "connecting to kick.com/%s", kick->channel);
}

void kick_socket_start(struct kick *kick)
{
    if (!kick->retry.loop) {
        timer_init(&kick->retry, kick->base.options.loop, connect_now, kick);
        timer_init(&kick->deadline, kick->base.options.loop, handle_deadline, kick);
        timer_init(&kick->tick, kick->base.options.loop, handle_tick, kick);
    }
    timer_start(&kick->retry, backoff_next_ms(&kick->backoff));
}

void kick_socket_stop(struct kick *kick)
{
    if (kick->is_joined) {
        note_alive(kick);
        kick_give_cursor(kick);
    }
    timer_stop(&kick->retry);
    timer_stop(&kick->tick);
    drop(kick);
}
