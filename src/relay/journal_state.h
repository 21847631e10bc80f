/*
 * journal_state.h - the latest text under each name, in memory: what journal_state() answers from, and what a new
 * file of the journal begins with. {0} is empty. Thread: under the journal's lock.
 */
#pragma once

#include <stddef.h>

struct state_item {
    char *key, *text;  // owned
};

struct journal_state {
    struct state_item *items;  // sorted by key; owned
    size_t count, capacity;
};

void journal_state_fini(struct journal_state *state);

/* text NULL: forgets the key. */
void journal_state_set(struct journal_state *state, const char *key, const char *text);
const char *journal_state_get(const struct journal_state *state, const char *key);  // NULL: nothing

/* The first item whose key is not below `prefix`; up to state->count. */
size_t journal_state_find(const struct journal_state *state, const char *prefix);

/* A copy of all of it, for journal_state_fini(). */
struct journal_state journal_state_copy(const struct journal_state *state);
