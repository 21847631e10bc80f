/*
 * bench_net.c - what one loop carries: one payload to 20 websockets, and work handed in by another thread. Server and
 * clients share the loop and its core, so a relay alone does better.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/websocket.h"

enum { CLIENTS = 20, MESSAGES = 20000, WINDOW = 256, BYTES = 400, POSTS = 200000 };

struct bench {
    struct loop *loop;
    struct server *server;
    struct server_socket *sockets[CLIENTS];
    struct websocket *clients[CLIENTS];
    struct payload *payload;
    int open, sent;
    long long received;
};

static int accept_any(void *data, const struct server_request *request, void **session)
{
    return 0;
}

static void handle_request(void *data, struct server_request *request)
{
    server_respond_text(request, 404, "nothing");
}

/* At most WINDOW ahead of the slowest reader's average: what waits is bounded, the loop is never idle. */
static void broadcast(struct bench *bench)
{
    while (bench->sent < MESSAGES && bench->sent < bench->received / CLIENTS + WINDOW) {
        for (int i = 0; i < CLIENTS; i++)
            server_socket_send(bench->sockets[i], bench->payload);
        bench->sent++;
    }
}

static void handle_peer(void *data, struct server_socket *socket)
{
    struct bench *bench = data;
    bench->sockets[bench->open++] = socket;
    if (bench->open == CLIENTS)
        loop_stop(bench->loop);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct bench *bench = data;
    if (++bench->received % CLIENTS == 0)
        broadcast(bench);
    if (bench->received == (long long)MESSAGES * CLIENTS)
        loop_stop(bench->loop);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    fprintf(stderr, "bench_net: %s\n", end->error.text);
    exit(1);
}

/* Of this process alone: on a busy machine the figure that holds. */
static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void measure_broadcast(void)
{
    static const struct server_protocol protocol = {.name = "bench", .accept = accept_any, .on_open = handle_peer};
    static const struct websocket_handler handler = {.on_message = handle_message, .on_close = handle_close};
    static char text[BYTES];
    memset(text, 'x', sizeof(text));
    struct bench bench = {.loop = loop_create(NULL), .payload = payload_create(text, sizeof(text))};
    bench.server = server_create(bench.loop, &(struct server_options){
        .on_request = handle_request, .protocols = &protocol, .protocol_count = 1, .data = &bench}, NULL);
    char url[64];
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", server_port(bench.server));
    for (int i = 0; i < CLIENTS; i++)
        bench.clients[i] = websocket_create(bench.loop, &(struct websocket_options){
            .url = url, .protocol = "bench", .handler = &handler, .data = &bench}, NULL);
    loop_run(bench.loop, NULL);
    int64_t start = clock_monotonic_ns(), cpu_start = cpu_ns();
    broadcast(&bench);
    loop_run(bench.loop, NULL);
    double deliveries = (double)MESSAGES * CLIENTS, seconds = (double)(clock_monotonic_ns() - start) / (double)NS_PER_S;
    printf("net_deliveries_20 %.0f deliveries/s\n", deliveries / seconds);
    printf("net_delivery_cpu_20 %.2f us\n", (double)(cpu_ns() - cpu_start) / 1000 / deliveries);
    for (int i = 0; i < CLIENTS; i++)
        websocket_destroy(bench.clients[i]);
    server_destroy(bench.server);
    payload_unref(bench.payload);
    loop_destroy(bench.loop);
}

struct posting {
    struct loop *loop;
    int count;
};

static void take_post(void *data)
{
    struct posting *posting = data;
    if (++posting->count == POSTS)
        loop_stop(posting->loop);
}

static void *send_posts(void *data)
{
    struct posting *posting = data;
    for (int i = 0; i < POSTS; i++)
        loop_post(posting->loop, take_post, posting);
    return NULL;
}

static void measure_posts(void)
{
    struct posting posting = {.loop = loop_create(NULL)};
    pthread_t thread;
    int64_t start = clock_monotonic_ns();
    pthread_create(&thread, NULL, send_posts, &posting);
    loop_run(posting.loop, NULL);
    printf("net_post %.3f us\n", (double)(clock_monotonic_ns() - start) / 1000 / POSTS);
    pthread_join(thread, NULL);
    loop_destroy(posting.loop);
}

int main(void)
{
    measure_broadcast();
    measure_posts();
    return 0;
}
