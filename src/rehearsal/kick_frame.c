#include "rehearsal/kick_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "rehearsal/transcript.h"

#define NAMESPACE "App\\Events\\"

enum { KICKS_A_DOLLAR = 100, MICROS_A_KICK = 1000000 / KICKS_A_DOLLAR };

/* ---- pieces ---- */

static json_t *text_of(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

static json_t *time_of(int64_t unix_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(unix_ms > 0 ? unix_ms : clock_unix_ms(), text);
    return json_string(text);
}

int64_t kick_frame_user(const char *word, size_t len)
{
    uint64_t a, b, number = 0;
    bool is_number = len > 0 && len < 16;
    for (size_t i = 0; i < len && is_number; i++) {
        is_number = word[i] >= '0' && word[i] <= '9';
        number = number * 10 + (uint64_t)(word[i] - '0');
    }
    if (is_number && number > 0)
        return (int64_t)number;
    transcript_hash_word(word ? word : "", len, 0, &a, &b);
    return (int64_t)(a % 900000000 + 100000000);
}

static json_t *user_of(struct str id)
{
    return json_integer(kick_frame_user(id.data, id.len));
}

/* The other way than the connector's: a range becomes [emote:ID:NAME] again. */
static json_t *content_of(const struct message_draft *is)
{
    struct buffer out = {0};
    uint32_t at = 0;
    for (size_t i = 0; i < is->emote_count; i++) {
        const struct emote *emote = &is->emotes[i];
        bool is_kicks = emote->id.len > 0 && strspn(emote->id.data, "0123456789") >= emote->id.len;
        if (!is_kicks || emote->from < at)
            continue;
        buffer_add(&out, is->text.data + at, emote->from - at);
        buffer_printf(&out, "[emote:%.*s:%.*s]", (int)emote->id.len, emote->id.data, (int)(emote->to - emote->from),
                      is->text.data + emote->from);
        at = emote->to;
    }
    buffer_add(&out, is->text.data ? is->text.data + at : "", is->text.len - at);
    json_t *content = json_stringn(out.data ? out.data : "", out.len);
    buffer_fini(&out);
    return content;
}

static json_t *badges_of(const struct message_author *author)
{
    json_t *badges = json_array();
    for (size_t i = 0; i < author->badge_count; i++) {
        struct str badge = author->badges[i];
        const char *slash = memchr(badge.data, '/', badge.len);
        size_t len = slash ? (size_t)(slash - badge.data) : badge.len;
        json_t *one = json_pack("{s:s%}", "type", badge.data, len);
        json_object_set_new(one, "text", json_stringn(badge.data, len));
        if (slash)
            json_object_set_new(one, "count", json_integer(strtoll(slash + 1, NULL, 10)));
        json_array_append_new(badges, one);
    }
    return badges;
}

static const char *slug_of(const struct message_author *author, char slug[64])
{
    struct str from = author->login.len ? author->login : author->name;
    size_t len = from.len < 63 ? from.len : 63;
    for (size_t i = 0; i < len; i++)
        slug[i] = from.data[i] == '_' ? '-' : from.data[i];
    slug[len] = '\0';
    return slug;
}

static json_t *sender_of(const struct message_author *author)
{
    char slug[64];
    json_t *sender = json_object(), *identity = json_object();
    json_object_set_new(sender, "id", user_of(author->id.len ? author->id : author->name));
    json_object_set_new(sender, "username", text_of(author->name));
    json_object_set_new(sender, "slug", json_string(slug_of(author, slug)));
    json_object_set_new(identity, "color", author->color.len ? text_of(author->color) : json_string("#75FD46"));
    json_object_set_new(identity, "badges", badges_of(author));
    json_object_set_new(sender, "identity", identity);
    return sender;
}

static int64_t kicks_of(const struct money *money)
{
    return money->units > 0 ? money->units : money->micros / MICROS_A_KICK;
}

/* ---- events ---- */

static struct str detail_text(const struct message_draft *is, const char *key)
{
    const char *text = json_get_text(is->detail, key);
    return str_from(text);
}

static bool has_event(const struct message_draft *is, const char *event)
{
    const char *text = json_get_text(is->detail, "event");
    return text && strcmp(text, event) == 0;
}

json_t *kick_frame_chat(const struct message *message, const struct kick_frame_room *room)
{
    const struct message_draft *is = &message->is;
    bool is_reply = is->reply_to.native_id.len > 0, is_celebration = is->kind == MESSAGE_MEMBERSHIP;
    json_t *metadata = json_pack("{s:o}", "message_ref", json_sprintf("%lld", (long long)is->time_ms));
    if (is_reply) {
        json_object_set_new(metadata, "original_sender", json_pack("{s:i, s:o}", "id", 1, "username", text_of(is->reply_to.author)));
        json_object_set_new(metadata, "original_message", json_pack("{s:o, s:o}", "id", text_of(is->reply_to.native_id),
                                                                    "content", text_of(is->reply_to.text)));
    }
    if (is_celebration)
        json_object_set_new(metadata, "celebration", json_pack("{s:s, s:s, s:I}", "id", "chceleb_01", "type",
            "subscription_renewed", "total_months", (json_int_t)json_get_int(is->detail, "months", 1)));
    return json_pack("{s:o, s:I, s:o, s:s, s:o, s:o, s:o}", "id", text_of(is->native_id), "chatroom_id",
                     (json_int_t)room->chatroom_id, "content", content_of(is), "type",
                     is_celebration ? "celebration" : is_reply ? "reply" : "message", "created_at", time_of(is->time_ms), "sender",
                     sender_of(&is->author), "metadata", metadata);
}

static json_t *names_of(const struct message_draft *is)
{
    json_t *names = json_array();
    const json_t *recipients = json_object_get(is->detail, "recipients");
    int64_t count = is->money.count > 0 ? is->money.count : 1;
    if (json_is_array(recipients))
        json_array_extend(names, (json_t *)recipients);
    else if (json_get_text(is->detail, "recipient"))
        json_array_append_new(names, text_of(detail_text(is, "recipient")));
    while ((int64_t)json_array_size(names) < count && json_array_size(names) < 100)
        json_array_append_new(names, json_sprintf("viewer%zu", json_array_size(names) + 1));
    return names;
}

static bool write_membership(const struct message *message, const struct kick_frame_room *room, const char *chatroom,
                             struct buffer *out)
{
    const struct message_draft *is = &message->is;
    if (has_event(is, "received"))
        return false;
    if (has_event(is, "milestone")) {
        kick_frame_add(out, NAMESPACE "ChatMessageEvent", chatroom, kick_frame_chat(message, room));
    } else if (has_event(is, "gifted")) {
        json_t *names = names_of(is);
        kick_frame_add(out, NAMESPACE "GiftedSubscriptionsEvent", chatroom,
                       json_pack("{s:I, s:O, s:o, s:I}", "chatroom_id", (json_int_t)room->chatroom_id, "gifted_usernames", names,
                                 "gifter_username", text_of(is->author.name), "gifter_total",
                                 (json_int_t)json_get_int(is->detail, "total", 0)));
        // The same gifts once more, as Kick does.
        kick_frame_add(out, NAMESPACE "LuckyUsersWhoGotGiftSubscriptionsEvent", chatroom, json_pack("{s:o}", "usernames", names));
    } else {
        bool is_new = has_event(is, "new") || !is->detail;
        kick_frame_add(out, "SubscriptionEvent", chatroom,
                       json_pack("{s:I, s:o, s:I}", "chatroom_id", (json_int_t)room->chatroom_id, "username",
                                 text_of(is->author.name), "months", (json_int_t)(is_new ? 1 : json_get_int(is->detail, "months", 2))));
    }
    return true;
}

static json_t *kicks_data(const struct message_draft *is)
{
    json_t *sender = json_pack("{s:o, s:o, s:o, s:o}", "id", user_of(is->author.id), "username", text_of(is->author.name),
                               "username_color", text_of(is->author.color), "profile_picture", text_of(is->author.avatar));
    json_t *gift = json_pack("{s:s, s:o, s:I, s:s, s:s}", "gift_id", "gift", "name", text_of(is->money.item), "amount",
                             (json_int_t)kicks_of(&is->money), "type", "BASIC", "tier", "BASIC");
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "gift_transaction_id", text_of(is->native_id), "message", content_of(is),
                     "sender", sender, "gift", gift, "created_at", time_of(is->time_ms));
}

