#include "rehearsal/tiktok_frame.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "rehearsal/transcript.h"

uint64_t tiktok_frame_id(struct str word)
{
    char digits[24];
    uint64_t a, b;
    if (word.len > 0 && word.len < 20 && strspn(word.data, "0123456789") >= word.len) {
        memcpy(digits, word.data, word.len);
        digits[word.len] = '\0';
        return strtoull(digits, NULL, 10);
    }
    if (word.len == 0)
        return 0;
    transcript_hash_word(word.data, word.len, 0, &a, &b);
    return UINT64_C(6900000000000000000) + a % UINT64_C(99999999999999999);
}

/* ---- TikFinity ---- */

static void add_text(struct buffer *out, const char *key, struct str value)
{
    buffer_printf(out, "\"%s\":", key);
    buffer_add_json(out, value.data ? value.data : "", value.len);
    buffer_add_char(out, ',');
}

static void add_flag(struct buffer *out, const char *key, bool value)
{
    buffer_printf(out, "\"%s\":%s,", key, value ? "true" : "false");
}

static void add_int(struct buffer *out, const char *key, int64_t value)
{
    buffer_printf(out, "\"%s\":%lld,", key, (long long)value);
}

static void add_person(struct buffer *out, const struct message *message)
{
    const struct message_author *author = &message->is.author;
    buffer_printf(out, "\"userId\":\"%llu\",", (unsigned long long)tiktok_frame_id(author->id));
    add_text(out, "uniqueId", author->login.len > 0 ? author->login : author->name);
    add_text(out, "nickname", author->name);
    if (author->avatar.len > 0)
        add_text(out, "profilePictureUrl", author->avatar);
    add_flag(out, "isModerator", author->roles & ROLE_MODERATOR);
    add_flag(out, "isSubscriber", author->roles & ROLE_SUBSCRIBER);
    buffer_add_string(out, "\"followRole\":0,\"userBadges\":[],\"topGifterRank\":null,");
}

static int64_t detail_int(const struct message *message, const char *key, int64_t otherwise)
{
    return json_get_int(message->is.detail, key, otherwise);
}

static bool is_event(const struct message *message, const char *event)
{
    const char *told = json_get_text(message->is.detail, "event");
    return told && strcmp(told, event) == 0;
}

/* A gift in a streak, or one that is final at once. */
static bool is_streak(const struct message *message)
{
    return message->is.money.is_streak_open || message->is.money.count > 1;
}

static int64_t diamonds_of(const struct money *money)
{
    int64_t count = money->count > 0 ? money->count : 1;
    return money->units / count > 0 ? money->units / count : 1;
}

static void add_gift(struct buffer *out, const struct message *message)
{
    const struct money *money = &message->is.money;
    add_int(out, "giftId", (int64_t)(tiktok_frame_id(money->item) % 9000 + 1000));
    add_int(out, "repeatCount", money->count > 0 ? money->count : 1);
    buffer_printf(out, "\"groupId\":\"%llu\",", (unsigned long long)tiktok_frame_id(message->is.native_id));
    add_flag(out, "repeatEnd", is_streak(message) && !money->is_streak_open);
    add_int(out, "giftType", is_streak(message) ? 1 : 2);
    add_int(out, "diamondCount", diamonds_of(money));
    add_text(out, "giftName", money->item);
}

static const char *flat_name(const struct message *message)
{
    switch (message->is.kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION: return "chat";
    case MESSAGE_GIFT: return "gift";
    case MESSAGE_LIKE: return "like";
    case MESSAGE_FOLLOW: return "follow";
    case MESSAGE_JOIN: return "member";
    case MESSAGE_MEMBERSHIP: return "subscribe";
    case MESSAGE_NOTICE: return is_event(message, "share") ? "share" : NULL;
    default: return NULL;  // its Q&A, polls, deletions and the end are not passed on
    }
}

