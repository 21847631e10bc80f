/*
 * youtube_api.h - addresses of the Data API and what its errors ask us to do. Thread: any.
 * Facts: developers.google.com/youtube/v3/live/docs, 2026-08.
 */
#pragma once

#include <stddef.h>

#include "base/buffer.h"

struct http_result;

enum youtube_act {
    YOUTUBE_RETRY,        // the network, 5xx: may pass
    YOUTUBE_PARK,         // the day's quota is used up
    YOUTUBE_SLOWER,       // too often for Google
    YOUTUBE_ENDED,        // the chat is over
    YOUTUBE_FIND_AGAIN,   // this chat id is stale
    YOUTUBE_DROP_TOKEN,   // the cursor is no longer valid
    YOUTUBE_NO_STREAM,    // the stream is not there for us: poll instead
    YOUTUBE_REFUSED,      // a person must look: key, rights, chat switched off
};

struct youtube_failure {
    enum youtube_act act;
    int status;       // HTTP's, or that of the error object
    char reason[64];  // of error.errors[0]; "" if none came
    char text[240];   // one line with the way out
};

/* Of an answer that is no 2xx, or of an error object inside a stream (status 0 then). */
struct youtube_failure youtube_explain(int status, const char *body, size_t len, const char *otherwise);

/* "BASE/path?first=…"; with youtube_url_add() for each further parameter. */
void youtube_url_begin(struct buffer *url, const char *base, const char *path);
void youtube_url_add(struct buffer *url, const char *name, const char *value);
