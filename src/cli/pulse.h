/*
 * pulse.h - a process says to whoever watches over it (base/service.h) that it is well: that its loop turns, and
 * whatever else must go on. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

#include "net/loop.h"

struct pulse {
    struct timer timer;
    bool (*is_well)(void *data);  // asked before each feed; NULL: a loop that turns is all
    void *data;
    bool is_ready;
};

/* It is ready as soon as it is well. Where nobody watches, nothing is asked after that. */
void pulse_start(struct pulse *pulse, struct loop *loop, bool (*is_well)(void *data), void *data);

/* The process is about to end. Harmless on {0}. */
void pulse_stop(struct pulse *pulse);
