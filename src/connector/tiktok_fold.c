#include "connector/tiktok_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"
#include "net/loop.h"

enum {
    STREAKS_MAX = 256, LIKES_MAX = 512,
    SUBSCRIPTIONS = 64, SUBSCRIPTION_MS = 60 * 1000,
    KNOWN_MAX = 2048, KNOWN_SLOTS = 4096,
    TICK_MS = 250,
};

struct streak {
    uint64_t hash;         // of the key; 0: free
    struct message *last;  // the last one delivered; its native id is the streak's
    int64_t due_ms;        // monotonic: when it is taken for over: TikTok sometimes never says so
};

struct likes {
    uint64_t hash;          // of the author's id; 0: free
    struct message *first;
    int64_t count, total;
    int64_t due_ms;
};

/* Two generations: when the young one is full it becomes the old one. Slots hold ids; 0 is free. */
struct known {
    int64_t slots[2][KNOWN_SLOTS];
    int young;
    size_t count;  // in the young one
};

struct tiktok_fold {
    struct connector *base;
    struct loop *loop;  // NULL: not started
    struct timer timer;
    int64_t streak_ms, likes_ms;
    struct hash_key hash_key;
    struct streak streaks[STREAKS_MAX];
    struct likes likes[LIKES_MAX];
    struct { uint64_t hash; int64_t at_ms; } subscriptions[SUBSCRIPTIONS];
    size_t subscription_at;
    struct known known;
};

static uint64_t hash_of(const struct tiktok_fold *fold, struct str key)
{
    uint64_t hash = hash_bytes(&fold->hash_key, key.data, key.len);
    return hash + (hash == 0);
}

/* ---- streaks ---- */

static void end_streak(struct streak *streak)
{
    message_unref(streak->last);
    *streak = (struct streak){0};
}

/* As if TikTok had said it: the last total, closed. */
static void close_streak(struct tiktok_fold *fold, struct streak *streak)
{
    struct message *last = streak->last;
    struct message_draft draft = last->is;
    streak->last = NULL;
    end_streak(streak);
    draft.money.is_streak_open = false;
    char *key = xasprintf("%.*s#%lld#end", (int)draft.native_id.len, draft.native_id.data, (long long)draft.money.count);
    draft.event_key = str_from(key);
    connector_deliver(fold->base, &draft);
    free(key);
    message_unref(last);
}

static struct streak *find_streak(struct tiktok_fold *fold, uint64_t hash)
{
    for (size_t i = 0; i < STREAKS_MAX; i++) {
        if (fold->streaks[i].hash == hash)
            return &fold->streaks[i];
    }
    return NULL;
}

/* A free place; if there is none, the streak that is due first is over now. */
static struct streak *make_place(struct tiktok_fold *fold)
{
    struct streak *first = &fold->streaks[0];
    for (size_t i = 0; i < STREAKS_MAX; i++) {
        struct streak *streak = &fold->streaks[i];
        if (streak->hash == 0)
            return streak;
        if (streak->due_ms < first->due_ms)
            first = streak;
    }
    if (fold->loop) {
        close_streak(fold, first);
    } else {
        end_streak(first);
    }
    return first;
}

void tiktok_fold_note_streak(struct tiktok_fold *fold, struct str key, const struct message_draft *draft)
{
    uint64_t hash = hash_of(fold, key);
    struct streak *streak = find_streak(fold, hash);
    if (!draft->money.is_streak_open) {
        if (streak)
            end_streak(streak);
        return;
    }
    if (!streak)
        streak = make_place(fold);
    message_unref(streak->last);
    *streak = (struct streak){hash, message_create(draft), clock_monotonic_ms() + fold->streak_ms};
}

struct str tiktok_fold_streak(const struct tiktok_fold *fold, struct str key)
{
    const struct streak *streak = find_streak((struct tiktok_fold *)fold, hash_of(fold, key));
    return streak ? streak->last->is.native_id : (struct str){0};
}

/* ---- likes ---- */

static void deliver_likes(struct tiktok_fold *fold, struct likes *likes)
{
    struct message *first = likes->first;
    struct message_draft draft = first->is;
    json_t *detail = json_pack("{s:I}", "count", (json_int_t)likes->count);
    if (likes->total > 0)
        json_object_set_new(detail, "total", json_integer(likes->total));
    draft.detail = detail;
    *likes = (struct likes){0};
    connector_deliver(fold->base, &draft);
    json_decref(detail);
    message_unref(first);
}

