#include "relay/dedupe.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum { PLATFORMS_MAX = 64 };

struct entry {
    uint64_t hash, id;
};

struct platform {
    char *name;
    struct entry *ring;  // capacity entries; the n-th added is at n % capacity
    uint32_t *table;     // place in the ring + 1, open addressing, twice the capacity; 0: free
    uint64_t added;
};

struct dedupe {
    size_t capacity;
    struct platform platforms[PLATFORMS_MAX];
    size_t platform_count;
};

struct dedupe *dedupe_create(size_t capacity)
{
    assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
    struct dedupe *dedupe = xcalloc(1, sizeof(*dedupe));
    dedupe->capacity = capacity;
    return dedupe;
}

void dedupe_destroy(struct dedupe *dedupe)
{
    if (!dedupe)
        return;
    for (size_t i = 0; i < dedupe->platform_count; i++) {
        free(dedupe->platforms[i].name);
        free(dedupe->platforms[i].ring);
        free(dedupe->platforms[i].table);
    }
    free(dedupe);
}

static struct platform *find_platform(const struct dedupe *dedupe, struct str name)
{
    for (size_t i = 0; i < dedupe->platform_count; i++) {
        if (str_equal(str_from(dedupe->platforms[i].name), name))
            return (struct platform *)&dedupe->platforms[i];
    }
    return NULL;
}

/* Whole from the start, so that no message ever waits for a table to grow; calloc() takes memory only as it is used. */
static struct platform *add_platform(struct dedupe *dedupe, struct str name)
{
    if (dedupe->platform_count == PLATFORMS_MAX)
        return &dedupe->platforms[PLATFORMS_MAX - 1];  // hashes hold the platform, so sharing only makes it shorter
    struct platform *platform = &dedupe->platforms[dedupe->platform_count++];
    platform->name = xstrndup(name.data, name.len);
    platform->ring = xcalloc(dedupe->capacity, sizeof(*platform->ring));
    platform->table = xcalloc(dedupe->capacity * 2, sizeof(*platform->table));
    return platform;
}

static size_t home(const struct dedupe *dedupe, uint64_t hash)
{
    return hash & (dedupe->capacity * 2 - 1);
}

static size_t next(const struct dedupe *dedupe, size_t at)
{
    return (at + 1) & (dedupe->capacity * 2 - 1);
}

/* Where the hash stands in the table, or the free place where it would. */
static size_t find_place(const struct dedupe *dedupe, const struct platform *platform, uint64_t hash)
{
    size_t at = home(dedupe, hash);
    while (platform->table[at] && platform->ring[platform->table[at] - 1].hash != hash)
        at = next(dedupe, at);
    return at;
}

/* Takes a place out; what stands behind it in the same row moves up (Knuth, 6.4, algorithm R). */
static void free_place(const struct dedupe *dedupe, struct platform *platform, size_t at)
{
    size_t mask = dedupe->capacity * 2 - 1;
    for (size_t i = next(dedupe, at); platform->table[i]; i = next(dedupe, i)) {
        size_t wanted = home(dedupe, platform->ring[platform->table[i] - 1].hash);
        bool may_move = ((i - wanted) & mask) >= ((i - at) & mask);
        if (may_move) {
            platform->table[at] = platform->table[i];
            at = i;
        }
    }
    platform->table[at] = 0;
}

uint64_t dedupe_find(const struct dedupe *dedupe, struct str name, uint64_t hash)
{
    const struct platform *platform = find_platform(dedupe, name);
    if (!platform)
        return 0;
    uint32_t place = platform->table[find_place(dedupe, platform, hash)];
    return place ? platform->ring[place - 1].id : 0;
}

static void forget_oldest(const struct dedupe *dedupe, struct platform *platform, uint32_t place)
{
    if (platform->ring[place].id == 0)
        return;
    size_t at = find_place(dedupe, platform, platform->ring[place].hash);
    // After the same hash came again the table points to the younger one.
    if (platform->table[at] == place + 1)
        free_place(dedupe, platform, at);
}

void dedupe_add(struct dedupe *dedupe, struct str name, uint64_t hash, uint64_t id)
{
    struct platform *platform = find_platform(dedupe, name);
    if (!platform)
        platform = add_platform(dedupe, name);
    uint32_t place = (uint32_t)(platform->added++ & (dedupe->capacity - 1));
    forget_oldest(dedupe, platform, place);
    platform->ring[place] = (struct entry){hash, id};
    platform->table[find_place(dedupe, platform, hash)] = place + 1;
}
