/* twitch_event_chat.c - EventSub's channel.chat.*: what IRC says in lines, as JSON. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/money.h"
#include "connector/fields.h"
#include "connector/twitch_cheers.h"
#include "connector/twitch_event.h"
#include "connector/twitch_line.h"
#include "connector/twitch_pictures.h"
#include "connector/twitch_reader.h"

/* ---- text ---- */

static void add_emote(struct twitch_event *event, struct str id, size_t from, size_t to)
{
    struct str text = event->draft.text;
    struct str url = twitch_reader_emote_url(event->reader, id);
    if (url.len > 0)
        twitch_reader_add_emote(event->reader, &event->draft, &(struct emote){
            .id = id, .name = {text.data + from, to - from}, .url = url, .from = (uint32_t)from, .to = (uint32_t)to});
}

static void add_fragment(struct twitch_event *event, const json_t *fragment, size_t from, size_t to)
{
    const json_t *emote = json_object_get(fragment, "emote"), *cheermote = json_object_get(fragment, "cheermote");
    struct twitch_cheer cheer;
    if (json_is_object(emote)) {
        add_emote(event, field_text(emote, "id"), from, to);
    } else if (json_is_object(cheermote) &&
               twitch_cheers_picture(twitch_pictures_cheers(event->reader->pictures), field_text(cheermote, "prefix"),
                                     json_get_int(cheermote, "bits", 0), &cheer)) {
        twitch_reader_add_cheer(event->reader, &event->draft, from, to, &cheer);
    }
}

/* There are no ranges: the fragments' texts, one behind the other, are the text. Where they are not, no more is said. */
void twitch_event_set_fragments(struct twitch_event *event, const json_t *message)
{
    struct str whole = field_text(message, "text");
    bool is_action;
    struct str text = event->draft.text = twitch_strip_action(whole, &is_action);
    size_t at = 0, shift = whole.len > 0 ? (size_t)(text.data - whole.data) : 0, i;
    const json_t *fragments = json_object_get(message, "fragments"), *fragment;
    if (is_action)
        event->draft.kind = MESSAGE_ACTION;
    json_array_foreach (fragments, i, fragment) {
        struct str piece = field_text(fragment, "text");
        if (piece.len > whole.len - at || (piece.len > 0 && memcmp(whole.data + at, piece.data, piece.len) != 0))
            return;
        if (at >= shift && at + piece.len - shift <= text.len)
            add_fragment(event, fragment, at - shift, at + piece.len - shift);
        at += piece.len;
    }
}

/* ---- authors ---- */

static struct str join_badge(struct twitch_reader *reader, struct str set, struct str version)
{
    char *badge = twitch_reader_take(reader, set.len + 1 + version.len);
    if (!badge || set.len == 0)
        return (struct str){0};
    memcpy(badge, set.data, set.len);
    badge[set.len] = '/';
    if (version.len > 0)
        memcpy(badge + set.len + 1, version.data, version.len);
    return (struct str){badge, set.len + 1 + version.len};
}

static void read_badges(struct twitch_event *event)
{
    struct message_author *author = &event->draft.author;
    const json_t *badges = twitch_event_body(event, "badges"), *badge;
    size_t i;
    author->badges = event->reader->badges;
    json_array_foreach (badges, i, badge) {
        struct str set = field_text(badge, "set_id");
        struct str joined = join_badge(event->reader, set, field_text(badge, "id"));
        if (joined.len == 0 || author->badge_count == TWITCH_BADGES_MAX)
            continue;
        event->reader->badges[author->badge_count++] = joined;
        author->roles |= twitch_role_of(set);
        if (str_equal(set, STR("subscriber")) || str_equal(set, STR("founder")))
            author->months = twitch_number(field_text(badge, "info"), 0);
    }
}

static void read_author(struct twitch_event *event)
{
    twitch_event_set_author(event, "chatter_user");
    struct str color = twitch_event_text(event, "color");
    if (twitch_is_color(color))
        event->draft.author.color = color;
    read_badges(event);
}

static void read_source(struct twitch_event *event)
{
    struct str source = twitch_event_text(event, "source_broadcaster_user_id"), id = twitch_event_text(event, "source_message_id");
    event->draft.is_foreign = source.len > 0 && !str_equal(source, twitch_event_text(event, "broadcaster_user_id"));
    if (id.len > 0)
        event->draft.event_key = id;
    if (!event->draft.is_foreign)
        return;
    twitch_reader_set_text(event->reader, "channel_id", source);
    if (json_get_bool(event->body, "is_source_only", false))
        twitch_reader_set_true(event->reader, "source_only");
}

