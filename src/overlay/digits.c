#include "overlay/digits.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

struct style {
    const char *languages;  // each between spaces
    uint32_t zero, group, percent;
    bool is_indian;         // thousands, then hundreds: 12,34,567
    bool is_percent_first;  // %46
};

/* The usual digits of each language as CLDR 42 has them; Urdu's are Western. Before a percent sign we set no space. */
static const struct style styles[] = {
    {" fa ps ks ", 0x6f0, 0x66c, 0x66a},
    {" ar ckb sd ", 0x660, 0x66c, 0x66a},
    {" ne mr ", 0x966, ',', '%', .is_indian = true},
    {" bn as ", 0x9e6, ',', '%', .is_indian = true},
    {" dz ", 0xf20, ',', '%', .is_indian = true},
    {" hi ta te ml gu pa or ", '0', ',', '%', .is_indian = true},
    {" my ", 0x1040, ',', '%'},
    {" de es it pt nl id da el vi km lo az ro sr hr sl ca ", '0', '.', '%'},
    {" tr ", '0', '.', '%', .is_percent_first = true},
    {" fr ru uk pl cs sv nb fi bg ka hy hu kk sk be lt lv et ", '0', 0x202f, '%'},  // a narrow space
};
static const struct style usual = {"", '0', ',', '%'};

static const struct style *style_of(const char *language)
{
    char key[12] = " ";
    size_t len = strcspn(language, "-_");
    if (len == 0 || len > 8)
        return &usual;
    memcpy(key + 1, language, len);
    memcpy(key + 1 + len, " ", 2);
    for (size_t i = 0; i < ARRAY_LENGTH(styles); i++) {
        if (strstr(styles[i].languages, key))
            return &styles[i];
    }
    return &usual;
}

static size_t put(char *out, size_t at, uint32_t scalar)
{
    return at + utf8_encode(scalar, out + at);
}

/* Does a group begin before the digit that has `left` behind it, itself counted? */
static bool is_border(const struct style *style, int left)
{
    return style->is_indian ? left == 3 || (left > 3 && left % 2 == 1) : left % 3 == 0;
}

static size_t put_number(char *out, int64_t value, const struct style *style)
{
    char plain[24];
    int len = snprintf(plain, sizeof(plain), "%lld", (long long)(value < 0 ? 0 : value));
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && is_border(style, len - i))
            at = put(out, at, style->group);
        at = put(out, at, style->zero + (uint32_t)(plain[i] - '0'));
    }
    return at;
}

/* At most 12 digits and 5 signs, of at most 3 bytes in the scripts above. */
void digits_count(char out[DIGITS_BYTES], int64_t value, const char *language)
{
    const int64_t limit = INT64_C(999999999999);
    out[put_number(out, value < limit ? value : limit, style_of(language))] = '\0';
}

void digits_digit(char out[DIGITS_BYTES], int digit, const char *language)
{
    out[put(out, 0, style_of(language)->zero + (uint32_t)digit)] = '\0';
}

void digits_percent(char out[DIGITS_BYTES], int percent, const char *language)
{
    const struct style *style = style_of(language);
    size_t at = style->is_percent_first ? put(out, 0, style->percent) : 0;
    at += put_number(out + at, percent, style);
    at = style->is_percent_first ? at : put(out, at, style->percent);
    out[at] = '\0';
}
