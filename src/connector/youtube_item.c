#include "connector/youtube_item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "chat/money.h"
#include "connector/connector_impl.h"
#include "connector/fields.h"

enum { EMOTES_MAX = 128, KEY_BYTES = 512, URL_BYTES = 1024, OPTIONS_MAX = 16 };

/* One item on its way to a message. */
struct item {
    struct youtube_reader *reader;
    const json_t *snippet;
    const json_t *details;  // of the type's own; NULL: absent
    struct message_draft draft;
    json_t *extras;         // owned; becomes draft.detail
    struct emote emotes[EMOTES_MAX];
    char key[KEY_BYTES];
};

typedef bool (*type_fn)(struct item *item, struct error *err);

static void add_extra(struct item *item, const char *key, json_t *value)
{
    if (!item->extras)
        item->extras = json_object();
    json_object_set_new(item->extras, key, value);
}

static void add_text(struct item *item, const char *key, struct str text)
{
    if (text.len > 0)
        add_extra(item, key, json_stringn(text.data, text.len));
}

static void add_int(struct item *item, const char *key, int64_t value)
{
    if (value > 0)
        add_extra(item, key, json_integer(value));
}

/* ---- emoji shortcodes: the Data API gives neither ranges nor pictures ---- */

static bool is_code_char(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The length of ":name:" at the start of text, 0 if none. A name has a letter: "10:30:45" is a time. */
static size_t shortcode_len(struct str text)
{
    bool has_letter = false;
    size_t i = 1;
    for (; i < text.len && is_code_char(text.data[i]); i++)
        has_letter |= (text.data[i] | 0x20) >= 'a' && (text.data[i] | 0x20) <= 'z';
    return has_letter && i < text.len && text.data[i] == ':' ? i + 1 : 0;
}

static void find_shortcodes(struct item *item)
{
    struct str text = item->draft.text;
    item->draft.emotes = item->emotes;
    for (size_t i = 0; i < text.len && item->draft.emote_count < EMOTES_MAX;) {
        const char *colon = memchr(text.data + i, ':', text.len - i);
        if (!colon)
            return;
        i = (size_t)(colon - text.data);
        bool is_inside_word = i > 0 && is_code_char(text.data[i - 1]);
        size_t len = is_inside_word ? 0 : shortcode_len((struct str){colon, text.len - i});
        if (len > 0)
            item->emotes[item->draft.emote_count++] = (struct emote){
                .id = {colon + 1, len - 2}, .name = {colon, len}, .from = (uint32_t)i, .to = (uint32_t)(i + len)};
        i += len ? len : 1;
    }
}

/* ---- what was written ---- */

static bool read_text(struct item *item, struct error *err)
{
    item->draft.kind = MESSAGE_CHAT;
    item->draft.text = field_text(item->snippet, "displayMessage");
    if (item->draft.text.len == 0)
        item->draft.text = field_text(item->details, "messageText");
    find_shortcodes(item);
    return true;
}

/* displayMessage repeats amount and name in English: only the comment is what was written. */
static bool read_paid(struct item *item, struct error *err)
{
    struct money *money = &item->draft.money;
    item->draft.kind = MESSAGE_GIFT;
    item->draft.text = field_text(item->details, "userComment");
    find_shortcodes(item);
    money->micros = json_get_int(item->details, "amountMicros", 0);
    money->currency = field_text(item->details, "currency");
    if (money->micros <= 0 || !money_is_currency(money->currency))
        return error_set(err, ERROR_DATA, "a paid message without amountMicros or currency");
    add_int(item, "tier", json_get_int(item->details, "tier", 0));
    add_text(item, "amount", field_text(item->details, "amountDisplayString"));
    return true;
}

static bool read_sticker(struct item *item, struct error *err)
{
    const json_t *sticker = json_object_get(item->details, "superStickerMetadata");
    if (!read_paid(item, err))
        return false;
    item->draft.money.item = field_text(sticker, "altText");
    if (item->draft.money.item.len == 0)
        item->draft.money.item = field_text(sticker, "stickerId");
    add_text(item, "sticker", field_text(sticker, "stickerId"));
    return true;
}

/* ---- members ---- */

static void begin_membership(struct item *item, const char *event, const char *level_key)
{
    item->draft.kind = MESSAGE_MEMBERSHIP;
    item->draft.money.item = field_text(item->details, level_key);
    add_text(item, "event", str_from(event));
}

static bool read_new_member(struct item *item, struct error *err)
{
    begin_membership(item, json_get_bool(item->details, "isUpgrade", false) ? "upgraded" : "new", "memberLevelName");
    add_text(item, "system", field_text(item->snippet, "displayMessage"));
    return true;
}

static bool read_milestone(struct item *item, struct error *err)
{
    begin_membership(item, "milestone", "memberLevelName");
    item->draft.text = field_text(item->details, "userComment");
    find_shortcodes(item);
    add_int(item, "months", json_get_int(item->details, "memberMonth", 0));
    return true;
}

/* The head of a batch: counted here. Its recipients come one by one and are not counted again. */
static bool read_gifting(struct item *item, struct error *err)
{
    begin_membership(item, "gifted", "giftMembershipsLevelName");
    item->draft.money.count = json_get_int(item->details, "giftMembershipsCount", 1);
    add_text(item, "batch", item->draft.native_id);
    return true;
}

static bool read_received(struct item *item, struct error *err)
{
    begin_membership(item, "received", "memberLevelName");
    add_text(item, "batch", field_text(item->details, "associatedMembershipGiftingMessageId"));
    add_text(item, "gifter_id", field_text(item->details, "gifterChannelId"));
    return true;
}

/* ---- gifts in Jewels: the same id comes again as a combo grows ---- */

static void add_picture(struct item *item, struct str url)
{
    char full[URL_BYTES];
    if (str_starts_with(url, STR("//")) && url.len < URL_BYTES - 8) {
        int len = snprintf(full, sizeof(full), "https:%.*s", (int)url.len, url.data);
        add_text(item, "picture", (struct str){full, (size_t)len});
    } else if (str_starts_with(url, STR("https://"))) {
        add_text(item, "picture", url);
    }
}

/*
 * The shape is not settled (2026-08): the reference has giftEventDetails.giftMetadata, the proto and generated clients
 * have giftDetails, and both jewelsAmount and jewelsCount are seen.
 */
static bool read_gift(struct item *item, struct error *err)
{
    const json_t *outer = json_object_get(item->snippet, "giftEventDetails");
    const json_t *gift = json_object_get(outer, "giftMetadata");
    if (!gift)
        gift = outer ? outer : json_object_get(item->snippet, "giftDetails");
    if (!gift)
        return error_set(err, ERROR_DATA, "giftEvent without giftEventDetails");
    int64_t jewels = json_get_int(gift, "jewelsAmount", json_get_int(gift, "jewelsCount", 0));
    int64_t combo = json_get_int(gift, "comboCount", 1), units;
    combo = combo > 0 ? combo : 1;
    if (jewels < 0 || __builtin_mul_overflow(jewels, combo, &units))
        return error_set(err, ERROR_DATA, "giftEvent with an impossible number of Jewels");
    item->draft.kind = MESSAGE_GIFT;
    item->draft.money = (struct money){.unit = STR("jewels"), .units = units, .item = field_text(gift, "giftName"),
                                       .count = combo, .is_streak_open = true};
    add_picture(item, field_text(gift, "giftUrl"));
    int len = snprintf(item->key, KEY_BYTES, "%.*s#%lld", (int)item->draft.native_id.len,
                       item->draft.native_id.data, (long long)combo);
    if (len < KEY_BYTES && item->draft.native_id.len > 0)
        item->draft.event_key = (struct str){item->key, (size_t)len};
    return true;
}

/* ---- polls: the same id again with each change ---- */

static void add_option(json_t *options, const json_t *option, struct buffer *key)
{
    int64_t votes = json_get_int(option, "tally", 0);
    json_t *out = json_object();
    struct str text = field_text(option, "optionText");
    json_object_set_new(out, "text", json_stringn(text.data ? text.data : "", text.len));
    json_object_set_new(out, "votes", json_integer(votes > 0 ? votes : 0));
    json_array_append_new(options, out);
    buffer_printf(key, ",%lld", (long long)votes);
}

static bool read_poll(struct item *item, struct error *err)
{
    const json_t *metadata = json_object_get(item->details, "metadata");
    const json_t *options = json_object_get(metadata, "options");
    struct str status = field_text(item->details, "status");
    if (!json_is_array(options))
        return error_set(err, ERROR_DATA, "pollEvent without options");
    item->draft.kind = MESSAGE_POLL;
    item->draft.text = field_text(metadata, "questionText");
    struct buffer key = {0};
    buffer_add(&key, item->draft.native_id.data, item->draft.native_id.len);
    buffer_add_char(&key, '#');
    buffer_add(&key, status.data, status.len);
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(options) && i < OPTIONS_MAX; i++)
        add_option(out, json_array_get(options, i), &key);
    add_extra(item, "options", out);
    add_text(item, "state", str_equal(status, STR("closed")) ? STR("closed") : STR("open"));
    if (key.len < KEY_BYTES && item->draft.native_id.len > 0) {
        memcpy(item->key, key.data, key.len);
        item->draft.event_key = (struct str){item->key, key.len};
    }
    buffer_fini(&key);
    return true;
}

