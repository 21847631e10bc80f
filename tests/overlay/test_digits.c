/* Numbers of each language, held against what ICU makes of CLDR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#include "base/memory.h"
#include "overlay/digits.h"

static const char *const languages[] = {"fa", "ps", "ks", "ar", "ckb", "sd", "ne", "mr", "bn", "as", "my", "dz", "de", "es", "it",
    "pt", "nl", "id", "tr", "da", "el", "vi", "km", "lo", "az", "ro", "sr", "hr", "sl", "ca", "fr", "ru", "uk", "pl", "cs", "sv",
    "nb", "fi", "bg", "ka", "hy", "hu", "kk", "sk", "be", "lt", "lv", "et", "en", "zh", "ja", "ko", "th", "hi", "ta", "te", "ml",
    "gu", "pa", "or", "ur", "he", "am", "si", "kn", "ug", "zh-Hant", "pt-BR"};

/* ICU writes some groups with U+00A0, sets spaces before "%", and marks directions: the first is one for us, the others go. */
static void tidy(const UChar *units, bool is_percent, char *out, size_t size)
{
    UChar kept[100];
    int32_t count = 0;
    for (; *units; units++) {
        UChar unit = *units == 0xa0 ? 0x202f : *units;
        if (unit != 0x61c && !(is_percent && unit == 0x202f))
            kept[count++] = unit;
    }
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8(out, (int32_t)size, NULL, kept, count, &status);
}

static int check(const char *language, UNumberFormatStyle style, double value)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[100];
    char expected[300], got[DIGITS_BYTES];
    UNumberFormat *format = unum_open(style, NULL, 0, language, NULL, &status);
    unum_formatDouble(format, value, units, 100, NULL, &status);
    unum_close(format);
    assert_true(U_SUCCESS(status));
    tidy(units, style == UNUM_PERCENT, expected, sizeof(expected));
    if (style == UNUM_PERCENT)
        digits_percent(got, (int)(value * 100 + 0.5), language);
    else
        digits_count(got, (int64_t)value, language);
    if (strcmp(got, expected) == 0)
        return 0;
    print_error("%s: %s instead of %s\n", language, got, expected);
    return 1;
}

static void test_languages(void **state)
{
    static const double counts[] = {0, 7, 42, 999, 10000, 123456, 1234567, 999999999999};
    int wrong = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(counts); k++)
            wrong += check(languages[i], UNUM_DECIMAL, counts[k]);
        wrong += check(languages[i], UNUM_PERCENT, 0.46) + check(languages[i], UNUM_PERCENT, 1);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_languages)};
    return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
