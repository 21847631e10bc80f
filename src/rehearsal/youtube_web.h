/*
 * youtube_web.h - the same chat as YouTube's own page shows it, for readers without a key: /youtube/web/live_chat,
 * /youtube/web/@rehearsal/live and get_live_chat. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

struct buffer;
struct message;
struct server_request;
struct youtube_chat;

/* Appends one action as the page has it. False: the page has nothing of this kind; nothing was appended. */
bool youtube_web_write(const struct message *message, struct buffer *out);

struct youtube_web {
    const struct youtube_chat *chat;  // of actions
    const char *video;                // the newest
    bool is_ended;
};

/* False: there is nothing at this path. */
bool youtube_web_request(const struct youtube_web *web, struct server_request *request, const char *path);
