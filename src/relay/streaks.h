/*
 * streaks.h - what a gift adds when the platform repeats the running total, and what all gifts added up to.
 * Thread: its owner's.
 */
#pragma once

#include "relay/intake.h"
#include "relay/queue.h"

struct streaks;

struct streaks *streaks_create(void);
void streaks_destroy(struct streaks *streaks);  // accepts NULL

/*
 * Counts a message with money once; what it adds goes to *gift. False: it has none, or none of this streamer's.
 * Streaks are known by source and native id, the last 4096 of them.
 */
bool streaks_count(struct streaks *streaks, const struct message *message, struct queue_gift *gift);

void streaks_each_total(const struct streaks *streaks, void (*fn)(void *data, const struct intake_total *total),
                        void *data);
