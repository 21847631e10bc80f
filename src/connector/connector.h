/*
 * connector.h - one platform's chat as messages, gaps and a state in words.
 * A connector connects, speaks, parses and reconnects; it never stores, decides or draws. What it has goes to its
 * owner by the callbacks in its options, always from the loop and never from within connector_create() or
 * connector_act().
 * connector_impl.h is the other side: what a platform has to bring.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct connector;
struct error;
struct logins;
struct loop;
struct message;
struct poison;

enum connector_state {
    CONNECTOR_OFF,         // not started
    CONNECTOR_CONNECTING,  // on the way, or on the way back
    CONNECTOR_LIVE,        // messages come as they are written
    CONNECTOR_WAITING,     // all is well, but there is nothing yet: no broadcast, a quota that comes back
    CONNECTOR_FAILED,      // a person should look; it tries again by itself, seldom
};

/* "off", "connecting", "live", "waiting", "failed". */
const char *connector_state_name(enum connector_state state);

/* What a platform allows in a while: calls, units of a quota. */
struct connector_budget {
    const char *name;   // "units of the day"; a literal
    int64_t left;
    int64_t limit;      // 0: none is known
    int64_t resets_ms;  // Unix: when it is full again; 0: not known
};

struct connector_health {
    enum connector_state state;
    const char *text;         // one line for panel and log: what it does, or what is wrong and the way out
    const char *remedy;       // what a person must do: "log in again: antiphon login twitch"; "" if nothing
    int64_t since_ms;         // Unix, of state and text
    int64_t last_message_ms;  // Unix, our clock; 0: none yet
    uint64_t messages;        // delivered
    uint64_t reconnects;      // times it was live again
    uint64_t dropped;         // frames that could not be read, or are quarantined
    struct connector_budget budget;
    /*
     * Our clock less the platform's: the least of (received - sent) in the last five to ten minutes, so it holds the
     * shortest way of a message too. Below 0: their clock is ahead of ours, or ours is behind.
     */
    int64_t skew_ms;
    bool has_skew;            // false: no message carried a time so far
};

/* ---- writing ---- */

enum connector_act_kind {
    CONNECTOR_SAY, CONNECTOR_ANNOUNCE, CONNECTOR_DELETE, CONNECTOR_TIMEOUT, CONNECTOR_BAN, CONNECTOR_UNBAN, CONNECTOR_CLEAR,
    CONNECTOR_POLL_START, CONNECTOR_POLL_END, CONNECTOR_ACT_COUNT,
};

/* "say", "announce", "delete", "timeout" … "poll_start", "poll_end"; NULL: no such kind. */
const char *connector_act_name(enum connector_act_kind kind);

/* What a person or a rule wants done on the platform. Strings are UTF-8; what a kind does not need is NULL or 0. */
struct connector_act {
    enum connector_act_kind kind;
    const char *text;       // say, announce: the words; poll_start: the title; timeout, ban: the reason
    const char *native_id;  // say: the message it answers; delete: the message; poll_end: the poll
    const char *author_id;  // timeout, ban, unban
    int64_t seconds;        // timeout, poll_start
    const char *const *options;  // poll_start
    size_t option_count;
};

enum connector_outcome {
    CONNECTOR_ACCEPTED,  // the platform took it
    CONNECTOR_DROPPED,   // the platform answered and did not take it; text says why
    CONNECTOR_UNABLE,    // it was not sent: no login, not connected, too much at once; text says the way out
    CONNECTOR_UNSURE,    // sent, and no answer came: it may be there or not
};

/* "accepted", "dropped", "unable", "unsure". */
const char *connector_outcome_name(enum connector_outcome outcome);

struct connector_result {
    uint64_t act;           // as connector_act() returned it
    enum connector_act_kind kind;
    enum connector_outcome outcome;
    const char *text;       // one line for people; "" if there is nothing to add
    const char *native_id;  // of what came to be (the first part's, of a text that was split): a message, a poll; "" if unknown
};

/* One line of subtitles as it is spoken or typed somewhere else. */
struct connector_caption {
    struct str text;      // valid UTF-8; several lines are parted by \n
    struct str language;  // BCP 47; empty: not said
    struct str id;        // of what is being said: the next text under it takes this one's place; empty: none
    bool is_final;        // nothing more comes under this id
};

