/*
 * x_inside.h - the X connector, shared by its files only: x.c (configuration, what all ways need, the table), x_rules.c
 * (the filtered stream's rules), x_stream.c (the two streams), x_recover.c (what was missed) and x_broadcast.c (polling
 * the chat of one's own broadcast).
 */
#pragma once

#include "base/buffer.h"
#include "connector/connector_impl.h"
#include "connector/x_reader.h"
#include "net/loop.h"

struct http_request;
struct http_result;
struct x;

typedef void (*x_step)(struct x *x);

enum x_method { X_POSTS, X_ACTIVITY, X_BROADCAST };

#define X_POST_FIELDS \
    "tweet.fields=created_at,author_id,conversation_id,referenced_tweets,entities,lang,note_tweet&expansions=author_id" \
    "&user.fields=name,username,profile_image_url,verified,verified_type"

struct x {
    struct connector base;
    // From the configuration; owned.
    enum x_method method;
    char *query, *rule_tag;      // of posts
    char *user_id;               // of activity
    char *wanted_broadcast;      // NULL: whichever runs
    char *bearer, *user_token;
    char *api_url;
    int64_t post_cap;            // posts a month
    int64_t backfill_minutes;
    bool may_search;             // what was missed is looked for, which costs as well
    int64_t silence_ms;          // of a stream: dead
    int64_t poll_ms, wait_ms, search_ms;
    // Reading.
    struct x_reader reader;
    struct http_request *request; // owned; NULL: none under way
    struct http_request *search;  // owned; beside the stream
    struct timer timer, tick;
    x_step step;
    struct buffer line, url;
    bool is_line_too_long;       // the rest of it is passed over
    char *loss;                  // owned
    int64_t alive_ms, cursor_ms; // Unix
    int64_t counted;             // of reader.posts
    int64_t month_posts;
    int month;                   // year * 12 + month
    char *broadcast;             // owned; the one that is polled; NULL: none
    int64_t state_ms;            // monotonic: when it was last asked whether it still runs
    int pages;
    char page_token[256];
    bool is_recovering;          // what was missed is looked for at present, or soon
    struct { int64_t from_ms, to_ms; char since[X_ID_BYTES]; } missed;
    struct timer search_timer;
    // How long to wait, as X asks: by network, by 5xx, by 429.
    int64_t network_wait_ms, server_wait_ms, limit_wait_ms;
    bool has_rules, is_backfill_refused, asked_backfill, was_first;
};

static inline struct x *get_x(struct connector *base)
{
    return container_of(base, struct x, base);
}

void x_later(struct x *x, int64_t delay_ms, x_step step);
void x_give_cursor(struct x *x);
void x_note_alive(struct x *x);      // now
void x_set_text(char **slot, const char *text);

/* A request to api_url: `path` behind it, the bearer or the user's token, body NULL: GET. False: said so. */
bool x_call(struct x *x, const char *method, const char *path, const char *token, const char *body,
            void (*on_done)(void *data, const struct http_result *result));

/* An answer that is none: waits as X asks for and goes on with `again`; says what a person must do. */
void x_handle_failure(struct x *x, const struct http_result *result, x_step again);
void x_calm(struct x *x);            // it works: waits begin from the least again

/* The month's posts so far are counted. False: they are used up, and it waits until the next month. */
bool x_may_read(struct x *x);
void x_count_posts(struct x *x);

void x_check_rules(struct x *x);     // x_rules.c; then x_open_stream()
void x_subscribe(struct x *x);       // x_rules.c; the activity's counterpart
void x_open_stream(struct x *x);     // x_stream.c
void x_recover(struct x *x, int64_t from_ms);  // x_recover.c; delivers what was missed since, or tells a gap
void x_find_broadcast(struct x *x);  // x_broadcast.c
