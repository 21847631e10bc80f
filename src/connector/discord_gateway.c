#include "connector/discord_gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/str.h"
#include "connector/connector_impl.h"
#include "net/loop.h"
#include "net/websocket.h"

enum {
    FRAME_BYTES_MAX = 8 << 20,  // GUILD_CREATE of a large server has some hundred kilobytes
    ANSWER_MS = 20000, HEARTBEAT_MS_MIN = 10, HEARTBEAT_MS_MAX = 120000, HEARTBEAT_MS = 41250,
    CLOSE_RESUMABLE = 4000,     // 1000 and 1001 would end the session
    IDLE_PING_S = 20, IDLE_HANGUP_S = 30,
};

enum { OP_EVENT = 0, OP_HEARTBEAT = 1, OP_IDENTIFY = 2, OP_RESUME = 6, OP_RECONNECT = 7, OP_INVALID = 9, OP_HELLO = 10, OP_ACK = 11 };

struct discord_gateway {
    struct discord_gateway_options options;
    struct websocket *socket;
    char *session;           // owned; NULL: none yet
    int64_t seq;             // 0: none yet
    int64_t interval_ms;
    struct timer heartbeat, deadline;
    int64_t beat_ms;         // Unix, of the heartbeat that is not answered; 0: all are
    bool is_greeted, is_ready, has_ended;
};

static void end_for(struct discord_gateway *gateway, enum discord_end what, const struct error *why, const char *remedy)
{
    if (gateway->has_ended)
        return;
    gateway->has_ended = true;
    gateway->is_ready = false;
    timer_stop(&gateway->heartbeat);
    timer_stop(&gateway->deadline);
    gateway->options.handler->on_end(gateway->options.data, what, why, remedy);
}

static void end(struct discord_gateway *gateway, enum discord_end what, const struct error *why)
{
    end_for(gateway, what, why, NULL);
}

static void end_with(struct discord_gateway *gateway, enum discord_end what, enum error_code code, const char *text)
{
    struct error why = {0};
    error_set(&why, code, "%s", text);
    end(gateway, what, &why);
}

static void send_json(struct discord_gateway *gateway, json_t *frame)
{
    struct error err = {0};
    char *text = json_dumps(frame, JSON_COMPACT);
    if (!websocket_send(gateway->socket, text, strlen(text), &err))
        end(gateway, DISCORD_RESUME, &err);
    free(text);
    json_decref(frame);
}

/* ---- heartbeats ---- */

static void beat(struct discord_gateway *gateway)
{
    json_t *seq = gateway->seq ? json_integer(gateway->seq) : json_null();
    gateway->beat_ms = clock_unix_ms();
    send_json(gateway, json_pack("{s:i, s:o}", "op", OP_HEARTBEAT, "d", seq));
}

/* No answer until the next one is due: the connection is a zombie, whatever TCP says. */
static void handle_heartbeat(void *data)
{
    struct discord_gateway *gateway = data;
    if (gateway->beat_ms != 0) {
        end_with(gateway, DISCORD_RESUME, ERROR_AGAIN, "no answer to a heartbeat");
        return;
    }
    timer_start(&gateway->heartbeat, gateway->interval_ms);
    beat(gateway);
}

static void handle_ack(struct discord_gateway *gateway)
{
    int64_t sent_ms = gateway->beat_ms;
    gateway->beat_ms = 0;
    if (sent_ms != 0 && gateway->is_ready)
        gateway->options.handler->on_alive(gateway->options.data, sent_ms);
}

/* ---- coming in ---- */

static json_t *identify(const struct discord_gateway *gateway)
{
    json_t *properties = json_pack("{s:s, s:s, s:s}", "os", "linux", "browser", "antiphon", "device", "antiphon");
    json_t *body = json_pack("{s:s, s:I, s:o}", "token", gateway->options.token, "intents",
                             (json_int_t)gateway->options.intents, "properties", properties);
    return json_pack("{s:i, s:o}", "op", OP_IDENTIFY, "d", body);
}

static json_t *resume(const struct discord_gateway *gateway)
{
    json_t *body = json_pack("{s:s, s:s, s:I}", "token", gateway->options.token, "session_id", gateway->session, "seq",
                             (json_int_t)gateway->seq);
    return json_pack("{s:i, s:o}", "op", OP_RESUME, "d", body);
}

static int64_t bounded_interval(int64_t interval_ms)
{
    if (interval_ms <= 0)
        return HEARTBEAT_MS;
    return interval_ms < HEARTBEAT_MS_MIN ? HEARTBEAT_MS_MIN : interval_ms > HEARTBEAT_MS_MAX ? HEARTBEAT_MS_MAX : interval_ms;
}

static void handle_hello(struct discord_gateway *gateway, const json_t *data)
{
    if (gateway->is_greeted)
        return;
    gateway->is_greeted = true;
    gateway->interval_ms = bounded_interval(json_get_int(data, "heartbeat_interval", 0));
    // The first one at a random moment, so that not all clients beat at once after an outage.
    timer_start(&gateway->heartbeat, (int64_t)random_below((uint32_t)gateway->interval_ms));
    timer_start(&gateway->deadline, gateway->options.answer_ms);
    send_json(gateway, gateway->session ? resume(gateway) : identify(gateway));
}

static void handle_ready(struct discord_gateway *gateway, const json_t *ready)
{
    gateway->is_ready = true;
    timer_stop(&gateway->deadline);
    if (ready) {
        free(gateway->session);
        gateway->session = xstrdup(json_get_text(ready, "session_id"));
    }
    gateway->options.handler->on_ready(gateway->options.data, ready);
}

