#include "connector/youtube_web_item.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/fields.h"
#include "connector/youtube_price.h"

enum { RUNS_MAX = 1000, TEXT_BYTES_MAX = 16 << 10 };

typedef bool (*item_fn)(struct youtube_web_item *item, struct error *err);

const json_t *youtube_web_walk(const json_t *object, const char *path)
{
    char key[64];
    while (object && *path) {
        size_t len = strcspn(path, ".");
        snprintf(key, sizeof(key), "%.*s", (int)len, path);
        object = json_object_get(object, key);
        path += len + (path[len] == '.');
    }
    return object;
}

/* ---- texts made of runs ---- */

struct str youtube_web_picture(const json_t *image, char url[YOUTUBE_WEB_URL_BYTES])
{
    const json_t *list = json_object_get(image, "thumbnails");
    if (!list)
        list = json_object_get(image, "sources");
    struct str found = field_text(json_array_get(list, json_array_size(list) ? json_array_size(list) - 1 : 0), "url");
    bool is_relative = str_starts_with(found, STR("//"));
    if (found.len + 8 >= YOUTUBE_WEB_URL_BYTES || (!is_relative && !str_starts_with(found, STR("https://"))))
        return (struct str){0};
    int len = snprintf(url, YOUTUBE_WEB_URL_BYTES, "%s%.*s", is_relative ? "https:" : "", (int)found.len, found.data);
    return (struct str){url, (size_t)len};
}

/* A picture's address lies in the page itself, or behind the text in the same buffer as long as the message is made. */
static void add_emote(struct youtube_web_item *item, const json_t *emoji, struct str name, size_t from)
{
    const json_t *list = youtube_web_walk(emoji, "image.thumbnails");
    struct str url = field_text(json_array_get(list, json_array_size(list) ? json_array_size(list) - 1 : 0), "url");
    if (item->draft.emote_count == YOUTUBE_WEB_EMOTES_MAX)
        return;
    item->emotes[item->draft.emote_count++] = (struct emote){
        .id = field_text(emoji, "emojiId"), .name = name, .url = str_starts_with(url, STR("https://")) ? url : (struct str){0},
        .from = (uint32_t)from, .to = (uint32_t)(from + name.len)};
}

static void add_run(struct youtube_web_item *item, const json_t *run, struct buffer *out, bool wants_emotes)
{
    const json_t *emoji = json_object_get(run, "emoji");
    struct str text = field_text(run, "text");
    if (!emoji) {
        buffer_add(out, text.data, text.len);
        return;
    }
    // A custom one has words of its own; any other is the character itself.
    const json_t *shortcut = json_array_get(json_object_get(emoji, "shortcuts"), 0);
    bool is_custom = json_get_bool(emoji, "isCustomEmoji", false);
    struct str name = is_custom && json_is_string(shortcut) ? (struct str){json_string_value(shortcut), json_string_length(shortcut)}
                                                            : field_text(emoji, "emojiId");
    if (is_custom && wants_emotes)
        add_emote(item, emoji, name, out->len);
    buffer_add(out, name.data, name.len);
}

struct str youtube_web_text(struct youtube_web_item *item, const json_t *holder, struct buffer *out, bool wants_emotes)
{
    struct str simple = field_text(holder, "simpleText");
    const json_t *runs = json_object_get(holder, "runs");
    if (simple.len == 0)
        simple = field_text(holder, "content");
    if (!json_is_array(runs))
        return simple;
    buffer_clear(out);
    for (size_t i = 0; i < json_array_size(runs) && i < RUNS_MAX && out->len < TEXT_BYTES_MAX; i++)
        add_run(item, json_array_get(runs, i), out, wants_emotes);
    return (struct str){out->data, out->len};
}

static void take_message(struct youtube_web_item *item, const char *key)
{
    item->draft.emotes = item->emotes;
    item->draft.text = youtube_web_text(item, json_object_get(item->renderer, key), &item->text, true);
}

struct str youtube_web_plain(struct youtube_web_item *item, const char *key)
{
    return youtube_web_text(item, json_object_get(item->renderer, key), &item->title, false);
}

