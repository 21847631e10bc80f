/*
 * facebook_inside.h - what the files of the Facebook connector share. For facebook*.c only. Thread: the loop's.
 * A chain of steps, one at a time: find the live video, catch up by pages, follow the stream; beside the stream a watch
 * that reads the newest page now and then, for edits, removals, what the stream left out, and the end.
 */
#pragma once

#include "base/buffer.h"
#include "connector/connector_impl.h"
#include "connector/facebook_reader.h"
#include "connector/graph.h"
#include "net/backoff.h"
#include "net/loop.h"

struct facebook;
struct http_request;
struct http_result;
struct sse;

typedef void (*facebook_step)(struct facebook *facebook);
/* answer NULL: it failed, and failure says how. */
typedef void (*facebook_answer)(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure);

enum { FACEBOOK_SELDOM_MS = 5 * 60 * 1000, FACEBOOK_LOOK_MS = 30 * 1000 };

enum facebook_method { FACEBOOK_AUTO, FACEBOOK_STREAM, FACEBOOK_POLL };

struct facebook {
    struct connector base;
    struct facebook_reader reader;
    char *page, *wanted_video, *token, *api_url, *stream_url;  // owned; wanted_video NULL: the page's live one
    char *video;               // owned; the live video that is read; NULL: none
    char *ended_video;         // owned; it was told that this one is over
    enum facebook_method method;
    int64_t poll_ms, watch_ms, look_ms, silence_ms;
    // what is under way
    struct http_request *call;    // owned; one at a time
    facebook_answer on_answer;    // of call
    struct http_request *stream;  // owned
    struct sse *sse;              // owned
    struct timer timer;
    facebook_step step;
    char *after;               // owned; the next page's place while catching up; NULL: the first
    struct backoff backoff;
    struct buffer url;
    int64_t alive_ms;          // Unix: all that was written before it has come; 0: never
    int64_t cursor_ms;         // alive_ms of the last cursor given
    int64_t since_ms;          // Unix: what is older is history
    char *loss;                // owned; why the stream ended
    int64_t stream_again_ms;   // monotonic: while polling, when to try the stream again
    int stream_failures, pages, ticks, doubts;
    bool is_filtered;          // the API refused live_filter
    bool is_streaming;         // the stream is open
    bool is_caught_up;         // what was written before it opened has come
    struct http_request *write;  // owned; one at a time
    uint64_t write_number;     // of its task
    bool writes_comment;
    int usage;                 // percent of the hour's calls; -1: not known
};

void facebook_later(struct facebook *facebook, int64_t delay_ms, facebook_step step);

/* The address of an API call is built in facebook->url, and asked. */
void facebook_path(struct facebook *facebook, const char *format, ...) __attribute__((format(printf, 2, 3)));
void facebook_add(struct facebook *facebook, const char *name, const char *value);
void facebook_call(struct facebook *facebook, facebook_answer on_answer);

/* What a failure asks for: state, remedy, and the step again after a while. */
void facebook_fail(struct facebook *facebook, const struct graph_failure *failure, facebook_step again);

/* Slower, the more of the hour's calls is used up. */
int64_t facebook_slowed_ms(const struct facebook *facebook, int64_t delay_ms);

void facebook_set_text(char **slot, const char *text);
void facebook_give_cursor(struct facebook *facebook);

/* Steps (facebook_find.c, facebook_live.c). */
void facebook_find(struct facebook *facebook);
void facebook_begin(struct facebook *facebook, const char *video);  // the live video was found
void facebook_over(struct facebook *facebook);                      // it has ended
void facebook_hang_up(struct facebook *facebook);                   // ends whatever is under way

/* Writing (facebook_write.c). */
const char *facebook_can(struct connector *base, enum connector_act_kind kind);
void facebook_act(struct connector *base, const struct connector_task *task);
