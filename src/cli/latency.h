/*
 * latency.h - how long a picture and a line of chat take through antiphon, measured with a show of its own on this
 * machine: relay, overlay and video as they always run, with the configuration's sizes, theme and rate, a camera that
 * sends numbered pictures (video/glass.h), a chat (rehearsal/) and a player. Loopback only, in folders of its own.
 * Thread: main; blocks until it is over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct error;

enum { LATENCY_SECONDS_MAX = 600 };

struct latency_distribution {
    size_t count;  // 0: the rest says nothing
    double min_ms, median_ms, p95_ms, p99_ms, max_ms;
};

struct latency_result {
    int width_px, height_px, fps;
    struct latency_distribution picture;  // camera to player, through antiphon
    struct latency_distribution direct;   // the same camera and player without it
    struct latency_distribution line;     // a line of chat on the wire to the first changed pixel in the player
    double first_line_ms;                 // the same of the first one: fonts are read, the card enters
    size_t missing;     // numbers between the first and the last that the player did not see
    size_t unreadable;  // pictures whose number could not be read
    size_t lost_lines;  // that changed no pixel within 5 s
};

/* seconds: how long is counted. SIGINT and SIGTERM end it early, as a failure. False: err says what did not come. */
bool latency_measure(const struct config *config, double seconds, struct latency_result *result, struct error *err);