static json_t *poll_data(const struct message_draft *is)
{
    json_t *options = json_array();
    const json_t *given = json_object_get(is->detail, "options");
    bool is_closed = strcmp(detail_text(is, "state").data ? detail_text(is, "state").data : "", "closed") == 0;
    for (size_t i = 0; i < json_array_size(given); i++) {
        const json_t *one = json_array_get(given, i);
        json_array_append_new(options, json_pack("{s:i, s:s?, s:I}", "id", (int)i, "label", json_get_text(one, "text"), "votes",
                                                 (json_int_t)json_get_int(one, "votes", 0)));
    }
    return json_pack("{s:{s:o, s:o, s:i, s:i, s:i, s:b, s:n}}", "poll", "title", text_of(is->text), "options", options, "duration",
                     60, "remaining", is_closed ? 0 : 30, "result_display_duration", 15, "has_voted", 0, "voted_option_id");
}

static json_t *room_data(const struct message_draft *is, const struct kick_frame_room *room)
{
    int64_t slow = json_get_int(is->detail, "slow_seconds", 0), followers = json_get_int(is->detail, "followers_only_minutes", -1);
    return json_pack("{s:I, s:{s:b, s:I}, s:{s:b}, s:{s:b, s:I}, s:{s:b}}", "id", (json_int_t)room->chatroom_id, "slow_mode",
                     "enabled", slow > 0, "message_interval", (json_int_t)slow, "subscribers_mode", "enabled",
                     json_get_bool(is->detail, "members_only", false), "followers_mode", "enabled", followers >= 0,
                     "min_duration", (json_int_t)followers, "emotes_mode", "enabled", json_get_bool(is->detail, "emote_only", false));
}

