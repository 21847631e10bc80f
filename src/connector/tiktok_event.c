#include "connector/tiktok_event.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/tiktok_fold.h"
#include "connector/tiktok_item.h"
#include "connector/tiktok_people.h"

enum { TARGETS_MAX = 1000, OPTIONS_MAX = 16 };

/* event: the unpacked message of the method's type. */
typedef bool (*event_fn)(struct tiktok_item *item, const void *event, struct error *err);

// Each event begins with `common`, so that it can be read before the type is looked at.
_Static_assert(offsetof(Tiktok__ChatEvent, common) == offsetof(Tiktok__AnyEvent, common), "common is the first field");
_Static_assert(offsetof(Tiktok__RoomEvent, common) == offsetof(Tiktok__AnyEvent, common), "common is the first field");

static struct str bytes_of(ProtobufCBinaryData data)
{
    return (struct str){(const char *)data.data, data.len};
}

/* The words of a Text, with the names that its pieces hold. */
static struct str words_of(struct tiktok_item *item, const Tiktok__Text *text)
{
    enum { PIECES_MAX = 10 };
    struct str names[PIECES_MAX] = {{0}};
    size_t count = text->n_pieces < PIECES_MAX ? text->n_pieces : PIECES_MAX;
    for (size_t i = 0; i < count; i++) {
        const Tiktok__TextPiece *piece = text->pieces[i];
        const Tiktok__User *user = piece->user_value ? piece->user_value->user : NULL;
        names[i] = user ? tiktok_name_of(user) : bytes_of(piece->string_value);
    }
    return tiktok_item_fill(item, bytes_of(text->default_pattern), names, count);
}

static bool has_word(struct str text, const char *word)
{
    return text.data && memmem(text.data, text.len, word, strlen(word)) != NULL;
}

static struct str template_of(const Tiktok__Common *common)
{
    return common && common->display_text ? bytes_of(common->display_text->key) : (struct str){0};
}

static void add_emote(struct tiktok_item *item, int64_t at, const Tiktok__Emote *emote)
{
    if (emote)
        tiktok_item_add_emote(item, at, bytes_of(emote->emote_id), tiktok_picture_of(emote->image));
}

/* ---- what was written ---- */

static bool read_chat(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__ChatEvent *chat = event;
    item->draft.kind = MESSAGE_CHAT;
    tiktok_read_user(item, chat->user, chat->user_identity);
    for (size_t i = 0; i < chat->n_emotes; i++)
        add_emote(item, chat->emotes[i]->index, chat->emotes[i]->emote);
    tiktok_item_set_text(item, bytes_of(chat->content));
    return true;
}

static bool read_emote_chat(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__EmoteChatEvent *chat = event;
    item->draft.kind = MESSAGE_CHAT;
    tiktok_read_user(item, chat->user, chat->user_identity);
    for (size_t i = 0; i < chat->n_emote_list; i++)
        add_emote(item, 0, chat->emote_list[i]);
    tiktok_item_set_text(item, STR(""));
    return true;
}

/* LIVE's own question box. Whether create_time counts seconds or milliseconds is not known. */
static bool read_question(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__Question *question = ((const Tiktok__QuestionEvent *)event)->data;
    if (!question || question->question_id == 0)
        return error_set(err, ERROR_DATA, "a question without question_id");
    item->draft.kind = MESSAGE_QUESTION;
    item->draft.native_id = tiktok_item_number(item, (uint64_t)question->question_id);
    tiktok_item_set_time(item, question->create_time);
    tiktok_read_user(item, question->user, NULL);
    item->draft.text = bytes_of(question->content);
    return true;
}

/* ---- gifts ---- */

static bool read_gift(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__GiftEvent *sent = event;
    const Tiktok__Gift *what = sent->gift;
    int64_t groups = sent->group_count > 1 ? sent->group_count : 1, count = sent->repeat_count > 1 ? sent->repeat_count : 1;
    tiktok_read_user(item, sent->user, sent->user_identity);
    struct tiktok_gift gift = {
        .id = tiktok_item_number(item, (uint64_t)sent->gift_id), .group = tiktok_item_number(item, (uint64_t)sent->group_id),
        .order = bytes_of(sent->order_id), .count = count * groups, .is_over = sent->repeat_end != 0,
    };
    if (what) {
        gift.name = bytes_of(what->name);
        gift.picture = tiktok_picture_of(what->icon ? what->icon : what->image);
        gift.diamonds = what->diamond_count;
        gift.is_streakable = what->type == 1;
    }
    if (sent->gift_id == 0 || item->draft.author.id.len == 0)
        return error_set(err, ERROR_DATA, "a gift without gift_id or user");
    // In a room with guests the gift may be for one of them.
    struct str to = sent->to_member_nickname.len > 0 ? bytes_of(sent->to_member_nickname)
                                                    : sent->to_user ? tiktok_name_of(sent->to_user) : (struct str){0};
    if (to.len > 0)
        field_add(&item->extras, "recipient", tiktok_json_text(to));
    return tiktok_item_set_gift(item, &gift, err);
}

