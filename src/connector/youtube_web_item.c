#include "connector/youtube_web_item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector_impl.h"
#include "connector/youtube_price.h"

enum { EMOTES_MAX = 128, RUNS_MAX = 1000, TEXT_BYTES_MAX = 16 << 10, KEY_BYTES = 512, URL_BYTES = 1024, OPTIONS_MAX = 16, BADGES_MAX = 8 };

/* One action on its way to a message. */
struct item {
    struct youtube_reader *reader;
    const json_t *renderer;
    struct message_draft draft;
    json_t *extras;        // owned; becomes draft.detail
    struct buffer text, title;  // of runs
    struct emote emotes[EMOTES_MAX];
    struct str badges[BADGES_MAX];
    char key[KEY_BYTES], avatar[URL_BYTES];
};

typedef bool (*item_fn)(struct item *item, struct error *err);

static struct str get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* object.a.b.c */
static const json_t *walk(const json_t *object, const char *path)
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

/* ---- texts made of runs ---- */

/* The largest picture: the last. Scheme-relative ones get theirs. "" if there is none. */
static struct str picture_of(const json_t *image, char url[URL_BYTES])
{
    const json_t *list = json_object_get(image, "thumbnails");
    if (!list)
        list = json_object_get(image, "sources");
    struct str found = get(json_array_get(list, json_array_size(list) ? json_array_size(list) - 1 : 0), "url");
    bool is_relative = str_starts_with(found, STR("//"));
    if (found.len + 8 >= URL_BYTES || (!is_relative && !str_starts_with(found, STR("https://"))))
        return (struct str){0};
    int len = snprintf(url, URL_BYTES, "%s%.*s", is_relative ? "https:" : "", (int)found.len, found.data);
    return (struct str){url, (size_t)len};
}

/* A picture's address lies in the page itself, or behind the text in the same buffer as long as the message is made. */
static void add_emote(struct item *item, const json_t *emoji, struct str name, size_t from)
{
    const json_t *list = walk(emoji, "image.thumbnails");
    struct str url = get(json_array_get(list, json_array_size(list) ? json_array_size(list) - 1 : 0), "url");
    if (item->draft.emote_count == EMOTES_MAX)
        return;
    item->emotes[item->draft.emote_count++] = (struct emote){
        .id = get(emoji, "emojiId"), .name = name, .url = str_starts_with(url, STR("https://")) ? url : (struct str){0},
        .from = (uint32_t)from, .to = (uint32_t)(from + name.len)};
}

static void add_run(struct item *item, const json_t *run, struct buffer *out, bool wants_emotes)
{
    const json_t *emoji = json_object_get(run, "emoji");
    struct str text = get(run, "text");
    if (!emoji) {
        buffer_add(out, text.data, text.len);
        return;
    }
    // A custom one has words of its own; any other is the character itself.
    const json_t *shortcut = json_array_get(json_object_get(emoji, "shortcuts"), 0);
    bool is_custom = json_get_bool(emoji, "isCustomEmoji", false);
    struct str name = is_custom && json_is_string(shortcut) ? (struct str){json_string_value(shortcut), json_string_length(shortcut)}
                                                            : get(emoji, "emojiId");
    if (is_custom && wants_emotes)
        add_emote(item, emoji, name, out->len);
    buffer_add(out, name.data, name.len);
}

/* {"simpleText":…}, {"runs":[…]} or {"content":…} */
static struct str read_text(struct item *item, const json_t *holder, struct buffer *out, bool wants_emotes)
{
    struct str simple = get(holder, "simpleText");
    const json_t *runs = json_object_get(holder, "runs");
    if (simple.len == 0)
        simple = get(holder, "content");
    if (!json_is_array(runs))
        return simple;
    buffer_clear(out);
    for (size_t i = 0; i < json_array_size(runs) && i < RUNS_MAX && out->len < TEXT_BYTES_MAX; i++)
        add_run(item, json_array_get(runs, i), out, wants_emotes);
    return (struct str){out->data, out->len};
}

static void take_message(struct item *item, const char *key)
{
    item->draft.emotes = item->emotes;
    item->draft.text = read_text(item, json_object_get(item->renderer, key), &item->text, true);
}

static struct str plain(struct item *item, const char *key)
{
    return read_text(item, json_object_get(item->renderer, key), &item->title, false);
}

/* The first number in it; otherwise if there is none. */
static int64_t number_in(struct str text, int64_t otherwise)
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

