#include "relay/vote.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/text_key.h"

enum { TEXT_MAX = 600, TOKENS_MAX = 8 };

/* --- Characters --- */

static bool is_space(UChar32 c)
{
    return u_isUWhiteSpace(c);
}

/* Digits are Emoji too, so the pictographs are asked for. Flags and skin tones decorate like any other. */
static bool is_picture(UChar32 c)
{
    return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) || u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) ||
           u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR);
}

/* Joiners, direction marks, variation selectors, the keycap around a digit. */
static bool is_invisible(UChar32 c)
{
    return u_charType(c) == U_FORMAT_CHAR || u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR) || c == 0x20e3;
}

/* What people write around a vote: "2.", "(2)", "#2", "2!!", "«2»". Not - / % + =, which make it something else. */
static bool is_ornament(UChar32 c)
{
    static const UChar32 ornaments[] = {'!', '#', '(', ')', '.', ',', ':', ';', '[', ']', '"', '\'', '*', '_', 0xa1, 0xab,
        0xbb, 0x60c, 0x61b, 0x6d4, 0x964, 0x2026, 0x3001, 0x3002, 0x300c, 0x300d, 0x3010, 0x3011, 0xff01, 0xff03, 0xff08,
        0xff09, 0xff0c, 0xff0e, 0xff1a};
    for (size_t i = 0; i < ARRAY_LENGTH(ornaments); i++) {
        if (ornaments[i] == c)
            return true;
    }
    return c >= 0x2018 && c <= 0x201d;
}

static bool is_asking(UChar32 c)
{
    return c == '?' || c == 0x61f || c == 0xff1f;
}

static UChar32 first_of(struct str text, size_t *size)
{
    return (UChar32)utf8_decode(text.data, text.len, size);
}

static UChar32 last_of(struct str text, size_t *size)
{
    size_t at = utf8_cut(text.data, text.len - 1);
    return (UChar32)utf8_decode(text.data + at, text.len - at, size);
}

static struct str strip(struct str text)
{
    size_t size;
    while (text.len > 0 && is_ornament(first_of(text, &size))) {
        text.data += size;
        text.len -= size;
    }
    while (text.len > 0 && is_ornament(last_of(text, &size)))
        text.len -= size;
    return text;
}

/* --- Options --- */

/* For texts of symbols alone: what is left without spaces and invisible ones. */
static void add_raw(struct buffer *out, struct str text)
{
    for (size_t i = 0, size; i < text.len; i += size) {
        UChar32 c = (UChar32)utf8_decode(text.data + i, text.len - i, &size);
        if (!is_space(c) && !u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR))
            buffer_add(out, text.data + i, size);
    }
}

static char *make_key(struct str text)
{
    struct buffer key = {0};
    text_key_add(&key, text.data, text.len);
    if (key.len == 0)
        add_raw(&key, text);
    return buffer_take(&key);
}

void vote_options_init(struct vote_options *options, const struct str *texts, size_t count)
{
    options->count = count;
    for (size_t i = 0; i < count; i++)
        options->keys[i] = make_key(texts[i]);
}

void vote_options_fini(struct vote_options *options)
{
    for (size_t i = 0; i < options->count; i++)
        free(options->keys[i]);
    *options = (struct vote_options){0};
}

static int find_key(const struct vote_options *options, struct str text)
{
    char *key = make_key(text);
    int found = -1;
    for (size_t i = 0; *key && i < options->count && found < 0; i++) {
        if (strcmp(options->keys[i], key) == 0)
            found = (int)i;
    }
    free(key);
    return found;
}

/* --- Numbers and letters --- */

/* How lists are lettered, in the forms that text_key.h leaves. */
static const char *const letter_rows[] = {
    "abcdefghi", "αβγδεζηθι", "абвгдежзи", "אבגדהוזחט", "ابجدهوزحط", "ابپتث",
    "ᄀᄂᄃᄅᄆᄇᄉᄋᄌ", "가나다라마바사아자", "甲乙丙丁戊己庚辛壬", "アイウエオカキクケ", "あいうえおかきくけ", "กขคงจฉชซฌ", "कखगघङचछजझ",
};

static int find_letter(struct str key, size_t count)
{
    if (str_equal(key, STR("الف")))  // the name stands for the letter
        return 0;
    for (size_t row = 0; row < ARRAY_LENGTH(letter_rows); row++) {
        struct str letters = str_from(letter_rows[row]);
        int index = 0;
        for (size_t i = 0, size; i < letters.len; i += size, index++) {
            utf8_decode(letters.data + i, letters.len - i, &size);
            if (str_equal(key, (struct str){letters.data + i, size}))
                return (size_t)index < count ? index : -1;
        }
    }
    return -1;
}

