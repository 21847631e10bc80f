#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/base64.h"
#include "rehearsal/kick_frame.h"
#include "rehearsal/push.h"
#include "rehearsal/side.h"

/*
 * Kick as programs meet it (2026-11): the Pusher socket at /kick/app/KEY, the site at /kick/site/api/v2/… (closed, as it
 * mostly is), the official API at /kick/api/…, and webhooks, signed with a key of our own that /kick/api/public-key
 * tells. The socket replays nothing, greets, acknowledges, wants a sign of life, and ends with Pusher's codes.
 */

enum { CHATROOM = 4567890, CHANNEL = 4321098, USER = 123456789, HISTORY = 50, CONTENT_MAX = 500, BURST_MS = 10000, BURST_MAX = 64 };

struct kick_side {
    struct side base;
    struct push *push;
    EVP_PKEY *key;           // made when it is first needed: it takes a while
    json_t *history;         // the newest last
    json_t *subscriptions;   // of webhooks
    int64_t writes[BURST_MAX];
    size_t write_at;
    uint64_t hooks, subscribed, pongs_missed;
    bool is_busy;            // the fault "quota"
};

struct client {
    struct side_client base;
    bool is_unknown_key, is_subscribed, is_pinged;
    struct timer activity;
};

static struct kick_side *get_side(struct side *base)
{
    return container_of(base, struct kick_side, base);
}

static struct client *get_client(struct side_client *base)
{
    return container_of(base, struct client, base);
}

static struct kick_frame_room room_of(const struct side *side)
{
    return (struct kick_frame_room){side_room(side, "channel"), CHATROOM, CHANNEL, USER};
}

/* ---- webhooks ---- */

static EVP_PKEY *key_of(struct kick_side *side)
{
    if (!side->key)
        side->key = EVP_RSA_gen(2048);
    return side->key;
}

static void sign(struct kick_side *side, const struct buffer *bytes, struct buffer *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char signature[512];
    size_t len = sizeof(signature);
    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key_of(side)) == 1 &&
        EVP_DigestSign(ctx, signature, &len, (const unsigned char *)bytes->data, bytes->len) == 1)
        base64_encode(out, signature, len);
    EVP_MD_CTX_free(ctx);
    buffer_add_char(out, '\0');
}

static void push_hook(struct kick_side *side, const char *type, const json_t *body)
{
    char id[40], time[CLOCK_RFC3339_BYTES];
    snprintf(id, sizeof(id), "01JDREHEARSAL%013llu", (unsigned long long)++side->hooks);
    clock_format_rfc3339(clock_unix_ms(), time);
    char *text = json_dumps(body, JSON_COMPACT);
    struct buffer bytes = {0}, signature = {0};
    buffer_printf(&bytes, "%s.%s.", id, time);
    buffer_add_string(&bytes, text);
    sign(side, &bytes, &signature);
    const struct net_header headers[] = {
        {"content-type", "application/json"}, {"Kick-Event-Message-Id", id}, {"Kick-Event-Message-Timestamp", time},
        {"Kick-Event-Type", type}, {"Kick-Event-Version", "1"}, {"Kick-Event-Signature", signature.data},
    };
    push_send(side->push, NULL, headers, ARRAY_LENGTH(headers), text, strlen(text));
    if (side->hooks % 5 == 0)
        push_send(side->push, NULL, headers, ARRAY_LENGTH(headers), text, strlen(text));  // some come twice (KickDevDocs #228)
    buffer_fini(&bytes);
    buffer_fini(&signature);
    free(text);
}

static void say_by_webhook(struct kick_side *side, const struct message *message)
{
    struct kick_frame_room room = room_of(&side->base);
    const char *type;
    json_t *body = side_target(&side->base) ? kick_frame_hook(message, &room, &type) : NULL;
    if (body)
        push_hook(side, type, body);
    json_decref(body);
}

/* ---- the socket ---- */

static bool wants(const struct side_client *base)
{
    return container_of(base, struct client, base)->is_subscribed;
}

static void keep(struct kick_side *side, const struct message *message)
{
    struct kick_frame_room room = room_of(&side->base);
    json_array_append_new(side->history, kick_frame_chat(message, &room));
    if (json_array_size(side->history) > HISTORY)
        json_array_remove(side->history, 0);
}