static void take_badge(struct item *item, const json_t *badge)
{
    struct message_author *author = &item->draft.author;
    const json_t *renderer = json_object_get(badge, "liveChatAuthorBadgeRenderer");
    struct str icon = get(json_object_get(renderer, "icon"), "iconType");
    if (str_equal(icon, STR("OWNER")))
        author->roles |= ROLE_BROADCASTER;
    else if (str_equal(icon, STR("MODERATOR")))
        author->roles |= ROLE_MODERATOR;
    else if (str_equal(icon, STR("VERIFIED")))
        author->roles |= ROLE_VERIFIED;
    else if (json_object_get(renderer, "customThumbnail"))
        author->roles |= ROLE_SUBSCRIBER;
    struct str tooltip = get(renderer, "tooltip");
    if (json_object_get(renderer, "customThumbnail") && tooltip.len > 0 && author->badge_count < BADGES_MAX) {
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

static void take_author(struct item *item, const json_t *holder, struct str id)
{
    struct message_author *author = &item->draft.author;
    const json_t *badges = json_object_get(holder, "authorBadges"), *photo = json_object_get(holder, "authorPhoto");
    author->id = id;
    struct str name = get(json_object_get(holder, "authorName"), "simpleText");
    author->name = without_blanks(name.len > 0 ? name : get(json_object_get(holder, "authorName"), "content"));
    if (author->name.len > 1 && author->name.data[0] == '@')
        author->login = (struct str){author->name.data + 1, author->name.len - 1};
    if (!photo)
        photo = walk(holder, "authorAvatar.avatarViewModel.image");
    author->avatar = picture_of(photo, item->avatar);
    for (size_t i = 0; i < json_array_size(badges) && i < BADGES_MAX; i++)
        take_badge(item, json_array_get(badges, i));
}

/* ---- items ---- */

static bool read_chat(struct item *item, struct error *err)
{
    item->draft.kind = MESSAGE_CHAT;
    take_message(item, "message");
    return true;
}

static bool read_paid(struct item *item, struct error *err)
{
    struct str amount = get(json_object_get(item->renderer, "purchaseAmountText"), "simpleText");
    item->draft.kind = MESSAGE_GIFT;
    take_message(item, "message");
    if (!youtube_price_read(amount, &item->draft.money))
        return error_set(err, ERROR_DATA, "a paid message without purchaseAmountText");
    add_text(item, "amount", amount);
    return true;
}

static bool read_sticker(struct item *item, struct error *err)
{
    char url[URL_BYTES];
    if (!read_paid(item, err))
        return false;
    item->draft.money.item = get(walk(item->renderer, "sticker.accessibility.accessibilityData"), "label");
    add_text(item, "picture", picture_of(json_object_get(item->renderer, "sticker"), url));
    return true;
}

static void begin_membership(struct item *item, const char *event)
{
    item->draft.kind = MESSAGE_MEMBERSHIP;
    add_text(item, "event", str_from(event));
}

/* With headerPrimaryText ("Member for 12 months") it is a milestone, else somebody is new. */
static bool read_member(struct item *item, struct error *err)
{
    bool is_milestone = json_object_get(item->renderer, "headerPrimaryText");
    begin_membership(item, is_milestone ? "milestone" : "new");
    struct str primary = plain(item, "headerPrimaryText");
    if (is_milestone)
        add_extra(item, "months", json_integer(number_in(primary, 0)));
    take_message(item, "message");
    struct str level = plain(item, "headerSubtext");
    if (is_milestone) {
        item->draft.money.item = level;
    } else {
        add_text(item, "system", level);
    }
    return true;
}

/* The head of a batch: its recipients come one by one and are not counted again. */
static bool read_gifting(struct item *item, struct error *err)
{
    const json_t *header = walk(item->renderer, "header.liveChatSponsorshipsHeaderRenderer");
    if (!header)
        return error_set(err, ERROR_DATA, "gifted memberships without their header");
    begin_membership(item, "gifted");
    take_author(item, header, item->draft.author.id);
    struct str text = read_text(item, json_object_get(header, "primaryText"), &item->title, false);
    item->draft.money.count = number_in(text, 1);
    add_text(item, "batch", item->draft.native_id);
    add_text(item, "system", text);
    return true;
}

static bool read_received(struct item *item, struct error *err)
{
    begin_membership(item, "received");
    add_text(item, "system", plain(item, "message"));
    return true;
}

/* "sent Girl power for 50 Jewels"; of the sender there is only the name. */
static bool read_jewels(struct item *item, struct error *err)
{
    char url[URL_BYTES];
    struct str text = get(json_object_get(item->renderer, "text"), "content");
    item->draft.kind = MESSAGE_GIFT;
    item->draft.money.unit = STR("jewels");
    item->draft.money.item = get(item->renderer, "giftImageA11yLabel");
    // The number stands behind the gift's name, which may hold one itself.
    const char *sign = text.data ? memmem(text.data, text.len, " for ", 5) : NULL;
    for (const char *next = sign; next; next = memmem(sign + 5, (size_t)(text.data + text.len - sign - 5), " for ", 5))
        sign = next;
    struct str tail = sign ? (struct str){sign, (size_t)(text.data + text.len - sign)} : text;
    item->draft.money.units = number_in(tail, 0);
    item->draft.money.count = 1;
    add_text(item, "system", text);
    add_text(item, "picture", picture_of(json_object_get(item->renderer, "giftImage"), url));
    return item->draft.money.units > 0 || error_set(err, ERROR_DATA, "a gift without its Jewels: \"%.*s\"", (int)(text.len < 100 ? text.len : 100), text.data ? text.data : "");
}

static bool read_mode(struct item *item, struct error *err)
{
    item->draft.kind = MESSAGE_ROOM;
    add_text(item, "system", plain(item, "text"));
    add_text(item, "hint", plain(item, "subtext"));
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

static void take_time(struct item *item)
{
    struct youtube_reader *reader = item->reader;
    int64_t time_ms = json_get_int(item->renderer, "timestampUsec", 0) / 1000;
    if (time_ms <= 0)
        return;
    item->draft.time_ms = time_ms;
    item->draft.is_history = time_ms < reader->history_before_ms;
    if (time_ms > reader->last_ms)
        reader->last_ms = time_ms;
    if (reader->oldest_ms == 0 || time_ms < reader->oldest_ms)
        reader->oldest_ms = time_ms;
}

static void note_unknown(struct youtube_reader *reader, const char *name)
{
    if (strcmp(name, reader->unknown) == 0)
        return;
    snprintf(reader->unknown, sizeof(reader->unknown), "%.63s", name);
    if (reader->base->options.loop)
        log_info("connector", "%s: \"%s\" of the web page is unknown and passed over", reader->base->source, reader->unknown);
}

static bool deliver(struct item *item, bool is_good)
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

static void init(struct item *item, struct youtube_reader *reader, const json_t *renderer)
{
    item->reader = reader;
    item->renderer = renderer;
    item->extras = NULL;
    item->text = item->title = (struct buffer){0};
    item->draft = (struct message_draft){0};
}

/* {"NAME":{…}} with one of the renderers above. */
static bool read_item(struct youtube_reader *reader, const json_t *holder, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)holder, name, value) {
        size_t i = 0;
        while (i < ARRAY_LENGTH(renderers) && strcmp(renderers[i].name, name) != 0)
            i++;
        if (i == ARRAY_LENGTH(renderers)) {
            note_unknown(reader, name);
            continue;
        }
        if (!renderers[i].read)
            continue;
        struct item item;
        init(&item, reader, value);
        item.draft.native_id = item.draft.event_key = get(value, "id");
        take_author(&item, value, get(value, "authorExternalChannelId"));
        take_time(&item);
        return deliver(&item, renderers[i].read(&item, err)) || error_prefix(err, "%s", name);
    }
    return true;
}

/* ---- actions ---- */

static bool read_add(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *holder = json_object_get(action, "item");
    return json_is_object(holder) ? read_item(reader, holder, err) : error_set(err, ERROR_DATA, "addChatItemAction without item");
}

static bool read_replace(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *holder = json_object_get(action, "replacementItem");
    return json_is_object(holder) ? read_item(reader, holder, err)
                                  : error_set(err, ERROR_DATA, "replaceChatItemAction without replacementItem");
}

static bool read_delete(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    struct item item;
    init(&item, reader, action);
    item.draft.kind = MESSAGE_DELETE;
    item.draft.target.native_id = get(action, "targetItemId");
    struct str words = plain(&item, "deletedStateMessage");
    if (words.len > 0 && memmem(words.data, words.len, "retracted", 9))
        add_text(&item, "reason", STR("retracted"));
    return deliver(&item, item.draft.target.native_id.len > 0 || error_set(err, ERROR_DATA, "a deletion without targetItemId"));
}

static bool read_ban(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    struct item item;
    init(&item, reader, action);
    item.draft.kind = MESSAGE_BAN;
    item.draft.target.author_id = get(action, "externalChannelId");
    return deliver(&item, item.draft.target.author_id.len > 0 || error_set(err, ERROR_DATA, "a ban without externalChannelId"));
}

/* Shares of all votes become votes, as near as percents allow. */
static json_t *read_choices(struct item *item, const json_t *choices, int64_t total, struct buffer *key)
{
    json_t *options = json_array();
    for (size_t i = 0; i < json_array_size(choices) && i < OPTIONS_MAX; i++) {
        const json_t *choice = json_array_get(choices, i);
        struct str text = read_text(item, json_object_get(choice, "text"), &item->title, false);
        double ratio = json_get_real(choice, "voteRatio", 0);
        int64_t votes = ratio > 0 && ratio <= 1 ? (int64_t)(ratio * (double)total + 0.5) : 0;
        json_array_append_new(options, json_pack("{s:o,s:I}", "text", json_stringn(text.data ? text.data : "", text.len), "votes",
                                                 (json_int_t)votes));
        buffer_printf(key, ",%lld", (long long)votes);
    }
    return options;
}

static bool read_poll(struct youtube_reader *reader, const json_t *poll, const char *state, struct error *err)
{
    struct item item;
    struct buffer key = {0};
    init(&item, reader, poll);
    const json_t *header = walk(poll, "header.pollHeaderRenderer"), *choices = json_object_get(poll, "choices");
    item.draft.kind = MESSAGE_POLL;
    item.draft.native_id = get(poll, "liveChatPollId");
    int64_t total = number_in(read_text(&item, json_object_get(header, "metadataText"), &item.title, false), 0);
    // "@anna • just now • 26 votes": the votes stand last.
    const json_t *runs = walk(header, "metadataText.runs");
    if (json_array_size(runs) > 0)
        total = number_in(get(json_array_get(runs, json_array_size(runs) - 1), "text"), total);
    buffer_printf(&key, "%.*s#%s", (int)item.draft.native_id.len, item.draft.native_id.data ? item.draft.native_id.data : "", state);
    add_extra(&item, "options", read_choices(&item, choices, total, &key));
    add_text(&item, "state", str_from(state));
    item.draft.text = read_text(&item, json_object_get(header, "pollQuestion"), &item.text, false);
    if (key.len < KEY_BYTES && item.draft.native_id.len > 0) {
        memcpy(item.key, key.data, key.len);
        item.draft.event_key = (struct str){item.key, key.len};
    }
    buffer_fini(&key);
    if (json_is_array(choices) && item.draft.native_id.len > 0 && strcmp(state, "open") == 0)
        youtube_reader_keep_poll(reader, poll);
    return deliver(&item, json_is_array(choices) || error_set(err, ERROR_DATA, "a poll without choices"));
}

static bool read_poll_update(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    return read_poll(reader, walk(action, "pollToUpdate.pollRenderer"), "open", err);
}

static bool read_panel(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *poll = walk(action, "panelToShow.liveChatActionPanelRenderer.contents.pollRenderer");
    return !poll || read_poll(reader, poll, "open", err);
}

/* Only the panel is named: it was the last poll's. */
static bool read_panel_end(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    json_t *poll = reader->poll;
    reader->poll = NULL;
    bool ok = !poll || read_poll(reader, poll, "closed", err);
    json_decref(poll);
    return ok;
}

/* Another channel sends its viewers. Pinned messages and polls in banners came already. */
static bool read_banner(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *banner = walk(action, "bannerRenderer.liveChatBannerRenderer");
    const json_t *redirect = walk(banner, "contents.liveChatBannerRedirectRenderer");
    if (!redirect)
        return true;
    struct item item;
    init(&item, reader, redirect);
    item.draft.kind = MESSAGE_RAID;
    item.draft.native_id = item.draft.event_key = get(banner, "actionId");
    add_text(&item, "system", plain(&item, "bannerMessage"));
    item.draft.author.name = get(json_array_get(walk(redirect, "bannerMessage.runs"), 0), "text");
    item.draft.author.avatar = picture_of(json_object_get(redirect, "authorPhoto"), item.avatar);
    return deliver(&item, true);
}

static bool read_replay(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *actions = json_object_get(action, "actions");
    bool ok = true;
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const json_t *inner = json_array_get(actions, i);
        if (!json_object_get(inner, "replayChatItemAction"))  // once is deep enough
            ok = youtube_web_read(reader, inner, err) && ok;
    }
    return ok;
}

