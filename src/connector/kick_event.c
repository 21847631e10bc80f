/* kick_event.c - the Pusher socket's events, by the part of their name behind the last backslash. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/kick_reader.h"

enum { OPTIONS_MAX = 16, RECIPIENTS_MAX = 100, AGAIN_MS = 15 * 1000, RAID_AGAIN_MS = 2 * 60 * 1000 };

typedef bool (*event_fn)(struct kick_reader *reader, const json_t *data, struct error *err);

/* ---- subscriptions ---- */

static bool read_subscription(struct kick_reader *reader, const json_t *data, struct error *err)
{
    int64_t months = json_get_int(data, "months", 1);
    struct str name = field_text(data, "username");
    if (name.len == 0)
        return error_set(err, ERROR_DATA, "SubscriptionEvent without username");
    if (kick_was_told(reader, "sub:%.*s", (int)name.len, name.data))
        return true;
    kick_begin(reader, MESSAGE_MEMBERSHIP, 0);
    reader->draft.author.name = name;
    field_add_text(&reader->extras, "event", months > 1 ? STR("renewed") : STR("new"));
    field_add_int(&reader->extras, "months", months);
    kick_deliver(reader);
    return true;
}

static void add_recipients(struct kick_reader *reader, const json_t *names)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(names) && i < RECIPIENTS_MAX; i++) {
        if (json_is_string(json_array_get(names, i)))
            json_array_append(out, json_array_get(names, i));
    }
    if (json_array_size(names) == 1 && json_array_size(out) == 1)
        field_add(&reader->extras, "recipient", json_incref(json_array_get(out, 0)));
    if (json_array_size(out) > 1) {
        field_add(&reader->extras, "recipients", out);
    } else {
        json_decref(out);
    }
}

static bool read_gifted(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *names = json_object_get(data, "gifted_usernames");
    struct str gifter = field_text(data, "gifter_username");
    if (!json_is_array(names) || json_array_size(names) == 0)
        return error_set(err, ERROR_DATA, "GiftedSubscriptionsEvent without gifted_usernames");
    if (str_equal(gifter, STR("Anonymous")))
        gifter = (struct str){0};
    if (kick_was_told(reader, "gifts:%.*s:%zu", (int)gifter.len, gifter.data ? gifter.data : "", json_array_size(names)))
        return true;
    kick_begin(reader, MESSAGE_MEMBERSHIP, 0);
    reader->draft.author.name = gifter.len > 0 ? gifter : STR("Anonymous");
    if (gifter.len == 0)
        field_add(&reader->extras, "anonymous", json_true());
    reader->draft.money.count = (int64_t)json_array_size(names);
    field_add_text(&reader->extras, "event", STR("gifted"));
    field_add_int(&reader->extras, "total", json_get_int(data, "gifter_total", 0));
    add_recipients(reader, names);
    kick_deliver(reader);
    return true;
}

/* ---- gifts, rewards, raids, followers ---- */

static bool read_kicks(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *sender = json_object_get(data, "sender"), *gift = json_object_get(data, "gift");
    int64_t amount = json_get_int(gift, "amount", 0);
    struct str message = field_text(data, "message");
    struct message_draft *draft = &reader->draft;
    if (amount <= 0)
        return error_set(err, ERROR_DATA, "KicksGifted without gift.amount");
    kick_begin(reader, MESSAGE_GIFT, message.len);
    draft->native_id = draft->event_key = field_id(&reader->scratch, data, "gift_transaction_id");
    struct str name = field_text(sender, "username");
    if (kick_was_told(reader, "kicks:%.*s:%lld", (int)name.len, name.data ? name.data : "", (long long)amount))
        return true;
    draft->time_ms = field_time_ms(data, "created_at");
    draft->author.id = field_id(&reader->scratch, sender, "id");
    draft->author.name = field_text(sender, "username");
    draft->author.avatar = field_text(sender, "profile_picture");
    struct str color = field_text(sender, "username_color");
    if (field_is_color(color))
        draft->author.color = color;
    draft->emotes = reader->emotes;
    draft->text = kick_text(reader, message, reader->emotes, &draft->emote_count);
    draft->money = (struct money){.unit = STR("kicks"), .units = amount, .item = field_text(gift, "name")};
    field_add_text(&reader->extras, "tier", field_text(gift, "tier"));
    field_add_int(&reader->extras, "pinned_seconds", json_get_int(gift, "pinned_time", 0));
    kick_deliver(reader);
    return true;
}

