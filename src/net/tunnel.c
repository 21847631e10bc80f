#include "net/inside.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

/*
 * libwebsockets 4.1.6 knows no SOCKS, and cannot adopt a connected socket for a websocket with TLS. It can connect to a
 * Unix socket: the tunnel listens on one without a place in the file system, takes one caller, this process itself,
 * and carries bytes between that and the socket that the proxy gave. TLS stays end to end.
 */

enum { PIPE_BYTES = 64 << 10 };

struct end {
    int fd;
    struct watch *watch;
    int events;         // asked of the watch
    struct buffer out;  // to be written here
    bool is_at_eof;
};

struct tunnel {
    struct list link;  // in the loop's tunnels
    struct loop *loop;
    struct tunnel **holder;  // NULL: let go
    char address[64];
    int listener;
    struct watch *listener_watch;
    struct end near, far;  // libwebsockets; the proxy
};

static void end_fini(struct end *end)
{
    loop_unwatch(end->watch);
    if (end->fd >= 0)
        close(end->fd);
    buffer_fini(&end->out);
}

static void tunnel_destroy(struct tunnel *tunnel)
{
    if (tunnel->holder)
        *tunnel->holder = NULL;
    list_remove(&tunnel->link);
    loop_unwatch(tunnel->listener_watch);
    if (tunnel->listener >= 0)
        close(tunnel->listener);
    end_fini(&tunnel->near);
    end_fini(&tunnel->far);
    free(tunnel);
}

static void handle_end(void *data, int events);

/* An end that nothing is wanted of is not watched at all: epoll tells of a hang-up without being asked. */
static void watch_end(struct tunnel *tunnel, struct end *end, const struct end *other)
{
    int events = (!end->is_at_eof && other->out.len < PIPE_BYTES ? LOOP_READABLE : 0) | (end->out.len ? LOOP_WRITABLE : 0);
    if (events == end->events)
        return;
    if (events == 0) {
        loop_unwatch(end->watch);
        end->watch = NULL;
    } else if (!end->watch) {
        end->watch = loop_watch_events(tunnel->loop, end->fd, events, handle_end, tunnel);
    } else {
        watch_set_events(end->watch, events);
    }
    end->events = events;
}

static void read_end(struct end *from, struct end *to)
{
    if (from->is_at_eof || to->out.len >= PIPE_BYTES)
        return;
    size_t room = PIPE_BYTES - to->out.len;
    ssize_t got = recv(from->fd, buffer_reserve(&to->out, room), room, 0);
    if (got > 0)
        to->out.len += (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        from->is_at_eof = true;
}

static bool write_end(struct end *end)
{
    if (end->out.len == 0)
        return true;
    ssize_t put = send(end->fd, end->out.data, end->out.len, MSG_NOSIGNAL);
    if (put > 0)
        buffer_consume(&end->out, (size_t)put);
    return put > 0 || errno == EAGAIN || errno == EINTR;
}

/* Both ends are looked at whichever it was: each call that has nothing to do costs a microsecond. */
static void handle_end(void *data, int events)
{
    struct tunnel *tunnel = data;
    struct end *near = &tunnel->near, *far = &tunnel->far;
    read_end(near, far);
    read_end(far, near);
    bool ok = write_end(near) && write_end(far);
    // One side has gone, and the other has what it said: that is the end of both.
    if (!ok || (far->is_at_eof && near->out.len == 0) || (near->is_at_eof && far->out.len == 0)) {
        tunnel_destroy(tunnel);
        return;
    }
    watch_end(tunnel, near, far);
    watch_end(tunnel, far, near);
}

static void handle_caller(void *data)
{
    struct tunnel *tunnel = data;
    int fd = accept4(tunnel->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    if (fd < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != getpid()) {
        close(fd);
        return;
    }
    loop_unwatch(tunnel->listener_watch);
    tunnel->listener_watch = NULL;
    close(tunnel->listener);
    tunnel->listener = -1;
    tunnel->near.fd = fd;
    watch_end(tunnel, &tunnel->near, &tunnel->far);
    watch_end(tunnel, &tunnel->far, &tunnel->near);
}

static bool listen_near(struct tunnel *tunnel, struct error *err)
{
    uint64_t token[2];
    random_bytes(token, sizeof(token));
    snprintf(tunnel->address, sizeof(tunnel->address), "+@antiphon-%016llx%016llx", (unsigned long long)token[0],
             (unsigned long long)token[1]);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    // An abstract name: a NUL, and all bytes up to the length given count.
    snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", tunnel->address + 2);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(tunnel->address) - 1);
    tunnel->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tunnel->listener < 0 || bind(tunnel->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(tunnel->listener, 1) != 0)
        return error_errno(err, "no socket for the proxy's tunnel");
    tunnel->listener_watch = loop_watch_fd(tunnel->loop, tunnel->listener, handle_caller, tunnel);
    return true;
}

struct tunnel *tunnel_create(struct loop *loop, int fd, struct tunnel **holder, struct error *err)
{
    struct tunnel *tunnel = xcalloc(1, sizeof(*tunnel));
    tunnel->loop = loop;
    tunnel->near.fd = tunnel->listener = -1;
    tunnel->far.fd = fd;
    list_append(loop_tunnels(loop), &tunnel->link);
    if (listen_near(tunnel, err)) {
        tunnel->holder = holder;
        return tunnel;
    }
    tunnel_destroy(tunnel);
    return NULL;
}

const char *tunnel_address(const struct tunnel *tunnel)
{
    return tunnel->address;
}

void tunnel_let_go(struct tunnel *tunnel)
{
    if (!tunnel)
        return;
    *tunnel->holder = NULL;
    tunnel->holder = NULL;
    if (tunnel->near.fd < 0)
        tunnel_destroy(tunnel);  // nobody has come, nobody will
}

void tunnels_destroy(struct list *tunnels)
{
    while (!list_is_empty(tunnels))
        tunnel_destroy(container_of(tunnels->next, struct tunnel, link));
}
