#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/side.h"
#include "rehearsal/tiktok_frame.h"

/*
 * TikTok LIVE by both of its ways. /tiktok/app is TikFinity's local websocket: JSON, no login, no replay. The others are
 * the webcast: /tiktok/api-live/… finds the room, /tiktok/sign/… is a sign server with a key and a small limit, and
 * /tiktok/push takes a signed address once and for 30 s. Strict where TikTok is: a heartbeat before the room was
 * entered closes, a missing one drops, the cookie and the user agent must be those of the signature.
 */

enum { HISTORY = 6, SIGNED_MAX = 64, SIGNED_MS = 30000, CLIENT_STATUS_REFUSED = 200 };

struct signature {
    char *cookie, *agent;  // owned; NULL: free
    int64_t until_ms;      // monotonic
};

struct kept {
    char *method;
    struct buffer event;
    uint64_t id;
};

struct tiktok_side {
    struct side base;
    uint64_t room;
    bool is_over, is_blocked;
    int64_t sign_left;
    struct signature signatures[SIGNED_MAX];
    size_t next_signature;
    struct kept history[HISTORY];  // the last comments
    uint64_t history_count, batches;
    uint64_t signed_count, acks, heartbeats, heartbeats_missed, entered;
};

struct client {
    struct side_client base;
    bool is_app, is_in;
    uint64_t sent;       // batches, by log id
    struct timer beat_timer;
};

static struct tiktok_side *get_side(struct side *base)
{
    return container_of(base, struct tiktok_side, base);
}

static struct client *get_client(struct side_client *base)
{
    return container_of(base, struct client, base);
}

static bool is_app_side(const struct side *base)
{
    return strcmp(side_text(base, "method"), "webcast") != 0;
}

/* --- What is sent --- */

static bool wants_app(const struct side_client *base)
{
    return container_of(base, struct client, base)->is_app;
}

static bool wants_webcast(const struct side_client *base)
{
    const struct client *client = container_of(base, struct client, base);
    return !client->is_app && client->is_in;
}

static void keep(struct tiktok_side *side, const char *method, const struct buffer *event, uint64_t id)
{
    struct kept *kept = &side->history[side->history_count++ % HISTORY];
    free(kept->method);
    kept->method = xstrdup(method);
    buffer_clear(&kept->event);
    buffer_add(&kept->event, event->data, event->len);
    kept->id = id;
}

static void broadcast_event(struct tiktok_side *side, const char *method, const struct buffer *event, uint64_t id)
{
    struct buffer inners = {0}, batch = {0}, frame = {0};
    tiktok_frame_write_inner(method, event, id, false, &inners);
    tiktok_frame_write_batch(&inners, ++side->batches, NULL, true, &batch);
    tiktok_frame_write_push("msg", side->batches, &batch, true, &frame);
    side_broadcast(&side->base, wants_webcast, frame.data, frame.len, false);
    buffer_fini(&inners);
    buffer_fini(&batch);
    buffer_fini(&frame);
}

/* An event's own id: those of a streak share the message's. */
static uint64_t id_of(const struct message *message)
{
    uint64_t id = tiktok_frame_id(message->is.native_id);
    if (message->is.kind == MESSAGE_GIFT && message->is.money.count > 1)
        id += (uint64_t)message->is.money.count * 2 + !message->is.money.is_streak_open;
    return id;
}

static bool say_webcast(struct tiktok_side *side, const struct message *message)
{
    struct buffer event = {0};
    const char *method = tiktok_frame_write_event(message, side->room, &event);
    if (method) {
        broadcast_event(side, method, &event, id_of(message));
        if (message->is.kind == MESSAGE_CHAT)
            keep(side, method, &event, id_of(message));
    }
    if (message->is.kind == MESSAGE_END)
        side->is_over = true;
    buffer_fini(&event);
    return method != NULL;
}

static bool say_app(struct tiktok_side *side, const struct message *message)
{
    struct buffer text = {0};
    bool is_known = tiktok_frame_write_flat(message, side_room(&side->base, "channel"), &text);
    if (is_known)
        side_broadcast(&side->base, wants_app, text.data, text.len, true);
    buffer_fini(&text);
    return is_known;
}