static bool read_reward(struct kick_reader *reader, const json_t *data, struct error *err)
{
    struct str input = field_text(data, "user_input"), title = field_text(data, "reward_title");
    struct message_draft *draft = &reader->draft;
    if (title.len == 0)
        return error_set(err, ERROR_DATA, "RewardRedeemedEvent without reward_title");
    struct str name = field_text(data, "username");
    if (kick_was_told(reader, "reward:%.*s:%.*s", (int)name.len, name.data ? name.data : "", (int)title.len, title.data))
        return true;
    kick_begin(reader, MESSAGE_NOTICE, input.len);
    draft->author.id = field_id(&reader->scratch, data, "user_id");
    draft->author.name = field_text(data, "username");
    draft->emotes = reader->emotes;
    draft->text = kick_text(reader, input, reader->emotes, &draft->emote_count);
    field_add_text(&reader->extras, "event", STR("reward"));
    field_add_text(&reader->extras, "reward", title);
    kick_deliver(reader);
    return true;
}

/* One host comes as StreamHostEvent and as StreamHostedEvent, of different shapes. */
static bool raid(struct kick_reader *reader, struct str event, struct str host, int64_t viewers, struct str text)
{
    kick_begin(reader, MESSAGE_RAID, text.len);
    struct str what = field_make(&reader->scratch, "raid:%.*s", (int)host.len, host.data);
    if (!kick_is_new(reader, what, event, RAID_AGAIN_MS))
        return true;
    reader->draft.author.name = host;
    reader->draft.text = text;
    field_add_int(&reader->extras, "viewers", viewers);
    kick_deliver(reader);
    return true;
}

static bool read_host(struct kick_reader *reader, const json_t *data, struct error *err)
{
    struct str host = field_text(data, "host_username");
    if (host.len == 0)
        return error_set(err, ERROR_DATA, "StreamHostEvent without host_username");
    return raid(reader, STR("StreamHostEvent"), host, json_get_int(data, "number_viewers", 0),
                field_text(data, "optional_message"));
}

static bool read_hosted(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *message = json_object_get(data, "message");
    struct str host = field_text(json_object_get(data, "user"), "username");
    if (host.len == 0)
        return error_set(err, ERROR_DATA, "StreamHostedEvent without user.username");
    return raid(reader, STR("StreamHostedEvent"), host, json_get_int(message, "numberOfViewers", 0),
                field_text(message, "optionalMessage"));
}

/* Only the number of followers is certain in it; a name with followed:true is a follow. */
static bool read_followers(struct kick_reader *reader, const json_t *data, struct error *err)
{
    struct str name = field_text(data, "username");
    if (name.len == 0 || !json_get_bool(data, "followed", false) ||
        kick_was_told(reader, "follow:%.*s", (int)name.len, name.data))
        return true;
    kick_begin(reader, MESSAGE_FOLLOW, 0);
    reader->draft.author.name = name;
    int64_t seconds = json_get_int(data, "created_at", 0);
    reader->draft.time_ms = seconds > 0 && seconds < INT64_MAX / 1000 ? seconds * 1000 : 0;
    kick_deliver(reader);
    return true;
}

/* ---- moderation ---- */

static bool read_deleted(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *rules = json_object_get(data, "violatedRules");
    kick_begin(reader, MESSAGE_DELETE, 0);
    reader->draft.event_key = field_id(&reader->scratch, data, "id");  // the event's, not the message's
    reader->draft.target.native_id = field_id(&reader->scratch, json_object_get(data, "message"), "id");
    if (reader->draft.target.native_id.len == 0)
        return error_set(err, ERROR_DATA, "MessageDeletedEvent without message.id");
    if (json_get_bool(data, "aiModerated", false))
        field_add_text(&reader->extras, "reason", STR("ai_moderation"));
    if (json_array_size(rules) > 0 && json_array_size(rules) <= OPTIONS_MAX)
        field_add(&reader->extras, "rules", json_incref((json_t *)rules));
    kick_deliver(reader);
    return true;
}

static void read_person(struct kick_reader *reader, const json_t *data, const char *by)
{
    const json_t *user = json_object_get(data, "user");
    reader->draft.event_key = field_id(&reader->scratch, data, "id");
    reader->draft.target.author_id = field_id(&reader->scratch, user, "id");
    field_add_text(&reader->extras, "name", field_text(user, "username"));
    // Its id is 0 in every frame that was captured.
    field_add_text(&reader->extras, "by", field_text(json_object_get(data, by), "username"));
}

