/*
 * youtube_inside.h - the YouTube connector, shared by its files only:
 * youtube.c (configuration, the table), youtube_chat.c (stream and list), youtube_search.c (which broadcast),
 * youtube_web.c (the page, without a key), youtube_write.c (writing with a login).
 */
#pragma once

#include "base/buffer.h"
#include "connector/connector_impl.h"
#include "connector/login.h"
#include "connector/youtube_api.h"
#include "connector/youtube_item.h"
#include "connector/youtube_quota.h"
#include "connector/youtube_scan.h"
#include "net/backoff.h"
#include "net/header.h"
#include "net/loop.h"

struct http_request;
struct http_result;
struct youtube;

typedef void (*youtube_step)(struct youtube *youtube);

enum youtube_method { YOUTUBE_AUTO, YOUTUBE_STREAM, YOUTUBE_LIST, YOUTUBE_WEB };

enum { YOUTUBE_BANS_MAX = 64 };

/* A ban is undone by its own id, which only its maker is told. */
struct youtube_ban {
    char *channel, *id;  // owned
};

struct youtube {
    struct connector base;
    // From the configuration; owned.
    char *api_url, *api_key;
    char *wanted_video;     // NULL: a channel was given
    char *wanted_channel;   // "UC…", "@handle", "user:name"; NULL: a video was given
    enum youtube_method method;
    int64_t wait_ms;        // between looks for a broadcast
    int64_t poll_ms;        // between polls, at least
    int64_t settled_ms;     // a stream that lived so long is not backed off from
    int64_t daily_quota;
    bool is_by_login;       // read with the account that is logged in, not with the key
    struct login *login;    // borrowed; NULL: there are none
    struct login_listener login_listener;
    // What was found out; owned.
    char *channel, *uploads;  // ids; NULL: not yet
    char *video, *chat;     // the broadcast that is read; NULL: none
    char *ended_chat;       // the last that ended, so that it is not found again
    char *token;            // where to go on in chat; NULL: from its history on
    bool is_from_cursor;    // chat was the last life's
    bool is_following;      // the wanted video is over: its channel's next one counts
    bool has_no_uploads;    // the cheap way to find a broadcast does not work for this channel
    // Reading.
    struct http_request *request;  // owned; NULL: none under way
    struct youtube_scan scan;
    struct youtube_reader reader;
    struct buffer url;
    int64_t since_ms;       // when this chat was first read: what is older is history
    int64_t alive_ms;       // when the connection was last known to work
    int64_t connected_ms;   // monotonic, of the request under way
    int64_t interval_ms;    // of the list: what YouTube asks for; 0: not told
    int64_t expected_ms;    // resuming without token: the newest item known before; 0: no question
    int64_t expected_alive_ms;
    int empty_pages, failures;  // in a row
    size_t page_items;
    bool is_page_refused;   // something of the page could not be read
    bool is_listing;        // polling for the time being
    int64_t stream_again_ms;  // monotonic: when to try the stream again
    struct error first_error; // of a frame given to receive()
    struct youtube_failure stream_failure;  // an error object came inside the stream
    bool has_stream_failure;
    // Time.
    struct youtube_quota *quota;  // shared by all sources with this key
    struct backoff backoff;
    struct timer timer;
    youtube_step step;      // what the timer does
    bool waits_for_login;   // the step goes on when there is a token
    // The web page.
    char *web_url, *web_key, *web_version, *web_visitor;
    int64_t web_pause_ms;   // between pages, at least
    int64_t refused_ms;     // after 403 and 429, at least
    // Writing.
    struct http_request *writing;  // owned
    struct buffer write_url;
    uint64_t task;
    enum connector_act_kind task_kind;
    char *task_author, *write_token, *poll_id;  // owned
    char *read_token;  // owned; of the last request with a login
    struct youtube_ban bans[YOUTUBE_BANS_MAX];
    size_t ban_count;
};

/* The step after delay_ms; takes the place of one that was planned. */
void youtube_later(struct youtube *youtube, int64_t delay_ms, youtube_step step);

/* Begins a GET of youtube->url if the quota allows; else parks. False: the step is over. */
bool youtube_may_call(struct youtube *youtube, enum youtube_call call, youtube_step again);
/* What is left of the day, for people. */
void youtube_show_budget(struct youtube *youtube);

/* Key or token into the request that is being built. False: nobody is logged in, and the step waits for it. */
struct youtube_credential {
    struct net_header header;
    char *value;  // owned
};
bool youtube_authorize(struct youtube *youtube, youtube_step again, struct youtube_credential *credential);
void youtube_get(struct youtube *youtube, youtube_step again, void (*on_done)(void *data, const struct http_result *result));

/* Says in which words it is waiting for the quota, and goes on with `again` when it is back. */
void youtube_park(struct youtube *youtube, youtube_step again);

/* The next delay of the backoff, never 0. */
int64_t youtube_backoff_ms(struct youtube *youtube);
void youtube_give_cursor(struct youtube *youtube);

/* Steps. */
void youtube_find(struct youtube *youtube);       // youtube_search.c
void youtube_read_chat(struct youtube *youtube);  // youtube_chat.c; chat is set

void youtube_web_find(struct youtube *youtube);       // youtube_web.c, for "method": "web"
void youtube_web_read_chat(struct youtube *youtube);

/* Before items of a connection are read. server_ms: YouTube's clock if it told, else ours. */
void youtube_begin_reading(struct youtube *youtube, int64_t server_ms);

/* We came back without a token: a history that does not reach back to what we had leaves a gap. */
void youtube_check_overlap(struct youtube *youtube);

/* Where the page's data stand in it; empty: nowhere. */
struct str youtube_web_find_data(const char *html, size_t len);

/* youtube_write.c: of the table. */
const char *youtube_can(struct connector *base, enum connector_act_kind kind);
void youtube_act(struct connector *base, const struct connector_task *task);

/* A failure that means the same everywhere. */
void youtube_handle_failure(struct youtube *youtube, const struct youtube_failure *failure, youtube_step again);

/* Chat and video are over (END was delivered): look for the next. */
void youtube_end_broadcast(struct youtube *youtube);

/* Another chat than before: nothing of the old one counts any more. */
void youtube_set_chat(struct youtube *youtube, const char *video, const char *chat);
void youtube_set_text(char **slot, const char *text);  // a copy, freeing the old; NULL empties

extern const struct youtube_scan_handler youtube_scan_handler;  // youtube_page.c; data: the struct youtube
