/*
 * voters.h - who voted for what: a table of keyed 64-bit hashes, nine bytes of use each, so that a million voters cost
 * 32 MB at most. Two of a million share a hash once in 37 million polls. Thread: its owner's.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"

struct voters;

struct voters *voters_create(void);
void voters_destroy(struct voters *voters);  // accepts NULL

/* The option that the author votes for now takes the place of the one returned; -1: none before. */
int voters_set(struct voters *voters, struct str platform, struct str author_id, int option);
int voters_get(const struct voters *voters, struct str platform, struct str author_id);
int voters_remove(struct voters *voters, struct str platform, struct str author_id);
size_t voters_count(const struct voters *voters);
