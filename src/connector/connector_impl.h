/*
 * connector_impl.h - what a platform brings, and what connector.c does for all of them. For this room only.
 * A platform is one `const struct connector_impl` in its own file, and a line in the table of connector.c.
 */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "base/str.h"
#include "chat/message.h"
#include "connector/connector.h"

struct backoff;
struct inbound_answer;
struct inbound_request;
struct inbound_socket;

/* A key of the source's configuration. */
struct connector_key {
    const char *name;
    json_type type;
    bool is_required;
};

struct connector_impl {
    const char *name;                  // "twitch"; the word after "connector" in the configuration
    const struct connector_key *keys;  // besides "connector" and "ca_file"; ends with {NULL}
    /* Required. Values that the types above do not check; the name that comes after "twitch:". The caller frees. */
    char *(*check)(const json_t *config, struct error *err);
    /* Required. config was checked; NULL: a decoder. Must not fail, must not connect. */
    struct connector *(*create)(const json_t *config);
    /* Required. Begins to connect. options.cursor is that of the last life. */
    void (*start)(struct connector *base);
    /* Required. One whole frame; text is not NUL-terminated. See connector_receive(). */
    bool (*receive)(struct connector *base, const char *text, size_t len, struct error *err);
    /* Optional. The last chance to give a cursor. */
    void (*stop)(struct connector *base);
    void (*destroy)(struct connector *base);  // required; frees, also what embeds base

    /* --- Things from outside (inbound.h), all optional --- */

    /* The secret in the path at the door; NULL: it wants nothing from outside, or not now. */
    const char *(*token)(struct connector *base);
    void (*request)(struct connector *base, const struct inbound_request *request, struct inbound_answer *answer);
    void (*socket_open)(struct connector *base, struct inbound_socket *socket);
    /* One whole text frame. Required for websockets. */
    void (*socket_receive)(struct connector *base, struct inbound_socket *socket, const char *text, size_t len);
    void (*socket_close)(struct connector *base, struct inbound_socket *socket);
};

/* Embedded in the platform's own struct; filled by connector.c, which create() leaves alone. */
struct connector {
    const struct connector_impl *impl;
    struct connector_options options;
    char *source;    // owned
    char *ca_file;   // owned; NULL: none
    char *cursor;    // owned; of the last life; NULL: none
    char *text;      // owned; health.text
    struct connector_health health;
    bool was_live;
    uint64_t repeats;    // messages that the owner had already
    struct list sockets; // struct inbound_socket
    bool is_decoder;  // no configuration: the frames themselves say whose chat it is
};

/* Fills platform and (where it is empty) source in, makes the message and gives it to the owner. */
void connector_deliver(struct connector *base, struct message_draft *draft);

/*
 * Around the work on one frame, or one piece of it where pieces stand alone: it is noted in the poison file. False:
 * it ended an earlier run and is to be skipped; a gap says so. Call connector_end_frame() after the work, with the
 * error if it could not be read, which is counted and logged.
 */
bool connector_begin_frame(struct connector *base, const char *frame, size_t len);
void connector_end_frame(struct connector *base, const struct error *err);

/* Only a change is told and logged. Entering CONNECTOR_LIVE again counts as a reconnect. */
void connector_set_state(struct connector *base, enum connector_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* from_ms is taken down to the whole second. Nothing happens if it is 0: we never were there. */
void connector_gap(struct connector *base, int64_t from_ms, int64_t to_ms, const char *reason);

void connector_set_cursor(struct connector *base, const char *cursor);

/* inbound.c, for connector_destroy(): closes the websockets that others opened to this source. */
void connector_end_sockets(struct connector *base);

/* "again in 4 s", or "again at once": for states. */
const char *connector_again_text(int64_t delay_ms, char text[32]);

/* The configuration's text at key, or otherwise; borrowed. config may be NULL. */
const char *connector_config_text(const json_t *config, const char *key, const char *otherwise);

/* The table's entries, in alphabetical order. */
extern const struct connector_impl door_connector;
extern const struct connector_impl twitch_connector;
extern const struct connector_impl youtube_connector;
