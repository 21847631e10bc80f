/*
 * replies.h - what people here do on the platforms: answer, announce, delete, time out, ban, start polls there. One call
 * may go to several sources; what became of it is collected under one number, told at every change, and the last 100
 * are kept. Everything is written to the journal's audit with its actor. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connector/connector.h"

struct buffer;
struct error;
struct journal;
struct replies;
struct sources;

enum { REPLIES_KEPT = 100, REPLY_TARGETS_MAX = 64, REPLY_BYTES_MAX = 5000 };

/* What became of it at one source. */
struct reply_result {
    char *source;
    bool is_waiting;                 // nothing is known yet
    enum connector_outcome outcome;
    char *text;                      // why, or ""
    char *native_id;                 // of what came to be there, or ""
    uint64_t act;                    // the connector's number; 0: it never got so far
};

/* Read only for all others; borrowed until the next call of this room. */
struct sent {
    uint64_t id;                     // from 1 at each start
    enum connector_act_kind kind;
    char *text;                      // what was said, a poll's title, a reason; or ""
    char *by;                        // who
    int64_t at_ms;                   // Unix
    struct reply_result *results;
    size_t count;
    bool is_done;                    // nothing is waited for any more
};

struct replies_options {
    struct sources *sources;  // borrowed, outlives the replies; required
    struct journal *journal;  // borrowed; required
    /* Optional: it is new, or a result came. */
    void (*changed)(void *data, const struct sent *sent);
    void *data;
};

struct replies *replies_create(const struct replies_options *options);
void replies_destroy(struct replies *replies);  // accepts NULL

/*
 * Does `act` at these sources; NULL: at all that can. A source that cannot has its result at once; the others later, also
 * if they are removed meanwhile. `by` and strings are copied. NULL: err says what is not right, and nothing was done:
 * there is no such source, no text, none that can.
 */
const struct sent *replies_act(struct replies *replies, const struct connector_act *act, const char *const *sources,
                               size_t source_count, const char *by, struct error *err);

const struct sent *replies_find(const struct replies *replies, uint64_t id);  // NULL: none, or too old
void replies_each(const struct replies *replies, void (*fn)(void *data, const struct sent *sent), void *data);  // oldest first

/* From sources.h's listener. */
void replies_handle_result(struct replies *replies, const char *source, const struct connector_result *result);
void replies_handle_source_gone(struct replies *replies, const char *source);

/* {"id":…,"action":"say","text":…,"by":…,"at_ms":…,"results":[{"source":…,"outcome":"waiting"}]} */
void sent_write_json(const struct sent *sent, struct buffer *out);