struct connector_options {
    struct loop *loop;      // borrowed; NULL: it reads what connector_receive() is given and speaks to nobody
    const char *cursor;     // as on_cursor() gave it last, perhaps in an earlier life; NULL: none
    struct poison *poison;  // borrowed, of the loop's thread; each frame is noted in it; NULL: none
    struct logins *logins;  // borrowed, see login.h; NULL: nobody is logged in anywhere
    const char *ca_file;    // PEM, trusted besides the system's; NULL: none. "ca_file" in the config comes first
    const char *cache_folder;  // borrowed, outlives it: what may be asked for again lies there; NULL: nothing is kept
    /* Required. A reference is the caller's and ends with the call: message_ref() to keep it. */
    void (*deliver)(void *data, struct message *message);
    /* Optional: state or text changed. As from all of these callbacks, destroy the connector later, not within. */
    void (*on_health)(void *data, const struct connector_health *health);
    /*
     * Optional: what was written from `from_ms` to `to_ms` (Unix) is lost, or may be. from_ms is the last second in
     * which the connection was known to work, also of an earlier life (by the cursor). reason: words for people.
     */
    void (*on_gap)(void *data, int64_t from_ms, int64_t to_ms, const char *reason);
    /*
     * Optional: where to go on in the next life. Comes behind the messages that it covers: store it in their
     * transaction or a later one, never in an earlier one. Some 100 bytes, about once a second at most.
     */
    void (*on_cursor)(void *data, const char *cursor);
    /* Optional: subtitles that came to the door. */
    void (*on_caption)(void *data, const struct connector_caption *caption);
    /* Optional: what became of an act; exactly once for each, unless the connector is destroyed before. */
    void (*on_result)(void *data, const struct connector_result *result);
    void *data;
};

/* A key of a source's configuration, as checks and forms know it. */
struct connector_key {
    const char *name;
    json_type type;       // JSON_TRUE stands for both
    bool is_required;
    const char *help;     // one line for people; NULL: for tests and proxies, and in no form
    const char *example;  // "anna"; NULL: none
};

/* The keys of a platform besides the common ones; ends with a name NULL. NULL: no such platform. */
const struct connector_key *connector_keys(const char *platform);

/* What every source may have: "ca_file", "proxy". Ends with a name NULL. */
const struct connector_key *connector_common_keys(void);

/* "Twitch"; the platform's name for people. NULL: no such platform. */
const char *connector_title(const char *platform);

/*
 * Checks an entry of the configuration's `sources` (secrets resolved) and names it: "twitch:anna". The caller frees.
 * NULL: err names the key, its value and what is expected.
 */
char *connector_source_id(const json_t *config, struct error *err);

/* Copies what it needs of config. NULL: as connector_source_id(). */
struct connector *connector_create(const json_t *config, const struct connector_options *options, struct error *err);

/* Begins to connect; needs a loop. All news comes later. */
void connector_start(struct connector *connector);

/* Closes what is open; no callback comes any more, except that the cursor is given a last time. Accepts NULL. */
void connector_destroy(struct connector *connector);

/*
 * From within options.deliver: this message was there before. Whoever sent it to the door is told so.
 */
void connector_note_repeat(struct connector *connector);

/* Borrowed until the connector is used again. */
const struct connector_health *connector_health(const struct connector *connector);
const char *connector_source(const struct connector *connector);    // "twitch:anna"
const char *connector_platform(const struct connector *connector);  // "twitch"

/* Can this be done there now? *why_not (may be NULL): else the reason and the way out, borrowed until the next call. */
bool connector_can(struct connector *connector, enum connector_act_kind kind, const char **why_not);

/*
 * Begins it; on_result() says later what came of it. Acts are done one after the other, in the platform's pace; a text
 * that is too long for one message is split at words into several. Returns its number, from 1, growing.
 */
uint64_t connector_act(struct connector *connector, const struct connector_act *act);

/*
 * One recorded frame, as it stood on the wire: an IRC line, a page of JSON. Delivers what it means. False: it, or an
 * item of the page, cannot be read: err says why, the rest was delivered. The next frame is read as if it was not there.
 */
bool connector_receive(struct connector *connector, const char *frame, size_t len, struct error *err);

/* For `antiphon decode`: a connector of `platform` without configuration, network or loop. NULL: no such platform. */
struct connector *connector_create_decoder(const char *platform, const struct connector_options *options,
                                           struct error *err);

/* The name of the platform at `index`, in alphabetical order; NULL behind the last. */
const char *connector_name_at(size_t index);
