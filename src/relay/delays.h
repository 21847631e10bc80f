/*
 * delays.h - how long something takes, of many times: the last, the median of the last 63, the worst ever, the count.
 * Thread: the owner's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DELAYS_KEPT = 63 };

struct delays {  // zeros: nothing measured
    uint64_t count;
    int64_t last_us, worst_us;
    uint32_t kept_us[DELAYS_KEPT];  // a ring; more than 71 minutes count as that
};

/* Below 0 counts as 0: two clocks were compared. */
void delays_add(struct delays *delays, int64_t us);

/* 0: nothing measured. */
int64_t delays_median_us(const struct delays *delays);
