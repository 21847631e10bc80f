/* test_ranges.c - code points to bytes, and amounts to micros. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "chat/emotes.h"
#include "chat/money.h"

static void test_code_points(void **state)
{
    static const struct {
        const char *name, *text;
        size_t first, last;
        bool is_good;
        uint32_t from, to;
    } cases[] = {
        {"ASCII", "Kappa hi", 0, 4, true, 0, 5},
        {"behind an emoji: neither bytes nor UTF-16 units", "Kappa 😂 Kappa", 8, 12, true, 11, 16},
        {"behind Persian", "سلام Kappa", 5, 9, true, 9, 14},
        {"the last character", "ab字", 2, 2, true, 2, 5},
        {"backwards", "Kappa", 4, 0, false, 0, 0},
        {"past the end", "Kap", 0, 4, false, 0, 0},
        {"starts past the end", "字字字", 3, 3, false, 0, 0},
        {"empty text", "", 0, 0, false, 0, 0},
        {"a number that wraps", "abc", 0, SIZE_MAX, false, 0, 0},
        {"a broken byte is one character", "\xff" "abc", 1, 3, true, 1, 4},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct code_points walk = code_points_of(str_from(cases[i].text));
        uint32_t from = 0, to = 0;
        bool is_good = code_points_range(&walk, cases[i].first, cases[i].last, &from, &to);
        if (is_good != cases[i].is_good || from != cases[i].from || to != cases[i].to)
            fail_msg("%s: %d %u-%u", cases[i].name, is_good, from, to);
    }
}

static void test_walks_back(void **state)
{
    struct code_points walk = code_points_of(STR("字Kappa字Keepo"));
    uint32_t from, to;
    assert_true(code_points_range(&walk, 7, 11, &from, &to));
    assert_int_equal(from, 11);
    assert_true(code_points_range(&walk, 1, 5, &from, &to));
    assert_int_equal(from, 3);
    assert_int_equal(to, 8);
}

static void test_amounts(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        int64_t micros;
    } cases[] = {
        {"5", true, 5000000}, {"5.00", true, 5000000}, {"0.01", true, 10000}, {"1234.5", true, 1234500000},
        {"1.23456789", true, 1234567}, {"200.", true, 200000000}, {"", false, 0}, {".", false, 0},
        {"-1", false, 0}, {"1,000", false, 0}, {"99999999999999999999", false, 0}, {"1.2.3", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t micros = 0;
        bool is_good = money_from_decimal(str_from(cases[i].text), &micros);
        if (is_good != cases[i].is_good || micros != cases[i].micros)
            fail_msg("\"%s\": %d %lld", cases[i].text, is_good, (long long)micros);
    }
}

static void test_exponents(void **state)
{
    int64_t micros = 0;
    assert_true(money_from_exponent(500, 2, &micros));
    assert_int_equal(micros, 5000000);
    assert_true(money_from_exponent(1200, 0, &micros));
    assert_int_equal(micros, 1200000000);
    assert_true(money_from_exponent(123456789, 8, &micros));
    assert_int_equal(micros, 1234567);
    assert_false(money_from_exponent(-1, 2, &micros));
    assert_false(money_from_exponent(1, 19, &micros));
    assert_false(money_from_exponent(INT64_MAX, 0, &micros));
    assert_true(money_is_currency(STR("USD")));
    assert_false(money_is_currency(STR("US")));
    assert_false(money_is_currency(STR("U$D")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_walks_back),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_exponents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
