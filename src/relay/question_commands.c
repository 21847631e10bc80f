/* What moderators do with questions. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/question_detect.h"
#include "relay/questions_private.h"
#include "relay/text_key.h"

/* Later than all before, also within one millisecond: who waits longest is never in doubt. */
static int64_t next_ready_ms(struct questions *questions)
{
    int64_t now_ms = clock_unix_ms();
    questions->ready_ms = now_ms > questions->ready_ms ? now_ms : questions->ready_ms + 1;
    return questions->ready_ms;
}

static void apply_state(struct questions *questions, struct question *question, enum question_state state,
                        const char *by)
{
    question_begin_change(question, by);
    question->state = state;
    if (state == QUESTION_READY)
        question->ready_ms = next_ready_ms(questions);
    if (state == QUESTION_ON_AIR)
        question->aired_ms = clock_unix_ms();
}

static void set_state(struct questions *questions, struct question *question, enum question_state state,
                      const char *by)
{
    apply_state(questions, question, state, by);
    questions_end_change(questions, question, by);
}

/*
 * Both are changed before anybody is told of either: nobody sees the air empty between them. The next is written first:
 * a kill between the two leaves both on air, and questions_load() keeps the one aired last. Each may be NULL.
 */
static void replace_on_air(struct questions *questions, struct question *before, struct question *next, const char *by)
{
    if (before)
        apply_state(questions, before, QUESTION_ANSWERED, by);
    if (next)
        apply_state(questions, next, QUESTION_ON_AIR, by);
    if (next)
        questions_end_change(questions, next, by);
    if (before)
        questions_end_change(questions, before, by);
}

static bool has_room(const struct questions *questions, struct error *err)
{
    size_t ready = 0;
    for (size_t i = 0; i < questions->count; i++)
        ready += questions->slots[i].question->state == QUESTION_READY;
    if (ready < QUESTIONS_READY_MAX)
        return true;
    return error_set(err, ERROR_AGAIN, "%d questions are ready already: answer or dismiss some first",
                     QUESTIONS_READY_MAX);
}

const struct question *questions_pick(struct questions *questions, const struct message *message, const char *by,
                                      struct error *err)
{
    struct question *question = questions_get_asked(questions, message->id);
    if (!question) {
        struct buffer plain = {0};
        text_key_add_plain(&plain, message);
        struct str text = question_detect((struct str){plain.data, plain.len}).text;
        if (text.len == 0)  // emotes alone: their names are all there is
            text = message->is.text;
        if (text.len > 0 && has_room(questions, err)) {
            question = questions_ask(questions, message, text);
        } else if (text.len == 0) {
            error_set(err, ERROR_DATA, "message %" PRIu64 " has no text", message->id);
        }
        buffer_fini(&plain);
        if (!question)
            return NULL;
    }
    if (question->state == QUESTION_READY || question->state == QUESTION_ON_AIR) {
        questions_mark_dirty(questions, question);  // it may have joined just now
        return question;
    }
    return questions_ready(questions, question->id, by, err) ? question : NULL;
}

static bool check_text(struct str text, struct error *err)
{
    if (text.len > QUESTION_TEXT_BYTES_MAX)
        return error_set(err, ERROR_DATA, "text has %zu bytes: at most %d", text.len, QUESTION_TEXT_BYTES_MAX);
    char *clean = question_clean_text(text);
    bool is_empty = *clean == '\0';
    free(clean);
    return !is_empty || error_set(err, ERROR_DATA, "text is empty: write the question");
}

const struct question *questions_add(struct questions *questions, struct str text, const char *language,
                                     const char *by, struct error *err)
{
    if (!check_text(text, err) || !has_room(questions, err))
        return NULL;
    struct question *question = questions_make(questions, question_clean_text(text));
    free(question->language);
    question->language = xstrdup(language);
    question->state = QUESTION_READY;
    question->ready_ms = next_ready_ms(questions);
    questions_end_change(questions, question, by);
    return question;
}

bool questions_edit(struct questions *questions, uint64_t id, struct str text, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !check_text(text, err))
        return false;
    char *clean = question_clean_text(text);
    question_begin_change(question, by)->text = question->text;
    question->text = clean;
    questions_end_change(questions, question, by);
    return true;
}

bool questions_ready(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || (question->state != QUESTION_READY && !has_room(questions, err)))
        return false;
    if (question->state != QUESTION_READY)
        set_state(questions, question, QUESTION_READY, by);
    return true;
}

bool questions_air(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question)
        return false;
    if (question->state == QUESTION_ON_AIR)
        return true;
    if (question->is_marked)
        return error_set(err, ERROR_DENIED,
                         "question %" PRIu64 " is marked, its room was cleared: confirm it before it goes on air", id);
    replace_on_air(questions, questions_get_on_air(questions), question, by);
    questions_trim(questions, true, QUESTIONS_DONE_MAX);
    return true;
}

static bool finish(struct questions *questions, uint64_t id, enum question_state state, const char *by,
                   struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question)
        return false;
    if (question->state != state)
        set_state(questions, question, state, by);
    questions_trim(questions, true, QUESTIONS_DONE_MAX);
    return true;
}

bool questions_answer(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    return finish(questions, id, QUESTION_ANSWERED, by, err);
}

bool questions_dismiss(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    return finish(questions, id, QUESTION_DISMISSED, by, err);
}

bool questions_confirm(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question)
        return false;
    if (question->is_marked) {
        question_begin_change(question, by);
        question->is_marked = false;
        questions_end_change(questions, question, by);
    }
    return true;
}

bool questions_undo(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question)
        return false;
    if (question->change_count == 0)
        return error_set(err, ERROR_DATA, "question %" PRIu64 " has no change to take back: dismiss it instead", id);
    struct question_change last = question->changes[question->change_count - 1];
    struct question *now = questions_get_on_air(questions);
    now = last.state == QUESTION_ON_AIR && now != question ? now : NULL;
    if (now)
        apply_state(questions, now, QUESTION_READY, by);
    question->change_count--;
    if (last.state == QUESTION_ON_AIR && question->state != QUESTION_ON_AIR)
        question->aired_ms = clock_unix_ms();
    question->state = last.state;
    question->is_marked = last.is_marked;
    if (last.text) {
        free(question->text);
        question->text = last.text;
    }
    free(last.by);
    if (now)
        questions_end_change(questions, now, by);
    questions_end_change(questions, question, by);
    return true;
}

const struct question *questions_next(struct questions *questions, const char *by)
{
    struct question *before = questions_get_on_air(questions), *next = NULL;
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (question->state == QUESTION_READY && !question->is_marked && (!next || question->ready_ms < next->ready_ms))
            next = question;
    }
    replace_on_air(questions, before, next, by);
    questions_trim(questions, true, QUESTIONS_DONE_MAX);
    return next;
}

void questions_unair(struct questions *questions, const char *by)
{
    struct question *question = questions_get_on_air(questions);
    if (question)
        set_state(questions, question, QUESTION_READY, by);
}
