/*
 * server.h - HTTP/1.1 and websockets, served over TCP and a Unix socket by the same handlers.
 * No handler ever waits: a request may be answered in a later turn. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/header.h"

struct loop;
struct server;
struct server_request;
struct server_socket;

/* Bytes that many sockets send: built once, counted, with the room in front that libwebsockets wants. */
struct payload;
struct payload *payload_create(const char *bytes, size_t len);  // copies; the caller holds the first reference
struct payload *payload_ref(struct payload *payload);
void payload_unref(struct payload *payload);  // accepts NULL
size_t payload_len(const struct payload *payload);
const char *payload_bytes(const struct payload *payload);

/* A sub-protocol of websockets. All functions get options.data of the server and the socket. */
struct server_protocol {
    /* "antiphon.v1"; NULL: websockets that ask for no sub-protocol. Those that ask for an unknown one get 400. */
    const char *name;
    /*
     * Required: looks at path and headers and returns 0 to let it in, else the HTTP status of the refusal. *session
     * (NULL before) becomes the socket's session. The request is not to be answered here.
     */
    int (*accept)(void *data, const struct server_request *request, void **session);
    void (*on_open)(void *data, struct server_socket *socket);  // optional
    void (*on_message)(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text);
    /*
     * Optional. The queue was full: all of it was dropped, and this payload too. Send a fresh snapshot, or close.
     * Without this function the socket is closed with 1013.
     */
    void (*on_overflow)(void *data, struct server_socket *socket);
    /*
     * Optional. A message was longer than options.message_bytes_max: the socket is about to be closed with 1009; close it
     * yourself to say more.
     */
    void (*on_too_large)(void *data, struct server_socket *socket);
    /*
     * Optional. The last call for this socket. Also comes for a session that accept() let in and that never opened:
     * socket is NULL then. code: the peer's, or 1006.
     */
    void (*on_close)(void *data, struct server_socket *socket, void *session, int code);
};

struct server_options {
    const char *address;    // numeric or "localhost"; NULL: 127.0.0.1
    uint16_t port;          // 0: any free one, see server_port()
    bool is_unix_only;      // no TCP
    /* Another program has the port: the Unix socket works meanwhile, a line says so, and the port is tried again. */
    bool waits_for_port;
    const char *unix_path;  // a Unix socket, mode 0600, beside TCP; NULL: none. A dead one in its place is replaced
    const char *cert_file, *key_file;  // PEM: TLS on the TCP side; NULL: plain
    size_t body_bytes_max;      // of a request; beyond: 413. 0: 1 MiB
    /*
     * Optional: how many bytes the body of this request may have (never above body_bytes_max), asked when its head is
     * there and nothing of the body was read: a stranger need not be listened to for a megabyte.
     */
    size_t (*limit_body)(void *data, const struct server_request *request);
    /*
     * Optional: answers a request whose body would be too large, instead of a line of text. limit: bytes. Its connection ends
     * with the answer.
     */
    void (*refuse_body)(void *data, struct server_request *request, size_t limit);
    size_t message_bytes_max;   // of an incoming websocket message; beyond: closed with 1009. 0: 256 KiB
    size_t queue_count_max;     // of outgoing messages per socket; 0: 1024
    size_t queue_bytes_max;     // 0: 8 MiB
    size_t connections_max;     // TCP and Unix together; 0: 512. Beyond it TCP's are closed at once
    int idle_ping_s, idle_hangup_s;  // of websockets; 0: 20, and idle_ping_s + 10. Negative: never
    /*
     * Required. One whole request, body included. Answer it now or later; it lives until it was answered or its
     * connection is gone (server_request_on_gone()).
     */
    void (*on_request)(void *data, struct server_request *request);
    const struct server_protocol *protocols;  // borrowed
    size_t protocol_count;
    void *data;
};

/*
 * Listens when it returns. NULL: err names address and port (or path), the reason and the way out. cert_file that
 * cannot be read is an error here too.
 */