/* ---- channel.chat.message ---- */

static void read_reply(struct twitch_event *event)
{
    const json_t *reply = twitch_event_body(event, "reply");
    event->draft.reply_to.native_id = field_text(reply, "parent_message_id");
    event->draft.reply_to.author = field_text(reply, "parent_user_name");
    event->draft.reply_to.text = field_text(reply, "parent_message_body");
}

static struct str highlight_of(struct str type)
{
    static const struct {
        const char *type, *word;
    } table[] = {
        {"channel_points_highlighted", "highlighted"}, {"channel_points_sub_only", "skip_subs_mode"},
        {"power_ups_gigantified_emote", "gigantified"}, {"power_ups_message_effect", "animated"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(type, str_from(table[i].type)))
            return str_from(table[i].word);
    }
    return type;
}

bool twitch_event_message(struct twitch_event *event, struct error *err)
{
    struct str type = twitch_event_text(event, "message_type");
    event->draft.kind = MESSAGE_CHAT;
    twitch_event_set_id(event, twitch_event_text(event, "message_id"));
    if (event->draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "channel.chat.message without message_id");
    twitch_event_set_fragments(event, twitch_event_body(event, "message"));
    read_author(event);
    read_source(event);
    read_reply(event);
    int64_t bits = json_get_int(twitch_event_body(event, "cheer"), "bits", 0);
    if (!event->draft.is_foreign && twitch_set_bits(&event->draft, bits))
        event->draft.kind = MESSAGE_GIFT;
    if (str_equal(type, STR("user_intro")))
        twitch_reader_set_true(event->reader, "intro");
    else if (type.len > 0 && !str_equal(type, STR("text")))
        twitch_reader_set_text(event->reader, "highlight", highlight_of(type));
    twitch_event_copy(event, "reward", "channel_points_custom_reward_id");
    return true;
}

/* ---- channel.chat.notification ---- */

typedef void (*notice_fn)(struct twitch_event *event, const json_t *notice);

static void begin_membership(struct twitch_event *event, const json_t *notice, const char *word)
{
    event->draft.kind = MESSAGE_MEMBERSHIP;
    event->draft.money.item = json_is_true(json_object_get(notice, "is_prime"))
                                  ? STR("Prime") : twitch_plan_name(field_text(notice, "sub_tier"));
    twitch_reader_set_text(event->reader, "event", str_from(word));
}

static void read_sub(struct twitch_event *event, const json_t *notice)
{
    begin_membership(event, notice, "new");
    if (json_get_int(notice, "duration_months", 0) > 1)
        twitch_reader_set_int(event->reader, "bought_months", json_get_int(notice, "duration_months", 0));
}

static void read_resub(struct twitch_event *event, const json_t *notice)
{
    begin_membership(event, notice, "renewed");
    twitch_reader_set_int(event->reader, "months", json_get_int(notice, "cumulative_months", -1));
    twitch_reader_set_int(event->reader, "streak_months", json_get_int(notice, "streak_months", -1));
    if (!json_get_bool(notice, "is_gift", false))
        return;
    twitch_reader_set_true(event->reader, "was_gifted");
    if (json_get_bool(notice, "gifter_is_anonymous", false))
        twitch_reader_set_true(event->reader, "anonymous");
    twitch_reader_set_text(event->reader, "gifter", field_text(notice, "gifter_user_name"));
    twitch_reader_set_text(event->reader, "gifter_id", field_text(notice, "gifter_user_id"));
}

static void read_anonymity(struct twitch_event *event)
{
    if (json_get_bool(event->body, "chatter_is_anonymous", false))
        twitch_reader_set_true(event->reader, "anonymous");
}

