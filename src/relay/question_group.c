#include "relay/question_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "relay/letters.h"
#include "relay/question_print.h"

enum { BANDS = 6, ROWS = 2, MINIMA = BANDS * ROWS, SETS = 6, SIGNS = BANDS + SETS, WAYS = 8, FIRST_ENTRIES = 256, GONE = -1 };

struct entry {
    uint64_t id;                   // 0: free, and then `next_free` says which comes after
    struct question_print *print;  // owned
    uint32_t signs[SIGNS];         // the first sign_count
    uint32_t sign_count;
    uint32_t next_free;
};

struct way {
    uint32_t sign;
    uint32_t entry;  // + 1; 0: free
};

/* One cache line, the newest first. */
struct bucket {
    struct way ways[WAYS];
};

/* Open addressing by hash: entry + 1; 0: free; GONE: was used. */
struct table {
    uint32_t *cells;
    size_t size, used;  // size: a power of two
};

struct question_group {
    struct entry *entries;
    size_t count, capacity, high;  // high: entries that were ever used
    uint32_t first_free;           // + 1
    struct bucket *buckets;        // in bucket_memory, each on a line of its own
    void *bucket_memory;
    size_t bucket_count;           // a power of two
    struct table by_id, by_key;
    uint64_t seeds[MINIMA];        // drawn, so that nobody outside can fill one bucket
    size_t print_bytes;
};

struct question_group *question_group_create(void)
{
    struct question_group *group = xcalloc(1, sizeof(*group));
    random_bytes(group->seeds, sizeof(group->seeds));
    return group;
}