/* Counters that are written to the number without a space: 第2, 選二, 2號, 2番, 2번. */
static struct str strip_counter(struct str token)
{
    static const UChar32 before[] = {0x7b2c, 0x9078, 0x9009, 0x6295};          // 第 選 选 投
    static const UChar32 behind[] = {0x865f, 0x53f7, 0x756a, 0xbc88, 0x500b};  // 號 号 番 번 個
    size_t size;
    UChar32 first = first_of(token, &size);
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        if (first == before[i] && token.len > size) {
            token.data += size;
            token.len -= size;
            break;
        }
    }
    UChar32 last = last_of(token, &size);
    for (size_t i = 0; i < ARRAY_LENGTH(behind); i++) {
        if (last == behind[i] && token.len > size) {
            token.len -= size;
            break;
        }
    }
    return token;
}

/*
 * One character with a value: 2 ۲ २ ２ ② Ⅱ 二 are all two. An option whose words are that number wins over the option
 * that stands there.
 */
static int find_number(const struct vote_options *options, struct str token)
{
    size_t size;
    UChar32 c = first_of(token, &size);
    double value = size == token.len ? u_getNumericValue(c) : U_NO_NUMERIC_VALUE;
    for (int number = 0; number <= 9; number++) {
        if (value != (double)number)
            continue;
        char digit = (char)('0' + number);
        int found = find_key(options, (struct str){&digit, 1});
        if (found < 0 && number >= 1 && (size_t)number <= options->count)
            found = number - 1;
        return found;
    }
    return -1;
}

static int find_token(const struct vote_options *options, struct str token)
{
    int found = find_key(options, token);
    if (found < 0)
        found = find_number(options, strip_counter(token));
    if (found < 0) {
        char *key = make_key(token);
        found = find_letter(str_from(key), options->count);
        free(key);
    }
    return found;
}

/* --- The text --- */

struct tokens {
    struct buffer bytes;  // the tokens without what decorates them; token[] points here when it is complete
    struct str token[TOKENS_MAX];
    size_t count;
    bool is_too_long;
};

static void end_token(struct tokens *tokens, size_t from)
{
    struct str token = {tokens->bytes.data + from, tokens->bytes.len - from};
    if (token.len > 0)
        token = strip(token);
    if (token.len == 0)
        return;
    if (tokens->count == TOKENS_MAX) {
        tokens->is_too_long = true;
        return;
    }
    tokens->token[tokens->count++] = token;
}

static void split(struct tokens *tokens, struct str text)
{
    buffer_reserve(&tokens->bytes, text.len + 1);  // it never grows, so tokens may point into it
    size_t from = 0;
    for (size_t i = 0, size; i < text.len; i += size) {
        UChar32 c = (UChar32)utf8_decode(text.data + i, text.len - i, &size);
        if (is_space(c) || is_picture(c)) {
            end_token(tokens, from);
            from = tokens->bytes.len;
        } else if (!is_invisible(c)) {
            buffer_add(&tokens->bytes, text.data + i, size);
        }
    }
    end_token(tokens, from);
}

static bool is_word_of(struct str token, const char *const *words, size_t count)
{
    char *key = make_key(token);
    bool is_found = false;
    for (size_t i = 0; i < count && !is_found; i++)
        is_found = strcmp(key, words[i]) == 0;
    free(key);
    return is_found;
}

/* How many of the first tokens only say that a vote follows. Words as text_key.h leaves them. */
static size_t count_prefix(const struct tokens *tokens)
{
    static const char *const votes[] = {"vote", "v", "poll", "voto", "stimme", "голос", "голосую", "رای", "رایمن", "صوت", "投票", "투표"};
    static const char *const kinds[] = {"option", "number", "no", "nr", "nummer", "opción", "opcion", "numero", "número",
                                        "вариант", "номер", "گزینه", "شماره", "رقم", "خیار", "选项", "番号"};
    size_t used = 0;
    if (used + 1 < tokens->count && is_word_of(tokens->token[used], votes, ARRAY_LENGTH(votes)))
        used++;
    if (used + 1 < tokens->count && is_word_of(tokens->token[used], kinds, ARRAY_LENGTH(kinds)))
        used++;
    return used;
}

static int parse_tokens(const struct vote_options *options, const struct tokens *tokens)
{
    if (tokens->is_too_long || tokens->count == 0)
        return -1;
    size_t first = count_prefix(tokens);
    struct str rest = tokens->token[first];
    const struct str *last = &tokens->token[tokens->count - 1];
    rest.len = (size_t)(last->data + last->len - rest.data);
    int found = first > 0 ? find_key(options, rest) : -1;  // "!vote green tea"
    if (found >= 0)
        return found;
    for (size_t i = first; i < tokens->count; i++) {
        int index = find_token(options, tokens->token[i]);
        if (index < 0 || (i > first && index != found))
            return -1;
        found = index;
    }
    return found;
}

int vote_parse(const struct vote_options *options, struct str text)
{
    if (text.len == 0 || text.len > TEXT_MAX)
        return -1;
    for (size_t i = 0, size; i < text.len; i += size) {
        if (is_asking((UChar32)utf8_decode(text.data + i, text.len - i, &size)))
            return -1;
    }
    int found = find_key(options, text);
    if (found >= 0)
        return found;
    struct tokens tokens = {0};
    split(&tokens, text);
    found = parse_tokens(options, &tokens);
    buffer_fini(&tokens.bytes);
    return found;
}
