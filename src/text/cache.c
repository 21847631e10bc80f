#include "text/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

enum { BUCKETS = 4096 };

struct run_cache {
    struct run_entry *buckets[BUCKETS];
    struct list used;
    struct hash_key key;  // chat cannot choose its bucket
    size_t bytes, bytes_max, count;
    uint64_t hits, misses;
};

struct run_cache *run_cache_create(size_t bytes_max)
{
    struct run_cache *cache = xcalloc(1, sizeof(*cache));
    list_init(&cache->used);
    random_bytes(&cache->key, sizeof(cache->key));
    cache->bytes_max = bytes_max;
    return cache;
}

static void free_entry(struct run_entry *entry)
{
    shape_fini(&entry->shape);
    drawing_fini(&entry->drawing);
    free((void *)entry->run.text);
    free(entry);
}

static void forget(struct run_cache *cache, struct run_entry *entry)
{
    struct run_entry **place = &cache->buckets[entry->hash % BUCKETS];
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    list_remove(&entry->link);
    cache->bytes -= entry->bytes;
    cache->count--;
    entry->is_kept = false;
    if (entry->references == 0)
        free_entry(entry);
}

void run_cache_destroy(struct run_cache *cache)
{
    if (!cache)
        return;
    while (!list_is_empty(&cache->used))
        forget(cache, container_of(cache->used.next, struct run_entry, link));
    free(cache);
}

/* What the text does not tell is folded into its hash. */
static uint64_t hash_run(const struct run_cache *cache, const struct shape_run *run, int outline_px)
{
    const uint64_t rest[] = {hash_bytes(&cache->key, run->text, run->len), (uintptr_t)run->face,
        (uint64_t)run->size_px << 32 | (uint32_t)outline_px, (uint64_t)run->script << 1 | run->is_rtl};
    return hash_bytes(&cache->key, rest, sizeof(rest));
}

static bool is_same(const struct run_entry *entry, uint64_t hash, const struct shape_run *run, int outline_px)
{
    return entry->hash == hash && entry->outline_px == outline_px && entry->run.face == run->face &&
        entry->run.size_px == run->size_px && entry->run.script == run->script && entry->run.is_rtl == run->is_rtl &&
        entry->run.len == run->len && memcmp(entry->run.text, run->text, run->len) == 0;
}

static size_t entry_bytes(const struct run_entry *entry)
{
    return sizeof(*entry) + entry->run.len + entry->shape.count * sizeof(*entry->shape.clusters) +
        drawing_bytes(&entry->drawing);
}

static void make_room(struct run_cache *cache)
{
    while (cache->bytes > cache->bytes_max && !list_is_empty(&cache->used))
        forget(cache, container_of(cache->used.prev, struct run_entry, link));
}

static struct run_entry *add_entry(struct run_cache *cache, const struct shape_run *run, uint64_t hash, int outline_px)
{
    struct run_entry *entry = xcalloc(1, sizeof(*entry));
    entry->run = *run;
    entry->run.text = xstrndup(run->text, run->len);
    entry->hash = hash;
    entry->outline_px = outline_px;
    entry->references = 1;
    shape_init(&entry->shape, &entry->run);
    entry->bytes = entry_bytes(entry);
    entry->is_kept = true;
    entry->next = cache->buckets[hash % BUCKETS];
    cache->buckets[hash % BUCKETS] = entry;
    list_add(&cache->used, &entry->link);
    cache->bytes += entry->bytes;
    cache->count++;
    make_room(cache);
    return entry;
}

struct run_entry *run_cache_get(struct run_cache *cache, const struct shape_run *run, int outline_px)
{
    uint64_t hash = hash_run(cache, run, outline_px);
    for (struct run_entry *entry = cache->buckets[hash % BUCKETS]; entry; entry = entry->next) {
        if (!is_same(entry, hash, run, outline_px))
            continue;
        cache->hits++;
        entry->references++;
        list_remove(&entry->link);
        list_add(&cache->used, &entry->link);
        return entry;
    }
    cache->misses++;
    return add_entry(cache, run, hash, outline_px);
}

void run_cache_draw(struct run_cache *cache, struct run_entry *entry)
{
    if (entry->is_drawn)
        return;
    entry->is_drawn = true;
    drawing_init(&entry->drawing, &entry->run, entry->shape.advance, entry->outline_px);
    if (!entry->is_kept)
        return;
    cache->bytes -= entry->bytes;
    entry->bytes = entry_bytes(entry);
    cache->bytes += entry->bytes;
    make_room(cache);
}

void run_cache_release(struct run_cache *cache, struct run_entry *entry)
{
    if (!entry)
        return;
    if (--entry->references == 0 && !entry->is_kept)
        free_entry(entry);
}

struct text_engine_stats run_cache_stats(const struct run_cache *cache)
{
    return (struct text_engine_stats){.hits = cache->hits, .misses = cache->misses, .masks = cache->count,
        .bytes = cache->bytes};
}
