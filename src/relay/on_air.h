/*
 * on_air.h - the one on-air state, what each view may show of it, and its revision.
 * The state is asked of questions, polls and captions whenever one of them says that it changed; its JSON is built
 * once per change and shared. A revision is EPOCH:COUNT. The epoch is drawn when the journal is made; the count
 * grows with every change. After a restart the same state has the same revision, so no card blinks; the first change
 * then skips far ahead, because a revision that was told but not yet committed must never name another state.
 * Thread: the relay's own. Destroy it while the loop does not run, before the journal is closed.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buffer;
struct captions;
struct error;
struct gate;
struct host_cards;
struct journal;
struct on_air;
struct polls;
struct question;
struct questions;

enum on_air_cards {  // 0: ON_AIR_USUAL
    ON_AIR_QUESTION = 1 << 0,
    ON_AIR_POLL = 1 << 1,
    ON_AIR_CAPTIONS = 1 << 2,
    ON_AIR_CHAT = 1 << 3,    // what gate.h has let pass: lines of chat,
    ON_AIR_TICKER = 1 << 4,  // the last gifts, memberships and raids,
    ON_AIR_ALERTS = 1 << 5,  // and each of them while it is new
    ON_AIR_SHOUTOUT = 1 << 6,  // the host's own, host_cards.h
    ON_AIR_GOAL = 1 << 7,
    ON_AIR_COUNTDOWN = 1 << 8,
    ON_AIR_RULES = 1 << 9,
    ON_AIR_QR = 1 << 10,
    ON_AIR_NOTE = 1 << 11,
    ON_AIR_HOLDING = 1 << 12,  // "back soon", while the video process shows its holding picture
    ON_AIR_GATED = ON_AIR_CHAT | ON_AIR_TICKER | ON_AIR_ALERTS,
    ON_AIR_HOST = ON_AIR_SHOUTOUT | ON_AIR_GOAL | ON_AIR_COUNTDOWN | ON_AIR_RULES | ON_AIR_QR | ON_AIR_NOTE,
    // All that a person puts there, and what says that nobody is there.
    ON_AIR_USUAL = ON_AIR_QUESTION | ON_AIR_POLL | ON_AIR_CAPTIONS | ON_AIR_HOST | ON_AIR_HOLDING,
};

/* "question", "poll", "captions", "chat" … "holding", as in the configuration; 0: no such card. */
unsigned on_air_card_from_name(const char *name);

/* The index'th name, for messages; NULL behind the last. */
const char *on_air_card_name(size_t index);

enum on_air_foreign {  // what a view shows of a platform that is not its own
    ON_AIR_FOREIGN_SHOWN,      // the usual: no restriction
    ON_AIR_FOREIGN_ANONYMOUS,  // the question without author, platform, source and message
    ON_AIR_FOREIGN_HIDDEN,     // no card
};

/* One rendering and what its destination may show. */
struct on_air_view {
    const char *name;
    unsigned cards;                 // of enum on_air_cards
    const char *const *languages;   // of captions; NULL: all
    size_t language_count;
    const char *const *platforms;   // its own ones, e.g. "twitch"; NULL: all are
    size_t platform_count;
    enum on_air_foreign foreign;
    bool hides_votes;               // of every poll that is open, unless a moderator reveals them
};

/*
 * So long a card waits for a journal whose disk refuses. Then it is shown all the same, and late() says so: the show goes
 * on, and what a kill would cost is this one card.
 */
enum { ON_AIR_PATIENCE_MS = 2000 };

struct on_air_options {
    struct journal *journal;           // borrowed; NULL: nothing survives, nothing is waited for (tests)
    const struct questions *questions; // borrowed, these three
    const struct polls *polls;
    const struct captions *captions;
    const struct gate *gate;           // borrowed; NULL: no chat, ticker and alerts (tests)
    const struct host_cards *host_cards;  // borrowed; NULL: none (tests)
    const json_t *languages;           // borrowed; array, of the show; NULL: none
    const struct on_air_view *views;   // copied
    size_t view_count;                 // 0: one view "main" that shows all
    void *data;
    void (*changed)(void *data);       // required: revision and JSON are new
    void (*late)(void *data);          // optional: see ON_AIR_PATIENCE_MS
};

struct on_air *on_air_create(const struct on_air_options *options, struct error *err);
void on_air_destroy(struct on_air *on_air);

/*
 * Looks again. What leaves leaves now; a question or poll that comes is shown once the journal holds it.
 * now_ms: Unix, for the captions.
 */
void on_air_update(struct on_air *on_air, int64_t now_ms);

/* A card waits: call on_air_update() again when ON_AIR_PATIENCE_MS are over. */
bool on_air_is_waiting(const struct on_air *on_air);

/* Panic: all views are blank until it is taken back. Survives a restart. */
void on_air_set_blank(struct on_air *on_air, bool is_blank, int64_t now_ms);
bool on_air_is_blank(const struct on_air *on_air);

/*
 * The outgoing picture is the holding one since then (Unix), in these views; count 0: nowhere. Survives a restart, until it
 * is told anew.
 */
void on_air_set_holding(struct on_air *on_air, int64_t since_ms, const char *const *views, size_t count, int64_t now_ms);

/* "5f3a9c…:57", borrowed until the next change. */
const char *on_air_revision(const struct on_air *on_air);

/* {"views":{…},"is_blank":false}, borrowed until the next change. */
struct str on_air_json(const struct on_air *on_air);

enum on_air_shown {
    ON_AIR_IS_SHOWN,
    ON_AIR_NO_VIEW,      // there is no view of this name
    ON_AIR_NO_CARD,      // the view has no cards of this kind
    ON_AIR_NO_PLATFORM,  // its destination may not show what comes from this platform
};

/*
 * Whether this view would show the card if it were on air now, and for a question appends the object of its card as that
 * view would be told it.
 */
enum on_air_shown on_air_try_question(const struct on_air *on_air, const char *view, const struct question *question,
                                      struct buffer *out);
enum on_air_shown on_air_try_poll(const struct on_air *on_air, const char *view);
enum on_air_shown on_air_try_card(const struct on_air *on_air, const char *view, enum on_air_cards card);  // the host's

/* For the snapshot: [{"name":"main",…}]. */
struct str on_air_views_json(const struct on_air *on_air);
