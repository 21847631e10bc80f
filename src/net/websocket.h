/*
 * websocket.h - one websocket connection from the client's side, from the name to the close.
 * Resolves outside the loop, connects address by address with the name kept for Host, SNI and certificate, and
 * reports the four ways in which libwebsockets says "failed" as one on_close(). To reconnect, destroy it and create
 * another: see backoff.h. No compression (endless loop in 4.1.6). Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/header.h"

struct loop;
struct websocket;

/* How it ended. */
struct websocket_close {
    bool was_open;
    int code;            // the peer's, 1006: dropped without one, 0: it never opened. 1012 to 1014 arrive as 1002
    const char *reason;  // the peer's text, valid UTF-8; "" if none
    int http_status;     // of a refused upgrade; 0: it did not come so far
    struct error error;  // always set: one line for log and panel, without path and query of the URL
};

struct websocket_handler {
    void (*on_open)(void *data);  // optional
    /* Required. One whole message, borrowed until it returns. Text is not checked: it may be broken UTF-8. */
    void (*on_message)(void *data, const char *bytes, size_t len, bool is_text);
    /* Required. Exactly once unless the websocket is destroyed before; the last call of all. */
    void (*on_close)(void *data, const struct websocket_close *end);
};

struct websocket_options {
    const char *url;       // ws://host[:port]/path?query, wss://…, or unix:/path/of/the/socket
    const char *path;      // with unix: only; NULL: "/"
    const char *protocol;  // sub-protocol asked for, and required of the answer; NULL: none
    bool is_protocol_loose;  // protocol is a list, "a, b": the answer may name one of them, or none at all
    const char *origin;    // sent as it is; NULL: no Origin
    const struct net_header *headers;  // copied
    size_t header_count;
    const char *ca_file;       // PEM, trusted besides the system's; NULL: none
    const char *proxy;         // as in proxy.h, for any host; NULL: none but what the environment names
    int64_t open_timeout_ms;   // from create to on_open over all addresses; 0: 15000
    int idle_ping_s;           // ping after so long without a sign of life; 0: 20
    int idle_hangup_s;         // and drop after so long; 0: idle_ping_s + 10
    size_t message_bytes_max;  // of one incoming message; beyond: closed with 1009. 0: 1 MiB
    size_t queue_count_max;    // of outgoing messages; 0: 1024
    size_t queue_bytes_max;    // 0: 4 MiB
    int goodbye_code;          // with which websocket_destroy() leaves; 0: 1000
    const struct websocket_handler *handler;  // borrowed
    void *data;
};

/*
 * Begins; all news comes later by the handler. NULL: the URL is not one (err says what is expected). The handler's
 * functions may destroy the websocket.
 */
struct websocket *websocket_create(struct loop *loop, const struct websocket_options *options, struct error *err);

/* Says goodbye if it is open. No callback comes any more. Accepts NULL. */
void websocket_destroy(struct websocket *websocket);

/* Queues a copy. False: not open, or the queue is full (ERROR_AGAIN); nothing was queued. */
bool websocket_send(struct websocket *websocket, const char *text, size_t len, struct error *err);
bool websocket_send_binary(struct websocket *websocket, const void *bytes, size_t len, struct error *err);

/* Sends what is queued, then closes; on_close follows. reason: at most 123 bytes count; may be NULL. */
void websocket_close(struct websocket *websocket, int code, const char *reason);

/* clock_monotonic_ms() of the last sign of life: data or a pong; 0: never opened. A gap begins here. */
int64_t websocket_alive_ms(const struct websocket *websocket);
size_t websocket_queued_bytes(const struct websocket *websocket);
