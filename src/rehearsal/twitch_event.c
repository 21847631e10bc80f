/* twitch_event.c - what IRC does not carry, as events: https://dev.twitch.tv/docs/eventsub/eventsub-subscription-types (2026-09) */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/twitch_inside.h"

static json_t *text_of(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

static json_t *time_of(int64_t unix_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(unix_ms, text);
    return json_string(text);
}

static json_t *begin(const struct twitch_side *side)
{
    return json_pack("{s:s,s:s,s:s}", "broadcaster_user_id", TWITCH_ROOM_ID, "broadcaster_user_login", side->channel,
                     "broadcaster_user_name", side->channel);
}

static void add_person(json_t *body, const struct message_author *author)
{
    json_object_set_new(body, "user_id", text_of(author->id));
    json_object_set_new(body, "user_login", text_of(author->login.len ? author->login : author->name));
    json_object_set_new(body, "user_name", text_of(author->name));
}

static bool send_poll(struct twitch_side *side, const struct message *message)
{
    const json_t *options = json_object_get(message->is.detail, "options"), *option;
    const char *state = json_get_text(message->is.detail, "state");
    bool is_end = state && strcmp(state, "closed") == 0;
    json_t *body = begin(side), *choices = json_array();
    size_t i;
    json_array_foreach (options, i, option) {
        const char *text = json_get_text(option, "text");
        char id[24];
        snprintf(id, sizeof(id), "%zu", i + 1);
        json_array_append_new(choices, json_pack("{s:s,s:s,s:i,s:i,s:I}", "id", id, "title", text ? text : "", "bits_votes", 0,
                                                 "channel_points_votes", 0, "votes", (json_int_t)json_get_int(option, "votes", 0)));
    }
    json_object_set_new(body, "id", text_of(message->is.native_id));
    json_object_set_new(body, "title", text_of(message->is.text));
    json_object_set_new(body, "choices", choices);
    json_object_set_new(body, "started_at", time_of(message->is.time_ms));
    json_object_set_new(body, is_end ? "ended_at" : "ends_at", time_of(message->is.time_ms + (is_end ? 0 : 60000)));
    if (is_end)
        json_object_set_new(body, "status", json_string("completed"));
    return twitch_eventsub_push(side, is_end ? "channel.poll.end" : "channel.poll.progress", body);
}

static bool send_follow(struct twitch_side *side, const struct message *message)
{
    json_t *body = begin(side);
    add_person(body, &message->is.author);
    json_object_set_new(body, "followed_at", time_of(message->is.time_ms));
    return twitch_eventsub_push(side, "channel.follow", body);
}

static bool send_redemption(struct twitch_side *side, const struct message *message)
{
    const char *title = json_get_text(message->is.detail, "title"), *reward = json_get_text(message->is.detail, "reward");
    json_t *body = begin(side);
    add_person(body, &message->is.author);
    json_object_set_new(body, "id", text_of(message->is.native_id));
    json_object_set_new(body, "user_input", json_string(""));
    json_object_set_new(body, "status", json_string("unfulfilled"));
    json_object_set_new(body, "reward", json_pack("{s:s,s:s,s:I,s:s}", "id", reward ? reward : "reward-1", "title",
        title ? title : "Song", "cost", (json_int_t)json_get_int(message->is.detail, "points", 500), "prompt", ""));
    json_object_set_new(body, "redeemed_at", time_of(message->is.time_ms));
    return twitch_eventsub_push(side, "channel.channel_points_custom_reward_redemption.add", body);
}

static bool send_hold(struct twitch_side *side, const struct message *message)
{
    const char *held = json_get_text(message->is.detail, "held"), *id = json_get_text(message->is.detail, "message");
    const char *category = json_get_text(message->is.detail, "category");
    json_t *body = begin(side);
    add_person(body, &message->is.author);
    json_object_set_new(body, "message_id", id ? json_string(id) : text_of(message->is.native_id));
    json_object_set_new(body, "message", json_pack("{s:s,s:[]}", "text", held ? held : "…", "fragments"));
    json_object_set_new(body, "reason", json_string("automod"));
    json_object_set_new(body, "automod", json_pack("{s:s,s:I,s:[]}", "category", category ? category : "aggressive", "level",
                                                   (json_int_t)json_get_int(message->is.detail, "level", 3), "boundaries"));
    json_object_set_new(body, "blocked_term", json_null());
    json_object_set_new(body, "held_at", time_of(message->is.time_ms));
    return twitch_eventsub_push(side, "automod.message.hold", body);
}

static bool send_notice(struct twitch_side *side, const struct message *message)
{
    const char *event = json_get_text(message->is.detail, "event");
    if (!event)
        return false;
    if (strcmp(event, "redemption") == 0)
        return send_redemption(side, message);
    if (strcmp(event, "automod_hold") == 0)
        return send_hold(side, message);
    if (strcmp(event, "stream_online") != 0)
        return false;
    json_t *body = begin(side);
    json_object_set_new(body, "id", json_string("9001"));
    json_object_set_new(body, "type", json_string("live"));
    json_object_set_new(body, "started_at", time_of(message->is.time_ms));
    return twitch_eventsub_push(side, "stream.online", body);
}

/* What IRC tells without names and reasons. */
static bool send_moderation(struct twitch_side *side, const struct message *message)
{
    const struct message_draft *is = &message->is;
    const char *reason = json_get_text(is->detail, "reason"), *by = json_get_text(is->detail, "moderator");
    const char *login = json_get_text(is->detail, "login");
    const char *action = is->kind == MESSAGE_DELETE ? "delete" : is->kind == MESSAGE_UNBAN ? "unban"
                       : is->kind == MESSAGE_CLEAR ? "clear" : is->target.seconds > 0 ? "timeout" : "ban";
    json_t *body = begin(side), *what = json_object();
    json_object_set_new(body, "moderator_user_id", json_string("660880990"));
    json_object_set_new(body, "moderator_user_login", json_string("mod_yalda"));
    json_object_set_new(body, "moderator_user_name", json_string(by ? by : "Mod_یلدا"));
    json_object_set_new(body, "action", json_string(action));
    json_object_set_new(what, "user_id", text_of(is->target.author_id));
    json_object_set_new(what, "user_login", json_string(login ? login : "somebody"));
    json_object_set_new(what, "user_name", json_string(login ? login : "somebody"));
    if (reason)
        json_object_set_new(what, "reason", json_string(reason));
    if (is->kind == MESSAGE_DELETE) {
        json_object_set_new(what, "message_id", text_of(is->target.native_id));
        json_object_set_new(what, "message_body", json_string("…"));
    }
    if (is->target.seconds > 0)
        json_object_set_new(what, "expires_at", time_of(clock_unix_ms() + is->target.seconds * 1000));
    json_object_set_new(body, action, what);
    return twitch_eventsub_push(side, "channel.moderate", body);
}

bool twitch_event_send(struct twitch_side *side, const struct message *message)
{
    if (message->is.is_history)
        return false;
    switch (message->is.kind) {
    case MESSAGE_POLL: return send_poll(side, message);
    case MESSAGE_FOLLOW: return send_follow(side, message);
    case MESSAGE_NOTICE: return send_notice(side, message);
    case MESSAGE_END: return twitch_eventsub_push(side, "stream.offline", begin(side));
    case MESSAGE_DELETE:
    case MESSAGE_BAN:
    case MESSAGE_UNBAN:
    case MESSAGE_CLEAR: return send_moderation(side, message);
    default: return false;
    }
}
