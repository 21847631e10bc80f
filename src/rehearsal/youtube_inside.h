/*
 * youtube_inside.h - YouTube's Data API as a key holder sees it, shared by youtube.c (the broadcast: who may
 * ask, finding it, its course) and youtube_live.c (its chat: stream and list). Thread: the loop's.
 * Source: https://developers.google.com/youtube/v3/live (August 2026).
 */
#pragma once

#include "rehearsal/side.h"

struct youtube_chat;

enum { YOUTUBE_VIDEOS_MAX = 32 };

struct youtube_side {
    struct side base;
    struct youtube_chat *chat;         // of the newest broadcast
    struct youtube_chat *web;          // the same as the web page has it
    char *videos[YOUTUBE_VIDEOS_MAX];          // owned; the newest is the last
    int64_t starts_ms[YOUTUBE_VIDEOS_MAX], ends_ms[YOUTUBE_VIDEOS_MAX];  // Unix; end 0: live
    size_t video_count;
    struct list streams;               // struct stream of youtube_live.c
    struct timer batch_timer;
    int64_t quota_used, searches, last_list_ms;
    uint64_t lists, stream_count;
};

static inline struct youtube_side *youtube_side_of(struct side *base)
{
    return container_of(base, struct youtube_side, base);
}

static inline bool youtube_is_ended(const struct youtube_side *side)
{
    return side->ends_ms[side->video_count - 1] != 0;
}

/* --- youtube.c --- */

/* JSON, which is released. Errors: youtube_fail() of youtube_write.h. */
void youtube_respond(struct server_request *request, int status, struct buffer *body);

/* A refused call costs as well. False: the day is used up, and it was answered. */
bool youtube_charge(struct youtube_side *side, struct server_request *request, int units);

/* ,"key":"2026-…Z" */
void youtube_add_time(struct buffer *out, const char *key, int64_t unix_ms);

/* --- youtube_live.c --- */

void youtube_live_init(struct youtube_side *side, struct loop *loop);
void youtube_live_fini(struct youtube_side *side);

void youtube_live_get_stream(struct youtube_side *side, struct server_request *request);  // /liveChat/messages/stream
void youtube_live_get_list(struct youtube_side *side, struct server_request *request);    // /liveChat/messages

/* The chat has something new, or is over: the streams are told soon. */
void youtube_live_want_batch(struct youtube_side *side);

/* Faults, as side.h has them. resume: what is new goes out at once. */
void youtube_live_drop(struct side *base);
void youtube_live_garbage(struct side *base);
void youtube_live_reconnect(struct side *base);
void youtube_live_resume(struct side *base);
