/* youtube_find.h - which of a channel's videos is the broadcast that runs now. Thread: any. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct youtube_broadcast {  // strings borrowed from the answer
    const char *video, *channel, *chat;  // chat NULL: none is open
    const char *started;                 // RFC 3339; NULL: not yet, or not told
    bool is_upcoming, is_over;
};

/* One item of videos.list. False: it has no id. */
bool youtube_broadcast_read(const json_t *item, struct youtube_broadcast *broadcast);

/*
 * The best of an answer of videos.list: a chat is open, it is not `ended_chat` (may be NULL), it has begun unless
 * may_be_upcoming, the latest begun first. False: none.
 */
bool youtube_broadcast_choose(const json_t *answer, const char *ended_chat, bool may_be_upcoming,
                              struct youtube_broadcast *broadcast);
