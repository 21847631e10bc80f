#include "api/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/client.h"
#include "api/command_rules.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/journal.h"
#include "relay/moderation.h"
#include "relay/poll_recount.h"
#include "relay/questions.h"
#include "relay/replies.h"

static const struct command *const groups[] = {
    commands_question, commands_poll,   commands_captions, commands_moderation,
    commands_source,   commands_output, commands_history,  commands_access, commands_reply,
    commands_card,
    commands_login,
    commands_audit,
    commands_crew,
    commands_feed,
    commands_gate,
    commands_host,
    commands_question_work,
    commands_show,
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        for (const struct command *command = groups[i]; command->name; command++) {
            if (strcmp(command->name, name) == 0)
                return command;
        }
    }
    return NULL;
}

const struct command *command_at(size_t index)
{
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        for (const struct command *command = groups[i]; command->name; command++) {
            if (index-- == 0)
                return command;
        }
    }
    return NULL;
}

/* --- Arguments --- */

static const char *const type_names[] = {
    [ARGUMENT_TEXT] = "a text",     [ARGUMENT_ID] = "an id above 0", [ARGUMENT_INT] = "a whole number",
    [ARGUMENT_NUMBER] = "a number", [ARGUMENT_BOOL] = "true or false", [ARGUMENT_OBJECT] = "an object",
    [ARGUMENT_TEXTS] = "an array of texts",
};

static bool is_texts(const json_t *value)
{
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
        if (!json_is_string(item))
            return false;
    }
    return json_is_array(value);
}

static bool has_type(const json_t *value, enum argument_type type)
{
    switch (type) {
    case ARGUMENT_TEXT: return json_is_string(value);
    case ARGUMENT_ID: return json_is_integer(value) && json_integer_value(value) > 0;
    case ARGUMENT_INT: return json_is_integer(value);
    case ARGUMENT_NUMBER: return json_is_number(value);
    case ARGUMENT_BOOL: return json_is_boolean(value);
    case ARGUMENT_OBJECT: return json_is_object(value);
    case ARGUMENT_TEXTS: return is_texts(value);
    }
    return false;
}

/* A value as an error shows it: short, and whole characters. error_set() repairs nothing. */
static char *show_value(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (text && strlen(text) > 60)
        memcpy(text + 57, "...", 4);
    return text;
}

static bool check_argument(const struct argument *argument, const json_t *arguments, struct error *err)
{
    const json_t *value = json_object_get(arguments, argument->name);
    if (!value || json_is_null(value)) {
        return argument->is_optional ||
               error_set(err, ERROR_DATA, "%s is missing: %s is expected", argument->name, type_names[argument->type]);
    }
    if (has_type(value, argument->type))
        return true;
    char *shown = show_value(value);
    error_set(err, ERROR_DATA, "%s %s: %s is expected", argument->name, shown ? shown : "", type_names[argument->type]);
    free(shown);
    return false;
}

static const struct argument *find_argument(const struct command *command, const char *name)
{
    for (size_t i = 0; i < COMMAND_ARGUMENTS_MAX && command->arguments[i].name; i++) {
        if (strcmp(command->arguments[i].name, name) == 0)
            return &command->arguments[i];
    }
    return NULL;
}

static bool check_arguments(const struct command *command, const json_t *arguments, struct error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)arguments, key, value) {
        bool is_envelope = strcmp(key, "type") == 0 || strcmp(key, "ref") == 0 || strcmp(key, "command") == 0;
        if (!is_envelope && !find_argument(command, key))
            return error_set(err, ERROR_DATA, "\"%.40s\" is no argument of this command: see docs/api.md", key);
    }
    for (size_t i = 0; i < COMMAND_ARGUMENTS_MAX && command->arguments[i].name; i++) {
        if (!check_argument(&command->arguments[i], arguments, err))
            return false;
    }
    return true;
}

struct str call_text(const struct call *call, const char *name)
{
    const json_t *value = json_object_get(call->arguments, name);
    return (struct str){json_string_value(value), json_string_length(value)};
}

const char *call_string(const struct call *call, const char *name)
{
    struct str text = call_text(call, name);
    return text.len > 0 && strlen(text.data) == text.len ? text.data : "";
}

int64_t call_int(const struct call *call, const char *name)
{
    return json_get_int(call->arguments, name, 0);
}