static json_t *person_data(const struct message_draft *is, const char *by)
{
    struct str name = detail_text(is, "name");
    return json_pack("{s:o, s:{s:o, s:o}, s:{s:i, s:s}}", "id", json_sprintf("event%lld", (long long)clock_monotonic_ns()), "user",
                     "id", user_of(is->target.author_id), "username", name.len ? text_of(name) : json_string("somebody"), by, "id",
                     0, "username", "moderator");
}

static json_t *ban_data(const struct message_draft *is)
{
    json_t *data = person_data(is, "banned_by");
    json_object_set_new(data, "permanent", json_boolean(is->target.seconds == 0));
    if (is->target.seconds > 0) {
        json_object_set_new(data, "duration", json_integer((is->target.seconds + 59) / 60));
        json_object_set_new(data, "expires_at", time_of(clock_unix_ms() + is->target.seconds * 1000));
    }
    return data;
}

static bool write_notice(const struct message_draft *is, const char *chatroom, const char *channel, struct buffer *out)
{
    if (has_event(is, "reward")) {
        kick_frame_add(out, "RewardRedeemedEvent", chatroom,
                       json_pack("{s:o, s:o, s:o, s:o}", "reward_title", text_of(detail_text(is, "reward")), "user_id",
                                 user_of(is->author.id), "username", text_of(is->author.name), "user_input", text_of(is->text)));
    } else if (has_event(is, "stream_start")) {
        kick_frame_add(out, NAMESPACE "StreamerIsLive", channel,
                       json_pack("{s:{s:I, s:o}}", "livestream", "id", (json_int_t)(clock_unix_ms() / 1000), "session_title",
                                 text_of(is->text)));
    } else if (has_event(is, "unpinned")) {
        kick_frame_add(out, NAMESPACE "PinnedMessageDeletedEvent", chatroom, json_array());
    } else {
        return false;
    }
    return true;
}

