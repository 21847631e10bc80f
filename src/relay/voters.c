#include "relay/voters.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

enum { FIRST_SLOTS = 1024, NO_OPTION = -1, KEY_MAX = 512 };

struct slot {
    uint64_t hash;  // 0: free. A vote that was taken back keeps its slot, with NO_OPTION
    int8_t option;
};

struct voters {
    struct hash_key key;
    struct slot *slots;
    size_t capacity, used, count;  // capacity is a power of two; used also counts what was taken back
};

struct voters *voters_create(void)
{
    struct voters *voters = xcalloc(1, sizeof(*voters));
    random_bytes(&voters->key, sizeof(voters->key));
    voters->capacity = FIRST_SLOTS;
    voters->slots = xcalloc(voters->capacity, sizeof(*voters->slots));
    return voters;
}

void voters_destroy(struct voters *voters)
{
    if (!voters)
        return;
    free(voters->slots);
    free(voters);
}

static uint64_t hash_author(const struct voters *voters, struct str platform, struct str author_id)
{
    char key[KEY_MAX];
    size_t first = platform.len < 64 ? platform.len : 64;
    size_t second = author_id.len < KEY_MAX - 65 ? author_id.len : KEY_MAX - 65;
    memcpy(key, platform.data, first);
    key[first] = '\0';
    memcpy(key + first + 1, author_id.data, second);
    uint64_t hash = hash_bytes(&voters->key, key, first + 1 + second);
    return hash ? hash : 1;
}

static struct slot *find(const struct voters *voters, uint64_t hash)
{
    size_t mask = voters->capacity - 1, at = hash & mask;
    while (voters->slots[at].hash != 0 && voters->slots[at].hash != hash)
        at = (at + 1) & mask;
    return &voters->slots[at];
}

static void grow(struct voters *voters)
{
    struct voters larger = *voters;
    larger.capacity *= 2;
    larger.slots = xcalloc(larger.capacity, sizeof(*larger.slots));
    larger.used = 0;
    for (size_t i = 0; i < voters->capacity; i++) {
        const struct slot *slot = &voters->slots[i];
        if (slot->hash != 0 && slot->option != NO_OPTION) {
            *find(&larger, slot->hash) = *slot;
            larger.used++;
        }
    }
    free(voters->slots);
    *voters = larger;
}

int voters_set(struct voters *voters, struct str platform, struct str author_id, int option)
{
    if ((voters->used + 1) * 4 > voters->capacity * 3)
        grow(voters);
    uint64_t hash = hash_author(voters, platform, author_id);
    struct slot *slot = find(voters, hash);
    int before = slot->hash ? slot->option : NO_OPTION;
    voters->used += slot->hash == 0;
    voters->count += before == NO_OPTION;
    *slot = (struct slot){hash, (int8_t)option};
    return before;
}

int voters_get(const struct voters *voters, struct str platform, struct str author_id)
{
    const struct slot *slot = find(voters, hash_author(voters, platform, author_id));
    return slot->hash ? slot->option : NO_OPTION;
}

int voters_remove(struct voters *voters, struct str platform, struct str author_id)
{
    struct slot *slot = find(voters, hash_author(voters, platform, author_id));
    if (slot->hash == 0 || slot->option == NO_OPTION)
        return NO_OPTION;
    int before = slot->option;
    slot->option = NO_OPTION;
    voters->count--;
    return before;
}

size_t voters_count(const struct voters *voters)
{
    return voters->count;
}
