/*
 * removals.h - what a platform deleted while it was on air, until every overlay has painted a picture without it.
 * Overlays say which revision of the on-air state they show; a removal is off air when all that were connected as it
 * came have painted its revision or a later one. One that goes away meanwhile is no longer waited for.
 * Thread: the loop's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct removals;

struct removals_options {
    void *data;
    /*
     * Required. took_us: from the receipt of the platform's word until the last overlay had painted. since_us: how long
     * before the receipt the platform says that it happened, clocks compared; -1: it does not say.
     */
    void (*off_air)(void *data, const char *source, int64_t took_us, int64_t since_us);
};

struct removals *removals_create(const struct removals_options *options);
void removals_destroy(struct removals *removals);  // accepts NULL

enum { REMOVALS_NOBODY = -1 };

/* An overlay is there; its number, or REMOVALS_NOBODY: there are 32 already, and this one is not waited for. */
int removals_join(struct removals *removals);
void removals_leave(struct removals *removals, int overlay);  // accepts REMOVALS_NOBODY

/*
 * What was removed is not in the on-air state of this revision. started_ns: monotonic, when the platform's word came.
 * With no overlay connected there is nothing to wait for, and nothing to measure.
 */
void removals_wait(struct removals *removals, const char *source, const char *revision, int64_t started_ns,
                   int64_t since_us);

/* The overlay has this revision on its picture, since age_us before now. */
void removals_applied(struct removals *removals, int overlay, const char *revision, int64_t age_us);