static void write_raid(const struct message_draft *is, const struct kick_frame_room *room, const char *chatroom,
                       const char *channel, struct buffer *out)
{
    json_int_t viewers = (json_int_t)json_get_int(is->detail, "viewers", 0);
    kick_frame_add(out, NAMESPACE "StreamHostEvent", chatroom,
                   json_pack("{s:I, s:o, s:I, s:o}", "chatroom_id", (json_int_t)room->chatroom_id, "optional_message",
                             text_of(is->text), "number_viewers", viewers, "host_username", text_of(is->author.name)));
    kick_frame_add(out, NAMESPACE "StreamHostedEvent", channel,
                   json_pack("{s:{s:o, s:I, s:o}, s:{s:o}}", "message", "id", json_sprintf("host%lld", (long long)is->time_ms),
                             "numberOfViewers", viewers, "optionalMessage", text_of(is->text), "user", "username",
                             text_of(is->author.name)));
}

void kick_frame_add(struct buffer *out, const char *event, const char *channel, json_t *data)
{
    char *inner = json_dumps(data, JSON_COMPACT);
    json_t *frame = json_pack("{s:s, s:s, s:s}", "event", event, "channel", channel, "data", inner);
    char *text = json_dumps(frame, JSON_COMPACT);
    buffer_add_string(out, text);
    buffer_add_char(out, '\n');
    free(text);
    free(inner);
    json_decref(frame);
    json_decref(data);
}

bool kick_frame_write(const struct message *message, const struct kick_frame_room *room, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    char chatroom[48], channel[48];
    snprintf(chatroom, sizeof(chatroom), "chatrooms.%lld.v2", (long long)room->chatroom_id);
    snprintf(channel, sizeof(channel), "channel.%lld", (long long)room->channel_id);
    switch (is->kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
    case MESSAGE_QUESTION:
        kick_frame_add(out, NAMESPACE "ChatMessageEvent", chatroom, kick_frame_chat(message, room));
        return true;
    case MESSAGE_GIFT:
        if (kicks_of(&is->money) <= 0)
            return false;
        kick_frame_add(out, "KicksGifted", channel, kicks_data(is));
        return true;
    case MESSAGE_MEMBERSHIP:
        return write_membership(message, room, chatroom, out);
    case MESSAGE_RAID:
        write_raid(is, room, chatroom, channel, out);
        return true;
    case MESSAGE_FOLLOW:
        kick_frame_add(out, NAMESPACE "FollowersUpdated", channel,
                       json_pack("{s:o, s:I, s:b}", "username", text_of(is->author.name), "created_at",
                                 (json_int_t)(is->time_ms / 1000), "followed", 1));
        return true;
    case MESSAGE_POLL:
        kick_frame_add(out, NAMESPACE "PollUpdateEvent", chatroom, poll_data(is));
        return true;
    case MESSAGE_DELETE:
        kick_frame_add(out, NAMESPACE "MessageDeletedEvent", chatroom,
                       json_pack("{s:o, s:{s:o}}", "id", json_sprintf("event%lld", (long long)clock_monotonic_ns()), "message", "id",
                                 text_of(is->target.native_id)));
        return true;
    case MESSAGE_BAN:
        kick_frame_add(out, NAMESPACE "UserBannedEvent", chatroom, ban_data(is));
        return true;
    case MESSAGE_UNBAN:
        kick_frame_add(out, NAMESPACE "UserUnbannedEvent", chatroom, person_data(is, "unbanned_by"));
        return true;
    case MESSAGE_CLEAR:
        kick_frame_add(out, NAMESPACE "ChatroomClearEvent", chatroom,
                       json_pack("{s:o}", "id", json_sprintf("event%lld", (long long)clock_monotonic_ns())));
        return true;
    case MESSAGE_ROOM:
        kick_frame_add(out, NAMESPACE "ChatroomUpdatedEvent", chatroom, room_data(is, room));
        return true;
    case MESSAGE_END:
        kick_frame_add(out, NAMESPACE "StopStreamBroadcast", channel,
                       json_pack("{s:{s:I}}", "livestream", "id", (json_int_t)(clock_unix_ms() / 1000)));
        return true;
    case MESSAGE_NOTICE:
        return write_notice(is, chatroom, channel, out);
    default:
        return false;
    }
}

