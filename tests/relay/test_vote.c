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

/* Ten options: the last ones have numbers of two digits. */
static void test_ten(void **state)
{
    static const struct vote_case cases[] = {
        {"10", 9}, {"۱۰", 9}, {"١٠", 9}, {"१०", 9}, {"๑๐", 9}, {"１０", 9}, {"十", 9}, {"⑩", 9}, {"Ⅹ", 9}, {"🔟", 9}, {"拾", 9},
        {"(10)", 9}, {"#10", 9}, {"10!!!", 9}, {"!vote 10", 9}, {"!vote ۱۰", 9}, {"10 10 10", 9}, {"第十", 9}, {"10番", 9},
        {"j", 9}, {"J.", 9}, {"癸", 9}, {"コ", 9}, {"κ", 9}, {"к", 9}, {"ञ", 9}, {"ญ", 9}, {"차", 9},
        {"9", 8}, {"九", 8}, {"i", 8}, {"8", 7}, {"7", 6}, {"６", 5}, {"5️⃣", 4}, {"௪", 3}, {"د", 3},
        {"11", -1}, {"100", -1}, {"1010", -1}, {"010", -1}, {"1 0", -1}, {"0", -1}, {"۱۱", -1}, {"十一", -1}, {"k", -1}, {"10%", -1},
        {"10/10", -1}, {"10:00", -1}, {"10k", -1}, {"10?", -1}, {"10 people", -1}, {"top 10", -1}, {"+10", -1}, {"-10", -1},
        {"۱۰ نفر", -1}, {"十个", 9}, {"十分", -1},
    };
    const struct str options[] = {STR("red"), STR("orange"), STR("yellow"), STR("green"), STR("cyan"), STR("blue"), STR("violet"),
        STR("white"), STR("grey"), STR("black")};
    check_all(options, ARRAY_LENGTH(options), cases, ARRAY_LENGTH(cases));
}

/* As people write: drawn out, without accents, in any case, behind the words of their language. */
static void test_manners(void **state)
{
    static const struct vote_case cases[] = {
        {"Café", 0}, {"cafe", 0}, {"CAFÉ!!", 0}, {"cafeeeee", 0}, {"Caaafé", 0}, {"ＣＡＦÉ", 0}, {"#cafe", 0}, {"cafe\u0301", 0},
        {"🎉 café 🎉", 0}, {"café café café", 0}, {"vote: café", 0}, {"vote:a", 0}, {"vote: b", 1}, {"Vote:２", 1}, {"投票：二", 1},
        {"چای", 1}, {"چاای", -1}, {"چااااای", 1}, {"چـــای", 1}, {"چايِ", 1}, {"چای!!", 1}, {"رای: چای", 1}, {"گزینه‌ی ۲", 1},
        {"صوت ٢", 1}, {"خيار ٢", 1}, {"رقم ٢", 1}, {"أصوت ٢", 1}, {"oy 2", 1}, {"seçenek 2", 1}, {"opción 2", 1}, {"voto 2", 1},
        {"numero 2", 1}, {"Nr. 2", 1}, {"вариант 2", 1}, {"голосую 2", 1}, {"वोट २", 1}, {"विकल्प २", 1}, {"โหวต 2", 1}, {"โหวต๒", 1},
        {"เลือก2", 1}, {"ข้อ 2", 1}, {"投票2", 1}, {"我選2", 1}, {"我选二", 1}, {"选项2", 1}, {"2番に投票", 1}, {"2に一票", 1}, {"투표 2", 1},
        {"2번", 1}, {"Vote2", 1}, {"/vote 2", 1}, {"option 2!", 1}, {"!V B", 1}, {"❷ 👍", 1}, {"«۲»", 1}, {"*2*", 1}, {"2…", 1},
        // sentences, sums, times, prices, places
        {"1st!", -1}, {"2nd", -1}, {"2 minutes left", -1}, {"۲ تا گربه دارم", -1}, {"۲ دقیقه مانده", -1}, {"عندي ٢ قطط", -1},
        {"मेरे पास २ बिल्लियाँ हैं", -1}, {"มีแมว 2 ตัว", -1}, {"還有2分鐘", -1}, {"2人", -1}, {"2個人", -1}, {"고양이 2마리", -1}, {"2 gatos", -1},
        {"tengo 2 gatos", -1}, {"2 kedim var", -1}, {"у меня 2 кота", -1}, {"2+2", -1}, {"2=2", -1}, {"1:1", -1}, {"1-1", -1}, {"2x speed", -1},
        {"2k", -1}, {"B2", -1}, {"v2", -1}, {"2.0", -1}, {"№", -1}, {"vote:", -1}, {"vote: maybe", -1}, {"AAAAAAA", -1}, {"bbbb", -1},
        {"no café", -1}, {"café or tea", -1}, {"voted 2", -1}, {"a cat", -1}, {"!voteban 2", -1}, {"\u202e2\u202c 1", -1}, {"2\n1", -1},
        {"café چای", -1}, {"1️⃣2️⃣", -1}, {"🥇", -1}, {"👍👍", -1},
    };
    const struct str options[] = {STR("Café"), STR("چای")};
    check_all(options, ARRAY_LENGTH(options), cases, ARRAY_LENGTH(cases));
}

/* The words of either language; an option's own language may be missing. */
static void test_two_languages(void **state)
{
    static const struct vote_case cases[] = {
        {"Chess", 0}, {"شطرنج", 0}, {"شَطرَنج", 0}, {"Go", 1}, {"圍棋", 1}, {"围棋", 1}, {"backgammon", 2}, {"!vote شطرنج", 0},
        {"chess شطرنج", 0}, {"chess 圍棋", -1}, {"2", 1}, {"tennis", -1},
    };
    const struct str first[] = {STR("Chess"), STR("Go"), STR("Backgammon")}, second[] = {STR("شطرنج"), STR("圍棋"), STR("")};
    struct vote_options words;
    struct vote_memo memo = {0};
    vote_options_init(&words, first, second, 3);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
            if (vote_parse_memo(&words, &memo, str_from(cases[i].text)) != cases[i].option)
                fail_msg("round %d: \"%s\"", round, cases[i].text);
        }
    }
    assert_false(vote_options_are_alike(&words, 0, 1));
    vote_options_fini(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_votes),
        cmocka_unit_test(test_no_votes),
        cmocka_unit_test(test_number_options),
        cmocka_unit_test(test_picture_options),
        cmocka_unit_test(test_ten),
        cmocka_unit_test(test_manners),
        cmocka_unit_test(test_two_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
