/*
 * outbox.h - what is to be written on a platform, in its order and pace, and what of it comes back.
 * Holds the acts of one connector: splits texts, keeps the platform's pace, runs one task at a time with a deadline,
 * and remembers what was sent, so that its echo is recognised. For connector.c. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "connector/connector_impl.h"

struct outbox;

struct outbox *outbox_create(struct connector *base);  // never NULL
void outbox_destroy(struct outbox *outbox);            // accepts NULL; no results come any more

/* Never fails: what cannot be queued gets its result in the next turn of the loop. */
uint64_t outbox_push(struct outbox *outbox, const struct connector_act *act);

/* See connector_task_done() and connector_task_again(). */
void outbox_finish(struct outbox *outbox, uint64_t number, enum connector_outcome outcome, const char *native_id,
                   const char *text);
void outbox_repeat(struct outbox *outbox, uint64_t number, int64_t retry_ms, const char *why);

/* True if this is what we wrote ourselves: by its id, or by its author and words of the last minute. */
bool outbox_knows(const struct outbox *outbox, struct str native_id, struct str author_id, struct str text);
