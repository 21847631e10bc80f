#include "relay/ballots.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/*
 * Votes lie in chunks that never move, so growing copies nothing but the places. A place is the vote's number and one;
 * numbers that were given back are used again.
 */
enum { CHUNK = 4096, FIRST_PLACES = 1024 };

#define FREE 0u
#define GONE UINT32_MAX

struct entry {
    uint64_t author, native, message;
    uint32_t older;  // of the same author, or the next unused; 0: none
    uint16_t source;
    int8_t option;
};

enum kind { AUTHOR, NATIVE };

struct table {  // open addressing; capacity is a power of two
    uint32_t *places;
    size_t capacity, used;  // used also counts those that are gone
};

struct ballots {
    bool first_counts;
    struct entry **chunks;
    size_t chunk_count, made;  // entries that were ever made
    uint32_t unused;           // 0: none
    size_t authors;
    struct table tables[2];    // of enum kind; an author's place holds the newest of his votes
};

static struct entry *entry_at(const struct ballots *ballots, uint32_t place)
{
    size_t number = place - 1;
    return &ballots->chunks[number / CHUNK][number % CHUNK];
}

static uint64_t key_of(const struct entry *entry, enum kind kind)
{
    return kind == AUTHOR ? entry->author : entry->native;
}

static void init_table(struct table *table, size_t capacity)
{
    *table = (struct table){.places = xcalloc(capacity, sizeof(*table->places)), .capacity = capacity};
}

struct ballots *ballots_create(bool first_counts)
{
    struct ballots *ballots = xcalloc(1, sizeof(*ballots));
    ballots->first_counts = first_counts;
    init_table(&ballots->tables[AUTHOR], FIRST_PLACES);
    init_table(&ballots->tables[NATIVE], FIRST_PLACES);
    return ballots;
}

void ballots_destroy(struct ballots *ballots)
{
    if (!ballots)
        return;
    for (size_t i = 0; i < ballots->chunk_count; i++)
        free(ballots->chunks[i]);
    free(ballots->chunks);
    free(ballots->tables[AUTHOR].places);
    free(ballots->tables[NATIVE].places);
    free(ballots);
}

/* ---- Tables ---- */

/* Where the key stands, or NULL. */
static uint32_t *find(const struct ballots *ballots, enum kind kind, uint64_t key)
{
    const struct table *table = &ballots->tables[kind];
    size_t mask = table->capacity - 1;
    for (size_t at = key & mask; table->places[at] != FREE; at = (at + 1) & mask) {
        if (table->places[at] != GONE && key_of(entry_at(ballots, table->places[at]), kind) == key)
            return &table->places[at];
    }
    return NULL;
}

static void put(struct table *table, uint64_t key, uint32_t place)
{
    size_t mask = table->capacity - 1, at = key & mask;
    while (table->places[at] != FREE)
        at = (at + 1) & mask;
    table->places[at] = place;
    table->used++;
}

/* Without those that are gone; twice as large if they were few. */
static void rebuild(struct ballots *ballots, enum kind kind)
{
    struct table old = ballots->tables[kind];
    size_t alive = 0;
    for (size_t i = 0; i < old.capacity; i++)
        alive += old.places[i] != FREE && old.places[i] != GONE;
    init_table(&ballots->tables[kind], alive * 4 > old.capacity ? old.capacity * 2 : old.capacity);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.places[i] != FREE && old.places[i] != GONE)
            put(&ballots->tables[kind], key_of(entry_at(ballots, old.places[i]), kind), old.places[i]);
    }
    free(old.places);
}

static void insert(struct ballots *ballots, enum kind kind, uint64_t key, uint32_t place)
{
    struct table *table = &ballots->tables[kind];
    if ((table->used + 1) * 3 > table->capacity * 2)
        rebuild(ballots, kind);
    put(table, key, place);
}

/* ---- Entries ---- */

static uint32_t make_entry(struct ballots *ballots)
{
    uint32_t place = ballots->unused;
    if (place) {
        ballots->unused = entry_at(ballots, place)->older;
        return place;
    }
    if (ballots->made == ballots->chunk_count * CHUNK) {
        ballots->chunks = xreallocarray(ballots->chunks, ballots->chunk_count + 1, sizeof(*ballots->chunks));
        ballots->chunks[ballots->chunk_count++] = xcalloc(CHUNK, sizeof(struct entry));
    }
    return (uint32_t)++ballots->made;
}

/* Off the author's chain and the table of native ids. */
static void drop(struct ballots *ballots, uint32_t *head, uint32_t place)
{
    struct entry *entry = entry_at(ballots, place);
    uint32_t *link = head;
    while (*link != place)
        link = &entry_at(ballots, *link)->older;
    *link = entry->older;
    if (*head == FREE) {
        *head = GONE;
        ballots->authors--;
    }
    uint32_t *native = entry->native ? find(ballots, NATIVE, entry->native) : NULL;
    if (native && *native == place)
        *native = GONE;
    *entry = (struct entry){.older = ballots->unused, .option = -1};
    ballots->unused = place;
}

