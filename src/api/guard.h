/*
 * guard.h - how often one address may try to sign in and fail: 10 times at once, then once in 6 s. A link's token is 256
 * random bits, looked up by its hash: nobody guesses one, nor learns of it by the time an answer takes. This is about the
 * log and the work that a machine knocking all day would make. Behind a proxy all are one address. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct guard;

struct guard *guard_create(void);
void guard_destroy(struct guard *guard);  // accepts NULL

/* Milliseconds until this peer may try; 0: now. */
int64_t guard_wait_ms(const struct guard *guard, const char *peer, int64_t now_ms);

/* A try failed. The one that uses up what a peer has is logged, once until it has rested. */
void guard_note_failure(struct guard *guard, const char *peer, int64_t now_ms);