struct server *server_create(struct loop *loop, const struct server_options *options, struct error *err);

/* Closes everything; on_close and on_gone come within the call. Removes the Unix socket. Accepts NULL. */
void server_destroy(struct server *server);

uint16_t server_port(const struct server *server);  // 0: no TCP, or not yet

/* --- A request --- */

enum server_method { METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS };

enum server_method server_request_method(const struct server_request *request);
const char *server_request_path(const struct server_request *request);   // decoded, no "/..", begins with "/"
const char *server_request_query(const struct server_request *request);  // the decoded parts joined by "&"; "" if none

/* The decoded value of ?name=…, valid as long as the request; NULL: absent. */
const char *server_request_argument(struct server_request *request, const char *name);

/* name in lower case, without colon. NULL: absent. Valid as long as the request. Also in accept(). */
const char *server_request_header(const struct server_request *request, const char *name);
const char *server_request_cookie(const struct server_request *request, const char *name);
const char *server_request_body(const struct server_request *request, size_t *len);  // NUL-terminated behind len
const char *server_request_peer(const struct server_request *request);  // numeric address; "unix" for the Unix socket
bool server_request_is_unix(const struct server_request *request);

/* fn(data) if the connection goes before the answer was given; the request is freed after it. */
void server_request_on_gone(struct server_request *request, void (*fn)(void *data), void *data);

/* Anything to keep with the request. */
void server_request_set_data(struct server_request *request, void *data);
void *server_request_data(const struct server_request *request);

/*
 * Answers; the request is gone. headers: besides content-type and content-length, names in lower case. The body is
 * copied; HEAD gets the headers only.
 */
void server_respond(struct server_request *request, int status, const char *content_type,
                    const struct net_header *headers, size_t header_count, const char *body, size_t len);

/* server_respond() with JSON; takes over the reference. */
void server_respond_json(struct server_request *request, int status, const struct net_header *headers,
                         size_t header_count, json_t *body);

/* server_respond() with a text of ours and its line end, for errors and small things. */
void server_respond_text(struct server_request *request, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The file `path` (as of the request, "/" is "/index.html") below `folder`; 404 if there is none. Links and dot
 * files are not served. Adds Content-Security-Policy `default-src 'self'` and nosniff besides `headers`.
 */
void server_respond_file(struct server_request *request, const char *folder, const char *path,
                         const struct net_header *headers, size_t header_count);

/*
 * An answer without a known end, chunked. The request stays until server_stream_end() or until its connection is
 * gone (on_gone). Each send is one chunk. False: more than 8 MiB wait already, or the peer is gone: give up then.
 */
void server_stream_begin(struct server_request *request, int status, const char *content_type,
                         const struct net_header *headers, size_t header_count);
bool server_stream_send(struct server_request *request, const char *bytes, size_t len);
void server_stream_end(struct server_request *request);   // the proper end; the request is gone
void server_stream_abort(struct server_request *request); // the connection just ends; also before any answer

/* --- A websocket --- */

void *server_socket_session(const struct server_socket *socket);
const char *server_socket_peer(const struct server_socket *socket);

/* Queues a reference. False: the queue overflowed, see on_overflow (which is called before this returns). */
bool server_socket_send(struct server_socket *socket, struct payload *payload);
bool server_socket_send_binary(struct server_socket *socket, struct payload *payload);
bool server_socket_send_text(struct server_socket *socket, const char *text, size_t len);  // a payload of its own

/* Sends what is queued, then closes with code and reason (123 bytes at most; may be NULL). on_close follows. */
void server_socket_close(struct server_socket *socket, int code, const char *reason);

/* Drops the connection without a word at the next turn; on_close follows. */
void server_socket_abort(struct server_socket *socket);

/* Reads no more from this peer until resumed: for tests and rehearsals. Pongs are not read either. */
void server_socket_pause(struct server_socket *socket, bool is_paused);

size_t server_socket_queued_bytes(const struct server_socket *socket);
