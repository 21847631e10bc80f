/*
 * loop.h - the one loop of a process: sockets, timers, signals, and work handed in by other threads.
 * Built around lws_service(), so websocket.h, server.h and http.h run in it; it runs as well without any of them.
 * Thread: the one that calls loop_run(), and before that the one that created it. Only loop_post() and loop_stop()
 * may be called from any thread. Everything that lives in a loop is destroyed before it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct error;
struct loop;
struct watch;

typedef void (*loop_fn)(void *data);

/* NULL: the system gives no descriptors. */
struct loop *loop_create(struct error *err);

/* Runs what was posted and not run yet, so that its data finds its owner, then frees. Accepts NULL. */
void loop_destroy(struct loop *loop);

/* Returns true after loop_stop(), false if the loop cannot go on. May be called again. */
bool loop_run(struct loop *loop, struct error *err);

/* loop_run() returns after what it is at. Called before loop_run(), the next run ends at once. */
void loop_stop(struct loop *loop);

/* fn(data) runs in the loop, after all that was posted before; exactly once, in loop_destroy() at the latest. */
void loop_post(struct loop *loop, loop_fn fn, void *data);

/*
 * From now on `signo` does not interrupt: fn runs in the loop each time it comes. Blocks the signal in the calling
 * thread: call it before threads are started. fn NULL: the signal is swallowed. Lasts as long as the loop.
 */
bool loop_on_signal(struct loop *loop, int signo, loop_fn fn, void *data, struct error *err);

enum loop_events {
    LOOP_READABLE = 1 << 0,
    LOOP_WRITABLE = 1 << 1,
    LOOP_HANGUP = 1 << 2,  // the peer has closed its side; also told with the others when the connection broke
};

/*
 * fn runs while fd is readable (a hang-up counts as readable): read until it is not, or it runs again. fd is
 * borrowed: unwatch before closing it. The loop frees what is left.
 */
struct watch *loop_watch_fd(struct loop *loop, int fd, loop_fn fn, void *data);
void loop_unwatch(struct watch *watch);  // also from within fn; accepts NULL

/* As loop_watch_fd(), for what must also write. events: of enum loop_events; fn is told which came. */
typedef void (*watch_fn)(void *data, int events);
struct watch *loop_watch_events(struct loop *loop, int fd, int events, watch_fn fn, void *data);
void watch_set_events(struct watch *watch, int events);

/* One shot; embedded in its owner, stopped before the owner is freed. Resolution: 1 ms. */
struct timer {
    struct list link;  // in loop.timers while it runs
    struct loop *loop;
    int64_t due_us;
    loop_fn fn;
    void *data;
};

void timer_init(struct timer *timer, struct loop *loop, loop_fn fn, void *data);
void timer_start(struct timer *timer, int64_t delay_ms);  // moves it if it runs already
void timer_stop(struct timer *timer);                     // harmless if it does not run, and on {0}
bool timer_is_running(const struct timer *timer);