/* A chest of diamonds, given by a viewer (1), by the platform (2) or to super fans (19). */
static bool read_envelope(struct tiktok_item *item, const void *event, struct error *err)
{
    enum { FROM_PLATFORM = 2 };
    const Tiktok__Envelope *info = ((const Tiktok__EnvelopeEvent *)event)->info;
    if (!info || info->envelope_id.len == 0)
        return error_set(err, ERROR_DATA, "an envelope without envelope_id");
    struct message_author *author = &item->draft.author;
    author->id = bytes_of(info->send_user_id);
    author->name = bytes_of(info->send_user_name);
    author->avatar = tiktok_picture_of(info->avatar);
    item->draft.native_id = bytes_of(info->envelope_id);
    item->draft.event_key = field_make(&item->reader->scratch, "envelope:%.*s", (int)info->envelope_id.len,
                                       info->envelope_id.data);
    if (info->business_type == FROM_PLATFORM) {
        tiktok_item_set_notice(item, "envelope", STR("TikTok gives a chest of diamonds"));
        return true;
    }
    struct tiktok_gift gift = {.name = STR("Treasure Box"), .diamonds = info->diamond_count, .count = 1};
    return tiktok_item_set_gift(item, &gift, err);
}

/* ---- signs of life and love ---- */

static bool read_like(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__LikeEvent *like = event;
    tiktok_read_user(item, like->user, NULL);
    tiktok_item_set_like(item, like->count, like->total);
    return true;
}

/* The template decides: `action` agrees on most frames only. */
static bool read_social(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__SocialEvent *social = event;
    struct str key = template_of(social->common);
    tiktok_read_user(item, social->user, NULL);
    if (has_word(key, "follow") || (key.len == 0 && social->action == 1)) {
        item->draft.kind = MESSAGE_FOLLOW;
    } else if (has_word(key, "share") || (key.len == 0 && social->action == 3)) {
        tiktok_item_set_notice(item, "share", tiktok_item_fill(item, STR("{0:user} shared the LIVE"),
                                                              &item->draft.author.name, 1));
    }
    return true;
}

static bool read_member(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__MemberEvent *member = event;
    tiktok_read_user(item, member->user, NULL);
    if (member->action == 1) {
        item->draft.kind = MESSAGE_JOIN;
    } else if (member->action == 3) {
        tiktok_item_set_subscription(item, "new", 0);
    }
    return true;
}

static bool read_subscription(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__SubEvent *sub = event;
    tiktok_read_user(item, sub->user, NULL);
    tiktok_item_set_subscription(item, sub->old_subscribe_status == 1 ? "renewed" : "new", sub->sub_month);
    return true;
}

static bool read_barrage(struct tiktok_item *item, const void *event, struct error *err)
{
    enum { SUBSCRIBED = 4, GAVE_SUBSCRIPTIONS = 7, USER_LEVEL = 8, FAN_LEVEL = 10 };
    const Tiktok__BarrageEvent *barrage = event;
    const Tiktok__Text *content = barrage->content ? barrage->content : barrage->common_barrage_content;
    tiktok_read_user(item, barrage->user, NULL);
    if (has_word(template_of(barrage->common), "ttlive_superfan"))
        item->draft.money.item = STR("Super Fan");
    if (barrage->msg_type == GAVE_SUBSCRIPTIONS) {
        int64_t count = barrage->subscribe_gift_param ? barrage->subscribe_gift_param->count : 1;
        tiktok_item_set_subscription(item, "gifted", 0);
        item->draft.money.count = count > 0 ? count : 1;
    } else if (barrage->msg_type == SUBSCRIBED || item->draft.money.item.len > 0) {
        tiktok_item_set_subscription(item, "new", 0);
    } else if (content && (barrage->msg_type == USER_LEVEL || barrage->msg_type == FAN_LEVEL)) {
        tiktok_item_set_notice(item, barrage->msg_type == USER_LEVEL ? "user_level" : "fan_level", words_of(item, content));
    }
    return true;
}

/* ---- polls: the phase is told by which part is there; updates do not repeat the question ---- */

