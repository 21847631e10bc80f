/* Which texts vote, and for what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "relay/vote.h"

struct vote_case {
    const char *text;
    int option;
};

static void check_all(const struct str *options, size_t option_count, const struct vote_case *cases, size_t count)
{
    struct vote_options words;
    vote_options_init(&words, options, NULL, option_count);
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        int option = vote_parse(&words, str_from(cases[i].text));
        if (option != cases[i].option) {
            print_error("\"%s\": %d instead of %d\n", cases[i].text, option, cases[i].option);
            wrong++;
        }
    }
    vote_options_fini(&words);
    assert_int_equal(wrong, 0);
}

static void test_votes(void **state)
{
    static const struct vote_case cases[] = {
        // digits of any script
        {"1", 0}, {"2", 1}, {"3", 2}, {"۲", 1}, {"٢", 1}, {"२", 1}, {"২", 1}, {"௨", 1}, {"๒", 1}, {"２", 1}, {"②", 1},
        {"❷", 1}, {"⒉", 1}, {"⑵", 1}, {"Ⅱ", 1}, {"ⅱ", 1}, {"二", 1}, {"𝟚", 1}, {"²", 1}, {"፪", 1}, {"២", 1},
        {"2️⃣", 1}, {"3️⃣", 2}, {"貳", 1}, {"弐", 1},
        // with what people write around them
        {" 2 ", 1}, {"2!", 1}, {"2!!!", 1}, {"2.", 1}, {"2)", 1}, {"(2)", 1}, {"#2", 1}, {"[2]", 1}, {"\"2\"", 1},
        {"۲!", 1}, {"「二」", 1}, {"2。", 1}, {"2،", 1}, {"2 2 2", 1}, {"2 😂😂", 1}, {"👍 3", 2}, {"2🇮🇷", 1},
        {"\u200f۲\u200f", 1}, {"2\u200d", 1},
        // commands and counters
        {"!vote 2", 1}, {"!VOTE 2", 1}, {"!v 3", 2}, {"vote 1", 0}, {"vote: 2", 1}, {"رأی ۲", 1}, {"رای ۲", 1},
        {"!vote option 2", 1}, {"option 3", 2}, {"گزینه ۲", 1}, {"投票 二", 1}, {"選2", 1}, {"第二", 1}, {"2號", 1},
        {"２番", 1}, {"2번", 1}, {"no 2", 1}, {"No. 3", 2}, {"голос 2", 1},
        // letters
        {"a", 0}, {"B", 1}, {"c)", 2}, {"Ｂ", 1}, {"β", 1}, {"Б", 1}, {"ب", 1}, {"الف", 0}, {"ا", 0}, {"ج", 2},
        {"ב", 1}, {"나", 1}, {"ㄴ", 1}, {"乙", 1}, {"イ", 1}, {"い", 1}, {"ข", 1}, {"ख", 1}, {"!vote b", 1},
        // the options' words
        {"Chess", 0}, {"chess!", 0}, {"CHESS", 0}, {"#chess", 0}, {"圍棋", 1}, {"围棋", 1}, {"تخته نرد", 2},
        {"تخته‌نرد", 2}, {"!vote chess", 0}, {"!vote تخته نرد", 2}, {"chess chess chess", 0}, {"2 圍棋", 1},
    };
    const struct str options[] = {STR("Chess"), STR("圍棋"), STR("تخته نرد")};
    check_all(options, ARRAY_LENGTH(options), cases, ARRAY_LENGTH(cases));
}

static void test_no_votes(void **state)
{
    static const struct vote_case cases[] = {
        {"", -1}, {" ", -1}, {"?", -1}, {"!", -1}, {"😂", -1}, {"0", -1}, {"4", -1}, {"9", -1}, {"۰", -1}, {"十", -1},
        {"12", -1}, {"22", -1}, {"222", -1}, {"-2", -1}, {"+2", -1}, {"2/3", -1}, {"2%", -1}, {"2.5", -1}, {"1-2", -1},
        {"½", -1}, {"2?", -1}, {"۲؟", -1}, {"2nd", -1}, {"2x", -1}, {"x2", -1}, {"1 2", -1}, {"1 2 3", -1},
        {"I have 2 cats", -1}, {"2 cats", -1}, {"see you at 2", -1}, {"من ۲ گربه دارم", -1}, {"我有二隻貓", -1},
        {"二人", -1}, {"二月", -1}, {"一起", -1}, {"top 3", -1}, {"3 hours ago", -1}, {"gg 2 ez", -1}, {"2 > 1", -1},
        {"d", -1}, {"z", -1}, {"ab", -1}, {"a b", -1}, {"В чём дело", -1}, {"chess is fun", -1}, {"I like chess", -1},
        {"chess?", -1}, {"not chess", -1}, {"!vote", -1}, {"!vote 9", -1}, {"!vote 2 3", -1}, {"vote for 2 please", -1},
        {"!vote whatever", -1}, {"option", -1}, {"https://a.example/2", -1}, {"2:30", -1}, {"$2", -1}, {"2€", -1},
        {"1 1 1 1 1 1 1 1 1 1 1 1", -1}, {"第二次", -1},
    };
    const struct str options[] = {STR("Chess"), STR("圍棋"), STR("تخته نرد")};
    check_all(options, ARRAY_LENGTH(options), cases, ARRAY_LENGTH(cases));
}

/* An option's own words win over its number. */
static void test_number_options(void **state)
{
    static const struct vote_case cases[] = {
        {"3", 0}, {"5", 1}, {"7", 2}, {"۵", 1}, {"五", 1}, {"1", 0}, {"2", 1}, {"!vote 5", 1}, {"4", -1},
    };
    const struct str options[] = {STR("3"), STR("5"), STR("7")};
    check_all(options, ARRAY_LENGTH(options), cases, ARRAY_LENGTH(cases));
}

static void test_picture_options(void **state)
{
    static const struct vote_case cases[] = {
        {"🍎", 0}, {"🍊", 1}, {"❤️", 2}, {"❤", 2}, {"🍋", -1}, {"1", 0}, {"!vote 🍊", -1},
    };
    const struct str options[] = {STR("🍎"), STR("🍊"), STR("❤️")};
    check_all(options, ARRAY_LENGTH(options), cases, ARRAY_LENGTH(cases) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_votes),
        cmocka_unit_test(test_no_votes),
        cmocka_unit_test(test_number_options),
        cmocka_unit_test(test_picture_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
