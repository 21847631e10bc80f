/*
 * journal_shelf.h - one file of the journal, open for writing: what each op becomes in it.
 * Every function but open and close is called within a transaction. Thread: the writer's; the keeper has its own for
 * closed files.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"

struct error;
struct journal_state;
struct op;

enum shelf_statement {
    SHELF_INSERT, SHELF_REPLACE, SHELF_SET_STATE, SHELF_FORGET_STATE, SHELF_GAP, SHELF_AUDIT, SHELF_VOTE, SHELF_SEEN,
    SHELF_SELECT, SHELF_ERASE, SHELF_NOTE_ERASED, SHELF_ERASE_VOTES, SHELF_BEGIN, SHELF_COMMIT, SHELF_STATEMENTS,
};

struct seen_keys {  // of one platform, in this transaction
    char *platform;
    struct buffer keys;  // hash and id, 8 bytes each, as they lie in memory of a little-endian machine
};

struct shelf {
    sqlite3 *db;
    uint64_t first_id;
    struct hash_key hash_key;
    sqlite3_stmt *statements[SHELF_STATEMENTS];
    struct buffer text;      // scratch
    struct seen_keys *seen;  // emptied by shelf_finish()
    size_t seen_count;
    size_t rows;             // in the file, or a few more
    size_t skipped;          // ids between its first and last that were given to nobody
    int64_t first_ms;        // of its first message; 0: none
    uint64_t last_id;        // the highest in it; 0: none
};

/* NULL: err, as db_open() says. may_create: a file that is not there is made. */
struct shelf *shelf_open(const char *path, uint64_t first_id, const struct hash_key *hash_key, bool may_create,
                         struct error *err);
void shelf_close(struct shelf *shelf);  // accepts NULL

bool shelf_begin(struct shelf *shelf, struct error *err);
bool shelf_apply(struct shelf *shelf, const struct op *op, struct error *err);
bool shelf_write_state(struct shelf *shelf, const struct journal_state *state, struct error *err);

/* Writes the keys of the transaction, then commits. */
bool shelf_finish(struct shelf *shelf, struct error *err);
void shelf_rollback(struct shelf *shelf);

/*
 * Overwrites one row. *was_there: false if there is no such row or nothing of it was left to erase. Only quote: the
 * quoted text of a reply. forget_author: also the number by which the author's rows are found.
 */
struct row_erasure {
    uint64_t id;
    bool only_quote, forget_author;
};
bool shelf_erase(struct shelf *shelf, struct row_erasure what, bool *was_there, struct error *err);
