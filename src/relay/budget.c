#include "relay/budget.h"

#include <stdbool.h>
#include <string.h>

enum { APART_MS = 60 * 1000 };

static void forget_oldest(struct budget *budget)
{
    budget->count--;
    memmove(budget->kept, budget->kept + 1, budget->count * sizeof(*budget->kept));
}

void budget_note(struct budget *budget, int64_t now_ms, int64_t left)
{
    if (budget->count > 0 && left > budget->kept[budget->count - 1].left)
        budget->count = 0;
    // The newest one moves until it is a minute from the one before it.
    bool is_new = budget->count < 2 ||
                  budget->kept[budget->count - 1].at_ms - budget->kept[budget->count - 2].at_ms >= APART_MS;
    if (is_new && budget->count == BUDGET_KEPT)
        forget_oldest(budget);
    if (is_new)
        budget->count++;
    budget->kept[budget->count - 1].at_ms = now_ms;
    budget->kept[budget->count - 1].left = left;
}

int64_t budget_empty_in_ms(const struct budget *budget, int64_t now_ms)
{
    if (budget->count < 2)
        return -1;
    int64_t left = budget->kept[budget->count - 1].left, spent = budget->kept[0].left - left;
    int64_t took_ms = now_ms - budget->kept[0].at_ms;
    if (left <= 0)
        return 0;
    if (spent <= 0 || took_ms < APART_MS)
        return -1;
    return (int64_t)((double)left / (double)spent * (double)took_ms);
}
