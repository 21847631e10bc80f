/*
 * polls.h - votes counted from chat, one an author over all platforms, and with them what the platforms' own polls count.
 * An author is (platform, id): nobody can tell that two accounts on two platforms are one person. Every vote is in
 * the journal with the message it came from, so a kill loses none; a deleted message's vote is taken back, and a banned
 * author's with all his messages, while the poll is open. When it closes its numbers stand; poll_recount.h counts anew.
 * Several polls may be open; a vote counts in each that understands it. Thread: the relay's own.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "relay/vote.h"

struct ballots;
struct buffer;
struct error;
struct journal;
struct message;
struct polls;
struct queue_removal;

enum {
    POLL_TEXT_BYTES_MAX = 500,   // of the question and of each option
    POLL_LANGUAGE_BYTES_MAX = 35,
    POLL_SECONDS_MAX = 24 * 3600,
    POLL_VIEWS_MAX = 32,
    POLL_NATIVES_MAX = 16,
    POLLS_OPEN_MAX = 8,
    POLLS_CLOSED_MAX = 50,       // older ones are forgotten here; the journal's report keeps them
    POLLS_SAVED_MAX = 100,
    POLL_VOTERS_MAX = 2000000,   // per poll; more is refused with a line in the log
    POLL_SOURCES_MAX = 256,      // further ones count with the last
};

enum poll_state { POLL_DRAFT, POLL_OPEN, POLL_CLOSED };

/* What a person wants to ask. Texts are borrowed; poll_draft_read() lets them point into its JSON. */
struct poll_draft {
    struct str question, options[VOTE_OPTIONS_MAX];
    size_t option_count;
    struct str question2, options2[VOTE_OPTIONS_MAX];  // the same in a second language; empty: not in it
    size_t option2_count;             // 0, or as many as options
    struct str language, language2;   // BCP 47; empty: unknown
    int64_t seconds;                  // 0: until closed by hand
    bool first_counts;                // of an author's votes; false: the last one
    bool is_hidden;                   // no view shows numbers before it closes or is revealed; or
    struct str hidden_views[POLL_VIEWS_MAX];  // only these do not
    size_t hidden_view_count;
};

struct poll_option {
    char *text, *text2;  // owned; text2 "" if it has none
    uint64_t votes;      // chat and the platforms' own polls
};

/* Of chat, by source. */
struct poll_source {
    char *id;        // owned: "twitch:anna"
    char *platform;  // owned
    char *home;      // owned; private: both, as the journal's votes name them
    uint64_t votes[VOTE_OPTIONS_MAX];
};

/* A platform's own poll that counts into this one. */
struct poll_native {
    char *source, *platform, *id;  // owned
    bool is_open;
    bool is_ours;                      // we began it there, and end it with ours
    uint64_t votes[VOTE_OPTIONS_MAX];  // by the options of this poll
};

/* Read only for all others. */
struct poll {
    uint64_t id;
    enum poll_state state;
    char *question, *question2, *language, *language2;  // owned; "" where there is none
    struct poll_option options[VOTE_OPTIONS_MAX];
    size_t option_count;
    uint64_t total;
    int64_t opened_ms, closes_ms, closed_ms;  // Unix; closes_ms 0: by hand
    int64_t aired_ms;
    uint64_t after_id, up_to_id;  // messages behind the one and up to the other vote; up_to_id 0: it is open
    bool is_on_air;               // at most one is
    bool first_counts, is_hidden, is_revealed;
    bool is_native;               // a platform's own poll, mirrored: chat does not vote
    char *hidden_views[POLL_VIEWS_MAX];  // owned
    size_t hidden_view_count;
    struct poll_source *sources;
    size_t source_count;
    struct poll_native natives[POLL_NATIVES_MAX];
    size_t native_count;
    char *changed_by;             // who touched it last; "" when its time closed it
    // private
    struct vote_options words;
    struct vote_memo *memo;       // owned; these two NULL when it is closed
    struct ballots *ballots;
    uint64_t sent;
    bool is_dirty;
};

/* A platform's own poll that none of ours counts. */
struct native_poll {
    char *source, *platform, *id, *question, *author_id;  // owned
    char *options[VOTE_OPTIONS_MAX];          // owned
    uint64_t votes[VOTE_OPTIONS_MAX];
    size_t option_count;
    bool is_open;
};