static void say(struct side *base, const struct message *message)
{
    struct kick_side *side = get_side(base);
    struct kick_frame_room room = room_of(base);
    struct buffer frames = {0};
    if (kick_frame_write(message, &room, &frames)) {
        side_note(base, message);
        for (size_t at = 0; at < frames.len;) {
            const char *newline = memchr(frames.data + at, '\n', frames.len - at);
            size_t len = (size_t)(newline - (frames.data + at));
            side_broadcast(base, wants, frames.data + at, len, true);
            at += len + 1;
        }
        if (message->is.kind == MESSAGE_CHAT)
            keep(side, message);
        say_by_webhook(side, message);
    } else {
        base->skipped++;
    }
    buffer_fini(&frames);
}

static void handle_quiet(void *data)
{
    struct client *client = data;
    struct side *side = client->base.side;
    if (client->is_pinged) {
        get_side(side)->pongs_missed++;
        side_client_close(&client->base, 4201, "Pong reply not received");
        return;
    }
    client->is_pinged = true;
    side_client_printf(&client->base, "{\"event\":\"pusher:ping\",\"data\":{}}");
    timer_start(&client->activity, side_number(side, "pong_ms"));
}

static struct side_client *accept_client(struct side *base, const struct server_request *request, int *status)
{
    const char *path = server_request_path(request), *key = strstr(path, "/app/");
    struct client *client = xcalloc(1, sizeof(*client));
    timer_init(&client->activity, rehearsal_loop(base->rehearsal), handle_quiet, client);
    client->is_unknown_key = !key || strcmp(key + 5, side_text(base, "app_key")) != 0;
    return &client->base;
}

static void open_client(struct side_client *base)
{
    struct side *side = base->side;
    int64_t quiet_s = side_number(side, "activity_s");
    if (get_client(base)->is_unknown_key) {
        side_client_printf(base, "{\"event\":\"pusher:error\",\"data\":{\"code\":4001,\"message\":\"App key %s not in this cluster\"}}", "?");
        side_client_close(base, 4001, "App key not in this cluster");
        return;
    }
    side_client_printf(base, "{\"event\":\"pusher:connection_established\",\"data\":\"{\\\"socket_id\\\":\\\"123456.7890123\\\","
                       "\\\"activity_timeout\\\":%lld}\"}", (long long)quiet_s);
    timer_start(&get_client(base)->activity, quiet_s * 1000);
}

/* Every public channel is acknowledged, also one that nobody ever speaks in. */
static void subscribe(struct side_client *base, const char *channel)
{
    char ours[48];
    snprintf(ours, sizeof(ours), "chatrooms.%d.v2", CHATROOM);
    side_client_printf(base, "{\"event\":\"pusher_internal:subscription_succeeded\",\"data\":\"{}\",\"channel\":\"%s\"}", channel);
    if (strcmp(channel, ours) != 0)
        return;
    get_client(base)->is_subscribed = true;
    get_side(base->side)->subscribed++;
    side_client_came(base->side);
}

static void receive(struct side_client *base, const char *bytes, size_t len, bool is_text)
{
    struct client *client = get_client(base);
    json_t *frame = json_parse(bytes, len, NULL);
    const char *event = json_get_text(frame, "event");
    const char *channel = json_get_text(json_object_get(frame, "data"), "channel");
    client->is_pinged = false;
    timer_start(&client->activity, side_number(base->side, "activity_s") * 1000);
    if (!event) {
        side_client_printf(base, "{\"event\":\"pusher:error\",\"data\":{\"code\":null,\"message\":\"Invalid event format\"}}");
    } else if (strcmp(event, "pusher:ping") == 0) {
        side_client_printf(base, "{\"event\":\"pusher:pong\",\"data\":\"{}\"}");
    } else if (strcmp(event, "pusher:subscribe") == 0 && channel && strlen(channel) < 64 && !strpbrk(channel, "\"\\")) {
        subscribe(base, channel);
    }
    json_decref(frame);
}

static void close_client(struct side_client *base)
{
    timer_stop(&get_client(base)->activity);
    free(get_client(base));
}

/* ---- the site ---- */

