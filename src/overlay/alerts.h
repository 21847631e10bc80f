/*
 * alerts.h - which alert stands on a view now, and which wait: one after the other, each long enough to be read, with
 * quiet between them, and none twice. What was there when the view was told its first state is taken as shown: so neither
 * a restarted relay nor a restarted overlay shows anything again. A streak is one alert, whose count moves. Beyond the
 * cap the least worth are only counted, and the sum of them stands at the end. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stage;

enum { ALERTS_SEEN = 128 };

struct alerts {
    bool is_started;            // it was told a state
    uint64_t seen[ALERTS_SEEN]; // a ring
    size_t seen_count;          // ever noted
    json_t *waiting;            // owned, an array; NULL: empty
    json_t *current;            // owned; NULL: none
    int64_t begun_ms, until_ms; // of the current one
    int64_t quiet_until_ms;
    int64_t uncounted;          // that were left out and not told yet
    uint64_t sums;              // how often a sum was told: each is an alert of its own
};

void alerts_fini(struct alerts *alerts);

/* list: the "alerts" of the view's on-air state; NULL: nothing is on air, all is forgotten. */
void alerts_take(struct alerts *alerts, const struct stage *stage, const json_t *list, int64_t now_ms);

/* True: another alert stands there now, or none. */
bool alerts_advance(struct alerts *alerts, const struct stage *stage, int64_t now_ms);

/* Deleted: gone from the queue, and current if it is that one: the next may come. True: there was something. */
bool alerts_remove(struct alerts *alerts, uint64_t message, const char *platform, const char *author);

/* When alerts_advance() has something to do; 0: not by itself. */
int64_t alerts_wake_ms(const struct alerts *alerts);
