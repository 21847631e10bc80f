/*
 * poll_recount.h - a poll counted anew from the journal's messages, and its votes as a table (CSV) for a spreadsheet.
 * What was deleted or whose author was banned is not there any more, so neither counts it. It reads in short pages, newest
 * first, beside all else. A table comes in parts, and is forgotten a minute after the last was asked.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "relay/vote.h"

struct error;
struct poll;
struct poll_source;
struct poll_recounts;
struct relay;

struct poll_recounts *poll_recounts_create(struct relay *relay);
void poll_recounts_destroy(struct poll_recounts *recounts);  // accepts NULL; nobody is answered

struct poll_recounted {
    const struct poll *poll;  // NULL: it was forgotten meanwhile
    uint64_t votes[VOTE_OPTIONS_MAX], total;  // of chat and of the platforms' own polls
    uint64_t messages;        // looked at
    bool is_same;             // as the numbers were when it was asked
};

/* err NULL: all is well. A closed poll's numbers have become these. */
typedef void (*poll_recounted_fn)(void *data, const struct poll_recounted *result, const struct error *err);

/* False: err, and nothing comes. data may be forgotten with poll_recounts_cancel(). */
bool poll_recount(struct poll_recounts *recounts, uint64_t poll, const char *by, poll_recounted_fn fn, void *data,
                  struct error *err);

/*
 * The next part of the table: a line a vote that counts, newest first, with a headline in the first part. `next` 0: from
 * the beginning; else what the part before gave. *next 0: that was all.
 */
typedef void (*poll_exported_fn)(void *data, struct str csv, uint64_t next, const struct error *err);
bool poll_export(struct poll_recounts *recounts, uint64_t poll, uint64_t next, poll_exported_fn fn, void *data,
                 struct error *err);

/* Who asked is gone. */
void poll_recounts_cancel(struct poll_recounts *recounts, const void *data);
