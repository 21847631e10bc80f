/*
 * feed.h - the chat as clients get it: whole up to 500 messages a second, above that a marked sample with counts.
 * Batches at most 30 a second, built once for all. Gifts, memberships, raids and what the platform marks as a question
 * come before chat. Thread: the loop's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "api/api_private.h"
#include "base/str.h"

enum { FEED_PER_SECOND = 500, FEED_SNAPSHOT = 200 };

struct feed *feed_create(struct api *api);
void feed_destroy(struct feed *feed);  // accepts NULL

/* Keeps references until they are sent. */
void feed_push(struct feed *feed, struct message *const *messages, size_t count);

/* An edited message takes the place of the one that clients have: it is sent again. */
void feed_push_edited(struct feed *feed, struct message *message);

/* How many messages no client was sent, because there were too many. */
uint64_t feed_skipped(const struct feed *feed);
