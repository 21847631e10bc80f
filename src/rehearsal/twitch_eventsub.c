/*
 * twitch_eventsub.c - EventSub's websocket as Twitch keeps it: a welcome, ten seconds for the first subscription, keepalives,
 * an end for who sends anything, and no replay. https://dev.twitch.tv/docs/eventsub/handling-websocket-events (2026-09)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/twitch_inside.h"

/* What can be asked for, in which version, and what the token must allow. */
static const struct {
    const char *type, *version, *scope;
} types[] = {
    {"stream.online", "1", ""}, {"stream.offline", "1", ""}, {"channel.update", "2", ""}, {"channel.raid", "1", ""},
    {"channel.shared_chat.begin", "1", ""}, {"channel.shared_chat.update", "1", ""}, {"channel.shared_chat.end", "1", ""},
    {"channel.moderate", "2", "moderator:read:blocked_terms"}, {"channel.ban", "1", "channel:moderate"},
    {"channel.unban", "1", "channel:moderate"}, {"channel.follow", "2", "moderator:read:followers"},
    {"channel.poll.begin", "1", "channel:read:polls"}, {"channel.poll.progress", "1", "channel:read:polls"},
    {"channel.poll.end", "1", "channel:read:polls"},
    {"channel.channel_points_custom_reward_redemption.add", "1", "channel:read:redemptions"},
    {"channel.channel_points_automatic_reward_redemption.add", "2", "channel:read:redemptions"},
    {"automod.message.hold", "2", "moderator:manage:automod"}, {"automod.message.update", "2", "moderator:manage:automod"},
    {"channel.prediction.begin", "1", "channel:read:predictions"}, {"channel.prediction.progress", "1", "channel:read:predictions"},
    {"channel.prediction.lock", "1", "channel:read:predictions"}, {"channel.prediction.end", "1", "channel:read:predictions"},
    {"channel.hype_train.begin", "2", "channel:read:hype_train"}, {"channel.hype_train.progress", "2", "channel:read:hype_train"},
    {"channel.hype_train.end", "2", "channel:read:hype_train"}, {"channel.charity_campaign.donate", "1", "channel:read:charity"},
    {"channel.bits.use", "1", "bits:read"}, {"channel.custom_power_up_redemption.add", "1", "bits:read"},
    {"channel.cheer", "1", "bits:read"}, {"channel.subscription.end", "1", "channel:read:subscriptions"},
    {"channel.subscribe", "1", "channel:read:subscriptions"}, {"channel.chat.message", "1", "user:read:chat"},
    {"channel.chat.notification", "1", "user:read:chat"}, {"channel.chat.message_delete", "1", "user:read:chat"},
    {"channel.chat.clear", "1", "user:read:chat"}, {"channel.chat.clear_user_messages", "1", "user:read:chat"},
};

static const size_t *find(const char *type, size_t *at)
{
    for (*at = 0; *at < ARRAY_LENGTH(types); (*at)++) {
        if (strcmp(types[*at].type, type) == 0)
            return at;
    }
    return NULL;
}

const char *twitch_eventsub_version(const char *type)
{
    size_t at;
    return find(type, &at) ? types[at].version : NULL;
}

const char *twitch_eventsub_type(const char *type)
{
    size_t at;
    return find(type, &at) ? types[at].type : NULL;
}

const char *twitch_eventsub_scope(const char *type)
{
    size_t at;
    return find(type, &at) ? types[at].scope : "";
}

/* ---- frames ---- */