static void read_sub_gift(struct twitch_event *event, const json_t *notice)
{
    struct str batch = field_text(notice, "community_gift_id");
    bool is_counted = twitch_reader_knows_batch(event->reader, batch);
    begin_membership(event, notice, is_counted ? "received" : "gifted");
    read_anonymity(event);
    if (is_counted) {
        twitch_reader_set_text(event->reader, "batch", batch);
    } else {
        event->draft.money.count = 1;
        twitch_reader_set_int(event->reader, "total", json_get_int(notice, "cumulative_total", -1));
    }
    twitch_reader_set_text(event->reader, "recipient", field_text(notice, "recipient_user_name"));
    twitch_reader_set_text(event->reader, "recipient_id", field_text(notice, "recipient_user_id"));
    twitch_reader_set_int(event->reader, "gift_months", json_get_int(notice, "duration_months", -1));
}

static void read_community_gift(struct twitch_event *event, const json_t *notice)
{
    struct str batch = field_text(notice, "id");
    int64_t count = json_get_int(notice, "total", 1);
    begin_membership(event, notice, "gifted");
    read_anonymity(event);
    event->draft.money.count = count > 0 ? count : 1;
    twitch_reader_remember_batch(event->reader, batch);
    twitch_reader_set_text(event->reader, "batch", batch);
    twitch_reader_set_int(event->reader, "total", json_get_int(notice, "cumulative_total", -1));
}

static void read_upgrade(struct twitch_event *event, const json_t *notice)
{
    begin_membership(event, notice, "upgraded");
    if (json_get_bool(notice, "gifter_is_anonymous", false))
        twitch_reader_set_true(event->reader, "anonymous");
    twitch_reader_set_text(event->reader, "gifter", field_text(notice, "gifter_user_name"));
}

static void read_raid(struct twitch_event *event, const json_t *notice)
{
    struct str avatar = field_text(notice, "profile_image_url");
    event->draft.kind = MESSAGE_RAID;
    if (str_starts_with(avatar, STR("https://")) && !memmem(avatar.data, avatar.len, "%s", 2))
        event->draft.author.avatar = avatar;
    int64_t viewers = json_get_int(notice, "viewer_count", 0);
    twitch_reader_set_int(event->reader, "viewers", viewers > 0 ? viewers : 0);
}

/* {"value","decimal_places" (in some copies without s),"currency"} */
bool twitch_event_set_amount(struct twitch_event *event, const json_t *amount)
{
    struct str currency = field_text(amount, "currency");
    int64_t places = json_get_int(amount, "decimal_places", json_get_int(amount, "decimal_place", 2)), micros;
    int64_t value = json_get_int(amount, "value", 0);
    if (value <= 0 || !money_is_currency(currency) || !money_from_exponent(value, places, &micros))
        return false;
    event->draft.kind = MESSAGE_GIFT;
    event->draft.money.micros = micros;
    event->draft.money.currency = currency;
    return true;
}

static void read_donation(struct twitch_event *event, const json_t *notice)
{
    struct str charity = field_text(notice, "charity_name");
    if (twitch_event_set_amount(event, json_object_get(notice, "amount"))) {
        event->draft.money.item = charity;
    } else {
        twitch_reader_set_text(event->reader, "charity", charity);
    }
    twitch_reader_set_text(event->reader, "event", STR("charitydonation"));
}

/* The rest are notices, under the words that IRC has for them, so that one event has one name. */
static void read_announcement(struct twitch_event *event, const json_t *notice)
{
    twitch_reader_set_text(event->reader, "event", STR("announcement"));
    twitch_reader_set_text(event->reader, "color", field_text(notice, "color"));
}

static void read_bits_badge(struct twitch_event *event, const json_t *notice)
{
    twitch_reader_set_text(event->reader, "event", STR("bitsbadgetier"));
    twitch_reader_set_int(event->reader, "threshold", json_get_int(notice, "tier", -1));
}

static void read_watch_streak(struct twitch_event *event, const json_t *notice)
{
    twitch_reader_set_text(event->reader, "event", STR("viewermilestone"));
    twitch_reader_set_text(event->reader, "category", STR("watch-streak"));
    twitch_reader_set_int(event->reader, "value", json_get_int(notice, "streak_count", -1));
    twitch_reader_set_int(event->reader, "points", json_get_int(notice, "channel_points_awarded", -1));
}

static void read_modiversary(struct twitch_event *event, const json_t *notice)
{
    twitch_reader_set_text(event->reader, "event", STR("modiversary"));
    twitch_reader_set_int(event->reader, "months", json_get_int(notice, "months", -1));
}

