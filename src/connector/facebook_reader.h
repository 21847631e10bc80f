/*
 * facebook_reader.h - comments of a Facebook live video as messages, from the stream and from pages. Speaks to nobody.
 * The stream tells no edits and no removals: pages that are read again do, so what was delivered is remembered.
 * Facts: Live Video API (2026-07-02), Graph API v26.0. Thread: the loop's.
 */
#pragma once

#include "base/hash.h"
#include "chat/message.h"
#include "connector/fields.h"

struct connector;
struct error;

enum { FACEBOOK_BUCKET = 4, FACEBOOK_KNOWN_MAX = 512 * FACEBOOK_BUCKET };

struct facebook_known {
    char *id;          // owned; NULL: free
    uint64_t hash;     // of the id
    uint64_t text;     // hash of the text as delivered last
    int64_t time_ms;
    uint32_t page;     // the last page that had it
    uint64_t order;    // of arrival, from 1
    bool is_doubted;   // a page does not have it, and should
    bool is_gone;
};

struct facebook_reader {
    struct connector *base;     // borrowed
    char *page_id;              // owned; comments of this author are the broadcaster's; NULL: not known
    int64_t last_ms;            // the newest comment's time so far
    int64_t history_before_ms;  // older comments were written before our time
    uint64_t nameless;          // comments whose author the token does not reach
    struct hash_key key;
    struct facebook_known known[FACEBOOK_KNOWN_MAX];  // in buckets by hash
    uint64_t known_count;       // ever
    uint32_t page;              // number of the page being read; 0: none so far
    // While an item is read.
    struct field_scratch scratch;
    struct message_draft draft;
    json_t *extras;             // owned
};

void facebook_reader_init(struct facebook_reader *reader, struct connector *base);
void facebook_reader_fini(struct facebook_reader *reader);

/* One comment. A comment known already is delivered as an edit if its text is another, else not at all. */
bool facebook_reader_comment(struct facebook_reader *reader, const json_t *comment, struct error *err);

/*
 * All comments of a page {"data":[…]}, the oldest first. is_newest: it holds the newest comments without a hole, so what
 * lies in its time and not in it is in doubt. False: an item could not be read; the rest was.
 */
bool facebook_reader_page(struct facebook_reader *reader, const json_t *page, bool is_newest, struct error *err);

/* A comment that is in doubt, NULL if none; ask whether it is there. Borrowed until the reader is used again. */
const char *facebook_reader_doubt(const struct facebook_reader *reader);

/* The answer: gone comments are delivered as deletes. */
void facebook_reader_settle(struct facebook_reader *reader, const char *id, bool is_there);

/* The live video is over; told once for each. */
void facebook_reader_end(struct facebook_reader *reader, const char *video);

/* A new video: what was known is forgotten. */
void facebook_reader_forget(struct facebook_reader *reader);
