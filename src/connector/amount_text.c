#include "connector/amount_text.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "chat/money.h"

enum { NUMBER_BYTES_MAX = 32, UNIT_BYTES_MAX = 32, BIT_MICROS = 10000 };

/* Longer ones first: "CA$" before "$". A lone "$" is taken for the US one, as the sites do that write it. */
static const struct {
    const char *sign, *currency;
} signs[] = {
    {"CA$", "CAD"}, {"AU$", "AUD"}, {"NZ$", "NZD"}, {"HK$", "HKD"}, {"NT$", "TWD"}, {"MX$", "MXN"}, {"US$", "USD"},
    {"CN\xc2\xa5", "CNY"}, {"SG$", "SGD"}, {"A$", "AUD"}, {"R$", "BRL"}, {"S$", "SGD"}, {"z\xc5\x82", "PLN"},
    {"K\xc4\x8d", "CZK"}, {"\xe2\x82\xac", "EUR"}, {"\xc2\xa3", "GBP"}, {"\xc2\xa5", "JPY"}, {"\xef\xbf\xa5", "JPY"},
    {"\xe2\x82\xb9", "INR"}, {"\xe2\x82\xa9", "KRW"}, {"\xe2\x82\xbd", "RUB"}, {"\xe2\x82\xba", "TRY"},
    {"\xe2\x82\xab", "VND"}, {"\xe2\x82\xaa", "ILS"}, {"\xe2\x82\xb1", "PHP"}, {"\xe0\xb8\xbf", "THB"},
    {"\xe2\x82\xb4", "UAH"}, {"$", "USD"},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct str trim(struct str text)
{
    static const char space[] = "\xc2\xa0";  // a blank that does not break stands between number and currency
    bool is_more = true;
    while (is_more && text.len > 0) {
        bool is_wide = str_starts_with(text, STR(space));
        is_more = text.data[0] == ' ' || is_wide;
        text.data += is_more ? 1 + is_wide : 0;
        text.len -= is_more ? 1 + is_wide : 0;
    }
    is_more = true;
    while (is_more && text.len > 0) {
        bool is_wide = text.len >= 2 && memcmp(text.data + text.len - 2, space, 2) == 0;
        is_more = text.data[text.len - 1] == ' ' || is_wide;
        text.len -= is_more ? 1 + is_wide : 0;
    }
    return text;
}

/*
 * "1,234.56", "1.234,56", "1,000", "2.000", "5" → "1234.56" … The last mark parts the fraction, unless it is a comma with
 * three digits behind it or stands there more than once.
 */
static struct str plain_number(struct str text, char out[NUMBER_BYTES_MAX])
{
    size_t marks[2] = {0}, last = text.len, len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_digit(text.data[i]))
            continue;
        marks[text.data[i] == ',']++;
        last = i;
    }
    bool is_comma = last < text.len && text.data[last] == ',';
    bool is_fraction = last < text.len && marks[is_comma] == 1 && !(is_comma && text.len - last - 1 == 3 && marks[0] == 0);
    for (size_t i = 0; i < text.len && len < NUMBER_BYTES_MAX; i++) {
        if (is_digit(text.data[i])) {
            out[len++] = text.data[i];
        } else if (is_fraction && i == last) {
            out[len++] = '.';
        }
    }
    return (struct str){out, len};
}

static const char *currency_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        if (str_equal(word, str_from(signs[i].sign)))
            return signs[i].currency;
    }
    return NULL;
}

static bool is_code(struct str word)
{
    if (!money_is_currency(word))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (word.data[i] >= 'a')
            return false;
    }
    return true;
}

static void set_unit(struct money *money, struct str word, int64_t micros, char unit[UNIT_BYTES_MAX])
{
    size_t len = word.len < UNIT_BYTES_MAX - 1 ? word.len : UNIT_BYTES_MAX - 1;
    for (size_t i = 0; i < len; i++)
        unit[i] = word.data[i] >= 'A' && word.data[i] <= 'Z' ? (char)(word.data[i] | 0x20) : word.data[i];
    while (len < word.len && len > 0 && ((unsigned char)word.data[len] & 0xc0) == 0x80)
        len--;  // not within a character
    unit[len] = '\0';
    money->unit = (struct str){unit, len};
    money->units = micros / 1000000;
    bool is_bits = strcmp(unit, "bits") == 0 || strcmp(unit, "bit") == 0;
    if (!is_bits)
        return;
    money->unit = STR("bits");
    if (!__builtin_mul_overflow(money->units, BIT_MICROS, &money->micros))
        money->currency = STR("USD");
}

bool amount_parts_read(struct str number, struct str word, char unit[UNIT_BYTES_MAX], struct money *money)
{
    char plain[NUMBER_BYTES_MAX];
    int64_t micros;
    number = trim(number);
    word = trim(word);
    if (number.len == 0 || number.len > NUMBER_BYTES_MAX || !money_from_decimal(plain_number(number, plain), &micros))
        return false;
    const char *currency = currency_of(word);
    if (currency || is_code(word)) {
        money->micros = micros;
        money->currency = currency ? str_from(currency) : word;
    } else if (word.len > 0) {
        set_unit(money, word, micros, unit);
    } else {
        money->units = micros / 1000000;
    }
    return true;
}

/* The first number of the text; what stands before and behind it. False: there is none. */
static bool part(struct str text, struct str *before, struct str *number, struct str *behind)
{
    size_t from = 0, to;
    while (from < text.len && !is_digit(text.data[from]))
        from++;
    for (to = from; to < text.len && (is_digit(text.data[to]) || text.data[to] == '.' || text.data[to] == ',');)
        to++;
    while (to > from && !is_digit(text.data[to - 1]))
        to--;
    *before = trim((struct str){text.data, from});
    *number = (struct str){text.data + from, to - from};
    *behind = trim((struct str){text.data + to, text.len - to});
    return to > from;
}

bool amount_text_read(struct str text, char unit[UNIT_BYTES_MAX], struct money *money)
{
    struct str before, number, behind;
    if (!part(text, &before, &number, &behind))
        return false;
    // "$3.00 USD": the code says more than the sign. "5 x Rose": the word before is none of ours.
    bool knows_behind = is_code(behind) || currency_of(behind);
    bool knows_before = is_code(before) || currency_of(before);
    struct str word = knows_behind ? behind : knows_before ? before : behind.len > 0 ? behind : before;
    return amount_parts_read(number, word, unit, money);
}