static void get_site(struct side *base, struct server_request *request, const char *path)
{
    static const char channels[] = "/api/v2/channels/";
    const char *word = strncmp(path, channels, sizeof(channels) - 1) == 0 ? path + sizeof(channels) - 1 : "";
    char messages[32];
    snprintf(messages, sizeof(messages), "%d/messages", CHANNEL);
    if (strcmp(side_text(base, "site"), "open") != 0) {
        static const char page[] = "<!DOCTYPE html><title>Just a moment...</title>";
        server_respond(request, 403, "text/html", NULL, 0, page, sizeof(page) - 1);
    } else if (strcmp(word, messages) == 0) {
        json_t *list = json_array();
        for (size_t i = json_array_size(get_side(base)->history); i-- > 0;)
            json_array_append(list, json_array_get(get_side(base)->history, i));
        server_respond_json(request, 200, NULL, 0, json_pack("{s:{s:b, s:i}, s:{s:o}}", "status", "error", 0, "code", 200, "data", "messages", list));
    } else if (strcmp(word, side_room(base, "channel")) == 0) {
        server_respond_json(request, 200, NULL, 0, json_pack("{s:i, s:i, s:s, s:{s:i}, s:[{s:i, s:{s:s}}, {s:i, s:{s:s}}]}", "id", CHANNEL, "user_id", USER, "slug", word, "chatroom",
                                        "id", CHATROOM, "subscriber_badges", "months", 1, "badge_image", "src",
                                        "https://files.kick.com/badges/1", "months", 6, "badge_image", "src",
                                        "https://files.kick.com/badges/6"));
    } else {
        server_respond_json(request, 404, NULL, 0, json_pack("{s:s}", "message", "Not found"));
    }
}

/* ---- the official API ---- */

static void fail(struct server_request *request, int status, const char *message)
{
    server_respond_json(request, status, NULL, 0, json_pack("{s:{}, s:s}", "data", "message", message));
}

static bool may_write(struct kick_side *side)
{
    int64_t now_ms = clock_monotonic_ms(), recent = 0;
    for (size_t i = 0; i < BURST_MAX; i++)
        recent += side->writes[i] && side->writes[i] > now_ms - BURST_MS;
    if (side->is_busy || recent >= side_number(&side->base, "writes_max"))
        return false;
    side->writes[side->write_at++ % BURST_MAX] = now_ms;
    return true;
}

static void note(struct kick_side *side, struct side_write *write, const char *outcome, const char *why)
{
    write->outcome = outcome;
    write->why = why;
    side_note_write(&side->base, write);
}

static void refuse_busy(struct kick_side *side, struct server_request *request, struct side_write *write)
{
    static const struct net_header header = {"retry-after", "1"};
    static const char body[] = "{\"data\":{},\"message\":\"Too Many Requests\"}";
    note(side, write, "limited", "429");
    server_respond(request, 429, "application/json", &header, 1, body, sizeof(body) - 1);
}

static void post_chat(struct kick_side *side, struct server_request *request, const json_t *body)
{
    char id[TRANSCRIPT_ID_BYTES];
    const char *content = json_get_text(body, "content");
    static const struct message_author author = {.id = {"123456789", 9}, .login = {"barg-e-sabz", 11}, .name = {"barg_e_sabz", 11},
                                                 .roles = ROLE_BROADCASTER};
    struct side_write write = {.act = "say", .text = content, .reply_to = json_get_text(body, "reply_to_message_id")};
    side_mint_id(&side->base, id);
    write.native_id = id;
    if (!content || !*content || json_get_int(body, "broadcaster_user_id", 0) != USER) {
        note(side, &write, "denied", "400");
        fail(request, 400, "Invalid request");
    } else if (json_string_length(json_object_get(body, "content")) > CONTENT_MAX * 4) {
        note(side, &write, "denied", "too long");
        fail(request, 400, "content: at most 500 characters");
    } else if (!may_write(side)) {
        refuse_busy(side, request, &write);
    } else if (strstr(content, "dropped")) {
        note(side, &write, "dropped", "is_sent");
        server_respond_json(request, 200, NULL, 0, json_pack("{s:{s:b, s:s}, s:s}", "data", "is_sent", 0, "message_id", "", "message", "OK"));
    } else {
        note(side, &write, "accepted", NULL);
        server_respond_json(request, 200, NULL, 0, json_pack("{s:{s:b, s:s}, s:s}", "data", "is_sent", 1, "message_id", id, "message", "OK"));
        side_echo(&side->base, &write, &author);
    }
}

static void delete_chat(struct kick_side *side, struct server_request *request, const char *id)
{
    struct side_write write = {.act = "delete", .native_id = id};
    note(side, &write, "accepted", NULL);
    side_echo(&side->base, &write, NULL);
    server_respond(request, 204, "application/json", NULL, 0, "", 0);
}