bool call_bool(const struct call *call, const char *name, bool otherwise)
{
    return json_get_bool(call->arguments, name, otherwise);
}

bool call_has(const struct call *call, const char *name)
{
    const json_t *value = json_object_get(call->arguments, name);
    return value && !json_is_null(value);
}

/* --- Answers --- */

static void handle_request_gone(void *data)
{
    struct reply *reply = data;
    reply->request = NULL;
}

static struct reply *make_reply(struct api *api, const char *by, struct client *client, const json_t *ref,
                                struct server_request *request)
{
    struct reply *reply = xcalloc(1, sizeof(*reply));
    *reply = (struct reply){.api = api, .client = client, .request = request, .by = xstrdup(by)};
    reply->ref = ref ? json_deep_copy(ref) : NULL;
    list_append(&api->replies, &reply->link);
    if (request)
        server_request_on_gone(request, handle_request_gone, reply);
    return reply;
}

static void free_reply(struct reply *reply)
{
    list_remove(&reply->link);
    json_decref(reply->ref);
    free(reply->by);
    free(reply->audit);
    free(reply->data);
    free(reply);
}

/* What was done is recorded when it was, with the number of what it made. */
static void record(const struct reply *reply, const json_t *result)
{
    if (!reply->audit || !reply->api)
        return;
    char *text = audit_add_result(reply->audit, result);
    if (command_rules(reply->command->name) & COMMAND_OFTEN) {
        audit_count(reply->api->audit, reply->by, reply->command->name, text);
    } else {
        audit_add(reply->api->audit, reply->by, reply->command->name, text);
    }
    free(text);
}

/* Takes over `body`. */
static void send_reply(struct reply *reply, bool is_ok, json_t *body, int status)
{
    char *text = NULL;
    if (reply->client) {
        json_t *message = json_pack("{s:s,s:b,s:O}", "type", "reply", "ok", is_ok, is_ok ? "result" : "error", body);
        if (reply->ref)
            json_object_set(message, "ref", reply->ref);
        struct buffer json = {0};
        text = json_dumps(message, JSON_COMPACT);
        buffer_add_string(&json, text ? text : "{}");
        client_send_json(reply->client, &json);
        buffer_fini(&json);
        json_decref(message);
    } else if (reply->request) {
        static const struct net_header headers[] = {{"cache-control", "no-store"}};
        json_t *whole = is_ok ? json_incref(body) : json_pack("{s:O}", "error", body);
        text = json_dumps(whole, JSON_COMPACT);
        server_respond(reply->request, status, "application/json", headers, 1, text ? text : "{}", text ? strlen(text) : 2);
        json_decref(whole);
    }
    free(text);
    json_decref(body);
    reply->is_given = true;
    if (!reply->is_held)
        free_reply(reply);
}

void reply_hold(struct reply *reply)
{
    reply->is_held = true;
}

void reply_reads(struct reply *reply, uint64_t number)
{
    reply->is_held = false;
    reply->reading = number;
    if (reply->is_given)
        free_reply(reply);
}

void reply_done(struct reply *reply, json_t *result)
{
    record(reply, result);
    send_reply(reply, true, result ? result : json_object(), 200);
}

void reply_failed(struct reply *reply, const struct error *err)
{
    static const int statuses[] = {
        [ERROR_NONE] = 500, [ERROR_AGAIN] = 409, [ERROR_DENIED] = 403, [ERROR_DATA] = 400, [ERROR_SYSTEM] = 500};
    struct error whole = *err;
    if (reply->command)
        error_prefix(&whole, "%s", reply->command->name);
    char text[3 * sizeof(whole.text)];  // a name that was cut for the text may end within a character
    size_t len = utf8_repair(whole.text, strlen(whole.text), text);
    json_t *body = json_pack("{s:s,s:o}", "code", error_code_name(err->code), "text", json_stringn(text, len));
    send_reply(reply, false, body, statuses[err->code]);
}

void reply_forget_client(struct api *api, const struct client *client)
{
    struct reply *reply;
    list_for_each(reply, &api->replies, link)
    {
        if (reply->client == client)
            reply->client = NULL;
    }
}

