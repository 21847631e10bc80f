#include "cut_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum { PAIRS_MAX = 64, PIECE = 16384 };

struct pair {
    int client, server;  // -1: free
    int64_t left;        // bytes that may still go to the client; below 0: any number
};

struct cut_proxy {
    pthread_t thread;
    uint16_t port, target_port;
    int listener, wake[2];
    struct pair pairs[PAIRS_MAX];  // the thread's alone: it may wait for a peer, and both may wait for the lock
    pthread_mutex_t lock;          // guards all below
    int64_t plan;                  // below 0: none
    int planned_cuts, accepted;
    bool wants_cut, is_ending;
};

/* ---- connections ---- */

/* With a lingering of 0 the close is a reset: what was on its way is gone. */
static void reset(int fd)
{
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
}

static void drop(struct pair *pair)
{
    reset(pair->client);
    reset(pair->server);
    pair->client = pair->server = -1;
}

/* The ordinary end: what was sent arrives. */
static void finish(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    pair->client = pair->server = -1;
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static int64_t take_plan(struct cut_proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    int64_t plan = proxy->plan;
    proxy->plan = -1;
    proxy->accepted++;
    pthread_mutex_unlock(&proxy->lock);
    return plan;
}

static void count_cut(struct cut_proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->planned_cuts++;
    pthread_mutex_unlock(&proxy->lock);
}

static void take_client(struct cut_proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL);
    if (client < 0)
        return;
    int64_t plan = take_plan(proxy);
    if (plan == 0) {
        reset(client);
        count_cut(proxy);
        return;
    }
    int server = dial(proxy->target_port);
    for (int i = 0; i < PAIRS_MAX && server >= 0; i++) {
        if (proxy->pairs[i].client < 0) {
            proxy->pairs[i] = (struct pair){client, server, plan};
            return;
        }
    }
    reset(client);
    if (server >= 0)
        close(server);
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void pump_up(struct pair *pair)
{
    char bytes[PIECE];
    ssize_t got = recv(pair->client, bytes, sizeof(bytes), 0);
    if (got <= 0 || !send_all(pair->server, bytes, (size_t)got))
        finish(pair);
}

/*
 * The last bytes before a cut must arrive, or the cut is not where it was planned: the sending half is closed in the
 * ordinary way, and both are reset a moment later by the client's own end.
 */
static void cut_behind(struct pair *pair)
{
    shutdown(pair->client, SHUT_WR);
    close(pair->client);
    reset(pair->server);
    pair->client = pair->server = -1;
}

static void pump_down(struct cut_proxy *proxy, struct pair *pair)
{
    char bytes[PIECE];
    size_t room = sizeof(bytes);
    if (pair->left >= 0 && (uint64_t)pair->left < room)
        room = (size_t)pair->left;
    ssize_t got = recv(pair->server, bytes, room, 0);
    if (got <= 0 || !send_all(pair->client, bytes, (size_t)got)) {
        finish(pair);
        return;
    }
    if (pair->left < 0)
        return;
    pair->left -= got;
    if (pair->left == 0) {
        cut_behind(pair);
        count_cut(proxy);
    }
}

/* ---- the thread ---- */

static nfds_t gather(const struct cut_proxy *proxy, struct pollfd *fds, int *owners)
{
    nfds_t count = 0;
    fds[count] = (struct pollfd){.fd = proxy->wake[0], .events = POLLIN};
    owners[count++] = -1;
    fds[count] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
    owners[count++] = -1;
    for (int i = 0; i < PAIRS_MAX; i++) {
        if (proxy->pairs[i].client < 0)
            continue;
        fds[count] = (struct pollfd){.fd = proxy->pairs[i].client, .events = POLLIN};
        owners[count++] = i;
        fds[count] = (struct pollfd){.fd = proxy->pairs[i].server, .events = POLLIN};
        owners[count++] = i;
    }
    return count;
}

static void serve(struct cut_proxy *proxy, const struct pollfd *fds, const int *owners, nfds_t count)
{
    for (nfds_t i = 2; i < count; i++) {
        struct pair *pair = &proxy->pairs[owners[i]];
        if (!fds[i].revents)
            continue;
        if (fds[i].fd == pair->client)
            pump_up(pair);
        else if (fds[i].fd == pair->server)
            pump_down(proxy, pair);
    }
    if (fds[1].revents)
        take_client(proxy);
}

static void cut_all(struct cut_proxy *proxy)
{
    for (int i = 0; i < PAIRS_MAX; i++) {
        if (proxy->pairs[i].client >= 0)
            drop(&proxy->pairs[i]);
    }
}

/* What was asked for since the last time. */
static void take_orders(struct cut_proxy *proxy, bool *wants_cut, bool *is_ending)
{
    pthread_mutex_lock(&proxy->lock);
    *wants_cut = proxy->wants_cut;
    *is_ending = proxy->is_ending;
    proxy->wants_cut = false;
    pthread_mutex_unlock(&proxy->lock);
}

static void *run(void *data)
{
    struct cut_proxy *proxy = data;
    struct pollfd fds[2 * PAIRS_MAX + 2];
    int owners[2 * PAIRS_MAX + 2];
    char words[64];
    for (bool wants_cut, is_ending = false; !is_ending;) {
        nfds_t count = gather(proxy, fds, owners);
        poll(fds, count, -1);
        if (fds[0].revents && read(proxy->wake[0], words, sizeof(words)) < 0)
            break;
        take_orders(proxy, &wants_cut, &is_ending);
        if (wants_cut)
            cut_all(proxy);
        else
            serve(proxy, fds, owners, count);
    }
    cut_all(proxy);
    return NULL;
}

/* ---- the door ---- */

static void wake(struct cut_proxy *proxy)
{
    if (write(proxy->wake[1], "!", 1) < 0)
        abort();
}

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 32) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        abort();
    *port = ntohs(address.sin_port);
    return fd;
}

