/*
 * youtube_write.c - writing with the account that is logged in: say, delete, time out, ban, unban, polls. Each costs units of
 * the same day as reading, and much of it: a write is refused here when the day has too little left, so that reading
 * goes on. Facts: developers.google.com/youtube/v3/live/docs/liveChatMessages/insert, liveChatBans/insert, 2026-08.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/clock.h"
#include "base/memory.h"
#include "connector/login.h"
#include "connector/youtube_inside.h"
#include "net/http.h"

enum { RATE_MS = 10 * 1000, TOKEN_MS = 2000, POLL_OPTIONS_MIN = 2, POLL_OPTIONS_MAX = 5 };

static struct youtube *get_youtube(struct connector *base)
{
    return container_of(base, struct youtube, base);
}

/* ---- what can be done ---- */

static const enum youtube_call calls[CONNECTOR_ACT_COUNT] = {
    [CONNECTOR_SAY] = YOUTUBE_CHAT_INSERT, [CONNECTOR_DELETE] = YOUTUBE_CHAT_DELETE, [CONNECTOR_TIMEOUT] = YOUTUBE_BAN_INSERT,
    [CONNECTOR_BAN] = YOUTUBE_BAN_INSERT, [CONNECTOR_UNBAN] = YOUTUBE_BAN_DELETE, [CONNECTOR_POLL_START] = YOUTUBE_CHAT_INSERT,
    [CONNECTOR_POLL_END] = YOUTUBE_CHAT_TRANSITION,
};

static const char *why_no_login(const struct login *login)
{
    if (*login_remedy(login))
        return login_remedy(login);
    if (!*login_client_id(login))
        return "an API key cannot write: give logins.youtube in antiphon.json (docs/logins.md), then run: antiphon login youtube";
    return login_state(login) == LOGIN_WAITING ? "the login is being renewed; try again in a moment" : "nobody is logged in; run: antiphon login youtube";
}

const char *youtube_can(struct connector *base, enum connector_act_kind kind)
{
    struct youtube *youtube = get_youtube(base);
    if (kind == CONNECTOR_ANNOUNCE)
        return "YouTube has no announcements: say it instead";
    if (kind == CONNECTOR_CLEAR)
        return "YouTube cannot clear a chat: delete messages, or hide people";
    if (!login_token(youtube->login))
        return why_no_login(youtube->login);
    if (youtube->method == YOUTUBE_WEB)
        return "the web page can only be read: take \"method\" out, and give an api_key or \"login\": true";
    if (!youtube->chat)
        return "there is no broadcast now whose chat could be written to";
    if (kind == CONNECTOR_UNBAN && youtube->ban_count == 0)
        return "YouTube undoes only bans that were made here since the last start: use YouTube Studio for others";
    if (kind == CONNECTOR_POLL_END && !youtube->poll_id)
        return "no poll was opened here";
    if (!youtube_quota_has(youtube->quota, calls[kind], clock_unix_ms()))
        return "the day's quota is too far gone for this: reading needs the rest (docs/sources/youtube.md)";
    return NULL;
}

/* ---- bans that can be undone ---- */

static void remember_ban(struct youtube *youtube, const char *channel, const char *id)
{
    struct youtube_ban *ban = &youtube->bans[youtube->ban_count++ % YOUTUBE_BANS_MAX];
    youtube_set_text(&ban->channel, channel);
    youtube_set_text(&ban->id, id);
}

static const char *find_ban(const struct youtube *youtube, const char *channel)
{
    for (size_t i = 0; i < YOUTUBE_BANS_MAX; i++) {
        if (youtube->bans[i].channel && strcmp(youtube->bans[i].channel, channel) == 0)
            return youtube->bans[i].id;
    }
    return NULL;
}

static void forget_ban(struct youtube *youtube, const char *channel)
{
    for (size_t i = 0; i < YOUTUBE_BANS_MAX; i++) {
        if (youtube->bans[i].channel && strcmp(youtube->bans[i].channel, channel) == 0) {
            youtube_set_text(&youtube->bans[i].channel, NULL);
            youtube_set_text(&youtube->bans[i].id, NULL);
        }
    }
}

/* ---- answers ---- */

/* Reasons that mean something else for a write than for a read. */
static const struct {
    const char *reason, *text;
} refusals[] = {
    {"forbidden", "YouTube: this account may not do that in this chat; is it the owner's or a moderator's?"},
    {"insufficientPermissions", "YouTube: the login has too few rights; run: antiphon login youtube"},
    {"liveChatBanInsertionNotAllowed", "YouTube: this account may not ban here, or not this person"},
    {"liveChatUserNotFound", "YouTube: there is no such channel"},
    {"invalidChannelId", "YouTube: there is no such channel"},
    {"bannedUserChannelIdRequired", "YouTube: the channel to ban is missing"},
    {"liveChatMessageNotFound", "YouTube: the message is not there any more"},
    {"messageTextInvalid", "YouTube does not take this text"},
    {"messageTextRequired", "YouTube does not take an empty text"},
    {"modificationNotAllowed", "YouTube: this message cannot be deleted"},
};

