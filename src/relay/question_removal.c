/* What platforms and moderators take away from the questions. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/questions_private.h"
#include "relay/queue.h"
#include "relay/upvotes.h"
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
        struct question_ask *ask = &question->asks[i];
        if (!is_meant(ask, removal)) {
            question->asks[kept++] = *ask;
            continue;
        }
        question_ask_fini(ask);
    }
    *dropped = question->ask_count - kept;
    question->ask_count = kept;
    question_recount(question);
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
    question->show_ms = gone->show_ms;
    question->is_carried = gone->is_carried;
    question_move_upvotes(questions, gone, question);
    question->score = gone->score;
    question->reasons = gone->reasons;
    question->asks = gone->asks;
    question->ask_count = gone->ask_count;
    question->count = gone->count;
    question->platforms = gone->platforms;
    question->platform_count = gone->platform_count;
    gone->asks = NULL;
    gone->platforms = NULL;
    gone->ask_count = gone->platform_count = 0;
    questions_touch(questions, question->id);
}

/* First those that sleep: what wakes below must be clean. Of earlier shows nobody stands in. */
static void clean_hidden(struct questions *questions, const struct queue_removal *removal)
{
    size_t dropped;
    for (size_t i = questions->merged.count; i-- > 0;) {
        struct question *guest = questions->merged.items[i];
        if (drop_asks(guest, removal, &dropped)) {
            questions_drop_guest(questions, i);
            i = i < questions->merged.count ? i : questions->merged.count;  // those in it went with it
        } else if (dropped > 0) {
            question_save(questions, guest);
        }
    }
    for (size_t i = questions->past.count; i-- > 0;) {
        struct question *question = questions->past.items[i];
        if (drop_asks(question, removal, &dropped)) {
            question_set_take(&questions->past, question->id);
            question_forget(questions, question->id);
            question_destroy(question);
        } else if (dropped > 0) {
            question_save(questions, question);
        }
    }
}

/* What others had asked before a moderator merged it into this one comes back, the rest stands in. */
static void remove_question(struct questions *questions, struct question *question)
{
    questions_wake_all(questions, question);
    stand_in(questions, question);
    questions_remove_at(questions, questions_index_of(questions, question->id));
}

void questions_handle_removal(struct questions *questions, const struct queue_removal *removal)
{
    questions_remove_upvotes(questions, removal);
    questions_begin_step(questions);
    clean_hidden(questions, removal);
    uint64_t before = UINT64_MAX;  // by id: what is removed and what wakes moves the others in the list
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        size_t dropped;
        if (question->id >= before) {
            continue;
        }
        before = question->id;
        if (drop_asks(question, removal, &dropped)) {
            remove_question(questions, question);
            i = questions->count;
        } else if (dropped > 0) {
            questions_touch(questions, question->id);
        }
    }
    questions_end_step(questions);
}

/* --- A room was cleared --- */

static bool is_cleared(const struct question *question, struct str source, uint64_t up_to)
{
    return question->ask_count > 0 && question->asks[0].message <= up_to &&
           str_equal(str_from(question->asks[0].source), source);
}

static void mark(struct questions *questions, struct question *question)
{
    bool is_wanted = question->state == QUESTION_READY || question->state == QUESTION_ON_AIR;
    if (!is_wanted || question->is_marked)
        return;
    question_begin_change(questions, question, QUESTION_ACTION_MARK, "platform");
    question->is_marked = true;
    question_end_change(questions, question, "platform");
}

static void clear_merged(struct questions *questions, struct str source, uint64_t up_to)
{
    for (size_t i = questions->merged.count; i-- > 0;) {
        struct question *guest = questions->merged.items[i];
        if (!is_cleared(guest, source, up_to))
            continue;
        if (guest->state == QUESTION_NEW) {
            questions_drop_guest(questions, i);
            i = i < questions->merged.count ? i : questions->merged.count;
        } else {
            mark(questions, guest);
        }
    }
}

void questions_handle_clear(struct questions *questions, struct str source, uint64_t up_to)
{
    questions_begin_step(questions);
    clear_merged(questions, source, up_to);
    uint64_t before = UINT64_MAX;
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        if (question->id >= before || !is_cleared(question, source, up_to))
            continue;
        before = question->id;
        if (question->state == QUESTION_NEW) {
            questions_wake_all(questions, question);
            questions_remove_at(questions, questions_index_of(questions, question->id));
            i = questions->count;
        } else {
            mark(questions, question);
        }
    }
    questions_end_step(questions);
}

/* Only what it answered was deleted. */
static bool has_same_words(const struct questions *questions, const struct question_ask *ask, const struct message *message)
{
    struct buffer plain = {0};
    text_key_add_plain(&plain, message);
    struct question_hint hint = question_detect(questions->options.words, (struct str){plain.data, plain.len});
    char *text = question_clean_text(hint.text);
    bool is_same = strcmp(text, ask->text) == 0;
    free(text);
    buffer_fini(&plain);
    return is_same;
}

void questions_handle_edit(struct questions *questions, const struct message *message)
{
    questions_edit_upvote(questions, message);
    questions_begin_step(questions);
    for (size_t i = questions->count; i-- > 0;) {
        struct question *question = questions->slots[i].question;
        if (question->state != QUESTION_NEW || question->ask_count == 0 || question->change_count > 0 ||
            question->asks[0].message != message->id)
            continue;
        if (has_same_words(questions, &question->asks[0], message))
            break;
        struct queue_removal old = {.ids = &message->id, .id_count = 1};
        size_t dropped;
        drop_asks(question, &old, &dropped);
        stand_in(questions, question);
        questions_remove_at(questions, i);
        questions_handle_message(questions, message);
        break;
    }
    questions_end_step(questions);
}
