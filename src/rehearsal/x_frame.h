/* x_frame.h - a message as X's API writes it: a post, an event of the activity stream, an item of a broadcast's chat. Thread: any. */
#pragma once

#include <stdbool.h>

struct buffer;
struct message;

/* What X has words for; everything else is skipped. */
bool x_frame_has(const struct message *message);

/* {"id":…,"text":…}: what was not asked for by tweet.fields stays away. fields may be NULL. */
void x_frame_write_post(const struct message *message, const char *fields, struct buffer *out);

/* The author as an element of includes.users. */
void x_frame_write_user(const struct message *message, struct buffer *out);

/* One line of the activity stream, with its line end. */
void x_frame_write_activity(const struct message *message, const char *user_id, const char *broadcast, struct buffer *out);

void x_frame_write_chat(const struct message *message, const char *broadcast, struct buffer *out);
