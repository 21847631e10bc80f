/*
 * feed.h - the chat as clients get it: whole up to 500 messages a second, above that a marked sample with counts.
 * A client may ask for a part of it (relay/message_filter.h): the 500 are then of that part, so who reads one language
 * gets all of it. Clients with the same filter share a lane, built once; at most FEED_FILTERS_MAX differ at a time.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api_private.h"
#include "base/str.h"

struct error;
struct message_filter;

enum { FEED_PER_SECOND = 500, FEED_SNAPSHOT = 200, FEED_FILTERS_MAX = 16 };

struct feed *feed_create(struct api *api);
void feed_destroy(struct feed *feed);  // accepts NULL

/* Keeps references until they are sent. */
void feed_push(struct feed *feed, struct message *const *messages, size_t count);

/* An edited message takes the place of the one that clients have: it is sent again, whatever the filter. */
void feed_push_edited(struct feed *feed, struct message *message);

/*
 * From now on the client is sent what passes; NULL: all. The filter is borrowed for the call. False: too many different
 * ones; it keeps what it had.
 */
bool feed_set_filter(struct feed *feed, struct client *client, struct message_filter *filter, struct error *err);
void feed_forget_client(struct feed *feed, struct client *client);

/* What the client asked for; NULL: all. Borrowed. */
const struct message_filter *feed_filter_of(const struct client *client);

/* How many messages no client without a filter was sent, because there were too many. */
uint64_t feed_skipped(const struct feed *feed);
