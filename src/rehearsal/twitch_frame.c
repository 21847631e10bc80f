#include "rehearsal/twitch_frame.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "chat/message.h"

/* The order of the tags and their number follow the recorded lines: a reader must not depend on either. */

static void add_escaped(struct buffer *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        switch (value.data[i]) {
        case ';': buffer_add_string(out, "\\:"); break;
        case ' ': buffer_add_string(out, "\\s"); break;
        case '\\': buffer_add_string(out, "\\\\"); break;
        case '\r': buffer_add_string(out, "\\r"); break;
        case '\n': buffer_add_string(out, "\\n"); break;
        default: buffer_add_char(out, value.data[i]);
        }
    }
}

/* "key=value;"; the first tag puts the '@' in front itself. */
static void add_tag(struct buffer *out, const char *key, struct str value)
{
    buffer_add_string(out, key);
    buffer_add_char(out, '=');
    add_escaped(out, value);
    buffer_add_char(out, ';');
}

static void add_number_tag(struct buffer *out, const char *key, int64_t value)
{
    buffer_printf(out, "%s=%lld;", key, (long long)value);
}

/* The last ';' becomes the space behind the tags. */
static void end_tags(struct buffer *out)
{
    out->data[out->len - 1] = ' ';
}

static const char *detail_text(const struct message *message, const char *key)
{
    const char *text = json_get_text(message->is.detail, key);
    return text ? text : "";
}

/* Logins are lower-case ASCII: what is none is named by its number. */
static struct str login_of(const struct message_author *author, char room[64])
{
    if (author->login.len > 0)
        return author->login;
    size_t len = 0;
    for (size_t i = 0; i < author->name.len && len < 25; i++) {
        unsigned char c = (unsigned char)author->name.data[i], lower = c | 0x20;
        if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_')
            room[len++] = (char)(c >= '0' && c <= '9' ? c : c == '_' ? c : lower);
    }
    if (len < 3) {
        memcpy(room, "user", 4);
        len = 4;
        for (size_t i = 0; i < author->id.len && len < 25; i++)
            room[len++] = author->id.data[i];
    }
    return (struct str){room, len};
}

static bool has_badge(const struct message_author *author, const char *set, struct str *version)
{
    size_t len = strlen(set);
    for (size_t i = 0; i < author->badge_count; i++) {
        struct str badge = author->badges[i];
        if (badge.len > len && strncmp(badge.data, set, len) == 0 && badge.data[len] == '/') {
            *version = (struct str){badge.data + len + 1, badge.len - len - 1};
            return true;
        }
    }
    return false;
}

/* The badges that are given, and in front of them those that the roles ask for. */
static void add_badges(struct buffer *out, const struct message_author *author)
{
    static const struct {
        uint32_t role;
        const char *set, *badge;
    } roles[] = {{ROLE_BROADCASTER, "broadcaster", "broadcaster/1"}, {ROLE_MODERATOR, "moderator", "moderator/1"},
                 {ROLE_VIP, "vip", "vip/1"}, {ROLE_VERIFIED, "partner", "partner/1"}, {ROLE_STAFF, "staff", "staff/1"}};
    buffer_add_string(out, "badges=");
    size_t before = out->len;
    struct str version;
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if ((author->roles & roles[i].role) && !has_badge(author, roles[i].set, &version))
            buffer_printf(out, "%s%s", out->len > before ? "," : "", roles[i].badge);
    }
    for (size_t i = 0; i < author->badge_count; i++) {
        if (out->len > before)
            buffer_add_char(out, ',');
        buffer_add(out, author->badges[i].data, author->badges[i].len);
    }
    if ((author->roles & ROLE_SUBSCRIBER) && !has_badge(author, "subscriber", &version) &&
        !has_badge(author, "founder", &version))
        buffer_printf(out, "%ssubscriber/0", out->len > before ? "," : "");
    buffer_add_char(out, ';');
}

static void add_badge_info(struct buffer *out, const struct message_author *author)
{
    struct str version = {0};
    if (author->months > 0)
        buffer_printf(out, "@badge-info=subscriber/%lld;", (long long)author->months);
    else if (has_badge(author, "subscriber", &version))
        buffer_printf(out, "@badge-info=subscriber/%.*s;", (int)version.len, version.data);
    else if (author->roles & ROLE_SUBSCRIBER)
        buffer_add_string(out, "@badge-info=subscriber/1;");
    else
        buffer_add_string(out, "@badge-info=;");
}

static void add_author_tags(struct buffer *out, const struct message_author *author)
{
    add_badge_info(out, author);
    add_badges(out, author);
    add_tag(out, "color", author->color);
    add_tag(out, "display-name", author->name);
}

