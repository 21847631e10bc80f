#include "relay/questions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/question_detect.h"
#include "relay/questions_private.h"
#include "relay/text_key.h"

struct questions *questions_create(const struct questions_options *options, struct error *err)
{
    struct questions *questions = xcalloc(1, sizeof(*questions));
    questions->options = *options;
    random_bytes(&questions->hash_key, sizeof(questions->hash_key));
    if (!questions_load(questions, err)) {
        questions_destroy(questions);
        return NULL;
    }
    return questions;
}

static void change_fini(struct question_change *change)
{
    free(change->text);
    free(change->by);
}

void question_destroy(struct question *question)
{
    if (!question)
        return;
    for (size_t i = 0; i < question->ask_count; i++)
        question_ask_fini(&question->asks[i]);
    for (size_t i = 0; i < question->change_count; i++)
        change_fini(&question->changes[i]);
    free(question->asks);
    free(question->changes);
    free(question->text);
    free(question->text_original);
    free(question->language);
    free(question->changed_by);
    free(question->key);
    free(question);
}

void questions_destroy(struct questions *questions)
{
    if (!questions)
        return;
    for (size_t i = 0; i < questions->count; i++)
        question_destroy(questions->slots[i].question);
    free(questions->slots);
    free(questions);
}

/* --- The list --- */

static uint64_t hash_key(const struct questions *questions, const char *key)
{
    return *key ? hash_bytes(&questions->hash_key, key, strlen(key)) : 0;
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
    questions->slots[at] = (struct question_slot){hash_key(questions, question->key), question};
    return question;
}

static size_t index_of(const struct questions *questions, uint64_t id)
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

static struct question *find(const struct questions *questions, uint64_t id, struct error *err)
{
    size_t index = index_of(questions, id);
    if (index == SIZE_MAX) {
        error_set(err, ERROR_DATA, "there is no question %" PRIu64, id);
        return NULL;
    }
    return questions->slots[index].question;
}

const struct question *questions_find(const struct questions *questions, uint64_t id)
{
    return find(questions, id, NULL);
}

size_t questions_count(const struct questions *questions)
{
    return questions->count;
}

const struct question *questions_at(const struct questions *questions, size_t index)
{
    return questions->slots[index].question;
}

static struct question *find_on_air(const struct questions *questions)
{
    for (size_t i = questions->count; i-- > 0;) {
        if (questions->slots[i].question->state == QUESTION_ON_AIR)
            return questions->slots[i].question;
    }
    return NULL;
}

const struct question *questions_on_air(const struct questions *questions)
{
    return find_on_air(questions);
}

void questions_remove_at(struct questions *questions, size_t index)
{
    struct question *question = questions->slots[index].question;
    uint64_t id = question->id;
    memmove(&questions->slots[index], &questions->slots[index + 1],
            (--questions->count - index) * sizeof(*questions->slots));
    question_destroy(question);
    question_forget(questions, id);
    questions->options.removed(questions->options.data, id);
}

/* The oldest of a group goes when the group is too large; candidates, or what is done with. */
static void trim(struct questions *questions, bool is_done_group, size_t max)
{
    size_t held = 0, oldest = SIZE_MAX;
    for (size_t i = 0; i < questions->count; i++) {
        enum question_state state = questions->slots[i].question->state;
        bool is_done = state == QUESTION_ANSWERED || state == QUESTION_DISMISSED;
        if (is_done_group ? is_done : state == QUESTION_NEW) {
            held++;
            if (oldest == SIZE_MAX)
                oldest = i;
        }
    }
    if (held > max)
        questions_remove_at(questions, oldest);
}

void question_set_key(struct question *question)
{
    struct buffer key = {0};
    text_key_add(&key, question->text_original, strlen(question->text_original));
    free(question->key);
    question->key = buffer_take(&key);
}

struct question *questions_make(struct questions *questions, char *text)
{
    struct question *question = xcalloc(1, sizeof(*question));
    question->id = questions_new_id(questions);
    question->text = text;
    question->text_original = xstrdup(text);
    question->language = xstrdup("");
    question->changed_by = xstrdup("");
    question->asked_ms = question->changed_ms = clock_unix_ms();
    question_set_key(question);
    return questions_insert(questions, question);
}

/* --- Changes --- */

struct question_change *question_begin_change(struct question *question, const char *by)
{
    if (question->change_count == QUESTION_UNDO_MAX) {
        change_fini(&question->changes[0]);
        memmove(question->changes, question->changes + 1, --question->change_count * sizeof(*question->changes));
    }
    question->changes =
        xreallocarray(question->changes, question->change_count + 1, sizeof(*question->changes));
    struct question_change *change = &question->changes[question->change_count++];
    *change = (struct question_change){
        .state = question->state,
        .is_marked = question->is_marked,
        .at_ms = clock_unix_ms(),
        .by = xstrdup(by),
    };
    return change;
}