static void add_options(struct tiktok_item *item, Tiktok__PollOption *const *options, size_t count, struct buffer *key)
{
    json_t *out = json_array();
    for (size_t i = 0; i < count && i < OPTIONS_MAX; i++) {
        json_t *option = json_object();
        int64_t votes = options[i]->votes > 0 ? options[i]->votes : 0;
        json_object_set_new(option, "text", tiktok_json_text(bytes_of(options[i]->display_content)));
        json_object_set_new(option, "votes", json_integer(votes));
        json_array_append_new(out, option);
        buffer_printf(key, ",%lld", (long long)votes);
    }
    field_add(&item->extras, "options", out);
}

static struct str poll_title(struct tiktok_reader *reader, const Tiktok__PollEvent *poll)
{
    struct str title = poll->start ? bytes_of(poll->start->title) : (struct str){0};
    if (title.len == 0 && poll->basic)
        title = bytes_of(poll->basic->title);
    if (title.len == 0)
        return reader->poll.id == poll->poll_id ? str_from(reader->poll.title) : title;
    size_t len = title.len < sizeof(reader->poll.title) ? title.len : utf8_cut(title.data, sizeof(reader->poll.title) - 1);
    memcpy(reader->poll.title, title.data, len);
    reader->poll.title[len] = '\0';
    reader->poll.id = poll->poll_id;
    return title;
}

static bool read_poll(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__PollEvent *poll = event;
    struct message_draft *draft = &item->draft;
    struct buffer key = {0};
    if (poll->poll_id == 0)
        return error_set(err, ERROR_DATA, "a poll without poll_id");
    draft->kind = MESSAGE_POLL;
    draft->native_id = tiktok_item_number(item, (uint64_t)poll->poll_id);
    draft->text = poll_title(item->reader, poll);
    buffer_printf(&key, "%.*s#%s", (int)draft->native_id.len, draft->native_id.data, poll->end ? "closed" : "open");
    if (poll->end) {
        add_options(item, poll->end->options, poll->end->n_options, &key);
    } else if (poll->update) {
        add_options(item, poll->update->options, poll->update->n_options, &key);
    } else if (poll->start) {
        add_options(item, poll->start->options, poll->start->n_options, &key);
    } else {
        draft->kind = MESSAGE_NONE;
    }
    field_add_text(&item->extras, "state", poll->end ? STR("closed") : STR("open"));
    draft->event_key = field_keep(&item->reader->scratch, key.data, key.len);
    buffer_fini(&key);
    return true;
}

/* ---- the room ---- */

static bool read_control(struct tiktok_item *item, const void *event, struct error *err)
{
    enum { PAUSED = 1, RESUMED = 2, ENDED = 3, SUSPENDED = 4 };
    switch (((const Tiktok__ControlEvent *)event)->action) {
    case PAUSED: tiktok_item_set_notice(item, "paused", STR("The LIVE is paused")); break;
    case RESUMED: tiktok_item_set_notice(item, "resumed", STR("The LIVE goes on")); break;
    case ENDED:
    case SUSPENDED: tiktok_reader_end(item->reader, item->draft.time_ms); break;
    default: break;
    }
    return true;
}

static void deliver_removal(struct tiktok_item *item, enum message_kind kind, uint64_t id)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)id);
    struct message_draft draft = {.kind = kind, .time_ms = item->draft.time_ms};
    struct str target = {digits, (size_t)len};
    if (kind == MESSAGE_DELETE) {
        draft.target.native_id = target;
    } else {
        draft.target.author_id = target;
    }
    connector_deliver(item->reader->base, &draft);
}

/* A person whose messages vanish was banned or muted: TikTok does not tell which. */
static bool read_delete(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__DeleteEvent *removal = event;
    if (removal->n_delete_msg_ids > TARGETS_MAX || removal->n_delete_user_ids > TARGETS_MAX)
        return error_set(err, ERROR_DATA, "more than %d messages or people to remove", TARGETS_MAX);
    for (size_t i = 0; i < removal->n_delete_msg_ids; i++)
        deliver_removal(item, MESSAGE_DELETE, (uint64_t)removal->delete_msg_ids[i]);
    for (size_t i = 0; i < removal->n_delete_user_ids; i++)
        deliver_removal(item, MESSAGE_BAN, (uint64_t)removal->delete_user_ids[i]);
    return true;
}

static bool read_pin(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__PinEvent *pin = event;
    enum { UNPIN = 2 };
    if (pin->action == UNPIN || !pin->chat)
        return true;
    tiktok_read_user(item, pin->chat->user, pin->chat->user_identity);
    tiktok_item_set_notice(item, "pin", bytes_of(pin->chat->content));
    field_add_text(&item->extras, "message", tiktok_item_number(item, (uint64_t)pin->pin_msg_id));
    return true;
}