bool tiktok_frame_write_flat(const struct message *message, const char *channel, struct buffer *out)
{
    const char *name = flat_name(message);
    if (!name)
        return false;
    buffer_printf(out, "{\"event\":\"%s\",\"data\":{", name);
    add_person(out, message);
    if (strcmp(name, "chat") == 0)
        add_text(out, "comment", message->is.text);
    else if (strcmp(name, "gift") == 0)
        add_gift(out, message);
    else if (strcmp(name, "member") == 0)
        add_int(out, "actionId", 1);
    else if (strcmp(name, "share") == 0)
        add_text(out, "label", STR("{0:user} shared the LIVE"));
    add_int(out, "likeCount", detail_int(message, "count", 1));
    add_int(out, "totalLikeCount", detail_int(message, "total", 0));
    add_int(out, "subMonth", detail_int(message, "months", 1));
    add_int(out, "oldSubscribeStatus", is_event(message, "renewed"));
    // A streak's events have one native id in the transcript, and each a message id of its own at TikTok.
    uint64_t id = tiktok_frame_id(message->is.native_id);
    if (message->is.kind == MESSAGE_GIFT && is_streak(message))
        id += (uint64_t)message->is.money.count * 2 + !message->is.money.is_streak_open;
    buffer_printf(out, "\"msgId\":\"%llu\",\"createTime\":\"%lld\",\"tikfinityUserId\":1234567,\"tikfinityUsername\":",
                  (unsigned long long)id, (long long)message->is.time_ms);
    buffer_add_json(out, channel, strlen(channel));
    buffer_add_string(out, "}}");
    return true;
}

/* ---- protobuf's wire: a tag is the field's number times 8 and the kind of what follows ---- */

static void put_varint(struct buffer *out, uint64_t number)
{
    for (; number > 0x7f; number >>= 7)
        buffer_add_char(out, (char)(number | 0x80));
    buffer_add_char(out, (char)number);
}

static void put_int(struct buffer *out, unsigned field, uint64_t number)
{
    if (number == 0)
        return;
    put_varint(out, (uint64_t)field << 3);
    put_varint(out, number);
}

static void put_bytes(struct buffer *out, unsigned field, const char *bytes, size_t len)
{
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, len);
    buffer_add(out, bytes, len);
}

static void put_str(struct buffer *out, unsigned field, struct str text)
{
    if (text.len > 0)
        put_bytes(out, field, text.data, text.len);
}

static void put_text(struct buffer *out, unsigned field, const char *text)
{
    put_str(out, field, str_from(text));
}

/* inside: a message, freed. */
static void put_message(struct buffer *out, unsigned field, struct buffer *inside)
{
    put_bytes(out, field, inside->data ? inside->data : "", inside->len);
    buffer_fini(inside);
}

/* ---- events ---- */

static void put_common(struct buffer *out, const struct message *message, uint64_t room, const char *template)
{
    struct buffer common = {0}, text = {0};
    put_int(&common, 2, tiktok_frame_id(message->is.native_id));
    put_int(&common, 3, room);
    put_int(&common, 4, (uint64_t)message->is.time_ms);
    if (template) {
        put_text(&text, 1, template);
        put_message(&common, 8, &text);
    }
    put_message(out, 1, &common);
}

static void put_user(struct buffer *out, unsigned field, const struct message *message)
{
    const struct message_author *author = &message->is.author;
    struct buffer user = {0}, avatar = {0};
    put_int(&user, 1, tiktok_frame_id(author->id));
    put_str(&user, 3, author->name);
    if (author->avatar.len > 0) {
        put_str(&avatar, 1, author->avatar);
        put_message(&user, 9, &avatar);
    }
    put_int(&user, 12, (author->roles & ROLE_VERIFIED) != 0);
    put_str(&user, 38, author->login);
    put_message(out, field, &user);
}

