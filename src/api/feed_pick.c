#include "api/feed_pick.h"

#include <assert.h>

enum { SOURCES_MAX = 64 };

struct share {
    size_t wanted, given, seen;
};

/* An equal part for who still wants some, until nothing is left; what is less than one for each goes round. */
static void give(struct share *shares, size_t source_count, size_t left, size_t turn)
{
    while (left > 0) {
        size_t hungry = 0;
        for (size_t i = 0; i < source_count; i++)
            hungry += shares[i].given < shares[i].wanted;
        if (hungry == 0)
            return;
        size_t part = left / hungry ? left / hungry : 1;
        for (size_t i = 0; i < source_count && left > 0; i++) {
            struct share *share = &shares[(turn + i) % source_count];
            size_t more = share->wanted - share->given < part ? share->wanted - share->given : part;
            more = more < left ? more : left;
            share->given += more;
            left -= more;
        }
    }
}

size_t feed_pick(const size_t *sources, size_t count, size_t source_count, size_t limit, size_t turn, bool *is_picked)
{
    struct share shares[SOURCES_MAX] = {0};
    assert(source_count <= SOURCES_MAX);
    for (size_t i = 0; i < count; i++)
        shares[sources[i]].wanted++;
    give(shares, source_count, limit < count ? limit : count, turn);
    size_t picked = 0;
    for (size_t i = 0; i < count; i++) {
        struct share *share = &shares[sources[i]];
        size_t before = share->seen++ * share->given / share->wanted;
        is_picked[i] = share->seen * share->given / share->wanted > before;
        picked += is_picked[i];
    }
    return picked;
}
