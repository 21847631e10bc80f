/*
 * peer.h - a server of lines for the tests, in a thread of its own with blocking calls: it greets, answers "you said
 * LINE" to each line, and misbehaves as told. With a certificate it speaks TLS.
 */
#pragma once

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit.h"

struct peer {
    uint16_t port;
    const char *cert, *key;    // NULL: plain
    const char *greeting;      // sent at once, in one piece; NULL: none
    size_t greeting_len;
    bool hangs;                // accepts, and says and hears nothing
    bool closes;               // after the greeting
    bool resets;               // likewise, without a goodbye
    // Written by the thread, to be read after peer_stop().
    char heard[65536];
    size_t heard_len;
    int connections;
    char sni[64];
    int listener, stop[2];
    pthread_t thread;
};

static inline int peer_listen(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 16) != 0)
        abort();
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

/* Waits for fd or for the end of the test; what has come is read first. */
static inline bool peer_wait(const int stop[2], int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop[0], .events = POLLIN}};
    return poll(fds, 2, -1) > 0 && (fds[0].revents != 0 || fds[1].revents == 0);
}

static inline int peer_read(struct peer *peer, int fd, SSL *ssl, char *bytes, int size)
{
    if (!(ssl && SSL_pending(ssl) > 0) && !peer_wait(peer->stop, fd))
        return 0;
    return ssl ? SSL_read(ssl, bytes, size) : (int)recv(fd, bytes, (size_t)size, 0);
}

static inline void peer_write(int fd, SSL *ssl, const char *bytes, size_t len)
{
    while (len > 0) {
        int put = ssl ? SSL_write(ssl, bytes, (int)len) : (int)send(fd, bytes, len, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        bytes += put;
        len -= (size_t)put;
    }
}

static inline void peer_talk(struct peer *peer, int fd, SSL *ssl)
{
    char bytes[4096], line[8192], answer[8300];
    size_t line_len = 0;
    if (peer->greeting)
        peer_write(fd, ssl, peer->greeting, peer->greeting_len ? peer->greeting_len : strlen(peer->greeting));
    if (peer->closes || peer->resets)
        return;
    for (int got; (got = peer_read(peer, fd, ssl, bytes, sizeof(bytes))) > 0;) {
        for (int i = 0; i < got; i++) {
            if (peer->heard_len < sizeof(peer->heard) - 1)
                peer->heard[peer->heard_len++] = bytes[i];
            if (bytes[i] != '\n' && line_len < sizeof(line) - 1) {
                line[line_len++] = bytes[i];
                continue;
            }
            line[line_len] = '\0';
            line_len = 0;
            int len = snprintf(answer, sizeof(answer), "you said %s\n", line);
            peer_write(fd, ssl, answer, (size_t)len);
        }
    }
}

static inline void peer_serve(struct peer *peer, int fd, SSL_CTX *context)
{
    SSL *ssl = context ? SSL_new(context) : NULL;
    struct linger abort_it = {1, 0};
    peer->connections++;
    if (peer->hangs) {
        char bytes[256];
        while (peer_wait(peer->stop, fd) && recv(fd, bytes, sizeof(bytes), 0) > 0)
            ;
    } else if (!ssl) {
        peer_talk(peer, fd, NULL);
    } else if (SSL_set_fd(ssl, fd) && SSL_accept(ssl) == 1) {
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        snprintf(peer->sni, sizeof(peer->sni), "%s", name ? name : "");
        peer_talk(peer, fd, ssl);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    if (peer->resets)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
    close(fd);
}

static inline void *peer_run(void *data)
{
    struct peer *peer = data;
    SSL_CTX *context = NULL;
    if (peer->cert) {
        context = SSL_CTX_new(TLS_server_method());
        if (SSL_CTX_use_certificate_chain_file(context, peer->cert) != 1 ||
            SSL_CTX_use_PrivateKey_file(context, peer->key, SSL_FILETYPE_PEM) != 1)
            abort();
    }
    while (peer_wait(peer->stop, peer->listener)) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd >= 0)
            peer_serve(peer, fd, context);
    }
    SSL_CTX_free(context);
    return NULL;
}

static inline void peer_start(struct peer *peer)
{
    peer->listener = peer_listen(&peer->port);
    if (pipe(peer->stop) != 0)
        abort();
    pthread_create(&peer->thread, NULL, peer_run, peer);
}

static inline void peer_stop(struct peer *peer)
{
    close(peer->stop[1]);
    pthread_join(peer->thread, NULL);
    close(peer->stop[0]);
    close(peer->listener);
    peer->heard[peer->heard_len] = '\0';
}