/* ---- webhooks ---- */

static json_t *hook_user(const struct message_author *author)
{
    char slug[64];
    bool is_anonymous = author->id.len == 0 && author->name.len == 0;
    if (is_anonymous)
        return json_pack("{s:b, s:n, s:n}", "is_anonymous", 1, "user_id", "username");
    return json_pack("{s:b, s:o, s:o, s:b, s:o, s:s, s:{s:o, s:o}}", "is_anonymous", 0, "user_id",
                     user_of(author->id.len ? author->id : author->name), "username", text_of(author->name), "is_verified",
                     (author->roles & ROLE_VERIFIED) != 0, "profile_picture", text_of(author->avatar), "channel_slug",
                     slug_of(author, slug), "identity", "username_color", text_of(author->color), "badges", badges_of(author));
}

static json_t *hook_body(const struct message *message, const char **type)
{
    const struct message_draft *is = &message->is;
    json_t *user = hook_user(&is->author), *body = NULL;
    if (is->kind == MESSAGE_CHAT) {
        *type = "chat.message.sent";
        body = json_pack("{s:o, s:O, s:o, s:n}", "message_id", text_of(is->native_id), "sender", user, "content", content_of(is),
                         "replies_to");
        if (is->reply_to.native_id.len > 0)
            json_object_set_new(body, "replies_to", json_pack("{s:o, s:o}", "message_id", text_of(is->reply_to.native_id),
                                                              "content", text_of(is->reply_to.text)));
    } else if (is->kind == MESSAGE_FOLLOW) {
        *type = "channel.followed";
        body = json_pack("{s:O}", "follower", user);
    } else if (is->kind == MESSAGE_MEMBERSHIP && (has_event(is, "new") || has_event(is, "renewed"))) {
        *type = has_event(is, "new") ? "channel.subscription.new" : "channel.subscription.renewal";
        body = json_pack("{s:O, s:I}", "subscriber", user, "duration", (json_int_t)json_get_int(is->detail, "months", 1));
    } else if (is->kind == MESSAGE_MEMBERSHIP && has_event(is, "gifted")) {
        json_t *names = names_of(is), *giftees = json_array();
        for (size_t i = 0; i < json_array_size(names); i++)
            json_array_append_new(giftees, json_pack("{s:i, s:O}", "user_id", (int)i + 1, "username", json_array_get(names, i)));
        *type = "channel.subscription.gifts";
        body = json_pack("{s:O, s:o}", "gifter", user, "giftees", giftees);
        json_decref(names);
    } else if (is->kind == MESSAGE_GIFT && kicks_of(&is->money) > 0) {
        *type = "kicks.gifted";
        body = json_pack("{s:O, s:{s:I, s:o, s:o}}", "sender", user, "gift", "amount", (json_int_t)kicks_of(&is->money), "name",
                         text_of(is->money.item), "message", content_of(is));
    } else if (is->kind == MESSAGE_BAN) {
        struct str name = detail_text(is, "name");
        *type = "moderation.banned";
        body = json_pack("{s:{s:o, s:o}, s:{s:o, s:o}}", "banned_user", "user_id", user_of(is->target.author_id), "username",
                         text_of(name), "metadata", "created_at", time_of(is->time_ms), "expires_at", is->target.seconds > 0
                         ? time_of(is->time_ms + is->target.seconds * 1000) : json_null());
    } else if (is->kind == MESSAGE_END) {
        *type = "livestream.status.updated";
        body = json_pack("{s:b, s:o}", "is_live", 0, "ended_at", time_of(is->time_ms));
    }
    json_decref(user);
    return body;
}

json_t *kick_frame_hook(const struct message *message, const struct kick_frame_room *room, const char **type)
{
    json_t *body = hook_body(message, type);
    if (!body)
        return NULL;
    json_object_set_new(body, "broadcaster", json_pack("{s:I, s:s, s:s}", "user_id", (json_int_t)room->user_id, "username",
                                                       room->slug, "channel_slug", room->slug));
    json_object_set_new(body, "created_at", time_of(message->is.time_ms));
    return body;
}
