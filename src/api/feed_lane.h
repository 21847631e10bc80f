/*
 * feed_lane.h - one filter's part of the feed, on its way to the clients that asked for it: batches of at most 30 a second.
 * Above 500 a second some are left out: first chat, then what reads as a question, and last gifts, memberships, raids,
 * the platforms' own questions, moderators' and our own words; of each, a quiet source keeps more of its share than a
 * loud one. `sample` events count what was shown and left out, a second and a source. Thread: the loop's.
 */
#pragma once

#include "api/api_private.h"

struct message_look;

enum { LANE_WAITING_MAX = 1024, LANE_SOURCES_MAX = 64 };

struct lane_source {
    char *id;                 // owned
    uint64_t shown, skipped;  // since it was told
};

struct feed_lane {
    struct list link;               // in feed.lanes; linked nowhere while it is in no list
    struct api *api;
    struct message_filter *filter;  // a reference; NULL: all pass
    size_t clients;
    // private
    struct {
        struct message *message;    // a reference
        uint8_t rank;               // 0: not known yet
    } waiting[LANE_WAITING_MAX];
    size_t count;
    struct timer timer;
    int64_t sent_ms, filled_ms, since_ms;  // monotonic
    double tokens;                         // messages that may be sent now
    uint64_t shown, skipped, last_id;      // since since_ms
    uint64_t skipped_before;               // in all before that
    size_t turn;                           // who gets the odd ones
    struct lane_source sources[LANE_SOURCES_MAX];
    size_t source_count;
};

/* filter: takes its own reference. */
struct feed_lane *feed_lane_create(struct api *api, struct message_filter *filter);
void feed_lane_destroy(struct feed_lane *lane);  // accepts NULL

/* look: as of message_filter_passes(), one for all lanes. is_edited: goes out whatever the filter says. */
void feed_lane_push(struct feed_lane *lane, struct message *message, struct message_look *look, bool is_edited);

uint64_t feed_lane_skipped(const struct feed_lane *lane);
