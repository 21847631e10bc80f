/*
 * proxy_peer.h - a proxy for the tests, in threads with blocking calls: CONNECT and SOCKS 5 on one port, told apart by
 * the first byte. Every name leads to this machine.
 */
#pragma once

#include "peer.h"

struct proxy_peer {
    uint16_t port;
    const char *user, *password;  // NULL: no login
    int refuse;                   // HTTP status or SOCKS reply; 0: none
    bool hangs, resets;           // resets: with its first answer
    int listener, stop[2];
    pthread_t thread, workers[64];
    pthread_mutex_t lock;
    int worker_count, tunnels;
    char asked[160];              // "name:port" of the last request
};

struct proxy_call {
    struct proxy_peer *proxy;
    int fd;
};

static inline bool proxy_peer_read(struct proxy_call *call, void *bytes, size_t len)
{
    for (char *at = bytes; len > 0;) {
        ssize_t got = peer_wait(call->proxy->stop, call->fd) ? recv(call->fd, at, len, 0) : 0;
        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static inline int proxy_peer_connect(struct proxy_call *call, const char *host, unsigned port)
{
    pthread_mutex_lock(&call->proxy->lock);
    snprintf(call->proxy->asked, sizeof(call->proxy->asked), "%s:%u", host, port);
    pthread_mutex_unlock(&call->proxy->lock);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* "GET http://host:port/path …" becomes "GET /path …". */
static inline void proxy_peer_pass_on(int fd, const char *head, const char *method)
{
    const char *path = strchr(strstr(head, "://") + 3, '/');
    peer_write(fd, NULL, method, strlen(method));
    peer_write(fd, NULL, " ", 1);
    peer_write(fd, NULL, path, strlen(path));
}

/* Also plain requests, as libcurl makes them. */
static inline int proxy_peer_http(struct proxy_call *call, char first)
{
    char head[4096] = {first}, method[16], target[256], wanted[512] = "", host[128];
    size_t len = 1;
    while (len < sizeof(head) - 1 && !strstr(head, "\r\n\r\n")) {
        if (!proxy_peer_read(call, head + len, 1))
            return -1;
        head[++len] = '\0';
    }
    struct proxy_peer *proxy = call->proxy;
    unsigned port = 0;
    char answer[128];
    if (proxy->user) {
        char login[128];
        snprintf(login, sizeof(login), "%s:%s", proxy->user, proxy->password);
        unsigned char encoded[256];
        EVP_EncodeBlock(encoded, (unsigned char *)login, (int)strlen(login));
        snprintf(wanted, sizeof(wanted), "\r\nProxy-Authorization: Basic %s\r\n", encoded);
    }
    int status = proxy->refuse ? proxy->refuse : wanted[0] && !strstr(head, wanted) ? 407 : 200;
    if (sscanf(head, "%15s %255s", method, target) != 2)
        status = 400;
    bool is_connect = strcmp(method, "CONNECT") == 0;
    if (sscanf(is_connect ? target : strstr(target, "://") + 3, "%127[^:]:%u", host, &port) != 2)
        status = 400;
    int fd = status == 200 ? proxy_peer_connect(call, host, port) : -1;
    if (status == 200 && fd < 0)
        status = 502;
    snprintf(answer, sizeof(answer), "HTTP/1.1 %d words\r\nVia: test\r\n%s\r\n", status,
             status == 200 ? "" : "Content-Length: 0\r\n");
    if (is_connect || fd < 0)
        peer_write(call->fd, NULL, answer, strlen(answer));
    else
        proxy_peer_pass_on(fd, head, method);
    return fd;
}

static inline int proxy_peer_socks(struct proxy_call *call)
{
    unsigned char in[512] = {0}, count, reply[10] = {5, 0, 0, 1};
    struct proxy_peer *proxy = call->proxy;
    if (!proxy_peer_read(call, &count, 1) || !proxy_peer_read(call, in, count))
        return -1;
    int wanted = proxy->user ? 2 : 0;
    bool is_offered = memchr(in, wanted, count) != NULL;
    if (proxy->resets)
        setsockopt(call->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    peer_write(call->fd, NULL, is_offered ? (wanted ? "\5\2" : "\5\0") : "\5\xff", 2);
    if (!is_offered || proxy->resets)
        return -1;
    if (wanted) {
        char user[256] = "", password[256] = "";
        if (!proxy_peer_read(call, in, 2) || !proxy_peer_read(call, user, in[1]) || !proxy_peer_read(call, &count, 1) ||
            !proxy_peer_read(call, password, count))
            return -1;
        bool ok = strcmp(user, proxy->user) == 0 && strcmp(password, proxy->password) == 0;
        peer_write(call->fd, NULL, ok ? "\1\0" : "\1\1", 2);
        if (!ok)
            return -1;
    }
    char host[256] = "";
    if (!proxy_peer_read(call, in, 4))
        return -1;
    if (in[3] == 3) {
        if (!proxy_peer_read(call, &count, 1) || !proxy_peer_read(call, host, count))
            return -1;
    } else {
        unsigned char bytes[16];
        if (!proxy_peer_read(call, bytes, in[3] == 1 ? 4 : 16))
            return -1;
        inet_ntop(in[3] == 1 ? AF_INET : AF_INET6, bytes, host, sizeof(host));
    }
    if (!proxy_peer_read(call, in, 2))
        return -1;
    int fd = proxy->refuse ? -1 : proxy_peer_connect(call, host, (unsigned)in[0] << 8 | in[1]);
    reply[1] = (unsigned char)(proxy->refuse ? proxy->refuse : fd < 0 ? 5 : 0);
    peer_write(call->fd, NULL, (char *)reply, sizeof(reply));
    return fd;
}

static inline void proxy_peer_pump(struct proxy_call *call, int fd)
{
    char bytes[16384];
    for (;;) {
        struct pollfd fds[3] = {{.fd = call->fd, .events = POLLIN}, {.fd = fd, .events = POLLIN},
                                {.fd = call->proxy->stop[0], .events = POLLIN}};
        poll(fds, 3, -1);
        if (fds[2].revents)
            return;
        for (int i = 0; i < 2; i++) {
            if (!fds[i].revents)
                continue;
            ssize_t got = recv(fds[i].fd, bytes, sizeof(bytes), 0);
            if (got <= 0)
                return;
            peer_write(fds[1 - i].fd, NULL, bytes, (size_t)got);
        }
    }
}

static inline void *proxy_peer_work(void *data)
{
    struct proxy_call *call = data;
    struct proxy_peer *proxy = call->proxy;
    char first;
    int fd = -1;
    if (!proxy->hangs && proxy_peer_read(call, &first, 1))
        fd = first == 5 ? proxy_peer_socks(call) : proxy_peer_http(call, first);
    if (fd >= 0) {
        pthread_mutex_lock(&proxy->lock);
        proxy->tunnels++;
        pthread_mutex_unlock(&proxy->lock);
        proxy_peer_pump(call, fd);
        close(fd);
    } else {
        while (proxy->hangs && proxy_peer_read(call, &first, 1))
            ;
    }
    if (!proxy->resets) {
        shutdown(call->fd, SHUT_WR);
        while (proxy_peer_read(call, &first, 1))
            ;
    }
    close(call->fd);
    free(call);
    return NULL;
}

static inline void *proxy_peer_run(void *data)
{
    struct proxy_peer *proxy = data;
    while (peer_wait(proxy->stop, proxy->listener)) {
        struct proxy_call *call = malloc(sizeof(*call));
        *call = (struct proxy_call){proxy, accept(proxy->listener, NULL, NULL)};
        if (proxy->worker_count == 64 || call->fd < 0)
            abort();
        pthread_create(&proxy->workers[proxy->worker_count++], NULL, proxy_peer_work, call);
    }
    return NULL;
}

static inline void proxy_peer_start(struct proxy_peer *proxy)
{
    proxy->listener = peer_listen(&proxy->port);
    pthread_mutex_init(&proxy->lock, NULL);
    if (pipe(proxy->stop) != 0)
        abort();
    pthread_create(&proxy->thread, NULL, proxy_peer_run, proxy);
}

static inline void proxy_peer_stop(struct proxy_peer *proxy)
{
    close(proxy->stop[1]);
    pthread_join(proxy->thread, NULL);
    for (int i = 0; i < proxy->worker_count; i++)
        pthread_join(proxy->workers[i], NULL);
    close(proxy->stop[0]);
    close(proxy->listener);
    pthread_mutex_destroy(&proxy->lock);
}
