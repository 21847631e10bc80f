#include "relay/removals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"

enum { OVERLAYS_MAX = 32, PENDING_MAX = 64 };

struct pending {
    struct list link;      // in removals.pending, oldest first
    char *source, *revision;  // owned
    int64_t started_ns, since_us;
    int64_t took_us;       // of those that have painted, the last; -1: nobody yet
    uint32_t overlays;     // that have not
};

struct removals {
    struct removals_options options;
    uint32_t overlays;     // that are connected
    struct list pending;
    size_t count;
};

struct removals *removals_create(const struct removals_options *options)
{
    struct removals *removals = xcalloc(1, sizeof(*removals));
    removals->options = *options;
    list_init(&removals->pending);
    return removals;
}

static void drop(struct removals *removals, struct pending *pending)
{
    list_remove(&pending->link);
    removals->count--;
    free(pending->source);
    free(pending->revision);
    free(pending);
}

void removals_destroy(struct removals *removals)
{
    if (!removals)
        return;
    struct pending *pending, *next;
    list_for_each_safe(pending, next, &removals->pending, link)
        drop(removals, pending);
    free(removals);
}

int removals_join(struct removals *removals)
{
    for (int i = 0; i < OVERLAYS_MAX; i++) {
        if (!(removals->overlays & UINT32_C(1) << i)) {
            removals->overlays |= UINT32_C(1) << i;
            return i;
        }
    }
    return REMOVALS_NOBODY;
}

/* One fewer to wait for; with the last one it is over, and counts if anybody has painted. */
static void settle(struct removals *removals, struct pending *pending, uint32_t bit)
{
    pending->overlays &= ~bit;
    if (pending->overlays != 0)
        return;
    if (pending->took_us >= 0)
        removals->options.off_air(removals->options.data, pending->source, pending->took_us, pending->since_us);
    drop(removals, pending);
}

void removals_leave(struct removals *removals, int overlay)
{
    if (overlay == REMOVALS_NOBODY)
        return;
    uint32_t bit = UINT32_C(1) << overlay;
    removals->overlays &= ~bit;
    struct pending *pending, *next;
    list_for_each_safe(pending, next, &removals->pending, link)
        settle(removals, pending, bit);
}

void removals_wait(struct removals *removals, const char *source, const char *revision, int64_t started_ns,
                   int64_t since_us)
{
    if (removals->overlays == 0)
        return;
    if (removals->count == PENDING_MAX)  // an overlay that paints nothing any more
        drop(removals, container_of(removals->pending.next, struct pending, link));
    struct pending *pending = xcalloc(1, sizeof(*pending));
    *pending = (struct pending){.source = xstrdup(source), .revision = xstrdup(revision), .started_ns = started_ns,
                                .since_us = since_us, .took_us = -1, .overlays = removals->overlays};
    list_append(&removals->pending, &pending->link);
    removals->count++;
}

/* EPOCH:COUNT; of one epoch, the greater count is the later state. */
static bool has_reached(const char *shown, const char *wanted)
{
    const char *colon = strrchr(wanted, ':');
    size_t epoch = colon ? (size_t)(colon - wanted) + 1 : 0;
    return epoch > 0 && strncmp(shown, wanted, epoch) == 0 &&
           strtoull(shown + epoch, NULL, 10) >= strtoull(wanted + epoch, NULL, 10);
}

void removals_applied(struct removals *removals, int overlay, const char *revision, int64_t age_us)
{
    if (overlay == REMOVALS_NOBODY)
        return;
    uint32_t bit = UINT32_C(1) << overlay;
    int64_t now_ns = clock_monotonic_ns();
    struct pending *pending, *next;
    list_for_each_safe(pending, next, &removals->pending, link) {
        if (!(pending->overlays & bit) || !has_reached(revision, pending->revision))
            continue;
        int64_t took_us = (now_ns - pending->started_ns) / 1000;
        if (age_us > 0)
            took_us = age_us < took_us ? took_us - age_us : 0;
        if (took_us > pending->took_us)
            pending->took_us = took_us;
        settle(removals, pending, bit);
    }
}
