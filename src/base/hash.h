/*
 * hash.h - SipHash-1-3: a keyed 64-bit hash, safe against chosen collisions.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). Thread: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t words[2];
};

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len);
