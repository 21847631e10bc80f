#include "connector/youtube_web_action.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/youtube_web_item.h"

enum { OPTIONS_MAX = 16 };

static bool read_add(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *holder = json_object_get(action, "item");
    return json_is_object(holder) ? youtube_web_read_item(reader, holder, err)
                                  : error_set(err, ERROR_DATA, "addChatItemAction without item");
}

static bool read_replace(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *holder = json_object_get(action, "replacementItem");
    return json_is_object(holder) ? youtube_web_read_item(reader, holder, err)
                                  : error_set(err, ERROR_DATA, "replaceChatItemAction without replacementItem");
}

static bool read_delete(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    struct youtube_web_item item;
    youtube_web_begin_item(&item, reader, action);
    item.draft.kind = MESSAGE_DELETE;
    item.draft.target.native_id = field_text(action, "targetItemId");
    struct str words = youtube_web_plain(&item, "deletedStateMessage");
    if (words.len > 0 && memmem(words.data, words.len, "retracted", 9))
        field_add_text(&item.extras, "reason", STR("retracted"));
    bool is_good = item.draft.target.native_id.len > 0;
    return youtube_web_deliver_item(&item, is_good || error_set(err, ERROR_DATA, "a deletion without targetItemId"));
}

static bool read_ban(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    struct youtube_web_item item;
    youtube_web_begin_item(&item, reader, action);
    item.draft.kind = MESSAGE_BAN;
    item.draft.target.author_id = field_text(action, "externalChannelId");
    bool is_good = item.draft.target.author_id.len > 0;
    return youtube_web_deliver_item(&item, is_good || error_set(err, ERROR_DATA, "a ban without externalChannelId"));
}

/* Shares of all votes become votes, as near as percents allow. */
static json_t *read_choices(struct youtube_web_item *item, const json_t *choices, int64_t total, struct buffer *key)
{
    json_t *options = json_array();
    for (size_t i = 0; i < json_array_size(choices) && i < OPTIONS_MAX; i++) {
        const json_t *choice = json_array_get(choices, i);
        struct str text = youtube_web_text(item, json_object_get(choice, "text"), &item->title, false);
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
    struct youtube_web_item item;
    struct buffer key = {0};
    youtube_web_begin_item(&item, reader, poll);
    const json_t *header = youtube_web_walk(poll, "header.pollHeaderRenderer"), *choices = json_object_get(poll, "choices");
    item.draft.kind = MESSAGE_POLL;
    item.draft.native_id = field_text(poll, "liveChatPollId");
    int64_t total = youtube_web_number(youtube_web_text(&item, json_object_get(header, "metadataText"), &item.title, false), 0);
    // "@anna • just now • 26 votes": the votes stand last.
    const json_t *runs = youtube_web_walk(header, "metadataText.runs");
    if (json_array_size(runs) > 0)
        total = youtube_web_number(field_text(json_array_get(runs, json_array_size(runs) - 1), "text"), total);
    buffer_printf(&key, "%.*s#%s", (int)item.draft.native_id.len, item.draft.native_id.data ? item.draft.native_id.data : "", state);
    field_add(&item.extras, "options", read_choices(&item, choices, total, &key));
    field_add_text(&item.extras, "state", str_from(state));
    item.draft.text = youtube_web_text(&item, json_object_get(header, "pollQuestion"), &item.text, false);
    if (key.len < YOUTUBE_WEB_KEY_BYTES && item.draft.native_id.len > 0) {
        memcpy(item.key, key.data, key.len);
        item.draft.event_key = (struct str){item.key, key.len};
    }
    buffer_fini(&key);
    if (json_is_array(choices) && item.draft.native_id.len > 0 && strcmp(state, "open") == 0)
        youtube_reader_keep_poll(reader, poll);
    return youtube_web_deliver_item(&item, json_is_array(choices) || error_set(err, ERROR_DATA, "a poll without choices"));
}

static bool read_poll_update(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    return read_poll(reader, youtube_web_walk(action, "pollToUpdate.pollRenderer"), "open", err);
}

static bool read_panel(struct youtube_reader *reader, const json_t *action, struct error *err)
{
    const json_t *poll = youtube_web_walk(action, "panelToShow.liveChatActionPanelRenderer.contents.pollRenderer");
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
    const json_t *banner = youtube_web_walk(action, "bannerRenderer.liveChatBannerRenderer");
    const json_t *redirect = youtube_web_walk(banner, "contents.liveChatBannerRedirectRenderer");
    if (!redirect)
        return true;
    struct youtube_web_item item;
    youtube_web_begin_item(&item, reader, redirect);
    item.draft.kind = MESSAGE_RAID;
    item.draft.native_id = item.draft.event_key = field_text(banner, "actionId");
    field_add_text(&item.extras, "system", youtube_web_plain(&item, "bannerMessage"));
    item.draft.author.name = field_text(json_array_get(youtube_web_walk(redirect, "bannerMessage.runs"), 0), "text");
    item.draft.author.avatar = youtube_web_picture(json_object_get(redirect, "authorPhoto"), item.avatar);
    return youtube_web_deliver_item(&item, true);
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
            youtube_web_note_unknown(reader, name);
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
    const json_t *menu = youtube_web_walk(
        renderer, "header.liveChatHeaderRenderer.viewSelector.sortFilterSubMenuRenderer.subMenuItems");
    take_continuation(json_object_get(json_array_get(menu, 1), "continuation"), next);
}

bool youtube_web_read_page(struct youtube_reader *reader, const json_t *page, struct youtube_web_next *next,
                           struct error *err)
{
    *next = (struct youtube_web_next){0};
    const json_t *first = youtube_web_walk(page, "contents.liveChatRenderer");
    const json_t *chat = first ? first : youtube_web_walk(page, "continuationContents.liveChatContinuation");
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
