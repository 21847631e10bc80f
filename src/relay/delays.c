#include "relay/delays.h"

#include <stdlib.h>
#include <string.h>

void delays_add(struct delays *delays, int64_t us)
{
    if (us < 0)
        us = 0;
    delays->kept_us[delays->count++ % DELAYS_KEPT] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
    delays->last_us = us;
    if (us > delays->worst_us)
        delays->worst_us = us;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

int64_t delays_median_us(const struct delays *delays)
{
    uint32_t sorted[DELAYS_KEPT];
    size_t count = delays->count < DELAYS_KEPT ? (size_t)delays->count : DELAYS_KEPT;
    if (count == 0)
        return 0;
    memcpy(sorted, delays->kept_us, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare);
    return sorted[count / 2];
}
