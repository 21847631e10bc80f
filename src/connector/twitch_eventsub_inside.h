/*
 * twitch_eventsub_inside.h - shared by twitch_eventsub.c (sockets, gaps) and twitch_subscribe.c (subscriptions).
 */
#pragma once

#include "base/hash.h"
#include "connector/connector_impl.h"
#include "connector/twitch_eventsub.h"
#include "connector/twitch_feed.h"
#include "connector/twitch_helix.h"
#include "net/backoff.h"
#include "net/loop.h"

enum { TWITCH_TYPES_MAX = 64, TWITCH_SEEN_MAX = 1024 };

enum twitch_subscription { TWITCH_WANTED, TWITCH_ENABLED, TWITCH_REFUSED, TWITCH_UNSCOPED, TWITCH_REVOKED };

struct twitch_eventsub {
    struct twitch_eventsub_options options;
    char *broadcaster_id;             // owned; NULL: not started
    struct twitch_feed *current, *next, *old;  // owned; next: on the way in, old: on the way out
    struct twitch_feed *ended[4];     // owned; to be destroyed outside their callbacks
    size_t ended_count;
    // Subscriptions of the current session, one asked for after the other.
    enum twitch_subscription states[TWITCH_TYPES_MAX];
    size_t at;
    bool is_complete;                 // all were answered
    bool has_cleared;                 // orphans of the type at `at` were removed
    char *orphan;                     // owned; the id that is being removed
    struct twitch_call call;
    struct timer again;
    // What came.
    struct hash_key key;
    uint64_t seen[TWITCH_SEEN_MAX];   // message ids, a ring
    size_t seen_count;
    int64_t alive_ms;                 // Unix: complete until then; 0: never
    char *loss;                       // owned; why the last session ended
    struct timer retry, reap, tick, linger;
    struct backoff backoff;
    char words[160], remedy[400];
};

void twitch_eventsub_say(struct twitch_eventsub *eventsub, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A fresh session was welcomed: subscribes from an empty set. */
void twitch_subscribe_begin(struct twitch_eventsub *eventsub);
void twitch_subscribe_stop(struct twitch_eventsub *eventsub);
/* A revocation came. */
void twitch_subscribe_revoke(struct twitch_eventsub *eventsub, const struct twitch_envelope *envelope);

/* Every subscription was answered (twitch_eventsub.c). */
void twitch_eventsub_handle_complete(struct twitch_eventsub *eventsub);
