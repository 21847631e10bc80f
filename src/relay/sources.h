/*
 * sources.h - the configured connections: made, changed and ended while the relay runs.
 * What a connector delivers goes to intake, its cursor and gaps to the journal, its state to whoever listens. A cursor
 * stands behind the messages it covers in the journal's line, so it is never ahead of them. One source that fails, or
 * whose frame killed the last run, leaves the others alone.
 * Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "connector/connector.h"
#include "net/loop.h"
#include "relay/budget.h"
#include "relay/delays.h"
#include "relay/pace.h"

struct error;
struct intake;
struct journal;
struct logins;
struct sources;

/* How fast what its platform deletes or bans is gone here; from the moment its connector had read it. */
struct source_removal {
    struct delays lists;     // until it had left queue, questions and on-air state, and clients were told
    struct delays off_air;   // of what was on air: until the overlays had painted without it
    struct delays way;       // before that moment: since the platform's own time of it, less the clocks' difference
    struct delays whole;     // of what was on air: since the platform's own time of it
    int64_t at_ms;           // Unix, of the last; 0: none yet
};

/* Read only for all others; borrowed until the source is removed. */
struct source {
    struct list link;        // in sources.list, by the order of coming
    struct sources *owner;
    char *id;                // "twitch:anna"
    char *platform;          // "twitch"
    json_t *config;          // as it may be shown and written back: "secret:NAME", or "***" where only the secret is known
    struct connector_health health;  // as the connector told last; its texts are owned by the source
    int64_t usual_interval_ms;       // between messages, by the median; 0: not known yet
    int64_t silent_since_ms;         // Unix: live, and nothing came for far longer than usual since then; 0: all is well
    uint64_t duplicates;             // came again, after a reconnection or by a second way
    uint64_t gaps;                   // in this run
    int64_t gaps_ms;                 // how long they were, together
    struct source_removal removal;
    bool is_skewed;                  // its clock and ours differ by more than 5 s: that was said
    // private
    struct connector *connector;
    json_t *resolved;        // the same with real secrets
    char *text, *remedy;     // health.text, health.remedy
    struct pace pace;
    struct budget budget;    // how fast health.budget is spent
    struct timer silence;    // when it counts as silent, or earlier: messages do not move it
    uint64_t told_messages;  // health.messages when the listener was told last
    bool has_news;           // another figure that the listener was not told yet
};

struct sources_options {
    struct loop *loop;           // borrowed; NULL: nothing connects (tests, checks)
    struct journal *journal;     // borrowed; required
    struct intake *intake;       // borrowed; required
    const char *runtime_folder;  // "relay.poison" lies there; NULL: none
    struct logins *logins;       // borrowed; see connector.h; NULL: nobody is logged in
    const char *ca_file;         // see connector.h; NULL: none
    const char *cache_folder;    // copied; see connector.h; NULL: none
    int64_t silence_ms;          // no source counts as silent before; 0: 60,000
    /* Optional: state, text or counts changed; counts alone once a second at most. */
    void (*on_changed)(void *data, const struct source *source);
    /* Optional: it is gone after this call. */
    void (*on_removed)(void *data, const struct source *source);
    /* Optional: what became of sources_act(); never from within it. */
    void (*on_result)(void *data, const struct source *source, const struct connector_result *result);
    /* Optional: a line of subtitles that came to the door. */
    void (*on_caption)(void *data, const struct source *source, const struct connector_caption *caption);
    /*
     * Optional: what its platform deleted or banned has just left all lists. started_ns: monotonic, when its connector
     * had read that; since_us: how long before, by the platform's own time; -1: not known.
     */
    void (*on_removal)(void *data, const struct source *source, int64_t started_ns, int64_t since_us);
    /* Optional: its connection ends for good, and no result comes for what it had to do. */
    void (*on_ended)(void *data, const struct source *source);
    /* Optional: something a person should know: a frame that killed the last run, a chat gone silent. level: "warn". */
    void (*on_notice)(void *data, const char *level, const char *where, const char *text);
    void *data;
};

/* What the last run died on is reported, and journalled, from here. Never NULL. */
struct sources *sources_create(const struct sources_options *options);

/* Ends all connections; their last cursors go to the journal, which must still be open. Accepts NULL. */
void sources_destroy(struct sources *sources);

/*
 * resolved: an entry of the configuration's `sources` with secrets filled in; shown: as written ("secret:NAME"), NULL if
 * there is only the one. Both copied. Starts at once. NULL: not right, or there already; err names the key.
 */
const struct source *sources_add(struct sources *sources, const json_t *resolved, const json_t *shown,
                                 struct error *err);

/*
 * `resolved` in place of what the source has, going on at its cursor; shown as in sources_add(). False: not right, of
 * another id, or there is none; nothing was changed.
 */
bool sources_change(struct sources *sources, const char *id, const json_t *resolved, const json_t *shown,
                    struct error *err);

/* Ends it and forgets its cursor. False: err, there is none of this id. */
bool sources_remove(struct sources *sources, const char *id, struct error *err);

/*
 * Makes the sources be these: new ones are added, missing ones removed, changed ones begin again at their cursor, all
 * others go on undisturbed. All are checked first: on false (err names the entry) nothing was changed. shown may be NULL.
 */
bool sources_set(struct sources *sources, const json_t *resolved, const json_t *shown, struct error *err);

/* What was deleted there has left the air as well: see removals.h. Nothing happens if there is no such source any more. */
void sources_note_off_air(struct sources *sources, const char *id, int64_t took_us, int64_t since_us);

const struct source *sources_find(const struct sources *sources, const char *id);  // NULL: none
void sources_each(const struct sources *sources, void (*fn)(void *data, const struct source *source), void *data);

/*
 * The connector whose secret for the door is `token`; borrowed until sources change. NULL: there is none. Takes as long
 * whether there is or not.
 */
struct connector *sources_find_inbound(const struct sources *sources, const char *token, size_t len);

/* True while a source waits for things from outside. */
bool sources_want_inbound(const struct sources *sources);

/* As connector_can() and connector_act(). The number is the connector's own; 0: there is no such source. */
bool sources_can(const struct sources *sources, const char *id, enum connector_act_kind kind, const char **why_not);
uint64_t sources_act(struct sources *sources, const char *id, const struct connector_act *act);

/* From now until the source's budget is spent, at the pace measured; -1: not known, or it is full again before that. */
int64_t source_budget_empty_ms(const struct source *source);

/* All entries as they may be written back, by the order of coming; the caller calls json_decref(). */
json_t *sources_write_config(const struct sources *sources);

/* For tests and rehearsals without a network: one frame as if the source had received it. */
bool sources_receive(struct sources *sources, const char *id, const char *frame, size_t len, struct error *err);
