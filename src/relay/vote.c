#include "relay/vote.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/vote_words.h"

enum {
    TEXT_MAX = 600,
    TOKENS_MAX = 8,
    DECORATION_MAX = 64, // bytes that may stand around an option's words or its number
    KEYCAP_TEN = 0x1f51f,
};

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

/* --- Numbers and letters --- */

/* How lists are lettered, in the forms that text_key.h leaves. */
static const char *const letter_rows[] = {
    "abcdefghij", "αβγδεζηθικ", "абвгдежзик", "אבגדהוזחטי", "ابجدهوزحطی", "ابپتثجچحخد",
    "ᄀᄂᄃᄅᄆᄇᄉᄋᄌᄎ", "가나다라마바사아자차", "甲乙丙丁戊己庚辛壬癸", "アイウエオカキクケコ", "あいうえおかきくけこ", "กขคงจฉชซฌญ",
    "कखगघङचछजझञ",
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

static bool has_prefix(struct str text, struct str prefix)
{
    if (text.len <= prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++) {
        char c = text.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != prefix.data[i])
            return false;
    }
    return true;
}

static bool has_suffix(struct str text, struct str suffix)
{
    return text.len > suffix.len && memcmp(text.data + text.len - suffix.len, suffix.data, suffix.len) == 0;
}

/* What is written to the number without a space: 第2, 我選二, 投票2, 2號, 2番に投票, 2번, โหวต2, vote2. */
static struct str strip_counter(struct str token)
{
    static const struct str before[] = {STR("投票"), STR("我選"), STR("我选"), STR("我投"), STR("選項"), STR("选项"), STR("第"),
        STR("選"), STR("选"), STR("投"), STR("โหวต"), STR("เลือก"), STR("ข้อ"), STR("เบอร์"), STR("vote"), STR("option"), STR("no.")};
    static const struct str behind[] = {STR("に投票"), STR("に一票"), STR("號"), STR("号"), STR("番"), STR("번"), STR("個"),
        STR("个"), STR("項"), STR("项")};
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        if (has_prefix(token, before[i]))
            token = (struct str){token.data + before[i].len, token.len - before[i].len};
    }
    for (size_t i = 0; i < ARRAY_LENGTH(behind); i++) {
        if (has_suffix(token, behind[i]))
            token.len -= behind[i].len;
    }
    return token;
}

/* One character with a value (2 ۲ २ ２ ② Ⅱ 二 are all two), or digits: 10 ۱۰ １０. -1: neither, or more than options can be. */
static int number_of(struct str token)
{
    size_t size;
    UChar32 c = first_of(token, &size);
    if (size == token.len) {
        double value = u_getNumericValue(c);
        return value >= 0 && value <= VOTE_OPTIONS_MAX && value == (double)(int)value ? (int)value : -1;
    }
    int number = 0;
    for (size_t i = 0; i < token.len; i += size) {
        int digit = u_charDigitValue((UChar32)utf8_decode(token.data + i, token.len - i, &size));
        if (digit < 0 || (number == 0 && digit == 0))
            return -1;
        number = number * 10 + digit;
        if (number > VOTE_OPTIONS_MAX)
            return -1;
    }
    return number;
}

/* An option whose words are that number wins over the option that stands there. */
static int find_number(const struct vote_options *options, struct str token)
{
    int number = token.len > 0 ? number_of(token) : -1;
    if (number < 0)
        return -1;
    char digits[4];
    int len = snprintf(digits, sizeof(digits), "%d", number);
    int found = vote_find_exact(options, (struct str){digits, (size_t)len});
    return found < 0 && number >= 1 && (size_t)number <= options->count ? number - 1 : found;
}