static bool read_banned(struct kick_reader *reader, const json_t *data, struct error *err)
{
    int64_t expires_ms = field_time_ms(data, "expires_at"), minutes = json_get_int(data, "duration", 0);
    bool is_timeout = expires_ms > 0 || minutes > 0;
    kick_begin(reader, MESSAGE_BAN, 0);
    read_person(reader, data, "banned_by");
    if (reader->draft.target.author_id.len == 0)
        return error_set(err, ERROR_DATA, "UserBannedEvent without user.id");
    struct str id = reader->draft.target.author_id;
    if (kick_was_told(reader, "ban:%.*s", (int)id.len, id.data))
        return true;
    if (is_timeout && !json_get_bool(data, "permanent", false))
        reader->draft.target.seconds = kick_timeout_s(reader, 0, expires_ms, minutes);
    kick_deliver(reader);
    return true;
}

static bool read_unbanned(struct kick_reader *reader, const json_t *data, struct error *err)
{
    kick_begin(reader, MESSAGE_UNBAN, 0);
    read_person(reader, data, "unbanned_by");
    if (reader->draft.target.author_id.len == 0)
        return error_set(err, ERROR_DATA, "UserUnbannedEvent without user.id");
    kick_deliver(reader);
    return true;
}

static bool read_clear(struct kick_reader *reader, const json_t *data, struct error *err)
{
    kick_begin(reader, MESSAGE_CLEAR, 0);
    reader->draft.event_key = field_id(&reader->scratch, data, "id");
    kick_deliver(reader);
    return true;
}

/* {"enabled":true,"message_interval":5}, or a bare true. -1: off; -2: not told. */
static int64_t mode_of(const json_t *data, const char *key, const char *amount)
{
    const json_t *mode = json_object_get(data, key);
    if (json_is_boolean(mode))
        return json_is_true(mode) ? 1 : -1;
    if (!json_is_object(mode))
        return -2;
    return json_get_bool(mode, "enabled", false) ? json_get_int(mode, amount, 1) : -1;
}

static bool take_change(int64_t value, int64_t *now)
{
    bool is_change = value != -2 && value != *now;
    if (is_change)
        *now = value;
    return is_change;
}

static bool read_room(struct kick_reader *reader, const json_t *data, struct error *err)
{
    struct kick_room *room = &reader->room;
    kick_begin(reader, MESSAGE_ROOM, 0);
    if (take_change(mode_of(data, "slow_mode", "message_interval"), &room->slow))
        field_add(&reader->extras, "slow_seconds", json_integer(room->slow > 0 ? room->slow : 0));
    if (take_change(mode_of(data, "followers_mode", "min_duration"), &room->followers))
        field_add(&reader->extras, "followers_only_minutes", json_integer(room->followers));
    if (take_change(mode_of(data, "subscribers_mode", ""), &room->members))
        field_add(&reader->extras, "members_only", json_boolean(room->members > 0));
    if (take_change(mode_of(data, "emotes_mode", ""), &room->emotes))
        field_add(&reader->extras, "emote_only", json_boolean(room->emotes > 0));
    if (reader->extras)
        kick_deliver(reader);
    return true;
}

/* ---- polls and predictions ---- */

static void keep_poll(struct kick_reader *reader, struct str title)
{
    json_decref(reader->poll);
    free(reader->poll_title);
    reader->poll = json_incref(reader->extras);
    reader->poll_title = xstrndup(title.data ? title.data : "", title.len);
}

static json_t *options_of(const json_t *options, const char *label, const char *votes)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(options) && i < OPTIONS_MAX; i++) {
        const json_t *option = json_array_get(options, i);
        struct str text = field_text(option, label);
        int64_t count = json_get_int(option, votes, 0);
        json_t *one = json_object();
        json_object_set_new(one, "text", json_stringn(text.data ? text.data : "", text.len));
        json_object_set_new(one, "votes", json_integer(count > 0 ? count : 0));
        json_array_append_new(out, one);
    }
    return out;
}

