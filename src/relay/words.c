#include "relay/words.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ustring.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "relay/words_private.h"

enum { INNOCENT_MAX = 16 };  // places in a text; more are not looked for

/* An entry of a list. */
struct word {
    const char *list, *category;  // of words.names
    char *text;                   // as written; owned; NULL: taken away
    bool is_open_start, is_open_end;  // "*word", "word*"
    bool is_anywhere;             // of a script without blanks
    bool is_exact;                // "=word": no look-alikes, no accents
    bool is_innocent;             // "~word": what it covers is let be
};

struct words {
    struct word *list;
    size_t count, capacity, left;  // left: without those taken away
    struct pattern *patterns;
    size_t pattern_count, pattern_capacity;
    struct tree *tree;
    char **names;  // of lists and categories
    size_t name_count;
    struct reading reading;
};

struct words *words_create(void)
{
    return xcalloc(1, sizeof(struct words));
}

void words_destroy(struct words *words)
{
    if (!words)
        return;
    for (size_t i = 0; i < words->count; i++)
        free(words->list[i].text);
    for (size_t i = 0; i < words->pattern_count; i++)
        free(words->patterns[i].spots);
    for (size_t i = 0; i < words->name_count; i++)
        free(words->names[i]);
    tree_destroy(words->tree);
    reading_fini(&words->reading);
    free(words->list);
    free(words->patterns);
    free(words->names);
    free(words);
}

size_t words_count(const struct words *words)
{
    return words->left;
}

const char *words_keep_name(struct words *words, const char *name, size_t len)
{
    for (size_t i = 0; i < words->name_count; i++) {
        if (strlen(words->names[i]) == len && memcmp(words->names[i], name, len) == 0)
            return words->names[i];
    }
    words->names = xreallocarray(words->names, words->name_count + 1, sizeof(*words->names));
    return words->names[words->name_count++] = xstrndup(name, len);
}

/* --- Entries --- */

/* "~" or "=", "*" at both ends; what is left are the letters. */
static struct str take_signs(struct str entry, struct word *word)
{
    if (entry.len > 0 && (entry.data[0] == '=' || entry.data[0] == '~')) {
        word->is_exact = entry.data[0] == '=';
        word->is_innocent = entry.data[0] == '~';
        entry = (struct str){entry.data + 1, entry.len - 1};
    }
    if (entry.len > 0 && entry.data[0] == '*') {
        word->is_open_start = true;
        entry = (struct str){entry.data + 1, entry.len - 1};
    }
    if (entry.len > 0 && entry.data[entry.len - 1] == '*') {
        word->is_open_end = true;
        entry.len--;
    }
    return entry;
}

static bool has_pattern(const struct words *words, const struct reading *reading, size_t first)
{
    for (size_t i = first; i < words->pattern_count; i++) {
        const struct pattern *pattern = &words->patterns[i];
        size_t k = 0;
        while (k < reading->count && k < pattern->count && pattern->spots[k].base == reading->spots[k].base)
            k++;
        if (k == reading->count && k == pattern->count)
            return true;
    }
    return false;
}

/* The letters as they are now read, unless an earlier form of the same entry reads the same. */
static void add_pattern(struct words *words, size_t first)
{
    const struct reading *reading = &words->reading;
    if (has_pattern(words, reading, first))
        return;
    if (words->pattern_count == words->pattern_capacity) {
        words->pattern_capacity = words->pattern_capacity ? words->pattern_capacity * 2 : 1024;
        words->patterns = xreallocarray(words->patterns, words->pattern_capacity, sizeof(*words->patterns));
    }
    struct spot *spots = xcalloc(reading->count, sizeof(*spots));
    memcpy(spots, reading->spots, reading->count * sizeof(*spots));
    words->patterns[words->pattern_count++] =
        (struct pattern){.spots = spots, .count = reading->count, .word = (uint32_t)words->count};
}

static void read_letters(struct words *words, struct str letters)
{
    reading_begin(&words->reading, letters, NULL, 0);
    reading_make(&words->reading, words->reading.has_stand_ins ? STAND_INS_FIRST : AS_WRITTEN);
}

static void fold_case(struct buffer *out, struct str text, bool is_upper)
{
    UChar units[WORD_LETTERS_MAX * 8], cased[WORD_LETTERS_MAX * 8];
    char bytes[WORD_LETTERS_MAX * 24];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0, len = 0, max = (int32_t)ARRAY_LENGTH(units);
    u_strFromUTF8(units, max, &count, text.data, (int32_t)text.len, &status);
    count = is_upper ? u_strToUpper(cased, max, units, count, "", &status) : u_strToLower(cased, max, units, count, "", &status);
    u_strToUTF8(bytes, (int32_t)sizeof(bytes), &len, cased, count, &status);
    if (U_SUCCESS(status))
        buffer_add(out, bytes, (size_t)len);
}