int64_t youtube_web_number(struct str text, int64_t otherwise)
{
    int64_t value = 0;
    size_t i = 0;
    while (i < text.len && (text.data[i] < '0' || text.data[i] > '9'))
        i++;
    if (i == text.len)
        return otherwise;
    for (; i < text.len && ((text.data[i] >= '0' && text.data[i] <= '9') || text.data[i] == ','); i++) {
        if (text.data[i] != ',' && value < 1000000000)
            value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

/* ---- who ---- */

static void take_badge(struct youtube_web_item *item, const json_t *badge)
{
    struct message_author *author = &item->draft.author;
    const json_t *renderer = json_object_get(badge, "liveChatAuthorBadgeRenderer");
    struct str icon = field_text(json_object_get(renderer, "icon"), "iconType");
    if (str_equal(icon, STR("OWNER")))
        author->roles |= ROLE_BROADCASTER;
    else if (str_equal(icon, STR("MODERATOR")))
        author->roles |= ROLE_MODERATOR;
    else if (str_equal(icon, STR("VERIFIED")))
        author->roles |= ROLE_VERIFIED;
    else if (json_object_get(renderer, "customThumbnail"))
        author->roles |= ROLE_SUBSCRIBER;
    struct str tooltip = field_text(renderer, "tooltip");
    if (json_object_get(renderer, "customThumbnail") && tooltip.len > 0 && author->badge_count < YOUTUBE_WEB_BADGES_MAX) {
        item->badges[author->badge_count++] = tooltip;
        author->badges = item->badges;
    }
}

static struct str without_blanks(struct str text)
{
    while (text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    return text;
}

static void take_author(struct youtube_web_item *item, const json_t *holder, struct str id)
{
    struct message_author *author = &item->draft.author;
    const json_t *badges = json_object_get(holder, "authorBadges"), *photo = json_object_get(holder, "authorPhoto");
    author->id = id;
    struct str name = field_text(json_object_get(holder, "authorName"), "simpleText");
    author->name = without_blanks(name.len > 0 ? name : field_text(json_object_get(holder, "authorName"), "content"));
    if (author->name.len > 1 && author->name.data[0] == '@')
        author->login = (struct str){author->name.data + 1, author->name.len - 1};
    if (!photo)
        photo = youtube_web_walk(holder, "authorAvatar.avatarViewModel.image");
    author->avatar = youtube_web_picture(photo, item->avatar);
    for (size_t i = 0; i < json_array_size(badges) && i < YOUTUBE_WEB_BADGES_MAX; i++)
        take_badge(item, json_array_get(badges, i));
}

/* ---- items ---- */

static bool read_chat(struct youtube_web_item *item, struct error *err)
{
    item->draft.kind = MESSAGE_CHAT;
    take_message(item, "message");
    return true;
}

static bool read_paid(struct youtube_web_item *item, struct error *err)
{
    struct str amount = field_text(json_object_get(item->renderer, "purchaseAmountText"), "simpleText");
    item->draft.kind = MESSAGE_GIFT;
    take_message(item, "message");
    if (!youtube_price_read(amount, &item->draft.money))
        return error_set(err, ERROR_DATA, "a paid message without purchaseAmountText");
    field_add_text(&item->extras, "amount", amount);
    return true;
}

static bool read_sticker(struct youtube_web_item *item, struct error *err)
{
    char url[YOUTUBE_WEB_URL_BYTES];
    if (!read_paid(item, err))
        return false;
    item->draft.money.item = field_text(youtube_web_walk(item->renderer, "sticker.accessibility.accessibilityData"), "label");
    field_add_text(&item->extras, "picture", youtube_web_picture(json_object_get(item->renderer, "sticker"), url));
    return true;
}

static void begin_membership(struct youtube_web_item *item, const char *event)
{
    item->draft.kind = MESSAGE_MEMBERSHIP;
    field_add_text(&item->extras, "event", str_from(event));
}

/* With headerPrimaryText ("Member for 12 months") it is a milestone, else somebody is new. */
static bool read_member(struct youtube_web_item *item, struct error *err)
{
    bool is_milestone = json_object_get(item->renderer, "headerPrimaryText");
    begin_membership(item, is_milestone ? "milestone" : "new");
    struct str primary = youtube_web_plain(item, "headerPrimaryText");
    if (is_milestone)
        field_add(&item->extras, "months", json_integer(youtube_web_number(primary, 0)));
    take_message(item, "message");
    struct str level = youtube_web_plain(item, "headerSubtext");
    if (is_milestone) {
        item->draft.money.item = level;
    } else {
        field_add_text(&item->extras, "system", level);
    }
    return true;
}

/* The head of a batch: its recipients come one by one and are not counted again. */
static bool read_gifting(struct youtube_web_item *item, struct error *err)
{
    const json_t *header = youtube_web_walk(item->renderer, "header.liveChatSponsorshipsHeaderRenderer");
    if (!header)
        return error_set(err, ERROR_DATA, "gifted memberships without their header");
    begin_membership(item, "gifted");
    take_author(item, header, item->draft.author.id);
    struct str text = youtube_web_text(item, json_object_get(header, "primaryText"), &item->title, false);
    item->draft.money.count = youtube_web_number(text, 1);
    field_add_text(&item->extras, "batch", item->draft.native_id);
    field_add_text(&item->extras, "system", text);
    return true;
}

static bool read_received(struct youtube_web_item *item, struct error *err)
{
    begin_membership(item, "received");
    field_add_text(&item->extras, "system", youtube_web_plain(item, "message"));
    return true;
}

/* "sent Girl power for 50 Jewels"; of the sender there is only the name. */
static bool read_jewels(struct youtube_web_item *item, struct error *err)
{
    char url[YOUTUBE_WEB_URL_BYTES];
    struct str text = field_text(json_object_get(item->renderer, "text"), "content");
    item->draft.kind = MESSAGE_GIFT;
    item->draft.money.unit = STR("jewels");
    item->draft.money.item = field_text(item->renderer, "giftImageA11yLabel");
    // The number stands behind the gift's name, which may hold one itself.
    const char *sign = text.data ? memmem(text.data, text.len, " for ", 5) : NULL;
    for (const char *next = sign; next; next = memmem(sign + 5, (size_t)(text.data + text.len - sign - 5), " for ", 5))
        sign = next;
    struct str tail = sign ? (struct str){sign, (size_t)(text.data + text.len - sign)} : text;
    item->draft.money.units = youtube_web_number(tail, 0);
    item->draft.money.count = 1;
    field_add_text(&item->extras, "system", text);
    field_add_text(&item->extras, "picture", youtube_web_picture(json_object_get(item->renderer, "giftImage"), url));
    return item->draft.money.units > 0 || error_set(err, ERROR_DATA, "a gift without its Jewels: \"%.*s\"", (int)(text.len < 100 ? text.len : 100), text.data ? text.data : "");
}

static bool read_mode(struct youtube_web_item *item, struct error *err)
{
    item->draft.kind = MESSAGE_ROOM;
    field_add_text(&item->extras, "system", youtube_web_plain(item, "text"));
    field_add_text(&item->extras, "hint", youtube_web_plain(item, "subtext"));
    return true;
}

static const struct renderer {
    const char *name;
    item_fn read;  // NULL: no chat, passed over
} renderers[] = {
    {"liveChatTextMessageRenderer", read_chat},
    {"liveChatPaidMessageRenderer", read_paid},
    {"liveChatPaidStickerRenderer", read_sticker},
    {"liveChatMembershipItemRenderer", read_member},
    {"liveChatSponsorshipsGiftPurchaseAnnouncementRenderer", read_gifting},
    {"liveChatSponsorshipsGiftRedemptionAnnouncementRenderer", read_received},
    {"giftMessageViewModel", read_jewels},
    {"liveChatModeChangeMessageRenderer", read_mode},
    {"liveChatPlaceholderItemRenderer", NULL},  // replaceChatItemAction brings the message
    {"liveChatViewerEngagementMessageRenderer", NULL},
    {"liveChatAutoModMessageRenderer", NULL},
    {"bumperUserEduContentViewModel", NULL},
    {"liveChatDonationAnnouncementRenderer", NULL},
    {"liveChatProductItemRenderer", NULL},
    {"liveChatPurchasedProductMessageRenderer", NULL},
};

static void take_time(struct youtube_web_item *item)
{
    int64_t time_ms = json_get_int(item->renderer, "timestampUsec", 0) / 1000;
    if (time_ms <= 0)
        return;
    youtube_reader_note_time(item->reader, &item->draft, time_ms);
}

void youtube_web_note_unknown(struct youtube_reader *reader, const char *name)
{
    if (strcmp(name, reader->unknown) == 0)
        return;
    snprintf(reader->unknown, sizeof(reader->unknown), "%.63s", name);
    if (reader->base->options.loop)
        log_info("connector", "%s: \"%s\" of the web page is unknown and passed over", reader->base->source, reader->unknown);
}

bool youtube_web_deliver_item(struct youtube_web_item *item, bool is_good)
{
    if (is_good) {
        item->draft.detail = item->extras;
        connector_deliver(item->reader->base, &item->draft);
    }
    json_decref(item->extras);
    buffer_fini(&item->text);
    buffer_fini(&item->title);
    return is_good;
}

void youtube_web_begin_item(struct youtube_web_item *item, struct youtube_reader *reader, const json_t *renderer)
{
    item->reader = reader;
    item->renderer = renderer;
    item->extras = NULL;
    item->text = item->title = (struct buffer){0};
    item->draft = (struct message_draft){0};
}

bool youtube_web_read_item(struct youtube_reader *reader, const json_t *holder, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)holder, name, value) {
        size_t i = 0;
        while (i < ARRAY_LENGTH(renderers) && strcmp(renderers[i].name, name) != 0)
            i++;
        if (i == ARRAY_LENGTH(renderers)) {
            youtube_web_note_unknown(reader, name);
            continue;
        }
        if (!renderers[i].read)
            continue;
        struct youtube_web_item item;
        youtube_web_begin_item(&item, reader, value);
        item.draft.native_id = item.draft.event_key = field_text(value, "id");
        take_author(&item, value, field_text(value, "authorExternalChannelId"));
        take_time(&item);
        return youtube_web_deliver_item(&item, renderers[i].read(&item, err)) || error_prefix(err, "%s", name);
    }
    return true;
}
