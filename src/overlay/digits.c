#include "overlay/digits.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

struct style {
    const char *languages;  // each between spaces
    uint32_t zero, group, percent;
};

/* The usual digits of each language as CLDR 42 has them; Urdu's are Western. */
static const struct style styles[] = {
    {" fa ps ks ", 0x6f0, 0x66c, 0x66a},
    {" ar ckb sd ", 0x660, 0x66c, 0x66a},
    {" ne mr ", 0x966, ',', '%'},
    {" bn as ", 0x9e6, ',', '%'},
    {" my ", 0x1040, ',', '%'},
    {" de es it pt nl id tr da el ", '0', '.', '%'},
    {" fr ru uk pl cs sv nb fi bg ", '0', 0x202f, '%'},  // a narrow space
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

static size_t put_number(char *out, int64_t value, const struct style *style)
{
    char plain[24];
    int len = snprintf(plain, sizeof(plain), "%lld", (long long)(value < 0 ? 0 : value));
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            at = put(out, at, style->group);
        at = put(out, at, style->zero + (uint32_t)(plain[i] - '0'));
    }
    return at;
}

/* At most 19 digits and 6 signs, of at most 3 bytes in the scripts above, would be 75 bytes: votes are fewer. */
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
    out[put(out, put_number(out, percent, style), style->percent)] = '\0';
}