/* ---- control ---- */

static bool read_removal(struct item *item, const char *key, struct error *err)
{
    item->draft.kind = MESSAGE_DELETE;
    item->draft.target.native_id = field_text(item->details, key);
    return item->draft.target.native_id.len > 0 || error_set(err, ERROR_DATA, "a deletion without %s", key);
}

static bool read_deleted(struct item *item, struct error *err)
{
    return read_removal(item, "deletedMessageId", err);
}

static bool read_retracted(struct item *item, struct error *err)
{
    add_text(item, "reason", STR("retracted"));
    return read_removal(item, "retractedMessageId", err);
}

/* What is left of a removed message, under its id: that id must not count as seen already. */
static bool read_tombstone(struct item *item, struct error *err)
{
    struct str id = item->draft.native_id;
    if (id.len == 0)
        return error_set(err, ERROR_DATA, "a tombstone without id");
    item->draft.kind = MESSAGE_DELETE;
    item->draft.target.native_id = id;
    item->draft.native_id = (struct str){0};
    int len = snprintf(item->key, KEY_BYTES, "tombstone:%.*s", (int)id.len, id.data);
    item->draft.event_key = len < KEY_BYTES ? (struct str){item->key, (size_t)len} : (struct str){0};
    return true;
}

static bool read_ban(struct item *item, struct error *err)
{
    const json_t *person = json_object_get(item->details, "bannedUserDetails");
    item->draft.kind = MESSAGE_BAN;
    item->draft.target.author_id = field_text(person, "channelId");
    if (str_equal(field_text(item->details, "banType"), STR("temporary")))
        item->draft.target.seconds = json_get_int(item->details, "banDurationSeconds", 0);
    if (item->draft.target.seconds < 0)
        item->draft.target.seconds = 0;
    add_text(item, "name", field_text(person, "displayName"));
    return item->draft.target.author_id.len > 0 ||
           error_set(err, ERROR_DATA, "userBannedEvent without bannedUserDetails.channelId");
}