static void put_identity(struct buffer *out, unsigned field, const struct message *message)
{
    struct buffer identity = {0};
    put_int(&identity, 2, (message->is.author.roles & ROLE_SUBSCRIBER) != 0);
    put_int(&identity, 5, (message->is.author.roles & ROLE_MODERATOR) != 0);
    put_int(&identity, 6, (message->is.author.roles & ROLE_BROADCASTER) != 0);
    put_message(out, field, &identity);
}

static void put_gift(struct buffer *out, const struct message *message)
{
    const struct money *money = &message->is.money;
    struct buffer gift = {0};
    uint64_t id = tiktok_frame_id(money->item) % 9000 + 1000;
    put_int(out, 2, id);
    put_int(out, 4, 1);
    put_int(out, 5, (uint64_t)(money->count > 0 ? money->count : 1));
    put_user(out, 7, message);
    put_int(out, 9, is_streak(message) && !money->is_streak_open);
    put_int(out, 11, tiktok_frame_id(message->is.native_id));
    put_int(&gift, 5, id);
    put_int(&gift, 11, is_streak(message) ? 1 : 2);
    put_int(&gift, 12, (uint64_t)diamonds_of(money));
    put_str(&gift, 16, money->item);
    put_message(out, 15, &gift);
}

static void put_question(struct buffer *out, const struct message *message)
{
    struct buffer question = {0};
    put_int(&question, 1, tiktok_frame_id(message->is.native_id));
    put_str(&question, 2, message->is.text);
    put_int(&question, 4, (uint64_t)message->is.time_ms);
    put_user(&question, 5, message);
    put_message(out, 2, &question);
}

static void put_poll(struct buffer *out, const struct message *message)
{
    const char *state = json_get_text(message->is.detail, "state");
    bool is_closed = state && strcmp(state, "closed") == 0;
    const json_t *options = json_object_get(message->is.detail, "options");
    struct buffer part = {0};
    put_int(out, 3, tiktok_frame_id(message->is.native_id));
    for (size_t i = 0; i < json_array_size(options); i++) {
        struct buffer option = {0};
        put_int(&option, 1, (uint64_t)json_get_int(json_array_get(options, i), "votes", 0));
        put_text(&option, 2, json_get_text(json_array_get(options, i), "text"));
        put_message(&part, is_closed ? 2 : 3, &option);
    }
    if (!is_closed)
        put_str(&part, 4, message->is.text);
    put_message(out, is_closed ? 5 : 4, &part);
}

static void put_removal(struct buffer *out, unsigned field, struct str id)
{
    struct buffer packed = {0};
    put_varint(&packed, tiktok_frame_id(id));
    put_message(out, field, &packed);
}

/* What follows `common`. NULL: nothing of the kind. */
static const char *put_rest(struct buffer *out, const struct message *message)
{
    switch (message->is.kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
        put_user(out, 2, message);
        put_str(out, 3, message->is.text);
        put_identity(out, 18, message);
        return "WebcastChatMessage";
    case MESSAGE_QUESTION: put_question(out, message); return "WebcastQuestionNewMessage";
    case MESSAGE_GIFT: put_gift(out, message); return "WebcastGiftMessage";
    case MESSAGE_LIKE:
        put_int(out, 2, (uint64_t)detail_int(message, "count", 1));
        put_int(out, 3, (uint64_t)detail_int(message, "total", 0));
        put_user(out, 5, message);
        return "WebcastLikeMessage";
    case MESSAGE_FOLLOW: put_user(out, 2, message); put_int(out, 4, 1); return "WebcastSocialMessage";
    case MESSAGE_JOIN: put_user(out, 2, message); put_int(out, 10, 1); return "WebcastMemberMessage";
    case MESSAGE_MEMBERSHIP:
        put_user(out, 2, message);
        put_int(out, 4, (uint64_t)detail_int(message, "months", 1));
        put_int(out, 6, is_event(message, "renewed"));
        return "WebcastSubNotifyMessage";
    case MESSAGE_NOTICE: put_str(out, 2, message->is.text); return "WebcastRoomMessage";
    case MESSAGE_POLL: put_poll(out, message); return "WebcastPollMessage";
    case MESSAGE_DELETE: put_removal(out, 2, message->is.target.native_id); return "WebcastImDeleteMessage";
    case MESSAGE_BAN: put_removal(out, 3, message->is.target.author_id); return "WebcastImDeleteMessage";
    case MESSAGE_END: put_int(out, 2, 3); return "WebcastControlMessage";
    default: return NULL;
    }
}

