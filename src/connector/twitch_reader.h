/*
 * twitch_reader.h - what lines of a Twitch room mean: each becomes one message or none.
 * Holds what must be remembered between lines: gift batches, the room's rules. Speaks to nobody.
 * Facts: dev.twitch.tv/docs/chat/irc and /docs/irc/tags, 2026-09. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

#include "chat/message.h"
#include "connector/twitch_line.h"

struct connector;
struct error;
struct twitch_cheers;
struct twitch_pictures;

enum {
    TWITCH_BATCHES = 64,       // gift batches whose recipients may still come
    TWITCH_BATCH_ID_BYTES = 48,
    TWITCH_EMOTES_MAX = 512,
    TWITCH_BADGES_MAX = 32,
    TWITCH_ARENA_BYTES = TWITCH_LINE_BYTES_MAX + TWITCH_EMOTES_MAX * 160,
};

struct twitch_room {  // -2: not known yet
    int64_t emote_only, followers_only, unique, slow, members_only;
};

struct twitch_reader {
    struct connector *base;  // borrowed; its connector_deliver() gets the messages
    bool is_charity_elsewhere;  // EventSub brings the donations
    struct twitch_pictures *pictures;  // borrowed; what a login can look up; NULL: nothing
    char batches[TWITCH_BATCHES][TWITCH_BATCH_ID_BYTES];
    size_t batch_count;      // ever seen
    struct twitch_room room;
    // While a line is read: what its draft points at.
    struct emote emotes[TWITCH_EMOTES_MAX];
    struct str badges[TWITCH_BADGES_MAX], badge_images[TWITCH_BADGES_MAX];
    json_t *detail;          // owned; NULL: none
    size_t arena_used;
    char arena[TWITCH_ARENA_BYTES];
};

void twitch_reader_init(struct twitch_reader *reader, struct connector *base);

/* False: the line should mean something to us and does not; err says what is missing. */
bool twitch_reader_read(struct twitch_reader *reader, const struct twitch_line *line, struct error *err);

/* Events are the same over two connections if their keys are: source-id in shared chat, else id; "" if neither. */
struct str twitch_event_key(const struct twitch_line *line);

/* ---- shared by the reader's files ---- */

/* A tag with its escapes undone; borrowed from line or arena until the next line. */
struct str twitch_reader_text(struct twitch_reader *reader, const struct twitch_line *line, enum twitch_tag tag);

/* The draft with what all lines have: ids, key, time, whose chat it was. */
void twitch_reader_begin(struct twitch_reader *reader, const struct twitch_line *line, struct message_draft *draft);
void twitch_reader_set_author(struct twitch_reader *reader, const struct twitch_line *line,
                              struct message_author *author);
void twitch_reader_deliver(struct twitch_reader *reader, struct message_draft *draft);

void twitch_reader_set_detail(struct twitch_reader *reader, const char *key, json_t *value);  // takes value
void twitch_reader_set_text(struct twitch_reader *reader, const char *key, struct str value);
void twitch_reader_set_int(struct twitch_reader *reader, const char *key, int64_t value);  // negative: left out
void twitch_reader_set_true(struct twitch_reader *reader, const char *key);

/* Emotes of draft->text from the tag's code point ranges (twitch_emotes.c). */
void twitch_reader_set_emotes(struct twitch_reader *reader, struct str ranges, struct message_draft *draft);

/* Words like "Cheer100" of a text that was paid for become emotes too. */
void twitch_reader_add_cheers(struct twitch_reader *reader, struct message_draft *draft);

struct twitch_cheer;
void twitch_reader_add_cheer(struct twitch_reader *reader, struct message_draft *draft, size_t from, size_t to,
                             const struct twitch_cheer *cheer);

/* One more emote, of bytes from … to of draft->text; in any order. What overlaps an earlier one is left out. */
void twitch_reader_add_emote(struct twitch_reader *reader, struct message_draft *draft, const struct emote *emote);

/* The address of an emote's picture, in the arena; empty: the id is none. */
struct str twitch_reader_emote_url(struct twitch_reader *reader, struct str id);

/* len bytes in the arena, until the next line; NULL: it is full. */
char *twitch_reader_take(struct twitch_reader *reader, size_t len);

/* USERNOTICE (twitch_notice.c). */
bool twitch_reader_read_notice(struct twitch_reader *reader, const struct twitch_line *line, struct error *err);

/* Lines and EventSub say these alike. */
uint32_t twitch_role_of(struct str badge_set);
struct str twitch_plan_name(struct str plan);  // "1000" → "Tier 1"
struct str twitch_strip_action(struct str text, bool *is_action);
bool twitch_is_color(struct str color);
/* Gifts whose header came are counted there. */
void twitch_reader_remember_batch(struct twitch_reader *reader, struct str batch);
bool twitch_reader_knows_batch(const struct twitch_reader *reader, struct str batch);
/* A draft was delivered or given up: what it pointed at is forgotten. */
void twitch_reader_forget(struct twitch_reader *reader);

/* A cent each; nothing if there are none, or more than can be. */
bool twitch_set_bits(struct message_draft *draft, int64_t bits);
