/*
 * client.h - one websocket of antiphon.v1, and how it is sent to. Its queue is bounded by the server; one that reads too
 * slowly loses what is queued and gets a fresh snapshot. session.h is its course. Thread: the loop's.
 */
#pragma once

#include "api/api_private.h"

enum client_kind { CLIENT_PROGRAM, CLIENT_PANEL, CLIENT_OVERLAY, CLIENT_VIDEO };

struct feed_lane;

struct client {
    struct list link;  // in api.clients
    struct api *api;
    struct server_socket *socket;  // NULL until it is open
    struct identity who;
    enum client_kind kind;
    unsigned topics;               // 0 until it said hello
    bool is_overlay;               // it has said so, and may be one
    bool is_watching;              // the outputs' pictures
    int overlay;                   // its number in relay/removals.h; REMOVALS_NOBODY: none
    struct feed_lane *lane;        // its part of the feed; NULL: all. See feed_set_filter()
    bool is_stale;                 // lost what was queued; a snapshot follows
    struct timer refresh;
};

/* Takes no reference. Dropped while the client is stale or has not said hello. */
void client_send(struct client *client, struct payload *payload);

/* What is one client's own: an answer reaches also one that is stale. The buffer is emptied. */
void client_send_json(struct client *client, struct buffer *json);

/* Whether anybody of this name is connected. */
bool client_is_there(const struct api *api, const char *name);

/* Those whose token or session is gone. Programs on the Unix socket stay. */
void client_end_named(struct api *api, const char *name);

/* Those of one browser's session (identity.session), which has signed out; 0: none. */
void client_end_session(struct api *api, uint64_t session);

/* Those of an invitation, which was revoked; 0: none. */
void client_end_invite(struct api *api, uint64_t invite);

/* Those whose time is over; is_show_over: also those that were for the show that ended. */
void client_end_expired(struct api *api, bool is_show_over);