/* Sent in a partner's channel, under an id of its own there. */
static void add_source(struct buffer *out, const struct message_draft *is)
{
    const char *channel = json_get_text(is->detail, "channel_id");
    if (!is->is_foreign)
        return;
    add_tag(out, "source-badge-info", (struct str){0});
    add_tag(out, "source-badges", (struct str){0});
    buffer_printf(out, "source-id=source-%.*s;", (int)is->native_id.len, is->native_id.data);
    add_number_tag(out, "source-only", json_get_bool(is->detail, "source_only", false));
    add_tag(out, "source-room-id", str_from(channel ? channel : "700999888"));
}

/* --- PRIVMSG --- */

/* Hype Chat: hundredths of the currency. */
static void add_paid(struct buffer *out, const struct money *money)
{
    if (money->currency.len == 0 || money->unit.len > 0)
        return;
    add_number_tag(out, "pinned-chat-paid-amount", money->micros / 10000);
    add_tag(out, "pinned-chat-paid-currency", money->currency);
    add_number_tag(out, "pinned-chat-paid-exponent", 2);
    add_tag(out, "pinned-chat-paid-level", money->item.len ? money->item : STR("ONE"));
}

/* Twitch counts code points, and both ends belong to the range. shift: of what stands before the text. */
static void add_emotes(struct buffer *out, const struct message_draft *is, size_t shift)
{
    buffer_add_string(out, "emotes=");
    for (size_t i = 0; i < is->emote_count; i++) {
        const struct emote *emote = &is->emotes[i];
        bool is_repeated = false;
        for (size_t j = 0; j < i; j++)
            is_repeated = is_repeated || str_equal(is->emotes[j].id, emote->id);
        bool is_cheer = emote->id.len > 0 && memchr(emote->id.data, '/', emote->id.len);  // Twitch leaves them out
        if (is_repeated || is_cheer || emote->to > is->text.len || emote->from >= emote->to)
            continue;
        if (out->data[out->len - 1] != '=')
            buffer_add_char(out, '/');
        buffer_add(out, emote->id.data, emote->id.len);
        for (size_t j = i; j < is->emote_count; j++) {
            const struct emote *same = &is->emotes[j];
            if (!str_equal(same->id, emote->id) || same->to > is->text.len)
                continue;
            size_t from = shift + utf8_count(is->text.data, same->from), to = shift + utf8_count(is->text.data, same->to);
            buffer_printf(out, "%c%zu-%zu", j == i ? ':' : ',', from, to - 1);
        }
    }
    buffer_add_char(out, ';');
}

static void add_reply(struct buffer *out, const struct message_draft *is)
{
    if (is->reply_to.native_id.len == 0)
        return;
    static const char *const parents[] = {"reply-parent", "reply-thread-parent"};
    add_tag(out, "reply-parent-msg-body", is->reply_to.text);
    for (int i = 0; i < 2; i++) {
        char key[48];
        snprintf(key, sizeof(key), "%s-display-name", parents[i]);
        add_tag(out, key, is->reply_to.author);
        snprintf(key, sizeof(key), "%s-msg-id", parents[i]);
        add_tag(out, key, is->reply_to.native_id);
        snprintf(key, sizeof(key), "%s-user-login", parents[i]);
        struct message_author parent = {.name = is->reply_to.author, .id = STR("1")};
        char room[64];
        add_tag(out, key, login_of(&parent, room));
    }
}

static void add_common_end(struct buffer *out, const struct message *message, const struct twitch_frame_room *room)
{
    const struct message_author *author = &message->is.author;
    bool is_mod = author->roles & ROLE_MODERATOR;
    add_tag(out, "room-id", str_from(room->id));
    add_number_tag(out, "subscriber", author->roles & ROLE_SUBSCRIBER ? 1 : 0);
    add_number_tag(out, "tmi-sent-ts", message->is.time_ms);
    add_number_tag(out, "turbo", 0);
    add_tag(out, "user-id", author->id);
    add_tag(out, "user-type", is_mod ? STR("mod") : (struct str){0});
    if (author->roles & ROLE_VIP)
        add_number_tag(out, "vip", 1);
}

/* Commands end at the line: what would end it early is a space, as Twitch itself makes it. */
static void add_text(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        buffer_add_char(out, text.data[i] == '\r' || text.data[i] == '\n' || !text.data[i] ? ' ' : text.data[i]);
}

