/* random.h - random bytes from the kernel, fit for tokens. Thread: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t len);

/* Even over 0 … below - 1; below must not be 0. */
uint64_t random_below(uint64_t below);

/* delay changed by up to +/- percent, evenly: so that many clients do not return in one moment. */
int64_t random_jitter(int64_t delay, int percent);