static const struct {
    const char *name;
    bool (*read)(struct youtube_reader *reader, const json_t *action, struct error *err);  // NULL: no chat data
} actions[] = {
    {"addChatItemAction", read_add},
    {"replaceChatItemAction", read_replace},
    {"markChatItemAsDeletedAction", read_delete},
    {"removeChatItemAction", read_delete},
    {"markChatItemsByAuthorAsDeletedAction", read_ban},
    {"removeChatItemByAuthorAction", read_ban},
    {"addLiveChatTickerItemAction", NULL},  // a Super Chat's copy for the bar: it would be counted twice
    {"addBannerToLiveChatCommand", read_banner},
    {"removeBannerForLiveChatCommand", NULL},
    {"showLiveChatActionPanelAction", read_panel},
    {"updateLiveChatPollAction", read_poll_update},
    {"closeLiveChatActionPanelAction", read_panel_end},
    {"replayChatItemAction", read_replay},
    {"addInteractivityWidgetAction", NULL},
    {"updateOrAddInteractivityWidgetAction", NULL},
    {"liveChatReportModerationStateCommand", NULL},
    {"showLiveChatTooltipCommand", NULL},
    {"signalAction", NULL},
};

static const char *const passed[] = {"clickTrackingParams", "videoOffsetTimeMsec"};

