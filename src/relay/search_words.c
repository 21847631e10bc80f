#include "relay/search_words.h"

#include <stdint.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "relay/han.h"

enum { QUERY_WORDS_MAX = 16, QUERY_BYTES_MAX = 400 };

struct range {
    uint32_t first, last;
};

/* Unicode 15, Blocks.txt; only what is written without spaces, or (Hangul) with endings grown onto the word. */
static const struct range dense[] = {
    {0x0e01, 0x0e7f}, {0x0e81, 0x0eff}, {0x1000, 0x109f}, {0x1100, 0x11ff}, {0x1780, 0x17ff},
    {0x3005, 0x3007}, {0x3041, 0x309f}, {0x30a1, 0x30ff}, {0x3105, 0x312f}, {0x3131, 0x318e},
    {0x31f0, 0x31ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
    {0xff66, 0xff9d}, {0x20000, 0x3ffff},
};
static const struct range pictures[] = {{0x2600, 0x27bf}, {0x2b05, 0x2b55}, {0x1f000, 0x1faff}};
static const struct range dropped[] = {
    {0x00ad, 0x00ad}, {0x0610, 0x061a}, {0x0640, 0x0640}, {0x064b, 0x065f}, {0x0670, 0x0670}, {0x06d6, 0x06dc},
    {0x06df, 0x06e8}, {0x06ea, 0x06ed}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2069}, {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff}, {0xe0000, 0xe01ef},
};

static const struct {
    uint32_t from, to;
} same[] = {
    {0x0622, 0x0627}, {0x0623, 0x0627}, {0x0624, 0x0648}, {0x0625, 0x0627}, {0x0626, 0x06cc}, {0x0629, 0x0647},
    {0x0643, 0x06a9}, {0x0649, 0x06cc}, {0x064a, 0x06cc}, {0x0671, 0x0627}, {0x06be, 0x0647}, {0x06c0, 0x0647},
    {0x06c1, 0x0647}, {0x06d5, 0x0647},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t scalar)
{
    size_t i = 0;
    while (i < count && scalar > ranges[i].last)
        i++;
    return i < count && scalar >= ranges[i].first;
}

static uint32_t fold(uint32_t scalar)
{
    if (scalar >= 0x0660 && scalar <= 0x0669)
        return '0' + (scalar - 0x0660);
    if (scalar >= 0x06f0 && scalar <= 0x06f9)
        return '0' + (scalar - 0x06f0);
    if (scalar >= 0xff01 && scalar <= 0xff5e)
        return '!' + (scalar - 0xff01);
    if (scalar >= 0x3400)
        return han_simplify(scalar);
    if (scalar < same[0].from || scalar > same[ARRAY_LENGTH(same) - 1].from)
        return scalar;
    for (size_t i = 0; i < ARRAY_LENGTH(same); i++) {
        if (same[i].from == scalar)
            return same[i].to;
    }
    return scalar;
}

static void add(struct buffer *out, uint32_t scalar)
{
    char *at = buffer_reserve(out, 4);
    out->len += utf8_encode(scalar, at);
}

/* Pairs of a run: "abc" becomes "ab bc c"; the last one alone lets every character begin a word. */
struct run {
    uint32_t previous;  // 0: not in a run
    bool is_long;
    bool for_query;     // then a run of two or more ends with its last pair
};

static void end_run(struct run *run, struct buffer *out)
{
    if (run->previous && !(run->for_query && run->is_long)) {
        add(out, run->previous);
        buffer_add_char(out, ' ');
    }
    run->previous = 0;
    run->is_long = false;
}

static void add_dense(struct run *run, uint32_t scalar, struct buffer *out)
{
    if (run->previous) {
        add(out, run->previous);
        add(out, scalar);
        buffer_add_char(out, ' ');
        run->is_long = true;
    } else {
        buffer_add_char(out, ' ');
    }
    run->previous = scalar;
}

static void fold_text(struct str text, bool for_query, struct buffer *out)
{
    struct run run = {.for_query = for_query};
    for (size_t at = 0, size; at < text.len; at += size) {
        uint32_t scalar = fold(utf8_decode(text.data + at, text.len - at, &size));
        if (scalar >= 0x80 && is_in(dropped, ARRAY_LENGTH(dropped), scalar))
            continue;
        if (scalar >= 0x0e01 && is_in(dense, ARRAY_LENGTH(dense), scalar)) {
            add_dense(&run, scalar, out);
            continue;
        }
        end_run(&run, out);
        if (scalar >= 0x2600 && is_in(pictures, ARRAY_LENGTH(pictures), scalar)) {
            buffer_add_char(out, ' ');
            add(out, scalar);
            buffer_add_char(out, ' ');
        } else if (scalar < 0x20 || scalar == 0x7f) {
            buffer_add_char(out, ' ');
        } else {
            add(out, scalar);
        }
    }
    end_run(&run, out);
}

void search_fold(struct str text, struct buffer *out)
{
    fold_text(text, false, out);
}

static bool is_space(char c)
{
    return c == ' ' || (unsigned char)c < 0x20 || c == '"';
}

