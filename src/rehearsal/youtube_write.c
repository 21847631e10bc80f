#include "rehearsal/youtube_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/login.h"
#include "rehearsal/side.h"

enum { COST_WRITE = 50, COST_BAN = 200, TEXT_MAX = 200, OPTIONS_MIN = 2, OPTIONS_MAX = 5 };

#define OWN_CHANNEL "UCrehearsal0000000000000"

static const struct message_author owner = {
    .id = STR(OWN_CHANNEL), .login = STR("rehearsal"), .name = STR("@rehearsal"), .roles = ROLE_BROADCASTER,
};

void youtube_fail(struct server_request *request, int status, const char *domain, const char *reason, const char *text)
{
    json_t *body = json_pack("{s:{s:i,s:s,s:[{s:s,s:s,s:s}]}}", "error", "code", status, "message", text, "errors", "message", text,
                             "domain", domain, "reason", reason);
    server_respond_json(request, status, NULL, 0, body);
}

/* Noted as refused, and answered. */
static void refuse(const struct youtube_desk *desk, struct side_write *write, int status, const char *reason)
{
    write->outcome = "denied";
    write->why = reason;
    side_note_write(desk->side, write);
    youtube_fail(desk->request, status, "youtube.liveChat", reason, "The request was refused.");
}

static void accept(const struct youtube_desk *desk, struct side_write *write)
{
    write->outcome = "accepted";
    side_note_write(desk->side, write);
    side_echo(desk->side, write, &owner);
}

static void respond_id(const struct youtube_desk *desk, const char *kind, const char *id)
{
    json_t *body = json_pack("{s:s,s:s,s:s}", "kind", kind, "etag", "w", "id", id);
    server_respond_json(desk->request, 200, NULL, 0, body);
}

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* ---- messages ---- */

static void insert_text(const struct youtube_desk *desk, const json_t *snippet)
{
    const char *text = json_get_text(json_object_get(snippet, "textMessageDetails"), "messageText");
    char id[TRANSCRIPT_ID_BYTES];
    struct side_write write = {.act = "say", .text = text};
    if (!text || !*text || count_characters(text) > TEXT_MAX) {
        refuse(desk, &write, 400, "messageTextInvalid");
        return;
    }
    side_mint_id(desk->side, id);
    write.native_id = id;
    accept(desk, &write);
    respond_id(desk, "youtube#liveChatMessage", id);
}

/* All viewers see it by activePollItem and an item. */
static void show_poll(const struct youtube_desk *desk, const char *id, const char *question, json_t *options, const char *state)
{
    json_t *detail = json_pack("{s:O,s:s}", "options", options, "state", state);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_POLL, .platform = STR("youtube"), .native_id = str_from(id), .author = owner, .text = str_from(question),
        .time_ms = 1, .detail = detail});
    desk->side->impl->say(desk->side, message);
    message_unref(message);
    json_decref(detail);
}

static void insert_poll(const struct youtube_desk *desk, const json_t *snippet)
{
    const json_t *metadata = json_object_get(json_object_get(snippet, "pollDetails"), "metadata"), *given = json_object_get(metadata, "options");
    const char *question = json_get_text(metadata, "questionText");
    char id[TRANSCRIPT_ID_BYTES];
    struct side_write write = {.act = "poll_start", .text = question, .detail = (json_t *)given};
    if (!question || json_array_size(given) < OPTIONS_MIN || json_array_size(given) > OPTIONS_MAX) {
        refuse(desk, &write, 400, "invalidValue");
        return;
    }
    side_mint_id(desk->side, id);
    json_t *options = json_array();
    for (size_t i = 0; i < json_array_size(given); i++) {
        const char *text = json_get_text(json_array_get(given, i), "optionText");
        json_array_append_new(options, json_pack("{s:s,s:i}", "text", text ? text : "", "votes", 0));
    }
    write.native_id = id;
    write.outcome = "accepted";
    side_note_write(desk->side, &write);
    show_poll(desk, id, question, options, "open");
    json_decref(options);
    respond_id(desk, "youtube#liveChatMessage", id);
}

static void insert_message(const struct youtube_desk *desk, const json_t *snippet)
{
    const char *type = json_get_text(snippet, "type");
    if (type && strcmp(type, "textMessageEvent") == 0) {
        insert_text(desk, snippet);
    } else if (type && strcmp(type, "pollEvent") == 0) {
        insert_poll(desk, snippet);
    } else {
        youtube_fail(desk->request, 400, "youtube.liveChat", "invalidValue", "snippet.type cannot be inserted.");
    }
}

static void end_poll(const struct youtube_desk *desk)
{
    const char *id = server_request_argument(desk->request, "id"), *status = server_request_argument(desk->request, "status");
    struct side_write write = {.act = "poll_end", .native_id = id};
    if (!id || strncmp(id, "LCC.", 4) != 0 || !status || strcmp(status, "closed") != 0) {
        refuse(desk, &write, 400, "invalidValue");
        return;
    }
    write.outcome = "accepted";
    side_note_write(desk->side, &write);
    respond_id(desk, "youtube#liveChatMessage", id);
}

