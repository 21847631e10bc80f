/* What platforms and moderators take away from the questions. */
#include <stdlib.h>

#include "base/memory.h"
#include "chat/message.h"
#include "relay/question_detect.h"
#include "relay/questions_private.h"
#include "relay/queue.h"
#include "relay/text_key.h"

static bool is_listed(const struct queue_removal *removal, uint64_t id)
{
    size_t low = 0, high = removal->id_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (removal->ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < removal->id_count && removal->ids[low] == id;
}

/* The queue may have let go of the message long ago: then its platform's own ids must do. */
static bool is_meant(const struct question_ask *ask, const struct queue_removal *removal)
{
    if (is_listed(removal, ask->message))
        return true;
    if (!str_equal(str_from(ask->platform), removal->platform) || (removal->up_to && ask->message > removal->up_to))
        return false;
    if (removal->source.len > 0 && !str_equal(str_from(ask->source), removal->source))
        return false;
    if (removal->native_id.len > 0)
        return str_equal(str_from(ask->native_id), removal->native_id);
    return removal->author_id.len > 0 && str_equal(str_from(ask->author_id), removal->author_id);
}

/* True: the first, whose words the question shows, was among them. */
static bool drop_asks(struct question *question, const struct queue_removal *removal, size_t *dropped)
{
    bool is_first = question->ask_count > 0 && is_meant(&question->asks[0], removal);
    size_t kept = 0;
    for (size_t i = 0; i < question->ask_count; i++) {
        if (is_meant(&question->asks[i], removal)) {
            question_ask_fini(&question->asks[i]);
        } else {
            question->asks[kept++] = question->asks[i];
        }
    }
    *dropped = question->ask_count - kept;
    question->ask_count = kept;
    question->count -= *dropped;
    return is_first;
}

/* Who else asked the same still asks it: in his words, as a new candidate. */
static void stand_in(struct questions *questions, struct question *gone)
{
    if (gone->ask_count == 0)
        return;
    struct question *question = questions_make(questions, xstrdup(gone->asks[0].text));
    question->is_candidate = true;
    question->asked_ms = gone->asks[0].asked_ms;
    question->asks = gone->asks;
    question->ask_count = gone->ask_count;
    question->count = gone->count;
    gone->asks = NULL;
    gone->ask_count = 0;
    questions_mark_dirty(questions, question);
}

void questions_handle_removal(struct questions *questions, const struct queue_removal *removal)
{
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        size_t dropped;
        bool is_first = drop_asks(question, removal, &dropped);
        if (dropped == 0)
            continue;
        if (is_first) {
            stand_in(questions, question);  // appended behind i: the sweep goes down and does not meet it
            questions_remove_at(questions, i);
        } else {
            question_save(questions, question);
            questions->options.changed(questions->options.data, question);
        }
    }
}

void questions_handle_clear(struct questions *questions, struct str source, uint64_t up_to)
{
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        if (question->ask_count == 0 || question->asks[0].message > up_to ||
            !str_equal(str_from(question->asks[0].source), source))
            continue;
        if (question->state == QUESTION_NEW) {
            questions_remove_at(questions, i);
        } else if ((question->state == QUESTION_READY || question->state == QUESTION_ON_AIR) && !question->is_marked) {
            question_begin_change(question, "platform");
            question->is_marked = true;
            questions_end_change(questions, question, "platform");
        }
    }
}

void questions_handle_edit(struct questions *questions, const struct message *message)
{
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        if (question->state != QUESTION_NEW || question->ask_count == 0 || question->change_count > 0 ||
            question->asks[0].message != message->id)
            continue;
        struct queue_removal old = {.ids = &message->id, .id_count = 1};
        size_t dropped;
        drop_asks(question, &old, &dropped);
        stand_in(questions, question);
        questions_remove_at(questions, i);
        questions_handle_message(questions, message);
        return;
    }
}
