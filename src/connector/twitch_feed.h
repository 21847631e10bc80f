/*
 * twitch_feed.h - one websocket of EventSub, from its welcome to its end. It never reconnects and subscribes to
 * nothing: twitch_eventsub.c does, and may hold two of them for a moment.
 * Nothing is ever sent, not even a ping: a single frame of ours ends the session (4001). Silence is noticed by the
 * keepalives that Twitch sends. Facts: dev.twitch.tv/docs/eventsub/handling-websocket-events, 2026-09. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "connector/twitch_envelope.h"

struct connector;
struct twitch_feed;

struct twitch_feed_handler {
    /* session: what subscriptions are made for; borrowed. */
    void (*on_welcome)(void *data, struct twitch_feed *feed, const char *session);
    /* A notification or a revocation. False: it cannot be read. */
    bool (*on_envelope)(void *data, struct twitch_feed *feed, const struct twitch_envelope *envelope, struct error *err);
    /* The session goes on at url (borrowed), as it is: connect there before this one is dropped. */
    void (*on_reconnect)(void *data, struct twitch_feed *feed, const char *url);
    /* Once; nothing comes after it. Destroy the feed later, not within. code: the close code, 0: there was none. */
    void (*on_end)(void *data, struct twitch_feed *feed, int code, const struct error *why);
};

/* NULL: the URL is none. base is borrowed, and counts what cannot be read. */
struct twitch_feed *twitch_feed_create(struct connector *base, const char *url, const struct twitch_feed_handler *handler,
                                       void *data, struct error *err);
void twitch_feed_destroy(struct twitch_feed *feed);  // accepts NULL; no callback comes

/* "" before the welcome. */
const char *twitch_feed_session(const struct twitch_feed *feed);
/* Unix ms of the last frame; 0: none yet. */
int64_t twitch_feed_alive_ms(const struct twitch_feed *feed);