static void write_chat(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    char login_room[64];
    struct str login = login_of(&is->author, login_room);
    bool needs_mention = is->reply_to.native_id.len > 0 && is->text.len > 0 && is->text.data[0] != '@';
    size_t shift = needs_mention ? utf8_count(is->reply_to.author.data, is->reply_to.author.len) + 2 : 0;
    add_author_tags(out, &is->author);
    if (str_equal(is->money.unit, STR("bits")))
        add_number_tag(out, "bits", is->money.units);
    add_emotes(out, is, shift);
    add_number_tag(out, "first-msg", json_get_bool(is->detail, "first", false));
    add_tag(out, "flags", (struct str){0});
    add_tag(out, "id", is->native_id);
    add_number_tag(out, "mod", is->author.roles & ROLE_MODERATOR ? 1 : 0);
    add_paid(out, &is->money);
    add_reply(out, is);
    add_number_tag(out, "returning-chatter", 0);
    add_source(out, is);
    add_common_end(out, message, room);
    end_tags(out);
    buffer_printf(out, ":%.*s!%.*s@%.*s.tmi.twitch.tv PRIVMSG #%s :", (int)login.len, login.data, (int)login.len,
                  login.data, (int)login.len, login.data, room->channel);
    if (is->kind == MESSAGE_ACTION)
        buffer_add_string(out, "\1ACTION ");
    if (needs_mention)
        buffer_printf(out, "@%.*s ", (int)is->reply_to.author.len, is->reply_to.author.data);
    add_text(out, is->text);
    buffer_add_string(out, is->kind == MESSAGE_ACTION ? "\1\r\n" : "\r\n");
}

/* --- USERNOTICE --- */

static const char *plan_of(struct str item)
{
    if (str_equal(item, STR("Prime")))
        return "Prime";
    return str_equal(item, STR("3000")) ? "3000" : str_equal(item, STR("2000")) ? "2000" : "1000";
}

/* Tags of the kind, and the English sentence that goes with it. */
static const char *add_membership(const struct message *message, struct buffer *out, struct buffer *words)
{
    const struct message_draft *is = &message->is;
    const char *event = detail_text(message, "event"), *batch = detail_text(message, "batch");
    int64_t months = json_get_int(is->detail, "months", 1);
    const json_t *recipient = json_object_get(is->detail, "recipient");
    const char *to = json_get_text(recipient, "name"), *to_id = json_get_text(recipient, "id");
    int name_len = (int)is->author.name.len;
    const char *name = is->author.name.data ? is->author.name.data : "";
    if (strcmp(event, "gifted") == 0) {
        int64_t count = is->money.count ? is->money.count : 1;
        add_tag(out, "msg-param-community-gift-id", str_from(batch));
        add_number_tag(out, "msg-param-mass-gift-count", count);
        add_tag(out, "msg-param-origin-id", str_from(batch));
        add_number_tag(out, "msg-param-sender-count", count);
        buffer_printf(words, "%.*s is gifting %lld Tier 1 Subs", name_len, name, (long long)count);
        return "submysterygift";
    }
    if (strcmp(event, "received") == 0) {
        add_tag(out, "msg-param-community-gift-id", str_from(batch));
        add_number_tag(out, "msg-param-gift-months", 1);
        add_number_tag(out, "msg-param-months", months);
        add_tag(out, "msg-param-origin-id", str_from(batch));
        add_tag(out, "msg-param-recipient-display-name", str_from(to ? to : "Reza"));
        add_tag(out, "msg-param-recipient-id", str_from(to_id ? to_id : "640660770"));
        struct message_author person = {.name = str_from(to), .id = str_from(to_id ? to_id : "640660770")};
        char room[64];
        add_tag(out, "msg-param-recipient-user-name", login_of(&person, room));
        add_number_tag(out, "msg-param-sender-count", 0);
        buffer_printf(words, "%.*s gifted a Tier 1 sub to %s!", name_len, name, to ? to : "Reza");
        return "subgift";
    }
    if (strcmp(event, "upgraded") == 0) {
        const char *gifter = detail_text(message, "gifter");
        add_tag(out, "msg-param-sender-name", str_from(gifter));
        buffer_printf(words, "%.*s goes on paying", name_len, name);
        return *gifter ? "giftpaidupgrade" : "primepaidupgrade";
    }
    bool is_new = strcmp(event, "new") == 0;
    add_number_tag(out, "msg-param-cumulative-months", months);
    add_number_tag(out, "msg-param-months", 0);
    add_number_tag(out, "msg-param-multimonth-duration", 0);
    add_number_tag(out, "msg-param-multimonth-tenure", 0);
    add_number_tag(out, "msg-param-should-share-streak", 0);
    add_tag(out, "msg-param-was-gifted", STR("false"));
    if (is_new)
        buffer_printf(words, "%.*s subscribed at Tier 1.", name_len, name);
    else
        buffer_printf(words, "%.*s subscribed at Tier 1. They've subscribed for %lld months!", name_len, name,
                      (long long)months);
    return is_new ? "sub" : "resub";
}

