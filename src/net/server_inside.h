/*
 * server_inside.h - what the files of the server share: server.c listens and routes libwebsockets' callbacks,
 * server_request.c answers HTTP, server_socket.c speaks websocket. Thread: the loop's.
 */
#pragma once

#include <sys/un.h>

#include "base/buffer.h"
#include "net/inside.h"
#include "net/server.h"

enum { SERVER_WRITES_A_TURN = 16 };

struct server {
    struct loop *loop;
    struct server_options options;  // limits filled in, strings owned
    struct lws_vhost *vhost;
    struct list listeners;    // struct listener
    struct list connections;  // struct connection
    size_t connection_count;
    uint16_t port;
    struct timer port_retry;  // while another program holds it
};

/* One accepted socket; libwebsockets' opaque pointer. Lives until the wsi is destroyed, so it may outlive the server. */
struct connection {
    struct list link;       // in server.connections
    struct server *server;  // NULL: destroyed
    struct lws *wsi;
    bool is_unix;
    char peer[48];
    struct server_request *request;  // owned; NULL: none under way
    struct server_socket *socket;    // owned; NULL: no websocket
};

/* A string that a getter handed out. */
struct kept {
    struct kept *next;
    char *name, *value;
};

struct server_request {
    struct connection *connection;
    enum server_method method;
    char *path, *query;
    struct buffer body;
    size_t body_bytes_max;
    struct kept *headers, *cookies, *arguments;
    void (*on_gone)(void *data);
    void *gone_data, *data;
    bool is_delivered;   // on_request has been called
    bool is_answered;    // the owner has let go; what is left is to be written
    bool is_stream;
    bool must_close;     // the connection cannot carry another request
    struct watch *held;  // see hold(); NULL: the answer goes out in one piece
    struct buffer out;   // head and body, as far as they wait
    size_t out_at;       // written of it
};

struct item {
    struct payload *payload;
    bool is_binary;
};

struct server_socket {
    struct connection *connection;
    const struct server_protocol *protocol;
    void *session;
    bool is_open, is_closing, is_in_overflow;
    struct item *ring;
    size_t ring_size, first, count, bytes;
    struct buffer incoming;
    int close_code;
    char close_reason[124];
};

struct payload {
    int references;
    size_t len;
    unsigned char bytes[];  // LWS_PRE of room, the bytes, a NUL
};

/* server_request.c. The int results go back to libwebsockets. */
struct server_request *request_create(struct connection *connection);
void request_free(struct server_request *request);
void request_gone(struct connection *connection);  // tells the owner, frees
int request_begin(struct connection *connection);
int request_body(struct connection *connection, const void *bytes, size_t len);
int request_complete(struct connection *connection);
int request_write(struct connection *connection);
const char *status_text(int status);

/* server_socket.c */
int socket_accept(struct connection *connection);
void socket_open(struct connection *connection);
int socket_receive(struct connection *connection, const void *bytes, size_t len);
int socket_write(struct connection *connection);
void socket_peer_closes(struct connection *connection, const unsigned char *bytes, size_t len);
void socket_gone(struct connection *connection);
