/*
 * socialstream_inside.h - what the connector's files share: socialstream.c is the connector and the way by the relay
 * server of others, socialstream_host.c the server of our own, to which the extension comes. Thread: the loop's.
 */
#pragma once

#include "connector/connector_impl.h"
#include "connector/socialstream_reader.h"
#include "net/backoff.h"
#include "net/loop.h"

enum { SOCIALSTREAM_SAID = 16 };

struct socialstream_host;
struct websocket;

/* One of the two connections by the relay server. */
struct socialstream_link {
    struct socialstream *owner;
    struct websocket *websocket;  // owned; NULL: none
    struct backoff backoff;
    struct timer retry;
    bool is_command;              // else chat
    bool is_open;
};

struct socialstream {
    struct connector base;
    char *name, *session, *url, *listen, *target;  // owned; listen NULL: by the relay server; target NULL: all sites
    int idle_ping_s;                // 0: the usual
    struct socialstream_reader reader;
    struct socialstream_link chat, command;
    struct socialstream_host *host; // owned; NULL: by the relay server
    struct timer tick;
    int64_t heard_ms;               // monotonic: when a message last came
    int64_t alive_ms, cursor_ms;    // Unix: when chat was last known to come; of the last cursor given
    char *loss;                     // owned; why the last connection ended
    uint64_t task;                  // the running one
    uint64_t requests;              // commands sent, for "get"
    uint64_t waiting;               // the number in the running task's "get"; 0: none
    struct { uint64_t hash; int64_t at_ms; } said[SOCIALSTREAM_SAID];  // what we sent, for its echo
    size_t said_count;
};

/* One frame of either kind of connection. */
void socialstream_take(struct socialstream *ssn, const char *text, size_t len);

/* A whole message of the chat has come. */
void socialstream_heard(struct socialstream *ssn);

/* The chat begins to come, or to come again; it has stopped. */
void socialstream_joined(struct socialstream *ssn, const char *words);
void socialstream_lost(struct socialstream *ssn, const char *why);

/* NULL: err names the address. */
struct socialstream_host *socialstream_host_create(struct socialstream *ssn, struct error *err);
void socialstream_host_destroy(struct socialstream_host *host);  // accepts NULL
bool socialstream_host_can_send(const struct socialstream_host *host);
bool socialstream_host_send(struct socialstream_host *host, const char *text, size_t len);
bool socialstream_host_is_live(const struct socialstream_host *host);
