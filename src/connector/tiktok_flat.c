/*
 * tiktok_flat.c - TikFinity's events: one JSON object a frame, {"event":NAME,"data":{…}}, in the flat shape of
 * TikTok-Live-Connector 1.x. Names that it does not know are passed over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/fields.h"
#include "connector/tiktok_item.h"

typedef bool (*event_fn)(struct tiktok_item *item, const json_t *data, struct error *err);

/* ---- people ---- */

static void read_badge(struct tiktok_item *item, const json_t *badge)
{
    struct str level = field_id(&item->reader->scratch, badge, "level");
    if (str_equal(field_text(badge, "type"), STR("pm_mt_moderator_im"))) {
        tiktok_item_add_badge(item, 1, level);
    } else {
        tiktok_item_add_badge(item, json_get_int(badge, "badgeSceneType", 0), level);
    }
}

static void read_author(struct tiktok_item *item, const json_t *data)
{
    struct message_author *author = &item->draft.author;
    author->id = field_id(&item->reader->scratch, data, "userId");
    author->login = field_text(data, "uniqueId");
    author->name = field_text(data, "nickname");
    if (author->name.len == 0)
        author->name = author->login;
    author->avatar = field_text(data, "profilePictureUrl");
    const json_t *badges = json_object_get(data, "userBadges");
    for (size_t i = 0; i < json_array_size(badges); i++)
        read_badge(item, json_array_get(badges, i));
    struct str channel = field_text(data, "tikfinityUsername");
    author->roles |= (json_get_bool(data, "isModerator", false) ? ROLE_MODERATOR : 0u) |
                     (json_get_bool(data, "isSubscriber", false) ? ROLE_SUBSCRIBER : 0u) |
                     (channel.len > 0 && str_equal(channel, author->login) ? ROLE_BROADCASTER : 0u);
}

/* ---- events ---- */

static bool read_chat(struct tiktok_item *item, const json_t *data, struct error *err)
{
    const json_t *emotes = json_object_get(data, "emotes");
    for (size_t i = 0; i < json_array_size(emotes); i++) {
        const json_t *emote = json_array_get(emotes, i);
        tiktok_item_add_emote(item, json_get_int(emote, "placeInComment", 0),
                              field_id(&item->reader->scratch, emote, "emoteId"), field_text(emote, "emoteImageUrl"));
    }
    item->draft.kind = MESSAGE_CHAT;
    tiktok_item_set_text(item, field_text(data, "comment"));
    return true;
}

static bool read_gift(struct tiktok_item *item, const json_t *data, struct error *err)
{
    struct field_scratch *scratch = &item->reader->scratch;
    const json_t *inner = json_object_get(data, "gift");
    struct tiktok_gift gift = {
        .id = field_id(scratch, data, "giftId"), .group = field_id(scratch, data, "groupId"),
        .order = field_id(scratch, data, "orderId"), .name = field_text(data, "giftName"),
        .picture = field_text(data, "giftPictureUrl"), .diamonds = json_get_int(data, "diamondCount", 0),
        .count = json_get_int(data, "repeatCount", json_get_int(inner, "repeat_count", 1)),
        .is_streakable = json_get_int(data, "giftType", json_get_int(inner, "gift_type", 0)) == 1,
        .is_over = json_get_bool(data, "repeatEnd", false) || json_get_int(data, "repeatEnd", 0) != 0,
    };
    if (gift.id.len == 0 || item->draft.author.id.len == 0)
        return error_set(err, ERROR_DATA, "a gift without giftId or userId");
    return tiktok_item_set_gift(item, &gift, err);
}

static bool read_like(struct tiktok_item *item, const json_t *data, struct error *err)
{
    tiktok_item_set_like(item, json_get_int(data, "likeCount", 1), json_get_int(data, "totalLikeCount", 0));
    return true;
}

static bool read_follow(struct tiktok_item *item, const json_t *data, struct error *err)
{
    item->draft.kind = MESSAGE_FOLLOW;
    return true;
}

