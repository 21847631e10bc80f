/*
 * door_inside.h - what the files of the door connector share: door.c is the connector, the others read one kind of
 * payload each. Thread: the loop's.
 */
#pragma once

#include "base/buffer.h"
#include "base/json.h"
#include "base/list.h"
#include "base/str.h"
#include "connector/connector_impl.h"
#include "connector/inbound.h"
#include "connector/socialstream_reader.h"

enum { DOOR_CAPTIONS = 16 };

/* A websocket that a program opened to us. */
struct door_guest {
    struct list link;              // in door.guests, by the order of coming
    struct inbound_socket *socket; // borrowed
    const struct door_kind *kind;  // NULL: there is no such kind
    bool is_talking;               // our own format: it may be asked to do something
    unsigned can;                  // of 1 << CONNECTOR_SAY …
};

struct door {
    struct connector base;
    char *name, *token;       // owned
    char *platform;           // owned; of messages that name none
    char *kofi_token;         // owned; "": the path's token is enough
    struct socialstream_reader ssn;
    struct { uint64_t hash; int64_t at_ms; } captions[DOOR_CAPTIONS];  // those of the last minute that had an id
    size_t caption_count;
    uint64_t taken;           // payloads, of any kind
    size_t socket_count;
    struct list guests;         // struct door_guest
    struct door_guest *speaker; // whose frame is being read; NULL: a POST
    struct door_guest *asked;   // who has the running task; NULL: nobody
    uint64_t task;
};

/* One payload as it came, by POST or as a text frame. */
struct door_input {
    const char *body;
    size_t len;
    const struct inbound_request *request;  // NULL: a frame
};

/*
 * Reads one kind. Delivers what it means and may put an answer's body into `out`. False: err says why; ERROR_DENIED: not
 * allowed, else it cannot be read.
 */
struct door_kind {
    const char *name;
    const char *content_type;  // of the answer's body
    bool (*take)(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);
};

/* door_generic.c: our own format (docs/message.md), one message or an array; the answer is an acknowledgement of each. */
bool door_take_generic(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);

/* door_talk.c: what is written to the programs here, and what they answer. */
const char *door_can(struct connector *base, enum connector_act_kind kind);
void door_act(struct connector *base, const struct connector_task *task);
bool door_hear(struct door *door, const json_t *object, struct error *err);
void door_forget(struct door *door, struct door_guest *guest);

/* door_captions.c, door_kofi.c, door_hooks.c: what other tools send, as they send it. */
bool door_take_captions(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);
bool door_take_kofi(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);
bool door_take_owncast(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);
bool door_take_wxlivespy(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);
bool door_take_tikfinity(struct door *door, const struct door_input *input, struct buffer *out, struct error *err);

/* An acknowledgement of something without ids: {"type":"ack","result":…}. err NULL: it was taken. */
void door_write_ack(bool is_repeat, const struct error *err, struct buffer *out);
