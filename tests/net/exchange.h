/*
 * exchange.h - a plain TCP client for the tests, in a thread of its own: what no well-behaved client sends.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit.h"

struct exchange {
    struct loop *loop;
    uint16_t port;
    const char *request;
    size_t request_len;
    char answer[65536];
    size_t len;
    bool was_closed;  // by the server, before the limit
};

static inline void *exchange_run(void *data)
{
    struct exchange *exchange = data;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(exchange->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
        for (size_t sent = 0; sent < exchange->request_len;) {
            ssize_t put = send(fd, exchange->request + sent, exchange->request_len - sent, MSG_NOSIGNAL);
            if (put <= 0)
                break;
            sent += (size_t)put;
        }
        for (ssize_t got = 1; got > 0;) {
            got = recv(fd, exchange->answer + exchange->len, sizeof(exchange->answer) - 1 - exchange->len, 0);
            exchange->was_closed = got >= 0 || errno == ECONNRESET;
            exchange->len += got > 0 ? (size_t)got : 0;
        }
    }
    exchange->answer[exchange->len] = '\0';
    close(fd);
    loop_post(exchange->loop, kit_stop, exchange->loop);
    return NULL;
}

/* Sends, reads until the server closes, and returns. The request is to ask for `connection: close`. */
static inline void exchange(struct kit *kit, uint16_t port, const char *request, size_t len, struct exchange *result)
{
    *result = (struct exchange){.loop = kit->loop, .port = port, .request = request, .request_len = len};
    pthread_t thread;
    pthread_create(&thread, NULL, exchange_run, result);
    kit_run(kit);
    pthread_join(thread, NULL);
}
