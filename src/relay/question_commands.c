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

static void apply_state(struct questions *questions, struct question *question, enum question_action action,
                        enum question_state state, const char *by)
{
    question_begin_change(questions, question, action, by);
    question_set_state(questions, question, state);
    question_end_change(questions, question, by);
}

static void set_state(struct questions *questions, struct question *question, enum question_action action,
                      enum question_state state, const char *by)
{
    questions_begin_step(questions);
    apply_state(questions, question, action, state, by);
    questions_end_step(questions);
}

/* Both are changed before anybody is told of either: nobody sees the air empty between them. Each may be NULL. */
static void replace_on_air(struct questions *questions, struct question *before, struct question *next, const char *by)
{
    questions_begin_step(questions);
    if (before)
        apply_state(questions, before, QUESTION_ACTION_ANSWER, QUESTION_ANSWERED, by);
    if (next)
        apply_state(questions, next, QUESTION_ACTION_AIR, QUESTION_ON_AIR, by);
    questions_end_step(questions);
}

bool questions_has_room(const struct questions *questions, struct error *err)
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
        struct question_hint hint = question_detect(questions->options.words, (struct str){plain.data, plain.len});
        struct str text = hint.text;
        if (text.len == 0)  // emotes alone: their names are all there is
            text = message->is.text;
        if (text.len > 0 && questions_has_room(questions, err)) {
            question = questions_ask(questions, message, text);
            question_note_signs(questions, question, &hint);
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
    if (!check_text(text, err) || !questions_has_room(questions, err))
        return NULL;
    struct question *question = questions_make(questions, question_clean_text(text));
    free(question->language);
    question->language = xstrdup(language);
    questions_begin_step(questions);
    question_begin_change(questions, question, QUESTION_ACTION_ADD, by);
    question_set_state(questions, question, QUESTION_READY);
    question_end_change(questions, question, by);
    questions_end_step(questions);
    return question;
}

/* Takes over `text`. field: the question's own, note or text. */
static void set_text(struct questions *questions, struct question *question, char **field, char *text,
                     enum question_action action, const char *by)
{
    questions_begin_step(questions);
    question_begin_change(questions, question, action, by)->text = *field;
    *field = text;
    question_end_change(questions, question, by);
    questions_end_step(questions);
}

bool questions_edit(struct questions *questions, uint64_t id, struct str text, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !question_check_claim(question, by, err) || !check_text(text, err))
        return false;
    set_text(questions, question, &question->text, question_clean_text(text), QUESTION_ACTION_EDIT, by);
    return true;
}

bool questions_note(struct questions *questions, uint64_t id, struct str text, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !question_check_claim(question, by, err))
        return false;
    if (text.len > QUESTION_NOTE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "text has %zu bytes: at most %d", text.len, QUESTION_NOTE_BYTES_MAX);
    set_text(questions, question, &question->note, question_clean_text(text), QUESTION_ACTION_NOTE, by);
    return true;
}

bool questions_ready(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || question->state == QUESTION_READY)
        return question != NULL;
    if (!question_check_claim(question, by, err) || !questions_has_room(questions, err))
        return false;
    enum question_action action = question->state == QUESTION_ON_AIR ? QUESTION_ACTION_UNAIR : QUESTION_ACTION_READY;
    set_state(questions, question, action, QUESTION_READY, by);
    return true;
}

bool questions_air(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question)
        return false;
    if (question->state == QUESTION_ON_AIR)
        return true;
    if (!question_check_claim(question, by, err))
        return false;
    if (question->is_marked)
        return error_set(err, ERROR_DENIED,
                         "question %" PRIu64 " is marked, its room was cleared: confirm it before it goes on air", id);
    replace_on_air(questions, questions_get_on_air(questions), question, by);
    questions_trim(questions, true, QUESTIONS_DONE_MAX);
    return true;
}

static bool finish(struct questions *questions, uint64_t id, enum question_action action, enum question_state state,
                   const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || question->state == state)
        return question != NULL;
    if (!question_check_claim(question, by, err))
        return false;
    set_state(questions, question, action, state, by);
    questions_trim(questions, true, QUESTIONS_DONE_MAX);
    return true;
}

bool questions_answer(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    return finish(questions, id, QUESTION_ACTION_ANSWER, QUESTION_ANSWERED, by, err);
}

bool questions_dismiss(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    return finish(questions, id, QUESTION_ACTION_DISMISS, QUESTION_DISMISSED, by, err);
}

bool questions_confirm(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !question->is_marked)
        return question != NULL;
    if (!question_check_claim(question, by, err))
        return false;
    questions_begin_step(questions);
    question_begin_change(questions, question, QUESTION_ACTION_CONFIRM, by);
    question->is_marked = false;
    question_end_change(questions, question, by);
    questions_end_step(questions);
    return true;
}

/* --- Next --- */

/* What another works on is passed over: it is not done. */
static struct question *find_next(const struct questions *questions, const char *by)
{
    struct question *next = NULL;
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (question->state == QUESTION_READY && !question->is_marked && question_check_claim(question, by, NULL) &&
            (!next || question_is_before(question, next)))
            next = question;
    }
    return next;
}

const struct question *questions_next(struct questions *questions, const char *by)
{
    struct question *next = find_next(questions, by);
    replace_on_air(questions, questions_get_on_air(questions), next, by);
    questions_trim(questions, true, QUESTIONS_DONE_MAX);
    return next;
}

const struct question *questions_press_next(struct questions *questions, const uint64_t *seen, const char *by,
                                            bool *is_late)
{
    const struct question *now = questions_get_on_air(questions);
    int64_t pressed_ms = clock_monotonic_ms(), last_ms = questions->pressed_ms;
    if (seen) {
        *is_late = *seen != (now ? now->id : 0);
    } else {
        *is_late = last_ms != 0 && pressed_ms - last_ms < QUESTION_PRESS_MS;
    }
    if (*is_late)
        return now;
    questions->pressed_ms = pressed_ms;
    return questions_next(questions, by);
}

void questions_unair(struct questions *questions, const char *by)
{
    struct question *question = questions_get_on_air(questions);
    if (question)
        set_state(questions, question, QUESTION_ACTION_UNAIR, QUESTION_READY, by);
}
