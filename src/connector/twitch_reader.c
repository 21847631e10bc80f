#include "connector/twitch_reader.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/money.h"
#include "connector/connector_impl.h"
#include "connector/tag_value.h"
#include "connector/twitch_pictures.h"

void twitch_reader_init(struct twitch_reader *reader, struct connector *base)
{
    reader->base = base;
    reader->pictures = NULL;
    reader->is_charity_elsewhere = false;
    reader->batch_count = 0;
    reader->room = (struct twitch_room){-2, -2, -2, -2, -2};
    reader->detail = NULL;
    reader->arena_used = 0;
}

struct str twitch_event_key(const struct twitch_line *line)
{
    struct str shared = twitch_line_tag(line, TAG_SOURCE_ID);
    return shared.len > 0 ? shared : twitch_line_tag(line, TAG_ID);
}

char *twitch_reader_take(struct twitch_reader *reader, size_t len)
{
    if (len > TWITCH_ARENA_BYTES - reader->arena_used)
        return NULL;
    char *taken = reader->arena + reader->arena_used;
    reader->arena_used += len;
    return taken;
}

struct str twitch_reader_text(struct twitch_reader *reader, const struct twitch_line *line, enum twitch_tag tag)
{
    struct str value = twitch_line_tag(line, tag);
    if (value.len == 0 || !memchr(value.data, '\\', value.len))
        return value;
    char *out = twitch_reader_take(reader, value.len);
    return out ? (struct str){out, tag_value_unescape(value, out)} : (struct str){0};
}

/* ---- detail: rare, so only made where there is something ---- */

void twitch_reader_set_detail(struct twitch_reader *reader, const char *key, json_t *value)
{
    if (!reader->detail)
        reader->detail = json_object();
    json_object_set_new(reader->detail, key, value);
}

void twitch_reader_set_text(struct twitch_reader *reader, const char *key, struct str value)
{
    if (value.len == 0)
        return;
    json_t *text = json_stringn(value.data, value.len);
    if (!text) {  // no valid UTF-8
        char *repaired = xmalloc(3 * value.len);
        text = json_stringn(repaired, utf8_repair(value.data, value.len, repaired));
        free(repaired);
    }
    twitch_reader_set_detail(reader, key, text);
}

void twitch_reader_set_int(struct twitch_reader *reader, const char *key, int64_t value)
{
    if (value >= 0)
        twitch_reader_set_detail(reader, key, json_integer(value));
}

void twitch_reader_set_true(struct twitch_reader *reader, const char *key)
{
    twitch_reader_set_detail(reader, key, json_true());
}

/* ---- authors ---- */

uint32_t twitch_role_of(struct str set)
{
    static const struct {
        struct str set;
        uint32_t role;
    } table[] = {
        {{"broadcaster", 11}, ROLE_BROADCASTER}, {{"moderator", 9}, ROLE_MODERATOR},
        {{"lead_moderator", 14}, ROLE_MODERATOR}, {{"vip", 3}, ROLE_VIP}, {{"subscriber", 10}, ROLE_SUBSCRIBER},
        {{"founder", 7}, ROLE_SUBSCRIBER}, {{"partner", 7}, ROLE_VERIFIED}, {{"staff", 5}, ROLE_STAFF},
        {{"admin", 5}, ROLE_STAFF}, {{"global_mod", 10}, ROLE_STAFF}, {{"bot-badge", 9}, ROLE_BOT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(table[i].set, set))
            return table[i].role;
    }
    return 0;
}

static void read_badges(struct twitch_reader *reader, struct str badges, struct message_author *author)
{
    const char *at = badges.data, *end = badges.data + badges.len;
    author->badges = reader->badges;
    while (at < end && author->badge_count < TWITCH_BADGES_MAX) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct str badge = {at, (size_t)((comma ? comma : end) - at)};
        const char *slash = memchr(at, '/', badge.len);
        author->roles |= twitch_role_of((struct str){at, slash ? (size_t)(slash - at) : badge.len});
        if (badge.len > 0)
            reader->badges[author->badge_count++] = badge;
        at += badge.len + 1;
    }
}

/*
 * "subscriber/14,predictions/blue/1": what a badge stands for exactly. The months are a number; the text behind a
 * prediction's slash is free and may hold others.
 */
static void read_badge_info(struct twitch_reader *reader, struct str info, struct message_author *author)
{
    static const struct str subscriber = {"subscriber/", 11}, founder = {"founder/", 8}, predictions = {"predictions/", 12};
    for (const char *at = info.data, *end = at + info.len; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct str item = {at, (size_t)((comma ? comma : end) - at)};
        if (str_starts_with(item, subscriber))
            author->months = twitch_number((struct str){at + subscriber.len, item.len - subscriber.len}, 0);
        else if (str_starts_with(item, founder))
            author->months = twitch_number((struct str){at + founder.len, item.len - founder.len}, 0);
        else if (str_starts_with(item, predictions))
            twitch_reader_set_text(reader, "prediction", (struct str){at + predictions.len, item.len - predictions.len});
        at += item.len + 1;
    }
}

