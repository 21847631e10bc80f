/* question.*, next: from the chat to the air. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/question_result.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/questions.h"

/* "change" is what question.undo takes back, if nobody changes it before. */
json_t *question_result(const struct question *question)
{
    uint64_t change = question_undo_number(question);
    json_t *result = json_pack("{s:I}", "id", (json_int_t)question->id);
    if (change != 0)
        json_object_set_new(result, "change", json_integer((json_int_t)change));
    return result;
}

enum outcome question_finish(const struct call *call, bool is_done, json_t **result)
{
    const struct question *question = questions_find(call->api->relay->questions, (uint64_t)call_int(call, "id"));
    if (is_done && question)
        *result = question_result(question);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome finish(bool is_done)
{
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

/* A message that has left the queue is read back from the journal. */
static void handle_read(void *data, struct message *const *messages, size_t count, const struct error *read_err)
{
    struct reply *reply = data;
    uint64_t id;
    memcpy(&id, reply->data, sizeof(id));
    struct error err = {0};
    const struct question *question = NULL;
    if (!reply->api) {
        error_set(&err, ERROR_AGAIN, "the relay is ending");
    } else if (read_err) {
        err = *read_err;
    } else if (count == 0 || messages[0]->id != id || message_is_control(messages[0])) {
        error_set(&err, ERROR_DATA, "there is no message %" PRIu64, id);
    } else {
        question = questions_pick(reply->api->relay->questions, messages[0], reply->by, &err);
    }
    if (question) {
        reply_done(reply, question_result(question));
    } else {
        reply_failed(reply, &err);
    }
}

static enum outcome pick_message(const struct call *call, uint64_t id, json_t **result, struct error *err)
{
    const struct message *message = queue_find(call->api->relay->queue, id);
    if (!message) {
        call->reply->data = xmalloc(sizeof(id));
        memcpy(call->reply->data, &id, sizeof(id));
        reply_hold(call->reply);
        reply_reads(call->reply, journal_read(call->api->relay->journal, id + 1, 1, handle_read, call->reply));
        return COMMAND_LATER;
    }
    const struct question *question = questions_pick(call->api->relay->questions, message, call->by, err);
    if (question)
        *result = question_result(question);
    return finish(question != NULL);
}

static enum outcome pick(const struct call *call, json_t **result, struct error *err)
{
    if (call_has(call, "message"))
        return pick_message(call, (uint64_t)call_int(call, "message"), result, err);
    if (!call_has(call, "id")) {
        error_set(err, ERROR_DATA, "message is missing: name the message, or the question by its id");
        return COMMAND_FAILED;
    }
    uint64_t id = (uint64_t)call_int(call, "id");
    bool is_done = questions_ready(call->api->relay->questions, id, call->by, err);
    if (is_done)
        *result = question_result(questions_find(call->api->relay->questions, id));
    return finish(is_done);
}

static enum outcome add(const struct call *call, json_t **result, struct error *err)
{
    const char *language = call_string(call, "language");
    if (strlen(language) > 35) {  // the longest that RFC 5646, 4.4.1 asks to be kept
        error_set(err, ERROR_DATA, "language \"%.40s\": expected as in \"fa\" or \"zh-Hant\"", language);
        return COMMAND_FAILED;
    }
    const struct question *question =
        questions_add(call->api->relay->questions, call_text(call, "text"), language, call->by, err);
    if (question)
        *result = question_result(question);
    return finish(question != NULL);
}

static enum outcome edit(const struct call *call, json_t **result, struct error *err)
{
    return question_finish(call, questions_edit(call->api->relay->questions, (uint64_t)call_int(call, "id"), call_text(call, "text"),
                                 call->by, err), result);
}

static enum outcome air(const struct call *call, json_t **result, struct error *err)
{
    return question_finish(call, questions_air(call->api->relay->questions, (uint64_t)call_int(call, "id"), call->by, err), result);
}

static enum outcome answer(const struct call *call, json_t **result, struct error *err)
{
    return question_finish(call, questions_answer(call->api->relay->questions, (uint64_t)call_int(call, "id"), call->by, err), result);
}

static enum outcome dismiss(const struct call *call, json_t **result, struct error *err)
{
    return question_finish(call, questions_dismiss(call->api->relay->questions, (uint64_t)call_int(call, "id"), call->by, err), result);
}

static enum outcome confirm(const struct call *call, json_t **result, struct error *err)
{
    return question_finish(call, questions_confirm(call->api->relay->questions, (uint64_t)call_int(call, "id"), call->by, err), result);
}

static enum outcome undo(const struct call *call, json_t **result, struct error *err)
{
    return question_finish(call, questions_undo(call->api->relay->questions, (uint64_t)call_int(call, "id"),
                                                (uint64_t)call_int(call, "change"), call->by, err), result);
}

static enum outcome next(const struct call *call, json_t **result, struct error *err)
{
    uint64_t seen = (uint64_t)call_int(call, "after");
    bool is_late = false;
    const struct question *question =
        questions_press_next(call->api->relay->questions, call_has(call, "after") ? &seen : NULL, call->by, &is_late);
    *result = question ? question_result(question) : json_pack("{s:n}", "id");
    if (is_late)
        json_object_set_new(*result, "is_late", json_true());
    return COMMAND_DONE;
}

const struct command commands_question[] = {
    {"question.pick", API_ROLE_MODERATOR, {{"message", ARGUMENT_ID, true}, {"id", ARGUMENT_ID, true}}, pick},
    {"question.add", API_ROLE_MODERATOR, {{"text", ARGUMENT_TEXT}, {"language", ARGUMENT_TEXT, true}}, add},
    {"question.edit", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"text", ARGUMENT_TEXT}}, edit},
    {"question.air", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, air},
    {"question.answer", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, answer},
    {"question.dismiss", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, dismiss},
    {"question.confirm", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, confirm},
    {"question.undo", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"change", ARGUMENT_ID, true}}, undo},
    {"next", API_ROLE_MODERATOR, {{"after", ARGUMENT_INT, true}}, next},
    {0},
};
