/*
 * reddit_item.h - what a listing of Reddit's means: comments that are new, edited or gone.
 * Facts: the archived server's r2/r2/lib/jsontemplates.py and the Data API's wiki, 2026-08. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"
#include "connector/fields.h"

struct connector;
struct error;

enum { REDDIT_PENDING_MAX = 1000 };

/* A comment that was seen. Ids are numbers in base 36 that grow with time. */
struct reddit_known {
    uint64_t id;        // 0: free
    int64_t edited_s;   // 0: never
    bool is_gone;
};

struct reddit_reader {
    struct connector *base;  // borrowed; its connector_deliver() gets the messages
    struct reddit_known *table;  // owned; open addressing
    size_t capacity, count;
    uint64_t pending[REDDIT_PENDING_MAX];  // comments that are only named ("more"): to be asked for
    size_t pending_count;
    uint64_t lost;            // named and not to be asked for: too many
    uint64_t newest;          // the highest id seen
    uint64_t after;           // of "more", only those above are new to us; 0: all
    int64_t history_before_s; // written before: history
    bool is_first;            // what "more" names was there before us: nobody asks for it
    bool is_closed;           // the thread is locked or archived
    char title[256], subreddit[64];
    uint64_t thread;          // 0: not known yet
    struct buffer text;
    struct field_scratch scratch;
};

void reddit_reader_fini(struct reddit_reader *reader);

/* A page of a thread (an array of two listings), a listing, or one thing. False: err says what it is instead. */
bool reddit_reader_read(struct reddit_reader *reader, const json_t *page, struct error *err);

/* The thread is over, if it is: told once. */
void reddit_reader_tell_end(struct reddit_reader *reader);

/* "m1x2y3" and the like; 0: none. */
uint64_t reddit_id_of(struct str text);
void reddit_id_write(uint64_t id, char text[16]);

/* The known comments from `place` on that are not gone, up to count; returns where to go on, 0: from the start. */
size_t reddit_reader_list(const struct reddit_reader *reader, size_t place, uint64_t *ids, size_t *count, size_t count_max);

/* Comments that were asked for and not answered: they are gone. */
void reddit_reader_gone(struct reddit_reader *reader, uint64_t id);
const struct reddit_known *reddit_reader_find(const struct reddit_reader *reader, uint64_t id);
