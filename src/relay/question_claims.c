/* Who works on which question. A claim keeps the others' hands off it and ends by itself. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "relay/questions_private.h"

bool question_is_claimed(const struct question *question)
{
    return *question->claimed_by != '\0';
}

void question_drop_claim(struct question *question)
{
    *question->claimed_by = '\0';
    question->claimed_until_ms = 0;
}

/* UTC, because the moderators are in many places; the panel says it in local time. */
static void format_until(int64_t until_ms, char text[16])
{
    time_t seconds = (time_t)(until_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(text, 16, "%H:%M:%S UTC", &parts);
}

bool question_check_claim(const struct question *question, const char *by, struct error *err)
{
    if (!question_is_claimed(question) || strcmp(question->claimed_by, by) == 0)
        return true;
    char until[16];
    format_until(question->claimed_until_ms, until);
    return error_set(err, ERROR_AGAIN, "%s works on question %" PRIu64 " until %s: wait, or let an owner take it over",
                     question->claimed_by, question->id, until);
}

static void set_claim(struct questions *questions, struct question *question, const char *by)
{
    char *holder = xstrdup(by);
    free(question->claimed_by);
    question->claimed_by = holder;
    question->claimed_until_ms = *by ? clock_unix_ms() + QUESTION_CLAIM_MS : 0;
    questions_touch(questions, question->id);
}

bool questions_claim(struct questions *questions, uint64_t id, const char *by, bool may_take_over, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question)
        return false;
    if (question->state == QUESTION_ANSWERED || question->state == QUESTION_DISMISSED)
        return error_set(err, ERROR_DATA, "question %" PRIu64 " is done with: undo that first", id);
    if (!may_take_over && !question_check_claim(question, by, err))
        return false;
    questions_begin_step(questions);
    set_claim(questions, question, by);
    questions_end_step(questions);
    return true;
}

bool questions_release(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !question_check_claim(question, by, err))
        return false;
    questions_begin_step(questions);
    if (question_is_claimed(question))
        set_claim(questions, question, "");
    questions_end_step(questions);
    return true;
}

void questions_release_all(struct questions *questions, const char *by)
{
    questions_begin_step(questions);
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (question_is_claimed(question) && strcmp(question->claimed_by, by) == 0)
            set_claim(questions, question, "");
    }
    questions_end_step(questions);
}

int64_t questions_handle_time(struct questions *questions, int64_t now_ms)
{
    int64_t next_ms = 0;
    questions_begin_step(questions);
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (!question_is_claimed(question))
            continue;
        if (question->claimed_until_ms <= now_ms) {
            set_claim(questions, question, "");
        } else if (next_ms == 0 || question->claimed_until_ms < next_ms) {
            next_ms = question->claimed_until_ms;
        }
    }
    questions_end_step(questions);
    return next_ms;
}
