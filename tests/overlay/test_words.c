/* The words that cards say by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "overlay/words.h"

static const struct {
    enum word word;
    const char *language;
    int64_t count;
    const char *expected;
} phrases[] = {
    {WORD_RAID_VIEWERS, "en", 120, "raided with 120 viewers"},
    {WORD_RAID_VIEWERS, "en-GB", 1, "raided with 1 viewer"},
    {WORD_RAID_VIEWERS, "", 1200, "raided with 1,200 viewers"},
    {WORD_RAID_VIEWERS, "fa", 120, "با ۱۲۰ بیننده آمد"},
    {WORD_RAID_VIEWERS, "zh-Hans", 120, "带着 120 位观众来了"},
    {WORD_RAID_VIEWERS, "zh-TW", 120, "帶著 120 位觀眾來了"},
    {WORD_RAID_VIEWERS, "es", 1, "llegó con 1 espectador"},
    // Arabic's five forms.
    {WORD_RAID_VIEWERS, "ar", 1, "جاء مع مشاهد واحد"},
    {WORD_RAID_VIEWERS, "ar", 2, "جاء مع مشاهدَين"},
    {WORD_RAID_VIEWERS, "ar", 7, "جاء مع ٧ مشاهدين"},
    {WORD_RAID_VIEWERS, "ar", 12, "جاء مع ١٢ مشاهدًا"},
    {WORD_RAID_VIEWERS, "ar", 100, "جاء مع ١٠٠ مشاهد"},
    // Russian's four, the last of them for fractions alone.
    {WORD_ASKED_BY, "ru", 1, "спросил 1 человек"},
    {WORD_ASKED_BY, "ru", 3, "спросили 3 человека"},
    {WORD_ASKED_BY, "ru", 14, "спросили 14 человек"},
    {WORD_ASKED_BY, "ru", 21, "спросил 21 человек"},
    {WORD_ASKED_BY, "ja", 14, "14人が質問"},
    {WORD_RAID_VIEWERS, "pt-BR", 1, "raid com 1 espectador"},
    {WORD_RAID_VIEWERS, "he", 2, "ריד עם 2 צופים"},
    {WORD_MEMBER_MONTHS, "en", 5, "member for 5 months"},
    {WORD_MEMBER_MONTHS, "fa", 5, "۵ ماه عضویت"},
    {WORD_ASKED_BY, "en", 14, "asked by 14"},
    {WORD_MORE, "zh", 12, "还有 12 条"},
    {WORD_BITS, "en", 1, "1 bit"},
    // No words of ours: English, with the viewers' digits.
    {WORD_RAID_VIEWERS, "bn", 12, "raided with ১২ viewers"},
    {WORD_MEMBER, "zhx", 1, "became a member"},
    {WORD_RAID_VIEWERS, "not a language at all, and far too long for one", 3, "raided with 3 viewers"},
};

static void test_phrases(void **state)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
        char got[WORDS_BYTES];
        words_write(got, phrases[i].word, phrases[i].language, phrases[i].count);
        if (strcmp(got, phrases[i].expected) != 0)
            fail_msg("%s, %lld: \"%s\", expected \"%s\"", phrases[i].language, (long long)phrases[i].count, got,
                phrases[i].expected);
    }
}

/* Every language says every word, and says the number where it is not in the word itself. */
static void test_all_are_there(void **state)
{
    static const char *const languages[] = {"en", "fa", "ar", "zh-Hant", "zh-Hans", "es", "de", "fr", "he", "hi", "ja", "ko",
        "pt", "ru", "tr", "ur"};
    for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++) {
        for (int word = 0; word < WORD_COUNT; word++) {
            char got[WORDS_BYTES], english[WORDS_BYTES];
            words_write(got, (enum word)word, languages[i], 11);
            words_write(english, (enum word)word, "en", 11);
            if (!*got || strstr(got, "{n}") || (i > 0 && strcmp(got, english) == 0 && word != WORD_BITS))
                fail_msg("%s has no word %d: \"%s\"", languages[i], word, got);
        }
    }
}

/* The longest that may come fits. */
static void test_bounds(void **state)
{
    char words[WORDS_BYTES];
    words_write(words, WORD_GIFTED_MEMBERS, "fa", INT64_MAX);
    assert_true(strlen(words) < WORDS_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phrases), cmocka_unit_test(test_all_are_there),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
