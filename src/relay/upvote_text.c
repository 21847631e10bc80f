/* What texts second a question. */
#include <string.h>
#include <unicode/uchar.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "relay/letters.h"
#include "relay/question_reading.h"
#include "relay/question_words.h"
#include "relay/upvotes.h"

enum { TEXT_BYTES_MAX = 120, CODE_MAX = 9999, CODE_MIN = 10 };

static bool is_plus(uint32_t c)
{
    return c == '+' || c == 0xff0b || c == 0xfe62 || c == 0x2795 || c == 0x207a;
}

static const uint32_t signs[] = {0x1f44d, 0x261d, 0x1f446, 0x2b06, 0x1f64b, 0x1f4af, 0x2795, 0x1f51d, 0x1faf0};

static bool is_sign(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        if (signs[i] == c)
            return true;
    }
    return false;
}

/* Decoration around the figures. Not - / and its like, which make telephone numbers and dates. */
static bool is_between(uint32_t c)
{
    return c <= ' ' || c == '#' || c == ':' || c == '.' || c == '!' || c == 0xff01 || c == 0xff1a || c == 0x3000 || c == 0xa0 ||
           u_charType((UChar32)c) == U_FORMAT_CHAR || c == 0xfe0f || c == 0x20e3 || (c >= 0x1f3fb && c <= 0x1f3ff) ||
           u_hasBinaryProperty((UChar32)c, UCHAR_EXTENDED_PICTOGRAPHIC);
}

struct figures {
    unsigned values[3];
    size_t count;
    bool has_plus, has_sign, is_other;
    size_t pluses_at;  // how many figures stood before the plus
};

static void read_figures(struct str text, struct figures *figures)
{
    bool in_number = false;
    for (size_t i = 0, size; i < text.len && !figures->is_other; i += size) {
        uint32_t c = utf8_decode(text.data + i, text.len - i, &size);
        int digit = u_charDigitValue((UChar32)c);
        if (digit >= 0) {
            if (!in_number && figures->count++ >= 2)
                figures->is_other = true;
            if (figures->is_other)
                return;
            unsigned *value = &figures->values[figures->count - 1];
            *value = *value > CODE_MAX ? *value : *value * 10 + (unsigned)digit;
            in_number = true;
            continue;
        }
        in_number = false;
        if (is_plus(c)) {
            figures->is_other = figures->has_plus;
            figures->has_plus = true;
            figures->pluses_at = figures->count;
        } else if (is_sign(c)) {
            figures->has_sign = true;
        } else if (!is_between(c)) {
            figures->is_other = true;
        }
    }
}

unsigned upvote_parse_code(struct str text)
{
    struct figures figures = {0};
    if (text.len == 0 || text.len > TEXT_BYTES_MAX)
        return 0;
    read_figures(text, &figures);
    if (figures.is_other)
        return 0;
    // Who writes from right to left may set the plus behind the one.
    bool is_one = figures.has_plus && figures.count == 2 && figures.values[0] == 1 && figures.pluses_at <= 1;
    unsigned code = is_one ? figures.values[1] : !figures.has_plus && figures.has_sign && figures.count == 1 ? figures.values[0] : 0;
    return code >= CODE_MIN && code <= CODE_MAX ? code : 0;
}

/* --- Agreement --- */

static size_t count_kind(const struct question_words *words, const struct question_reading *reading, size_t at, int kind)
{
    size_t count = 0;
    const struct question_word *word = NULL;
    while ((word = question_words_next(words, reading, at, word))) {
        if (word->kind == kind && word->word_count > count)
            count = word->word_count;
    }
    return count;
}

static bool says_same(const struct question_words *words, const struct question_reading *reading)
{
    bool is_same = false;
    for (size_t i = 0; i < reading->word_count;) {
        size_t same = count_kind(words, reading, i, WORD_SAME), skip = count_kind(words, reading, i, WORD_SKIP);
        size_t count = same >= skip ? same : skip;
        if (count == 0 && reading->words[i].is_called)
            count = 1;
        if (count == 0)
            return false;
        is_same |= same > 0;
        i += count;
    }
    return is_same;
}

/* Scripts without spaces: entries of both kinds one behind the other. */
static bool says_same_densely(const struct question_words *words, const struct question_reading *reading)
{
    bool is_same = false;
    for (size_t i = 0; i < reading->letter_count;) {
        size_t most = reading->letters[i] == ' ' ? 1 : 0;
        const struct question_word *word = NULL;
        while ((word = question_words_next_part(words, reading, i, word))) {
            if ((word->kind == WORD_SAME || word->kind == WORD_SKIP) && word->letter_count > most) {
                most = word->letter_count;
                is_same |= word->kind == WORD_SAME;
            }
        }
        if (most == 0)
            return false;
        i += most;
    }
    return is_same;
}

bool upvote_is_agreement(const struct question_words *words, struct str text)
{
    if (text.len == 0 || text.len > TEXT_BYTES_MAX)
        return false;
    struct question_reading reading;
    question_reading_fill(&reading, text);
    if (reading.mark != MARK_NONE)
        return false;
    size_t called = 0;
    while (called < reading.word_count && reading.words[called].is_called)
        called++;
    struct figures figures = {0};
    if (reading.word_count - called <= 1) {
        const char *at = called > 0 ? memchr(text.data, ' ', text.len) : NULL;  // behind "@anna"
        for (size_t i = 1; at && i < called && at; i++)
            at = memchr(at + 1, ' ', (size_t)(text.data + text.len - at - 1));
        size_t skipped = at ? (size_t)(at - text.data) : 0;
        read_figures((struct str){text.data + skipped, text.len - skipped}, &figures);
        bool is_one = figures.has_plus && figures.count == 1 && figures.values[0] == 1;
        if (!figures.is_other && (is_one || (figures.has_sign && figures.count == 0)))
            return true;
    }
    return says_same(words, &reading) || (reading.has_dense && says_same_densely(words, &reading));
}