static bool read_share(struct tiktok_item *item, const json_t *data, struct error *err)
{
    struct str label = field_text(data, "label");
    tiktok_item_set_notice(item, "share", tiktok_item_fill(item, label.len > 0 ? label : STR("{0:user} shared the LIVE"),
                                                          &item->draft.author.name, 1));
    return true;
}

/* Other actions (26 and more) come with an empty person. */
static bool read_member(struct tiktok_item *item, const json_t *data, struct error *err)
{
    if (json_get_int(data, "actionId", 0) == 1)
        item->draft.kind = MESSAGE_JOIN;
    return true;
}

static bool read_subscribe(struct tiktok_item *item, const json_t *data, struct error *err)
{
    bool is_renewal = json_get_int(data, "oldSubscribeStatus", 0) == 1;
    tiktok_item_set_subscription(item, is_renewal ? "renewed" : "new", json_get_int(data, "subMonth", 0));
    return true;
}

/* Named by third parties, never seen: LIVE questions, if the app passes them on. */
static bool read_question(struct tiktok_item *item, const json_t *data, struct error *err)
{
    struct str text = field_text(data, "questionText");
    item->draft.kind = MESSAGE_QUESTION;
    item->draft.text = text.len > 0 ? text : field_text(data, "comment");
    return true;
}

static bool read_app_offline(struct tiktok_item *item, const json_t *data, struct error *err)
{
    item->reader->is_app_offline = true;
    return true;
}

static bool read_nothing(struct tiktok_item *item, const json_t *data, struct error *err)
{
    return true;
}

static const struct {
    const char *name;
    event_fn read;
    bool is_sign;  // shows that the app is connected to a live
} events[] = {
    {"chat", read_chat, true}, {"gift", read_gift, true}, {"like", read_like, true}, {"follow", read_follow, true},
    {"share", read_share, true}, {"member", read_member, true}, {"roomUser", read_nothing, true},
    {"subscribe", read_subscribe, true}, {"question", read_question, true}, {"questionNew", read_question, true},
    {"config", read_nothing, false}, {"social", read_nothing, true}, {"emote", read_nothing, true},
    {"connected", read_nothing, false}, {"websocketConnected", read_nothing, false}, {"error", read_nothing, false},
    {"disconnected", read_app_offline, false},
};

/* ---- the frame ---- */

static bool read_event(struct tiktok_item *item, size_t which, const json_t *data, struct error *err)
{
    item->draft.native_id = field_id(&item->reader->scratch, data, "msgId");
    tiktok_item_set_time(item, json_get_int(data, "createTime", 0));
    read_author(item, data);
    if (!events[which].read(item, data, err)) {
        tiktok_item_drop(item);
        return error_prefix(err, "%s", events[which].name);
    }
    tiktok_item_deliver(item);
    return true;
}

static bool read_object(struct tiktok_reader *reader, const json_t *object, size_t len, struct error *err)
{
    struct str name = field_text(object, "event");
    const json_t *data = json_object_get(object, "data");
    if (name.len == 0)
        return error_set(err, ERROR_DATA, "a frame without an event's name");
    for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
        if (!str_equal(name, str_from(events[i].name)))
            continue;
        if (events[i].is_sign && !json_is_object(data))
            return error_set(err, ERROR_DATA, "%s without data", events[i].name);
        struct tiktok_item item;
        tiktok_item_begin(&item, reader, len);
        reader->events += events[i].is_sign;
        return read_event(&item, i, data, err);
    }
    tiktok_reader_note_unknown(reader, name);
    return true;
}

bool tiktok_read_flat(struct tiktok_reader *reader, const char *text, size_t len, struct error *err)
{
    if (!connector_begin_frame(reader->base, text, len))
        return true;
    json_t *object = json_parse_repaired(text, len, err);
    if (object)
        read_object(reader, object, len, err);
    json_decref(object);
    connector_end_frame(reader->base, err);
    return err->code == ERROR_NONE;
}
