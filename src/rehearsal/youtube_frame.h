/* youtube_frame.h - a message as the resource of YouTube's Data API, as its samples show it. Thread: any. */
#pragma once

#include <stdbool.h>

struct buffer;
struct message;

/* Appends one JSON object. False: YouTube has nothing of this kind; nothing was appended. */
bool youtube_frame_write(const struct message *message, const char *chat_id, struct buffer *out);
