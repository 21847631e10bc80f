/*
 * Merging and splitting. The one that was merged away sleeps, with its asks as they were, so that undo brings it back
 * whole; in its target stand copies of them, which say where they came from.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "relay/question_group.h"
#include "relay/questions_private.h"
#include "relay/upvotes.h"

static struct question_ask *append_ask(struct question *question, const struct question_ask *ask)
{
    question->asks = xreallocarray(question->asks, question->ask_count + 1, sizeof(*question->asks));
    question->asks[question->ask_count] = question_copy_ask(ask);
    return &question->asks[question->ask_count++];
}

static bool has_same_author(const struct question *question, const struct question_ask *ask)
{
    return question_has_author(question, str_from(ask->platform), str_from(ask->author_id));
}

/* Those of the guest that no list holds, one by one or for lack of room, are known by number alone. */
static void move_more(const struct question *guest, struct question *target, int sign)
{
    for (size_t i = 0; i < guest->platform_count; i++) {
        const struct question_platform *platform = &guest->platforms[i];
        question_count_more(target, platform->name, sign * (int64_t)(platform->more + platform->spill), 0);
    }
}

static void add_asks(struct question *guest, struct question *target)
{
    for (size_t i = 0; i < guest->ask_count; i++) {
        const struct question_ask *ask = &guest->asks[i];
        if (has_same_author(target, ask))
            continue;
        if (target->ask_count < QUESTION_ASKS_MAX) {
            append_ask(target, ask)->from = guest->id;
        } else {
            question_count_more(guest, ask->platform, 0, 1);
        }
    }
    move_more(guest, target, 1);
    question_recount(target);
}

static bool may_merge(const struct question *guest, const struct question *target, const char *by, struct error *err)
{
    if (!question_check_claim(guest, by, err) || !question_check_claim(target, by, err))
        return false;
    if (guest == target)
        return error_set(err, ERROR_DATA, "question %" PRIu64 " cannot be merged into itself", guest->id);
    if (guest->state == QUESTION_ON_AIR)
        return error_set(err, ERROR_DATA, "question %" PRIu64 " is on air: merge the other one into it", guest->id);
    return true;
}

bool questions_merge(struct questions *questions, uint64_t id, uint64_t into, const char *by, struct error *err)
{
    struct question *guest = questions_get(questions, id, err);
    struct question *target = guest ? questions_get(questions, into, err) : NULL;
    if (!target || !may_merge(guest, target, by, err))
        return false;
    questions_begin_step(questions);
    question_begin_change(questions, target, QUESTION_ACTION_MERGE, by)->other = id;
    question_begin_change(questions, guest, QUESTION_ACTION_MERGED, by)->other = into;
    add_asks(guest, target);
    if (target->state == QUESTION_NEW && guest->state == QUESTION_READY) {
        target->state = QUESTION_READY;
        target->rank = guest->rank;
    }
    question_drop_claim(guest);
    questions_take_at(questions, questions_index_of(questions, id));
    guest->merged_into = into;
    question_set_add(&questions->merged, guest);
    questions_group(questions, guest);
    questions_recount_upvotes(questions, target);
    question_end_change(questions, guest, by);
    question_end_change(questions, target, by);
    questions_end_step(questions);
    return true;
}

/* --- Taking a merge back --- */

static void take_asks_back(struct question *target, struct question *guest)
{
    size_t kept = 0;
    for (size_t i = 0; i < target->ask_count; i++) {
        if (target->asks[i].from == guest->id) {
            question_ask_fini(&target->asks[i]);
        } else {
            target->asks[kept++] = target->asks[i];
        }
    }
    target->ask_count = kept;
    move_more(guest, target, -1);
    question_recount(target);
}

void questions_wake(struct questions *questions, uint64_t id, const char *by)
{
    struct question *guest = question_set_take(&questions->merged, id);
    if (!guest)
        return;
    struct question *target = questions_get(questions, guest->merged_into, NULL);
    if (target)
        take_asks_back(target, guest);
    guest->merged_into = 0;
    for (size_t i = 0; i < guest->platform_count; i++)
        guest->platforms[i].spill = 0;
    question_recount(guest);
    questions_insert(questions, guest);
    questions_recount_upvotes(questions, guest);
    if (target)
        questions_recount_upvotes(questions, target);
    question_begin_change(questions, guest, QUESTION_ACTION_UNDO, by);
    question_end_change(questions, guest, by);
}

void questions_wake_all(struct questions *questions, struct question *target)
{
    for (size_t i = questions->merged.count; i-- > 0;) {
        if (questions->merged.items[i]->merged_into == target->id)
            questions_wake(questions, questions->merged.items[i]->id, "platform");
    }
}