static bool read_intro(struct tiktok_item *item, const void *event, struct error *err)
{
    const Tiktok__IntroEvent *intro = event;
    tiktok_read_user(item, intro->user, NULL);
    tiktok_item_set_notice(item, "intro", bytes_of(intro->content));
    return true;
}

static bool read_room(struct tiktok_item *item, const void *event, struct error *err)
{
    tiktok_item_set_notice(item, "room", bytes_of(((const Tiktok__RoomEvent *)event)->content));
    return true;
}

/* ---- the table ---- */

#define TYPE(name) &tiktok__##name##__descriptor

static const struct method {
    const char *name;
    const ProtobufCMessageDescriptor *type;  // NULL: known, and nothing for a chat
    event_fn read;
} methods[] = {
    {"WebcastChatMessage", TYPE(chat_event), read_chat},
    {"WebcastEmoteChatMessage", TYPE(emote_chat_event), read_emote_chat},
    {"WebcastGiftMessage", TYPE(gift_event), read_gift},
    {"WebcastLikeMessage", TYPE(like_event), read_like},
    {"WebcastSocialMessage", TYPE(social_event), read_social},
    {"WebcastMemberMessage", TYPE(member_event), read_member},
    {"WebcastQuestionNewMessage", TYPE(question_event), read_question},
    {"WebcastPollMessage", TYPE(poll_event), read_poll},
    {"WebcastControlMessage", TYPE(control_event), read_control},
    {"WebcastImDeleteMessage", TYPE(delete_event), read_delete},
    {"WebcastSubNotifyMessage", TYPE(sub_event), read_subscription},
    {"WebcastBarrageMessage", TYPE(barrage_event), read_barrage},
    {"WebcastEnvelopeMessage", TYPE(envelope_event), read_envelope},
    {"WebcastRoomPinMessage", TYPE(pin_event), read_pin},
    {"WebcastLiveIntroMessage", TYPE(intro_event), read_intro},
    {"WebcastRoomMessage", TYPE(room_event), read_room},
    {"WebcastRoomUserSeqMessage", NULL, NULL},
    {"WebcastCaptionMessage", NULL, NULL},
    {"WebcastGoalUpdateMessage", NULL, NULL},
    {"WebcastLinkMicBattle", NULL, NULL},
    {"WebcastLinkMicArmies", NULL, NULL},
    {"WebcastLinkLayerMessage", NULL, NULL},
    {"WebcastInRoomBannerMessage", NULL, NULL},
    {"WebcastMsgDetectMessage", NULL, NULL},
    {"WebcastPerceptionMessage", NULL, NULL},
};

static const struct method *find_method(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
        if (str_equal(name, str_from(methods[i].name)))
            return &methods[i];
    }
    return NULL;
}

/* What is sent again when we join is history, unless we had joined before and it is from the time that we missed. */
static void read_age(struct tiktok_item *item, bool is_resent)
{
    int64_t before_ms = item->reader->history_before_ms;
    item->draft.is_history = is_resent && (before_ms == 0 || item->draft.time_ms < before_ms);
}

static void read_common(struct tiktok_item *item, const Tiktok__Common *common, const Tiktok__Inner *inner)
{
    int64_t id = common && common->msg_id ? common->msg_id : inner->msg_id;
    item->draft.native_id = tiktok_item_number(item, (uint64_t)id);
    if (common)
        tiktok_item_set_time(item, common->create_time);
    if (common && common->room_id)
        item->reader->room_id = common->room_id;
    read_age(item, inner->is_history);
}

static int64_t id_of(const Tiktok__AnyEvent *event, const Tiktok__Inner *inner)
{
    return event->common && event->common->msg_id ? event->common->msg_id : inner->msg_id;
}

bool tiktok_event_read(struct tiktok_reader *reader, const Tiktok__Inner *inner, struct error *err)
{
    const struct method *method = find_method(bytes_of(inner->method));
    if (!method) {
        tiktok_reader_note_unknown(reader, bytes_of(inner->method));
        return true;
    }
    reader->events++;
    if (!method->type)
        return true;
    const Tiktok__AnyEvent *event = proto_arena_unpack(&reader->event_arena, method->type, inner->payload.data,
                                                       inner->payload.len, method->name, err);
    if (!event)
        return false;
    struct tiktok_item item;
    tiktok_item_begin(&item, reader, 256);
    read_common(&item, event->common, inner);
    // In recordings everything is new.
    if (!reader->base->is_decoder && tiktok_fold_is_known(reader->fold, id_of(event, inner)))
        return true;
    if (!method->read(&item, event, err)) {
        tiktok_item_drop(&item);
        return error_prefix(err, "%s", method->name);
    }
    tiktok_item_deliver(&item);
    return true;
}
