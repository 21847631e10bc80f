/* polls_private.h - what the files behind polls.h share. */
#pragma once

#include "base/hash.h"
#include "relay/ballots.h"
#include "relay/polls.h"

struct saved_poll {
    uint64_t id;
    json_t *draft;  // owned; as poll_draft_read() takes it
};

struct polls {
    struct polls_options options;
    struct poll **items;  // oldest first
    size_t count, open_count;
    uint64_t last_id, counted_id;
    struct hash_key hash_key;  // where there is no journal
    bool is_dirty, is_full_told;
    struct saved_poll *saved;  // oldest first
    size_t saved_count;
    uint64_t last_saved;
    struct native_poll natives[POLL_NATIVES_MAX];  // that none of ours counts; oldest first
    size_t native_count;
};

/* polls.c */
struct poll *polls_find_own(const struct polls *polls, uint64_t id, struct error *err);
void polls_insert(struct polls *polls, struct poll *poll);
struct poll *poll_create(uint64_t id, const struct poll_draft *draft);
void poll_destroy(struct poll *poll);
void polls_mark_dirty(struct polls *polls, struct poll *poll);
void polls_end_change(struct polls *polls, struct poll *poll, const char *by);  // saves and tells; by NULL: as before
const struct poll *polls_begin(struct polls *polls, struct poll *poll, const char *by, struct error *err);  // takes it over

/* poll_votes.c */
void poll_begin_votes(struct poll *poll);
void poll_end_votes(struct poll *poll);
void poll_sum_up(struct poll *poll);  // options and total from sources and natives
unsigned poll_source_index(struct poll *poll, struct str source, struct str platform);
void poll_apply(struct poll *poll, const struct ballot_change *change);

/* poll_natives.c */
void polls_handle_native(struct polls *polls, const struct message *message);
void polls_remove_natives(struct polls *polls, const struct queue_removal *removal);  // those that none of ours counts
void native_poll_fini(struct native_poll *native);
bool poll_natives_read(struct poll *poll, const json_t *list);
void poll_natives_write(const struct poll *poll, struct buffer *out);  // a JSON array
void polls_load_natives(struct polls *polls);

/* poll_saved.c */
void polls_load_saved(struct polls *polls);

/* poll_store.c */
bool polls_load(struct polls *polls, struct error *err);
void poll_save(const struct polls *polls, const struct poll *poll);
void poll_forget(const struct polls *polls, const struct poll *poll);
