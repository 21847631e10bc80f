/* twitch_frame.h - a message as the line that Twitch's IRC sends, with all the tags of its samples. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buffer;
struct message;

struct twitch_frame_room {
    const char *channel;
    const char *id;
    /* Login and text of an earlier message, for CLEARMSG; false: unknown. */
    bool (*recall)(void *data, struct str native_id, struct str *login, struct str *text);
    void *data;
};

/* Appends the line with its line end. False: IRC does not carry this kind; nothing was appended. */
bool twitch_frame_write(const struct message *message, const struct twitch_frame_room *room, struct buffer *out);

/* The whole ROOMSTATE, as it answers a JOIN. */
void twitch_frame_write_room(const struct twitch_frame_room *room, struct buffer *out);
