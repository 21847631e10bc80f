/*
 * cut_proxy.h - a TCP proxy on loopback between a connector and the server of a test, that cuts connections where it is
 * told to: before the first byte, after any number of bytes, or now. A cut is a reset, as when a cable is pulled and the
 * peer's machine comes up again. It runs on a thread of its own. Thread: any may call these.
 */
#pragma once

#include <stdint.h>

struct cut_proxy;

/* Listens on a free port of 127.0.0.1 and connects each client to target_port there. Never NULL. */
struct cut_proxy *cut_proxy_create(uint16_t target_port);
void cut_proxy_destroy(struct cut_proxy *proxy);  // accepts NULL

uint16_t cut_proxy_port(const struct cut_proxy *proxy);

/* The next connection is cut when the server's first `bytes` bytes have gone to the client; 0: before it says anything. */
void cut_proxy_plan(struct cut_proxy *proxy, int64_t bytes);

/* All connections that stand are cut, soon. */
void cut_proxy_cut(struct cut_proxy *proxy);

/* How many connections were cut so far by plan, and how many were accepted. */
int cut_proxy_planned_cuts(struct cut_proxy *proxy);
int cut_proxy_accepted(struct cut_proxy *proxy);