static const char *add_raid(const struct message *message, struct buffer *out, struct buffer *words)
{
    const struct message_draft *is = &message->is;
    long long viewers = json_get_int(is->detail, "viewers", 1);
    char room[64];
    add_tag(out, "msg-param-displayName", is->author.name);
    add_tag(out, "msg-param-login", login_of(&is->author, room));
    add_tag(out, "msg-param-profileImageURL",
            STR("https://static-cdn.jtvnw.net/jtv_user_pictures/x-profile_image-70x70.png"));
    add_number_tag(out, "msg-param-viewerCount", viewers);
    buffer_printf(words, "%lld raiders from %.*s have joined!", viewers, (int)is->author.name.len,
                  is->author.name.data ? is->author.name.data : "");
    return "raid";
}

/* --- notices: an announcement is what somebody wrote, the others say themselves what happened --- */

static const char *add_event(const struct message *message, struct buffer *out, struct buffer *words)
{
    static const struct {
        const char *key, *tag;
    } params[] = {{"color", "msg-param-color"}, {"threshold", "msg-param-threshold"}, {"category", "msg-param-category"},
                  {"value", "msg-param-value"}, {"months", "msg-param-months"}, {"level", "msg-param-current-badge-level"},
                  {"points", "msg-param-copoReward"}, {"ritual", "msg-param-ritual-name"}, {"selected", "msg-param-selected-count"},
                  {"trigger", "msg-param-trigger-type"}, {"gift", "msg-param-gift-name"},
                  {"gifter", "msg-param-prior-gifter-display-name"}};
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        const json_t *value = json_object_get(message->is.detail, params[i].key);
        if (json_is_integer(value))
            add_number_tag(out, params[i].tag, json_integer_value(value));
        else if (json_is_string(value))
            add_tag(out, params[i].tag, str_from(json_string_value(value)));
    }
    const char *event = detail_text(message, "event"), *system = detail_text(message, "system");
    buffer_add_string(words, system);
    return *event ? event : "announcement";
}

static const char *add_donation(const struct message *message, struct buffer *out)
{
    const struct money *money = &message->is.money;
    const char *event = detail_text(message, "event");
    bool is_charity = strcmp(event, "charitydonation") == 0;
    add_number_tag(out, is_charity ? "msg-param-donation-amount" : "msg-param-amount", money->micros / 10000);
    add_tag(out, is_charity ? "msg-param-donation-currency" : "msg-param-currency", money->currency);
    add_number_tag(out, "msg-param-exponent", 2);
    add_tag(out, "msg-param-charity-name", money->item);
    return event;
}

static void write_notice(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    struct buffer words = {0};
    char login_room[64];
    const char *msg_id = "announcement";
    add_author_tags(out, &is->author);
    add_emotes(out, is, 0);
    add_tag(out, "flags", (struct str){0});
    add_tag(out, "id", is->native_id);
    add_tag(out, "login", login_of(&is->author, login_room));
    add_number_tag(out, "mod", is->author.roles & ROLE_MODERATOR ? 1 : 0);
    if (is->kind == MESSAGE_MEMBERSHIP) {
        msg_id = add_membership(message, out, &words);
        add_tag(out, "msg-param-sub-plan", str_from(plan_of(is->money.item)));
        add_tag(out, "msg-param-sub-plan-name", STR("Channel Subscription"));
    } else if (is->kind == MESSAGE_RAID) {
        msg_id = add_raid(message, out, &words);
    } else if (is->kind == MESSAGE_GIFT) {
        msg_id = add_donation(message, out);
    } else {
        msg_id = add_event(message, out, &words);
    }
    bool is_words = is->kind != MESSAGE_NOTICE || strcmp(msg_id, "announcement") == 0 || words.len > 0;
    if (!is_words)
        buffer_add(&words, is->text.data, is->text.len);  // nobody wrote it: Twitch says so
    add_tag(out, "msg-id", is->is_foreign ? STR("sharedchatnotice") : str_from(msg_id));
    if (is->is_foreign)
        add_tag(out, "source-msg-id", str_from(msg_id));
    add_source(out, is);
    add_tag(out, "system-msg", (struct str){words.data, words.len});
    add_common_end(out, message, room);
    end_tags(out);
    buffer_printf(out, ":tmi.twitch.tv USERNOTICE #%s", room->channel);
    if (is->text.len > 0 && is_words) {
        buffer_add_string(out, " :");
        add_text(out, is->text);
    }
    buffer_add_string(out, "\r\n");
    buffer_fini(&words);
}

