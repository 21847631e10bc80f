#include "relay/questions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/heard.h"
#include "relay/question_detect.h"
#include "relay/question_group.h"
#include "relay/question_print.h"
#include "relay/question_words.h"
#include "relay/questions_private.h"
#include "relay/text_key.h"
#include "relay/upvotes.h"

struct questions *questions_create(const struct questions_options *options, struct error *err)
{
    struct questions *questions = xcalloc(1, sizeof(*questions));
    questions->options = *options;
    if (!questions->options.words)
        questions->options.words = question_words_in_use();
    questions->group = question_group_create();
    if (!questions_load(questions, err)) {
        questions_destroy(questions);
        return NULL;
    }
    questions_notice_pause(questions);
    questions_expire_past(questions);
    return questions;
}

void question_destroy(struct question *question)
{
    if (!question)
        return;
    for (size_t i = 0; i < question->ask_count; i++)
        question_ask_fini(&question->asks[i]);
    for (size_t i = 0; i < question->change_count; i++)
        question_change_fini(&question->changes[i]);
    for (size_t i = 0; i < question->platform_count; i++)
        free(question->platforms[i].name);
    free(question->asks);
    free(question->changes);
    free(question->platforms);
    free(question->airings);
    free(question->note);
    free(question->claimed_by);
    free(question->text);
    free(question->text_original);
    free(question->language);
    free(question->changed_by);
    free(question->upvotes);
    free(question->upvote_index);
    free(question);
}

void questions_destroy(struct questions *questions)
{
    if (!questions)
        return;
    for (size_t i = 0; i < questions->count; i++)
        question_destroy(questions->slots[i].question);
    question_set_fini(&questions->merged);
    question_set_fini(&questions->past);
    free(questions->slots);
    free(questions->touched);
    question_group_destroy(questions->group);
    free(questions);
}

void questions_set_words(struct questions *questions, const struct question_words *words)
{
    questions->options.words = words;
    for (size_t i = 0; i < questions->count; i++)
        questions_group(questions, questions->slots[i].question);
    for (size_t i = 0; i < questions->merged.count; i++)
        questions_group(questions, questions->merged.items[i]);
}

/* --- The list --- */

void questions_group(struct questions *questions, const struct question *question)
{
    struct print_space space;
    question_group_add(questions->group, question->id,
                       question_print_make(&space, questions->options.words, str_from(question->text_original)));
}

struct question *questions_insert(struct questions *questions, struct question *question)
{
    if (questions->count == questions->capacity) {
        questions->capacity = questions->capacity ? questions->capacity * 2 : 64;
        questions->slots = xreallocarray(questions->slots, questions->capacity, sizeof(*questions->slots));
    }
    size_t at = questions->count++;
    for (; at > 0 && questions->slots[at - 1].question->id > question->id; at--)
        questions->slots[at] = questions->slots[at - 1];
    questions->slots[at] = (struct question_slot){question};
    questions_group(questions, question);
    question->fairness = heard_fairness(questions->options.heard, question);
    for (size_t i = 0; i < question->ask_count; i++) {
        if (question->asks[i].message > questions->last_asked)
            questions->last_asked = question->asks[i].message;
    }
    return question;
}

size_t questions_index_of(const struct questions *questions, uint64_t id)
{
    size_t low = 0, high = questions->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (questions->slots[middle].question->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < questions->count && questions->slots[low].question->id == id ? low : SIZE_MAX;
}

struct question *questions_get(const struct questions *questions, uint64_t id, struct error *err)
{
    size_t index = questions_index_of(questions, id);
    if (index == SIZE_MAX) {
        error_set(err, ERROR_DATA, "there is no question %" PRIu64, id);
        return NULL;
    }
    return questions->slots[index].question;
}

const struct question *questions_find(const struct questions *questions, uint64_t id)
{
    return questions_get(questions, id, NULL);
}

size_t questions_count(const struct questions *questions)
{
    return questions->count;
}

const struct question *questions_at(const struct questions *questions, size_t index)
{
    return questions->slots[index].question;
}

struct question *questions_get_on_air(const struct questions *questions)
{
    for (size_t i = questions->count; i-- > 0;) {
        if (questions->slots[i].question->state == QUESTION_ON_AIR)
            return questions->slots[i].question;
    }
    return NULL;
}

const struct question *questions_answered_last(const struct questions *questions)
{
    const struct question *last = NULL;
    int64_t out_ms = 0;
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = questions->slots[i].question;
        if (question->airing_count == 0 || question->airings[question->airing_count - 1].out_ms < out_ms)
            continue;
        last = question;
        out_ms = question->airings[question->airing_count - 1].out_ms;
    }
    return last && last->state == QUESTION_ANSWERED ? last : NULL;
}

const struct question *questions_on_air(const struct questions *questions)
{
    return questions_get_on_air(questions);
}

struct question *questions_take_at(struct questions *questions, size_t index)
{
    struct question *question = questions->slots[index].question;
    question_group_remove(questions->group, question->id);
    memmove(&questions->slots[index], &questions->slots[index + 1],
            (--questions->count - index) * sizeof(*questions->slots));
    return question;
}

