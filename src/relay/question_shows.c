/* Shows: what is done with leaves the list when the next one begins, what is not comes along. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/journal.h"
#include "relay/question_store.h"
#include "relay/questions_private.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

#define PAUSE_MS (INT64_C(6) * 3600 * 1000)  // as the journal's between shows (journal.h, show_pause_ms)

enum { RETENTION_DAYS = 30 };

int64_t questions_show_ms(const struct questions *questions)
{
    return questions->show_count ? questions->shows_ms[questions->show_count - 1] : 0;
}

static void add_show(struct questions *questions, int64_t begin_ms)
{
    if (begin_ms <= questions_show_ms(questions))
        begin_ms = questions_show_ms(questions) + 1;
    if (questions->show_count == QUESTIONS_SHOWS_MAX)
        memmove(questions->shows_ms, questions->shows_ms + 1, --questions->show_count * sizeof(*questions->shows_ms));
    questions->shows_ms[questions->show_count++] = begin_ms;
}

void questions_write_shows(const struct questions *questions, struct buffer *out)
{
    for (size_t i = 0; i < questions->show_count; i++)
        buffer_printf(out, "%s%" PRId64, i ? "," : "[", questions->shows_ms[i]);
    buffer_add_string(out, questions->show_count ? "]" : "[]");
}

void questions_load_shows(struct questions *questions)
{
    const char *text = questions->options.journal ? journal_state(questions->options.journal, QUESTION_SHOWS_KEY) : NULL;
    json_t *list = text ? json_parse(text, strlen(text), NULL) : NULL, *item;
    size_t index;
    json_array_foreach(list, index, item)
        add_show(questions, json_integer_value(item));
    json_decref(list);
    if (questions->show_count > 0)
        return;
    add_show(questions, clock_unix_ms());
    questions_save_shows(questions);
}

/* --- The past --- */

static void forget_past(struct questions *questions, struct question *question)
{
    question_set_take(&questions->past, question->id);
    question_forget(questions, question->id);
    question_destroy(question);
}

void questions_expire_past(struct questions *questions)
{
    int days = questions->options.retention_days ? questions->options.retention_days : RETENTION_DAYS;
    int64_t oldest_ms = days > 0 ? clock_unix_ms() - days * DAY_MS : INT64_MIN;
    for (size_t i = questions->past.count; i-- > 0;) {
        if (questions->past.items[i]->changed_ms < oldest_ms)
            forget_past(questions, questions->past.items[i]);
    }
    while (questions->past.count > QUESTIONS_PAST_MAX)
        forget_past(questions, questions->past.items[0]);
}

/* Nothing of it changes any more: what was merged into it is its own, and nothing is left to be undone. */
static void retire(struct questions *questions, size_t index)
{
    struct question *question = questions_take_at(questions, index);
    questions_forget_merged(questions, question->id);
    questions_void_changes(questions, question->id);
    question_set_add(&questions->past, question);
    questions_touch(questions, question->id);
}

void questions_begin_show(struct questions *questions, const char *by)
{
    questions_unair(questions, by);
    add_show(questions, clock_unix_ms());
    questions_save_shows(questions);
    for (size_t i = 0; i < questions->merged.count; i++)
        questions->merged.items[i]->is_carried = true;
    questions_begin_step(questions);
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        if (question->state == QUESTION_ANSWERED || question->state == QUESTION_DISMISSED) {
            retire(questions, i);
        } else if (!question->is_carried) {
            question->is_carried = true;
            questions_touch(questions, question->id);
        }
    }
    questions_end_step(questions);
    questions_expire_past(questions);
}

/* Nobody asked and nobody changed anything for longer than a show pauses: what comes now is another one. */
void questions_notice_pause(struct questions *questions)
{
    int64_t last_ms = 0;
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = questions->slots[i].question;
        if (question->changed_ms > last_ms)
            last_ms = question->changed_ms;
        for (size_t k = 0; k < question->ask_count; k++)
            last_ms = question->asks[k].asked_ms > last_ms ? question->asks[k].asked_ms : last_ms;
    }
    if (last_ms > 0 && clock_unix_ms() - last_ms > PAUSE_MS)
        questions_begin_show(questions, "relay");
}