static void say(struct side *base, const struct message *message)
{
    struct tiktok_side *side = get_side(base);
    bool by_app = say_app(side, message), by_webcast = say_webcast(side, message);
    if (is_app_side(base) ? by_app : by_webcast)
        side_note(base, message);
    else
        base->skipped++;
}

/* --- The room and the sign server --- */

static void answer(struct server_request *request, int status, const char *text)
{
    server_respond(request, status, "application/json", NULL, 0, text, strlen(text));
}

static void get_room(struct tiktok_side *side, struct server_request *request)
{
    char text[256];
    const char *name = server_request_argument(request, "uniqueId");
    if (!name || strcmp(name, side_room(&side->base, "channel")) != 0) {
        answer(request, 200, "{\"statusCode\":19881007,\"message\":\"user_not_found\",\"data\":{}}");
        return;
    }
    snprintf(text, sizeof(text), "{\"statusCode\":0,\"message\":\"\",\"data\":{\"user\":{\"roomId\":\"%llu\"},\"liveRoom\":{\"status\":%d}}}",
             (unsigned long long)side->room, side->is_over ? 4 : 2);
    const struct net_header cookie[] = {{"set-cookie", "tt-target-idc=eu-ttp2; Path=/; Secure"}};
    server_respond(request, 200, "application/json", cookie, 1, text, strlen(text));
}

/* The batch of the first fetch: the last comments, and where to go on. */
static void write_first(struct tiktok_side *side, const char *host, struct buffer *out)
{
    struct buffer inners = {0};
    char *push = xasprintf("ws://%s/tiktok/push", host);
    uint64_t first = side->history_count > HISTORY ? side->history_count - HISTORY : 0;
    for (uint64_t i = first; i < side->history_count; i++) {
        struct kept *kept = &side->history[i % HISTORY];
        tiktok_frame_write_inner(kept->method, &kept->event, kept->id, true, &inners);
    }
    tiktok_frame_write_batch(&inners, side->batches, push, false, out);
    buffer_fini(&inners);
    free(push);
}

static const char *keep_signature(struct tiktok_side *side, const char *agent)
{
    struct signature *signature = &side->signatures[side->next_signature++ % SIGNED_MAX];
    free(signature->cookie);
    free(signature->agent);
    signature->cookie = xasprintf("ttwid=rehearsal-%llu; tt-target-idc=eu-ttp2", (unsigned long long)++side->signed_count);
    signature->agent = xstrdup(agent);
    signature->until_ms = clock_monotonic_ms() + SIGNED_MS;
    return signature->cookie;
}

static void get_signed(struct tiktok_side *side, struct server_request *request)
{
    const char *key = server_request_header(request, "x-api-key"), *agent = server_request_argument(request, "user_agent");
    const char *host = server_request_header(request, "host");
    if (!key || strcmp(key, side_text(&side->base, "sign_key")) != 0) {
        answer(request, 401, "{\"message\":\"invalid api key\"}");
    } else if (side->sign_left == 0) {
        const struct net_header after[] = {{"retry-after", side_text(&side->base, "retry_after")}};
        static const char body[] = "{\"message\":\"rate limit\",\"limit_label\":\"hour\"}";
        server_respond(request, 429, "application/json", after, 1, body, sizeof(body) - 1);
    } else if (!agent || !host) {
        answer(request, 400, "{\"message\":\"user_agent is missing\"}");
    } else {
        struct buffer body = {0};
        char room[24];
        side->sign_left--;
        snprintf(room, sizeof(room), "%llu", (unsigned long long)side->room);
        write_first(side, host, &body);
        const struct net_header headers[] = {{"x-set-tt-cookie", keep_signature(side, agent)}, {"x-room-id", room}};
        server_respond(request, 200, "application/protobuf", headers, 2, body.data ? body.data : "", body.len);
        buffer_fini(&body);
    }
}

static bool route(struct side *base, struct server_request *request, const char *path)
{
    struct tiktok_side *side = get_side(base);
    if (strcmp(path, "/api-live/user/room/") == 0 || strcmp(path, "/api-live/user/room") == 0)
        get_room(side, request);
    else if (strcmp(path, "/sign/webcast/fetch") == 0)
        get_signed(side, request);
    else
        return false;
    return true;
}

