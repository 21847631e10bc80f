/*
 * desk.h - what the tests of api/ share: a relay with its API on a free port and a Unix socket in a folder of its own,
 * websocket clients that keep what they were sent, and messages from nowhere.
 */
#pragma once

#include "../net/exchange.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "api/api.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "net/websocket.h"
#include "relay/intake.h"
#include "relay/journal.h"
#include "relay/relay.h"

struct desk {
    struct kit kit;
    char folder[64], socket[96];
    struct relay_options relay_options;
    struct api_options api_options;
    struct relay *relay;
    struct api *api;
    uint64_t last_native;
};

/* One websocket client. */
struct caller {
    struct desk *desk;
    struct websocket *websocket;
    json_t *inbox;  // array, oldest first
    bool is_open, is_closed;
    int http_status, code;
    int64_t last_ref;
};

void desk_init(struct desk *desk);   // folder and loop
void desk_start(struct desk *desk);  // relay and api; options may be set before
void desk_stop(struct desk *desk);   // the folder stays: what a restart finds
void desk_fini(struct desk *desk);   // stops what runs and removes the folder

/* A chat message of (platform, author); returns its id. */
uint64_t desk_say(struct desk *desk, const char *platform, const char *author, const char *text);
void desk_push(struct desk *desk, const struct message_draft *draft);

/* Over the Unix socket, or over TCP with these headers. Waits until it is open or refused. */
void caller_connect(struct caller *caller, struct desk *desk, const char *origin, const struct net_header *headers,
                    size_t header_count, bool is_tcp);
void caller_open(struct caller *caller, struct desk *desk, const char *hello);  // Unix socket, says hello, eats the welcome
void caller_close(struct caller *caller);
void caller_say(struct caller *caller, const char *json);

/* The next message of this type, waited for; earlier ones of other types are dropped. Caller frees. */
json_t *caller_wait(struct caller *caller, const char *type);
bool caller_has(const struct caller *caller, const char *type);  // has it come already?

/* Sends a command with JSON members ("\"id\":1") and returns its whole reply. */
json_t *caller_ask(struct caller *caller, const char *command, const char *members);
void caller_must(struct caller *caller, const char *command, const char *members);             // ok, or fail
int64_t caller_must_id(struct caller *caller, const char *command, const char *members);       // result.id
void caller_refused(struct caller *caller, const char *command, const char *members, const char *words);

/* A raw HTTP request over TCP; the whole answer, borrowed until the next. */
const char *desk_http(struct desk *desk, const char *format, ...) __attribute__((format(printf, 2, 3)));
