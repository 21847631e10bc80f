/*
 * kick_inside.h - what the files of the Kick connector share. For kick*.c only. Thread: the loop's.
 * Two ways in: the site's own Pusher socket (kick_socket.c), which is documented nowhere, and the official webhooks
 * (kick_door.c), which need an address that Kick can reach.
 */
#pragma once

#include "base/buffer.h"
#include "connector/connector_impl.h"
#include "connector/kick_reader.h"
#include "connector/login.h"
#include "net/backoff.h"
#include "net/loop.h"

struct http_request;
struct http_result;
struct inbound_answer;
struct inbound_request;
struct signature_key;
struct websocket;

enum {
    KICK_SELDOM_MS = 5 * 60 * 1000,  // between attempts when a person must do something
    KICK_HOOKS_SEEN = 256,
};

struct kick {
    struct connector base;
    struct kick_reader reader;
    char *channel, *url, *app_key, *api_url, *site_url;  // owned
    int64_t chatroom_id, channel_id;                     // 0: not known (yet)
    int64_t user_id;                                     // the broadcaster's, of the official API; likewise
    int64_t ping_ms, dead_ms, join_ms;
    // the socket
    struct websocket *websocket;  // owned
    struct backoff backoff;
    struct timer retry, deadline, tick;
    int64_t activity_ms;   // the server wants a sign of life after so long
    bool is_joined, awaits_pong;
    int64_t heard_ms;      // monotonic: the last frame
    int64_t opened_ms;     // monotonic
    int64_t alive_ms;      // Unix: when the connection was last known to work; 0: never
    int64_t cursor_ms;     // alive_ms of the last cursor given
    char *loss;            // owned; why the last connection ended
    // the site
    struct http_request *lookup;  // owned; one at a time
    struct buffer address;        // of the request being made
    int64_t fill_from_ms;         // Unix: older messages of the history are not asked for
    // the account and the official API
    struct login *login;          // borrowed; NULL: none
    struct login_listener login_listener;
    struct timer account_timer;
    struct http_request *api, *write;  // owned; one of each at a time
    char *used_token;             // owned; of the last call
    uint64_t write_number;        // of its task
    enum connector_act_kind write_kind;
    bool is_own;                  // the login is the broadcaster's
    // the door
    bool has_socket;              // the socket is read besides
    char *door_token;             // owned; NULL: no webhooks
    struct signature_key *key;    // owned; Kick's; NULL: not here yet
    struct http_request *key_request;  // owned
    int64_t key_asked_ms;         // monotonic
    int64_t unproved_ms;          // Unix; from when on webhooks were sent away for want of the key; 0: none was
    uint64_t hooks_seen[KICK_HOOKS_SEEN];
    size_t hook_count;
    uint64_t hooks_refused;
    bool is_site_closed;          // it refused us once: it is asked no more
};

/* Connects, joins, reconnects; finds the ids first where they are missing (kick_socket.c). */
void kick_socket_start(struct kick *kick);
void kick_socket_stop(struct kick *kick);

/* A protocol event ("pusher:…"). True: it was one. */
bool kick_socket_protocol(struct kick *kick, const json_t *frame);

/* Asks the site once for what the configuration does not say; goes on with kick_socket_start() (kick_find.c). */
void kick_find_ids(struct kick *kick);

/* What was written while we were away, if the site tells: messages that we have are for the relay to see. */
void kick_fill_gap(struct kick *kick, int64_t from_ms);

/* What a login brings: the broadcaster's user id, subscriptions (kick_account.c). */
void kick_account_start(struct kick *kick);
void kick_account_stop(struct kick *kick);

/* In the name of the login; path is behind api_url. NULL: err says why. */
struct http_request *kick_call(struct kick *kick, const char *method, const char *path, const char *body,
                               void (*on_done)(void *data, const struct http_result *result), struct error *err);

/* Webhooks (kick_door.c). */
void kick_door_start(struct kick *kick);
void kick_door_stop(struct kick *kick);
void kick_door_ready(struct kick *kick);  // they will come
const char *kick_token(struct connector *base);
void kick_request(struct connector *base, const struct inbound_request *request, struct inbound_answer *answer);

/* Writing (kick_write.c). */
const char *kick_can(struct connector *base, enum connector_act_kind kind);
void kick_act(struct connector *base, const struct connector_task *task);

struct kick *kick_of(struct connector *base);
void kick_give_cursor(struct kick *kick);

/* A frame, recorded or live; notes it in the poison file. */
bool kick_receive(struct connector *base, const char *text, size_t len, struct error *err);
