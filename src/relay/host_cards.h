/*
 * host_cards.h - the host's own cards: shout-out, goal, countdown and next show, rules, QR code, note. One list: a card is
 * prepared, changed, put on air and forgotten, and survives kill -9; what a kind wants besides is in host_card_<kind>.c.
 *
 * Of each kind and language one card is on air; a view shows the one in its language, else the one that names none. A goal
 * counts by itself what comes into the journal. A countdown ends by itself. Shout-outs are not prepared: they stand in line,
 * the first is on air for its reading time, and then it is forgotten. Thread: the relay's own.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buffer;
struct error;
struct host_cards;
struct journal;
struct message;
struct queue_gift;
struct queue_removal;

enum {
    HOST_CARDS_MAX = 100,      // prepared ones
    HOST_SHOUTOUTS_MAX = 6,    // on air and waiting
    HOST_CARD_ITEMS_MAX = 12,  // rules
    HOST_CARD_ZONES_MAX = 6,
    HOST_CARD_SECONDS_MAX = 7 * 24 * 3600,
    HOST_CARD_PICTURE_BYTES = 9 + 64 + 1,  // "antiphon:", SHA-256 in hex, NUL
};

enum host_card_kind {
    HOST_CARD_SHOUTOUT,
    HOST_CARD_GOAL,
    HOST_CARD_COUNTDOWN,
    HOST_CARD_RULES,
    HOST_CARD_QR,
    HOST_CARD_NOTE,
    HOST_CARD_KINDS,
};

/* Read only for all others. */
struct host_card {
    uint64_t id;
    enum host_card_kind kind;
    json_t *content;      // owned: the arguments of card.add, checked (docs/api.md)
    bool is_on_air;
    int64_t aired_ms;     // Unix; 0: never
    int64_t until_ms;     // of a shout-out on air: then it leaves; 0: it waits
    int64_t at_ms;        // of a countdown: its end; 0: not before it is on air
    bool is_over;         // of a countdown on air: the end is past, its text_after stands
    int64_t now;          // of a goal
    char *changed_by;     // owned
    // private
    uint64_t counted_id;  // of a goal: messages up to this one are counted
    uint64_t airing;      // number of the last time it went on air
    int64_t waiting_ms;   // monotonic: since when that waits for the journal
    bool is_durable, is_shown, is_dirty;
};

struct host_cards_options {
    struct journal *journal;  // borrowed; NULL: nothing survives, nothing is waited for (tests)
    void *data;
    /* Required. New or changed; a goal's counts come by host_cards_flush() only. */
    void (*changed)(void *data, const struct host_card *card);
    void (*removed)(void *data, uint64_t id);  // required
    /* Required. What views show is to be looked at again. */
    void (*shown)(void *data);
    /* Required. Counts wait for host_cards_flush(); called once when the first does. */
    void (*dirty)(void *data);
    void (*late)(void *data);                  // optional: see ON_AIR_PATIENCE_MS
    /* Optional: is this picture there ("antiphon:…")? NULL: none is. */
    bool (*has_picture)(void *data, const char *name);
};

struct host_cards *host_cards_create(const struct host_cards_options *options);
void host_cards_destroy(struct host_cards *cards);  // accepts NULL

/* ---- What happens ---- */

/* Counts in the goals. gift: as the queue has it; NULL: none. Ids grow; one that was counted is not again. */
void host_cards_handle_message(struct host_cards *cards, const struct message *message, const struct queue_gift *gift);

/* The shout-outs of those whose message was deleted or who were banned leave. */
void host_cards_handle_removal(struct host_cards *cards, const struct queue_removal *removal);

/* Announces and keeps what goals counted. */
void host_cards_flush(struct host_cards *cards);

/* Ends what has stood its time and returns the Unix time of the next end; 0: none. */
int64_t host_cards_handle_time(struct host_cards *cards, int64_t now_ms);

/* A card waits for the journal: call host_cards_handle_patience() when ON_AIR_PATIENCE_MS are over. */
bool host_cards_is_waiting(const struct host_cards *cards);
void host_cards_handle_patience(struct host_cards *cards);

/* ---- The list ---- */

const struct host_card *host_cards_find(const struct host_cards *cards, uint64_t id);  // borrowed; NULL: there is none
size_t host_cards_count(const struct host_cards *cards);
const struct host_card *host_cards_at(const struct host_cards *cards, size_t index);   // oldest first

/* The card of this kind that a view with this language ("" or NULL: any) shows now; NULL: none. */
const struct host_card *host_cards_shown(const struct host_cards *cards, enum host_card_kind kind, const char *language);

/* Does a card name this picture? */
bool host_cards_use_picture(const struct host_cards *cards, const char *name);

const char *host_card_kind_name(enum host_card_kind kind);
bool host_card_kind_from_name(const char *name, enum host_card_kind *kind);
struct str host_card_text(const struct host_card *card, const char *key);  // of its content; empty: absent
bool host_card_is_reached(const struct host_card *card);                   // a goal

/* ---- What moderators do ---- */

/* arguments: those of card.add without `kind`; members of other names are not looked at. NULL: err names what is wrong. */
const struct host_card *host_cards_add(struct host_cards *cards, enum host_card_kind kind, const json_t *arguments,
                                       const char *by, struct error *err);

/* What `arguments` has takes the place of what is there; "" and [] take a member away. */
bool host_cards_change(struct host_cards *cards, uint64_t id, const json_t *arguments, const char *by, struct error *err);
bool host_cards_forget(struct host_cards *cards, uint64_t id, struct error *err);

/* On air it takes the place of the one of its kind and language. A shout-out can only be taken off: the next one comes. */
bool host_cards_air(struct host_cards *cards, uint64_t id, bool is_on_air, const char *by, struct error *err);

/* Adds to a goal by hand; less than nothing takes away, down to 0. */
bool host_cards_count_by_hand(struct host_cards *cards, uint64_t id, int64_t amount, const char *by, struct error *err);

/* All off air; shout-outs are forgotten. */
void host_cards_clear(struct host_cards *cards, const char *by);

/* Whom a shout-out is for. Texts are borrowed; all but the name may be empty. */
struct host_shoutout {
    struct str name, platform, login, author_id, avatar, color;
    uint64_t message;  // in which the name was found; 0: typed
    struct str text;   // the crew's words
    int64_t seconds;   // 0: by its length
};
const struct host_card *host_cards_shout_out(struct host_cards *cards, const struct host_shoutout *shoutout, const char *by,
                                             struct error *err);

/* ---- JSON ---- */

/*
 * What a card of these arguments would be on air now, one object; nothing is prepared. `kind` stands among them, as in
 * card.add. False: err names what is wrong.
 */
bool host_cards_try(const struct host_cards *cards, const json_t *arguments, enum host_card_kind *kind, struct buffer *out,
                    struct error *err);

void host_card_write_json(const struct host_card *card, struct buffer *out);    // the API's form, one object
void host_card_write_on_air(const struct host_card *card, struct buffer *out);  // as the views show it, likewise
