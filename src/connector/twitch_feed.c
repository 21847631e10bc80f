#include "connector/twitch_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "net/loop.h"
#include "net/websocket.h"

enum {
    WELCOME_MS = 10 * 1000,
    KEEPALIVE_S = 10,           // where the welcome does not say
    KEEPALIVE_S_MAX = 600,
    FRAME_BYTES_MAX = 1 << 20,
    NEVER_S = 60 * 1000,        // libwebsockets must not ping (it counts in 16 bits)
};

struct twitch_feed {
    struct connector *base;
    const struct twitch_feed_handler *handler;
    void *data;
    struct websocket *socket;
    struct timer silence;       // until the welcome, and then between two frames
    int64_t silence_ms;
    int64_t alive_ms;
    char *session;              // owned; NULL: not welcomed yet
    bool is_ended;
};

static void end(struct twitch_feed *feed, int code, const struct error *why)
{
    if (feed->is_ended)
        return;
    feed->is_ended = true;
    timer_stop(&feed->silence);
    feed->handler->on_end(feed->data, feed, code, why);
}

static void handle_silence(void *data)
{
    struct twitch_feed *feed = data;
    struct error why = {0};
    error_set(&why, ERROR_AGAIN, feed->session ? "no keepalive within %g s" : "no welcome within %g s",
              (double)feed->silence_ms / 1000);
    end(feed, 0, &why);
}

/* A fifth more than promised. */
static void handle_welcome(struct twitch_feed *feed, const struct twitch_envelope *envelope, struct error *err)
{
    const json_t *session = json_object_get(envelope->payload, "session");
    const char *id = json_get_text(session, "id");
    int64_t keepalive_s = json_get_int(session, "keepalive_timeout_seconds", KEEPALIVE_S);
    if (!id || feed->session) {
        error_set(err, ERROR_DATA, "a welcome %s", id ? "that comes twice" : "without payload.session.id");
        return;
    }
    feed->session = xstrdup(id);
    if (keepalive_s < 1 || keepalive_s > KEEPALIVE_S_MAX)
        keepalive_s = KEEPALIVE_S;
    feed->silence_ms = keepalive_s * 1200;
    timer_start(&feed->silence, feed->silence_ms);
    feed->handler->on_welcome(feed->data, feed, feed->session);
}

static void handle_reconnect(struct twitch_feed *feed, const struct twitch_envelope *envelope, struct error *err)
{
    const char *url = json_get_text(json_object_get(envelope->payload, "session"), "reconnect_url");
    if (url) {
        feed->handler->on_reconnect(feed->data, feed, url);
    } else {
        error_set(err, ERROR_DATA, "session_reconnect without payload.session.reconnect_url");
    }
}

static void handle_envelope(struct twitch_feed *feed, const struct twitch_envelope *envelope, struct error *err)
{
    switch (envelope->type) {
    case TWITCH_WELCOME: handle_welcome(feed, envelope, err); break;
    case TWITCH_RECONNECT: handle_reconnect(feed, envelope, err); break;
    case TWITCH_NOTIFICATION:
    case TWITCH_REVOCATION: feed->handler->on_envelope(feed->data, feed, envelope, err); break;
    case TWITCH_KEEPALIVE:
    case TWITCH_OTHER: break;
    }
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct twitch_feed *feed = data;
    struct twitch_envelope envelope;
    struct error err;
    err.code = ERROR_NONE;
    feed->alive_ms = clock_unix_ms();
    if (feed->session)
        timer_start(&feed->silence, feed->silence_ms);
    if (feed->is_ended || !connector_begin_frame(feed->base, bytes, len))
        return;
    if (twitch_envelope_open(&envelope, bytes, len, &err)) {
        handle_envelope(feed, &envelope, &err);
        twitch_envelope_close(&envelope);
    }
    connector_end_frame(feed->base, &err);
}

static void handle_close(void *data, const struct websocket_close *close)
{
    struct twitch_feed *feed = data;
    end(feed, close->code, &close->error);
}

static const struct websocket_handler websocket_handler = {.on_message = handle_message, .on_close = handle_close};

struct twitch_feed *twitch_feed_create(struct connector *base, const char *url, const struct twitch_feed_handler *handler,
                                       void *data, struct error *err)
{
    struct twitch_feed *feed = xcalloc(1, sizeof(*feed));
    struct websocket_options options = {
        .url = url, .idle_ping_s = NEVER_S, .idle_hangup_s = NEVER_S + 10, .message_bytes_max = FRAME_BYTES_MAX,
        .handler = &websocket_handler, .data = feed};
    feed->base = base;
    feed->handler = handler;
    feed->data = data;
    feed->silence_ms = WELCOME_MS;
    timer_init(&feed->silence, base->options.loop, handle_silence, feed);
    connector_fill_websocket(base, &options);
    feed->socket = websocket_create(base->options.loop, &options, err);
    if (!feed->socket) {
        free(feed);
        return NULL;
    }
    timer_start(&feed->silence, 2 * WELCOME_MS);  // with the way there
    return feed;
}

void twitch_feed_destroy(struct twitch_feed *feed)
{
    if (!feed)
        return;
    timer_stop(&feed->silence);
    websocket_destroy(feed->socket);
    free(feed->session);
    free(feed);
}

const char *twitch_feed_session(const struct twitch_feed *feed)
{
    return feed->session ? feed->session : "";
}

int64_t twitch_feed_alive_ms(const struct twitch_feed *feed)
{
    return feed->alive_ms;
}
