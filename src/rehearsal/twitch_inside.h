/*
 * twitch_inside.h - Twitch's side, shared by twitch.c (IRC), twitch_eventsub.c (its websocket and subscriptions),
 * twitch_helix.c (HTTP) and twitch_event.c (messages as events). Thread: the loop's.
 */
#pragma once

#include "base/hash.h"
#include "rehearsal/side.h"

enum { TWITCH_SUBSCRIPTIONS_MAX = 300, TWITCH_SAYS = 128, TWITCH_NICK_BYTES = 32, TWITCH_SESSION_BYTES = 40 };

#define TWITCH_ROOM_ID "700100200"

/* A subscription of EventSub; also an orphan, whose session is gone. */
struct twitch_subscription {
    uint64_t number;  // its id; 0: free
    const char *type;
    char session[TWITCH_SESSION_BYTES];
};

struct twitch_api {
    struct twitch_subscription subscriptions[TWITCH_SUBSCRIPTIONS_MAX];
    uint64_t subscribed, refused, conflicts, unused, sessions, moved;  // counts
    int64_t minute_ms;         // monotonic: when this minute's points began
    int64_t points;            // used in it
    int64_t said_ms[TWITCH_SAYS];  // when, of the newest; a ring
    uint64_t said_hash[TWITCH_SAYS];
    size_t said_at;
    struct hash_key key;
    bool rejects_next, keeps_orphans;
    char token[96], bad_token[96];  // the last one that was shown; the one that has ended
    char poll[24];             // the one that runs; "": none
    char *last;                // owned; the newest notification, to be sent again; NULL: none
};

struct twitch_side {
    struct side base;
    const char *channel;  // of the settings
    struct twitch_irc *irc;  // twitch.c's own
    struct twitch_api api;
};

struct twitch_client {
    struct side_client base;
    // IRC.
    char nick[TWITCH_NICK_BYTES];  // "": not logged in
    bool has_tags, has_commands, is_joined, is_login_refused;
    bool is_pinged;        // and has not answered
    struct timer ping_timer;
    // EventSub.
    bool is_eventsub;
    char session[TWITCH_SESSION_BYTES];
    bool is_moving;        // was told to reconnect
    bool is_bad_move;      // came to a reconnect URL that is none
    struct timer unused_timer, keepalive_timer;
};

static inline struct twitch_side *twitch_side_of(struct side *side)
{
    return container_of(side, struct twitch_side, base);
}

static inline struct twitch_client *twitch_client_of(struct side_client *client)
{
    return container_of(client, struct twitch_client, base);
}

/* twitch_eventsub.c */
bool twitch_eventsub_is_path(const char *path);
void twitch_eventsub_init(struct twitch_client *client, const struct server_request *request);
void twitch_eventsub_open(struct twitch_client *client);
void twitch_eventsub_receive(struct twitch_client *client);
void twitch_eventsub_close(struct twitch_client *client);
void twitch_eventsub_reconnect(struct twitch_side *side);
bool twitch_eventsub_special(struct twitch_side *side, const char *fault);
/* To whom has subscribed; body is taken. False: nobody has. */
bool twitch_eventsub_push(struct twitch_side *side, const char *type, json_t *body);
/* The open client of a session; NULL: there is none. */
struct twitch_client *twitch_eventsub_find(struct twitch_side *side, const char *session);
const char *twitch_eventsub_version(const char *type);  // NULL: no such type
const char *twitch_eventsub_type(const char *type);     // the same word, for good
const char *twitch_eventsub_scope(const char *type);    // "": none

/* twitch_event.c: the message as an event. False: EventSub has nothing of the kind. */
bool twitch_event_send(struct twitch_side *side, const struct message *message);

/* twitch_helix.c */
bool twitch_helix_request(struct side *side, struct server_request *request, const char *path);