/* payload is taken. */
static void send_frame(struct twitch_client *client, const char *type, const char *subscription, json_t *payload)
{
    struct side *side = client->base.side;
    char id[TRANSCRIPT_ID_BYTES], when[CLOCK_RFC3339_BYTES];
    side_mint_id(side, id);
    clock_format_rfc3339(clock_unix_ms(), when);
    json_t *metadata = json_pack("{s:s,s:s,s:s}", "message_id", id, "message_type", type, "message_timestamp", when);
    if (subscription) {
        json_object_set_new(metadata, "subscription_type", json_string(subscription));
        json_object_set_new(metadata, "subscription_version", json_string(twitch_eventsub_version(subscription)));
    }
    json_t *frame = json_pack("{s:o,s:o}", "metadata", metadata, "payload", payload);
    char *text = json_dumps(frame, JSON_COMPACT);
    side_client_send(&client->base, text, strlen(text));
    timer_start(&client->keepalive_timer, side_number(side, "keepalive_s") * 1000);
    if (strcmp(type, "notification") == 0) {
        free(twitch_side_of(side)->api.last);
        twitch_side_of(side)->api.last = xstrdup(text);
    }
    free(text);
    json_decref(frame);
}

static json_t *session_of(const struct twitch_client *client, const char *status, const char *url)
{
    return json_pack("{s:{s:s,s:s,s:I,s:s?}}", "session", "id", client->session, "status", status,
                     "keepalive_timeout_seconds", (json_int_t)side_number(client->base.side, "keepalive_s"),
                     "reconnect_url", url);
}

static void keep_alive(void *data)
{
    send_frame(data, "session_keepalive", NULL, json_object());
}

/* ---- sessions ---- */

struct twitch_client *twitch_eventsub_find(struct twitch_side *side, const char *session)
{
    struct side_client *base;
    struct twitch_client *newest = NULL;
    list_for_each(base, &side->base.clients, link) {
        struct twitch_client *client = twitch_client_of(base);
        if (client->is_eventsub && strcmp(client->session, session) == 0 && (!newest || newest->is_moving))
            newest = client;
    }
    return newest;
}

static bool has_subscription(const struct twitch_side *side, const char *session)
{
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        const struct twitch_subscription *item = &side->api.subscriptions[i];
        if (item->number && strcmp(item->session, session) == 0)
            return true;
    }
    return false;
}

static void handle_unused(void *data)
{
    struct twitch_client *client = data;
    struct twitch_side *side = twitch_side_of(client->base.side);
    if (client->is_moving) {
        side_client_close(&client->base, 4004, "client connection grace period has expired");
    } else if (!has_subscription(side, client->session)) {
        side->api.unused++;
        side_client_close(&client->base, 4003, "connection unused");
    }
}

bool twitch_eventsub_is_path(const char *path)
{
    return strncmp(path, "/twitch/eventsub", 16) == 0;
}

/* "/twitch/eventsub/again/SESSION" is what a session_reconnect names. */
void twitch_eventsub_init(struct twitch_client *client, const struct server_request *request)
{
    static const char again[] = "/twitch/eventsub/again/";
    struct twitch_side *side = twitch_side_of(client->base.side);
    const char *path = server_request_path(request);
    struct loop *loop = rehearsal_loop(side->base.rehearsal);
    client->is_eventsub = true;
    timer_init(&client->unused_timer, loop, handle_unused, client);
    timer_init(&client->keepalive_timer, loop, keep_alive, client);
    if (strncmp(path, again, sizeof(again) - 1) == 0) {
        snprintf(client->session, sizeof(client->session), "%s", path + sizeof(again) - 1);
        const struct twitch_client *old = twitch_eventsub_find(side, client->session);
        client->is_bad_move = !old || !old->is_moving;
        side->api.moved += !client->is_bad_move;
    } else {
        snprintf(client->session, sizeof(client->session), "session-%llu", (unsigned long long)++side->api.sessions);
    }
}

void twitch_eventsub_open(struct twitch_client *client)
{
    if (client->is_bad_move) {
        side_client_close(&client->base, 4007, "invalid reconnect");
        return;
    }
    send_frame(client, "session_welcome", NULL, session_of(client, "connected", NULL));
    timer_start(&client->unused_timer, side_number(client->base.side, "unused_ms"));
    side_client_came(client->base.side);
}

void twitch_eventsub_receive(struct twitch_client *client)
{
    side_client_close(&client->base, 4001, "client sent inbound traffic");
}

