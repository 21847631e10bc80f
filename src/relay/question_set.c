/* Questions kept by id beside the list: few, looked for seldom. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "relay/questions_private.h"

static size_t find_at(const struct question_set *set, uint64_t id)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set->items[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void question_set_add(struct question_set *set, struct question *question)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 16;
        set->items = xreallocarray(set->items, set->capacity, sizeof(*set->items));
    }
    size_t at = find_at(set, question->id);
    memmove(set->items + at + 1, set->items + at, (set->count++ - at) * sizeof(*set->items));
    set->items[at] = question;
}

struct question *question_set_find(const struct question_set *set, uint64_t id)
{
    size_t at = find_at(set, id);
    return at < set->count && set->items[at]->id == id ? set->items[at] : NULL;
}

struct question *question_set_take(struct question_set *set, uint64_t id)
{
    struct question *question = question_set_find(set, id);
    if (!question)
        return NULL;
    size_t at = find_at(set, id);
    memmove(set->items + at, set->items + at + 1, (--set->count - at) * sizeof(*set->items));
    return question;
}

void question_set_fini(struct question_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        question_destroy(set->items[i]);
    free(set->items);
    *set = (struct question_set){0};
}
