/*
 * polls.h - votes counted from chat, one an author over all platforms; who votes again moves his vote.
 * An author is (platform, id): nobody can tell that two accounts on two platforms are one person. Every vote is in
 * the journal with the message it came from, so a kill loses none. A banned author's votes leave the open polls.
 * Several polls may be open; a vote counts in each that understands it. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "relay/vote.h"

struct buffer;
struct error;
struct journal;
struct message;
struct polls;

enum {
    POLL_TEXT_BYTES_MAX = 500,   // of the question and of each option
    POLL_SECONDS_MAX = 24 * 3600,
    POLLS_OPEN_MAX = 8,
    POLLS_CLOSED_MAX = 50,       // older ones are forgotten here; the journal's report keeps them
    POLL_VOTERS_MAX = 2000000,   // per poll; more is refused with a line in the log
};

enum poll_state { POLL_DRAFT, POLL_OPEN, POLL_CLOSED };

struct poll_option {
    char *text;  // owned
    uint64_t votes;
};

/* Read only for all others. */
struct poll {
    uint64_t id;
    enum poll_state state;
    char *question;
    struct poll_option options[VOTE_OPTIONS_MAX];
    size_t option_count;
    uint64_t total;
    int64_t opened_ms, closes_ms, closed_ms;  // Unix; closes_ms 0: by hand
    int64_t aired_ms;
    bool is_on_air;    // at most one is
    char *changed_by;  // who touched it last; "" when its time closed it
    // private
    struct vote_options words;
    struct voters *voters;
    bool is_dirty;
};

struct polls_options {
    struct journal *journal;  // borrowed; NULL: nothing survives (tests)
    void *data;
    /* Required. New or changed; counts come by polls_flush() only. */
    void (*changed)(void *data, const struct poll *poll);
    /* Required. Counts wait for polls_flush(); called once when the first does. */
    void (*dirty)(void *data);
};

struct polls *polls_create(const struct polls_options *options, struct error *err);
void polls_destroy(struct polls *polls);

/* True: it voted, in at least one poll. History votes only if it was written while the poll was open. */
bool polls_handle_message(struct polls *polls, const struct message *message);
void polls_remove_author(struct polls *polls, struct str platform, struct str author_id);

/* Announces the polls with new counts, and forgets votes of closed ones bit by bit. */
void polls_flush(struct polls *polls);

/* Closes those whose time is over and returns the Unix time at which the next one closes; 0: none. */
int64_t polls_handle_time(struct polls *polls, int64_t now_ms);

const struct poll *polls_find(const struct polls *polls, uint64_t id);  // borrowed; NULL: there is none
const struct poll *polls_on_air(const struct polls *polls);
size_t polls_count(const struct polls *polls);
const struct poll *polls_at(const struct polls *polls, size_t index);  // oldest first

/* options: 2 to 9 texts that differ. seconds 0: until closed by hand. Not on air by itself. */
const struct poll *polls_open(struct polls *polls, struct str question, const struct str *options, size_t count,
                              int64_t seconds, const char *by, struct error *err);
bool polls_close(struct polls *polls, uint64_t id, const char *by, struct error *err);

/* Shows or hides it; one that is on air makes room. A closed one shows its result. */
bool polls_air(struct polls *polls, uint64_t id, bool is_on_air, const char *by, struct error *err);

/* The API's form (docs/api.md), one object without line end. */
void poll_write_json(const struct poll *poll, struct buffer *out);
const char *poll_state_name(enum poll_state state);
