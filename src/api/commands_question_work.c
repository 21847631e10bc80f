/* question.claim, .move, .pin, .note, .merge, .split, .history: how a crew keeps its list. */
#include <string.h>

#include "api/command.h"
#include "api/question_result.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/questions.h"

static struct questions *questions_of(const struct call *call)
{
    return call->api->relay->questions;
}

static uint64_t id_of(const struct call *call, const char *name)
{
    return (uint64_t)call_int(call, name);
}

/* An owner takes over what a moderator has. */
static enum outcome claim(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = id_of(call, "id");
    bool may_take_over = call->role >= API_ROLE_OWNER && call_bool(call, "take_over", false);
    bool is_done = call_bool(call, "on", true) ? questions_claim(questions_of(call), id, call->by, may_take_over, err)
                                               : questions_release(questions_of(call), id, call->by, err);
    const struct question *question = questions_find(questions_of(call), id);
    if (is_done && question)
        *result = json_pack("{s:I,s:I}", "id", (json_int_t)id, "until_ms", (json_int_t)question->claimed_until_ms);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome move(const struct call *call, json_t **result, struct error *err)
{
    bool is_before = call_has(call, "before");
    if (is_before == call_has(call, "after")) {
        error_set(err, ERROR_DATA, "before or after: name one, the id of a ready question");
        return COMMAND_FAILED;
    }
    bool is_done = questions_move(questions_of(call), id_of(call, "id"), id_of(call, is_before ? "before" : "after"),
                                  is_before, call->by, err);
    return question_finish(call, is_done, result);
}

static enum outcome pin(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = questions_pin(questions_of(call), id_of(call, "id"), call_bool(call, "on", true), call->by, err);
    return question_finish(call, is_done, result);
}

static enum outcome note(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = questions_note(questions_of(call), id_of(call, "id"), call_text(call, "text"), call->by, err);
    return question_finish(call, is_done, result);
}

static enum outcome merge(const struct call *call, json_t **result, struct error *err)
{
    uint64_t into = id_of(call, "into");
    if (!questions_merge(questions_of(call), id_of(call, "id"), into, call->by, err))
        return COMMAND_FAILED;
    *result = question_result(questions_find(questions_of(call), into));
    return COMMAND_DONE;
}

static enum outcome split(const struct call *call, json_t **result, struct error *err)
{
    const struct question *part =
        questions_split(questions_of(call), id_of(call, "id"), id_of(call, "message"), call->by, err);
    if (!part)
        return COMMAND_FAILED;
    enum outcome outcome = question_finish(call, true, result);
    json_object_set_new(*result, "split", json_integer((json_int_t)part->id));
    return outcome;
}

static void add_list(json_t *object, const char *key, const struct question *question,
                     void (*write)(const struct question *question, struct buffer *out))
{
    struct buffer text = {0};
    write(question, &text);
    json_object_set_new(object, key, json_parse(text.data, text.len, NULL));
    buffer_fini(&text);
}

static enum outcome history(const struct call *call, json_t **result, struct error *err)
{
    const struct question *question = questions_find(questions_of(call), id_of(call, "id"));
    if (!question) {
        error_set(err, ERROR_DATA, "there is no question %lld", (long long)call_int(call, "id"));
        return COMMAND_FAILED;
    }
    *result = json_pack("{s:I}", "id", (json_int_t)question->id);
    add_list(*result, "asks", question, question_write_asks);
    add_list(*result, "history", question, question_write_history);
    return COMMAND_DONE;
}

const struct command commands_question_work[] = {
    {"question.claim", API_ROLE_MODERATOR,
     {{"id", ARGUMENT_ID}, {"on", ARGUMENT_BOOL, true}, {"take_over", ARGUMENT_BOOL, true}}, claim},
    {"question.history", API_ROLE_VIEWER, {{"id", ARGUMENT_ID}}, history},
    {"question.merge", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"into", ARGUMENT_ID}}, merge},
    {"question.move", API_ROLE_MODERATOR,
     {{"id", ARGUMENT_ID}, {"before", ARGUMENT_ID, true}, {"after", ARGUMENT_ID, true}}, move},
    {"question.note", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"text", ARGUMENT_TEXT}}, note},
    {"question.pin", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"on", ARGUMENT_BOOL, true}}, pin},
    {"question.split", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"message", ARGUMENT_ID}}, split},
    {0},
};