/* Badges say it best; the tags beside them cover rooms that hide a badge. `mod` is 0 for the broadcaster. */
static void read_roles(const struct twitch_line *line, struct message_author *author)
{
    if (twitch_line_is(line, TAG_MOD))
        author->roles |= ROLE_MODERATOR;
    if (twitch_line_is(line, TAG_SUBSCRIBER))
        author->roles |= ROLE_SUBSCRIBER;
    if (twitch_line_is(line, TAG_VIP))
        author->roles |= ROLE_VIP;
    struct str type = twitch_line_tag(line, TAG_USER_TYPE);
    if (type.len > 0 && !str_equal(type, STR("mod")))
        author->roles |= twitch_role_of(type);
}

bool twitch_is_color(struct str color)
{
    if (color.len != 7 || color.data[0] != '#')
        return false;
    for (size_t i = 1; i < 7; i++) {
        unsigned char c = (unsigned char)color.data[i], letter = c | 0x20;
        if ((c < '0' || c > '9') && (letter < 'a' || letter > 'f'))
            return false;
    }
    return true;
}

static struct str trim(struct str text)
{
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    while (text.len > 0 && text.data[0] == ' ')
        text.data++, text.len--;
    return text;
}

void twitch_reader_set_author(struct twitch_reader *reader, const struct twitch_line *line,
                              struct message_author *author)
{
    author->id = twitch_line_tag(line, TAG_USER_ID);
    author->login = twitch_line_has(line, TAG_LOGIN) ? twitch_line_tag(line, TAG_LOGIN) : line->nick;
    author->name = trim(twitch_reader_text(reader, line, TAG_DISPLAY_NAME));
    if (author->name.len == 0)
        author->name = author->login;
    struct str color = twitch_line_tag(line, TAG_COLOR);
    if (twitch_is_color(color))
        author->color = color;
    read_badges(reader, twitch_line_tag(line, TAG_BADGES), author);
    if (twitch_line_tag(line, TAG_BADGE_INFO).len > 0)
        read_badge_info(reader, twitch_reader_text(reader, line, TAG_BADGE_INFO), author);
    read_roles(line, author);
}

/* In a shared chat, sent in a partner's channel: its money, raids and members are the partner's. */
static bool is_foreign(const struct twitch_line *line)
{
    struct str source = twitch_line_tag(line, TAG_SOURCE_ROOM_ID);
    return source.len > 0 && !str_equal(source, twitch_line_tag(line, TAG_ROOM_ID));
}

/* A recording says itself whose room it was: "twitch:anna". */
static struct str recorded_source(struct twitch_reader *reader, const struct twitch_line *line)
{
    static const struct str before = {"twitch:", 7};
    if (line->param_count == 0 || line->params[0].len < 2 || line->params[0].data[0] != '#')
        return (struct str){0};
    struct str channel = {line->params[0].data + 1, line->params[0].len - 1};
    char *out = twitch_reader_take(reader, before.len + channel.len);
    if (!out)
        return (struct str){0};
    memcpy(out, before.data, before.len);
    memcpy(out + before.len, channel.data, channel.len);
    return (struct str){out, before.len + channel.len};
}

void twitch_reader_begin(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    *draft = (struct message_draft){
        .native_id = twitch_line_tag(line, TAG_ID),
        .event_key = twitch_event_key(line),
        .time_ms = twitch_line_int(line, TAG_TMI_SENT_TS, 0),
        .is_history = twitch_line_is(line, TAG_HISTORICAL),  // added by third-party servers of recent messages
        .is_foreign = is_foreign(line),
    };
    if (reader->base->is_decoder)
        draft->source = recorded_source(reader, line);
}

void twitch_reader_forget(struct twitch_reader *reader)
{
    if (reader->detail)
        json_decref(reader->detail);
    reader->detail = NULL;
    reader->arena_used = 0;
}

void twitch_reader_deliver(struct twitch_reader *reader, struct message_draft *draft)
{
    if (reader->pictures)
        twitch_pictures_fill(reader->pictures, &draft->author, reader->badge_images);
    draft->detail = reader->detail;
    connector_deliver(reader->base, draft);
}

/* ---- PRIVMSG ---- */