static bool read_end(struct item *item, struct error *err)
{
    item->draft.kind = MESSAGE_END;
    item->reader->is_ended = true;
    return true;
}

static void set_members_only(struct item *item, bool is_on)
{
    item->draft.kind = MESSAGE_ROOM;
    add_extra(item, "members_only", json_boolean(is_on));
}

static bool read_members_only_start(struct item *item, struct error *err)
{
    set_members_only(item, true);
    return true;
}

static bool read_members_only_end(struct item *item, struct error *err)
{
    set_members_only(item, false);
    return true;
}

static const struct type {
    const char *name, *details;
    type_fn read;
    bool needs_details;
} types[] = {
    {"textMessageEvent", "textMessageDetails", read_text, false},
    {"superChatEvent", "superChatDetails", read_paid, true},
    {"superStickerEvent", "superStickerDetails", read_sticker, true},
    {"fanFundingEvent", "fanFundingEventDetails", read_paid, true},
    {"newSponsorEvent", "newSponsorDetails", read_new_member, false},
    {"memberMilestoneChatEvent", "memberMilestoneChatDetails", read_milestone, true},
    {"membershipGiftingEvent", "membershipGiftingDetails", read_gifting, true},
    {"giftMembershipReceivedEvent", "giftMembershipReceivedDetails", read_received, true},
    {"giftEvent", NULL, read_gift, false},
    {"pollEvent", "pollDetails", read_poll, true},
    {"messageDeletedEvent", "messageDeletedDetails", read_deleted, true},
    {"messageRetractedEvent", "messageRetractedDetails", read_retracted, true},
    {"userBannedEvent", "userBannedDetails", read_ban, true},
    {"tombstone", NULL, read_tombstone, false},
    {"chatEndedEvent", NULL, read_end, false},
    {"sponsorOnlyModeStartedEvent", NULL, read_members_only_start, false},
    {"sponsorOnlyModeEndedEvent", NULL, read_members_only_end, false},
};

static const struct type *find_type(struct str name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (str_equal(name, str_from(types[i].name)))
            return &types[i];
    }
    return NULL;
}

