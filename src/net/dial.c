#include "net/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/loop.h"
#include "net/proxy.h"
#include "net/resolver.h"

enum { TIMEOUT_MS = 15000, ADDRESS_TIMEOUT_MS = 5000, TALK_BYTES = 512, KEEPALIVE_IDLE_S = 30, KEEPALIVE_STEP_S = 10 };

struct dial {
    struct loop *loop;
    struct dial_options options;  // strings owned
    struct proxy proxy;
    struct proxy_talk talk;
    struct resolver_query *query;
    struct resolver_answer addresses;
    size_t next_address;
    struct timer deadline, address_deadline;
    struct watch *watch;
    int fd;
    bool is_talking;
    struct error error;  // of the address tried last
};

static void drop_socket(struct dial *dial)
{
    loop_unwatch(dial->watch);
    dial->watch = NULL;
    if (dial->fd >= 0)
        close(dial->fd);
    dial->fd = -1;
    timer_stop(&dial->address_deadline);
}

static void dial_free(struct dial *dial)
{
    drop_socket(dial);
    resolver_cancel(dial->query);
    timer_stop(&dial->deadline);
    proxy_talk_fini(&dial->talk);
    proxy_fini(&dial->proxy);
    free((char *)dial->options.host);
    free(dial);
}

static void finish(struct dial *dial, int fd, const struct error *error)
{
    struct dial_options options = dial->options;
    struct error copy = error ? *error : (struct error){0};
    if (error && dial->proxy.kind != PROXY_NONE)
        error_prefix(&copy, "by way of %s", dial->proxy.label);
    options.host = NULL;
    dial_free(dial);
    options.on_done(options.data, fd, &copy);
}

static void try_next(struct dial *dial);

static void succeed(struct dial *dial)
{
    int fd = dial->fd, on = 1, idle = KEEPALIVE_IDLE_S, step = KEEPALIVE_STEP_S;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &step, sizeof(step));
    loop_unwatch(dial->watch);
    dial->watch = NULL;
    dial->fd = -1;
    finish(dial, fd, NULL);
}

/* --- With the proxy --- */

static void talk_on(struct dial *dial, int events)
{
    struct proxy_talk *talk = &dial->talk;
    struct error err = {0};
    if (talk->out.len > 0) {
        ssize_t sent = send(dial->fd, talk->out.data, talk->out.len, MSG_NOSIGNAL);
        if (sent > 0) {
            buffer_consume(&talk->out, (size_t)sent);
        } else if (errno != EAGAIN && errno != EINTR) {  // else a dead socket would be told of without end
            error_set(&err, ERROR_AGAIN, "the proxy hung up");
            finish(dial, -1, &err);
            return;
        }
    }
    enum proxy_progress progress = PROXY_GOES_ON;
    while (progress == PROXY_GOES_ON && talk->out.len == 0) {
        char bytes[TALK_BYTES];
        ssize_t got = recv(dial->fd, bytes, talk->need < TALK_BYTES ? talk->need : TALK_BYTES, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got <= 0) {
            error_set(&err, ERROR_AGAIN, "the proxy hung up");
            progress = PROXY_REFUSED;
            break;
        }
        progress = proxy_talk_take(talk, bytes, (size_t)got, &err);
    }
    if (progress == PROXY_STANDS)
        succeed(dial);
    else if (progress == PROXY_REFUSED)
        finish(dial, -1, &err);
    else
        watch_set_events(dial->watch, talk->out.len > 0 ? LOOP_WRITABLE : LOOP_READABLE);
}

/* --- One address after the other --- */

static void fail_address(struct dial *dial, int code)
{
    error_set(&dial->error, ERROR_AGAIN, "%s", strerror(code));
    drop_socket(dial);
    try_next(dial);
}

static void handle_events(void *data, int events)
{
    struct dial *dial = data;
    if (dial->is_talking) {
        talk_on(dial, events);
        return;
    }
    int code = 0;
    socklen_t size = sizeof(code);
    getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) {
        fail_address(dial, code);
        return;
    }
    timer_stop(&dial->address_deadline);
    if (dial->proxy.kind == PROXY_NONE) {
        succeed(dial);
        return;
    }
    dial->is_talking = true;
    proxy_talk_init(&dial->talk, &dial->proxy, dial->options.host, dial->options.port);
    talk_on(dial, events);
}

static void handle_address_deadline(void *data)
{
    fail_address(data, ETIMEDOUT);
}

static socklen_t fill_address(const char *text, uint16_t port, struct sockaddr_storage *storage)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    *storage = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof(*v4);
    }
    inet_pton(AF_INET6, text, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof(*v6);
}

static bool begin_address(struct dial *dial, const char *text)
{
    struct sockaddr_storage address;
    bool is_proxied = dial->proxy.kind != PROXY_NONE;
    socklen_t size = fill_address(text, is_proxied ? dial->proxy.port : dial->options.port, &address);
    dial->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dial->fd < 0 || (connect(dial->fd, (struct sockaddr *)&address, size) != 0 && errno != EINPROGRESS)) {
        error_errno(&dial->error, "cannot connect");
        dial->error.code = ERROR_AGAIN;
        drop_socket(dial);
        return false;
    }
    dial->watch = loop_watch_events(dial->loop, dial->fd, LOOP_WRITABLE, handle_events, dial);
    timer_start(&dial->address_deadline, ADDRESS_TIMEOUT_MS);
    return true;
}

static void try_next(struct dial *dial)
{
    while (dial->next_address < dial->addresses.count) {
        if (begin_address(dial, dial->addresses.addresses[dial->next_address++]))
            return;
    }
    struct error error = dial->error;
    finish(dial, -1, &error);
}

static void handle_addresses(void *data, const struct resolver_answer *answer)
{
    struct dial *dial = data;
    dial->query = NULL;
    dial->addresses = *answer;
    dial->error = answer->error;
    try_next(dial);
}

static void handle_deadline(void *data)
{
    struct dial *dial = data;
    struct error error;
    error_set(&error, ERROR_AGAIN, "no connection within %.1f s", (double)dial->options.timeout_ms / 1000);
    finish(dial, -1, &error);
}

struct dial *dial_start(struct loop *loop, const struct dial_options *options, struct error *err)
{
    struct proxy proxy;
    if (!proxy_parse(options->proxy, &proxy, err))
        return NULL;
    struct dial *dial = xcalloc(1, sizeof(*dial));
    dial->loop = loop;
    dial->fd = -1;
    dial->proxy = proxy;
    dial->options = *options;
    dial->options.host = xstrdup(options->host);
    dial->options.proxy = NULL;
    dial->options.timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    timer_init(&dial->deadline, loop, handle_deadline, dial);
    timer_init(&dial->address_deadline, loop, handle_address_deadline, dial);
    timer_start(&dial->deadline, dial->options.timeout_ms);
    dial->query = resolver_ask(loop, proxy.kind == PROXY_NONE ? options->host : proxy.host, handle_addresses, dial);
    return dial;
}

void dial_cancel(struct dial *dial)
{
    if (dial)
        dial_free(dial);
}
