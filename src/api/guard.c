#include "api/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

enum { PEERS = 256, PEER_BYTES = 64, TRIES = 10, TRY_MS = 6000 };

struct peer {
    char name[PEER_BYTES];  // "": free
    int64_t full_ms;        // when it has all its tries again; each failure moves it by TRY_MS
    bool is_logged;
};

struct guard {
    struct peer peers[PEERS];
};

struct guard *guard_create(void)
{
    return xcalloc(1, sizeof(struct guard));
}

void guard_destroy(struct guard *guard)
{
    free(guard);
}

static struct peer *find(const struct guard *guard, const char *name)
{
    for (size_t i = 0; i < PEERS; i++) {
        if (strncmp(guard->peers[i].name, name, PEER_BYTES - 1) == 0)
            return (struct peer *)&guard->peers[i];
    }
    return NULL;
}

/* A new one takes the place of who has rested longest: with more than 256 addresses at it, some get a try more. */
static struct peer *take(struct guard *guard, const char *name)
{
    struct peer *oldest = &guard->peers[0];
    for (size_t i = 1; i < PEERS; i++) {
        if (guard->peers[i].full_ms < oldest->full_ms)
            oldest = &guard->peers[i];
    }
    *oldest = (struct peer){0};
    snprintf(oldest->name, sizeof(oldest->name), "%s", name);
    return oldest;
}

int64_t guard_wait_ms(const struct guard *guard, const char *name, int64_t now_ms)
{
    const struct peer *peer = find(guard, name);
    int64_t owed_ms = peer ? peer->full_ms - now_ms : 0;
    int64_t wait_ms = owed_ms - (TRIES - 1) * TRY_MS;
    return wait_ms > 0 ? wait_ms : 0;
}

void guard_note_failure(struct guard *guard, const char *name, int64_t now_ms)
{
    struct peer *peer = find(guard, name);
    if (!peer)
        peer = take(guard, name);
    if (peer->full_ms < now_ms) {
        peer->full_ms = now_ms;
        peer->is_logged = false;
    }
    peer->full_ms += TRY_MS;
    if (peer->is_logged || guard_wait_ms(guard, name, now_ms) == 0)
        return;
    peer->is_logged = true;
    log_warn("api/session", "%s: %d sign-ins failed; it may try again every %d s", name, TRIES, TRY_MS / 1000);
}
