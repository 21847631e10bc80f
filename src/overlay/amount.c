#include "overlay/amount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#include "base/memory.h"

enum { MICROS = 1000000, LOCALE_BYTES = 64 };

struct amount {
    UNumberFormat *format;  // owned
};

static bool is_code(const char *currency)
{
    return currency && strlen(currency) == 3 && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

struct amount *amount_create(const char *language, const char *currency, bool is_whole)
{
    UErrorCode status = U_ZERO_ERROR;
    char locale[LOCALE_BYTES] = "";
    uloc_forLanguageTag(language, locale, sizeof(locale) - 1, NULL, &status);
    status = U_ZERO_ERROR;
    UNumberFormat *format = unum_open(is_code(currency) ? UNUM_CURRENCY : UNUM_DECIMAL, NULL, 0, locale, NULL, &status);
    if (U_FAILURE(status))
        return NULL;
    if (is_code(currency)) {
        UChar code[4] = {(UChar)currency[0], (UChar)currency[1], (UChar)currency[2], 0};
        unum_setTextAttribute(format, UNUM_CURRENCY_CODE, code, 3, &status);
    }
    if (is_whole)
        unum_setAttribute(format, UNUM_FRACTION_DIGITS, 0);
    struct amount *amount = xcalloc(1, sizeof(*amount));
    amount->format = format;
    return amount;
}

void amount_destroy(struct amount *amount)
{
    if (!amount)
        return;
    unum_close(amount->format);
    free(amount);
}

void amount_write(const struct amount *amount, int64_t micros, char out[AMOUNT_BYTES])
{
    UErrorCode status = U_ZERO_ERROR;
    char decimal[32];
    UChar units[AMOUNT_BYTES];
    int32_t len = 0;
    out[0] = '\0';
    if (!amount)
        return;
    int64_t sum = micros > 0 ? micros : 0;
    snprintf(decimal, sizeof(decimal), "%lld.%06lld", (long long)(sum / MICROS), (long long)(sum % MICROS));
    int32_t count = unum_formatDecimal(amount->format, decimal, -1, units, AMOUNT_BYTES, NULL, &status);
    if (U_SUCCESS(status))
        u_strToUTF8(out, AMOUNT_BYTES - 1, &len, units, count, &status);
    out[U_SUCCESS(status) ? len : 0] = '\0';
}