void questions_end_change(struct questions *questions, struct question *question, const char *by)
{
    question->changed_ms = clock_unix_ms();
    char *actor = xstrdup(by);
    free(question->changed_by);
    question->changed_by = actor;
    question->is_dirty = false;
    question_save(questions, question);
    questions->options.changed(questions->options.data, question);
}

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

static struct question *find_same(const struct questions *questions, const char *key)
{
    uint64_t hash = hash_key(questions, key);
    for (size_t i = 0; hash != 0 && i < questions->count; i++) {
        if (questions->slots[i].key_hash == hash && strcmp(questions->slots[i].question->key, key) == 0)
            return questions->slots[i].question;
    }
    return NULL;
}

static struct question *find_message(const struct questions *questions, uint64_t message)
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

/* Joins the message to the question that says the same, or makes a new one of it. */
static struct question *ask(struct questions *questions, const struct message *message, struct str text)
{
    struct buffer key = {0};
    text_key_add(&key, text.data, text.len);
    buffer_add_char(&key, '\0');
    struct question *question = find_same(questions, key.data);
    buffer_fini(&key);
    if (question && question_has_author(question, message->is.platform, message->is.author.id))
        return question;  // one author counts once
    if (!question) {
        question = questions_make(questions, question_clean_text(text));
        question->is_candidate = true;
        question->asked_ms = message->is.time_ms ? message->is.time_ms : message->received_ms;
    }
    question_add_ask(question, message, text);
    return question;
}

void questions_handle_message(struct questions *questions, const struct message *message)
{
    enum message_kind kind = message->is.kind;
    if (kind != MESSAGE_CHAT && kind != MESSAGE_ACTION && kind != MESSAGE_GIFT && kind != MESSAGE_QUESTION)
        return;
    if (message->is.text.len == 0 || (message->is.author.roles & ROLE_BOT))
        return;
    struct buffer plain = {0};
    text_key_add_plain(&plain, message);
    struct question_hint hint = question_detect((struct str){plain.data, plain.len});
    if (kind == MESSAGE_QUESTION && hint.text.len > 0)
        hint.is_question = true;
    if (hint.is_question) {
        questions_mark_dirty(questions, ask(questions, message, hint.text));
        trim(questions, false, QUESTIONS_CANDIDATES_MAX);
    }
    buffer_fini(&plain);
}

/* --- What moderators do --- */

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
    struct question *question = find_message(questions, message->id);
    if (!question) {
        struct buffer plain = {0};
        text_key_add_plain(&plain, message);
        struct str text = question_detect((struct str){plain.data, plain.len}).text;
        if (text.len == 0)  // emotes alone: their names are all there is
            text = message->is.text;
        if (text.len > 0 && has_room(questions, err)) {
            question = ask(questions, message, text);
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
    struct question *question = find(questions, id, err);
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
    struct question *question = find(questions, id, err);
    if (!question || (question->state != QUESTION_READY && !has_room(questions, err)))
        return false;
    if (question->state != QUESTION_READY)
        set_state(questions, question, QUESTION_READY, by);
    return true;
}

bool questions_air(struct questions *questions, uint64_t id, const char *by, struct error *err)
{
    struct question *question = find(questions, id, err);
    if (!question)
        return false;
    if (question->state == QUESTION_ON_AIR)
        return true;
    if (question->is_marked)
        return error_set(err, ERROR_DENIED,
                         "question %" PRIu64 " is marked, its room was cleared: confirm it before it goes on air", id);
    replace_on_air(questions, find_on_air(questions), question, by);
    trim(questions, true, QUESTIONS_DONE_MAX);
    return true;
}

static bool finish(struct questions *questions, uint64_t id, enum question_state state, const char *by,
                   struct error *err)
{
    struct question *question = find(questions, id, err);
    if (!question)
        return false;
    if (question->state != state)
        set_state(questions, question, state, by);
    trim(questions, true, QUESTIONS_DONE_MAX);
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
    struct question *question = find(questions, id, err);
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
    struct question *question = find(questions, id, err);
    if (!question)
        return false;
    if (question->change_count == 0)
        return error_set(err, ERROR_DATA, "question %" PRIu64 " has no change to take back: dismiss it instead", id);
    struct question_change last = question->changes[question->change_count - 1];
    struct question *now = find_on_air(questions);
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
    struct question *before = find_on_air(questions), *next = NULL;
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (question->state == QUESTION_READY && !question->is_marked && (!next || question->ready_ms < next->ready_ms))
            next = question;
    }
    replace_on_air(questions, before, next, by);
    trim(questions, true, QUESTIONS_DONE_MAX);
    return next;
}

void questions_unair(struct questions *questions, const char *by)
{
    struct question *question = find_on_air(questions);
    if (question)
        set_state(questions, question, QUESTION_READY, by);
}