static bool read_poll(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *poll = json_object_get(data, "poll"), *options = json_object_get(poll, "options");
    if (!json_is_array(options))
        return error_set(err, ERROR_DATA, "PollUpdateEvent without poll.options");
    kick_begin(reader, MESSAGE_POLL, 0);
    reader->draft.text = field_text(poll, "title");
    bool is_over = json_get_int(poll, "remaining", 1) <= 0;
    field_add(&reader->extras, "options", options_of(options, "label", "votes"));
    field_add_text(&reader->extras, "state", is_over ? STR("closed") : STR("open"));
    field_add_int(&reader->extras, "seconds", json_get_int(poll, "duration", 0));
    if (is_over) {
        json_decref(reader->poll);
        reader->poll = NULL;
    } else {
        keep_poll(reader, reader->draft.text);
    }
    kick_deliver(reader);
    return true;
}

/* Carries [] only: what is removed is the poll that was open. */
static bool read_poll_deleted(struct kick_reader *reader, const json_t *data, struct error *err)
{
    if (!reader->poll)
        return true;
    kick_begin(reader, MESSAGE_POLL, 0);
    reader->draft.text = str_from(reader->poll_title);
    reader->extras = json_copy(reader->poll);
    json_object_set_new(reader->extras, "state", json_string("closed"));
    json_decref(reader->poll);
    reader->poll = NULL;
    kick_deliver(reader);
    return true;
}

static bool read_prediction(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *prediction = json_object_get(data, "prediction");
    if (!json_is_object(prediction))
        return error_set(err, ERROR_DATA, "a prediction event without prediction");
    kick_begin(reader, MESSAGE_NOTICE, 0);
    reader->draft.text = field_text(prediction, "title");
    field_add_text(&reader->extras, "event", STR("prediction"));
    field_add_text(&reader->extras, "prediction", field_id(&reader->scratch, prediction, "id"));
    field_add_text(&reader->extras, "state", field_text(prediction, "state"));
    field_add(&reader->extras, "options", options_of(json_object_get(prediction, "outcomes"), "title", "vote_count"));
    kick_deliver(reader);
    return true;
}

/* ---- pins, start and end ---- */

/* The pinned words are named by their id only: if they are deleted, no copy stays. */
static bool read_pinned(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *message = json_object_get(data, "message");
    struct str by = field_text(json_object_get(data, "pinnedBy"), "username");
    kick_begin(reader, MESSAGE_NOTICE, 0);
    reader->draft.reply_to.native_id = field_id(&reader->scratch, message, "id");
    if (reader->draft.reply_to.native_id.len == 0)
        return error_set(err, ERROR_DATA, "PinnedMessageCreatedEvent without message.id");
    field_add_text(&reader->extras, "event", STR("pinned"));
    field_add_text(&reader->extras, "by", by);
    field_add_int(&reader->extras, "seconds", json_get_int(data, "duration", 0));
    field_add_text(&reader->extras, "system", STR("A message was pinned"));
    kick_deliver(reader);
    return true;
}

static bool read_unpinned(struct kick_reader *reader, const json_t *data, struct error *err)
{
    kick_begin(reader, MESSAGE_NOTICE, 0);
    field_add_text(&reader->extras, "event", STR("unpinned"));
    field_add_text(&reader->extras, "system", STR("The pinned message was taken down"));
    kick_deliver(reader);
    return true;
}

static bool read_live(struct kick_reader *reader, const json_t *data, struct error *err)
{
    const json_t *livestream = json_object_get(data, "livestream");
    if (kick_was_told(reader, "live"))
        return true;
    kick_begin(reader, MESSAGE_NOTICE, 0);
    struct str id = field_id(&reader->scratch, livestream, "id");
    if (id.len > 0)
        reader->draft.event_key = field_make(&reader->scratch, "live:%.*s", (int)id.len, id.data);
    reader->draft.text = field_text(livestream, "session_title");
    field_add_text(&reader->extras, "event", STR("stream_start"));
    field_add_text(&reader->extras, "system", STR("The stream has begun"));
    kick_deliver(reader);
    return true;
}

static bool read_stop(struct kick_reader *reader, const json_t *data, struct error *err)
{
    if (kick_was_told(reader, "end"))
        return true;
    kick_begin(reader, MESSAGE_END, 0);
    struct str id = field_id(&reader->scratch, json_object_get(data, "livestream"), "id");
    if (id.len > 0)
        reader->draft.event_key = field_make(&reader->scratch, "end:%.*s", (int)id.len, id.data);
    kick_deliver(reader);
    return true;
}

static bool pass_over(struct kick_reader *reader, const json_t *data, struct error *err)
{
    return true;
}

/* ---- by name ---- */

