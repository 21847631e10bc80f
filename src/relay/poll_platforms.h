/*
 * poll_platforms.h - a poll of ours as the platforms' own polls too: begun there, counted into it, ended with it.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct relay;
struct sent;

/*
 * At these sources; NULL: at all that can. What each platform said of it is told as of all that is done there (replies.h).
 * False: err, and nothing was begun.
 */
bool poll_platforms_start(struct relay *relay, uint64_t poll, const char *const *sources, size_t source_count,
                          const char *by, struct error *err);

/* A platform said which poll it made of ours. */
void poll_platforms_handle_sent(struct relay *relay, const struct sent *sent);

/* Ends there what was begun from here. */
void poll_platforms_end(struct relay *relay, uint64_t poll, const char *by);
