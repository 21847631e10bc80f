#include "connector/twitch_act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/form.h"

enum {
    REASON_CHARS = 500, TITLE_CHARS = 60, OPTION_CHARS = 25, OPTIONS_MIN = 2, OPTIONS_MAX = 5,
    POLL_S_MIN = 15, POLL_S_MAX = 1800, POLL_S = 60, TIMEOUT_S_MAX = 1209600,
};

const char *twitch_act_scope(enum connector_act_kind kind)
{
    switch (kind) {
    case CONNECTOR_SAY: return "user:write:chat";
    case CONNECTOR_ANNOUNCE: return "moderator:manage:announcements";
    case CONNECTOR_DELETE:
    case CONNECTOR_CLEAR: return "moderator:manage:chat_messages";
    case CONNECTOR_TIMEOUT:
    case CONNECTOR_BAN:
    case CONNECTOR_UNBAN: return "moderator:manage:banned_users";
    case CONNECTOR_POLL_START:
    case CONNECTOR_POLL_END: return "channel:manage:polls";
    case CONNECTOR_ACT_COUNT: break;
    }
    return "";
}

/* ---- what is asked for ---- */

struct request {
    const char *method;
    struct buffer target;  // path and query
    json_t *body;          // owned; NULL: none
};

static void add_path(struct request *request, const char *method, const char *path)
{
    request->method = method;
    buffer_add_string(&request->target, path);
}

static void add_query(struct request *request, const char *key, const char *value)
{
    buffer_add_char(&request->target, memchr(request->target.data, '?', request->target.len) ? '&' : '?');
    buffer_add_string(&request->target, key);
    buffer_add_char(&request->target, '=');
    form_escape(&request->target, value, strlen(value));
}