void reply_forget_all(struct api *api)
{
    struct reply *reply, *next;
    list_for_each_safe(reply, next, &api->replies, link)
    {
        reply->api = NULL;
        reply->client = NULL;
        reply->request = NULL;
        if (reply->reading != 0) {
            journal_cancel(api->relay->journal, reply->reading);
            free_reply(reply);
        } else if (reply->sent != 0) {
            free_reply(reply);
        } else if (reply->is_counting) {
            poll_recounts_cancel(api->relay->recounts, reply);
            free_reply(reply);
        } else {
            list_remove(&reply->link);  // whoever answers it later frees it
        }
    }
}

json_t *sent_result(const struct sent *sent)
{
    struct buffer text = {0};
    sent_write_json(sent, &text);
    json_t *object = json_parse(text.data, text.len, NULL);
    buffer_fini(&text);
    return json_pack("{s:o}", "sent", object);
}

void reply_handle_sent(struct api *api, const struct sent *sent)
{
    struct reply *reply, *next;
    list_for_each_safe(reply, next, &api->replies, link)
    {
        if (sent->is_done && reply->sent == sent->id)
            reply_done(reply, sent_result(sent));
    }
}

/* --- Running --- */

static bool check_role(const struct command *command, const struct identity *who, struct error *err)
{
    if (who->role == API_ROLE_BUTTON)
        return (command_rules(command->name) & COMMAND_BUTTON) ||
               error_set(err, ERROR_DENIED, "a button's token cannot send this: make one with role %s",
                         api_role_name(command->role));
    return who->role >= command->role ||
           error_set(err, ERROR_DENIED, "this is for role %s, you are %s: ask the owner for an invitation",
                     api_role_name(command->role), api_role_name(who->role));
}

/* To undo may bring back on air what was there, this one or the one that it took the place of. */
static bool undo_airs(const struct relay *relay, const json_t *arguments)
{
    return questions_undo_airs(relay->questions, (uint64_t)json_get_int(arguments, "id", 0));
}

static bool check_lock(const struct command *command, const struct reply *reply, const json_t *arguments, struct error *err)
{
    bool is_undo = strcmp(command->name, "question.undo") == 0 && undo_airs(reply->api->relay, arguments);
    bool is_off = !json_get_bool(arguments, "on_air", true) || !json_get_bool(arguments, "on", true);
    unsigned rules = command_rules(command->name);
    bool airs = is_undo || ((rules & COMMAND_AIRS) && !is_off) ||
                ((rules & COMMAND_MAY_AIR) && json_get_bool(arguments, "on_air", false));
    return !airs || moderation_may_air(reply->api->relay, err);
}

static bool check_call(const struct command *command, const struct reply *reply, const json_t *arguments,
                       const struct identity *who, struct error *err)
{
    if (!check_role(command, who, err)) {
        audit_refuse(reply->api->audit, reply->by, "command", command->name);
        return false;
    }
    if (!check_arguments(command, arguments, err))
        return false;
    if (check_lock(command, reply, arguments, err))
        return true;
    audit_refuse(reply->api->audit, reply->by, "locked", command->name);
    return false;
}

static enum outcome run(const struct command *command, struct reply *reply, const json_t *arguments,
                        const struct identity *who, json_t **result, struct error *err)
{
    if (!check_call(command, reply, arguments, who, err))
        return COMMAND_FAILED;
    bool is_recorded = command->role > API_ROLE_VIEWER && !(command_rules(command->name) & COMMAND_READS);
    reply->audit = is_recorded ? audit_write_command(command, arguments) : NULL;
    struct call call = {reply->api, arguments, reply->by, reply->client, reply, who->role};
    return command->fn(&call, result, err);
}

void command_run(struct api *api, const char *name, const json_t *arguments, const struct identity *who,
                 struct client *client, const json_t *ref, struct server_request *request)
{
    struct reply *reply = make_reply(api, who->name, client, ref, request);
    struct error err = {0};
    json_t *result = NULL;
    api->commands++;
    reply->command = find_command(name);
    if (!reply->command) {
        error_set(&err, ERROR_DATA, "there is no command \"%.60s\": see docs/api.md", name);
        reply_failed(reply, &err);
        return;
    }
    switch (run(reply->command, reply, arguments, who, &result, &err)) {
    case COMMAND_DONE: reply_done(reply, result); break;
    case COMMAND_FAILED: reply_failed(reply, &err); break;
    case COMMAND_LATER: break;
    }
}
