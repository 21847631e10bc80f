/*
 * discord_inside.h - what the files of the Discord connector share: discord.c is its life, discord_gateway.c one
 * connection, discord_event.c what is read, discord_history.c what was missed, discord_act.c what is written.
 * Thread: the loop's.
 */
#pragma once

#include "connector/connector_impl.h"
#include "connector/discord_event.h"
#include "connector/discord_gateway.h"
#include "net/backoff.h"
#include "net/http.h"
#include "net/loop.h"

struct discord {
    struct connector base;
    char *token, *api_url, *webhook;  // owned; webhook NULL: none
    char *gateway_url;                // owned; as /gateway/bot gave it
    char *session, *resume_url;       // owned; NULL: none
    int64_t seq;
    int64_t answer_ms, history_ms;    // of the configuration
    struct discord_reader reader;
    struct discord_gateway *gateway;  // owned
    struct discord_gateway *ended;    // owned; to be destroyed outside its callbacks
    struct http_request *request;     // of /gateway/bot
    struct backoff backoff;
    struct timer retry, reap, tick, settle;
    int ends;                         // of connections since the last that was ready
    int64_t alive_ms;                 // Unix: all that was written before has been read; 0: never
    int64_t cursor_ms;
    char *loss;                       // owned; why the last connection ended
    struct {                          // what is being read again, channel by channel
        struct http_request *request;
        struct timer timer;
        size_t channel;
        uint64_t after;
        int64_t from_ms, to_ms;
        int pages, failures;
        bool is_running, is_first;    // first: nobody missed it, it is older than our first day
    } history;
    struct {                          // the act under way
        struct http_request *request;
        uint64_t task;
        enum connector_act_kind kind;
        bool is_by_webhook;
        char *native_id;              // owned
    } writing;
};

/* ---- REST ---- */

/*
 * METHOD and path below api_url ("/channels/3000/messages"), or a whole address; with the token unless it is a
 * webhook's. body is taken over (may be NULL). NULL: the address is none.
 */
struct http_request *discord_rest(struct discord *discord, const char *method, const char *path, json_t *body,
                                  void (*on_done)(void *data, const struct http_result *result), struct error *err);

/* Discord's own words for what went wrong: "Missing Permissions (50013)", else the error's. */
void discord_rest_text(const struct http_result *result, char *text, size_t size);

/* How long a 429 asks us to wait; some seconds if it does not say. */
int64_t discord_rest_wait_ms(const struct http_result *result);

/* ---- history ---- */

/* What was written since from_ms is read again in all channels; where that fails it is a gap. */
void discord_history_start(struct discord *discord, int64_t from_ms);
void discord_history_stop(struct discord *discord);
void discord_history_done(struct discord *discord);  // discord.c: all of it was read, or is a gap

/* ---- writing ---- */

const char *discord_can(struct connector *base, enum connector_act_kind kind);
void discord_act(struct connector *base, const struct connector_task *task);
