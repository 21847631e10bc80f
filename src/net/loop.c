#include "net/inside.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"

/*
 * libwebsockets owns the poll() and knows two things of ours: one descriptor (an epoll set that holds every watched
 * one, so none must be given away or duplicated, and a timerfd for the earliest of our timers), and its own wake-up
 * pipe, which is behind lws_cancel_service().
 */

enum { FD_LIMIT = 4096, HEADER_BYTES = 16384, SERVICE_BYTES = 16384, EVENTS_A_TURN = 64 };

struct post {
    struct post *next;
    loop_fn fn;
    void *data;
};

struct watch {
    struct list link;  // in loop.watches
    struct loop *loop;
    int fd;
    loop_fn fn;          // or
    watch_fn events_fn;
    void *data;
};

struct signal_handler {
    loop_fn fn;
    void *data;
};

struct client_vhost {
    struct list link;  // in loop.client_vhosts
    char *ca_file;     // owned; NULL: the system's
    bool is_direct;
    struct lws_vhost *vhost;
};

struct idle_policy {
    struct list link;  // in loop.policies
    lws_retry_bo_t policy;
};

struct grave {
    struct list link;  // in loop.graves
    void *memory;
};

struct loop {
    struct lws_context *context;
    struct lws_vhost *inner_vhost;  // of the epoll set
    struct resolver *resolver;
    struct http_engine *http;
    struct list timers, ready;  // struct timer: by due time; and due in this turn
    int64_t tick_us;              // that the tick is set to; 0: it is not
    int epoll_fd, signal_fd, tick_fd;
    sigset_t signals;
    struct signal_handler handlers[_NSIG];
    struct list watches, client_vhosts, policies, graves, tunnels;
    atomic_bool is_stopping;
    pthread_mutex_t lock;  // of the two below
    struct post *first_post, **last_post;
};

static _Thread_local char last_complaint[160];

/* The lines hold peers' bytes; log.h makes them harmless. Ours name the causes better, but for certificates. */
static void take_lws_line(int level, const char *line)
{
    size_t len = strcspn(line, "\n");
    snprintf(last_complaint, sizeof(last_complaint), "%.*s", (int)(len < 159 ? len : 159), line);
    log_debug("net/lws", "%.*s", (int)len, line);
}

const char *loop_last_complaint(void)
{
    static _Thread_local char taken[sizeof(last_complaint)];
    memcpy(taken, last_complaint, sizeof(taken));
    last_complaint[0] = '\0';
    return taken;
}

/* --- Watched descriptors --- */

static void watch_run(struct watch *watch, uint32_t events)
{
    if (watch->fn) {
        watch->fn(watch->data);
        return;
    }
    int seen = 0;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        seen |= LOOP_READABLE;
    if (events & (EPOLLOUT | EPOLLERR))
        seen |= LOOP_WRITABLE;
    if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
        seen |= LOOP_HANGUP;
    watch->events_fn(watch->data, seen);
}

/* One event at a time: a handler may free any other watch. epoll puts a served one behind those that wait. */
static void run_watches(struct loop *loop)
{
    for (int i = 0; i < EVENTS_A_TURN; i++) {
        struct epoll_event event;
        if (epoll_wait(loop->epoll_fd, &event, 1, 0) <= 0)
            return;
        watch_run(event.data.ptr, event.events);
    }
}

static int inner_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        run_watches(lws_context_user(lws_get_context(wsi)));
    return 0;
}

static uint32_t epoll_mask(int events)
{
    return (events & LOOP_READABLE ? EPOLLIN : 0) | (events & LOOP_WRITABLE ? EPOLLOUT : 0) |
           (events & LOOP_HANGUP ? EPOLLRDHUP : 0);
}

static struct watch *watch_create(struct loop *loop, int fd, int events)
{
    struct watch *watch = xcalloc(1, sizeof(*watch));
    watch->loop = loop;
    watch->fd = fd;
    list_append(&loop->watches, &watch->link);
    struct epoll_event event = {.data.ptr = watch};
    event.events = epoll_mask(events);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        log_error("net/loop", "descriptor %d cannot be watched: %s", fd, strerror(errno));
    return watch;
}

