/*
 * budget.h - how fast a source spends what its platform allows, and when it will have none left.
 * Fed with what is left, whenever it is known; what was spent is measured over the last quarter of an hour.
 * Thread: the owner's. Times are monotonic milliseconds.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { BUDGET_KEPT = 16 };

struct budget {  // zeros: nothing known
    struct {
        int64_t at_ms, left;
    } kept[BUDGET_KEPT];  // oldest first, a minute apart at least
    size_t count;
};

/* More left than before is a new period: what was measured is forgotten. */
void budget_note(struct budget *budget, int64_t now_ms, int64_t left);

/* From now until nothing is left at the pace measured; -1: nothing is spent, or it is not known yet (a minute). */
int64_t budget_empty_in_ms(const struct budget *budget, int64_t now_ms);
