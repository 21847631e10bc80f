/*
 * x_reader.h - what X's API says: posts of the filtered stream and of a search, the chat of one's own broadcasts as it is
 * pushed or polled. One JSON object a piece. Facts: X's documentation and OpenAPI file, 2026-08-22. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "connector/fields.h"

struct connector;
struct error;

enum { X_RULE_IDS_MAX = 8, X_ID_BYTES = 32 };

struct x_reader {
    struct connector *base;      // borrowed; its connector_deliver() gets the messages
    struct field_scratch scratch;
    struct buffer text;
    struct str badge, edit_id;   // of the item that is read
    bool is_question;            // posts are taken for questions, else for chat
    bool is_history;             // what is read now was written before we came
    // Posts that match none of these are another program's; both empty: all count.
    char tag[128];
    char rule_ids[X_RULE_IDS_MAX][X_ID_BYTES];
    size_t rule_count;
    char user_id[X_ID_BYTES];    // of the broadcaster: broadcasts of others are passed over; "": all count
    uint64_t posts;              // that came, also those for others: each is billed
    char last_id[X_ID_BYTES];    // of the newest post or chat message; "": none yet
    char broadcast[64];          // the one that runs; "": unknown
    bool is_ended;               // it is over; whoever reads it sets it back
};

/* What the object was, besides its messages. */
struct x_report {
    enum { X_NOTHING, X_MESSAGES, X_PROBLEM } type;
    bool is_too_many;       // a problem: another connection of this app is open
    char problem[200];
    char next_token[256];   // of a page; "": there is no next one
    size_t count;           // items of a page
    bool has_known;         // an item of the page was not newer than the newest known before
};

void x_reader_init(struct x_reader *reader, struct connector *base);
void x_reader_fini(struct x_reader *reader);

/* One object. False: err says why; what could be read was delivered. */
bool x_read(struct x_reader *reader, const char *text, size_t len, struct x_report *report, struct error *err);

/* Ids grow with time: the longer, or else the greater of two of the same length. */
bool x_id_is_newer(const char *id, const char *than);

/* The broadcast is over; delivered once. */
void x_reader_end(struct x_reader *reader, int64_t time_ms);
