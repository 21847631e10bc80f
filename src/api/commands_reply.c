/* say, source.moderate, source.poll …: what is done on the platforms, and what came of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/sources_json.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/queue.h"
#include "relay/relay.h"
#include "relay/replies.h"
#include "relay/sources.h"

/* The names of an array of texts; the caller frees the array alone. NULL: the argument is absent. */
static const char **read_texts(const struct call *call, const char *name, size_t *count)
{
    const json_t *list = json_object_get(call->arguments, name);
    *count = json_array_size(list);
    if (!json_is_array(list))
        return NULL;
    const char **texts = xcalloc(*count + 1, sizeof(*texts));
    for (size_t i = 0; i < *count; i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return texts;
}

enum outcome command_act(const struct call *call, const struct connector_act *act, const char *const *sources,
                         size_t source_count, json_t **result, struct error *err)
{
    const struct sent *sent = replies_act(call->api->relay->replies, act, sources, source_count, call->by, err);
    if (!sent)
        return COMMAND_FAILED;
    // Over HTTP nobody hears what comes later.
    if (!sent->is_done && call_bool(call, "wait", call->client == NULL)) {
        call->reply->sent = sent->id;
        return COMMAND_LATER;
    }
    *result = sent_result(sent);
    return COMMAND_DONE;
}

/* The message of the queue that an argument names, with its source. NULL: err. */
static const struct message *find_message(const struct call *call, const char *name, struct error *err)
{
    uint64_t id = (uint64_t)call_int(call, name);
    const struct message *message = queue_find(call->api->relay->queue, id);
    if (!message || message->is.native_id.len == 0) {
        error_set(err, ERROR_DATA, message ? "message %" PRIu64 " has no id of its platform's"
                                           : "message %" PRIu64 " is not among the last ones: name source and native_id", id);
        return NULL;
    }
    return message;
}

/* --- say --- */

static enum outcome answer(const struct call *call, struct connector_act *act, json_t **result, struct error *err)
{
    const struct message *message = find_message(call, "reply_to", err);
    if (!message)
        return COMMAND_FAILED;
    act->native_id = message->is.native_id.data;
    return command_act(call, act, (const char *[]){message->is.source.data}, 1, result, err);
}

static enum outcome say(const struct call *call, json_t **result, struct error *err)
{
    size_t count;
    struct connector_act act = {.kind = call_bool(call, "announce", false) ? CONNECTOR_ANNOUNCE : CONNECTOR_SAY,
                                .text = call_string(call, "text")};
    if (call_has(call, "reply_to") && call_has(call, "to")) {
        error_set(err, ERROR_DATA, "reply_to names the chat already: leave to out");
        return COMMAND_FAILED;
    }
    if (call_has(call, "reply_to"))
        return answer(call, &act, result, err);
    const char **to = read_texts(call, "to", &count);
    enum outcome outcome = command_act(call, &act, to, count, result, err);
    free(to);
    return outcome;
}

/* --- source.moderate --- */

static const struct {
    const char *name;
    enum connector_act_kind kind;
} actions[] = {
    {"delete", CONNECTOR_DELETE}, {"timeout", CONNECTOR_TIMEOUT}, {"ban", CONNECTOR_BAN},
    {"unban", CONNECTOR_UNBAN},   {"clear", CONNECTOR_CLEAR},
};

static bool read_action(const struct call *call, enum connector_act_kind *kind, struct error *err)
{
    const char *name = call_string(call, "action");
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
        if (strcmp(actions[i].name, name) == 0) {
            *kind = actions[i].kind;
            return true;
        }
    }
    return error_set(err, ERROR_DATA, "action \"%.40s\": delete, timeout, ban, unban or clear is expected", name);
}

static enum outcome moderate(const struct call *call, json_t **result, struct error *err)
{
    const char *source = call_string(call, "source");
    struct connector_act act = {.text = call_string(call, "reason"), .seconds = call_int(call, "seconds"),
                                .native_id = call_string(call, "native_id"), .author_id = call_string(call, "author")};
    if (!read_action(call, &act.kind, err))
        return COMMAND_FAILED;
    if (call_has(call, "message")) {
        const struct message *message = find_message(call, "message", err);
        if (!message)
            return COMMAND_FAILED;
        source = message->is.source.data;
        act.native_id = message->is.native_id.data;
        act.author_id = message->is.author.id.data;
    } else if (*source == '\0') {
        error_set(err, ERROR_DATA, "message or source is missing: where is it to be done?");
        return COMMAND_FAILED;
    }
    return command_act(call, &act, &source, 1, result, err);
}

/* --- Polls of the platforms' own --- */

static enum outcome open_poll(const struct call *call, json_t **result, struct error *err)
{
    size_t to_count, option_count;
    const char **to = read_texts(call, "to", &to_count), **options = read_texts(call, "options", &option_count);
    const struct connector_act act = {.kind = CONNECTOR_POLL_START, .text = call_string(call, "question"),
                                      .options = options, .option_count = option_count,
                                      .seconds = call_has(call, "seconds") ? call_int(call, "seconds") : 60};
    enum outcome outcome = command_act(call, &act, to, to_count, result, err);
    free(options);
    free(to);
    return outcome;
}

static enum outcome end_poll(const struct call *call, json_t **result, struct error *err)
{
    const char *source = call_string(call, "source");
    const struct connector_act act = {.kind = CONNECTOR_POLL_END, .native_id = call_string(call, "native_id")};
    return command_act(call, &act, &source, 1, result, err);
}

const struct command commands_reply[] = {
    {"say", API_ROLE_MODERATOR,
     {{"text", ARGUMENT_TEXT}, {"to", ARGUMENT_TEXTS, true}, {"reply_to", ARGUMENT_ID, true},
      {"announce", ARGUMENT_BOOL, true}, {"wait", ARGUMENT_BOOL, true}}, say},
    {"source.moderate", API_ROLE_MODERATOR,
     {{"action", ARGUMENT_TEXT}, {"message", ARGUMENT_ID, true}, {"source", ARGUMENT_TEXT, true},
      {"native_id", ARGUMENT_TEXT, true}, {"author", ARGUMENT_TEXT, true}, {"seconds", ARGUMENT_INT, true},
      {"reason", ARGUMENT_TEXT, true}, {"wait", ARGUMENT_BOOL, true}}, moderate},
    {"source.poll", API_ROLE_MODERATOR,
     {{"question", ARGUMENT_TEXT}, {"options", ARGUMENT_TEXTS}, {"to", ARGUMENT_TEXTS, true},
      {"seconds", ARGUMENT_INT, true}, {"wait", ARGUMENT_BOOL, true}}, open_poll},
    {"source.poll_end", API_ROLE_MODERATOR,
     {{"source", ARGUMENT_TEXT}, {"native_id", ARGUMENT_TEXT}, {"wait", ARGUMENT_BOOL, true}}, end_poll},
    {0},
};
