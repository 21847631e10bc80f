#include "connector/twitch_event.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/fields.h"
#include "connector/twitch_reader.h"

enum { NOTICE_BYTES = 400 };

#define ALL_OF_MODERATION                                                                                      \
    "moderator:read:blocked_terms|moderator:manage:blocked_terms "                                             \
    "moderator:read:chat_settings|moderator:manage:chat_settings "                                             \
    "moderator:read:unban_requests|moderator:manage:unban_requests "                                           \
    "moderator:read:banned_users|moderator:manage:banned_users "                                               \
    "moderator:read:chat_messages|moderator:manage:chat_messages "                                             \
    "moderator:read:warnings|moderator:manage:warnings moderator:read:moderators moderator:read:vips"
#define POLLS "channel:read:polls|channel:manage:polls"
#define PREDICTIONS "channel:read:predictions|channel:manage:predictions"
#define REDEMPTIONS "channel:read:redemptions|channel:manage:redemptions"
#define SUBSCRIPTIONS "channel:read:subscriptions"

/* What a show needs most stands first: a session has only so many subscriptions, and so much time for the first. */
static const struct twitch_event_type types[] = {
    {"stream.online", "1", TWITCH_OF_BROADCASTER, "", false, false, twitch_event_online},
    {"stream.offline", "1", TWITCH_OF_BROADCASTER, "", false, false, twitch_event_offline},
    {"channel.moderate", "2", TWITCH_AS_MODERATOR, ALL_OF_MODERATION, false, false, twitch_event_moderate},
    {"channel.ban", "1", TWITCH_OF_BROADCASTER, "channel:moderate", false, true, twitch_event_ban},
    {"channel.unban", "1", TWITCH_OF_BROADCASTER, "channel:moderate", false, true, twitch_event_unban},
    {"channel.follow", "2", TWITCH_AS_MODERATOR, "moderator:read:followers", false, false, twitch_event_follow},
    {"channel.poll.begin", "1", TWITCH_OF_BROADCASTER, POLLS, false, false, twitch_event_poll},
    {"channel.poll.progress", "1", TWITCH_OF_BROADCASTER, POLLS, false, false, twitch_event_poll},
    {"channel.poll.end", "1", TWITCH_OF_BROADCASTER, POLLS, false, false, twitch_event_poll},
    {"channel.channel_points_custom_reward_redemption.add", "1", TWITCH_OF_BROADCASTER, REDEMPTIONS, false, false,
     twitch_event_redemption},
    {"channel.channel_points_automatic_reward_redemption.add", "2", TWITCH_OF_BROADCASTER, REDEMPTIONS, false, false,
     twitch_event_automatic_redemption},
    {"automod.message.hold", "2", TWITCH_AS_MODERATOR, "moderator:manage:automod", false, false, twitch_event_hold},
    {"automod.message.update", "2", TWITCH_AS_MODERATOR, "moderator:manage:automod", false, false,
     twitch_event_hold_update},
    {"channel.raid", "1", TWITCH_RAID_FROM, "", false, false, twitch_event_raid},
    {"channel.update", "2", TWITCH_OF_BROADCASTER, "", false, false, twitch_event_update},
    {"channel.shared_chat.begin", "1", TWITCH_OF_BROADCASTER, "", false, false, twitch_event_shared_chat},
    {"channel.shared_chat.update", "1", TWITCH_OF_BROADCASTER, "", false, false, twitch_event_shared_chat},
    {"channel.shared_chat.end", "1", TWITCH_OF_BROADCASTER, "", false, false, twitch_event_shared_chat},
    {"channel.prediction.begin", "1", TWITCH_OF_BROADCASTER, PREDICTIONS, false, false, twitch_event_prediction},
    {"channel.prediction.progress", "1", TWITCH_OF_BROADCASTER, PREDICTIONS, false, false, twitch_event_prediction},
    {"channel.prediction.lock", "1", TWITCH_OF_BROADCASTER, PREDICTIONS, false, false, twitch_event_prediction},
    {"channel.prediction.end", "1", TWITCH_OF_BROADCASTER, PREDICTIONS, false, false, twitch_event_prediction},
    {"channel.hype_train.begin", "2", TWITCH_OF_BROADCASTER, "channel:read:hype_train", false, false,
     twitch_event_train},
    {"channel.hype_train.progress", "2", TWITCH_OF_BROADCASTER, "channel:read:hype_train", false, false,
     twitch_event_train},
    {"channel.hype_train.end", "2", TWITCH_OF_BROADCASTER, "channel:read:hype_train", false, false,
     twitch_event_train},
    {"channel.charity_campaign.donate", "1", TWITCH_OF_BROADCASTER, "channel:read:charity", false, false,
     twitch_event_donation},
    {"channel.bits.use", "1", TWITCH_OF_BROADCASTER, "bits:read", false, false, twitch_event_bits_use},
    {"channel.custom_power_up_redemption.add", "1", TWITCH_OF_BROADCASTER, "bits:read", false, false,
     twitch_event_power_up},
    {"channel.subscription.end", "1", TWITCH_OF_BROADCASTER, SUBSCRIPTIONS, false, false,
     twitch_event_subscription_end},
    {"channel.chat.message", "1", TWITCH_AS_USER, "user:read:chat", true, false, twitch_event_message},
    {"channel.chat.notification", "1", TWITCH_AS_USER, "user:read:chat", true, false, twitch_event_notification},
    {"channel.chat.message_delete", "1", TWITCH_AS_USER, "user:read:chat", true, false, twitch_event_message_delete},
    {"channel.chat.clear_user_messages", "1", TWITCH_AS_USER, "user:read:chat", true, false, twitch_event_clear_user},
    {"channel.chat.clear", "1", TWITCH_AS_USER, "user:read:chat", true, false, twitch_event_clear},
    {"channel.chat_settings.update", "1", TWITCH_AS_USER, "user:read:chat", true, false, twitch_event_settings},
    {"channel.cheer", "1", TWITCH_OF_BROADCASTER, "bits:read", true, false, twitch_event_cheer},
    {"channel.subscribe", "1", TWITCH_OF_BROADCASTER, SUBSCRIPTIONS, true, false, twitch_event_subscribe},
    {"channel.subscription.gift", "1", TWITCH_OF_BROADCASTER, SUBSCRIPTIONS, true, false,
     twitch_event_subscription_gift},
    {"channel.subscription.message", "1", TWITCH_OF_BROADCASTER, SUBSCRIPTIONS, true, false,
     twitch_event_subscription_message},
};

