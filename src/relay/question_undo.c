/* Taking changes back: the last of a question, and in one step all that the same command changed elsewhere. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "relay/questions_private.h"

/* An airing that was taken back was none; one that is taken up again goes on. */
static void restore_state(struct question *question, const struct question_change *change)
{
    size_t last = question->airing_count - 1;  // only used where there is one
    if (question->state == QUESTION_ON_AIR && change->state != QUESTION_ON_AIR && question->airing_count > 0)
        question->airing_count--;
    if (question->state != QUESTION_ON_AIR && change->state == QUESTION_ON_AIR && question->airing_count > 0)
        question->airings[last].out_ms = 0;
    question->state = change->state;
    question->rank = change->rank;
    question->aired_ms = change->aired_ms;
}

/* --- Undo --- */

static void swap_text(char **now, struct question_change *change)
{
    free(*now);
    *now = change->text;
    change->text = NULL;
}

static bool changes_state(enum question_action action)
{
    return action == QUESTION_ACTION_AIR || action == QUESTION_ACTION_ANSWER || action == QUESTION_ACTION_DISMISS ||
           action == QUESTION_ACTION_MERGE || action == QUESTION_ACTION_MOVE || action == QUESTION_ACTION_READY ||
           action == QUESTION_ACTION_UNAIR;
}

/* Only what that action changed: what came in between from elsewhere stays. */
static void restore(struct question *question, struct question_change *change)
{
    if (changes_state(change->action))
        restore_state(question, change);
    if (change->action == QUESTION_ACTION_EDIT)
        swap_text(&question->text, change);
    if (change->action == QUESTION_ACTION_NOTE)
        swap_text(&question->note, change);
    if (change->action == QUESTION_ACTION_CONFIRM)
        question->is_marked = change->is_marked;
    if (change->action == QUESTION_ACTION_MOVE || change->action == QUESTION_ACTION_PIN ||
        change->action == QUESTION_ACTION_UNPIN)
        question->is_pinned = change->is_pinned;
}

/* Its last change took it off the air. */
static bool goes_on_air(const struct question *question)
{
    const struct question_change *last = question_last_undoable(question);
    return changes_state(last->action) && last->state == QUESTION_ON_AIR && question->state != QUESTION_ON_AIR;
}

struct undo_step {
    struct question *members[4];  // a command changes two questions at most, and what makes room
    size_t count;
};

/* All whose last change was made by the same command. */
static struct undo_step find_step(struct questions *questions, struct question *first)
{
    struct undo_step step = {{first}, 1};
    uint64_t number = question_last_undoable(first)->step;
    for (size_t i = 0; i < questions->count && step.count < ARRAY_LENGTH(step.members); i++) {
        struct question *question = questions->slots[i].question;
        const struct question_change *last = question_last_undoable(question);
        if (question != first && last && last->step == number)
            step.members[step.count++] = question;
    }
    return step;
}

static bool can_restore(const struct questions *questions, const struct question *question, const char *by,
                        struct error *err)
{
    const struct question_change *last = question_last_undoable(question);
    if (!question_check_claim(question, by, err))
        return false;
    if (last->action == QUESTION_ACTION_SPLIT && !question_can_unsplit(questions, last->other, err))
        return false;
    return !goes_on_air(question) || !question->is_marked ||
           error_set(err, ERROR_DENIED,
                     "question %" PRIu64 " is marked, its room was cleared: confirm it before it goes on air", question->id);
}

static bool check_number(const struct question *question, uint64_t change, struct error *err)
{
    const struct question_change *last = question_last_undoable(question);
    if (!last)
        return error_set(err, ERROR_DATA, "question %" PRIu64 " has no change to take back: dismiss it instead", question->id);
    if (change == 0 || last->number == change)
        return true;
    return error_set(err, ERROR_AGAIN, "question %" PRIu64 " was changed since by %s (%s): take that back first", question->id,
                     last->by, question_action_name(last->action));
}

static void take_back(struct questions *questions, struct question *question, const char *by)
{
    struct question_change *last = question_last_undoable(question);
    uint64_t number = last->number, other = last->other;
    size_t position = last->position;
    enum question_action action = last->action;
    restore(question, last);
    last->is_undone = true;
    question_settle_change(last);
    question_begin_change(questions, question, QUESTION_ACTION_UNDO, by)->other = number;
    if (action == QUESTION_ACTION_MERGE)
        questions_wake(questions, other, by);
    if (action == QUESTION_ACTION_SPLIT)
        questions_unsplit(questions, question, other, position);
    question_end_change(questions, question, by);
}

/* Whoever is on air after it and had no part in it becomes ready. */
static void make_room(struct questions *questions, const struct undo_step *step, const char *by)
{
    struct question *now = questions_get_on_air(questions);
    bool is_member = false, is_wanted = false;
    for (size_t i = 0; i < step->count; i++) {
        const struct question *member = step->members[i];
        is_member |= member == now;
        is_wanted |= member != now && goes_on_air(member);
    }
    if (!now || is_member || !is_wanted)
        return;
    question_begin_change(questions, now, QUESTION_ACTION_UNAIR, by);
    question_set_state(questions, now, QUESTION_READY);
    question_end_change(questions, now, by);
}

bool questions_undo_airs(struct questions *questions, uint64_t id)
{
    struct question *question = questions_get(questions, id, NULL);
    if (!question || !question_last_undoable(question))
        return false;
    struct undo_step step = find_step(questions, question);
    bool airs = false;
    for (size_t i = 0; i < step.count; i++)
        airs |= goes_on_air(step.members[i]);
    return airs;
}

bool questions_undo(struct questions *questions, uint64_t id, uint64_t change, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !check_number(question, change, err))
        return false;
    struct undo_step step = find_step(questions, question);
    for (size_t i = 0; i < step.count; i++) {
        if (!can_restore(questions, step.members[i], by, err))
            return false;
    }
    questions_begin_step(questions);
    make_room(questions, &step, by);
    for (size_t i = 0; i < step.count; i++)
        take_back(questions, step.members[i], by);
    questions_end_step(questions);
    return true;
}