void questions_forget_merged(struct questions *questions, uint64_t target)
{
    for (size_t i = questions->merged.count; i-- > 0;) {
        struct question *guest = questions->merged.items[i];
        if (guest->merged_into != target)
            continue;
        uint64_t id = guest->id;
        question_set_take(&questions->merged, id);
        question_group_remove(questions->group, id);
        question_forget(questions, id);
        question_destroy(guest);
        questions_forget_merged(questions, id);
        i = questions->merged.count;
    }
}

/* Who asked it asks its target for good. */
void questions_drop_guest(struct questions *questions, size_t index)
{
    struct question *guest = questions->merged.items[index];
    uint64_t id = guest->id;
    struct question *target = questions_get(questions, guest->merged_into, NULL);
    for (size_t i = 0; target && i < target->ask_count; i++) {
        if (target->asks[i].from == id)
            target->asks[i].from = 0;
    }
    question_set_take(&questions->merged, id);
    question_group_remove(questions->group, id);
    question_destroy(guest);
    question_forget(questions, id);
    questions_forget_merged(questions, id);
    questions_void_changes(questions, id);
}

/* --- Splitting --- */

static size_t find_ask(const struct question *question, uint64_t message)
{
    for (size_t i = 0; i < question->ask_count; i++) {
        if (question->asks[i].message == message)
            return i;
    }
    return SIZE_MAX;
}

static void remove_ask(struct question *question, size_t index)
{
    question_ask_fini(&question->asks[index]);
    memmove(question->asks + index, question->asks + index + 1,
            (--question->ask_count - index) * sizeof(*question->asks));
    question_recount(question);
}

static bool find_split(const struct question *question, uint64_t message, size_t *index, struct error *err)
{
    *index = find_ask(question, message);
    if (*index == SIZE_MAX)
        return error_set(err, ERROR_DATA, "message %" PRIu64 " did not ask question %" PRIu64, message, question->id);
    if (*index == 0)
        return error_set(err, ERROR_DATA, "message %" PRIu64 " is the first, whose question it is: split the others off", message);
    return true;
}

const struct question *questions_split(struct questions *questions, uint64_t id, uint64_t message, const char *by,
                                       struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    size_t index;
    if (!question || !question_check_claim(question, by, err) || !find_split(question, message, &index, err))
        return NULL;
    questions_begin_step(questions);
    struct question *part = questions_make(questions, xstrdup(question->asks[index].text));
    part->is_candidate = true;
    part->asked_ms = question->asks[index].asked_ms;
    append_ask(part, &question->asks[index]);
    question_recount(part);
    struct question_change *change = question_begin_change(questions, question, QUESTION_ACTION_SPLIT, by);
    change->other = part->id;
    change->position = index;
    remove_ask(question, index);
    question_end_change(questions, question, by);
    question_end_change(questions, part, by);
    questions_end_step(questions);
    return part;
}

bool question_can_unsplit(const struct questions *questions, uint64_t id, struct error *err)
{
    const struct question *part = questions_get(questions, id, NULL);
    if (!part)
        return error_set(err, ERROR_DATA, "question %" PRIu64 ", which was split off, is elsewhere by now: take that back first", id);
    if (part->state == QUESTION_NEW && !question_last_undoable(part) && !question_is_claimed(part))
        return true;
    return error_set(err, ERROR_AGAIN, "question %" PRIu64 ", which was split off, was changed since: take that back there first", id);
}

static void insert_ask(struct question *question, size_t position, const struct question_ask *ask)
{
    if (question->ask_count >= QUESTION_ASKS_MAX) {
        question_count_more(question, ask->platform, 1, 0);
        return;
    }
    append_ask(question, ask);
    struct question_ask added = question->asks[question->ask_count - 1];
    size_t at = position < question->ask_count ? position : question->ask_count - 1;
    memmove(question->asks + at + 1, question->asks + at, (question->ask_count - 1 - at) * sizeof(*question->asks));
    question->asks[at] = added;
}

/* All who ask it by now come back: the one to his place, who joined him since to the end. */
void questions_unsplit(struct questions *questions, struct question *question, uint64_t id, size_t position)
{
    struct question *part = questions_take_at(questions, questions_index_of(questions, id));
    move_more(part, question, 1);
    for (size_t i = 0; i < part->ask_count; i++) {
        if (!has_same_author(question, &part->asks[i]))  // he asked both since
            insert_ask(question, i == 0 ? position : question->ask_count, &part->asks[i]);
    }
    question_recount(question);
    question_destroy(part);
    questions_touch(questions, id);
}
