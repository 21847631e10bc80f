/* The record of changes. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "relay/questions_private.h"

static const char *const action_names[] = {
    [QUESTION_ACTION_NONE] = "",
    [QUESTION_ACTION_ADD] = "add",
    [QUESTION_ACTION_AIR] = "air",
    [QUESTION_ACTION_ANSWER] = "answer",
    [QUESTION_ACTION_CONFIRM] = "confirm",
    [QUESTION_ACTION_DISMISS] = "dismiss",
    [QUESTION_ACTION_EDIT] = "edit",
    [QUESTION_ACTION_MARK] = "mark",
    [QUESTION_ACTION_MERGE] = "merge",
    [QUESTION_ACTION_MERGED] = "merged",
    [QUESTION_ACTION_MOVE] = "move",
    [QUESTION_ACTION_NOTE] = "note",
    [QUESTION_ACTION_PIN] = "pin",
    [QUESTION_ACTION_READY] = "ready",
    [QUESTION_ACTION_SPLIT] = "split",
    [QUESTION_ACTION_UNAIR] = "unair",
    [QUESTION_ACTION_UNDO] = "undo",
    [QUESTION_ACTION_UNPIN] = "unpin",
};

const char *question_action_name(enum question_action action)
{
    return action_names[action];
}

enum question_action question_action_from_name(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LENGTH(action_names); i++) {
        if (strcmp(action_names[i], name) == 0)
            return (enum question_action)i;
    }
    return QUESTION_ACTION_NONE;
}

/* --- The record --- */

void question_change_fini(struct question_change *change)
{
    free(change->text);
    free(change->by);
}

/* What it took to go back is let go of; that it happened stays known. */
void question_settle_change(struct question_change *change)
{
    change->can_undo = false;
    free(change->text);
    change->text = NULL;
}

static void settle_oldest(struct question *question)
{
    size_t held = 0;
    for (size_t i = question->change_count; i-- > 0;) {
        if (question->changes[i].can_undo && ++held > QUESTION_UNDO_MAX - 1)
            question_settle_change(&question->changes[i]);
    }
}

static bool is_undoable(enum question_action action)
{
    return action != QUESTION_ACTION_ADD && action != QUESTION_ACTION_MARK && action != QUESTION_ACTION_MERGED &&
           action != QUESTION_ACTION_UNDO;
}

struct question_change *question_begin_change(struct questions *questions, struct question *question,
                                              enum question_action action, const char *by)
{
    bool can_undo = is_undoable(action);
    if (can_undo)
        settle_oldest(question);
    if (question->change_count == QUESTION_HISTORY_MAX) {
        question_change_fini(&question->changes[0]);
        memmove(question->changes, question->changes + 1, --question->change_count * sizeof(*question->changes));
    }
    question->changes =
        xreallocarray(question->changes, question->change_count + 1, sizeof(*question->changes));
    struct question_change *change = &question->changes[question->change_count++];
    *change = (struct question_change){
        .number = ++question->change_number,
        .step = questions->step,
        .action = action,
        .at_ms = clock_unix_ms(),
        .by = xstrdup(by),
        .can_undo = can_undo,
        .state = question->state,
        .rank = question->rank,
        .aired_ms = question->aired_ms,
        .is_marked = question->is_marked,
        .is_pinned = question->is_pinned,
    };
    return change;
}

struct question_change *question_last_undoable(const struct question *question)
{
    for (size_t i = question->change_count; i-- > 0;) {
        if (question->changes[i].can_undo)
            return &question->changes[i];
    }
    return NULL;
}

uint64_t question_undo_number(const struct question *question)
{
    const struct question_change *last = question_last_undoable(question);
    return last ? last->number : 0;
}

static void void_changes(const struct questions *questions, struct question *question, uint64_t other)
{
    for (size_t i = 0; i < question->change_count; i++) {
        struct question_change *change = &question->changes[i];
        bool is_named = change->action == QUESTION_ACTION_MERGE || change->action == QUESTION_ACTION_SPLIT;
        if (is_named && change->can_undo && change->other == other) {
            question_settle_change(change);
            question_save(questions, question);
        }
    }
}

void questions_void_changes(struct questions *questions, uint64_t other)
{
    for (size_t i = 0; i < questions->count; i++)
        void_changes(questions, questions->slots[i].question, other);
    for (size_t i = 0; i < questions->merged.count; i++)
        void_changes(questions, questions->merged.items[i], other);
}

/* --- A step: all that one command changes is written in one transaction, and told when all of it is done --- */

void questions_begin_step(struct questions *questions)
{
    questions->step++;
}

void questions_touch(struct questions *questions, uint64_t id)
{
    for (size_t i = 0; i < questions->touched_count; i++) {
        if (questions->touched[i] == id)
            return;
    }
    questions->touched = xreallocarray(questions->touched, questions->touched_count + 1, sizeof(*questions->touched));
    questions->touched[questions->touched_count++] = id;
}

void question_end_change(struct questions *questions, struct question *question, const char *by)
{
    question->changed_ms = clock_unix_ms();
    char *actor = xstrdup(by);
    free(question->changed_by);
    question->changed_by = actor;
    questions_touch(questions, question->id);
}

static void tell(struct questions *questions, uint64_t id)
{
    struct question *question = questions_get(questions, id, NULL);
    if (!question) {
        questions->options.removed(questions->options.data, id);
    } else {
        question->is_dirty = false;
        questions->options.changed(questions->options.data, question);
    }
}

/* Who is told may well begin the next step. */
void questions_end_step(struct questions *questions)
{
    uint64_t *ids = questions->touched;
    size_t count = questions->touched_count;
    questions->touched = NULL;
    questions->touched_count = 0;
    questions_save_all(questions, ids, count);
    for (size_t i = 0; i < count; i++)
        tell(questions, ids[i]);
    free(ids);
}

/* --- State --- */

static void begin_airing(struct question *question)
{
    if (question->airing_count == QUESTION_AIRINGS_MAX)
        memmove(question->airings, question->airings + 1, --question->airing_count * sizeof(*question->airings));
    question->airings = xreallocarray(question->airings, question->airing_count + 1, sizeof(*question->airings));
    question->aired_ms = clock_unix_ms();
    question->airings[question->airing_count++] = (struct question_airing){.in_ms = question->aired_ms};
}

static void end_airing(struct question *question)
{
    if (question->airing_count > 0)
        question->airings[question->airing_count - 1].out_ms = clock_unix_ms();
}

void question_set_state(struct questions *questions, struct question *question, enum question_state state)
{
    if (question->state == QUESTION_ON_AIR && state != QUESTION_ON_AIR)
        end_airing(question);
    if (state == QUESTION_ON_AIR && question->state != QUESTION_ON_AIR)
        begin_airing(question);
    if (state == QUESTION_READY)
        question->rank = questions_new_rank(questions);
    if (state == QUESTION_ANSWERED || state == QUESTION_DISMISSED)
        question_drop_claim(question);
    question->state = state;
}

