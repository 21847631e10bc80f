/*
 * backoff.h - how long to wait before the next attempt: at once, then 1, 2, 4 … seconds up to a limit, each changed
 * by up to 20 % so that many clients do not return in one moment. {0} is ready to use. Thread: its owner's.
 */
#pragma once

#include <stdint.h>

struct backoff {
    int64_t first_ms;  // the first wait that is not 0; 0: 1000
    int64_t limit_ms;  // 0: 60000
    int attempts;      // since the last reset
};

/* The wait before the next attempt in ms. The first call after a reset gives 0. */
int64_t backoff_next_ms(struct backoff *backoff);

/* It works again (call it when a connection has proved itself, not when it merely opened). */
void backoff_reset(struct backoff *backoff);