/* ---- the envelope ---- */

static void read_author(struct item *item, const json_t *author)
{
    struct message_author *out = &item->draft.author;
    out->id = field_text(author, "channelId");
    if (out->id.len == 0)
        out->id = field_text(item->snippet, "authorChannelId");
    out->name = field_text(author, "displayName");
    if (out->name.len > 1 && out->name.data[0] == '@')  // since 2025 the handle stands here
        out->login = (struct str){out->name.data + 1, out->name.len - 1};
    out->avatar = field_text(author, "profileImageUrl");
    out->roles = (json_get_bool(author, "isChatOwner", false) ? ROLE_BROADCASTER : 0u) |
                 (json_get_bool(author, "isChatModerator", false) ? ROLE_MODERATOR : 0u) |
                 (json_get_bool(author, "isChatSponsor", false) ? ROLE_SUBSCRIBER : 0u) |
                 (json_get_bool(author, "isVerified", false) ? ROLE_VERIFIED : 0u);
}

void youtube_reader_note_time(struct youtube_reader *reader, struct message_draft *draft, int64_t time_ms)
{
    draft->time_ms = time_ms;
    draft->is_history = time_ms < reader->history_before_ms;
    if (time_ms > reader->last_ms)
        reader->last_ms = time_ms;
    if (reader->oldest_ms == 0 || time_ms < reader->oldest_ms)
        reader->oldest_ms = time_ms;
}

static void read_time(struct item *item)
{
    struct str published = field_text(item->snippet, "publishedAt");
    int64_t time_ms = 0;
    if (!clock_parse_rfc3339(published.data ? published.data : "", published.len, &time_ms) || time_ms <= 0)
        return;
    youtube_reader_note_time(item->reader, &item->draft, time_ms);
}

static void note_unknown(struct youtube_reader *reader, struct str type)
{
    struct str last = str_from(reader->unknown);
    if (type.len >= sizeof(reader->unknown) || str_equal(type, last))
        return;
    memcpy(reader->unknown, type.data, type.len);
    reader->unknown[type.len] = '\0';
    if (reader->base->options.loop)
        log_info("connector", "%s: items of the unknown type \"%s\" are passed over", reader->base->source,
                 reader->unknown);
}

static bool read_type(struct item *item, const struct type *type, struct error *err)
{
    item->details = type->details ? json_object_get(item->snippet, type->details) : NULL;
    if (type->needs_details && !json_is_object(item->details))
        return error_set(err, ERROR_DATA, "%s without %s", type->name, type->details);
    if (!type->read(item, err))
        return false;
    item->draft.detail = item->extras;
    connector_deliver(item->reader->base, &item->draft);
    return true;
}

bool youtube_reader_read(struct youtube_reader *reader, const json_t *object, struct error *err)
{
    struct item item;
    item.reader = reader;
    item.snippet = json_object_get(object, "snippet");
    item.extras = NULL;
    struct str type_name = field_text(item.snippet, "type");
    if (type_name.len == 0)
        return error_set(err, ERROR_DATA, "an item without snippet.type");
    const struct type *type = find_type(type_name);
    if (!type) {
        note_unknown(reader, type_name);
        return true;
    }
    struct str id = field_text(object, "id");
    item.draft = (struct message_draft){.native_id = id, .event_key = id};
    read_author(&item, json_object_get(object, "authorDetails"));
    read_time(&item);
    bool is_good = read_type(&item, type, err);
    json_decref(item.extras);
    return is_good;
}

bool youtube_reader_read_text(struct youtube_reader *reader, const char *text, size_t len, struct error *err)
{
    json_t *object = json_parse_repaired(text, len, err);
    if (!object)
        return error_prefix(err, "item");
    bool is_good = youtube_reader_read(reader, object, err);
    json_decref(object);
    return is_good;
}

void youtube_reader_end(struct youtube_reader *reader, const char *chat, int64_t time_ms)
{
    char key[KEY_BYTES];
    int len = snprintf(key, sizeof(key), "end:%s", chat);
    if (reader->is_ended)
        return;
    reader->is_ended = true;
    connector_deliver(reader->base, &(struct message_draft){
        .kind = MESSAGE_END, .time_ms = time_ms,
        .event_key = len < KEY_BYTES ? (struct str){key, (size_t)len} : (struct str){0}});
}

void youtube_reader_keep_poll(struct youtube_reader *reader, const json_t *poll)
{
    json_t *kept = json_incref((json_t *)poll);
    json_decref(reader->poll);
    reader->poll = kept;
}