void question_group_destroy(struct question_group *group)
{
    if (!group)
        return;
    for (size_t i = 0; i < group->high; i++)
        free(group->entries[i].print);
    free(group->entries);
    free(group->bucket_memory);
    free(group->by_id.cells);
    free(group->by_key.cells);
    free(group);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

/* --- Grams --- */

struct minima {
    const uint64_t *seeds;
    uint32_t least[MINIMA];
};

static void add_gram(struct minima *minima, uint64_t gram)
{
    uint64_t hash = mix(gram);
    for (int i = 0; i < MINIMA; i++) {
        uint32_t value = (uint32_t)((hash ^ minima->seeds[i]) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
        if (value < minima->least[i])
            minima->least[i] = value;
    }
}

/* " so", "son", "ong", "ng ": the ends tell words apart. */
static void add_word_grams(struct minima *minima, const uint16_t *letters, size_t count)
{
    uint64_t before = ' ', here = letters[0];
    for (size_t i = 1; i <= count; i++) {
        uint64_t next = i < count ? letters[i] : ' ';
        add_gram(minima, before << 32 | here << 16 | next);
        before = here;
        here = next;
    }
}

/* Letters of scripts without spaces alone, and with the next one if that stands beside it. */
static void add_dense_grams(struct minima *minima, const struct question_print *print, size_t token)
{
    const struct print_token *here = &print->tokens[token];
    uint64_t letter = print->letters[here->from];
    add_gram(minima, letter);
    if (token + 1 < print->token_count && print->tokens[token + 1].from == here->from + here->count)
        add_gram(minima, letter << 16 | print->letters[print->tokens[token + 1].from]);
}

static void make_bands(const struct question_group *group, const struct question_print *print, uint32_t *signs)
{
    struct minima minima = {.seeds = group->seeds};
    memset(minima.least, 0xff, sizeof(minima.least));
    for (size_t i = 0; i < print->token_count; i++) {
        const struct print_token *token = &print->tokens[i];
        if (letter_is_dense(print->letters[token->from])) {
            add_dense_grams(&minima, print, i);
        } else {
            add_word_grams(&minima, print->letters + token->from, token->count);
        }
    }
    for (int i = 0; i < BANDS; i++)
        signs[i] = (uint32_t)mix(((uint64_t)minima.least[ROWS * i] << 32 | minima.least[ROWS * i + 1]) + (uint64_t)i);
}

/* A sum has no order, so a token is left out by taking it away. */
static size_t make_sets(const struct question_group *group, const struct question_print *print, uint32_t *signs)
{
    uint64_t sum = group->seeds[0], parts[SETS];
    size_t count = 0;
    for (size_t i = 0; i < print->token_count; i++) {
        uint64_t part = mix(print->tokens[i].hash ^ group->seeds[1]);
        sum += part;
        if (count < SETS)
            parts[count++] = part;
    }
    signs[0] = (uint32_t)mix(sum);
    for (size_t i = 1; i < SETS && i <= count && print->token_count > 1; i++)
        signs[i] = (uint32_t)mix(sum - parts[i - 1]);
    return print->token_count > 1 ? 1 + (count < SETS - 1 ? count : SETS - 1) : 1;
}

static uint32_t make_signs(const struct question_group *group, const struct question_print *print, uint32_t *signs)
{
    if (print->token_count == 0)
        return 0;
    make_bands(group, print, signs);
    return BANDS + (uint32_t)make_sets(group, print, signs + BANDS);
}

/* --- Tables --- */

static uint64_t hash_of_id(const struct entry *entry)
{
    return mix(entry->id);
}

static uint64_t hash_of_key(const struct entry *entry)
{
    return mix(entry->print->key);
}

static void put(struct table *table, uint64_t hash, uint32_t entry)
{
    size_t at = hash & (table->size - 1);
    while (table->cells[at] != 0 && table->cells[at] != (uint32_t)GONE)
        at = (at + 1) & (table->size - 1);
    table->used += table->cells[at] == 0;
    table->cells[at] = entry + 1;
}

static void take(struct table *table, uint64_t hash, uint32_t entry)
{
    for (size_t at = hash & (table->size - 1); table->cells[at] != 0; at = (at + 1) & (table->size - 1)) {
        if (table->cells[at] == entry + 1) {
            table->cells[at] = (uint32_t)GONE;
            return;
        }
    }
}

static void rebuild(struct question_group *group, struct table *table, uint64_t (*hash_of)(const struct entry *))
{
    if ((table->used + 1) * 2 <= table->size)
        return;
    free(table->cells);
    table->size = 256;
    while (table->size < (group->count + 1) * 3)
        table->size *= 2;
    table->cells = xcalloc(table->size, sizeof(*table->cells));
    table->used = 0;
    for (size_t i = 0; i < group->high; i++) {
        if (group->entries[i].id != 0)
            put(table, hash_of(&group->entries[i]), (uint32_t)i);
    }
}

static struct entry *find_id(const struct question_group *group, uint64_t id)
{
    const struct table *table = &group->by_id;
    for (size_t at = mix(id) & (table->size - 1); table->size > 0 && table->cells[at] != 0; at = (at + 1) & (table->size - 1)) {
        uint32_t cell = table->cells[at];
        if (cell != (uint32_t)GONE && group->entries[cell - 1].id == id)
            return &group->entries[cell - 1];
    }
    return NULL;
}

/* --- Buckets --- */

static void put_signs(struct question_group *group, uint32_t index)
{
    const struct entry *entry = &group->entries[index];
    for (size_t i = 0; i < entry->sign_count; i++) {
        struct bucket *bucket = &group->buckets[entry->signs[i] & (group->bucket_count - 1)];
        memmove(bucket->ways + 1, bucket->ways, (WAYS - 1) * sizeof(*bucket->ways));
        bucket->ways[0] = (struct way){entry->signs[i], index + 1};
    }
}

static void take_signs(struct question_group *group, uint32_t index)
{
    const struct entry *entry = &group->entries[index];
    for (size_t i = 0; i < entry->sign_count; i++) {
        struct bucket *bucket = &group->buckets[entry->signs[i] & (group->bucket_count - 1)];
        size_t kept = 0;
        for (size_t k = 0; k < WAYS; k++) {
            if (bucket->ways[k].entry != index + 1)
                bucket->ways[kept++] = bucket->ways[k];
        }
        memset(bucket->ways + kept, 0, (WAYS - kept) * sizeof(*bucket->ways));
    }
}

static void make_buckets(struct question_group *group, size_t count)
{
    free(group->bucket_memory);
    group->bucket_count = count;
    group->bucket_memory = xcalloc(count + 1, sizeof(*group->buckets));
    uintptr_t misaligned = (uintptr_t)group->bucket_memory % sizeof(*group->buckets);
    group->buckets = (struct bucket *)((char *)group->bucket_memory + (misaligned ? sizeof(*group->buckets) - misaligned : 0));
}

/* Three buckets a question or more, so at most four of their eight ways are filled. */
static void grow_buckets(struct question_group *group)
{
    if (group->count * 3 < group->bucket_count)
        return;
    make_buckets(group, group->bucket_count ? group->bucket_count * 2 : FIRST_ENTRIES * 4);
    for (size_t i = 0; i < group->high; i++) {
        if (group->entries[i].id != 0)
            put_signs(group, (uint32_t)i);
    }
}

/* --- Adding and removing --- */

static uint32_t new_entry(struct question_group *group)
{
    if (group->first_free != 0) {
        uint32_t index = group->first_free - 1;
        group->first_free = group->entries[index].next_free;
        return index;
    }
    if (group->high == group->capacity) {
        group->capacity = group->capacity ? group->capacity * 2 : FIRST_ENTRIES;
        group->entries = xreallocarray(group->entries, group->capacity, sizeof(*group->entries));
    }
    return (uint32_t)group->high++;
}

static size_t bytes_of(const struct question_print *print)
{
    return sizeof(*print) + print->token_count * sizeof(*print->tokens) + print->letter_count * sizeof(*print->letters);
}

void question_group_add(struct question_group *group, uint64_t id, const struct question_print *print)
{
    question_group_remove(group, id);
    if (print->key == 0)
        return;  // marks and symbols alone: it joins nothing
    grow_buckets(group);
    uint32_t index = new_entry(group);
    struct entry *entry = &group->entries[index];
    *entry = (struct entry){.print = question_print_copy(print)};
    entry->sign_count = make_signs(group, print, entry->signs);
    rebuild(group, &group->by_id, hash_of_id);
    rebuild(group, &group->by_key, hash_of_key);
    entry->id = id;
    group->count++;
    group->print_bytes += bytes_of(print);
    put(&group->by_id, hash_of_id(entry), index);
    put(&group->by_key, hash_of_key(entry), index);
    put_signs(group, index);
}

bool question_group_remove(struct question_group *group, uint64_t id)
{
    struct entry *entry = find_id(group, id);
    if (!entry)
        return false;
    uint32_t index = (uint32_t)(entry - group->entries);
    take_signs(group, index);
    take(&group->by_id, hash_of_id(entry), index);
    take(&group->by_key, hash_of_key(entry), index);
    group->print_bytes -= bytes_of(entry->print);
    free(entry->print);
    *entry = (struct entry){.next_free = group->first_free};
    group->first_free = index + 1;
    group->count--;
    return true;
}

/* --- Finding --- */

static uint64_t find_key(const struct question_group *group, uint64_t key)
{
    uint64_t found = 0;
    const struct table *table = &group->by_key;
    for (size_t at = mix(key) & (table->size - 1); table->cells[at] != 0; at = (at + 1) & (table->size - 1)) {
        uint32_t cell = table->cells[at];
        const struct entry *entry = cell != (uint32_t)GONE ? &group->entries[cell - 1] : NULL;
        if (entry && entry->print->key == key && (found == 0 || entry->id < found))
            found = entry->id;
    }
    return found;
}

/* One stands under several signs and is looked at once. */
struct candidates {
    uint32_t entries[SIGNS * WAYS];
    size_t count;
};

static void add_candidate(struct candidates *candidates, uint32_t entry)
{
    for (size_t i = 0; i < candidates->count; i++) {
        if (candidates->entries[i] == entry)
            return;
    }
    candidates->entries[candidates->count++] = entry;
}

/* Among a million each step is a line that no cache has: all of a step are asked for before the first is used. */
static void collect(const struct question_group *group, const struct question_print *print, struct candidates *candidates)
{
    uint32_t signs[SIGNS];
    size_t sign_count = make_signs(group, print, signs), mask = group->bucket_count - 1;
    candidates->count = 0;
    for (size_t i = 0; i < sign_count; i++)
        __builtin_prefetch(&group->buckets[signs[i] & mask]);
    for (size_t i = 0; i < sign_count; i++) {
        const struct bucket *bucket = &group->buckets[signs[i] & mask];
        for (size_t k = 0; k < WAYS && bucket->ways[k].entry != 0; k++) {
            if (bucket->ways[k].sign == signs[i])
                add_candidate(candidates, bucket->ways[k].entry - 1);
        }
    }
    for (size_t i = 0; i < candidates->count; i++)
        __builtin_prefetch(&group->entries[candidates->entries[i]]);
    for (size_t i = 0; i < candidates->count; i++)
        __builtin_prefetch(group->entries[candidates->entries[i]].print);
}

uint64_t question_group_find(const struct question_group *group, const struct question_print *print)
{
    if (group->count == 0 || print->key == 0)
        return 0;
    uint64_t found = find_key(group, print->key);
    if (found != 0)
        return found;
    struct candidates candidates;
    collect(group, print, &candidates);
    int most = 0;
    for (size_t i = 0; i < candidates.count; i++) {
        const struct entry *entry = &group->entries[candidates.entries[i]];
        int likeness = question_print_likeness(entry->print, print);
        if (likeness > most || (likeness == most && likeness > 0 && entry->id < found)) {
            most = likeness;
            found = entry->id;
        }
    }
    return found;
}

size_t question_group_count(const struct question_group *group)
{
    return group->count;
}

size_t question_group_bytes(const struct question_group *group)
{
    return sizeof(*group) + group->capacity * sizeof(*group->entries) + group->bucket_count * sizeof(*group->buckets) +
           (group->by_id.size + group->by_key.size) * sizeof(uint32_t) + group->print_bytes;
}