static void handle_ban(struct kick_side *side, struct server_request *request, const json_t *body, bool is_unban)
{
    char author[24];
    int64_t minutes = json_get_int(body, "duration", 0), user = json_get_int(body, "user_id", 0);
    snprintf(author, sizeof(author), "%lld", (long long)user);
    struct side_write write = {.act = is_unban ? "unban" : minutes > 0 ? "timeout" : "ban", .author_id = author,
                               .seconds = minutes * 60, .text = json_get_text(body, "reason")};
    if (user <= 0 || minutes < 0 || minutes > 10080 || json_get_int(body, "broadcaster_user_id", 0) != USER) {
        note(side, &write, "denied", "400");
        fail(request, 400, "Invalid request");
        return;
    }
    note(side, &write, "accepted", NULL);
    side_echo(&side->base, &write, NULL);
    server_respond_json(request, 200, NULL, 0, json_pack("{s:{}, s:s}", "data", "message", "OK"));
}

static void handle_subscriptions(struct kick_side *side, struct server_request *request, const json_t *body)
{
    if (server_request_method(request) == METHOD_GET) {
        server_respond_json(request, 200, NULL, 0, json_pack("{s:O, s:s}", "data", side->subscriptions, "message", "OK"));
        return;
    }
    json_t *answers = json_array();
    const json_t *events = json_object_get(body, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const char *name = json_get_text(json_array_get(events, i), "name");
        bool is_refused = name && strcmp(name, side_text(&side->base, "refuses")) == 0;
        json_array_append_new(answers, json_pack("{s:s?, s:i, s:s, s:s}", "name", name, "version", 1, "subscription_id", "01S", "error",
                                                 is_refused ? "not available" : ""));
        if (name && !is_refused)
            json_array_append_new(side->subscriptions, json_pack("{s:s, s:i, s:s}", "event", name, "version", 1, "method", "webhook"));
    }
    server_respond_json(request, 200, NULL, 0, json_pack("{s:o, s:s}", "data", answers, "message", "OK"));
}

static void get_key(struct kick_side *side, struct server_request *request)
{
    char *pem;
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key_of(side));
    long len = BIO_get_mem_data(bio, &pem);
    server_respond_json(request, 200, NULL, 0, json_pack("{s:{s:s%}, s:s}", "data", "public_key", pem, (size_t)len, "message", "OK"));
    BIO_free(bio);
}

static void handle_api(struct kick_side *side, struct server_request *request, const char *path)
{
    size_t len;
    const char *bytes = server_request_body(request, &len), *auth = server_request_header(request, "authorization");
    const char *slug = server_request_argument(request, "slug");
    enum server_method method = server_request_method(request);
    if (strcmp(path, "/public-key") == 0) {
        get_key(side, request);
        return;
    }
    if (!auth || strncmp(auth, "Bearer ", 7) != 0 || strcmp(auth + 7, side_text(&side->base, "token")) != 0) {
        fail(request, 401, "Unauthorized");
        return;
    }
    json_t *body = len > 0 ? json_parse(bytes, len, NULL) : NULL;
    if (strcmp(path, "/channels") == 0) {
        bool is_ours = slug && strcmp(slug, side_room(&side->base, "channel")) == 0;
        server_respond_json(request, 200, NULL, 0, is_ours ? json_pack("{s:[{s:i, s:s}], s:s}", "data", "broadcaster_user_id", USER, "slug", slug, "message",
                                                  "OK") : json_pack("{s:[], s:s}", "data", "message", "OK"));
    } else if (strcmp(path, "/users") == 0) {
        server_respond_json(request, 200, NULL, 0, json_pack("{s:[{s:i, s:s}]}", "data", "user_id", USER, "name", side_room(&side->base, "channel")));
    } else if (strcmp(path, "/chat") == 0 && method == METHOD_POST) {
        post_chat(side, request, body);
    } else if (strncmp(path, "/chat/", 6) == 0 && method == METHOD_DELETE) {
        delete_chat(side, request, path + 6);
    } else if (strcmp(path, "/moderation/bans") == 0 && (method == METHOD_POST || method == METHOD_DELETE)) {
        handle_ban(side, request, body, method == METHOD_DELETE);
    } else if (strcmp(path, "/events/subscriptions") == 0) {
        handle_subscriptions(side, request, body);
    } else {
        fail(request, 404, "Not Found");
    }
    json_decref(body);
}

