/*
 * dial.h - a TCP connection from name to socket: resolved outside the loop, address by address, through a proxy if one
 * is given. For what neither libcurl nor libwebsockets connects. Thread: the loop's.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct dial;
struct loop;

struct dial_options {
    const char *host;    // a name or a number, copied
    uint16_t port;
    const char *proxy;   // as in proxy.h; NULL: none
    int64_t timeout_ms;  // in all; 0: 15000
    /* Required; the last call of all, the dial is gone when it returns. fd: non-blocking, the callee's; -1: error. */
    void (*on_done)(void *data, int fd, const struct error *error);
    void *data;
};

/* Begins; the news comes in a later turn of the loop. NULL: the proxy's address is none. */
struct dial *dial_start(struct loop *loop, const struct dial_options *options, struct error *err);
void dial_cancel(struct dial *dial);  // accepts NULL
