/*
 * kick_frame.h - messages as Kick puts them on the wire: events of its Pusher socket, and bodies of its webhooks.
 * Thread: any.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct message;

struct kick_frame_room {
    const char *slug;
    int64_t chatroom_id, channel_id, user_id;
};

/* Whole frames, one a line: some things are told twice. False: Kick has nothing like it. */
bool kick_frame_write(const struct message *message, const struct kick_frame_room *room, struct buffer *out);

/* The event's type and body. NULL: there is no webhook for it. The caller calls json_decref(). */
json_t *kick_frame_hook(const struct message *message, const struct kick_frame_room *room, const char **type);

/* One message as the site's history has it. */
json_t *kick_frame_chat(const struct message *message, const struct kick_frame_room *room);

/* A frame around data, which it takes. channel: as Kick names it. */
void kick_frame_add(struct buffer *out, const char *event, const char *channel, json_t *data);

/* A word as the number that Kick's ids of people are. */
int64_t kick_frame_user(const char *word, size_t len);