static bool handle_request(struct side *base, struct server_request *request, const char *path)
{
    if (strncmp(path, "/site", 5) == 0) {
        get_site(base, request, path + 5);
    } else if (strncmp(path, "/api", 4) == 0) {
        handle_api(get_side(base), request, path + 4);
    } else {
        return false;
    }
    return true;
}

/* ---- faults, life ---- */

static void garbage(struct side *base)
{
    static const char noise[] = "{\"event\":\"App\\\\Events\\\\ChatMessageEvent\",\"data\":\"{\\\"id\\\":\\\"\xff\xd9";
    side_broadcast(base, wants, noise, sizeof(noise) - 1, true);
}

static void reconnect(struct side *base)
{
    struct side_client *client, *next;
    list_for_each_safe(client, next, &base->clients, link)
        side_client_close(client, 4200, "Generic reconnect immediately");
}

/* "rotated": the app key is another from now on. "over": the cluster is full. */
static bool special(struct side *base, const char *fault)
{
    int code = strcmp(fault, "rotated") == 0 ? 4001 : strcmp(fault, "over") == 0 ? 4100 : 0;
    struct side_client *client, *next;
    if (strcmp(fault, "quota") == 0 || strcmp(fault, "resume") == 0) {
        get_side(base)->is_busy = fault[0] == 'q';
        return true;
    }
    if (code == 0)
        return false;
    list_for_each_safe(client, next, &base->clients, link) {
        side_client_printf(client, "{\"event\":\"pusher:error\",\"data\":{\"code\":%d,\"message\":\"%s\"}}", code,
                           code == 4001 ? "App key not in this cluster" : "Over capacity");
        side_client_close(client, code, "");
    }
    return true;
}

static void resume(struct side *base)
{
    push_go_on(get_side(base)->push);
}

static void drop(struct side *base)
{
    push_drop(get_side(base)->push);
}

static void describe(const struct side *base, json_t *state)
{
    const struct kick_side *side = container_of(base, struct kick_side, base);
    json_object_set_new(state, "subscribed", json_integer((json_int_t)side->subscribed));
    json_object_set_new(state, "pongs_missed", json_integer((json_int_t)side->pongs_missed));
    push_describe(side->push, state);
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "kick", json_sprintf("ws://%s/kick", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:i, s:i, s:O, s:o, s:o, s:s}", "connector", "kick", "channel",
        side_room(base, "channel"), "chatroom_id", CHATROOM, "channel_id", CHANNEL, "url", json_object_get(addresses, "kick"),
        "api_url", json_sprintf("http://%s/kick/api", authority), "site_url", json_sprintf("http://%s/kick/site", authority),
        "app_key", side_text(base, "app_key")));
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct kick_side *side = xcalloc(1, sizeof(*side));
    side->history = json_array();
    side->subscriptions = json_array();
    side->push = push_create(&side->base, rehearsal_loop(rehearsal), &(struct push_options){.again_ms = 200});
    return &side->base;
}

static void destroy(struct side *base)
{
    struct kick_side *side = get_side(base);
    push_destroy(side->push);
    EVP_PKEY_free(side->key);
    json_decref(side->history);
    json_decref(side->subscriptions);
    free(side);
}

/* A UUID of version 4. */
static const struct side_setting settings[] = {
    {"channel", "rehearsal", "the channel's name; usual: the transcript's"},
    {"app_key", "32cbd69e4b950bf97679", "the Pusher application"},
    {"activity_s", "120", "that a client may be silent"},
    {"pong_ms", "30000", "that a ping waits for its answer"},
    {"site", "closed", "\"open\": kick.com/api/v2 answers programs"},
    {"token", "rehearsal-token", "the only access token accepted"},
    {"writes_max", "20", "in 10 s"},
    {"refuses", "", "an event whose webhook cannot be subscribed"},
    {NULL},
};

const struct side_impl kick_side = {
    .name = "kick", .settings = settings, .create = create, .aim = resume, .destroy = destroy, .say = say, .make_id = transcript_make_uuid,
    .request = handle_request, .address = address, .describe = describe, .accept = accept_client, .open = open_client,
    .receive = receive, .close = close_client, .drop = drop, .garbage = garbage, .reconnect = reconnect, .resume = resume,
    .special = special, .specials = "quota, rotated, over",
};