static void add_ids(struct request *request, const struct twitch_act *act, const char *broadcaster)
{
    add_query(request, "broadcaster_id", broadcaster);
    add_query(request, "moderator_id", login_account_id(act->call.helix->login));
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static bool refuse(struct twitch_act *act, const char *why)
{
    connector_task_done(act->base, act->number, CONNECTOR_UNABLE, NULL, "%s", why);
    return false;
}

static bool build_say(struct twitch_act *act, const struct connector_act *what, const char *broadcaster,
                      struct request *request)
{
    add_path(request, "POST", "/chat/messages");
    request->body = json_pack("{s:s,s:s,s:s}", "broadcaster_id", broadcaster, "sender_id",
                              login_account_id(act->call.helix->login), "message", text_of(what->text));
    if (what->native_id && *what->native_id)
        json_object_set_new(request->body, "reply_parent_message_id", json_string(what->native_id));
    return request->body || refuse(act, "the text is no valid UTF-8");
}

static bool build_announce(struct twitch_act *act, const struct connector_act *what, const char *broadcaster,
                           struct request *request)
{
    add_path(request, "POST", "/chat/announcements");
    add_ids(request, act, broadcaster);
    request->body = json_pack("{s:s}", "message", text_of(what->text));
    return request->body || refuse(act, "the text is no valid UTF-8");
}

/* Without message_id the same request empties the whole room: it must be there. */
static bool build_removal(struct twitch_act *act, const struct connector_act *what, const char *broadcaster,
                          struct request *request)
{
    add_path(request, "DELETE", "/moderation/chat");
    add_ids(request, act, broadcaster);
    if (what->kind == CONNECTOR_CLEAR)
        return true;
    if (!what->native_id || !*what->native_id)
        return refuse(act, "a deletion needs the message's id");
    add_query(request, "message_id", what->native_id);
    return true;
}

static bool build_ban(struct twitch_act *act, const struct connector_act *what, const char *broadcaster,
                      struct request *request)
{
    if (!what->author_id || !*what->author_id)
        return refuse(act, "whom? the person's id is missing");
    if (what->kind == CONNECTOR_TIMEOUT && (what->seconds < 1 || what->seconds > TIMEOUT_S_MAX))
        return refuse(act, "a time-out lasts 1 to 1209600 seconds (14 days) on Twitch");
    add_path(request, what->kind == CONNECTOR_UNBAN ? "DELETE" : "POST", "/moderation/bans");
    add_ids(request, act, broadcaster);
    if (what->kind == CONNECTOR_UNBAN) {
        add_query(request, "user_id", what->author_id);
        return true;
    }
    json_t *data = json_pack("{s:s}", "user_id", what->author_id);
    if (what->kind == CONNECTOR_TIMEOUT)
        json_object_set_new(data, "duration", json_integer(what->seconds));
    if (what->text && *what->text && utf8_count(what->text, strlen(what->text)) <= REASON_CHARS)
        json_object_set_new(data, "reason", json_string(what->text));
    request->body = json_pack("{s:o}", "data", data);
    return request->body || refuse(act, "the person's id is no valid UTF-8");
}

static bool is_short(const char *text, size_t chars)
{
    return text && *text && utf8_count(text, strlen(text)) <= chars;
}

static bool build_poll(struct twitch_act *act, const struct connector_act *what, const char *broadcaster,
                       struct request *request)
{
    int64_t seconds = what->seconds > 0 ? what->seconds : POLL_S;
    if (!is_short(what->text, TITLE_CHARS))
        return refuse(act, "a poll's title has 1 to 60 characters on Twitch");
    if (what->option_count < OPTIONS_MIN || what->option_count > OPTIONS_MAX)
        return refuse(act, "a poll has 2 to 5 options on Twitch");
    if (seconds < POLL_S_MIN || seconds > POLL_S_MAX)
        return refuse(act, "a poll lasts 15 to 1800 seconds on Twitch");
    json_t *choices = json_array();
    for (size_t i = 0; i < what->option_count; i++) {
        if (!is_short(what->options[i], OPTION_CHARS)) {
            json_decref(choices);
            return refuse(act, "a poll's options have 1 to 25 characters on Twitch");
        }
        json_array_append_new(choices, json_pack("{s:s}", "title", what->options[i]));
    }
    add_path(request, "POST", "/polls");
    request->body = json_pack("{s:s,s:s,s:o,s:I}", "broadcaster_id", broadcaster, "title", what->text, "choices", choices,
                              "duration", (json_int_t)seconds);
    return request->body || refuse(act, "the poll's words are no valid UTF-8");
}

static bool build_poll_end(struct twitch_act *act, const struct connector_act *what, const char *broadcaster,
                           struct request *request)
{
    if (!what->native_id || !*what->native_id)
        return refuse(act, "which poll? its id is missing");
    add_path(request, "PATCH", "/polls");
    request->body = json_pack("{s:s,s:s,s:s}", "broadcaster_id", broadcaster, "id", what->native_id, "status", "TERMINATED");
    return request->body || refuse(act, "the poll's id is no valid UTF-8");
}

static bool build(struct twitch_act *act, const struct connector_act *what, const char *broadcaster, struct request *request)
{
    switch (what->kind) {
    case CONNECTOR_SAY: return build_say(act, what, broadcaster, request);
    case CONNECTOR_ANNOUNCE: return build_announce(act, what, broadcaster, request);
    case CONNECTOR_DELETE:
    case CONNECTOR_CLEAR: return build_removal(act, what, broadcaster, request);
    case CONNECTOR_TIMEOUT:
    case CONNECTOR_BAN:
    case CONNECTOR_UNBAN: return build_ban(act, what, broadcaster, request);
    case CONNECTOR_POLL_START: return build_poll(act, what, broadcaster, request);
    case CONNECTOR_POLL_END: return build_poll_end(act, what, broadcaster, request);
    case CONNECTOR_ACT_COUNT: break;
    }
    return refuse(act, "Twitch has no such thing");
}

/* ---- what came of it ---- */

/* 200 {"data":[{"message_id":"…","is_sent":true,"drop_reason":{"code","message"}?}]} */
static void handle_sent(struct twitch_act *act, const json_t *item)
{
    const json_t *reason = json_object_get(item, "drop_reason");
    if (json_is_array(reason))
        reason = json_array_get(reason, 0);
    if (json_get_bool(item, "is_sent", false)) {
        connector_task_done(act->base, act->number, CONNECTOR_ACCEPTED, json_get_text(item, "message_id"), "%s", "");
        return;
    }
    const char *words = json_get_text(reason, "message"), *code = json_get_text(reason, "code");
    connector_task_done(act->base, act->number, CONNECTOR_DROPPED, NULL, "Twitch did not send it: %s%s%s%s",
                        words ? words : "it gives no reason", code ? " (" : "", code ? code : "", code ? ")" : "");
}

static void handle_success(struct twitch_act *act, const json_t *json)
{
    const json_t *item = json_array_get(json_object_get(json, "data"), 0);
    if (act->kind == CONNECTOR_SAY) {
        handle_sent(act, item);
    } else {
        const char *id = act->kind == CONNECTOR_POLL_START ? json_get_text(item, "id") : NULL;
        connector_task_done(act->base, act->number, CONNECTOR_ACCEPTED, id, "%s", "");
    }
}

static void handle_denied(struct twitch_act *act, const struct twitch_answer *answer)
{
    const char *scope = twitch_act_scope(act->kind);
    bool lacks_scope = strcasestr(answer->error.text, "scope") || !login_has_scope(act->call.helix->login, scope);
    if (lacks_scope) {
        connector_task_done(act->base, act->number, CONNECTOR_UNABLE, NULL,
                            "%s; the login lacks %s: log in again: antiphon login twitch", answer->error.text, scope);
    } else {
        connector_task_done(act->base, act->number, answer->status == 403 ? CONNECTOR_DROPPED : CONNECTOR_UNABLE, NULL,
                            "%s", answer->error.text);
    }
}

static void handle_answer(void *data, const struct twitch_answer *answer)
{
    struct twitch_act *act = data;
    const struct error *error = &answer->error;
    if (error->code == ERROR_NONE) {
        handle_success(act, answer->json);
    } else if (answer->status == 429) {
        connector_task_again(act->base, act->number, answer->retry_ms > 0 ? answer->retry_ms : 1000, error->text);
    } else if (error->code == ERROR_DENIED) {
        handle_denied(act, answer);
    } else if (answer->status >= 400 && answer->status < 500) {
        connector_task_done(act->base, act->number, CONNECTOR_DROPPED, NULL, "%s", error->text);
    } else {
        // It may have reached Twitch: sent again, it might be there twice.
        connector_task_done(act->base, act->number, CONNECTOR_UNSURE, NULL, "%s", error->text);
    }
}

void twitch_act_start(struct twitch_act *act, struct twitch_helix *helix, const char *broadcaster,
                      const struct connector_task *task)
{
    struct request request = {0};
    act->base = helix->base;
    act->call.helix = helix;
    act->number = task->number;
    act->kind = task->act.kind;
    if (build(act, &task->act, broadcaster, &request)) {
        char *body = request.body ? json_dumps(request.body, JSON_COMPACT) : NULL;
        buffer_add_char(&request.target, '\0');
        twitch_call_start(&act->call, helix, request.method, request.target.data, body, handle_answer, act);
        free(body);
    }
    json_decref(request.body);
    buffer_fini(&request.target);
}

void twitch_act_cancel(struct twitch_act *act)
{
    twitch_call_cancel(&act->call);
}
