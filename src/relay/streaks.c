#include "relay/streaks.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "chat/message.h"

enum { PLACES = 4096, TOTALS_MAX = 256 };

/* A cache with one place a hash: a newer streak with the same place ends the older one's memory. */
struct streak {
    uint64_t hash;  // 0: free
    struct money last;  // its numbers; the strings are not kept
};

struct total {
    char *platform, *unit;
    int64_t units, micros, gifts;
};

struct streaks {
    struct hash_key hash_key;
    struct streak places[PLACES];
    struct total totals[TOTALS_MAX];
    size_t total_count;
};

struct streaks *streaks_create(void)
{
    struct streaks *streaks = xcalloc(1, sizeof(*streaks));
    random_bytes(&streaks->hash_key, sizeof(streaks->hash_key));
    return streaks;
}

void streaks_destroy(struct streaks *streaks)
{
    if (!streaks)
        return;
    for (size_t i = 0; i < streaks->total_count; i++) {
        free(streaks->totals[i].platform);
        free(streaks->totals[i].unit);
    }
    free(streaks);
}

static struct total *find_total(struct streaks *streaks, struct str platform, struct str unit)
{
    for (size_t i = 0; i < streaks->total_count; i++) {
        struct total *total = &streaks->totals[i];
        if (str_equal(str_from(total->platform), platform) && str_equal(str_from(total->unit), unit))
            return total;
    }
    if (streaks->total_count == TOTALS_MAX)
        return NULL;
    struct total *total = &streaks->totals[streaks->total_count++];
    *total = (struct total){xstrndup(platform.data, platform.len), xstrndup(unit.data, unit.len), 0, 0, 0};
    return total;
}

static struct streak *find_streak(struct streaks *streaks, const struct message *message, bool *is_known)
{
    const struct message_draft *is = &message->is;
    uint64_t hash = hash_bytes(&streaks->hash_key, is->source.data, is->source.len) * 31 +
                    hash_bytes(&streaks->hash_key, is->native_id.data, is->native_id.len);
    hash += hash == 0;
    struct streak *streak = &streaks->places[hash % PLACES];
    *is_known = streak->hash == hash;
    if (!*is_known)
        *streak = (struct streak){.hash = hash};
    return streak;
}

/* Totals only grow: a smaller one came late, and adds nothing. */
static int64_t increase(int64_t *last, int64_t now)
{
    int64_t more = now > *last ? now - *last : 0;
    *last += more;
    return more;
}

static bool has_money(const struct money *money)
{
    return money->micros != 0 || money->units != 0 || money->count != 0;
}

bool streaks_count(struct streaks *streaks, const struct message *message, struct queue_gift *gift)
{
    const struct message_draft *is = &message->is;
    const struct money *money = &is->money;
    if (is->is_foreign || !has_money(money) || message_is_control(message))
        return false;
    struct money none = {0}, *last = &none;
    *gift = (struct queue_gift){0};
    if (is->kind == MESSAGE_GIFT && is->native_id.len > 0)
        last = &find_streak(streaks, message, &gift->is_more)->last;
    gift->micros = increase(&last->micros, money->micros);
    gift->units = increase(&last->units, money->units);
    gift->count = increase(&last->count, money->count);
    struct total *total = find_total(streaks, is->platform, money->unit.len > 0 ? money->unit : money->currency);
    if (total) {
        total->micros += gift->micros;
        total->units += gift->units;
        total->gifts += !gift->is_more;
    }
    return true;
}

void streaks_each_total(const struct streaks *streaks, void (*fn)(void *data, const struct intake_total *total),
                        void *data)
{
    for (size_t i = 0; i < streaks->total_count; i++) {
        const struct total *total = &streaks->totals[i];
        fn(data, &(struct intake_total){str_from(total->platform), str_from(total->unit), total->units, total->micros,
                                        total->gifts});
    }
}