/* "\1ACTION text\1" is what /me sends; emote ranges count from behind "ACTION ". */
struct str twitch_strip_action(struct str text, bool *is_action)
{
    static const struct str before = {"\1ACTION ", 8};
    *is_action = str_starts_with(text, before);
    if (!*is_action)
        return text;
    text.data += before.len;
    text.len -= before.len;
    if (text.len > 0 && text.data[text.len - 1] == '\1')
        text.len--;
    return text;
}

static void read_reply(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    draft->reply_to.native_id = twitch_line_tag(line, TAG_REPLY_ID);
    if (draft->reply_to.native_id.len == 0)
        return;
    draft->reply_to.author = trim(twitch_reader_text(reader, line, TAG_REPLY_NAME));
    if (draft->reply_to.author.len == 0)
        draft->reply_to.author = twitch_line_tag(line, TAG_REPLY_LOGIN);
    draft->reply_to.text = twitch_reader_text(reader, line, TAG_REPLY_BODY);
}

enum { BIT_MICROS = 10000 };  // what the streamer gets for one: a US cent

bool twitch_set_bits(struct message_draft *draft, int64_t bits)
{
    if (bits <= 0 || bits > INT64_MAX / BIT_MICROS)
        return false;
    draft->money = (struct money){
        .micros = bits * BIT_MICROS, .currency = STR("USD"), .unit = STR("bits"), .units = bits};
    return true;
}

static void read_money(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft)
{
    int64_t micros;
    bool has_bits = twitch_set_bits(draft, twitch_line_int(line, TAG_BITS, 0));
    struct str currency = twitch_line_tag(line, TAG_PAID_CURRENCY);
    int64_t amount = twitch_line_int(line, TAG_PAID_AMOUNT, 0);
    if (amount > 0 && money_is_currency(currency) &&
        money_from_exponent(amount, twitch_line_int(line, TAG_PAID_EXPONENT, 0), &micros))
        draft->money = (struct money){
            .micros = micros, .currency = currency, .item = twitch_line_tag(line, TAG_PAID_LEVEL)};
    if (draft->money.micros > 0)
        draft->kind = MESSAGE_GIFT;
    if (has_bits)
        twitch_reader_add_cheers(reader, draft);
}

static struct str highlight_of(struct str msg_id)
{
    static const struct {
        struct str msg_id, word;
    } table[] = {
        {{"highlighted-message", 19}, {"highlighted", 11}},
        {{"skip-subs-mode-message", 22}, {"skip_subs_mode", 14}},
        {{"gigantified-emote-message", 25}, {"gigantified", 11}},
        {{"animated-message", 16}, {"animated", 8}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(table[i].msg_id, msg_id))
            return table[i].word;
    }
    return msg_id;
}

static void read_extras(struct twitch_reader *reader, const struct twitch_line *line)
{
    if (twitch_line_is(line, TAG_FIRST_MSG))
        twitch_reader_set_true(reader, "first");
    if (twitch_line_has(line, TAG_MSG_ID))
        twitch_reader_set_text(reader, "highlight", highlight_of(twitch_line_tag(line, TAG_MSG_ID)));
    if (twitch_line_has(line, TAG_CUSTOM_REWARD_ID))
        twitch_reader_set_text(reader, "reward", twitch_line_tag(line, TAG_CUSTOM_REWARD_ID));
}

/* Sent in a partner's channel: roles and badges are those that the person has here. */
static void read_foreign_parts(struct twitch_reader *reader, const struct twitch_line *line)
{
    twitch_reader_set_text(reader, "channel_id", twitch_line_tag(line, TAG_SOURCE_ROOM_ID));
    if (twitch_line_is(line, TAG_SOURCE_ONLY))
        twitch_reader_set_true(reader, "source_only");
}

static bool read_privmsg(struct twitch_reader *reader, const struct twitch_line *line, struct error *err)
{
    if (line->param_count < 2)
        return error_set(err, ERROR_DATA, "PRIVMSG without a text");
    struct message_draft draft;
    bool is_action;
    twitch_reader_begin(reader, line, &draft);
    draft.text = twitch_strip_action(twitch_line_trailing(line, 2), &is_action);
    draft.kind = is_action ? MESSAGE_ACTION : MESSAGE_CHAT;
    twitch_reader_set_author(reader, line, &draft.author);
    twitch_reader_set_emotes(reader, twitch_line_tag(line, TAG_EMOTES), &draft);
    read_reply(reader, line, &draft);
    if (draft.is_foreign)
        read_foreign_parts(reader, line);
    else
        read_money(reader, line, &draft);
    read_extras(reader, line);
    twitch_reader_deliver(reader, &draft);
    return true;
}

/* ---- moderation ---- */

/*
 * Nobody is named: the room is emptied. A name with a duration is a timeout, without one a ban. Old recordings name
 * the person by login only: told as it is, though nothing can be found by it.
 */
