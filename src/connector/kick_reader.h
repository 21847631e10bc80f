/*
 * kick_reader.h - what Kick's frames mean: Pusher events and webhook bodies become messages. Speaks to nobody.
 * Holds what must be remembered between frames: repetitions over several channels, the room's rules, the poll.
 * Facts: KickEngineering/KickDevDocs (2026-06) and clients in use (2026-11); Pusher's events are documented nowhere.
 * Thread: the loop's.
 */
#pragma once

#include "base/hash.h"
#include "chat/message.h"
#include "connector/fields.h"

struct connector;
struct error;

enum { KICK_EMOTES_MAX = 256, KICK_BADGES_MAX = 16, KICK_SEEN_MAX = 64, KICK_TOLD_MAX = 256, KICK_PICTURES_MAX = 32 };

struct kick_seen {  // a short memory of events without an id
    uint64_t hash, place;  // what it was; which channel and name brought it
    int64_t at_ms;         // monotonic
};

/* What one way told, and the other has not yet. */
struct kick_told {
    uint64_t hash;
    int64_t at_ms;  // monotonic
    bool by_webhook, is_met;
};

/* The channel's own subscriber badge from so many months on. */
struct kick_picture {
    int64_t months;
    char *url;  // owned
};

struct kick_room {  // -2: not known yet
    int64_t slow, followers, members, emotes;
};

struct kick_reader {
    struct connector *base;      // borrowed; its connector_deliver() gets the messages
    bool is_webhook;             // the frame being read
    int64_t last_ms;             // the newest time in a frame so far; 0: none
    int64_t history_before_ms;   // backfill that is older was written before our time
    uint64_t unknown;            // events that mean nothing to us
    struct hash_key key;
    struct kick_seen seen[KICK_SEEN_MAX];
    size_t seen_count;           // ever
    struct kick_told told[KICK_TOLD_MAX];
    size_t told_count;           // ever
    struct kick_room room;
    struct kick_picture pictures[KICK_PICTURES_MAX];
    size_t picture_count;
    json_t *poll;                // owned; the open poll's detail; NULL: none
    char *poll_title;            // owned
    // While a frame is read: what its draft points at.
    struct field_scratch scratch;
    struct emote emotes[KICK_EMOTES_MAX];
    struct str badges[KICK_BADGES_MAX], badge_images[KICK_BADGES_MAX];
    struct message_draft draft;
    json_t *extras;              // owned; becomes draft.detail
};

void kick_reader_init(struct kick_reader *reader, struct connector *base);
void kick_reader_fini(struct kick_reader *reader);

/* A frame of the Pusher socket, as parsed. Protocol events ("pusher:…") mean nothing here and are true. */
bool kick_reader_event(struct kick_reader *reader, const json_t *frame, struct error *err);

/* The body of a webhook. type, id: of its headers; id may be "". */
bool kick_reader_webhook(struct kick_reader *reader, struct str type, struct str id, const json_t *body,
                         struct error *err);

/* The site's subscriber_badges: [{"months":3,"badge_image":{"src":"https://…"}}]. */
void kick_reader_set_pictures(struct kick_reader *reader, const json_t *badges);

/* Backfill: one message of the site's history, of the shape that ChatMessageEvent has. */
bool kick_reader_history(struct kick_reader *reader, const json_t *item, struct error *err);

/* ---- shared by the reader's files ---- */

/* ChatMessageEvent. */
bool kick_read_chat(struct kick_reader *reader, const json_t *data, struct error *err);

/* Empties draft, extras and scratch; room for what is made of `len` bytes of frame. */
void kick_begin(struct kick_reader *reader, enum message_kind kind, size_t len);
void kick_deliver(struct kick_reader *reader);

/* True: nothing like it came lately by another place. `what` and `place` are words of our own. */
bool kick_is_new(struct kick_reader *reader, struct str what, struct str place, int64_t window_ms);

/*
 * Socket and webhooks tell the same subscriptions, gifts and bans without an id in common, and either may be late or
 * missing. True: the other way has told this, in these words, in the last quarter of an hour; each telling is met once.
 */
bool kick_was_told(struct kick_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "[emote:37226:KEKW]" becomes its name, and a range with address over it. emotes NULL: names only. */
struct str kick_text(struct kick_reader *reader, struct str content, struct emote *emotes, size_t *emote_count);

/* Badges and roles from an array of {type, count}. */
void kick_badges(struct kick_reader *reader, const json_t *badges);

/* Seconds of a timeout, at least 1; 0: for good. */
int64_t kick_timeout_s(const struct kick_reader *reader, int64_t from_ms, int64_t expires_ms, int64_t minutes);