/* --- Moderation --- */

static void write_delete(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    struct str login = STR("unknown"), text = {0};
    room->recall(room->data, message->is.target.native_id, &login, &text);
    buffer_add_string(out, "@");
    add_tag(out, "login", login);
    add_tag(out, "room-id", (struct str){0});  // empty, as Twitch often sends it
    add_tag(out, "target-msg-id", message->is.target.native_id);
    add_number_tag(out, "tmi-sent-ts", message->is.time_ms);
    end_tags(out);
    buffer_printf(out, ":tmi.twitch.tv CLEARMSG #%s :", room->channel);
    add_text(out, text);
    buffer_add_string(out, "\r\n");
}

static void write_clear(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    bool is_ban = is->kind == MESSAGE_BAN;
    struct str login = STR("unknown"), text;
    buffer_add_string(out, "@");
    if (is_ban && is->target.seconds > 0)
        add_number_tag(out, "ban-duration", is->target.seconds);
    add_tag(out, "room-id", str_from(room->id));
    if (is_ban)
        add_tag(out, "target-user-id", is->target.author_id);
    add_number_tag(out, "tmi-sent-ts", is->time_ms);
    end_tags(out);
    buffer_printf(out, ":tmi.twitch.tv CLEARCHAT #%s", room->channel);
    if (is_ban) {
        room->recall(room->data, is->target.author_id, &login, &text);
        buffer_printf(out, " :%.*s", (int)login.len, login.data);
    }
    buffer_add_string(out, "\r\n");
}

/* After the JOIN only what changed. */
static void write_room_change(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    static const struct {
        const char *key, *tag;
    } known[] = {{"emote_only", "emote-only"}, {"followers_only_minutes", "followers-only"}, {"unique", "r9k"},
                 {"slow_seconds", "slow"}, {"members_only", "subs-only"}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const json_t *value = json_object_get(message->is.detail, known[i].key);
        if (!value)
            continue;
        long long number = json_is_boolean(value) ? json_is_true(value) : (long long)json_integer_value(value);
        buffer_printf(out, "@%s=%lld;room-id=%s :tmi.twitch.tv ROOMSTATE #%s\r\n", known[i].tag, number, room->id,
                      room->channel);
    }
}

void twitch_frame_write_room(const struct twitch_frame_room *room, struct buffer *out)
{
    buffer_printf(out, "@emote-only=0;followers-only=-1;r9k=0;room-id=%s;slow=0;subs-only=0 :tmi.twitch.tv ROOMSTATE #%s\r\n",
                  room->id, room->channel);
}

/* Twitch tells these by EventSub only. */
static bool is_event_only(const struct message *message)
{
    static const char *const events[] = {
        "redemption", "power_up", "automod_hold", "automod_update", "moderation", "prediction", "hype_train", "shared_chat",
        "stream_online", "channel_update", "raid_out", "subscription_end"};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (strcmp(detail_text(message, "event"), events[i]) == 0)
            return true;
    }
    return false;
}

/* Bits and Hype Chats are chat; donations are notices; what has no price Twitch has not. */
static bool write_gift(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    const char *event = detail_text(message, "event");
    bool is_donation = strcmp(event, "charitydonation") == 0 || strcmp(event, "midnightsquid") == 0;
    if (!str_equal(message->is.money.unit, STR("bits")) && message->is.money.currency.len == 0)
        return false;
    if (is_donation)
        write_notice(message, room, out);
    else
        write_chat(message, room, out);
    return true;
}

bool twitch_frame_write(const struct message *message, const struct twitch_frame_room *room, struct buffer *out)
{
    size_t before = out->len;
    if (message->is.is_history)
        return false;  // IRC replays nothing
    switch (message->is.kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
    case MESSAGE_QUESTION: write_chat(message, room, out); break;
    case MESSAGE_GIFT:
        return write_gift(message, room, out);
    case MESSAGE_NOTICE:
        if (is_event_only(message))
            return false;
        write_notice(message, room, out);
        break;
    case MESSAGE_MEMBERSHIP:
    case MESSAGE_RAID: write_notice(message, room, out); break;
    case MESSAGE_DELETE: write_delete(message, room, out); break;
    case MESSAGE_BAN:
    case MESSAGE_CLEAR: write_clear(message, room, out); break;
    case MESSAGE_ROOM: write_room_change(message, room, out); break;
    default: return false;
    }
    return out->len > before;
}
