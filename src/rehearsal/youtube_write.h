/*
 * youtube_write.h - what an account may write in YouTube's chat: messages, polls, deletions, bans; each with its price, its
 * limits and the reasons of its refusals. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct server_request;
struct side;

/* What it needs of the side, for one request. */
struct youtube_desk {
    struct side *side;
    struct server_request *request;
    const char *chat_id;
    bool is_ended;
    /* False: the day is used up, and it was answered. */
    bool (*charge)(struct side *side, struct server_request *request, int units);
};

/* An error in the API's form; the request is answered. */
void youtube_fail(struct server_request *request, int status, const char *domain, const char *reason, const char *text);

/* A POST or DELETE at path. False: there is no such method. */
bool youtube_write(const struct youtube_desk *desk, const char *path);