struct watch *loop_watch_fd(struct loop *loop, int fd, loop_fn fn, void *data)
{
    struct watch *watch = watch_create(loop, fd, LOOP_READABLE);
    watch->fn = fn;
    watch->data = data;
    return watch;
}

struct watch *loop_watch_events(struct loop *loop, int fd, int events, watch_fn fn, void *data)
{
    struct watch *watch = watch_create(loop, fd, events);
    watch->events_fn = fn;
    watch->data = data;
    return watch;
}

void watch_set_events(struct watch *watch, int events)
{
    struct epoll_event event = {.data.ptr = watch};
    event.events = epoll_mask(events);
    epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_unwatch(struct watch *watch)
{
    if (!watch)
        return;
    epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    list_remove(&watch->link);
    free(watch);
}

/* --- Timers --- */

/*
 * A timerfd, since libwebsockets rounds its wait down to whole ms and then asks again and again until the rest is over:
 * a thousand calls of poll() a second while something moves.
 */
static void schedule_tick(struct loop *loop)
{
    bool is_any = !list_is_empty(&loop->timers);
    int64_t due_us = is_any ? container_of(loop->timers.next, struct timer, link)->due_us : 0;
    if (due_us == loop->tick_us)
        return;
    const struct itimerspec at = {.it_value = {due_us / 1000000, due_us % 1000000 * 1000}};
    timerfd_settime(loop->tick_fd, TFD_TIMER_ABSTIME, &at, NULL);
    loop->tick_us = due_us;
}

/* What is due now is moved aside first: a timer that starts itself anew with 0 ms waits for the next turn. */
static void handle_tick(void *data)
{
    struct loop *loop = data;
    int64_t now_us = (int64_t)lws_now_usecs();
    struct timer *timer, *following;
    list_for_each_safe(timer, following, &loop->timers, link) {
        if (timer->due_us > now_us)
            break;
        list_remove(&timer->link);
        list_append(&loop->ready, &timer->link);
    }
    while (!list_is_empty(&loop->ready)) {
        timer = container_of(loop->ready.next, struct timer, link);
        list_remove(&timer->link);
        timer->fn(timer->data);
    }
    loop->tick_us = -1;  // it went off: setting it makes it unreadable again, so it is never read
    schedule_tick(loop);
}

void timer_init(struct timer *timer, struct loop *loop, loop_fn fn, void *data)
{
    *timer = (struct timer){.loop = loop, .fn = fn, .data = data};
    list_init(&timer->link);
}

void timer_start(struct timer *timer, int64_t delay_ms)
{
    struct loop *loop = timer->loop;
    list_remove(&timer->link);
    timer->due_us = (int64_t)lws_now_usecs() + (delay_ms > 0 ? delay_ms : 0) * 1000;
    struct list *at = loop->timers.prev;
    while (at != &loop->timers && container_of(at, struct timer, link)->due_us > timer->due_us)
        at = at->prev;
    list_add(at, &timer->link);
    if (loop->timers.next == &timer->link)
        schedule_tick(loop);
}

void timer_stop(struct timer *timer)
{
    if (timer->loop)
        list_remove(&timer->link);
}

bool timer_is_running(const struct timer *timer)
{
    return timer->loop && !list_is_empty(&timer->link);
}

/* --- Work from other threads --- */

void loop_post(struct loop *loop, loop_fn fn, void *data)
{
    struct post *post = xcalloc(1, sizeof(*post));
    post->fn = fn;
    post->data = data;
    pthread_mutex_lock(&loop->lock);
    bool was_empty = !loop->first_post;
    *loop->last_post = post;
    loop->last_post = &post->next;
    // Within the lock: the loop cannot have been destroyed by what another thread posted.
    if (was_empty)
        lws_cancel_service(loop->context);
    pthread_mutex_unlock(&loop->lock);
}

static bool run_posts(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct post *post = loop->first_post;
    loop->first_post = NULL;
    loop->last_post = &loop->first_post;
    pthread_mutex_unlock(&loop->lock);
    bool ran = post != NULL;
    while (post) {
        struct post *next = post->next;
        post->fn(post->data);
        free(post);
        post = next;
    }
    return ran;
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->is_stopping, true);
    lws_cancel_service(loop->context);
}

