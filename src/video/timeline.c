#include "video/timeline.h"

#include <string.h>

#include "base/clock.h"

/* Figures: tried against SRT, UDP, RTMP and files; shorter ones made the picture flicker between live and held. */
enum { SLACK_MS = 60, UNCLOCKED_MS = 300, EARLY_MS = 400, LATE_IN_A_ROW = 5 };

/* 500 ppm at most: the sound follows by single samples (audio_ring.h), a picture more or less is repeated a minute. */
enum { DRIFT_WINDOW_MS = 5000, DRIFT_IGNORED_US = 5000, DRIFT_STEP_US = 2500 };

void timeline_begin(struct timeline *timeline, bool is_clocked)
{
    *timeline = (struct timeline){.is_clocked = is_clocked};
    timeline_set_latency(timeline, 0);
    timeline->is_latency_known = false;
}

void timeline_set_latency(struct timeline *timeline, int64_t latency_ns)
{
    int64_t slack_ms = SLACK_MS + (timeline->is_clocked ? 0 : UNCLOCKED_MS);
    timeline->delay_ns = latency_ns + slack_ms * NS_PER_MS;
    timeline->is_latency_known = true;
}

/* A slow decoder must not pull the sound along for one late picture: it takes five in a row. */
static bool is_due_to_move(struct timeline *timeline, enum timeline_kind kind, int64_t late_ns, bool is_first)
{
    if (late_ns <= 0 || (timeline->is_clocked && !timeline->is_latency_known)) {
        timeline->late[kind] = 0;
        return false;
    }
    if (is_first && !timeline->is_clocked)
        return true;
    return ++timeline->late[kind] >= LATE_IN_A_ROW;
}

static void end_window(struct timeline *timeline)
{
    int64_t step_ns = DRIFT_STEP_US * NS_PER_MS / 1000, ignored_ns = DRIFT_IGNORED_US * NS_PER_MS / 1000;
    if (!timeline->drift.has_usual)
        timeline->drift.usual_ns = timeline->drift.least_ns;
    timeline->drift.has_usual = true;
    int64_t later_ns = timeline->drift.least_ns - timeline->drift.usual_ns;
    if (later_ns > ignored_ns)
        timeline->anchor_ns += step_ns;
    else if (later_ns < -ignored_ns)
        timeline->anchor_ns -= step_ns;
}

/* The sample that was least held up on its way tells where the sender's clock is. */
static void follow_drift(struct timeline *timeline, int64_t lateness_ns, int64_t now_ns)
{
    if (timeline->drift.until_ns != 0 && now_ns >= timeline->drift.until_ns) {
        end_window(timeline);
        timeline->drift.until_ns = 0;
    }
    if (timeline->drift.until_ns == 0) {
        timeline->drift.until_ns = now_ns + DRIFT_WINDOW_MS * NS_PER_MS;
        timeline->drift.least_ns = lateness_ns;
    } else if (lateness_ns < timeline->drift.least_ns) {
        timeline->drift.least_ns = lateness_ns;
    }
}

bool timeline_note(struct timeline *timeline, enum timeline_kind kind, int64_t stamp_ns, int64_t now_ns)
{
    bool is_first = !timeline->is_begun;
    timeline->is_begun = true;
    int64_t early_ns = stamp_ns + timeline->anchor_ns - now_ns;
    int64_t late_ns = -early_ns - timeline->delay_ns;
    if (early_ns > EARLY_MS * NS_PER_MS) {
        timeline->anchor_ns -= early_ns;
    } else if (is_due_to_move(timeline, kind, late_ns, is_first)) {
        timeline->anchor_ns += late_ns + SLACK_MS * NS_PER_MS;
    } else {
        follow_drift(timeline, -early_ns, now_ns);
        return false;
    }
    memset(&timeline->drift, 0, sizeof(timeline->drift));
    timeline->late[TIMELINE_VIDEO] = timeline->late[TIMELINE_AUDIO] = 0;
    return true;
}

int64_t timeline_offset(const struct timeline *timeline)
{
    return timeline->anchor_ns + timeline->delay_ns;
}