static const char *words_of(const struct youtube_failure *failure)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        if (strcmp(refusals[i].reason, failure->reason) == 0)
            return refusals[i].text;
    }
    return failure->text;
}

static void handle_unauthorized(struct youtube *youtube)
{
    struct connector *base = &youtube->base;
    if (login_denied(youtube->login, youtube->write_token)) {
        connector_task_again(base, youtube->task, TOKEN_MS, "the login is being renewed");
    } else {
        connector_task_done(base, youtube->task, CONNECTOR_UNABLE, NULL, "%s", why_no_login(youtube->login));
    }
}

static void handle_refused(struct youtube *youtube, const struct http_result *result)
{
    struct connector *base = &youtube->base;
    struct youtube_failure failure = youtube_explain(result->status, result->body, result->len, result->error.text);
    if (result->status == 0 || result->status >= 500) {
        connector_task_done(base, youtube->task, CONNECTOR_UNSURE, NULL, "%s", failure.text);
    } else if (result->status == 401) {
        handle_unauthorized(youtube);
    } else if (failure.act == YOUTUBE_PARK) {
        youtube_quota_park(youtube->quota, clock_unix_ms());
        connector_task_done(base, youtube->task, CONNECTOR_UNABLE, NULL, "%s", failure.text);
    } else if (failure.act == YOUTUBE_SLOWER) {
        connector_task_again(base, youtube->task, RATE_MS, failure.text);
    } else {
        connector_task_done(base, youtube->task, CONNECTOR_DROPPED, NULL, "%s", words_of(&failure));
    }
}

static void note_success(struct youtube *youtube, const char *id)
{
    switch (youtube->task_kind) {
    case CONNECTOR_TIMEOUT:
    case CONNECTOR_BAN:
        if (id)
            remember_ban(youtube, youtube->task_author, id);
        break;
    case CONNECTOR_UNBAN: forget_ban(youtube, youtube->task_author); break;
    case CONNECTOR_POLL_START: youtube_set_text(&youtube->poll_id, id); break;
    case CONNECTOR_POLL_END: youtube_set_text(&youtube->poll_id, NULL); break;
    default: break;
    }
}

static void handle_written(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    youtube->writing = NULL;
    if (result->error.code != ERROR_NONE) {
        handle_refused(youtube, result);
        return;
    }
    json_t *answer = result->len > 0 ? json_parse_repaired(result->body, result->len, NULL) : NULL;  // 204 has none
    const char *id = json_string_value(json_object_get(answer, "id"));
    note_success(youtube, id);
    // Of a ban or a deletion no message came to be.
    bool is_message = youtube->task_kind == CONNECTOR_SAY || youtube->task_kind == CONNECTOR_POLL_START;
    connector_task_done(&youtube->base, youtube->task, CONNECTOR_ACCEPTED, is_message ? id : NULL, "%s", "");
    json_decref(answer);
}

/* ---- requests ---- */

/* body: handed over, NULL: none. */
static void send_request(struct youtube *youtube, const char *method, json_t *body)
{
    struct error err = {0};
    char *credential = xasprintf("Bearer %s", login_token(youtube->login)), *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct net_header headers[] = {{"authorization", credential}, {"content-type", "application/json"}};
    struct http_options options = {
        .method = method, .headers = headers, .header_count = text ? 2 : 1, .body = text, .body_len = text ? strlen(text) : 0,
        .on_done = handle_written, .data = youtube};
    buffer_add_char(&youtube->write_url, '\0');
    options.url = youtube->write_url.data;
    connector_fill_http(&youtube->base, &options);
    youtube_set_text(&youtube->write_token, login_token(youtube->login));
    youtube->writing = http_start(youtube->base.options.loop, &options, &err);
    if (!youtube->writing)
        connector_task_done(&youtube->base, youtube->task, CONNECTOR_UNABLE, NULL, "%s", err.text);
    free(credential);
    free(text);
    json_decref(body);
}

static void begin(struct youtube *youtube, const char *path)
{
    youtube_url_begin(&youtube->write_url, youtube->api_url, path);
}

static void add(struct youtube *youtube, const char *name, const char *value)
{
    youtube_url_add(&youtube->write_url, name, value);
}

static json_t *make_snippet(const struct youtube *youtube, const char *type)
{
    return json_pack("{s:{s:s,s:s}}", "snippet", "liveChatId", youtube->chat, "type", type);
}