static bool is_passed(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(passed); i++) {
        if (strcmp(passed[i], name) == 0)
            return true;
    }
    return false;
}

bool youtube_web_read(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(action))
        return error_set(err, ERROR_DATA, "an action that is no object");
    json_object_foreach ((json_t *)action, name, value) {
        size_t i = 0;
        while (i < ARRAY_LENGTH(actions) && strcmp(actions[i].name, name) != 0)
            i++;
        if (i < ARRAY_LENGTH(actions))
            return !actions[i].read || actions[i].read(reader, value, err);
        if (!is_passed(name))
            note_unknown(reader, name);
    }
    return true;
}

/* ---- pages ---- */

static void take_continuation(const json_t *holder, struct youtube_web_next *next)
{
    static const char *const kinds[] = {"timedContinuationData", "invalidationContinuationData", "reloadContinuationData",
                                        "liveChatReplayContinuationData"};
    for (size_t i = 0; i < ARRAY_LENGTH(kinds) && !next->continuation; i++) {
        const json_t *data = json_object_get(holder, kinds[i]);
        const char *continuation = json_get_text(data, "continuation");
        next->continuation = continuation && *continuation ? continuation : NULL;
        next->timeout_ms = json_get_int(data, "timeoutMs", 0);
    }
}

/* The second entry of the menu is the whole chat; the first hides what YouTube finds dull. */
static void take_whole_chat(const json_t *renderer, struct youtube_web_next *next)
{
    const json_t *menu = walk(renderer, "header.liveChatHeaderRenderer.viewSelector.sortFilterSubMenuRenderer.subMenuItems");
    take_continuation(json_object_get(json_array_get(menu, 1), "continuation"), next);
}

