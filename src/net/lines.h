/*
 * lines.h - a client for protocols of text lines over TCP or TLS, from the name to the close: IRC.
 * Resolved outside the loop, address by address, by way of a proxy if one is given; the certificate is always checked.
 * To reconnect, destroy it and create another: see backoff.h. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct lines;
struct loop;

struct lines_close {
    bool was_open;
    struct error error;  // always set: one line for log and panel
};

struct lines_handler {
    void (*on_open)(void *data);  // optional
    /*
     * Required. One line without its CR and LF, maybe empty, borrowed until it returns, NUL-terminated behind len. Any
     * bytes. is_cut: it was longer than allowed; this is its beginning, and the rest is dropped.
     */
    void (*on_line)(void *data, const char *text, size_t len, bool is_cut);
    void (*on_idle)(void *data);  // optional: nothing has come for idle_ms; again after each further idle_ms
    /* Required. Exactly once unless the lines are destroyed before; the last call of all. */
    void (*on_close)(void *data, const struct lines_close *end);
};

struct lines_options {
    const char *host;          // a name or a number
    uint16_t port;
    bool is_tls;
    const char *tls_name;      // the certificate is to be of this name; NULL: host
    const char *ca_file;       // PEM, trusted besides the system's; a server's own certificate pins it. NULL: none
    const char *proxy;         // as in proxy.h; NULL: none
    int64_t open_timeout_ms;   // from create to on_open; 0: 15000
    int64_t idle_ms;           // 0: never
    size_t line_bytes_max;     // of one incoming line; 0: 64 KiB
    size_t queue_bytes_max;    // of what waits to be sent; 0: 256 KiB
    const struct lines_handler *handler;  // borrowed
    void *data;
};

/*
 * Begins; all news comes later by the handler. NULL: host, port, proxy or the file of certificates is none. The
 * handler's functions may destroy the lines.
 */
struct lines *lines_create(struct loop *loop, const struct lines_options *options, struct error *err);
void lines_destroy(struct lines *lines);  // what was queued is dropped; accepts NULL

/* Queues a copy with CR LF behind it. False: not open, queue full (AGAIN), or a line end or NUL within (DATA). */
bool lines_send(struct lines *lines, const char *text, size_t len, struct error *err);

/* Sends what is queued, then closes; on_close follows, within some seconds also if the peer takes nothing. */
void lines_close(struct lines *lines);

/* clock_monotonic_ms() of the last byte that came; 0: never opened. A gap begins here. */
int64_t lines_alive_ms(const struct lines *lines);
size_t lines_queued_bytes(const struct lines *lines);
