/*
 * twitch_envelope.h - what surrounds each frame of EventSub's websocket.
 * {"metadata":{"message_id","message_type","message_timestamp","subscription_type"?},"payload":{…}}
 * Facts: dev.twitch.tv/docs/eventsub/websocket-reference, 2026-09. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;

enum twitch_envelope_type {
    TWITCH_OTHER,  // yet to be invented
    TWITCH_WELCOME, TWITCH_KEEPALIVE, TWITCH_RECONNECT, TWITCH_REVOCATION, TWITCH_NOTIFICATION,
};

struct twitch_envelope {
    json_t *root;              // owned
    enum twitch_envelope_type type;
    struct str message_id;     // the same for a frame that is sent again; "" if none
    struct str subscription;   // "channel.follow"; of notifications and revocations
    int64_t time_ms;           // Unix, Twitch's clock; 0: none
    const json_t *payload;     // borrowed from root
};

/* False: no JSON, or no such frame; nothing is to be freed then. */
bool twitch_envelope_open(struct twitch_envelope *envelope, const char *text, size_t len, struct error *err);
void twitch_envelope_close(struct twitch_envelope *envelope);

/* RFC 3339 at key; otherwise: absent, none, or before 1970. */
int64_t twitch_json_time_ms(const json_t *object, const char *key, int64_t otherwise);
