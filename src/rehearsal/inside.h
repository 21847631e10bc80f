/*
 * inside.h - what the files of rehearsal/ share. rehearsal.c is the clock, the port and the control; twitch.c and
 * youtube.c are one platform each, behind the same small table. Thread: the loop's.
 */
#pragma once

#include "base/buffer.h"
#include "base/str.h"
#include "chat/message.h"
#include "net/loop.h"
#include "net/server.h"
#include "rehearsal/rehearsal.h"

enum fault_state { FAULT_NONE, FAULT_REFUSE, FAULT_HANG, FAULT_STALL };

struct side;

struct side_impl {
    const char *name;  // "twitch"
    void (*say)(struct side *side, const struct message *message);  // stamped already
    void (*drop)(struct side *side);
    void (*garbage)(struct side *side);
    void (*reconnect)(struct side *side);
    void (*resume)(struct side *side);  // the fault is over: send what was held
    /* False: the platform knows no such thing. "quota", "end", "restart". */
    bool (*special)(struct side *side, const char *fault);
    void (*describe)(const struct side *side, json_t *state);
    void (*destroy)(struct side *side);
};

/* One platform. Embedded; everything that all of them have is kept by rehearsal.c. */
struct side {
    const struct side_impl *impl;
    struct rehearsal *rehearsal;
    enum fault_state fault;
    struct timer fault_timer;
    bool has_client;      // had one at least once
    uint64_t said;        // messages, those that the platform's form cannot carry not counted
    uint64_t skipped;     // those
    uint64_t load_number; // the last one
    struct buffer sent;   // "UNIX_MS ID KIND\n" of each, for tests that count
};

const struct rehearsal_options *rehearsal_options(const struct rehearsal *rehearsal);  // filled in
struct loop *rehearsal_loop(const struct rehearsal *rehearsal);

/* A client is there and listens. */
void rehearsal_client_came(struct side *side);

/* Keeps count of a message that was sent. */
void side_note(struct side *side, const struct message *message, int64_t now_ms);

struct side *twitch_side_create(struct rehearsal *rehearsal);
extern const struct server_protocol twitch_side_protocol;  // its data is a struct rehearsal

struct side *youtube_side_create(struct rehearsal *rehearsal);
/* True: it was a request for YouTube, and is answered or kept. */
bool youtube_side_request(struct side *side, struct server_request *request);

struct side *rehearsal_twitch(const struct rehearsal *rehearsal);
struct side *rehearsal_youtube(const struct rehearsal *rehearsal);