static const struct event {
    const char *name;
    event_fn read;
    bool has_id;     // its id is its key: what comes by two channels is for the relay to see
} events[] = {
    {"ChatMessageEvent", kick_read_chat, true},
    {"MessageDeletedEvent", read_deleted, true},
    {"UserBannedEvent", read_banned, false},
    {"UserUnbannedEvent", read_unbanned, true},
    {"ChatroomClearEvent", read_clear, true},
    {"ChatroomUpdatedEvent", read_room, true},
    {"SubscriptionEvent", read_subscription, false},
    {"GiftedSubscriptionsEvent", read_gifted, false},
    {"StreamHostEvent", read_host, false},
    {"StreamHostedEvent", read_hosted, false},
    {"KicksGifted", read_kicks, false},
    {"RewardRedeemedEvent", read_reward, false},
    {"PollUpdateEvent", read_poll, false},
    {"PollDeleteEvent", read_poll_deleted, false},
    {"PredictionCreated", read_prediction, false},
    {"PredictionUpdated", read_prediction, false},
    {"PinnedMessageCreatedEvent", read_pinned, false},
    {"PinnedMessageDeletedEvent", read_unpinned, false},
    {"StreamerIsLive", read_live, false},
    {"StopStreamBroadcast", read_stop, false},
    {"FollowersUpdated", read_followers, false},
    // The same gifts and subscriptions once more: counting them would double them.
    {"ChannelSubscriptionEvent", pass_over, true},
    {"LuckyUsersWhoGotGiftSubscriptionsEvent", pass_over, true},
    {"GiftsLeaderboardUpdated", pass_over, true},
};

static const struct event *find_event(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (str_equal(name, str_from(events[i].name)))
            return &events[i];
    }
    return NULL;
}

/* "App\\Events\\X", "App\Events\X" and "X" are the same. */
static struct str short_name(struct str name)
{
    const char *slash = name.len > 0 ? memrchr(name.data, '\\', name.len) : NULL;
    return slash ? (struct str){slash + 1, name.len - (size_t)(slash + 1 - name.data)} : name;
}

/* data is a string of JSON, an object, an array or an empty string. The caller calls json_decref(); false: err. */
static bool data_of(const json_t *frame, json_t **data, struct error *err)
{
    const json_t *value = json_object_get(frame, "data");
    struct str text = field_text(frame, "data");
    *data = NULL;
    if (!json_is_string(value)) {
        *data = json_incref((json_t *)value);
    } else if (text.len > 0) {
        *data = json_parse(text.data, text.len, err);
        return *data || error_prefix(err, "data");
    }
    return true;
}

static void note_unknown(struct kick_reader *reader, struct str name)
{
    uint64_t count = ++reader->unknown;
    if (reader->base->options.loop && (count & (count - 1)) == 0)
        log_info("connector", "%s: events that mean nothing to us: %llu so far, now \"%.*s\"", reader->base->source,
                 (unsigned long long)count, (int)(name.len < 60 ? name.len : 60), name.data);
}

static bool is_repetition(struct kick_reader *reader, const json_t *frame, struct str name, struct str full_name)
{
    struct str channel = field_text(frame, "channel"), data = field_text(frame, "data");
    if (data.len == 0)
        return false;
    struct buffer what = {0}, place = {0};
    buffer_add(&what, name.data, name.len);
    buffer_add(&what, data.data, data.len);
    buffer_add(&place, full_name.data, full_name.len);
    buffer_add(&place, channel.data ? channel.data : "", channel.len);
    bool is_new = kick_is_new(reader, (struct str){what.data, what.len}, (struct str){place.data, place.len}, AGAIN_MS);
    buffer_fini(&what);
    buffer_fini(&place);
    return !is_new;
}

bool kick_reader_event(struct kick_reader *reader, const json_t *frame, struct error *err)
{
    struct str full_name = field_text(frame, "event"), name = short_name(full_name);
    if (full_name.len == 0)
        return error_set(err, ERROR_DATA, "a frame without an event's name");
    if (str_starts_with(full_name, STR("pusher:")) || str_starts_with(full_name, STR("pusher_internal:")))
        return true;
    if (str_equal(name, STR("KicksGiftedEvent")))
        name = STR("KicksGifted");  // one gift may come as both
    const struct event *event = find_event(name);
    if (!event)
        note_unknown(reader, name);
    if (!event)
        return true;
    reader->is_webhook = false;
    if (!event->has_id && is_repetition(reader, frame, name, full_name))
        return true;
    json_t *data;
    bool is_good = data_of(frame, &data, err) && event->read(reader, data, err);
    json_decref(data);
    return is_good;
}