static bool read_clearchat(struct twitch_reader *reader, const struct twitch_line *line)
{
    struct message_draft draft;
    twitch_reader_begin(reader, line, &draft);
    draft.event_key = (struct str){0};
    struct str login = twitch_line_trailing(line, 2);
    draft.kind = login.len > 0 ? MESSAGE_BAN : MESSAGE_CLEAR;
    draft.target.author_id = twitch_line_tag(line, TAG_TARGET_USER_ID);
    draft.target.seconds = twitch_line_int(line, TAG_BAN_DURATION, 0);
    twitch_reader_set_text(reader, "login", login);
    twitch_reader_deliver(reader, &draft);
    return true;
}

/* Carries the deleted text too: it is not passed on. */
static bool read_clearmsg(struct twitch_reader *reader, const struct twitch_line *line, struct error *err)
{
    struct message_draft draft;
    twitch_reader_begin(reader, line, &draft);
    draft.event_key = (struct str){0};
    draft.kind = MESSAGE_DELETE;
    draft.target.native_id = twitch_line_tag(line, TAG_TARGET_MSG_ID);
    if (draft.target.native_id.len == 0)
        return error_set(err, ERROR_DATA, "CLEARMSG without target-msg-id");
    twitch_reader_set_text(reader, "login", twitch_line_tag(line, TAG_LOGIN));
    twitch_reader_deliver(reader, &draft);
    return true;
}

/* ---- the room ---- */

static bool take_change(const struct twitch_line *line, enum twitch_tag tag, int64_t *now)
{
    struct str text = twitch_line_tag(line, tag);
    if (text.len == 0)
        return false;
    int64_t value = twitch_line_int(line, tag, -1);  // followers-only is -1 when off
    bool is_change = value != *now;
    *now = value;
    return is_change;
}

static void set_rule(struct twitch_reader *reader, const char *key, int64_t value)
{
    twitch_reader_set_detail(reader, key, json_boolean(value > 0));
}

/* All tags after a JOIN, afterwards only what changed. A rejoin that changes nothing is no message. */
static bool read_roomstate(struct twitch_reader *reader, const struct twitch_line *line)
{
    struct twitch_room *room = &reader->room;
    struct message_draft draft;
    twitch_reader_begin(reader, line, &draft);
    draft.kind = MESSAGE_ROOM;
    if (take_change(line, TAG_EMOTE_ONLY, &room->emote_only))
        set_rule(reader, "emote_only", room->emote_only);
    if (take_change(line, TAG_FOLLOWERS_ONLY, &room->followers_only))
        twitch_reader_set_detail(reader, "followers_only_minutes", json_integer(room->followers_only));
    if (take_change(line, TAG_R9K, &room->unique))
        set_rule(reader, "unique", room->unique);
    if (take_change(line, TAG_SLOW, &room->slow))
        twitch_reader_set_detail(reader, "slow_seconds", json_integer(room->slow));
    if (take_change(line, TAG_SUBS_ONLY, &room->members_only))
        set_rule(reader, "members_only", room->members_only);
    if (reader->detail)
        twitch_reader_deliver(reader, &draft);
    return true;
}

static bool read_server_notice(struct twitch_reader *reader, const struct twitch_line *line)
{
    struct message_draft draft;
    twitch_reader_begin(reader, line, &draft);
    draft.kind = MESSAGE_NOTICE;
    draft.text = twitch_line_trailing(line, 2);
    twitch_reader_set_text(reader, "event", twitch_line_tag(line, TAG_MSG_ID));
    if (draft.text.len > 0)
        twitch_reader_deliver(reader, &draft);
    return true;
}

static bool dispatch(struct twitch_reader *reader, const struct twitch_line *line, struct error *err)
{
    struct str command = line->command;
    if (str_equal(command, STR("PRIVMSG")))
        return read_privmsg(reader, line, err);
    if (str_equal(command, STR("USERNOTICE")))
        return twitch_reader_read_notice(reader, line, err);
    if (str_equal(command, STR("CLEARCHAT")))
        return read_clearchat(reader, line);
    if (str_equal(command, STR("CLEARMSG")))
        return read_clearmsg(reader, line, err);
    if (str_equal(command, STR("ROOMSTATE")))
        return read_roomstate(reader, line);
    if (str_equal(command, STR("NOTICE")))
        return read_server_notice(reader, line);
    return true;  // numerics, JOIN, HOSTTARGET, WHISPER, what is yet to be invented
}

bool twitch_reader_read(struct twitch_reader *reader, const struct twitch_line *line, struct error *err)
{
    bool is_good = dispatch(reader, line, err);
    twitch_reader_forget(reader);
    return is_good;
}
