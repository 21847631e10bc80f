/*
 * timeline.h - when a sample of the input is due on the way out.
 * Stamps are output running time as the input's own clock work puts it; due = stamp + anchor + delay. The anchor is
 * one number for sound and picture, or they would part. It moves only where the stamps cannot be right: sources that
 * count from 0 whenever they begin, bursts out of a server's cache, stamps that jump. A sender whose clock runs fast or
 * slow (100 ppm are 0.36 s an hour) is followed by steps too small to be heard or seen: the least time from stamp to
 * arrival is kept where it was. Thread: its owner's lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum timeline_kind { TIMELINE_VIDEO, TIMELINE_AUDIO, TIMELINE_KINDS };

struct timeline {
    bool is_clocked;      // stamped by a clock like ours (SRT, UDP, test): the first sample is taken as it is
    bool is_begun;
    bool is_latency_known;  // before, nothing of a clocked source can be called late
    int64_t anchor_ns;
    int64_t delay_ns;
    int late[TIMELINE_KINDS];  // in a row
    struct {
        int64_t until_ns;      // arrival; 0: begins with the next sample
        int64_t least_ns;      // from stamp to arrival, anchor included
        int64_t usual_ns;      // least_ns of the first window since the anchor's last jump
        bool has_usual;
    } drift;                   // of a window of some seconds
};

/* For a new generation of the input: anchor 0, and the delay that holds until its latency is known. */
void timeline_begin(struct timeline *timeline, bool is_clocked);

/* latency_ns: as the input reports it. */
void timeline_set_latency(struct timeline *timeline, int64_t latency_ns);

/* Takes note of a sample that arrives now (both in output running time) and may move the anchor. True: it jumped. */
bool timeline_note(struct timeline *timeline, enum timeline_kind kind, int64_t stamp_ns, int64_t now_ns);

/* What to add to a stamp to get the moment when it is due. */
int64_t timeline_offset(const struct timeline *timeline);