/* Three places a person; who finds them taken makes another's sum be told early. */
static struct likes *likes_of(struct tiktok_fold *fold, uint64_t hash)
{
    struct likes *free_place = NULL, *first = NULL;
    for (size_t i = 0; i < 3; i++) {
        struct likes *likes = &fold->likes[(hash + i) % LIKES_MAX];
        if (likes->hash == hash)
            return likes;
        if (likes->hash == 0) {
            free_place = likes;
        } else if (!first || likes->due_ms < first->due_ms) {
            first = likes;
        }
    }
    if (!free_place) {
        deliver_likes(fold, first);
        free_place = first;
    }
    return free_place;
}

bool tiktok_fold_add_like(struct tiktok_fold *fold, const struct message_draft *draft)
{
    if (!fold->loop)
        return false;
    uint64_t hash = hash_of(fold, draft->author.id);
    struct likes *likes = likes_of(fold, hash);
    int64_t total = json_get_int(draft->detail, "total", 0), count = json_get_int(draft->detail, "count", 1);
    if (likes->hash == 0)
        *likes = (struct likes){.hash = hash, .first = message_create(draft), .due_ms = clock_monotonic_ms() + fold->likes_ms};
    if (__builtin_add_overflow(likes->count, count, &likes->count))
        likes->count = INT64_MAX;
    likes->total = total > likes->total ? total : likes->total;
    return true;
}

/* ---- subscriptions ---- */

bool tiktok_fold_is_new_subscription(struct tiktok_fold *fold, struct str author_id, int64_t now_ms)
{
    uint64_t hash = hash_of(fold, author_id);
    for (size_t i = 0; i < SUBSCRIPTIONS; i++) {
        int64_t since_ms = now_ms - fold->subscriptions[i].at_ms;
        if (fold->subscriptions[i].hash == hash && since_ms > -SUBSCRIPTION_MS && since_ms < SUBSCRIPTION_MS)
            return false;
    }
    size_t at = fold->subscription_at++ % SUBSCRIPTIONS;
    fold->subscriptions[at].hash = hash;
    fold->subscriptions[at].at_ms = now_ms;
    return true;
}

/* ---- what comes again ---- */

/* The slot that holds id, or the free one where it belongs. Never full: half of the slots stay free. */
static int64_t *slot_of(int64_t *slots, uint64_t hash, int64_t id)
{
    size_t i = hash % KNOWN_SLOTS;
    while (slots[i] != 0 && slots[i] != id)
        i = (i + 1) % KNOWN_SLOTS;
    return &slots[i];
}

bool tiktok_fold_is_known(struct tiktok_fold *fold, int64_t id)
{
    struct known *known = &fold->known;
    if (id == 0)
        return false;
    uint64_t hash = hash_bytes(&fold->hash_key, &id, sizeof(id));
    int64_t *slot = slot_of(known->slots[known->young], hash, id);
    if (*slot == id || *slot_of(known->slots[!known->young], hash, id) == id)
        return true;
    *slot = id;
    if (++known->count == KNOWN_MAX) {
        known->young = !known->young;
        known->count = 0;
        memset(known->slots[known->young], 0, sizeof(known->slots[0]));
    }
    return false;
}

/* ---- time ---- */

static void handle_tick(void *data)
{
    struct tiktok_fold *fold = data;
    int64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < STREAKS_MAX; i++) {
        if (fold->streaks[i].hash != 0 && fold->streaks[i].due_ms <= now_ms)
            close_streak(fold, &fold->streaks[i]);
    }
    for (size_t i = 0; i < LIKES_MAX; i++) {
        if (fold->likes[i].hash != 0 && fold->likes[i].due_ms <= now_ms)
            deliver_likes(fold, &fold->likes[i]);
    }
    timer_start(&fold->timer, TICK_MS);
}

void tiktok_fold_start(struct tiktok_fold *fold, struct loop *loop, int64_t streak_ms, int64_t likes_ms)
{
    fold->streak_ms = streak_ms;
    fold->likes_ms = likes_ms;
    fold->loop = loop;
    timer_init(&fold->timer, loop, handle_tick, fold);
    timer_start(&fold->timer, TICK_MS);
}

struct tiktok_fold *tiktok_fold_create(struct connector *base)
{
    struct tiktok_fold *fold = xcalloc(1, sizeof(*fold));
    fold->base = base;
    random_bytes(&fold->hash_key, sizeof(fold->hash_key));
    return fold;
}

void tiktok_fold_destroy(struct tiktok_fold *fold)
{
    if (!fold)
        return;
    timer_stop(&fold->timer);
    for (size_t i = 0; i < STREAKS_MAX; i++)
        message_unref(fold->streaks[i].last);
    for (size_t i = 0; i < LIKES_MAX; i++)
        message_unref(fold->likes[i].first);
    free(fold);
}