/* Something that unicode61 keeps: a letter or digit of ASCII, or any other scalar that is not punctuation. */
static bool has_word(const char *text, size_t len)
{
    for (size_t at = 0, size; at < len; at += size) {
        uint32_t scalar = utf8_decode(text + at, len - at, &size);
        bool is_ascii_word = (scalar >= '0' && scalar <= '9') || ((scalar | 0x20) >= 'a' && (scalar | 0x20) <= 'z');
        bool is_mark = (scalar >= 0x80 && scalar < 0xc0) || (scalar >= 0x2000 && scalar <= 0x206f) ||
                       (scalar >= 0x3000 && scalar <= 0x303f) || scalar == 0x60c || scalar == 0x61b || scalar == 0x61f;
        if (scalar < 0x80 ? is_ascii_word : !is_mark)
            return true;
    }
    return false;
}

bool search_write_query(struct str text, struct buffer *out)
{
    size_t start = out->len, words = 0;
    if (text.len > QUERY_BYTES_MAX)
        text.len = utf8_cut(text.data, QUERY_BYTES_MAX);
    for (size_t at = 0; at < text.len && words < QUERY_WORDS_MAX;) {
        size_t end = at;
        while (end < text.len && !is_space(text.data[end]))
            end++;
        if (has_word(text.data + at, end - at)) {
            buffer_add_string(out, words++ == 0 ? "words : (\"" : " AND \"");
            fold_text((struct str){text.data + at, end - at}, true, out);
            buffer_add_string(out, "\" *");
        }
        at = end + 1;
    }
    if (words == 0) {
        out->len = start;
        return false;
    }
    buffer_add_string(out, ")");
    return true;
}

/* ---- Flat text ---- */

/* é is e: what a letter of an alphabet is built on. Hangul and Han are no composites here. */
static uint32_t strip_accent(uint32_t scalar)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *normalizer = unorm2_getNFDInstance(&status);
    UChar parts[8];
    if (scalar < 0xc0 || (scalar >= 0x590 && scalar < 0x1e00) || scalar >= 0x2000 || U_FAILURE(status))
        return scalar;
    int32_t count = unorm2_getDecomposition(normalizer, (UChar32)scalar, parts, ARRAY_LENGTH(parts), &status);
    return U_SUCCESS(status) && count > 0 && !U16_IS_SURROGATE(parts[0]) ? parts[0] : scalar;
}

static bool is_word_scalar(uint32_t scalar)
{
    if (scalar < 0x80)
        return (scalar >= '0' && scalar <= '9') || ((scalar | 0x20) >= 'a' && (scalar | 0x20) <= 'z');
    return (U_MASK(u_charType((UChar32)scalar)) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_M_MASK | U_GC_SO_MASK)) != 0;
}

static bool is_latin_mark(uint32_t scalar)
{
    return scalar >= 0x300 && scalar <= 0x36f;
}

static void add_flat(struct buffer *out, uint32_t scalar, struct buffer *offsets, size_t at)
{
    size_t before = out->len;
    add(out, scalar);
    uint32_t offset = (uint32_t)at;
    for (size_t i = before; offsets && i < out->len; i++)
        buffer_add(offsets, &offset, sizeof(offset));
}

void search_flatten(struct str text, struct buffer *out, struct buffer *offsets)
{
    bool is_word = false;
    for (size_t at = 0, size; at < text.len; at += size) {
        uint32_t scalar = fold(utf8_decode(text.data + at, text.len - at, &size));
        if (scalar >= 0x80 && (is_latin_mark(scalar) || is_in(dropped, ARRAY_LENGTH(dropped), scalar)))
            continue;
        if (!is_word_scalar(scalar)) {
            if (is_word)
                add_flat(out, ' ', offsets, at);
            is_word = false;
            continue;
        }
        is_word = true;
        add_flat(out, strip_accent((uint32_t)u_foldCase((UChar32)scalar, U_FOLD_CASE_DEFAULT)), offsets, at);
    }
    uint32_t end = (uint32_t)text.len;
    if (offsets)
        buffer_add(offsets, &end, sizeof(end));
}

size_t search_flatten_query(struct str text, struct buffer *out)
{
    struct buffer flat = {0};
    if (text.len > QUERY_BYTES_MAX)
        text.len = utf8_cut(text.data, QUERY_BYTES_MAX);
    search_flatten(text, &flat, NULL);
    size_t words = 0;
    for (size_t at = 0; at < flat.len && words < QUERY_WORDS_MAX;) {
        const char *space = memchr(flat.data + at, ' ', flat.len - at);
        size_t end = space ? (size_t)(space - flat.data) : flat.len;
        if (end > at) {
            buffer_add(out, flat.data + at, end - at);
            buffer_add_char(out, '\0');
            words++;
        }
        at = end + 1;
    }
    buffer_fini(&flat);
    return words;
}

size_t search_find_word(struct str flat, const char *word, size_t start)
{
    size_t len = strlen(word), size;
    bool is_dense = len > 0 && is_in(dense, ARRAY_LENGTH(dense), utf8_decode(word, len, &size));
    while (start + len <= flat.len) {
        const char *found = memmem(flat.data + start, flat.len - start, word, len);
        if (!found)
            break;
        size_t at = (size_t)(found - flat.data);
        if (is_dense || at == 0 || flat.data[at - 1] == ' ')
            return at;
        start = at + 1;
    }
    return SIZE_MAX;
}