static int find_token(const struct vote_options *options, struct str token)
{
    int found = vote_find(options, token);
    if (found < 0)
        found = find_number(options, strip_counter(token));
    if (found < 0) {
        char *key = vote_key(token);
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

static bool is_word_of(struct str token, const char *const *words, size_t count)
{
    char *key = vote_key(token);
    bool is_found = false;
    for (size_t i = 0; i < count && !is_found; i++)
        is_found = strcmp(key, words[i]) == 0;
    free(key);
    return is_found;
}

/* Words as text_key.h leaves them. */
static const char *const vote_words[] = {
    "vote", "v", "poll", "votar", "voto", "stimme", "abstimmen", "oy", "голос", "голосую", "رای", "رایمن", "صوت", "اصوت", "تصویت",
    "वोट", "मत", "โหวต", "เลือก", "投票", "選択", "选择", "투표", "ψήφος", "הצבעה",
};
static const char *const kind_words[] = {
    "option", "number", "no", "nr", "nummer", "numero", "número", "opción", "opcion", "opção", "choix", "seçenek", "вариант",
    "номер", "گزینه", "گزینهی", "شماره", "رقم", "خیار", "विकल्प", "ข้อ", "เบอร์", "选项", "番号", "번호",
};

static bool says_vote(struct str token)
{
    return is_word_of(token, vote_words, ARRAY_LENGTH(vote_words)) || is_word_of(token, kind_words, ARRAY_LENGTH(kind_words));
}

/* "vote:b" is two words, "2:30" is one. */
static bool is_colon_behind_vote(const struct tokens *tokens, size_t from, UChar32 c)
{
    return (c == ':' || c == 0xff1a) && tokens->bytes.len > from &&
           says_vote((struct str){tokens->bytes.data + from, tokens->bytes.len - from});
}

static void split(struct tokens *tokens, struct str text)
{
    buffer_reserve(&tokens->bytes, text.len + 1);  // it never grows, so tokens may point into it
    size_t from = 0;
    for (size_t i = 0, size; i < text.len; i += size) {
        UChar32 c = (UChar32)utf8_decode(text.data + i, text.len - i, &size);
        if (c == KEYCAP_TEN) {
            buffer_add(&tokens->bytes, "10", 2);  // shorter than the four bytes that it was
        } else if (is_space(c) || is_picture(c) || is_colon_behind_vote(tokens, from, c)) {
            end_token(tokens, from);
            from = tokens->bytes.len;
        } else if (!is_invisible(c)) {
            buffer_add(&tokens->bytes, text.data + i, size);
        }
    }
    end_token(tokens, from);
}

static bool number_or_letter(struct str token)
{
    size_t size;
    first_of(token, &size);
    return size == token.len || number_of(strip_counter(token)) >= 0;
}

/* How many of the first tokens only say that a vote follows. */
static size_t count_prefix(const struct tokens *tokens)
{
    size_t used = 0;
    if (used + 1 < tokens->count && is_word_of(tokens->token[used], vote_words, ARRAY_LENGTH(vote_words)))
        used++;
    // "no 2" is a number, "no tea" is none.
    if (used + 1 < tokens->count && is_word_of(tokens->token[used], kind_words, ARRAY_LENGTH(kind_words)) &&
        number_or_letter(tokens->token[used + 1]))
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
    int found = first > 0 ? vote_find(options, rest) : -1;  // "!vote green tea"
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
    if (text.len == 0 || text.len > TEXT_MAX || text.len > options->longest * 3 + DECORATION_MAX)
        return -1;
    for (size_t i = 0, size; i < text.len; i += size) {
        if (is_asking((UChar32)utf8_decode(text.data + i, text.len - i, &size)))
            return -1;
    }
    int found = vote_find(options, text);
    if (found >= 0)
        return found;
    struct tokens tokens = {0};
    split(&tokens, text);
    found = parse_tokens(options, &tokens);
    buffer_fini(&tokens.bytes);
    return found;
}

int vote_parse_memo(const struct vote_options *options, struct vote_memo *memo, struct str text)
{
    if (text.len == 0 || text.len > VOTE_MEMO_BYTES)
        return vote_parse(options, text);
    // FNV-1a: who makes texts collide wins the time of reading his own.
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    struct vote_memory *place = &memo->places[(hash ^ hash >> 16) % VOTE_MEMO_PLACES];
    if (place->len == text.len && memcmp(place->text, text.data, text.len) == 0)
        return place->option;
    int option = vote_parse(options, text);
    *place = (struct vote_memory){.len = (uint8_t)text.len, .option = (int8_t)option};
    memcpy(place->text, text.data, text.len);
    return option;
}