/* The one that counts; 0: none. */
static uint32_t counted(const struct ballots *ballots, const uint32_t *head)
{
    uint32_t best = 0;
    for (uint32_t at = head && *head != GONE ? *head : 0; at; at = entry_at(ballots, at)->older) {
        uint64_t message = entry_at(ballots, at)->message;
        bool is_better = !best || (message < entry_at(ballots, best)->message) == ballots->first_counts;
        best = is_better ? at : best;
    }
    return best;
}

static struct ballot_choice choice(const struct ballots *ballots, const uint32_t *head)
{
    uint32_t at = counted(ballots, head);
    const struct entry *entry = at ? entry_at(ballots, at) : NULL;
    return entry ? (struct ballot_choice){entry->option, entry->source} : (struct ballot_choice){.option = -1};
}

static uint32_t find_on_chain(const struct ballots *ballots, const uint32_t *head, uint64_t message, size_t *length)
{
    uint32_t found = 0;
    *length = 0;
    for (uint32_t at = head ? *head : 0; at; at = entry_at(ballots, at)->older) {
        if (entry_at(ballots, at)->message == message)
            found = at;
        (*length)++;
    }
    return found;
}

/* Room for one more of an author who has voted very often: the one goes that is the last to count. False: this is. */
static bool make_room(struct ballots *ballots, uint32_t *head, uint64_t message)
{
    uint32_t worst = *head;
    for (uint32_t at = *head; at; at = entry_at(ballots, at)->older) {
        bool is_older = entry_at(ballots, at)->message < entry_at(ballots, worst)->message;
        worst = is_older != ballots->first_counts ? at : worst;
    }
    if ((message < entry_at(ballots, worst)->message) != ballots->first_counts)
        return false;
    drop(ballots, head, worst);
    return true;
}

static void add(struct ballots *ballots, uint32_t *head, const struct ballot *ballot)
{
    uint32_t place = make_entry(ballots);
    *entry_at(ballots, place) = (struct entry){.author = ballot->author, .native = ballot->native,
        .message = ballot->message, .older = head ? *head : 0, .source = ballot->source, .option = ballot->option};
    if (head) {
        *head = place;
    } else {
        insert(ballots, AUTHOR, ballot->author, place);
        ballots->authors++;
    }
    if (ballot->native)
        insert(ballots, NATIVE, ballot->native, place);
}

struct ballot_change ballots_set(struct ballots *ballots, const struct ballot *ballot)
{
    size_t length;
    uint32_t *head = find(ballots, AUTHOR, ballot->author);
    struct ballot_choice before = choice(ballots, head);
    uint32_t known = find_on_chain(ballots, head, ballot->message, &length);
    if (known) {
        entry_at(ballots, known)->option = ballot->option;
    } else if (length < BALLOTS_CHAIN_MAX || make_room(ballots, head, ballot->message)) {
        add(ballots, head, ballot);
        if (!head)
            return (struct ballot_change){before, {ballot->option, ballot->source}};
    }
    return (struct ballot_change){before, choice(ballots, head)};
}

struct ballot_change ballots_remove(struct ballots *ballots, uint64_t author, uint64_t message)
{
    size_t length;
    uint32_t *head = find(ballots, AUTHOR, author);
    struct ballot_choice before = choice(ballots, head);
    uint32_t known = find_on_chain(ballots, head, message, &length);
    if (known)
        drop(ballots, head, known);
    return (struct ballot_change){before, choice(ballots, head)};
}

static struct ballot describe(const struct entry *entry)
{
    return (struct ballot){entry->author, entry->native, entry->message, entry->source, entry->option};
}

bool ballots_find_native(const struct ballots *ballots, uint64_t native, struct ballot *found)
{
    const uint32_t *place = native ? find(ballots, NATIVE, native) : NULL;
    if (place)
        *found = describe(entry_at(ballots, *place));
    return place != NULL;
}

bool ballots_find_message(const struct ballots *ballots, uint64_t message, struct ballot *found)
{
    for (size_t i = 1; message && i <= ballots->made; i++) {
        const struct entry *entry = entry_at(ballots, (uint32_t)i);
        if (entry->message == message) {
            *found = describe(entry);
            return true;
        }
    }
    return false;
}

size_t ballots_of_author(const struct ballots *ballots, uint64_t author, struct ballot found[BALLOTS_CHAIN_MAX])
{
    const uint32_t *head = find(ballots, AUTHOR, author);
    size_t count = 0;
    for (uint32_t at = head ? *head : 0; at && count < BALLOTS_CHAIN_MAX; at = entry_at(ballots, at)->older)
        found[count++] = describe(entry_at(ballots, at));
    return count;
}

bool ballots_counts(const struct ballots *ballots, uint64_t author, uint64_t message)
{
    uint32_t at = counted(ballots, find(ballots, AUTHOR, author));
    return at && entry_at(ballots, at)->message == message;
}

size_t ballots_authors(const struct ballots *ballots)
{
    return ballots->authors;
}

size_t ballots_bytes(const struct ballots *ballots)
{
    return sizeof(*ballots) + ballots->chunk_count * (CHUNK * sizeof(struct entry) + sizeof(struct entry *)) +
           (ballots->tables[AUTHOR].capacity + ballots->tables[NATIVE].capacity) * sizeof(uint32_t);
}
