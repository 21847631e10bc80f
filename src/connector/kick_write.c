/*
 * kick_write.c - chat, removal of a message, time-out, ban and unban by the official API, in the name of a login.
 * Source: docs.kick.com, /public/v1/chat and /public/v1/moderation/bans (2026-06). Kick publishes no rates.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/kick_inside.h"
#include "connector/login.h"
#include "net/form.h"
#include "net/http.h"

enum { MINUTES_MAX = 10080, REASON_MAX = 100, BUSY_MS = 10 * 1000, DENIED_MS = 1000, ID_BYTES_MAX = 128 };

static const char *scope_of(enum connector_act_kind kind)
{
    return kind == CONNECTOR_SAY ? "chat:write" : kind == CONNECTOR_DELETE ? "moderation:chat_message:manage"
         : kind == CONNECTOR_TIMEOUT || kind == CONNECTOR_BAN || kind == CONNECTOR_UNBAN ? "moderation:ban" : NULL;
}

const char *kick_can(struct connector *base, enum connector_act_kind kind)
{
    struct kick *kick = kick_of(base);
    const char *scope = scope_of(kind);
    if (!scope)
        return "Kick's API cannot do this; do it at kick.com";
    if (!login_token(kick->login))
        return kick->login && *login_remedy(kick->login) ? login_remedy(kick->login)
                                                         : "nobody is logged in: antiphon login kick";
    if (!login_has_scope(kick->login, scope))
        return "the login lacks a permission: log in again: antiphon login kick";
    return kick->user_id > 0 ? NULL : "Kick has not told yet whose channel it is; try again in a moment";
}

/* ---- the answer ---- */

/* {"data":…,"message":"…"}: their words, bounded. */
static void words_of(const struct http_result *result, char *text, size_t size)
{
    json_t *answer = json_parse(result->body ? result->body : "", result->len, NULL);
    const char *message = json_get_text(answer, "message");
    if (!message)
        message = result->error.text;
    size_t len = strlen(message), cut = len < size ? len : utf8_cut(message, size - 1);
    memcpy(text, message, cut);
    text[cut] = '\0';
    json_decref(answer);
}

static void finish(struct kick *kick, const struct http_result *result)
{
    uint64_t number = kick->write_number;
    json_t *answer = json_parse(result->body, result->len, NULL);
    const json_t *data = json_object_get(answer, "data");
    if (kick->write_kind != CONNECTOR_SAY) {
        connector_task_done(&kick->base, number, CONNECTOR_ACCEPTED, NULL, "%s", "");
    } else if (json_get_bool(data, "is_sent", true)) {
        connector_task_done(&kick->base, number, CONNECTOR_ACCEPTED, json_get_text(data, "message_id"), "%s", "");
    } else {
        connector_task_done(&kick->base, number, CONNECTOR_DROPPED, NULL, "Kick did not show it: a rule of the chat, or the "
                            "same words twice");
    }
    json_decref(answer);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    struct connector *base = &kick->base;
    uint64_t number = kick->write_number;
    char words[200];
    kick->write = NULL;
    if (result->error.code == ERROR_NONE) {
        finish(kick, result);
        return;
    }
    words_of(result, words, sizeof(words));
    const char *after = http_result_header(result, "retry-after");
    if (result->status == 429) {
        connector_task_again(base, number, after && atoi(after) > 0 ? (int64_t)atoi(after) * 1000 : BUSY_MS, words);
    } else if (result->status == 401 && login_denied(kick->login, kick->used_token)) {
        connector_task_again(base, number, DENIED_MS, "the login is being renewed");
    } else if (result->status == 401) {
        connector_task_done(base, number, CONNECTOR_UNABLE, NULL, "%s", login_remedy(kick->login));
    } else if (result->status == 403) {
        connector_task_done(base, number, CONNECTOR_UNABLE, NULL, "Kick refuses: %s (log in again as the streamer or a "
                            "moderator: antiphon login kick)", words);
    } else if (result->status >= 400 && result->status < 500) {
        connector_task_done(base, number, CONNECTOR_DROPPED, NULL, "Kick refuses: %s", words);
    } else {
        connector_task_done(base, number, CONNECTOR_UNSURE, NULL, "%s", words);
    }
}

/* ---- the request ---- */

static json_t *chat_body(const struct kick *kick, const struct connector_act *act)
{
    json_t *body = json_pack("{s:s, s:I, s:s}", "type", "user", "broadcaster_user_id", (json_int_t)kick->user_id, "content",
                             act->text);
    if (act->native_id && *act->native_id)
        json_object_set_new(body, "reply_to_message_id", json_string(act->native_id));
    return body;
}

static json_t *ban_body(const struct kick *kick, const struct connector_act *act, int64_t author_id)
{
    json_t *body = json_pack("{s:I, s:I}", "broadcaster_user_id", (json_int_t)kick->user_id, "user_id", (json_int_t)author_id);
    int64_t minutes = act->seconds / 60 + (act->seconds % 60 > 0);
    if (act->kind == CONNECTOR_TIMEOUT)
        json_object_set_new(body, "duration", json_integer(minutes < 1 ? 1 : minutes > MINUTES_MAX ? MINUTES_MAX : minutes));
    if (act->kind != CONNECTOR_UNBAN && act->text && *act->text) {
        size_t len = strlen(act->text);
        while (utf8_count(act->text, len) > REASON_MAX)
            len = utf8_cut(act->text, len - 1);
        json_object_set_new(body, "reason", json_stringn(act->text, len));
    }
    return body;
}

static bool is_number(const char *text, int64_t *number)
{
    char *end = NULL;
    *number = text ? strtoll(text, &end, 10) : 0;
    return *number > 0 && *end == '\0';
}

static void send(struct kick *kick, const struct connector_task *task, const char *method, const char *path, json_t *body)
{
    struct error err = {0};
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    http_cancel(kick->write);  // it took too long: the base has given it up
    kick->write_number = task->number;
    kick->write_kind = task->act.kind;
    kick->write = kick_call(kick, method, path, text, handle_done, &err);
    free(text);
    json_decref(body);
    if (!kick->write)
        connector_task_done(&kick->base, task->number, CONNECTOR_UNABLE, NULL, "api_url: %s", err.text);
}

void kick_act(struct connector *base, const struct connector_task *task)
{
    struct kick *kick = kick_of(base);
    const struct connector_act *act = &task->act;
    int64_t author_id;
    if (act->kind == CONNECTOR_SAY) {
        send(kick, task, "POST", "/chat", chat_body(kick, act));
    } else if (act->kind == CONNECTOR_DELETE) {
        struct buffer path = {0};
        const char *id = act->native_id ? act->native_id : "";
        buffer_add_string(&path, "/chat/");
        form_escape(&path, id, strnlen(id, ID_BYTES_MAX));
        buffer_add_char(&path, '\0');
        send(kick, task, "DELETE", path.data, NULL);
        buffer_fini(&path);
    } else if (!is_number(act->author_id, &author_id)) {
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "Kick gave no user id with this person's messages");
    } else {
        send(kick, task, act->kind == CONNECTOR_UNBAN ? "DELETE" : "POST", "/moderation/bans", ban_body(kick, act, author_id));
    }
}
