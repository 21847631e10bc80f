/* outputs_inside.h - what outputs.c, outputs_holding.c, outputs_order.c and metrics_outputs.c share. */
#pragma once

#include "api/client.h"
#include "api/orders.h"
#include "api/outputs.h"

enum { OUTPUTS_MAX = 16 };

struct output {
    char *name;
    json_t *state;          // as clients get it
    struct client *client;  // who reports it; NULL: gone
};

/* The process that makes the outgoing picture. */
enum video_state { VIDEO_UNKNOWN, VIDEO_THERE, VIDEO_SILENT, VIDEO_LOST };

struct outputs {
    struct api *api;
    struct output outputs[OUTPUTS_MAX];
    size_t count;
    json_t *input;         // NULL: nothing reported
    struct client *video;  // who reports; NULL: nobody
    enum video_state video_state;
    bool is_blank;         // as it reports: every network output
    int64_t heard_ms;      // Unix: its last report
    struct timer silence;  // after silent_ms without a report
    int silent_ms;
    struct orders orders;
    size_t watchers;       // clients that look at pictures
    struct timer grace;    // after a restart: so long the last run's "back soon" stands without a word of the process
};

/* Its report, or that it is gone, as the on-air state's "back soon". outputs_holding.c */
void outputs_tell_holding(struct outputs *outputs);

/* A video process that has just come: it is told what it should know. outputs_order.c */
void outputs_greet(struct outputs *outputs);
