/*
 * twitch_eventsub.h - the session of EventSub that a login opens: its websockets, its subscriptions, what was missed.
 * Subscriptions belong to a session, are made by HTTP within ten seconds of its welcome, and die with it: after any
 * drop all of them are made anew, and what happened meanwhile is a gap. Only a session_reconnect takes them along:
 * then the new socket is opened first, and the old one goes when the new one was welcomed.
 * Facts: dev.twitch.tv/docs/eventsub/handling-websocket-events, 2026-09. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connector/twitch_event.h"

struct connector;
struct twitch_eventsub;
struct twitch_helix;

struct twitch_eventsub_options {
    struct connector *base;        // borrowed
    struct twitch_helix *helix;    // borrowed
    struct twitch_events *events;  // borrowed; gets the notifications
    const char *url;               // borrowed; "wss://eventsub.wss.twitch.tv/ws?…"
    int64_t alive_ms;              // Unix: until when an earlier life had it all; 0: never
    /* Words or time changed: twitch_eventsub_words(), twitch_eventsub_alive_ms(). */
    void (*on_change)(void *data);
    void *data;
};

struct twitch_eventsub *twitch_eventsub_create(const struct twitch_eventsub_options *options);  // never NULL
void twitch_eventsub_destroy(struct twitch_eventsub *eventsub);  // accepts NULL

/* Begins, for a channel whose id is known now; harmless if it runs. */
void twitch_eventsub_start(struct twitch_eventsub *eventsub, const char *broadcaster_id);
/* Nobody is logged in any more. */
void twitch_eventsub_stop(struct twitch_eventsub *eventsub);

/* "24 kinds of events", "events: connecting (again in 4 s)"; "" if it was not started. */
const char *twitch_eventsub_words(const struct twitch_eventsub *eventsub);
/* What would bring the rest; "" if nothing is missing. */
const char *twitch_eventsub_remedy(const struct twitch_eventsub *eventsub);
/* Unix: all events until then have come; 0: never were there. */
int64_t twitch_eventsub_alive_ms(const struct twitch_eventsub *eventsub);
