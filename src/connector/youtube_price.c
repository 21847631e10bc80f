#include "connector/youtube_price.h"

#include <string.h>

#include "base/memory.h"

/* Longer signs first: "$" alone is the dollar of the United States, since the page is asked for as from there. */
static const struct {
    struct str sign;
    struct str code;
} signs[] = {
    {STR("NT$"), STR("TWD")}, {STR("HK$"), STR("HKD")}, {STR("CA$"), STR("CAD")}, {STR("NZ$"), STR("NZD")}, {STR("MX$"), STR("MXN")},
    {STR("US$"), STR("USD")}, {STR("CN¥"), STR("CNY")}, {STR("A$"), STR("AUD")},  {STR("R$"), STR("BRL")},  {STR("$"), STR("USD")},
    {STR("£"), STR("GBP")},   {STR("€"), STR("EUR")},   {STR("¥"), STR("JPY")},   {STR("￥"), STR("JPY")},   {STR("₹"), STR("INR")},
    {STR("₩"), STR("KRW")},   {STR("₪"), STR("ILS")},   {STR("₫"), STR("VND")},   {STR("₱"), STR("PHP")},   {STR("₺"), STR("TRY")},
    {STR("₽"), STR("RUB")},   {STR("₴"), STR("UAH")},   {STR("zł"), STR("PLN")},  {STR("Kč"), STR("CZK")},  {STR("฿"), STR("THB")},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Without the blanks around it, U+00A0 and U+202F among them. */
static struct str trim(struct str text)
{
    static const struct str blanks[] = {STR(" "), STR("\xc2\xa0"), STR("\xe2\x80\xaf")};
    for (bool is_moving = true; is_moving;) {
        is_moving = false;
        for (size_t i = 0; i < ARRAY_LENGTH(blanks); i++) {
            size_t len = blanks[i].len;
            if (text.len >= len && memcmp(text.data, blanks[i].data, len) == 0)
                text = (struct str){text.data + len, text.len - len}, is_moving = true;
            else if (text.len >= len && memcmp(text.data + text.len - len, blanks[i].data, len) == 0)
                text.len -= len, is_moving = true;
        }
    }
    return text;
}

/* The number without its thousands' commas. A comma before the last two digits is a decimal one. */
static size_t copy_number(struct str text, char *out, size_t size)
{
    size_t len = 0;
    bool has_point = memchr(text.data, '.', text.len);
    for (size_t i = 0; i < text.len && len + 1 < size; i++) {
        bool is_decimal = text.data[i] == ',' && !has_point && i + 3 == text.len;
        if (is_digit(text.data[i]) || text.data[i] == '.' || is_decimal)
            out[len++] = is_decimal ? '.' : text.data[i];
    }
    return len;
}

static struct str find_code(struct str sign)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        if (str_equal(sign, signs[i].sign))
            return signs[i].code;
    }
    return money_is_currency(sign) ? sign : (struct str){0};
}

bool youtube_price_read(struct str text, struct money *money)
{
    char number[40];
    size_t from = 0, to = text.len;
    if (text.len == 0)
        return false;
    while (from < text.len && !is_digit(text.data[from]))
        from++;
    while (to > from && !is_digit(text.data[to - 1]))
        to--;
    int64_t micros;
    size_t len = copy_number((struct str){text.data + from, to - from}, number, sizeof(number));
    if (len == 0 || !money_from_decimal((struct str){number, len}, &micros))
        return false;
    struct str sign = trim((struct str){text.data, from});
    if (sign.len == 0)  // "20,00 zł"
        sign = trim((struct str){text.data + to, text.len - to});
    struct str code = find_code(sign);
    if (code.len > 0) {
        money->micros = micros;
        money->currency = code;
    } else {
        money->unit = sign.len > 0 ? sign : STR("?");
        money->units = micros / 1000000;
    }
    return true;
}
