/*
 * pace.h - how often a chat usually speaks, so that its silence can be told from a quiet moment.
 * Messages that come together (a page of a polled platform, a raid) are one arrival: what is kept is the time between
 * arrivals and how many came, of the last 31, and their medians. One burst among them changes nothing.
 * Thread: the owner's. Times are monotonic milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACE_KEPT = 31, PACE_KNOWN = 5 };

struct pace {  // zeros: nothing known
    int64_t together_ms;   // from the first message of an arrival to its last; 0: 1000
    struct {
        int64_t wait_ms;   // to the arrival before
        uint32_t count;    // messages of that one before
    } kept[PACE_KEPT];     // a ring
    size_t total;          // arrivals, ever
    int64_t arrival_ms;    // the running one's first message; 0: none
    uint32_t count;        // its messages
    int64_t since_ms;      // the last message, or since when we listen; 0: we do not
};

/* We listen from now on: the time before this says nothing. */
void pace_begin(struct pace *pace, int64_t now_ms);

/* Until pace_begin() nothing is silent. What is known stays. */
void pace_pause(struct pace *pace);

void pace_add(struct pace *pace, int64_t now_ms);

/* Between two messages, usually; 0: not known yet (fewer than PACE_KNOWN arrivals). */
int64_t pace_usual_ms(const struct pace *pace);

/*
 * When the chat counts as silent if nothing comes: max(floor_ms, 10 times what is usual between arrivals) after the last
 * message. 0: never, as nothing is known or we do not listen.
 */
int64_t pace_silent_at_ms(const struct pace *pace, int64_t floor_ms);
