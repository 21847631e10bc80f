/*
 * supply_inside.h - what a supply is made of. Behind the door of supply.h; shared by supply.c (which stages there are) and
 * supply_lanes.c (what of them is handed on, and when).
 *
 * Stages follow each other: the first is being sent, a later one takes over where its key frame is due. Where that will
 * be is settled beforehand, so the stage before goes just so far (until_ns), and no picture is missing or twice. Times
 * of stages are those of sending: program time and the stage's delay. Sound leaves its encoder later than picture, so
 * each kind goes over by itself.
 */
#pragma once

#include <gst/gst.h>

#include "base/list.h"
#include "video/packets.h"
#include "video/pump.h"
#include "video/supply.h"

enum {
    SUPPLY_WAIT_MS = 1000,  // for a stage that was to begin; then the one before goes on
    TIMED_BLANK = -1, TIMED_NONE = -2,
};

struct stage {
    struct list link;             // in supply.stages
    struct rendition_sink sink;
    struct supply *supply;
    struct rendition *rendition;
    struct packets *packets;
    int64_t delay_ns;
    int64_t until_ns;             // time of sending; what is later waits for the next stage
    bool is_cut;                  // what is later is never sent
    bool has_lost;                // something was left out for that
    bool is_over;                 // cut for good: what waited then is never sent
    bool is_blank;
    uint64_t dropped_at_join;
};

struct lane {
    struct stage *stage;          // in supply.stages
    int64_t end_ns;               // time of sending, of what was handed on last
    GstElement *source;           // owned; NULL: closed
    guint window;
};

struct supply {
    struct supply_options options;
    struct pump_sink pump_sink;

    GMutex lock;                  // guards the rest; not held while renditions are joined or left
    struct list stages;           // stage.link; empty: nobody subscribes
    struct lane lanes[PACKET_KINDS];
    bool is_blank;                // wanted
    bool is_begun;                // a key frame went out since it was opened
    GSource *retirement;          // pending on the context; NULL: none
    int64_t zero_ns;              // time of sending that the pipeline calls 0
    struct caption_times times;   // since it was opened
    int64_t timed_delay_ns;       // of the last in them; TIMED_BLANK, or TIMED_NONE
    int64_t planned_ns;           // program time at which the last stage is to begin
    uint64_t handed[PACKET_KINDS], dropped, skipped;
};

/* The stage that is to be sent when all before it are done; NULL: nobody subscribes. */
struct stage *supply_last(const struct supply *supply);

/* ---- supply_lanes.c; with the lock, on whatever thread brings a packet or the time */

/* Time of sending. */
int64_t stage_shown_at(const struct stage *stage, const struct packet *packet);

/* All of this kind that is due, stage after stage. */
void supply_hand_on(struct supply *supply, enum packet_kind kind, int64_t now);

/* A peer that takes too little loses the oldest, up to the newest key frame. */
void supply_keep_up(struct supply *supply, int64_t now);
