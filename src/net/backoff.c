#include "net/backoff.h"

#include "base/random.h"

enum { FIRST_MS = 1000, LIMIT_MS = 60000, JITTER_PERCENT = 20 };

int64_t backoff_next_ms(struct backoff *backoff)
{
    int64_t limit = backoff->limit_ms ? backoff->limit_ms : LIMIT_MS;
    int64_t wait = backoff->first_ms ? backoff->first_ms : FIRST_MS;
    if (backoff->attempts++ == 0)
        return 0;
    for (int i = 2; i < backoff->attempts && wait < limit; i++)
        wait *= 2;
    return random_jitter(wait < limit ? wait : limit, JITTER_PERCENT);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
}