static void handle_event(struct discord_gateway *gateway, const json_t *frame)
{
    const char *name = json_get_text(frame, "t");
    int64_t seq = json_get_int(frame, "s", 0);
    if (seq > 0)
        gateway->seq = seq;
    if (!name)
        return;
    if (strcmp(name, "READY") == 0)
        handle_ready(gateway, json_object_get(frame, "d"));
    else if (strcmp(name, "RESUMED") == 0)
        handle_ready(gateway, NULL);
}

static void handle_invalid(struct discord_gateway *gateway, const json_t *frame)
{
    bool can_resume = gateway->session && json_is_true(json_object_get(frame, "d"));
    end_with(gateway, can_resume ? DISCORD_RESUME : DISCORD_IDENTIFY, ERROR_AGAIN,
             "Discord does not know the session any more");
}

void discord_gateway_handle(struct discord_gateway *gateway, const json_t *frame)
{
    if (gateway->has_ended)
        return;
    switch (json_get_int(frame, "op", -1)) {
    case OP_EVENT: handle_event(gateway, frame); break;
    case OP_HEARTBEAT: beat(gateway); break;  // asked for: the schedule stays
    case OP_RECONNECT: end_with(gateway, DISCORD_RESUME, ERROR_NONE, "Discord asks us to reconnect"); break;
    case OP_INVALID: handle_invalid(gateway, frame); break;
    case OP_HELLO: handle_hello(gateway, json_object_get(frame, "d")); break;
    case OP_ACK: handle_ack(gateway); break;
    default: break;
    }
}

/* ---- the websocket ---- */

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct discord_gateway *gateway = data;
    if (!gateway->has_ended)
        gateway->options.handler->on_frame(gateway->options.data, bytes, len);
}

/* What each close code asks for; all others, and a connection that is just gone, may resume. */
static const struct close_code {
    int code;
    enum discord_end end;
    const char *text, *remedy;  // NULL: as the websocket says it
} close_codes[] = {
    {4004, DISCORD_STOP, "Discord refuses the bot token"},
    {4007, DISCORD_IDENTIFY},
    {4009, DISCORD_IDENTIFY},
    {4010, DISCORD_STOP, "Discord refuses the connection as of a wrong shard (4010)",
     "antiphon uses no shards: remove \"api_url\" from this source if it leads to a proxy of your own, else report this as a fault"},
    {4011, DISCORD_STOP, "the bot is in too many servers for one connection (4011: sharding required)",
     "make a bot of your own for this server in Discord's developer portal, and give its token as the secret"},
    {4012, DISCORD_STOP, "Discord knows this version of its API no more (4012)", "install a newer antiphon"},
    {4013, DISCORD_STOP, "Discord refuses the intents (4013)", "install a newer antiphon: Discord has changed what a bot may ask for"},
    {4014, DISCORD_STOP, "Message Content Intent is not switched on for this bot (4014)",
     "in Discord's developer portal, under Bot, switch on Message Content Intent"},
};

static void handle_close(void *data, const struct websocket_close *closed)
{
    struct discord_gateway *gateway = data;
    for (size_t i = 0; i < ARRAY_LENGTH(close_codes); i++) {
        const struct close_code *known = &close_codes[i];
        if (known->code != closed->code)
            continue;
        struct error why = closed->error;
        if (known->text)
            error_set(&why, ERROR_DENIED, "%s", known->text);
        end_for(gateway, known->end, &why, known->remedy);
        return;
    }
    end(gateway, DISCORD_RESUME, &closed->error);
}

static const struct websocket_handler websocket_handler = {.on_message = handle_message, .on_close = handle_close};

static void handle_deadline(void *data)
{
    struct discord_gateway *gateway = data;
    end_with(gateway, DISCORD_RESUME, ERROR_AGAIN,
             gateway->is_greeted ? "Discord does not answer the login" : "Discord does not greet us");
}

/* ---- life ---- */

struct discord_gateway *discord_gateway_create(const struct discord_gateway_options *options, struct error *err)
{
    struct discord_gateway *gateway = xcalloc(1, sizeof(*gateway));
    struct loop *loop = options->base->options.loop;
    char *url = xasprintf("%s%s?v=10&encoding=json", options->url,
                          *options->url && options->url[strlen(options->url) - 1] == '/' ? "" : "/");
    gateway->options = *options;
    gateway->options.answer_ms = options->answer_ms ? options->answer_ms : ANSWER_MS;
    gateway->session = options->session ? xstrdup(options->session) : NULL;
    gateway->seq = options->seq;
    timer_init(&gateway->heartbeat, loop, handle_heartbeat, gateway);
    timer_init(&gateway->deadline, loop, handle_deadline, gateway);
    struct websocket_options socket = {
        .url = url, .message_bytes_max = FRAME_BYTES_MAX, .idle_ping_s = IDLE_PING_S, .idle_hangup_s = IDLE_HANGUP_S,
        .goodbye_code = CLOSE_RESUMABLE, .handler = &websocket_handler, .data = gateway};
    connector_fill_websocket(options->base, &socket);
    gateway->socket = websocket_create(loop, &socket, err);
    free(url);
    if (!gateway->socket) {
        discord_gateway_destroy(gateway);
        return NULL;
    }
    timer_start(&gateway->deadline, gateway->options.answer_ms);
    return gateway;
}

void discord_gateway_destroy(struct discord_gateway *gateway)
{
    if (!gateway)
        return;
    timer_stop(&gateway->heartbeat);
    timer_stop(&gateway->deadline);
    websocket_destroy(gateway->socket);
    free(gateway->session);
    free(gateway);
}

int64_t discord_gateway_seq(const struct discord_gateway *gateway)
{
    return gateway->seq;
}

bool discord_gateway_is_ready(const struct discord_gateway *gateway)
{
    return gateway && gateway->is_ready;
}
