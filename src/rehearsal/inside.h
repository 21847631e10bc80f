/*
 * inside.h - what rehearsal.c (the show), control.c (requests and faults) and side*.c share; platforms include side.h.
 * Thread: the loop's.
 */
#pragma once

#include "rehearsal/side.h"

enum { SIDES_MAX = 32 };

struct rehearsal {
    struct loop *loop;
    double speed, load_per_s;
    bool is_looped;
    struct server *server;
    struct transcript *transcript;     // NULL: none
    struct side *sides[SIDES_MAX];     // in the table's order, NULL behind the last
    struct timer start_timer, play_timer, load_timer;
    bool is_started, is_finished;
    int64_t start_ns;   // of this pass
    uint64_t pass;
    size_t next_line;
    double load_debt;   // messages that are due and were not sent yet
    int64_t load_ns;    // when that was reckoned
};

struct side *rehearsal_side(const struct rehearsal *rehearsal, struct str platform);  // NULL: no such
void rehearsal_begin(struct rehearsal *rehearsal);  // the show; nothing if it has begun

/* The side whose "/NAME" the path begins with, and what follows it; NULL: none. */
struct side *rehearsal_route(const struct rehearsal *rehearsal, const char *path, const char **rest);

/* control.c: server_options.on_request; data is the rehearsal. */
void control_fault_over(void *data);  // a timer of the side
void control_request(void *data, struct server_request *request);

/* side_client.c: the websockets of all sides, by path. The list is borrowed for good; protocols come from the table. */
const struct server_protocol *side_protocols(size_t *count);
void side_drop_clients(struct side *side);
void side_release_held(struct side *side);