bool loop_run(struct loop *loop, struct error *err)
{
    while (!atomic_load(&loop->is_stopping)) {
        run_posts(loop);
        if (atomic_load(&loop->is_stopping))
            break;
        if (lws_service(loop->context, 0) < 0)
            return error_set(err, ERROR_SYSTEM, "the network loop failed: %s", loop_last_complaint());
    }
    atomic_store(&loop->is_stopping, false);
    return true;
}

/* --- Signals --- */

static void handle_signals(void *data)
{
    struct loop *loop = data;
    struct signalfd_siginfo info;
    while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        const struct signal_handler *handler = &loop->handlers[info.ssi_signo];
        if (handler->fn)
            handler->fn(handler->data);
    }
}

bool loop_on_signal(struct loop *loop, int signo, loop_fn fn, void *data, struct error *err)
{
    loop->handlers[signo] = (struct signal_handler){fn, data};
    sigaddset(&loop->signals, signo);
    int fd = signalfd(loop->signal_fd, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "signalfd");
    pthread_sigmask(SIG_BLOCK, &loop->signals, NULL);
    if (loop->signal_fd < 0) {
        loop->signal_fd = fd;
        loop_watch_fd(loop, fd, handle_signals, loop);
    }
    return true;
}

/* --- What the room shares --- */

struct lws_context *loop_context(const struct loop *loop)
{
    return loop->context;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

struct lws_vhost *loop_client_vhost(struct loop *loop, const char *ca_file, bool is_direct, struct error *err)
{
    struct client_vhost *client;
    list_for_each(client, &loop->client_vhosts, link) {
        if (is_same(client->ca_file, ca_file) && client->is_direct == is_direct)
            return client->vhost;
    }
    static const struct lws_protocols protocols[] = {
        {.name = "websocket", .callback = websocket_callback, .rx_buffer_size = SERVICE_BYTES}, {0}};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .vhost_name = "client",
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT, .client_ssl_ca_filepath = ca_file,
        // libwebsockets takes $http_proxy for every connection of a vhost, be it to the next process. "" is none.
        .http_proxy_address = is_direct ? "" : NULL,
        .timeout_secs = 20, .connect_timeout_secs = 5};
    struct lws_vhost *vhost = lws_create_vhost(loop->context, &info);
    if (!vhost) {
        error_set(err, ERROR_SYSTEM, "%s: cannot be read as certificates", ca_file ? ca_file : "TLS");
        return NULL;
    }
    client = xcalloc(1, sizeof(*client));
    client->ca_file = xstrdup(ca_file);
    client->is_direct = is_direct;
    client->vhost = vhost;
    list_append(&loop->client_vhosts, &client->link);
    return vhost;
}

const lws_retry_bo_t *loop_idle_policy(struct loop *loop, int ping_s, int hangup_s)
{
    struct idle_policy *item;
    list_for_each(item, &loop->policies, link) {
        if (item->policy.secs_since_valid_ping == ping_s && item->policy.secs_since_valid_hangup == hangup_s)
            return &item->policy;
    }
    item = xcalloc(1, sizeof(*item));
    item->policy.secs_since_valid_ping = (uint16_t)ping_s;
    item->policy.secs_since_valid_hangup = (uint16_t)hangup_s;
    list_append(&loop->policies, &item->link);
    return &item->policy;
}

void loop_free_later(struct loop *loop, void *memory)
{
    struct grave *grave = xcalloc(1, sizeof(*grave));
    grave->memory = memory;
    list_append(&loop->graves, &grave->link);
}

