/*
 * tiktok_frame.h - a message as TikTok's two wires carry it: TikFinity's JSON, and the webcast's protobuf, here written
 * field by field without protobuf-c, so that what reads it is tried against another hand. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buffer;
struct message;

/* Any word as the 19 digits that TikTok's ids have; digits stay. */
uint64_t tiktok_frame_id(struct str word);

/* One JSON object. False: TikFinity tells nothing of this kind; nothing was appended. */
bool tiktok_frame_write_flat(const struct message *message, const char *channel, struct buffer *out);

/* The method's name, and the event's bytes appended; NULL: the webcast has nothing of this kind. */
const char *tiktok_frame_write_event(const struct message *message, uint64_t room, struct buffer *out);

/* An `Inner` as field 1 of a batch. */
void tiktok_frame_write_inner(const char *method, const struct buffer *event, uint64_t id, bool is_history, struct buffer *out);

/* A batch around inners; push_server NULL: none. number makes its cursor. */
void tiktok_frame_write_batch(const struct buffer *inners, uint64_t number, const char *push_server, bool needs_ack,
                              struct buffer *out);

/* A push frame; payload NULL: empty. is_packed: gzip. */
void tiktok_frame_write_push(const char *type, uint64_t log_id, const struct buffer *payload, bool is_packed, struct buffer *out);

/* What a client's push frame says. Strings point into bytes. False: no push frame. */
struct tiktok_said {
    struct str type, payload;
    uint64_t log_id;
};
bool tiktok_frame_read_push(const char *bytes, size_t len, struct tiktok_said *said);
