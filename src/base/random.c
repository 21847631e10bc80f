#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = getrandom((char *)out + done, len - done, 0);
        if (got > 0) {
            done += (size_t)got;
        } else if (errno != EINTR) {
            fprintf(stderr, "antiphon: the kernel gives no random bytes\n");
            abort();
        }
    }
}

uint64_t random_below(uint64_t below)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % below, value;
    do {
        random_bytes(&value, sizeof(value));
    } while (value >= limit);
    return value % below;
}

int64_t random_jitter(int64_t delay, int percent)
{
    int64_t span = delay * percent / 100;
    return span > 0 ? delay - span + (int64_t)random_below((uint64_t)(2 * span + 1)) : delay;
}