bool youtube_web_read_page(struct youtube_reader *reader, const json_t *page, struct youtube_web_next *next,
                           struct error *err)
{
    *next = (struct youtube_web_next){0};
    const json_t *first = walk(page, "contents.liveChatRenderer");
    const json_t *chat = first ? first : walk(page, "continuationContents.liveChatContinuation");
    const json_t *list = json_object_get(chat, "actions");
    if (first)
        take_whole_chat(first, next);
    take_continuation(json_array_get(json_object_get(chat, "continuations"), 0), next);
    next->items = json_array_size(list);
    bool ok = true;
    struct error one = {0};
    for (size_t i = 0; i < next->items; i++) {
        if (youtube_web_read(reader, json_array_get(list, i), ok ? &one : NULL))
            continue;
        if (ok && err)
            *err = one;
        ok = false;
    }
    return ok;
}

bool youtube_web_is_page(const char *text, size_t len)
{
    static const char *const signs[] = {"\"continuationContents\"", "\"liveChatRenderer\""};
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        if (memmem(text, len, signs[i], strlen(signs[i])))
            return true;
    }
    // An action by itself.
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
        size_t name = strlen(actions[i].name);
        if (len > name + 3 && memcmp(text, "{\"", 2) == 0 && memcmp(text + 2, actions[i].name, name) == 0 && text[name + 2] == '"')
            return true;
    }
    return false;
}