static void read_forward(struct twitch_event *event, const json_t *notice)
{
    twitch_reader_set_text(event->reader, "event", STR("communitypayforward"));
    twitch_reader_set_text(event->reader, "gifter", field_text(notice, "gifter_user_name"));
}

static notice_fn find_notice(struct str type)
{
    static const struct {
        const char *type;
        notice_fn read;
    } table[] = {
        {"sub", read_sub}, {"resub", read_resub}, {"sub_gift", read_sub_gift},
        {"community_sub_gift", read_community_gift}, {"gift_paid_upgrade", read_upgrade},
        {"prime_paid_upgrade", read_upgrade}, {"pay_it_forward", read_forward}, {"raid", read_raid},
        {"announcement", read_announcement}, {"bits_badge_tier", read_bits_badge},
        {"charity_donation", read_donation}, {"watch_streak", read_watch_streak}, {"modiversary", read_modiversary},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(type, str_from(table[i].type)))
            return table[i].read;
    }
    return NULL;
}

static void read_notice(struct twitch_event *event, struct str type)
{
    char key[64];
    notice_fn read = find_notice(type);
    if (read && !event->draft.is_foreign && type.len < sizeof(key)) {
        memcpy(key, type.data, type.len);
        key[type.len] = '\0';
        read(event, twitch_event_body(event, key));
    } else {
        twitch_reader_set_text(event->reader, "event", type);
    }
}

bool twitch_event_notification(struct twitch_event *event, struct error *err)
{
    static const struct str shared = {"shared_chat_", 12};
    struct str type = twitch_event_text(event, "notice_type");
    if (type.len == 0)
        return error_set(err, ERROR_DATA, "channel.chat.notification without notice_type");
    event->draft.kind = MESSAGE_NOTICE;
    twitch_event_set_id(event, twitch_event_text(event, "message_id"));
    twitch_event_set_fragments(event, twitch_event_body(event, "message"));
    read_author(event);
    read_source(event);
    if (str_starts_with(type, shared)) {
        event->draft.is_foreign = true;
        type = (struct str){type.data + shared.len, type.len - shared.len};
    }
    read_notice(event, type);
    struct str system = twitch_event_text(event, "system_message");
    if (event->draft.kind == MESSAGE_NOTICE && event->draft.text.len == 0) {
        event->draft.text = system;
    } else {
        twitch_reader_set_text(event->reader, "system", system);
    }
    event->is_silent = event->draft.kind == MESSAGE_NOTICE && event->draft.text.len == 0;
    return true;
}

/* ---- control ---- */

bool twitch_event_message_delete(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_DELETE;
    event->draft.target.native_id = twitch_event_text(event, "message_id");
    twitch_event_copy(event, "login", "target_user_login");
    return event->draft.target.native_id.len > 0 ||
           error_set(err, ERROR_DATA, "channel.chat.message_delete without message_id");
}

/* A timeout or a ban: which of both is not said. */
bool twitch_event_clear_user(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_BAN;
    event->draft.target.author_id = twitch_event_text(event, "target_user_id");
    twitch_event_copy(event, "login", "target_user_login");
    return event->draft.target.author_id.len > 0 ||
           error_set(err, ERROR_DATA, "channel.chat.clear_user_messages without target_user_id");
}

bool twitch_event_clear(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_CLEAR;
    return true;
}

bool twitch_event_settings(struct twitch_event *event, struct error *err)
{
    struct twitch_reader *reader = event->reader;
    event->draft.kind = MESSAGE_ROOM;
    bool is_followers = json_get_bool(event->body, "follower_mode", false);
    bool is_slow = json_get_bool(event->body, "slow_mode", false);
    twitch_reader_set_detail(reader, "emote_only", json_boolean(json_get_bool(event->body, "emote_mode", false)));
    twitch_reader_set_detail(reader, "followers_only_minutes",
        json_integer(is_followers ? json_get_int(event->body, "follower_mode_duration_minutes", 0) : -1));
    twitch_reader_set_detail(reader, "unique", json_boolean(json_get_bool(event->body, "unique_chat_mode", false)));
    twitch_reader_set_detail(reader, "slow_seconds",
        json_integer(is_slow ? json_get_int(event->body, "slow_mode_wait_time_seconds", 0) : 0));
    twitch_reader_set_detail(reader, "members_only", json_boolean(json_get_bool(event->body, "subscriber_mode", false)));
    return true;
}
