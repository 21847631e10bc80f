/* door_inside.h - what door.c (life, who may come in), door_request.c and door_socket.c share. Thread: the loop's. */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "connector/inbound.h"
#include "net/loop.h"
#include "net/server.h"
#include "relay/relay.h"
#include "relay/sources.h"

struct door {
    struct loop *loop;
    struct relay *relay;    // borrowed
    struct server *server;  // owned; NULL: no source wants it
    char *address, *cert_file, *key_file;
    uint16_t port;          // as configured
    char **origins;
    size_t origin_count;
    struct relay_listener listener;
    struct timer follow;
    struct list tickets;    // struct ticket
    size_t ticket_count;
    unsigned tries;         // wrong tokens since tries_since_ms (monotonic)
    int64_t tries_since_ms, tries_told_ms;
};

/* A good answer that waits until the journal has committed what it answers for. */
struct ticket {
    struct list link;                // in door.tickets
    struct door *door;
    struct server_request *request;  // NULL: gone, or it is for a socket
    struct server_socket *socket;    // NULL: gone, or it is for a request
    int status;
    const char *content_type, *allowed_origin;  // of a request: as long as it is there
    struct buffer text;
    struct timer limit;
};

/* So many answers wait already that no more may: the disk refuses for long. Nothing more is taken then. */
bool door_is_full(const struct door *door);

/* The caller fills it in; it is answered and freed by the journal. */
struct ticket *door_wait(struct door *door);

/* The source whose token stands behind `prefix` ("/in/"), and what comes behind it. NULL: none, and it is counted. */
struct connector *door_find(struct door *door, const char *path, const char *prefix, const char **kind);

/* origin NULL: no web page. */
bool door_allows_origin(const struct door *door, const char *origin);

void door_respond(struct server_request *request, int status, const char *content_type, const struct buffer *body,
                  const char *allowed_origin);

void door_handle_request(void *data, struct server_request *request);
extern const struct server_protocol door_protocol;
