#include "relay/pace.h"

#include <stdlib.h>

enum { TOGETHER_MS = 1000, SILENT_TIMES = 10 };

void pace_begin(struct pace *pace, int64_t now_ms)
{
    pace->arrival_ms = 0;
    pace->since_ms = now_ms;
}

void pace_pause(struct pace *pace)
{
    pace->arrival_ms = 0;
    pace->since_ms = 0;
}

void pace_add(struct pace *pace, int64_t now_ms)
{
    if (pace->since_ms == 0)
        return;
    pace->since_ms = now_ms;
    int64_t together_ms = pace->together_ms > 0 ? pace->together_ms : TOGETHER_MS;
    if (pace->arrival_ms != 0 && now_ms - pace->arrival_ms < together_ms) {
        pace->count++;
        return;
    }
    if (pace->arrival_ms != 0) {
        size_t at = pace->total++ % PACE_KEPT;
        pace->kept[at].wait_ms = now_ms - pace->arrival_ms;
        pace->kept[at].count = pace->count;
    }
    pace->arrival_ms = now_ms;
    pace->count = 1;
}

static int compare(const void *one, const void *other)
{
    int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;
    return (left > right) - (left < right);
}

static int64_t median(int64_t values[], size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

static int64_t usual(const struct pace *pace, bool is_between_messages)
{
    int64_t values[PACE_KEPT];
    size_t count = pace->total < PACE_KEPT ? pace->total : PACE_KEPT;
    if (count < PACE_KNOWN)
        return 0;
    for (size_t i = 0; i < count; i++)
        values[i] = pace->kept[i].wait_ms / (is_between_messages ? pace->kept[i].count : 1);
    int64_t middle = median(values, count);
    return middle > 0 ? middle : 1;
}

int64_t pace_usual_ms(const struct pace *pace)
{
    return usual(pace, true);
}

int64_t pace_silent_at_ms(const struct pace *pace, int64_t floor_ms)
{
    int64_t between = usual(pace, false);
    if (between == 0 || pace->since_ms == 0)
        return 0;
    int64_t patience = SILENT_TIMES * between;
    return pace->since_ms + (patience > floor_ms ? patience : floor_ms);
}
