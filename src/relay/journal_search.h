/*
 * journal_search.h - the search index beside a file of the journal: its words, and what rows are found by.
 *
 * FTS5 tables without content, one for each 2,048 ids. SQLite 3.40 cannot take a row out of such an index so that its
 * bytes go (the option secure-delete came with 3.42); a part that holds erased words is dropped and made anew from the
 * rows, and being small that takes some 30 ms. The file is made from the journal and may be deleted at any time.
 * Thread: the keeper's for struct search; search_find_text() any, with a connection of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/str.h"

struct error;
struct search;

enum { SEARCH_PART_IDS = 2048 };

/* Opens or makes it; a damaged one is begun anew. NULL: err. */
struct search *search_open(const char *path, struct error *err);
void search_close(struct search *search);  // accepts NULL

uint64_t search_indexed_to(const struct search *search);  // 0: nothing is indexed yet
uint64_t search_erased_to(const struct search *search);   // the last row of `erased` that was heeded

bool search_begin(struct search *search, struct error *err);
bool search_commit(struct search *search, uint64_t indexed_to, uint64_t erased_to, struct error *err);
void search_rollback(struct search *search);

/* One message: words as search_fold() makes them, keys as search_add_key(). Within a transaction. */
bool search_add(struct search *search, uint64_t id, struct str words, struct str keys, struct error *err);
void search_add_key(struct buffer *keys, char kind, uint64_t number);  // 'a' author, 'n' native id, 'r' replied to

/* Forgets the messages part * SEARCH_PART_IDS … ; within a transaction. */
bool search_drop_part(struct search *search, uint64_t part, struct error *err);

/* Cuts the log, so that what was dropped leaves the disk. */
bool search_truncate(struct search *search);

/* The ids whose keys hold any of `keys` (as search_add_key() writes them), up to the id: appended to *ids as uint64_t. */
bool search_find_keys(struct search *search, struct str keys, uint64_t up_to, struct buffer *ids, struct error *err);

struct search_wanted {
    const char *text;      // all of its words; NULL: no words
    struct str keys;       // any of these (as search_add_key() writes them); empty: no keys
    uint64_t above, below; // ids between them
    int64_t deadline_ms;   // monotonic
};

/*
 * The newest `max` ids of what is wanted; returns how many. *is_complete: there are no others, or no index. Else what was
 * looked at ends with the last of them; none at all: the deadline came first.
 */
size_t search_find(const char *path, const struct search_wanted *wanted, uint64_t *ids, size_t max, bool *is_complete);

