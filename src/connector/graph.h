/*
 * graph.h - what Meta's Graph API says about itself: errors and what they ask of us, and how much of the hour is used.
 * Shared by facebook and instagram. Thread: any.
 * Facts: developers.facebook.com (Graph API v26.0, 2026-07): error codes, X-App-Usage, X-Business-Use-Case-Usage.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct http_result;

enum graph_act {
    GRAPH_RETRY,      // the network, 5xx, codes 1 and 2: may pass
    GRAPH_SLOWER,     // too many calls
    GRAPH_LOGIN,      // the token is over or none: a person must make a new one
    GRAPH_FORBIDDEN,  // the token may not do that: permissions, App Review, blocked
    GRAPH_UNKNOWN,    // no such video, page or comment, or not for this token
    GRAPH_PARAMETER,  // a parameter is refused
};

struct graph_failure {
    enum graph_act act;
    int64_t code;          // of error.code; 0: none came
    int64_t retry_ms;      // of GRAPH_SLOWER: when it may work again; else 0
    char text[240];        // one line: what the platform said
    const char *remedy;    // what a person must do; "": nothing
};

/* Of an answer that is no 2xx, or of {"error":{…}} inside a stream (status 200 then). otherwise: if it has no words. */
struct graph_failure graph_explain(int status, const char *body, size_t len, const char *otherwise);
struct graph_failure graph_explain_result(const struct http_result *result);

/* The highest percentage of any limit in the two headers (each NULL: absent); -1: they say nothing. */
int graph_usage(const char *app, const char *business, int64_t *regain_ms);