void questions_remove_at(struct questions *questions, size_t index)
{
    struct question *question = questions_take_at(questions, index);
    uint64_t id = question->id;
    question_destroy(question);
    question_forget(questions, id);
    questions_forget_merged(questions, id);
    questions_void_changes(questions, id);
    questions->options.removed(questions->options.data, id);
}

/* What a person set apart does not leave by itself. */
static bool is_spare(const struct question *question, bool is_done_group)
{
    if (is_done_group)
        return question->state == QUESTION_ANSWERED || question->state == QUESTION_DISMISSED;
    return question->state == QUESTION_NEW && !question->is_pinned && !question_is_claimed(question);
}

void questions_trim(struct questions *questions, bool is_done_group, size_t max)
{
    size_t held = 0, oldest = SIZE_MAX;
    for (size_t i = 0; i < questions->count; i++) {
        if (is_spare(questions->slots[i].question, is_done_group)) {
            held++;
            if (oldest == SIZE_MAX)
                oldest = i;
        }
    }
    if (held > max)
        questions_remove_at(questions, oldest);
}

struct question *questions_make(struct questions *questions, char *text)
{
    struct question *question = xcalloc(1, sizeof(*question));
    question->id = questions_new_id(questions);
    question->text = text;
    question->text_original = xstrdup(text);
    question->language = xstrdup("");
    question->note = xstrdup("");
    question->changed_by = xstrdup("");
    question->claimed_by = xstrdup("");
    question->asked_ms = question->changed_ms = clock_unix_ms();
    question->show_ms = questions_show_ms(questions);
    question_give_code(questions, question);
    return questions_insert(questions, question);
}

/* --- What waits for the flush --- */

void questions_mark_dirty(struct questions *questions, struct question *question)
{
    question->is_dirty = true;
    if (!questions->is_dirty) {
        questions->is_dirty = true;
        questions->options.dirty(questions->options.data);
    }
}

void questions_flush(struct questions *questions)
{
    questions->is_dirty = false;
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (!question->is_dirty)
            continue;
        question->is_dirty = false;
        question_save(questions, question);
        questions->options.changed(questions->options.data, question);
    }
}

/* --- What viewers ask --- */

/* What was merged away is asked for in its target. */
static struct question *find_same(const struct questions *questions, struct str text)
{
    struct print_space space;
    uint64_t id = question_group_find(questions->group, question_print_make(&space, questions->options.words, text));
    const struct question *guest = id ? question_set_find(&questions->merged, id) : NULL;
    for (; guest; guest = question_set_find(&questions->merged, id))
        id = guest->merged_into;
    return id ? questions_get(questions, id, NULL) : NULL;
}

struct question *questions_get_asked(const struct questions *questions, uint64_t message)
{
    for (size_t i = questions->count; i-- > 0;) {
        const struct question *question = questions->slots[i].question;
        for (size_t k = 0; k < question->ask_count; k++) {
            if (question->asks[k].message == message)
                return questions->slots[i].question;
        }
    }
    return NULL;
}

struct question *questions_ask(struct questions *questions, const struct message *message, struct str text)
{
    // Handled once more after a kill: where it stands, also if it was split off since.
    struct question *question = message->id <= questions->last_asked ? questions_get_asked(questions, message->id) : NULL;
    if (question)
        return question;
    questions->last_asked = message->id > questions->last_asked ? message->id : questions->last_asked;
    question = find_same(questions, text);
    if (question && question_has_author(question, message->is.platform, message->is.author.id))
        return question;  // one author counts once
    if (question)
        question_drop_upvote_of(questions, question, message);
    if (!question) {
        question = questions_make(questions, question_clean_text(text));
        question->is_candidate = true;
        question->asked_ms = message->is.time_ms ? message->is.time_ms : message->received_ms;
    }
    question_add_ask(question, message, text);
    question_note_asker(questions, question, message);
    return question;
}

void questions_handle_message(struct questions *questions, const struct message *message)
{
    enum message_kind kind = message->is.kind;
    if (kind != MESSAGE_CHAT && kind != MESSAGE_ACTION && kind != MESSAGE_GIFT && kind != MESSAGE_QUESTION)
        return;
    if (message->is.text.len == 0 || (message->is.author.roles & ROLE_BOT) || questions_handle_upvote(questions, message))
        return;
    struct buffer plain = {0};
    text_key_add_plain(&plain, message);
    struct str text = {plain.data, plain.len};
    struct question_hint hint = kind == MESSAGE_QUESTION ? question_detect_native(questions->options.words, text)
                                                         : question_detect(questions->options.words, text);
    if (hint.is_question) {
        struct question *question = questions_ask(questions, message, hint.text);
        question_note_signs(questions, question, &hint);
        questions_mark_dirty(questions, question);
        questions_trim(questions, false, QUESTIONS_CANDIDATES_MAX);
    }
    buffer_fini(&plain);
}