/* --- Websockets --- */

/* Each signature opens one websocket. */
static bool use_signature(struct tiktok_side *side, const char *cookie, const char *agent)
{
    for (size_t i = 0; cookie && agent && i < SIGNED_MAX; i++) {
        struct signature *signature = &side->signatures[i];
        if (!signature->cookie || strcmp(signature->cookie, cookie) != 0)
            continue;
        bool is_good = clock_monotonic_ms() < signature->until_ms && strcmp(signature->agent, agent) == 0;
        free(signature->cookie);
        free(signature->agent);
        *signature = (struct signature){0};
        return is_good;
    }
    return false;
}

static void handle_beat_due(void *data)
{
    struct client *client = data;
    get_side(client->base.side)->heartbeats_missed++;
    server_socket_abort(client->base.socket);
}

static struct side_client *accept_client(struct side *base, const struct server_request *request, int *status)
{
    struct tiktok_side *side = get_side(base);
    const char *path = server_request_path(request);
    bool is_app = strcmp(path, "/tiktok/app") == 0;
    if (!is_app && strcmp(path, "/tiktok/push") != 0) {
        *status = 404;
        return NULL;
    }
    if (!is_app && (side->is_blocked || !use_signature(side, server_request_header(request, "cookie"),
                                                       server_request_header(request, "user-agent")))) {
        *status = CLIENT_STATUS_REFUSED;
        return NULL;
    }
    struct client *client = xcalloc(1, sizeof(*client));
    client->is_app = is_app;
    timer_init(&client->beat_timer, rehearsal_loop(base->rehearsal), handle_beat_due, client);
    return &client->base;
}

static void handle_open(struct side_client *base)
{
    struct client *client = get_client(base);
    if (client->is_app) {
        side_client_printf(base, "{\"event\":\"roomUser\",\"data\":{\"viewerCount\":1,\"topViewers\":[]}}");
        side_client_came(base->side);
    } else {
        timer_start(&client->beat_timer, side_number(base->side, "heartbeat_ms"));
    }
}

static void send_push(struct side_client *client, const char *type)
{
    struct buffer frame = {0};
    tiktok_frame_write_push(type, 1, NULL, false, &frame);
    side_client_send_binary(client, frame.data, frame.len);
    buffer_fini(&frame);
}

static void handle_message(struct side_client *base, const char *bytes, size_t len, bool is_text)
{
    struct client *client = get_client(base);
    struct tiktok_side *side = get_side(base->side);
    struct tiktok_said said;
    if (client->is_app)
        return;  // nothing is to be sent, and nothing happens
    if (is_text || !tiktok_frame_read_push(bytes, len, &said)) {
        side_client_close(base, 1000, "payload error");
    } else if (str_equal(said.type, STR("im_enter_room"))) {
        client->is_in = true;
        side->entered++;
        send_push(base, "im_enter_room_resp");
        side_client_came(base->side);
    } else if (str_equal(said.type, STR("hb")) && !client->is_in) {
        side_client_close(base, 1000, "payload_handler_hb: not in a room");
    } else if (str_equal(said.type, STR("hb"))) {
        side->heartbeats++;
        timer_start(&client->beat_timer, side_number(base->side, "heartbeat_ms"));
        send_push(base, "hb");
    } else if (str_equal(said.type, STR("ack"))) {
        side->acks += said.log_id > 0 && str_starts_with(said.payload, STR("fetch_time:"));
    }
}

static void handle_close(struct side_client *base)
{
    struct client *client = get_client(base);
    timer_stop(&client->beat_timer);
    free(client);
}

/* --- Faults --- */

static void garbage(struct side *base)
{
    static const char json[] = "{\"event\":\"chat\",\"data\":{\"comment\":\xff", binary[] = "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    side_broadcast(base, wants_app, json, sizeof(json) - 1, true);
    side_broadcast(base, wants_webcast, binary, sizeof(binary) - 1, false);
}

static void end_live(struct tiktok_side *side)
{
    struct message *end = message_create(&(struct message_draft){.kind = MESSAGE_END, .time_ms = clock_unix_ms()});
    say_webcast(side, end);
    message_unref(end);
}