static void say(struct youtube *youtube, const struct connector_act *act)
{
    json_t *body = make_snippet(youtube, "textMessageEvent");
    json_object_set_new(json_object_get(body, "snippet"), "textMessageDetails", json_pack("{s:s}", "messageText", act->text));
    begin(youtube, "/liveChat/messages");
    add(youtube, "part", "snippet");
    send_request(youtube, "POST", body);
}

static void start_poll(struct youtube *youtube, const struct connector_act *act)
{
    json_t *options = json_array(), *body = make_snippet(youtube, "pollEvent");
    for (size_t i = 0; i < act->option_count; i++)
        json_array_append_new(options, json_pack("{s:s}", "optionText", act->options[i]));
    json_object_set_new(json_object_get(body, "snippet"), "pollDetails",
                        json_pack("{s:{s:s,s:o}}", "metadata", "questionText", act->text, "options", options));
    begin(youtube, "/liveChat/messages");
    add(youtube, "part", "snippet");
    send_request(youtube, "POST", body);
}

static void end_poll(struct youtube *youtube, const struct connector_act *act)
{
    begin(youtube, "/liveChat/messages/transition");
    add(youtube, "id", act->native_id && *act->native_id ? act->native_id : youtube->poll_id);
    add(youtube, "status", "closed");
    send_request(youtube, "POST", NULL);
}

static void delete_message(struct youtube *youtube, const struct connector_act *act)
{
    begin(youtube, "/liveChat/messages");
    add(youtube, "id", act->native_id);
    send_request(youtube, "DELETE", NULL);
}

static void ban(struct youtube *youtube, const struct connector_act *act)
{
    bool is_timeout = act->kind == CONNECTOR_TIMEOUT;
    json_t *body = make_snippet(youtube, is_timeout ? "temporary" : "permanent"), *snippet = json_object_get(body, "snippet");
    char seconds[24];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(act->seconds > 0 ? act->seconds : 300));
    if (is_timeout)  // 64-bit numbers are texts
        json_object_set_new(snippet, "banDurationSeconds", json_string(seconds));
    json_object_set_new(snippet, "bannedUserDetails", json_pack("{s:s}", "channelId", act->author_id));
    begin(youtube, "/liveChat/bans");
    add(youtube, "part", "snippet");
    send_request(youtube, "POST", body);
}

static void unban(struct youtube *youtube, const struct connector_act *act)
{
    begin(youtube, "/liveChat/bans");
    add(youtube, "id", find_ban(youtube, act->author_id));
    send_request(youtube, "DELETE", NULL);
}

/* What is wrong with the act itself; NULL: nothing. */
static const char *check_act(const struct youtube *youtube, const struct connector_act *act)
{
    switch (act->kind) {
    case CONNECTOR_SAY: return act->text && *act->text ? NULL : "there is no text";
    case CONNECTOR_DELETE: return act->native_id && *act->native_id ? NULL : "which message?";
    case CONNECTOR_TIMEOUT:
    case CONNECTOR_BAN: return act->author_id && *act->author_id ? NULL : "whom?";
    case CONNECTOR_UNBAN:
        return act->author_id && find_ban(youtube, act->author_id) ? NULL
            : "this ban was not made here since the last start: undo it in YouTube Studio";
    case CONNECTOR_POLL_START:
        return act->text && *act->text && act->option_count >= POLL_OPTIONS_MIN && act->option_count <= POLL_OPTIONS_MAX ? NULL
            : "a poll at YouTube has a question and 2 to 5 answers";
    default: return NULL;
    }
}

void youtube_act(struct connector *base, const struct connector_task *task)
{
    static void (*const senders[CONNECTOR_ACT_COUNT])(struct youtube *youtube, const struct connector_act *act) = {
        [CONNECTOR_SAY] = say, [CONNECTOR_DELETE] = delete_message, [CONNECTOR_TIMEOUT] = ban, [CONNECTOR_BAN] = ban,
        [CONNECTOR_UNBAN] = unban, [CONNECTOR_POLL_START] = start_poll, [CONNECTOR_POLL_END] = end_poll,
    };
    struct youtube *youtube = get_youtube(base);
    const struct connector_act *act = &task->act;
    const char *why_not = youtube_can(base, act->kind);
    http_cancel(youtube->writing);  // one that was given up
    youtube->writing = NULL;
    youtube->task = task->number;
    youtube->task_kind = act->kind;
    youtube_set_text(&youtube->task_author, act->author_id);
    if (!why_not)
        why_not = check_act(youtube, act);
    if (why_not) {
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "%s", why_not);
        return;
    }
    youtube_quota_take(youtube->quota, calls[act->kind], clock_unix_ms());
    youtube_show_budget(youtube);
    senders[act->kind](youtube, act);
}