struct resolver *loop_resolver(struct loop *loop)
{
    if (!loop->resolver)
        loop->resolver = resolver_create(loop);
    return loop->resolver;
}

struct http_engine *loop_http(struct loop *loop)
{
    if (!loop->http)
        loop->http = http_engine_create(loop);
    return loop->http;
}

struct list *loop_tunnels(struct loop *loop)
{
    return &loop->tunnels;
}

/* --- Life --- */

static bool create_context(struct loop *loop, struct error *err)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, take_lws_line);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN, .user = loop, .fd_limit_per_thread = FD_LIMIT,
        .max_http_header_data2 = HEADER_BYTES, .pt_serv_buf_size = SERVICE_BYTES, .max_http_header_pool2 = 1024,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN,
        .timeout_secs = 20, .connect_timeout_secs = 5};
    loop->context = lws_create_context(&info);
    if (!loop->context)
        return error_set(err, ERROR_SYSTEM, "the network loop cannot start: %s", loop_last_complaint());
    static const struct lws_protocols protocols[] = {{.name = "inner", .callback = inner_callback}, {0}};
    info.protocols = protocols;
    info.vhost_name = "inner";
    loop->inner_vhost = lws_create_vhost(loop->context, &info);
    return loop->inner_vhost || error_set(err, ERROR_SYSTEM, "the network loop cannot start: no vhost");
}

static bool create_watches(struct loop *loop, struct error *err)
{
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return error_errno(err, "epoll_create1");
    lws_sock_file_fd_type fd = {.filefd = loop->epoll_fd};
    if (lws_adopt_descriptor_vhost(loop->inner_vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "inner", NULL))
        return true;
    loop->epoll_fd = -1;  // closed by the failed call
    return error_set(err, ERROR_SYSTEM, "the network loop cannot watch descriptors");
}

static bool create_tick(struct loop *loop, struct error *err)
{
    loop->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);  // the clock of lws_now_usecs()
    if (loop->tick_fd < 0)
        return error_errno(err, "timerfd_create");
    loop_watch_fd(loop, loop->tick_fd, handle_tick, loop);
    return true;
}

struct loop *loop_create(struct error *err)
{
    struct loop *loop = xcalloc(1, sizeof(*loop));
    list_init(&loop->timers);
    list_init(&loop->ready);
    list_init(&loop->watches);
    list_init(&loop->client_vhosts);
    list_init(&loop->policies);
    list_init(&loop->graves);
    list_init(&loop->tunnels);
    sigemptyset(&loop->signals);
    loop->signal_fd = loop->epoll_fd = loop->tick_fd = -1;
    loop->last_post = &loop->first_post;
    pthread_mutex_init(&loop->lock, NULL);
    if (create_context(loop, err) && create_watches(loop, err) && create_tick(loop, err))
        return loop;
    loop_destroy(loop);
    return NULL;
}

static void free_lists(struct loop *loop)
{
    struct watch *watch, *next_watch;
    list_for_each_safe(watch, next_watch, &loop->watches, link)
        free(watch);
    struct client_vhost *client, *next_client;
    list_for_each_safe(client, next_client, &loop->client_vhosts, link) {
        free(client->ca_file);
        free(client);
    }
    struct idle_policy *policy, *next_policy;
    list_for_each_safe(policy, next_policy, &loop->policies, link)
        free(policy);
    struct grave *grave, *next_grave;
    list_for_each_safe(grave, next_grave, &loop->graves, link) {
        free(grave->memory);
        free(grave);
    }
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->resolver)
        resolver_destroy(loop->resolver);  // from here on no thread of ours posts
    while (run_posts(loop))
        ;
    if (loop->http)
        http_engine_destroy(loop->http);
    tunnels_destroy(&loop->tunnels);
    if (loop->context)
        lws_context_destroy(loop->context);  // closes the epoll descriptor as well
    free_lists(loop);
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    if (loop->tick_fd >= 0)
        close(loop->tick_fd);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}