struct polls_options {
    struct journal *journal;  // borrowed; NULL: nothing survives (tests)
    void *data;
    /* Required. New or changed; counts come by polls_flush() only. */
    void (*changed)(void *data, const struct poll *poll);
    /* Required. Counts wait for polls_flush(); called once when the first does. */
    void (*dirty)(void *data);
    void (*saved_changed)(void *data);    // optional: polls_write_saved() says something else
    void (*natives_changed)(void *data);  // optional: likewise polls_write_natives()
};

struct polls *polls_create(const struct polls_options *options, struct error *err);
void polls_destroy(struct polls *polls);

/* ---- Messages ---- */

/* True: it voted, in at least one poll. History votes only if it was written while the poll was open. */
bool polls_handle_message(struct polls *polls, const struct message *message);

/* Deleted messages and banned authors, as the queue tells. */
void polls_handle_removal(struct polls *polls, const struct queue_removal *removal);

/* message, with its new text, has taken the place of the one with its id. */
void polls_handle_edit(struct polls *polls, const struct message *message);

/* Announces the polls with new counts. */
void polls_flush(struct polls *polls);

/* Closes those whose time is over and returns the Unix time at which the next one closes; 0: none. */
int64_t polls_handle_time(struct polls *polls, int64_t now_ms);

/* For a start: whether votes may lie in the journal's messages behind polls_counted(), and up to where they were read. */
bool polls_has_open(const struct polls *polls);
uint64_t polls_counted(const struct polls *polls);

/* ---- The list ---- */

const struct poll *polls_find(const struct polls *polls, uint64_t id);  // borrowed; NULL: there is none
const struct poll *polls_on_air(const struct polls *polls);
const struct poll *polls_newest_open(const struct polls *polls);
size_t polls_count(const struct polls *polls);
const struct poll *polls_at(const struct polls *polls, size_t index);  // oldest first

/* ---- What moderators do ---- */

/* Not on air by itself. */
const struct poll *polls_open(struct polls *polls, const struct poll_draft *draft, const char *by, struct error *err);
bool polls_close(struct polls *polls, uint64_t id, const char *by, struct error *err);

/* Shows or hides it; one that is on air makes room. A closed one shows its result. */
bool polls_air(struct polls *polls, uint64_t id, bool is_on_air, const char *by, struct error *err);

/* The numbers of an open poll that hides them are shown from now on, or hidden again. */
bool polls_reveal(struct polls *polls, uint64_t id, bool is_revealed, const char *by, struct error *err);

/* Whether this view shows the poll without numbers. */
bool poll_is_hidden(const struct poll *poll, const char *view);

/* Puts the numbers of a new count in place, by source. Used by poll_recount.h. */
void polls_set_counts(struct polls *polls, uint64_t id, const struct poll_source *sources, size_t count, const char *by);

/* ---- Kept for another day ---- */

uint64_t polls_save(struct polls *polls, const struct poll_draft *draft, struct error *err);  // 0: err
bool polls_forget_saved(struct polls *polls, uint64_t id, struct error *err);
const json_t *polls_find_saved(const struct polls *polls, uint64_t id, struct error *err);    // for poll_draft_read()
void polls_write_saved(const struct polls *polls, struct buffer *out);                        // a JSON array

/* ---- The platforms' own polls ---- */

/*
 * The platform's poll with this id counts into ours from now on, also if nothing came of it yet: its options by their
 * texts, else by their order. A platform's poll with the very texts of an open one does so by itself.
 * is_ours: we began it there.
 */
bool polls_attach(struct polls *polls, uint64_t id, const char *source, const char *native_id, bool is_ours,
                  const char *by, struct error *err);

/* A poll of ours that only mirrors it. */
const struct poll *polls_adopt(struct polls *polls, const char *source, const char *native_id, const char *by,
                               struct error *err);
bool polls_has_native(const struct polls *polls, const char *source, const char *native_id);  // one of ours counts it

/* The number under which replies.h told the platforms to begin this poll; 0: none of ours. Forgotten at a restart. */
void polls_set_sent(struct polls *polls, uint64_t id, uint64_t sent);
uint64_t polls_find_sent(const struct polls *polls, uint64_t sent);
void polls_write_natives(const struct polls *polls, struct buffer *out);  // a JSON array of those that none counts

/* ---- JSON ---- */

/* Arguments of poll.open (docs/api.md); the draft points into them. False: err names what is wrong. */
bool poll_draft_read(const json_t *arguments, struct poll_draft *draft, struct error *err);
bool poll_draft_check(const struct poll_draft *draft, struct error *err);

/* The API's form (docs/api.md), one object without line end. */
void poll_write_json(const struct poll *poll, struct buffer *out);
const char *poll_state_name(enum poll_state state);
