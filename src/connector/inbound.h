/*
 * inbound.h - what comes to a source from outside: webhooks and websockets at the door (api/door.h), which knows the
 * source by the secret token in the path.
 * A connector that wants such things brings token() and some of request(), socket_open(), socket_receive() and
 * socket_close() in its struct connector_impl. It answers within the call: the door itself holds a good answer back
 * until what was delivered is committed, so that a sender who has been told "accepted" need not send again.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/str.h"

struct connector;
struct error;

enum {
    INBOUND_BYTES_MAX = 256 * 1024,  // of a body or a frame
    INBOUND_SOCKETS_MAX = 16,        // of one source
    INBOUND_TOKEN_BYTES = 49,        // of inbound_make_token(): 48 digits and NUL
};

/* One request, borrowed for the call. */
struct inbound_request {
    const char *method;  // "POST", "GET" or "PUT"
    const char *kind;    // the path behind the token: "generic"; "" if there is none
    const char *body;    // as it came, NUL-terminated behind len: signatures are made of these bytes
    size_t len;
    /* The decoded value of ?name=…; a header, its name in lower case. NULL: absent. Borrowed for the call. */
    const char *(*query)(const struct inbound_request *request, const char *name);
    const char *(*header)(const struct inbound_request *request, const char *name);
    void *data;  // the door's
};

/* Zeroed before the call. */
struct inbound_answer {
    int status;                // 0: 204, or 200 if there is a body
    const char *content_type;  // a constant; NULL: text/plain
    struct buffer body;        // the door frees it
};

/* Puts a status and a line for people, with its line end. */
void inbound_say(struct inbound_answer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- for connectors ---- */

/*
 * Checks the text at "token" of a source's configuration: 22 to 128 of A-Z a-z 0-9 - _, as from inbound_make_token().
 * False: err says what is expected, without the text.
 */
bool inbound_check_token(const char *token, struct error *err);

/* A websocket at the door. Lives from socket_open() to socket_close(), then never touch it again. */
struct inbound_socket;

const char *inbound_socket_kind(const struct inbound_socket *socket);  // as of a request

/* Anything to keep with it. */
void inbound_socket_set_data(struct inbound_socket *socket, void *data);
void *inbound_socket_data(const struct inbound_socket *socket);

/* Queues a text frame. False: it reads too slowly and is being closed. */
bool inbound_socket_send(struct inbound_socket *socket, const char *text, size_t len);

/* The same, but only once all that was delivered so far is committed: for acknowledgements. */
void inbound_socket_acknowledge(struct inbound_socket *socket, const char *text, size_t len);

/* Sends what is queued, then closes; socket_close() follows. */
void inbound_socket_close(struct inbound_socket *socket, int code, const char *reason);

/* ---- for the door ---- */

/* Of whoever holds the wire. */
struct inbound_wire {
    bool (*send)(struct inbound_socket *socket, const char *text, size_t len);
    void (*acknowledge)(struct inbound_socket *socket, const char *text, size_t len);
    void (*close)(struct inbound_socket *socket, int code, const char *reason);
};

/* Embedded in the door's own struct. */
struct inbound_socket {
    struct list link;             // in connector.sockets
    const struct inbound_wire *wire;
    char *kind;                   // owned by inbound.c from attach to detach
    struct connector *connector;  // NULL: its source is gone, and the socket is being closed
    void *data;                   // the connector's
    bool is_open;                 // socket_open() was called
};

/* The secret in the path by which this source is found; NULL: it wants nothing from outside. */
const char *connector_token(const struct connector *connector);

/* True if `given` is this connector's token. Takes as long whether it is or not. */
bool connector_has_token(const struct connector *connector, const char *given, size_t len);

bool connector_takes_sockets(const struct connector *connector);

/* The connector handles it; it may deliver messages within the call. */
void connector_request(struct connector *connector, const struct inbound_request *request,
                       struct inbound_answer *answer);

/*
 * In the order of a websocket's life. attach: 0, or the HTTP status of the refusal. When the connector is destroyed,
 * wire->close() is called for each socket that is attached, and its connector is NULL from then on.
 */
int inbound_attach(struct inbound_socket *socket, struct connector *connector, const char *kind,
                   const struct inbound_wire *wire);
void inbound_opened(struct inbound_socket *socket);
void inbound_received(struct inbound_socket *socket, const char *text, size_t len);
void inbound_detach(struct inbound_socket *socket);  // also if it never opened, and if the connector is gone

/* True if a source of this platform has its door's secret in the key "token": inbound_make_token() makes one. */
bool connector_wants_token(const char *platform);

/* Also for a source's "token" that is to be made: 192 random bits in hex. */
void inbound_make_token(char token[INBOUND_TOKEN_BYTES]);
