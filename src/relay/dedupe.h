/*
 * dedupe.h - which events came already: 64-bit hashes of the last so many per platform, with the ids of their messages.
 * A hit is a likelihood (one in 10^13 is chance); whoever asks confirms it by the full key. Memory per platform, for a
 * capacity of 1,048,576: 24 MB, of which what is not used is never touched. Thread: its owner's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct dedupe;

/* capacity: per platform; a power of two. */
struct dedupe *dedupe_create(size_t capacity);
void dedupe_destroy(struct dedupe *dedupe);  // accepts NULL

/* The id under which it was added; 0: not known. */
uint64_t dedupe_find(const struct dedupe *dedupe, struct str platform, uint64_t hash);

/* The oldest of a full platform is forgotten. A hash that is there already gets the new id. */
void dedupe_add(struct dedupe *dedupe, struct str platform, uint64_t hash, uint64_t id);