static void delete_message(const struct youtube_desk *desk)
{
    const char *id = server_request_argument(desk->request, "id");
    struct side_write write = {.act = "delete", .native_id = id};
    if (!id || strncmp(id, "LCC.", 4) != 0) {
        refuse(desk, &write, 404, "liveChatMessageNotFound");
        return;
    }
    accept(desk, &write);
    server_respond(desk->request, 204, "application/json", NULL, 0, "", 0);
}

/* ---- bans: their id holds the channel, so that none has to be remembered ---- */

static void insert_ban(const struct youtube_desk *desk, const json_t *snippet)
{
    const char *type = json_get_text(snippet, "type"), *channel = json_get_text(json_object_get(snippet, "bannedUserDetails"), "channelId");
    bool is_timeout = type && strcmp(type, "temporary") == 0;
    struct side_write write = {.act = is_timeout ? "timeout" : "ban", .author_id = channel,
                               .seconds = is_timeout ? json_get_int(snippet, "banDurationSeconds", 0) : 0};
    if (!channel || strncmp(channel, "UC", 2) != 0) {
        refuse(desk, &write, 400, channel ? "invalidChannelId" : "bannedUserChannelIdRequired");
    } else if (strcmp(channel, OWN_CHANNEL) == 0) {
        refuse(desk, &write, 403, "liveChatBanInsertionNotAllowed");
    } else if (is_timeout && write.seconds <= 0) {
        refuse(desk, &write, 400, "invalidValue");
    } else {
        char *id = xasprintf("ban-%s", channel);
        accept(desk, &write);
        respond_id(desk, "youtube#liveChatBan", id);
        free(id);
    }
}

static void delete_ban(const struct youtube_desk *desk)
{
    const char *id = server_request_argument(desk->request, "id");
    bool is_ban = id && strncmp(id, "ban-", 4) == 0;
    struct side_write write = {.act = "unban", .author_id = is_ban ? id + 4 : NULL};
    if (!is_ban) {
        refuse(desk, &write, 404, "liveChatBanNotFound");
        return;
    }
    accept(desk, &write);
    server_respond(desk->request, 204, "application/json", NULL, 0, "", 0);
}

/* ---- routing ---- */

static const struct {
    enum server_method method;
    const char *path;
    int cost;
    void (*with_body)(const struct youtube_desk *desk, const json_t *snippet);
    void (*without)(const struct youtube_desk *desk);
} routes[] = {
    {METHOD_POST, "/liveChat/messages", COST_WRITE, insert_message, NULL},
    {METHOD_DELETE, "/liveChat/messages", COST_WRITE, NULL, delete_message},
    {METHOD_POST, "/liveChat/messages/transition", COST_WRITE, NULL, end_poll},
    {METHOD_POST, "/liveChat/bans", COST_BAN, insert_ban, NULL},
    {METHOD_DELETE, "/liveChat/bans", COST_BAN, NULL, delete_ban},
};

static bool is_allowed(const struct youtube_desk *desk)
{
    const char *token = login_side_token(desk->request);
    if (token && login_side_knows(desk->side->rehearsal, "youtube", token))
        return true;
    youtube_fail(desk->request, 401, "global", "authError", token ? "Invalid Credentials"
                 : "Request is missing required authentication credential. Expected OAuth 2 access token.");
    return false;
}

static void with_body(const struct youtube_desk *desk, void (*fn)(const struct youtube_desk *desk, const json_t *snippet))
{
    size_t len;
    const char *body = server_request_body(desk->request, &len), *part = server_request_argument(desk->request, "part");
    json_t *object = json_parse(body, len, NULL);
    const json_t *snippet = json_object_get(object, "snippet");
    const char *chat = json_get_text(snippet, "liveChatId");
    if (!snippet || !part || strcmp(part, "snippet") != 0)
        youtube_fail(desk->request, 400, "global", "invalidValue", "part=snippet and a snippet are required.");
    else if (!chat || strcmp(chat, desk->chat_id) != 0)
        youtube_fail(desk->request, 404, "youtube.liveChat", "liveChatNotFound", "The live chat cannot be found.");
    else if (desk->is_ended)
        youtube_fail(desk->request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
    else
        fn(desk, snippet);
    json_decref(object);
}

bool youtube_write(const struct youtube_desk *desk, const char *path)
{
    enum server_method method = server_request_method(desk->request);
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (routes[i].method != method || strcmp(routes[i].path, path) != 0)
            continue;
        if (!is_allowed(desk) || !desk->charge(desk->side, desk->request, routes[i].cost))
            return true;
        if (routes[i].with_body)
            with_body(desk, routes[i].with_body);
        else
            routes[i].without(desk);
        return true;
    }
    return false;
}
