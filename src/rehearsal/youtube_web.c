#include "rehearsal/youtube_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "net/server.h"
#include "rehearsal/youtube_chat.h"

enum { HISTORY = 75, PAGE_ACTIONS = 250, TIMEOUT_MS = 1000 };

#define KEY "rehearsal-web-key"
#define VERSION "2.20261120.01.00"

/* ---- actions ---- */

static json_t *text_of(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

/* The text as runs, each emote with a picture one of its own. */
static json_t *make_runs(const struct message_draft *is)
{
    json_t *runs = json_array();
    size_t at = 0;
    for (size_t i = 0; i < is->emote_count; i++) {
        const struct emote *emote = &is->emotes[i];
        if (emote->from > at)
            json_array_append_new(runs, json_pack("{s:o}", "text", text_of((struct str){is->text.data + at, emote->from - at})));
        json_array_append_new(runs, json_pack("{s:{s:o,s:[o],s:b,s:{s:[{s:o}]}}}", "emoji", "emojiId", text_of(emote->id),
            "shortcuts", text_of((struct str){is->text.data + emote->from, emote->to - emote->from}), "isCustomEmoji", 1, "image",
            "thumbnails", "url", text_of(emote->url)));
        at = emote->to;
    }
    if (is->text.len > at)
        json_array_append_new(runs, json_pack("{s:o}", "text", text_of((struct str){is->text.data + at, is->text.len - at})));
    return json_pack("{s:o}", "runs", runs);
}

static json_t *make_badges(uint32_t roles)
{
    static const struct {
        uint32_t role;
        const char *icon;
    } icons[] = {{ROLE_BROADCASTER, "OWNER"}, {ROLE_MODERATOR, "MODERATOR"}, {ROLE_VERIFIED, "VERIFIED"}};
    json_t *badges = json_array();
    for (size_t i = 0; i < ARRAY_LENGTH(icons); i++) {
        if (roles & icons[i].role)
            json_array_append_new(badges, json_pack("{s:{s:{s:s}}}", "liveChatAuthorBadgeRenderer", "icon", "iconType", icons[i].icon));
    }
    if (roles & ROLE_SUBSCRIBER)
        json_array_append_new(badges, json_pack("{s:{s:{s:[]},s:s}}", "liveChatAuthorBadgeRenderer", "customThumbnail", "thumbnails",
                                                "tooltip", "Member"));
    return badges;
}

static json_t *make_renderer(const struct message_draft *is)
{
    char usec[32];
    snprintf(usec, sizeof(usec), "%lld000", (long long)is->time_ms);
    json_t *renderer = json_pack("{s:o,s:s,s:o,s:{s:o},s:o}", "id", text_of(is->native_id), "timestampUsec", usec,
        "authorExternalChannelId", text_of(is->author.id), "authorName", "simpleText", text_of(is->author.name), "authorBadges",
        make_badges(is->author.roles));
    if (is->text.len > 0)
        json_object_set_new(renderer, "message", make_runs(is));
    if (is->author.avatar.len > 0)
        json_object_set_new(renderer, "authorPhoto", json_pack("{s:[{s:o}]}", "thumbnails", "url", text_of(is->author.avatar)));
    return renderer;
}

static json_t *make_paid(const struct message_draft *is)
{
    json_t *renderer = make_renderer(is);
    char amount[64];
    snprintf(amount, sizeof(amount), "%.*s %lld.%02lld", (int)is->money.currency.len, is->money.currency.data,
             (long long)(is->money.micros / 1000000), (long long)(is->money.micros / 10000 % 100));
    json_object_set_new(renderer, "purchaseAmountText", json_pack("{s:s}", "simpleText", amount));
    return renderer;
}

static json_t *make_item(const char *name, json_t *renderer)
{
    return json_pack("{s:{s:{s:o}}}", "addChatItemAction", "item", name, renderer);
}

static json_t *make_action(const struct message_draft *is)
{
    switch (is->kind) {
    case MESSAGE_CHAT: return make_item("liveChatTextMessageRenderer", make_renderer(is));
    case MESSAGE_GIFT: return is->money.micros > 0 ? make_item("liveChatPaidMessageRenderer", make_paid(is)) : NULL;
    case MESSAGE_DELETE: return json_pack("{s:{s:o}}", "removeChatItemAction", "targetItemId", text_of(is->target.native_id));
    case MESSAGE_BAN: return json_pack("{s:{s:o}}", "removeChatItemByAuthorAction", "externalChannelId", text_of(is->target.author_id));
    default: return NULL;
    }
}

bool youtube_web_write(const struct message *message, struct buffer *out)
{
    json_t *action = make_action(&message->is);
    char *text = action ? json_dumps(action, JSON_COMPACT) : NULL;
    if (text)
        buffer_add_string(out, text);
    free(text);
    json_decref(action);
    return text;
}

/* ---- pages ---- */

static void add_actions(const struct youtube_web *web, uint64_t from, uint64_t to, struct buffer *out)
{
    buffer_add_string(out, ",\"actions\":[");
    for (uint64_t i = from; i < to; i++) {
        size_t len;
        const char *action = youtube_chat_item(web->chat, i, &len);
        if (i > from)
            buffer_add_char(out, ',');
        buffer_add(out, action, len);
    }
    buffer_add_char(out, ']');
}

static void respond(struct server_request *request, const char *type, struct buffer *body)
{
    server_respond(request, 200, type, NULL, 0, body->data, body->len);
    buffer_fini(body);
}

static const char page_head[] = "<!DOCTYPE html><html><head><script>ytcfg.set({\"INNERTUBE_API_KEY\":\"" KEY "\","
    "\"INNERTUBE_CONTEXT_CLIENT_VERSION\":\"" VERSION "\",\"VISITOR_DATA\":\"rehearsal\"});</script></head><body><script>"
    "window[\"ytInitialData\"] = ";

static void give_page(const struct youtube_web *web, struct server_request *request)
{
    const char *video = server_request_argument(request, "v");
    struct buffer body = {0};
    buffer_add_string(&body, page_head);
    if (!video || strcmp(video, web->video) != 0 || web->is_ended) {
        buffer_add_string(&body, "{\"contents\":{\"messageRenderer\":{}}}");
    } else {
        uint64_t end = youtube_chat_end(web->chat), first = youtube_chat_first(web->chat);
        char token[YOUTUBE_TOKEN_BYTES];
        youtube_chat_make_token(web->chat, 'W', end, token);
        buffer_printf(&body, "{\"contents\":{\"liveChatRenderer\":{\"continuations\":[{\"timedContinuationData\":{\"continuation\":\"TOP\"}}],"
            "\"header\":{\"liveChatHeaderRenderer\":{\"viewSelector\":{\"sortFilterSubMenuRenderer\":{\"subMenuItems\":[{\"continuation\":"
            "{\"reloadContinuationData\":{\"continuation\":\"TOP\"}}},{\"continuation\":{\"reloadContinuationData\":{\"continuation\":\"%s\"}}}]}}}}",
            token);
        add_actions(web, end - first > HISTORY ? end - HISTORY : first, end, &body);
        buffer_add_string(&body, "}}}");
    }
    buffer_add_string(&body, ";</script></body></html>");
    respond(request, "text/html; charset=utf-8", &body);
}

static void give_live(const struct youtube_web *web, struct server_request *request)
{
    struct buffer body = {0};
    buffer_printf(&body, "<!DOCTYPE html><html><head><link rel=\"canonical\" href=\"https://www.youtube.com/%s%s\"></head></html>",
                  web->is_ended ? "@rehearsal" : "watch?v=", web->is_ended ? "" : web->video);
    respond(request, "text/html; charset=utf-8", &body);
}

/* As strict as the page's own server: key, client and continuation must be of the page. */
static void give_chat(const struct youtube_web *web, struct server_request *request)
{
    size_t len;
    const char *sent = server_request_body(request, &len), *key = server_request_argument(request, "key");
    json_t *object = json_parse(sent, len, NULL);
    const json_t *client = json_object_get(json_object_get(object, "context"), "client");
    const char *token = json_get_text(object, "continuation"), *version = json_get_text(client, "clientVersion");
    uint64_t from, end = youtube_chat_end(web->chat);
    bool ok = key && strcmp(key, KEY) == 0 && version && strcmp(version, VERSION) == 0 && token &&
              youtube_chat_read_token(web->chat, 'W', token, &from) && from >= youtube_chat_first(web->chat) && from <= end;
    struct buffer body = {0};
    if (!ok) {
        server_respond_text(request, 400, "Precondition check failed.");
    } else if (web->is_ended && from == end) {
        buffer_add_string(&body, "{\"responseContext\":{}}");
        respond(request, "application/json; charset=UTF-8", &body);
    } else {
        uint64_t to = end - from > PAGE_ACTIONS ? from + PAGE_ACTIONS : end;
        char next[YOUTUBE_TOKEN_BYTES];
        youtube_chat_make_token(web->chat, 'W', to, next);
        buffer_printf(&body, "{\"responseContext\":{},\"continuationContents\":{\"liveChatContinuation\":{\"continuations\":"
            "[{\"timedContinuationData\":{\"timeoutMs\":%d,\"continuation\":\"%s\"}}]", TIMEOUT_MS, next);
        add_actions(web, from, to, &body);
        buffer_add_string(&body, "}}}");
        respond(request, "application/json; charset=UTF-8", &body);
    }
    json_decref(object);
}

bool youtube_web_request(const struct youtube_web *web, struct server_request *request, const char *path)
{
    size_t len = strlen(path);
    // Without a browser's words the page is another one.
    if (!server_request_header(request, "user-agent") || !server_request_header(request, "cookie"))
        server_respond_text(request, 403, "Forbidden");
    else if (strcmp(path, "/live_chat") == 0)
        give_page(web, request);
    else if (strcmp(path, "/youtubei/v1/live_chat/get_live_chat") == 0 && server_request_method(request) == METHOD_POST)
        give_chat(web, request);
    else if (len > 6 && strcmp(path + len - 5, "/live") == 0 && strstr(path, "rehearsal"))
        give_live(web, request);
    else
        return false;
    return true;
}
