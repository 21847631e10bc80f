/* polls_private.h - what the files behind polls.h share. */
#pragma once

#include "relay/polls.h"
#include "relay/voters.h"

struct polls {
    struct polls_options options;
    struct poll **items;  // oldest first
    size_t count, open_count;
    uint64_t last_id;
    bool is_dirty, is_full_told;
    char **stale;  // keys of votes in closed polls, still to be forgotten
    size_t stale_count, stale_capacity;
};

/* polls.c */
void polls_insert(struct polls *polls, struct poll *poll);
void poll_destroy(struct poll *poll);
void poll_count(struct poll *poll, int before, int after);  // -1: no option

/* poll_store.c */
bool polls_load(struct polls *polls, struct error *err);
void poll_save(const struct polls *polls, const struct poll *poll);
void poll_forget(const struct polls *polls, const struct poll *poll);
void poll_save_vote(const struct polls *polls, const struct poll *poll, struct str platform, struct str author_id,
                    int option);  // -1: taken back

/* Lines up the votes; polls_forget_some() takes a few thousand off the journal. True: more are left. */
void poll_forget_votes(struct polls *polls, uint64_t id);
bool polls_forget_some(struct polls *polls);
