/*
 * twitch_session.h - one websocket to Twitch's IRC, from login to its end: anonymous login, JOIN with a deadline,
 * PONGs, own PINGs when it is quiet. It never reconnects: twitch.c does, and may hold two of them for a moment.
 * Facts: dev.twitch.tv/docs/chat/irc, 2026-09. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct loop;
struct twitch_line;
struct twitch_session;

struct twitch_session_handler {
    /* A line came. Parse it and give it to twitch_session_handle() too. */
    void (*on_line)(void *data, struct twitch_session *session, struct str text);
    /* All lines of what arrived at once were given. */
    void (*on_batch)(void *data, struct twitch_session *session);
    void (*on_joined)(void *data, struct twitch_session *session);
    /* The server will close soon: open another one. */
    void (*on_reconnect)(void *data, struct twitch_session *session);
    /*
     * Once; nothing comes after it. Destroy the session later, not within. ERROR_AGAIN: try again; ERROR_DATA: no
     * room answered; ERROR_DENIED: Twitch refuses, seldom helps to try again.
     */
    void (*on_end)(void *data, struct twitch_session *session, const struct error *why);
};

struct twitch_session_options {
    struct loop *loop;
    const char *url, *ca_file, *proxy, *channel;    // borrowed as long as the session lives
    int64_t idle_ms, dead_ms, join_ms;      // own PING after, dead behind it, deadline of login and of JOIN
    const struct twitch_session_handler *handler;
    void *data;
};

/* Begins to connect. NULL: the URL is none. */
struct twitch_session *twitch_session_create(const struct twitch_session_options *options, struct error *err);
void twitch_session_destroy(struct twitch_session *session);  // accepts NULL; no callback comes

/* What a line means to the connection itself: 001, ROOMSTATE, PING, RECONNECT, refusals. */
void twitch_session_handle(struct twitch_session *session, const struct twitch_line *line);

bool twitch_session_is_joined(const struct twitch_session *session);  // and not ended

/* Unix ms of the last sign of life; 0: none yet. */
int64_t twitch_session_alive_ms(const struct twitch_session *session);

/* How long it took from create to JOIN. */
int64_t twitch_session_join_took_ms(const struct twitch_session *session);