static bool special(struct side *base, const char *fault)
{
    struct tiktok_side *side = get_side(base);
    if (strcmp(fault, "quota") == 0) {
        side->sign_left = 0;
    } else if (strcmp(fault, "block") == 0) {
        side->is_blocked = true;
    } else if (strcmp(fault, "end") == 0) {
        end_live(side);
    } else if (strcmp(fault, "restart") == 0) {
        end_live(side);
        side->room++;
        side->is_over = false;
    } else if (strcmp(fault, "resume") == 0) {
        side->sign_left = side_number(base, "sign_limit");
        side->is_blocked = false;
    } else {
        return false;
    }
    return true;
}

/* --- The table --- */

static void describe(const struct side *base, json_t *state)
{
    const struct tiktok_side *side = container_of(base, struct tiktok_side, base);
    json_object_set_new(state, "signed", json_integer((json_int_t)side->signed_count));
    json_object_set_new(state, "entered", json_integer((json_int_t)side->entered));
    json_object_set_new(state, "acks", json_integer((json_int_t)side->acks));
    json_object_set_new(state, "batches", json_integer((json_int_t)side->batches));
    json_object_set_new(state, "heartbeats", json_integer((json_int_t)side->heartbeats));
    json_object_set_new(state, "heartbeats_missed", json_integer((json_int_t)side->heartbeats_missed));
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    const char *channel = side_room(base, "channel");
    json_t *app = json_sprintf("ws://%s/tiktok/app", authority), *sign = json_sprintf("http://%s/tiktok/sign", authority);
    json_t *site = json_sprintf("http://%s/tiktok", authority);
    json_object_set(addresses, "tiktok", is_app_side(base) ? app : site);
    json_object_set(addresses, "tiktok_sign", sign);
    if (is_app_side(base)) {
        json_array_append_new(sources, json_pack("{s:s, s:s, s:O}", "connector", "tiktok", "channel", channel, "url", app));
    } else {
        json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:b, s:O, s:O, s:s}", "connector", "tiktok", "channel", channel,
                                                 "method", "webcast", "unofficial", 1, "site_url", site, "sign_url", sign,
                                                 "sign_key", side_text(base, "sign_key")));
    }
    json_decref(app);
    json_decref(sign);
    json_decref(site);
}

static void start(struct side *base)
{
    get_side(base)->sign_left = side_number(base, "sign_limit");
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct tiktok_side *side = xcalloc(1, sizeof(*side));
    side->room = UINT64_C(7574999999999999999);
    return &side->base;
}

static void destroy(struct side *base)
{
    struct tiktok_side *side = get_side(base);
    for (size_t i = 0; i < SIGNED_MAX; i++) {
        free(side->signatures[i].cookie);
        free(side->signatures[i].agent);
    }
    for (size_t i = 0; i < HISTORY; i++) {
        free(side->history[i].method);
        buffer_fini(&side->history[i].event);
    }
    free(side);
}

static void make_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    uint64_t a, b;
    bool is_number = len == 19 && strspn(word, "0123456789") >= len;
    if (transcript_keep_id(is_number, word, len, pass, id))
        return;
    transcript_hash_word(word, len, pass, &a, &b);
    snprintf(id, TRANSCRIPT_ID_BYTES, "75%017llu", (unsigned long long)(a % 100000000000000000));
}

static const struct side_setting settings[] = {
    {"channel", "rehearsal", "the handle; usual: the transcript's"},
    {"method", "tikfinity", "which way `sources` names: tikfinity or webcast"},
    {"sign_key", "rehearsal-key", "the only one that the sign server knows"},
    {"sign_limit", "12", "signed fetches in all"},
    {"retry_after", "3600", "seconds, beyond the limit"},
    {"heartbeat_ms", "30000", "a webcast client is dropped after so long without one"},
    {NULL},
};

const struct side_impl tiktok_side = {
    .name = "tiktok", .settings = settings, .create = create, .start = start, .destroy = destroy, .say = say,
    .make_id = make_id, .request = route, .address = address, .describe = describe, .accept = accept_client,
    .open = handle_open, .receive = handle_message, .close = handle_close, .garbage = garbage, .special = special,
    .specials = "quota, block, end, restart",
};