/* As written, in capitals, in small letters: some letters look different in each. */
static void add_patterns(struct words *words, struct str letters)
{
    size_t first = words->pattern_count;
    read_letters(words, letters);
    add_pattern(words, first);
    for (int is_upper = 0; is_upper < 2; is_upper++) {
        struct buffer cased = {0};
        fold_case(&cased, letters, is_upper);
        if (cased.len > 0) {
            read_letters(words, (struct str){cased.data, cased.len});
            add_pattern(words, first);
        }
        buffer_fini(&cased);
    }
}

static bool is_unspaced(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (!(reading->spots[i].flags & SPOT_BREAK))
            return lookalike_find(reading->spots[i].plain)->group == GLYPH_UNSPACED;
    }
    return false;
}

bool words_add_entry(struct words *words, const char *list, const char *category, struct str entry, const char **why_not)
{
    struct word word = {.list = list, .category = category};
    struct str letters = take_signs(entry, &word);
    if (letters.len == 0 || letters.len > WORD_LETTERS_MAX * 4) {
        *why_not = letters.len == 0 ? "there are no letters in it" : "it is too long for a word or a phrase";
        return false;
    }
    read_letters(words, letters);
    if (words->reading.count == 0 || words->reading.count > WORD_LETTERS_MAX) {
        *why_not = words->reading.count == 0 ? "there are no letters in it" : "it is too long for a word or a phrase";
        return false;
    }
    word.is_anywhere = is_unspaced(&words->reading);
    bool is_one = words->reading.count == 1 && words->reading.spots[0].run == 1;
    if (is_one && (word.is_open_start || word.is_open_end) && !word.is_anywhere) {
        *why_not = "a single letter with a star is in nearly every word";
        return false;
    }
    if (words->count == WORDS_MAX) {
        *why_not = "there are too many entries";
        return false;
    }
    add_patterns(words, letters);
    if (words->count == words->capacity) {
        words->capacity = words->capacity ? words->capacity * 2 : 1024;
        words->list = xreallocarray(words->list, words->capacity, sizeof(*words->list));
    }
    word.text = xstrndup(entry.data, entry.len);
    words->list[words->count++] = word;
    words->left++;
    return true;
}

static struct str letters_of(const char *text)
{
    struct word word = {0};
    return take_signs(str_from(text), &word);
}

void words_remove_entry(struct words *words, struct str entry)
{
    struct word word = {0};
    struct str letters = take_signs(entry, &word);
    for (size_t i = 0; i < words->count; i++) {
        if (words->list[i].text && str_equal(letters_of(words->list[i].text), letters)) {
            free(words->list[i].text);
            words->list[i].text = NULL;
            words->left--;
        }
    }
}

void words_finish(struct words *words)
{
    size_t kept = 0;
    for (size_t i = 0; i < words->pattern_count; i++) {
        if (words->list[words->patterns[i].word].text) {
            words->patterns[kept++] = words->patterns[i];
        } else {
            free(words->patterns[i].spots);
        }
    }
    words->pattern_count = kept;
    tree_destroy(words->tree);
    words->tree = tree_create(words->patterns, kept);
}

/* --- Finding --- */

struct search {
    const struct words *words;
    const struct reading *reading;
    bool is_joined;
    struct word_hit *hits;
    size_t count, max;
    struct { uint32_t from, to; } innocent[INNOCENT_MAX];
    size_t innocent_count;
};

static bool is_vowel(uint32_t letter)
{
    return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u';
}

/*
 * "baaad" is bad, but "as" is not ass and "bitte" is not bite: what stands there three times or more is stretched, and
 * so is a vowel that stands twice in a longer word ("fuuck").
 */
static bool run_fits(const struct spot *spot, const struct spot *wanted, bool is_open, size_t len)
{
    if (spot->run == wanted->run || (is_open && spot->run > wanted->run))
        return true;
    if (wanted->flags & SPOT_DIGIT)
        return false;
    return spot->run > wanted->run && (spot->run > 2 || (len >= 4 && is_vowel(spot->base)));
}

/* An accent or a digit that stands in the entry must stand in the text; a plain letter may be any that looks like it. */
static bool letter_fits(const struct spot *spot, const struct spot *wanted, bool is_exact)
{
    const uint8_t kinds = SPOT_MARKED | SPOT_STAND_IN;
    if (is_exact)
        return spot->plain == wanted->plain && (spot->flags & kinds) == (wanted->flags & kinds);
    if (wanted->flags & SPOT_STAND_IN)
        return spot->plain == wanted->plain;
    return !(wanted->flags & SPOT_MARKED) || (spot->flags & SPOT_MARKED);
}

