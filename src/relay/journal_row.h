/*
 * journal_row.h - a message as a row of the journal, and a row as a message. Thread: any, one row a thread.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/str.h"

struct error;
struct message;

enum row_key { ROW_KEY_AUTHOR = 'a', ROW_KEY_NATIVE = 'n' };  // beside enum journal_key

/* SipHash over kind, platform, a zero byte and the key. */
uint64_t row_hash(const struct hash_key *hash_key, char kind, struct str platform, struct str key);

/* What a row is found by; 0: nothing. */
struct row_numbers {
    uint64_t who, what, quoted;
};
struct row_numbers row_numbers(const struct hash_key *hash_key, const struct message *message);

/* The keys that the dedupe remembers of this message: its own, and whose deletion it is. Returns how many. */
struct row_seen {
    char kind;  // enum journal_key
    struct str key;
};
size_t row_seen(const struct message *message, struct row_seen seen[2]);

#define ROW_INSERT \
    "INSERT OR REPLACE INTO messages(id, received_ms, kind, is_erased, who, what, quoted, event_key, json) " \
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* Binds ROW_INSERT; text is scratch, and holds the JSON until the next step. */
void row_bind(sqlite3_stmt *insert, const struct hash_key *hash_key, const struct message *message, bool is_erased,
              struct buffer *text);

/* The JSON of a message that is gone: ids, times, kind, origin. */
void row_write_erased(const struct message *message, struct buffer *out);

/* The same from the JSON in a row, filled with spaces to at least the old length: SQLite then writes over the old bytes
 * in their place. Also where the row's JSON cannot be read. */
void row_erase_json(struct str json, struct buffer *out);

/* Takes only the quoted text and author out of a reply; filled as above. False: not readable. */
bool row_erase_quote(struct str json, struct buffer *out);

/* A message with its id; NULL: err says why. The caller holds the reference. */
struct message *row_to_message(struct str json, struct error *err);
