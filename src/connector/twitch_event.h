/*
 * twitch_event.h - what EventSub's notifications mean: each becomes one message or none.
 * One table names every type, what subscribing to it takes, and whether IRC tells the same: chat, bits, members and
 * bans come by IRC, so in a connector that reads IRC the types that repeat them are neither asked for nor delivered.
 * Facts: dev.twitch.tv/docs/eventsub/eventsub-subscription-types, 2026-09. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

#include "chat/message.h"
#include "connector/twitch_envelope.h"

struct error;
struct twitch_reader;

enum { TWITCH_EVENT_KEY_BYTES = 512, TWITCH_POLL_ID_BYTES = 64 };

struct twitch_events {
    struct twitch_reader *reader;  // borrowed: batches, arena, cheermotes, and through it the messages go out
    bool is_chat_elsewhere;        // IRC brings chat, bits and members
    bool is_room_elsewhere;        // and just now it does, the room's clearing too
    char ended_poll[TWITCH_POLL_ID_BYTES];  // its later "archived" is no news
    int64_t train_level;           // of the hype train under way
};

void twitch_events_init(struct twitch_events *events, struct twitch_reader *reader);

/* A notification. False: it should mean something to us and does not; err says what is missing. */
bool twitch_events_read(struct twitch_events *events, const struct twitch_envelope *envelope, struct error *err);

/* ---- subscribing ---- */

enum twitch_condition {
    TWITCH_OF_BROADCASTER,  // {"broadcaster_user_id"}
    TWITCH_AS_USER,         // and "user_id": who reads
    TWITCH_AS_MODERATOR,    // and "moderator_user_id"
    TWITCH_RAID_FROM,       // {"from_broadcaster_user_id"}
};

/* One event on its way to a message. */
struct twitch_event {
    struct twitch_events *events;
    struct twitch_reader *reader;
    const struct twitch_envelope *envelope;
    const json_t *body;            // payload.event
    struct message_draft draft;
    char key[TWITCH_EVENT_KEY_BYTES];
    bool is_silent;                // nothing to deliver after all
};

typedef bool (*twitch_event_fn)(struct twitch_event *event, struct error *err);

struct twitch_event_type {
    const char *name, *version;
    enum twitch_condition condition;
    const char *scopes;     // all of these words, of which each may be "one|other"; "": none
    bool is_by_irc;         // not asked for: IRC tells it
    bool is_otherwise;      // asked for only if channel.moderate is refused
    twitch_event_fn read;
};

/* NULL behind the last. */
const struct twitch_event_type *twitch_event_type_at(size_t index);

/* ---- shared by the files of events ---- */

struct str twitch_event_text(const struct twitch_event *event, const char *key);  // of the body
const json_t *twitch_event_body(const struct twitch_event *event, const char *key);  // the value there; NULL: none
/* author.id, login, name from "<prefix>_id", "<prefix>_login", "<prefix>_name". */
void twitch_event_set_author(struct twitch_event *event, const char *prefix);
/* A notice with our words for it, where Twitch has none: in the arena, cut to 400 bytes. */
void twitch_event_notice(struct twitch_event *event, const char *word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* draft.native_id and its key. */
void twitch_event_set_id(struct twitch_event *event, struct str id);
void twitch_event_set_key(struct twitch_event *event, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The body's text at `from` as detail `key`, if there is one. */
void twitch_event_copy(struct twitch_event *event, const char *key, const char *from);
/* For printf's "%.*s". */
#define STR_ARGS(text) (int)(text).len, (text).data ? (text).data : ""

/* twitch_event_chat.c */
bool twitch_event_message(struct twitch_event *event, struct error *err);
bool twitch_event_notification(struct twitch_event *event, struct error *err);
bool twitch_event_message_delete(struct twitch_event *event, struct error *err);
bool twitch_event_clear_user(struct twitch_event *event, struct error *err);
bool twitch_event_clear(struct twitch_event *event, struct error *err);
bool twitch_event_settings(struct twitch_event *event, struct error *err);
/* The text and its emotes, of {"text","fragments":[…]}. */
void twitch_event_set_fragments(struct twitch_event *event, const json_t *message);
bool twitch_event_set_amount(struct twitch_event *event, const json_t *amount);

/* twitch_event_money.c */
bool twitch_event_cheer(struct twitch_event *event, struct error *err);
bool twitch_event_bits_use(struct twitch_event *event, struct error *err);
bool twitch_event_power_up(struct twitch_event *event, struct error *err);
bool twitch_event_subscribe(struct twitch_event *event, struct error *err);
bool twitch_event_subscription_gift(struct twitch_event *event, struct error *err);
bool twitch_event_subscription_message(struct twitch_event *event, struct error *err);
bool twitch_event_subscription_end(struct twitch_event *event, struct error *err);
bool twitch_event_donation(struct twitch_event *event, struct error *err);
bool twitch_event_redemption(struct twitch_event *event, struct error *err);
bool twitch_event_automatic_redemption(struct twitch_event *event, struct error *err);

/* twitch_event_show.c */
bool twitch_event_poll(struct twitch_event *event, struct error *err);
bool twitch_event_prediction(struct twitch_event *event, struct error *err);
bool twitch_event_train(struct twitch_event *event, struct error *err);
bool twitch_event_shared_chat(struct twitch_event *event, struct error *err);
bool twitch_event_online(struct twitch_event *event, struct error *err);
bool twitch_event_offline(struct twitch_event *event, struct error *err);
bool twitch_event_update(struct twitch_event *event, struct error *err);
bool twitch_event_follow(struct twitch_event *event, struct error *err);
bool twitch_event_raid(struct twitch_event *event, struct error *err);

/* twitch_event_moderate.c */
bool twitch_event_moderate(struct twitch_event *event, struct error *err);
bool twitch_event_ban(struct twitch_event *event, struct error *err);
bool twitch_event_unban(struct twitch_event *event, struct error *err);
bool twitch_event_hold(struct twitch_event *event, struct error *err);
bool twitch_event_hold_update(struct twitch_event *event, struct error *err);
