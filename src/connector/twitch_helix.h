/*
 * twitch_helix.h - requests to Twitch's HTTP API in the name of who is logged in, and what their answers mean.
 * A refused token (401) is renewed and the request repeated once; the budget of the answers' headers becomes the
 * source's. Facts: dev.twitch.tv/docs/api/reference and /docs/api/guide, 2026-09. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "connector/login.h"
#include "net/loop.h"

struct connector;
struct http_request;
struct twitch_call;

/* Embedded in the source. */
struct twitch_helix {
    struct connector *base;   // borrowed
    struct login *login;      // borrowed; NULL: nobody
    const char *url;          // borrowed; "https://api.twitch.tv/helix"
    int64_t left;             // points of the minute; -1: not told yet
};

struct twitch_answer {
    int status;               // 0: none came
    const json_t *json;       // borrowed; NULL: no body, or none that can be read
    int64_t retry_ms;         // of 429: how long to wait; 0: it is no matter of waiting
    /*
     * ERROR_NONE: 2xx. Its text is Twitch's own words where it gave any. ERROR_DENIED: a person must act (login_remedy()
     * tells, if it is the login); ERROR_AGAIN: the network, 429, 5xx; ERROR_DATA: Twitch does not do that.
     */
    struct error error;
};

/* The call is over and may be started again. */
typedef void (*twitch_answer_fn)(void *data, const struct twitch_answer *answer);

/* One request at a time. Embedded in its owner; {0} before. */
struct twitch_call {
    struct twitch_helix *helix;
    struct http_request *request;    // owned
    struct login_listener listener;  // while it waits for a new token
    struct timer deadline;           // of that
    struct timer refuse;
    bool is_running, is_repeated, is_listening;
    char *method, *target, *body, *token;  // owned
    twitch_answer_fn fn;
    void *data;
};

/*
 * target: path and query behind the base, "/users?login=anna". body: a JSON text, or NULL. fn comes exactly once, in a
 * later turn of the loop, unless it is cancelled.
 */
void twitch_call_start(struct twitch_call *call, struct twitch_helix *helix, const char *method, const char *target,
                       const char *body, twitch_answer_fn fn, void *data);
void twitch_call_cancel(struct twitch_call *call);  // harmless on {0} and when nothing runs

/* There is a token, and whose it is is known. */
bool twitch_helix_is_ready(const struct twitch_helix *helix);

/* "scope|other more": true if each word, or one of its alternatives, was granted. */
bool twitch_helix_may(const struct twitch_helix *helix, const char *scopes);
