/*
 * ballots.h - the votes of one poll: which messages of which author voted for what, and which of them counts.
 * An author's votes hang on one chain, so that the one before counts again when a message is deleted. Authors and native
 * ids are keyed 64-bit hashes: two of a million authors share one once in 37 million polls. A million authors with a vote
 * each take 48 MB: 32 bytes a vote and two tables of 4-byte places.
 * Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BALLOTS_CHAIN_MAX = 16,  // of one author; of more, those stay that are the first to count
};

struct ballot {
    uint64_t author, native;  // native 0: the message has no id of its platform's
    uint64_t message;
    uint16_t source;          // as its owner numbers them
    int8_t option;
};

/* What counted for the author before and counts now; option -1: nothing. */
struct ballot_change {
    struct ballot_choice {
        int option;
        unsigned source;
    } before, after;
};

struct ballots;

struct ballots *ballots_create(bool first_counts);  // false: the last one
void ballots_destroy(struct ballots *ballots);      // accepts NULL

/* Takes the place of what the same message voted. */
struct ballot_change ballots_set(struct ballots *ballots, const struct ballot *ballot);
struct ballot_change ballots_remove(struct ballots *ballots, uint64_t author, uint64_t message);

/* False: no such vote. By message it looks at all of them: for what a person does. */
bool ballots_find_native(const struct ballots *ballots, uint64_t native, struct ballot *found);
bool ballots_find_message(const struct ballots *ballots, uint64_t message, struct ballot *found);

/* The author's votes, newest first; at most BALLOTS_CHAIN_MAX. */
size_t ballots_of_author(const struct ballots *ballots, uint64_t author, struct ballot found[BALLOTS_CHAIN_MAX]);

/* Whether the author's vote that counts is of this message. */
bool ballots_counts(const struct ballots *ballots, uint64_t author, uint64_t message);

size_t ballots_authors(const struct ballots *ballots);
size_t ballots_bytes(const struct ballots *ballots);  // of memory
