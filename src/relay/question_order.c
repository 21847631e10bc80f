/* The order by hand. A rank is a number with room on both sides; when there is none left, all are numbered anew. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "relay/questions_private.h"

enum { RANK_STEP = 1 << 20 };  // twenty times between the same two; below 2^53 for eight billion questions

int64_t questions_new_rank(const struct questions *questions)
{
    int64_t last = 0;
    for (size_t i = 0; i < questions->count; i++) {
        if (questions->slots[i].question->rank > last)
            last = questions->slots[i].question->rank;
    }
    return last + RANK_STEP;
}

bool question_is_before(const struct question *a, const struct question *b)
{
    if (a->is_pinned != b->is_pinned)
        return a->is_pinned;
    return a->rank != b->rank ? a->rank < b->rank : a->id < b->id;
}

/* --- Numbering anew: the ranks that undo would bring back keep their places too --- */

struct rank {
    int64_t *at;
    uint64_t id;  // two may have one rank, after an undo: then their ids decide, as in question_is_before()
};

struct ranks {
    struct rank *items;
    size_t count, capacity;
};

static void add_rank(struct ranks *ranks, int64_t *at, uint64_t id)
{
    if (ranks->count == ranks->capacity) {
        ranks->capacity = ranks->capacity ? ranks->capacity * 2 : 256;
        ranks->items = xreallocarray(ranks->items, ranks->capacity, sizeof(*ranks->items));
    }
    ranks->items[ranks->count++] = (struct rank){at, id};
}

static void add_ranks(struct ranks *ranks, struct question *question)
{
    add_rank(ranks, &question->rank, question->id);
    for (size_t i = 0; i < question->change_count; i++)
        add_rank(ranks, &question->changes[i].rank, question->id);
}

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *first = a, *second = b;
    if (*first->at != *second->at)
        return *first->at < *second->at ? -1 : 1;
    return first->id < second->id ? -1 : first->id > second->id;
}

static void number_anew(struct questions *questions)
{
    struct ranks ranks = {0};
    for (size_t i = 0; i < questions->count; i++)
        add_ranks(&ranks, questions->slots[i].question);
    for (size_t i = 0; i < questions->merged.count; i++)
        add_ranks(&ranks, questions->merged.items[i]);
    qsort(ranks.items, ranks.count, sizeof(*ranks.items), compare_ranks);
    int64_t rank = 0, before = 0;
    for (size_t i = 0; i < ranks.count; i++) {
        bool is_same = i > 0 && before == *ranks.items[i].at && ranks.items[i - 1].id == ranks.items[i].id;
        before = *ranks.items[i].at;
        rank += is_same ? 0 : RANK_STEP;
        *ranks.items[i].at = rank;
    }
    free(ranks.items);
    for (size_t i = 0; i < questions->count; i++)
        questions_touch(questions, questions->slots[i].question->id);
    for (size_t i = 0; i < questions->merged.count; i++)
        questions_touch(questions, questions->merged.items[i]->id);
}

/* --- Moving --- */

/* The ready one next to `other` on that side, `except` left out; NULL: there is none. */
static const struct question *find_neighbour(const struct questions *questions, const struct question *other,
                                             const struct question *except, bool is_before)
{
    const struct question *found = NULL;
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = questions->slots[i].question;
        if (question == other || question == except || question->state != QUESTION_READY ||
            question->is_pinned != other->is_pinned || question_is_before(question, other) != is_before)
            continue;
        if (!found || question_is_before(question, found) != is_before)
            found = question;
    }
    return found;
}

static bool find_rank(const struct questions *questions, const struct question *question, const struct question *other,
                      bool is_before, int64_t *rank)
{
    const struct question *neighbour = find_neighbour(questions, other, question, is_before);
    int64_t end = other->rank + (is_before ? -2 : 2) * (int64_t)RANK_STEP;
    int64_t far = neighbour ? neighbour->rank : end;
    *rank = other->rank + (far - other->rank) / 2;
    return *rank != other->rank && *rank != far;
}

static const struct question *get_ready(const struct questions *questions, uint64_t id, struct error *err)
{
    const struct question *question = questions_get(questions, id, err);
    if (!question || question->state == QUESTION_READY)
        return question;
    error_set(err, ERROR_DATA, "question %" PRIu64 " is not ready: name a neighbour that is", id);
    return NULL;
}

bool questions_move(struct questions *questions, uint64_t id, uint64_t other_id, bool is_before, const char *by,
                    struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    const struct question *other = question ? get_ready(questions, other_id, err) : NULL;
    if (!other || !question_check_claim(question, by, err))
        return false;
    if (question == other)
        return true;
    if (question->state != QUESTION_READY && !questions_has_room(questions, err))
        return false;
    questions_begin_step(questions);
    int64_t rank;
    if (!find_rank(questions, question, other, is_before, &rank)) {
        number_anew(questions);
        find_rank(questions, question, other, is_before, &rank);
    }
    question_begin_change(questions, question, QUESTION_ACTION_MOVE, by);
    if (question->state != QUESTION_READY)
        question_set_state(questions, question, QUESTION_READY);
    question->rank = rank;
    question->is_pinned = other->is_pinned;
    question_end_change(questions, question, by);
    questions_end_step(questions);
    return true;
}

bool questions_pin(struct questions *questions, uint64_t id, bool is_pinned, const char *by, struct error *err)
{
    struct question *question = questions_get(questions, id, err);
    if (!question || !question_check_claim(question, by, err))
        return false;
    if (question->is_pinned == is_pinned)
        return true;
    questions_begin_step(questions);
    question_begin_change(questions, question, is_pinned ? QUESTION_ACTION_PIN : QUESTION_ACTION_UNPIN, by);
    question->is_pinned = is_pinned;
    question_end_change(questions, question, by);
    questions_end_step(questions);
    return true;
}