const struct twitch_event_type *twitch_event_type_at(size_t index)
{
    return index < ARRAY_LENGTH(types) ? &types[index] : NULL;
}

static const struct twitch_event_type *find_type(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (str_equal(str_from(types[i].name), name))
            return &types[i];
    }
    return NULL;
}

/* ---- what all events share ---- */

struct str twitch_event_text(const struct twitch_event *event, const char *key)
{
    return field_text(event->body, key);
}

const json_t *twitch_event_body(const struct twitch_event *event, const char *key)
{
    return json_object_get(event->body, key);
}

void twitch_event_set_author(struct twitch_event *event, const char *prefix)
{
    struct message_author *author = &event->draft.author;
    char key[64];
    snprintf(key, sizeof(key), "%s_id", prefix);
    author->id = twitch_event_text(event, key);
    snprintf(key, sizeof(key), "%s_login", prefix);
    author->login = twitch_event_text(event, key);
    snprintf(key, sizeof(key), "%s_name", prefix);
    author->name = twitch_event_text(event, key);
    if (author->name.len == 0)
        author->name = author->login;
}

void twitch_event_notice(struct twitch_event *event, const char *word, const char *format, ...)
{
    char *text = twitch_reader_take(event->reader, NOTICE_BYTES);
    event->draft.kind = MESSAGE_NOTICE;
    twitch_reader_set_text(event->reader, "event", str_from(word));
    if (!text)
        return;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, NOTICE_BYTES, format, args);
    va_end(args);
    event->draft.text = (struct str){text, len < NOTICE_BYTES ? (size_t)len : utf8_cut(text, NOTICE_BYTES - 1)};
}

void twitch_event_set_id(struct twitch_event *event, struct str id)
{
    event->draft.native_id = id;
    if (id.len > 0)
        event->draft.event_key = id;
}

void twitch_event_set_key(struct twitch_event *event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(event->key, sizeof(event->key), format, args);
    va_end(args);
    // A key cut short could be another's: then it is none.
    event->draft.event_key = (size_t)len < sizeof(event->key) ? (struct str){event->key, (size_t)len} : (struct str){0};
}

void twitch_event_copy(struct twitch_event *event, const char *key, const char *from)
{
    twitch_reader_set_text(event->reader, key, twitch_event_text(event, from));
}

/* ---- one event ---- */

/* A recording says itself whose channel it was. */
static void set_recorded_source(struct twitch_event *event)
{
    const json_t *condition = json_object_get(json_object_get(event->envelope->payload, "subscription"), "condition");
    struct str login = twitch_event_text(event, "broadcaster_user_login");
    if (login.len == 0)  // a raid: of two channels, ours is the one that was asked for
        login = twitch_event_text(event, field_text(condition, "from_broadcaster_user_id").len > 0
                                             ? "from_broadcaster_user_login" : "to_broadcaster_user_login");
    char *source = login.len > 0 ? twitch_reader_take(event->reader, login.len + 7) : NULL;
    if (!source)
        return;
    memcpy(source, "twitch:", 7);
    memcpy(source + 7, login.data, login.len);
    event->draft.source = (struct str){source, login.len + 7};
}

static void begin(struct twitch_event *event)
{
    event->draft.time_ms = event->envelope->time_ms;
    if (event->envelope->message_id.len > 0)
        twitch_event_set_key(event, "event:%.*s", STR_ARGS(event->envelope->message_id));
    if (event->reader->base->is_decoder)
        set_recorded_source(event);
}

static bool deliver(struct twitch_event *event)
{
    if (!event->is_silent)
        twitch_reader_deliver(event->reader, &event->draft);
    return true;
}

void twitch_events_init(struct twitch_events *events, struct twitch_reader *reader)
{
    *events = (struct twitch_events){.reader = reader};
}

bool twitch_events_read(struct twitch_events *events, const struct twitch_envelope *envelope, struct error *err)
{
    const struct twitch_event_type *type = find_type(envelope->subscription);
    if (!type || (type->is_by_irc && events->is_chat_elsewhere))
        return true;
    struct twitch_event event = {.events = events, .reader = events->reader, .envelope = envelope};
    event.body = json_object_get(envelope->payload, "event");
    if (!json_is_object(event.body))
        return error_set(err, ERROR_DATA, "%s without payload.event", type->name);
    begin(&event);
    bool is_good = type->read(&event, err) && deliver(&event);
    twitch_reader_forget(events->reader);
    return is_good;
}