struct cut_proxy *cut_proxy_create(uint16_t target_port)
{
    struct cut_proxy *proxy = xcalloc(1, sizeof(*proxy));
    proxy->target_port = target_port;
    proxy->plan = -1;
    for (int i = 0; i < PAIRS_MAX; i++)
        proxy->pairs[i].client = proxy->pairs[i].server = -1;
    proxy->listener = listen_somewhere(&proxy->port);
    pthread_mutex_init(&proxy->lock, NULL);
    if (pipe(proxy->wake) != 0 || pthread_create(&proxy->thread, NULL, run, proxy) != 0)
        abort();
    return proxy;
}

void cut_proxy_destroy(struct cut_proxy *proxy)
{
    if (!proxy)
        return;
    pthread_mutex_lock(&proxy->lock);
    proxy->is_ending = true;
    pthread_mutex_unlock(&proxy->lock);
    wake(proxy);
    pthread_join(proxy->thread, NULL);
    pthread_mutex_destroy(&proxy->lock);
    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
    free(proxy);
}

uint16_t cut_proxy_port(const struct cut_proxy *proxy)
{
    return proxy->port;
}

void cut_proxy_plan(struct cut_proxy *proxy, int64_t bytes)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->plan = bytes;
    pthread_mutex_unlock(&proxy->lock);
}

void cut_proxy_cut(struct cut_proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->wants_cut = true;
    pthread_mutex_unlock(&proxy->lock);
    wake(proxy);
}

static int get(struct cut_proxy *proxy, const int *value)
{
    pthread_mutex_lock(&proxy->lock);
    int copy = *value;
    pthread_mutex_unlock(&proxy->lock);
    return copy;
}

int cut_proxy_planned_cuts(struct cut_proxy *proxy)
{
    return get(proxy, &proxy->planned_cuts);
}

int cut_proxy_accepted(struct cut_proxy *proxy)
{
    return get(proxy, &proxy->accepted);
}
