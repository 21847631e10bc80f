/*
 * tiktok_item.h - one event of TikTok's on its way to a message: what both wires share. For the files tiktok_* only.
 */
#pragma once

#include "chat/message.h"
#include "connector/tiktok_reader.h"

enum { TIKTOK_EMOTES_MAX = 64, TIKTOK_BADGES_MAX = 16 };

struct tiktok_item {
    struct tiktok_reader *reader;
    struct message_draft draft;
    json_t *extras;  // owned; becomes draft.detail
    struct { int64_t at; struct str id, url; } placed[TIKTOK_EMOTES_MAX];
    size_t placed_count;
    struct emote emotes[TIKTOK_EMOTES_MAX];
    struct str badges[TIKTOK_BADGES_MAX];
};

/* What a gift says, in the words of either wire. */
struct tiktok_gift {
    struct str id, group, order, name, picture;  // order: of one purchase; "" if unknown
    int64_t count;       // in a streak the running total
    int64_t diamonds;    // of one
    bool is_streakable;  // gift type 1
    bool is_over;        // the wire says that the streak is complete
};

/* size: of the frame, for room to keep things in. The kind is still none. */
void tiktok_item_begin(struct tiktok_item *item, struct tiktok_reader *reader, size_t size);

/* Gives it to the owner, unless it is summed up first. Frees what the item holds. */
void tiktok_item_deliver(struct tiktok_item *item);
void tiktok_item_drop(struct tiktok_item *item);  // instead of delivering

/* An event of a kind that we do not know: counted, and logged once. */
void tiktok_reader_note_unknown(struct tiktok_reader *reader, struct str name);

/* An unsigned number as text; "" for 0. */
struct str tiktok_item_number(struct tiktok_item *item, uint64_t number);

/* Milliseconds or seconds since 1970, told apart by magnitude. */
void tiktok_item_set_time(struct tiktok_item *item, int64_t time);

/* A badge by the scene that it belongs to; also roles follow from it. level may be empty. */
void tiktok_item_add_badge(struct tiktok_item *item, int64_t scene, struct str level);

/*
 * Emotes have no characters of their own in TikTok's text: each gets one U+FFFC, the character that stands for an
 * object, which the overlay never draws without its picture. at: in UTF-16 units of the text without emotes.
 */
void tiktok_item_add_emote(struct tiktok_item *item, int64_t at, struct str id, struct str url);
void tiktok_item_set_text(struct tiktok_item *item, struct str text);  // after the emotes

/* "{0:user} shared the LIVE" with names put in; kept in the scratch. */
struct str tiktok_item_fill(struct tiktok_item *item, struct str pattern, const struct str *names, size_t count);

/* kind, money, native id and event key. False: impossible numbers. */
bool tiktok_item_set_gift(struct tiktok_item *item, const struct tiktok_gift *gift, struct error *err);

void tiktok_item_set_subscription(struct tiktok_item *item, const char *event, int64_t months);
void tiktok_item_set_like(struct tiktok_item *item, int64_t count, int64_t total);
void tiktok_item_set_notice(struct tiktok_item *item, const char *event, struct str text);