static bool letters_fit(const struct spot *spots, const struct pattern *pattern, const struct word *word)
{
    for (size_t i = 0; i < pattern->count; i++) {
        bool is_open = (i == 0 && (word->is_open_start || word->is_anywhere)) ||
                       (i + 1 == pattern->count && (word->is_open_end || word->is_anywhere));
        if (!run_fits(&spots[i], &pattern->spots[i], is_open, pattern->count) ||
            !letter_fits(&spots[i], &pattern->spots[i], word->is_exact))
            return false;
    }
    return true;
}

/*
 * Of words brought together the entry begins with one and ends with one, so that "push-it" and "class-hit" are let be.
 * Over blanks all but one of them are single letters.
 */
static bool join_fits(const struct spot *spots, size_t count, const struct word *word)
{
    size_t tokens = 0, long_tokens = 0, spaces = 0;
    for (size_t i = 0; i < count; i++) {
        tokens += spots[i].tokens;
        long_tokens += spots[i].long_tokens;
        spaces += spots[i].spaces_within + (i > 0 ? spots[i].spaces_before : 0u);
    }
    if (tokens < 2 || !(spots[0].flags & SPOT_START) || (!word->is_open_end && !(spots[count - 1].flags & SPOT_END)))
        return false;
    return spaces == 0 || (long_tokens <= 1 && (tokens >= 3 || long_tokens == 1));
}

static bool bounds_fit(const struct spot *spots, size_t count, const struct word *word)
{
    return (word->is_open_start || (spots[0].flags & SPOT_START)) &&
           (word->is_open_end || (spots[count - 1].flags & SPOT_END));
}

static void add_hit(struct search *search, const struct word *word, uint32_t from, uint32_t to)
{
    if (word->is_innocent) {
        if (search->innocent_count < INNOCENT_MAX) {
            search->innocent[search->innocent_count].from = from;
            search->innocent[search->innocent_count++].to = to;
        }
        return;
    }
    const struct word_hit found = {word->list, word->category, word->text, from, to};
    for (size_t i = 0; i < search->count; i++) {
        struct word_hit *hit = &search->hits[i];
        if (to <= hit->from || hit->to <= from)
            continue;
        if (to - from > hit->to - hit->from)  // that place is known; the longer word says more
            *hit = found;
        return;
    }
    search->hits[search->count++] = found;
}

static bool handle_found(void *data, uint32_t index, size_t end)
{
    struct search *search = data;
    for (uint32_t next = index + 1; next && search->count < search->max;) {
        const struct pattern *pattern = &search->words->patterns[next - 1];
        const struct word *word = &search->words->list[pattern->word];
        next = pattern->next;
        const struct spot *spots = &search->reading->spots[end + 1 - pattern->count];
        bool is_there = word->is_anywhere   ? !search->is_joined
                        : search->is_joined ? join_fits(spots, pattern->count, word)
                                            : bounds_fit(spots, pattern->count, word);
        if (is_there && letters_fit(spots, pattern, word))
            add_hit(search, word, spots[0].from, spots[pattern->count - 1].to);
    }
    return search->count < search->max;
}

static bool is_covered(const struct search *search, const struct word_hit *hit)
{
    for (size_t i = 0; i < search->innocent_count; i++) {
        if (search->innocent[i].from <= hit->from && hit->to <= search->innocent[i].to)
            return true;
    }
    return false;
}

static void drop_innocent(struct search *search)
{
    size_t kept = 0;
    for (size_t i = 0; i < search->count; i++) {
        if (!is_covered(search, &search->hits[i]))
            search->hits[kept++] = search->hits[i];
    }
    search->count = kept;
}

static void search_reading(struct search *search, struct reading *reading, enum stand_ins stand_ins)
{
    reading_make(reading, stand_ins);
    search->is_joined = false;
    tree_search(search->words->tree, reading->spots, reading->count, handle_found, search);
    if (!reading->has_joins || search->count == search->max)
        return;
    reading_join(reading);
    search->is_joined = true;
    tree_search(search->words->tree, reading->spots, reading->count, handle_found, search);
}

size_t words_find(struct words *words, struct str text, const struct emote *emotes, size_t emote_count,
                  struct word_hit *hits, size_t max)
{
    struct reading *reading = &words->reading;
    struct search search = {.words = words, .reading = reading, .hits = hits, .max = max};
    if (text.len == 0 || words->pattern_count == 0 || max == 0)
        return 0;
    reading_begin(reading, text, emotes, emote_count);
    search_reading(&search, reading, AS_WRITTEN);
    if (reading->has_stand_ins && search.count < max)
        search_reading(&search, reading, STAND_INS_FIRST);
    if (reading->has_second && search.count < max)
        search_reading(&search, reading, STAND_INS_SECOND);
    if (search.count > 0 && search.innocent_count > 0)
        drop_innocent(&search);
    return search.count;
}