const char *tiktok_frame_write_event(const struct message *message, uint64_t room, struct buffer *out)
{
    size_t before = out->len;
    put_common(out, message, room, message->is.kind == MESSAGE_FOLLOW ? "pm_main_follow_message_viewer_2" : NULL);
    const char *method = put_rest(out, message);
    if (!method)
        out->len = before;
    return method;
}

/* ---- envelopes ---- */

void tiktok_frame_write_inner(const char *method, const struct buffer *event, uint64_t id, bool is_history, struct buffer *out)
{
    struct buffer inner = {0};
    put_text(&inner, 1, method);
    put_bytes(&inner, 2, event->data ? event->data : "", event->len);
    put_int(&inner, 3, id);
    put_int(&inner, 6, is_history);
    put_message(out, 1, &inner);
}

void tiktok_frame_write_batch(const struct buffer *inners, uint64_t number, const char *push_server, bool needs_ack,
                              struct buffer *out)
{
    char text[64];
    buffer_add(out, inners->data ? inners->data : "", inners->len);
    snprintf(text, sizeof(text), "1795354820-%llu_7_1_1", (unsigned long long)number);
    put_text(out, 2, text);
    snprintf(text, sizeof(text), "fetch_time:%llu|start_time:0|seq:%llu", (unsigned long long)number, (unsigned long long)number);
    put_text(out, 5, text);
    put_int(out, 9, needs_ack);
    put_text(out, 10, push_server);
}

static void pack(const struct buffer *plain, struct buffer *out)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&stream, plain->len);
    stream.next_in = (Bytef *)plain->data;
    stream.avail_in = (uInt)plain->len;
    stream.next_out = (Bytef *)buffer_reserve(out, room);
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    out->len += stream.total_out;
    deflateEnd(&stream);
}

void tiktok_frame_write_push(const char *type, uint64_t log_id, const struct buffer *payload, bool is_packed, struct buffer *out)
{
    struct buffer header = {0}, packed = {0};
    put_int(out, 1, log_id);
    put_int(out, 2, log_id);
    if (is_packed) {
        put_text(&header, 1, "compress_type");
        put_text(&header, 2, "gzip");
        put_message(out, 5, &header);
        pack(payload, &packed);
    }
    put_text(out, 6, "pb");
    put_text(out, 7, type);
    const struct buffer *sent = is_packed ? &packed : payload;
    if (sent)
        put_bytes(out, 8, sent->data ? sent->data : "", sent->len);
    buffer_fini(&packed);
}

/* ---- what clients say ---- */

static bool take_varint(struct str *rest, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; rest->len > 0 && shift < 64; shift += 7) {
        unsigned char byte = (unsigned char)*rest->data;
        rest->data++, rest->len--;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

bool tiktok_frame_read_push(const char *bytes, size_t len, struct tiktok_said *said)
{
    struct str rest = {bytes, len};
    *said = (struct tiktok_said){0};
    while (rest.len > 0) {
        uint64_t tag, number;
        if (!take_varint(&rest, &tag) || !take_varint(&rest, &number))
            return false;
        if (tag == 2 << 3)
            said->log_id = number;
        if ((tag & 7) == 0)
            continue;
        if ((tag & 7) != 2 || number > rest.len)
            return false;
        if (tag >> 3 == 7)
            said->type = (struct str){rest.data, number};
        if (tag >> 3 == 8)
            said->payload = (struct str){rest.data, number};
        rest.data += number, rest.len -= number;
    }
    return true;
}
