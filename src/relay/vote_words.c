/* The options' words, and finding one by a text. */
#include "relay/vote_words.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/text_key.h"

enum { LOOSE_UNITS = 400 };  // UTF-16, of a key that is compared loosely; a longer one is compared as it is

/* For texts of symbols alone: what is left without spaces and invisible ones. */
static void add_raw(struct buffer *out, struct str text)
{
    for (size_t i = 0, size; i < text.len; i += size) {
        UChar32 c = (UChar32)utf8_decode(text.data + i, text.len - i, &size);
        if (!u_isUWhiteSpace(c) && !u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR))
            buffer_add(out, text.data + i, size);
    }
}

char *vote_key(struct str text)
{
    struct buffer key = {0};
    text_key_add(&key, text.data, text.len);
    if (key.len == 0)
        add_raw(&key, text);
    return buffer_take(&key);
}

/* Combining marks of Latin, Greek and Cyrillic. Where marks spell (Thai, Devanagari) they have that script. */
static bool is_accent(UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;
    return u_charType(c) == U_NON_SPACING_MARK && uscript_getScript(c, &status) == USCRIPT_INHERITED;
}

/*
 * A key without accents; is_short: with each letter once however often it stands in a row, but digits as they are.
 * *run: the longest row of one letter.
 */
static char *loosen(const char *key, bool is_short, int *run)
{
    UChar units[LOOSE_UNITS], apart[LOOSE_UNITS];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0;
    u_strFromUTF8(units, LOOSE_UNITS, &count, key, -1, &status);
    count = U_FAILURE(status) ? 0 : unorm2_normalize(unorm2_getNFDInstance(&status), units, count, apart, LOOSE_UNITS, &status);
    *run = 0;
    if (U_FAILURE(status))
        return xstrdup(key);
    struct buffer out = {0};
    UChar32 last = 0;
    for (int32_t i = 0, row = 0; i < count;) {
        UChar32 c;
        U16_NEXT(apart, i, count, c);
        if (is_accent(c) || U_IS_SURROGATE(c))
            continue;
        bool is_same = c == last && u_charDigitValue(c) < 0;
        row = is_same ? row + 1 : 1;
        *run = row > *run ? row : *run;
        last = c;
        char bytes[4];
        if (!is_same || !is_short)
            buffer_add(&out, bytes, utf8_encode((uint32_t)c, bytes));
    }
    return buffer_take(&out);
}

static struct vote_words make_words(struct str text)
{
    int run;
    struct vote_words words = {.key = vote_key(text)};
    words.plain = loosen(words.key, false, &run);
    words.short_ = loosen(words.key, true, &run);
    return words;
}

void vote_options_init(struct vote_options *options, const struct str *texts, const struct str *second, size_t count)
{
    const struct str *const languages[VOTE_LANGUAGES] = {texts, second};
    *options = (struct vote_options){.count = count};
    for (size_t language = 0; language < VOTE_LANGUAGES; language++) {
        for (size_t i = 0; i < count && languages[language]; i++) {
            struct str text = languages[language][i];
            if (text.len == 0)
                continue;
            options->words[language][i] = make_words(text);
            if (text.len > options->longest)
                options->longest = text.len;
        }
    }
}

void vote_options_fini(struct vote_options *options)
{
    for (size_t language = 0; language < VOTE_LANGUAGES; language++) {
        for (size_t i = 0; i < options->count; i++) {
            free(options->words[language][i].key);
            free(options->words[language][i].plain);
            free(options->words[language][i].short_);
        }
    }
    *options = (struct vote_options){0};
}

bool vote_options_are_alike(const struct vote_options *options, size_t one, size_t other)
{
    for (size_t i = 0; i < VOTE_LANGUAGES; i++) {
        for (size_t k = 0; k < VOTE_LANGUAGES; k++) {
            const char *first = options->words[i][one].key, *second = options->words[k][other].key;
            if (first && second && strcmp(first, second) == 0)
                return true;
        }
    }
    return false;
}

enum looseness { AS_KEY, WITHOUT_ACCENTS, SHORTENED };

static const char *form_of(const struct vote_words *words, enum looseness looseness)
{
    return looseness == AS_KEY ? words->key : looseness == WITHOUT_ACCENTS ? words->plain : words->short_;
}

/* -1: none has it, or two do. */
static int find_form(const struct vote_options *options, const char *form, enum looseness looseness)
{
    int found = -1;
    for (size_t language = 0; language < VOTE_LANGUAGES; language++) {
        for (size_t i = 0; i < options->count; i++) {
            const char *own = form_of(&options->words[language][i], looseness);
            if (!own || strcmp(own, form) != 0 || found == (int)i)
                continue;
            if (found >= 0)
                return -1;
            found = (int)i;
        }
    }
    return found;
}

int vote_find_exact(const struct vote_options *options, struct str text)
{
    char *key = vote_key(text);
    int found = *key ? find_form(options, key, AS_KEY) : -1;
    free(key);
    return found;
}

static size_t count_letters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* "cafe" for "Café", "Chesssss" for "Chess". One letter that is drawn out is a cry ("AAAAA"), no option. */
static int find_loose(const struct vote_options *options, const char *key)
{
    int run;
    char *plain = loosen(key, false, &run), *shortened = loosen(key, true, &run);
    int found = *plain ? find_form(options, plain, WITHOUT_ACCENTS) : -1;
    if (found < 0 && run >= 3 && count_letters(shortened) >= 2)
        found = find_form(options, shortened, SHORTENED);
    free(plain);
    free(shortened);
    return found;
}

int vote_find(const struct vote_options *options, struct str text)
{
    char *key = vote_key(text);
    int found = *key ? find_form(options, key, AS_KEY) : -1;
    if (found < 0 && *key)
        found = find_loose(options, key);
    free(key);
    return found;
}
