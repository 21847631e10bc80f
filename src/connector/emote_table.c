#include "connector/emote_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

enum { SIZE_FIRST = 1024, EMOTES_A_TEXT_MAX = 300, FILTER_BITS = 1 << 14 };

struct entry {
    char *word;  // owned, with id and url in one piece; NULL: free
    struct str id, url;
    uint32_t len;
};

struct emote_table {
    struct hash_key key;
    struct entry *entries;  // open addressing; size is a power of two, at most half of it is used
    size_t size, count;
    uint64_t filter[FILTER_BITS / 64];  // of length, first and last bytes: most words are no emote, and end here
};

/* Three bytes and the length, mixed by one multiplication. */
static uint32_t filter_bit(const char *word, size_t len)
{
    uint32_t mixed = (uint32_t)(unsigned char)word[0] | (uint32_t)(unsigned char)word[len - 1] << 8 |
                     (uint32_t)(unsigned char)word[len / 2] << 16 | (uint32_t)len << 24;
    return mixed * UINT32_C(2654435761) >> 18;
}

struct emote_table *emote_table_create(void)
{
    struct emote_table *table = xcalloc(1, sizeof(*table));
    random_bytes(&table->key, sizeof(table->key));
    table->size = SIZE_FIRST;
    table->entries = xcalloc(table->size, sizeof(*table->entries));
    return table;
}

void emote_table_destroy(struct emote_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->size; i++)
        free(table->entries[i].word);
    free(table->entries);
    free(table);
}

static struct entry *find_place(const struct emote_table *table, const char *word, size_t len)
{
    size_t at = hash_bytes(&table->key, word, len) & (table->size - 1);
    struct entry *entry = &table->entries[at];
    while (entry->word && (entry->len != len || memcmp(entry->word, word, len) != 0)) {
        at = (at + 1) & (table->size - 1);
        entry = &table->entries[at];
    }
    return entry;
}

static void grow(struct emote_table *table)
{
    struct entry *old = table->entries;
    size_t old_size = table->size;
    table->size *= 2;
    table->entries = xcalloc(table->size, sizeof(*table->entries));
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].word)
            *find_place(table, old[i].word, old[i].len) = old[i];
    }
    free(old);
}

static bool is_word(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((unsigned char)word.data[i] <= ' ')
            return false;
    }
    return word.len > 0 && word.len <= EMOTE_WORD_BYTES_MAX;
}

void emote_table_add(struct emote_table *table, struct str word, struct str id, struct str url)
{
    if (!is_word(word) || url.len == 0)
        return;
    if (2 * table->count >= table->size)
        grow(table);
    struct entry *entry = find_place(table, word.data, word.len);
    if (entry->word)
        return;
    char *text = xmalloc(word.len + id.len + url.len);
    memcpy(text, word.data, word.len);
    memcpy(text + word.len, id.data, id.len);
    memcpy(text + word.len + id.len, url.data, url.len);
    *entry = (struct entry){.word = text, .len = (uint32_t)word.len, .id = {text + word.len, id.len},
                            .url = {text + word.len + id.len, url.len}};
    table->count++;
    uint32_t bit = filter_bit(word.data, word.len);
    table->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

size_t emote_table_count(const struct emote_table *table)
{
    return table->count;
}

/* ---- finding ---- */

static const struct entry *find(const struct emote_table *table, const char *word, size_t len)
{
    if (len > EMOTE_WORD_BYTES_MAX)
        return NULL;
    const struct entry *entry = find_place(table, word, len);
    return entry->word ? entry : NULL;
}

static bool is_covered(const struct message_draft *draft, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < draft->emote_count; i++) {
        if (draft->emotes[i].from < to && draft->emotes[i].to > from)
            return true;
    }
    return false;
}

/* The platform's own come first, in the array and in their right. */
static void begin_finds(const struct message_draft *draft, struct emote_finds *finds)
{
    if (finds->capacity < draft->emote_count + EMOTES_A_TEXT_MAX) {
        finds->capacity = draft->emote_count + EMOTES_A_TEXT_MAX;
        finds->found = xreallocarray(finds->found, finds->capacity, sizeof(*finds->found));
    }
    if (draft->emote_count > 0)
        memcpy(finds->found, draft->emotes, draft->emote_count * sizeof(*finds->found));
}

static int compare(const void *a, const void *b)
{
    const struct emote *left = a, *right = b;
    return (left->from > right->from) - (left->from < right->from);
}

/* What is being done to one message. */
struct pass {
    const struct emote_table *table;
    struct message_draft *draft;
    struct emote_finds *finds;
    size_t count;  // found so far
};

static void take_word(struct pass *pass, size_t from, size_t to)
{
    const struct emote_table *table = pass->table;
    const char *word = pass->draft->text.data + from;
    uint32_t bit = filter_bit(word, to - from);
    if (!(table->filter[bit / 64] & UINT64_C(1) << bit % 64))
        return;
    const struct entry *entry = find(table, word, to - from);
    if (!entry || pass->count == EMOTES_A_TEXT_MAX || is_covered(pass->draft, (uint32_t)from, (uint32_t)to))
        return;
    if (pass->count == 0)
        begin_finds(pass->draft, pass->finds);
    pass->finds->found[pass->draft->emote_count + pass->count++] = (struct emote){
        .id = entry->id, .name = {entry->word, entry->len}, .url = entry->url, .from = (uint32_t)from, .to = (uint32_t)to};
}

/* The top bit of each of eight bytes that is a blank; nothing is carried from one byte to the next. */
static uint64_t find_blanks(const char *bytes)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    word ^= UINT64_C(0x2020202020202020);
    return ~(((word & low) + low) | word | low);
}

/* Calls take_word() for what lies between blanks, eight bytes at a time: most of the cost is to find the words. */
static void each_word(struct pass *pass)
{
    const char *text = pass->draft->text.data;
    size_t len = pass->draft->text.len, begin = 0, at = 0;
    for (; at + 8 <= len; at += 8) {
        for (uint64_t blanks = find_blanks(text + at); blanks; blanks &= blanks - 1) {
            // The first byte is the lowest one on every machine that we build for.
            size_t end = at + (size_t)__builtin_ctzll(blanks) / 8;
            if (end > begin)
                take_word(pass, begin, end);
            begin = end + 1;
        }
    }
    for (; at < len; at++) {
        if (text[at] != ' ')
            continue;
        if (at > begin)
            take_word(pass, begin, at);
        begin = at + 1;
    }
    if (len > begin)
        take_word(pass, begin, len);
}

void emote_table_apply(const struct emote_table *table, struct message_draft *draft, struct emote_finds *finds)
{
    struct pass pass = {table, draft, finds, 0};
    each_word(&pass);
    if (pass.count == 0)
        return;
    draft->emote_count += pass.count;
    draft->emotes = finds->found;
    qsort(finds->found, draft->emote_count, sizeof(*finds->found), compare);
}