void twitch_eventsub_close(struct twitch_client *client)
{
    struct twitch_side *side = twitch_side_of(client->base.side);
    timer_stop(&client->unused_timer);
    timer_stop(&client->keepalive_timer);
    if (side->api.keeps_orphans || twitch_eventsub_find(side, client->session))
        return;
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        if (strcmp(side->api.subscriptions[i].session, client->session) == 0)
            side->api.subscriptions[i].number = 0;
    }
}

/* ---- news ---- */

bool twitch_eventsub_push(struct twitch_side *side, const char *type, json_t *body)
{
    bool is_heard = false;
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        const struct twitch_subscription *item = &side->api.subscriptions[i];
        struct twitch_client *client =
            item->number && strcmp(item->type, type) == 0 ? twitch_eventsub_find(side, item->session) : NULL;
        if (!client)
            continue;
        char id[40];
        snprintf(id, sizeof(id), "subscription-%llu", (unsigned long long)item->number);
        const char *condition = strcmp(type, "channel.raid") == 0 ? "from_broadcaster_user_id" : "broadcaster_user_id";
        send_frame(client, "notification", type, json_pack(
            "{s:{s:s,s:s,s:s,s:s,s:i,s:{s:s},s:{s:s,s:s}},s:O}", "subscription", "id", id, "status", "enabled", "type", type,
            "version", twitch_eventsub_version(type), "cost", 0, "condition", condition, TWITCH_ROOM_ID, "transport", "method",
            "websocket", "session_id", item->session, "event", body));
        is_heard = true;
    }
    json_decref(body);
    return is_heard;
}

/* ---- faults ---- */

static void move_all(struct twitch_side *side, const char *session)
{
    struct side_client *base;
    list_for_each(base, &side->base.clients, link) {
        struct twitch_client *client = twitch_client_of(base);
        if (!client->is_eventsub || client->is_moving)
            continue;
        char url[128];
        snprintf(url, sizeof(url), "ws://127.0.0.1:%d/twitch/eventsub/again/%s", rehearsal_port(side->base.rehearsal),
                 session ? session : client->session);
        client->is_moving = true;
        send_frame(client, "session_reconnect", NULL, session_of(client, "reconnecting", url));
        timer_start(&client->unused_timer, side_number(&side->base, "grace_ms"));
    }
}

void twitch_eventsub_reconnect(struct twitch_side *side)
{
    move_all(side, NULL);
}

static void repeat_last(struct twitch_side *side)
{
    struct side_client *base;
    list_for_each(base, &side->base.clients, link) {
        if (twitch_client_of(base)->is_eventsub && side->api.last)
            side_client_send(base, side->api.last, strlen(side->api.last));
    }
}

static void close_all(struct twitch_side *side, int code)
{
    struct side_client *base, *next;
    list_for_each_safe(base, next, &side->base.clients, link) {
        if (twitch_client_of(base)->is_eventsub)
            side_client_close(base, code, "as the rehearsal was told");
    }
}

static void revoke_follows(struct twitch_side *side)
{
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        struct twitch_subscription *item = &side->api.subscriptions[i];
        if (!item->number || strcmp(item->type, "channel.follow") != 0)
            continue;
        struct twitch_client *client = twitch_eventsub_find(side, item->session);
        item->number = 0;
        if (client)
            send_frame(client, "revocation", item->type, json_pack("{s:{s:s,s:s}}", "subscription", "status",
                                                                  "authorization_revoked", "type", item->type));
    }
}

bool twitch_eventsub_special(struct twitch_side *side, const char *fault)
{
    if (strncmp(fault, "close400", 8) == 0 && fault[8] >= '0' && fault[8] <= '7' && !fault[9]) {
        close_all(side, 4000 + fault[8] - '0');
        return true;
    }
    if (strcmp(fault, "revoke") == 0)
        revoke_follows(side);
    else if (strcmp(fault, "repeat") == 0)
        repeat_last(side);
    else if (strcmp(fault, "astray") == 0)
        move_all(side, "nowhere");
    else
        return false;
    return true;
}
