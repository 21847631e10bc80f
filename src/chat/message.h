/*
 * message.h - what every platform's traffic becomes.
 * A connector fills a struct message_draft with borrowed strings; message_create() copies it all into one
 * allocation that never changes again, except that intake stamps id and received_ms before anybody else sees it.
 * Shared by reference count. Thread: any (the count is atomic).
 * The JSON form is a public format: docs/message.md.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buffer;
struct error;

enum message_kind {
    MESSAGE_NONE,
    MESSAGE_CHAT, MESSAGE_ACTION, MESSAGE_QUESTION, MESSAGE_GIFT, MESSAGE_MEMBERSHIP, MESSAGE_RAID, MESSAGE_FOLLOW,
    MESSAGE_LIKE, MESSAGE_JOIN, MESSAGE_NOTICE, MESSAGE_POLL,
    // Control: they act on what came before.
    MESSAGE_EDIT, MESSAGE_DELETE, MESSAGE_BAN, MESSAGE_UNBAN, MESSAGE_CLEAR, MESSAGE_ROOM, MESSAGE_END,
    MESSAGE_KIND_COUNT,
};

enum {  // author.roles
    ROLE_BROADCASTER = 1 << 0,
    ROLE_MODERATOR = 1 << 1,
    ROLE_VIP = 1 << 2,
    ROLE_SUBSCRIBER = 1 << 3,
    ROLE_VERIFIED = 1 << 4,
    ROLE_STAFF = 1 << 5,
    ROLE_BOT = 1 << 6,
};

struct emote {
    struct str id, name, url;
    uint32_t from, to;  // byte offsets into text, half open
};

struct money {  // present if any member is not zero
    int64_t micros;        // of currency; 0: no public price
    struct str currency;   // ISO 4217
    struct str unit;       // "bits", "jewels"; the platform's own
    int64_t units;
    struct str item;       // "Rose", a level's or sticker's name
    int64_t count;         // pieces; in a streak the running total
    bool is_streak_open;   // more of the same may follow under the same native id
};

struct message_author {
    struct str id, login, name, color, avatar;  // color "#RRGGBB" or empty
    uint32_t roles;
    const struct str *badges;  // "subscriber/12"
    const struct str *badge_images;  // addresses of their pictures, as many; an empty one is unknown. NULL: all are
    size_t badge_count;
    int64_t months;            // of membership, exactly; 0: not told
};

struct message_draft {
    enum message_kind kind;
    struct str platform;    // "twitch"
    struct str source;      // "twitch:anna"
    struct str native_id;
    struct str event_key;   // for dedupe, the connector's; empty: never deduped. Not part of the JSON form
    int64_t time_ms;        // the platform's own, Unix; 0: it gives none
    struct message_author author;
    struct str text;        // valid UTF-8, as it came
    const struct emote *emotes;
    size_t emote_count;
    struct { struct str native_id, author, text; } reply_to;
    struct money money;
    struct { struct str native_id, author_id; int64_t seconds; } target;  // of control kinds; seconds 0: for good
    const json_t *detail;   // an object with the kind's own extras (a poll's options, a raid's viewers); NULL: none.
                            // Shared: message_create() takes a reference, and nobody changes it from then on
    bool is_history;        // backfill: journalled, never an alert, no vote in a closed poll
    bool is_own;            // our own words, sent from here and come back: no question, no vote, never passed on
    bool is_foreign;        // belongs to a partner channel's shared chat: never this streamer's money or raid
};

struct message {
    uint64_t id;            // of the queue; 0: not stamped yet
    int64_t received_ms;    // Unix
    struct message_draft is;  // every string points into this same allocation and has a NUL behind it
    // The reference count and detail's JSON text lie before it, private to message.c.
};

/*
 * Copies everything. Strings that are no valid UTF-8 are repaired (U+FFFD), and the emotes' ranges with the text.
 * Emotes whose range is empty, outside the text or inside a character are left out. The caller holds the first
 * reference. Never NULL.
 */
struct message *message_create(const struct message_draft *draft);
struct message *message_ref(struct message *message);
void message_unref(struct message *message);  // accepts NULL

/* Intake's alone, once, before the message is shared. */
void message_stamp(struct message *message, uint64_t id, int64_t received_ms);

/* The time to sort and show by: the platform's if it gave one, else when it was received. */
int64_t message_time_ms(const struct message *message);

/* Appends the public JSON form, one object without line end. Absent fields are left out. */
void message_write_json(const struct message *message, struct buffer *out);

/*
 * From the public JSON form (transcripts, journal, the API's feed). Unknown keys are ignored. The event key is the
 * native_id where there is one. NULL: err names the key and what is expected.
 */
struct message *message_from_json(const json_t *object, struct error *err);

const char *message_kind_name(enum message_kind kind);
enum message_kind message_kind_from_name(struct str name);  // MESSAGE_NONE: unknown

/* "moderator" for ROLE_MODERATOR; NULL: no such bit. */
const char *message_role_name(uint32_t role);

/* delete, ban, clear … : acts on earlier messages and is itself nothing to show. */
bool message_is_control(const struct message *message);
