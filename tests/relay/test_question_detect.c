/* What looks like a question, and when two are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "relay/question_detect.h"
#include "relay/text_key.h"

static void test_questions(void **state)
{
    static const struct {
        const char *text, *shown;  // shown NULL: no question
    } cases[] = {
        {"what does this song mean to you?", "what does this song mean to you?"},
        {"این آهنگ برای شما چه معنایی دارد؟", "این آهنگ برای شما چه معنایی دارد؟"},
        {"ما هو اسمك؟", "ما هو اسمك؟"},
        {"這首歌對你有什麼意義？", "這首歌對你有什麼意義？"},
        {"誰？", "誰？"},
        {"Πώς σε λένε;", "Πώς σε λένε;"},
        {"Πώς σε λένε;", "Πώς σε λένε;"},
        {"¿Cuándo tocas aquí?", "¿Cuándo tocas aquí?"},
        {"why?! tell us", "why?! tell us"},
        {"really?!", "really?!"},
        {"you play tomorrow?😂", "you play tomorrow?😂"},
        {"!ask your favourite city", "your favourite city"},
        {"!ASK   your favourite city ", "your favourite city"},
        {"!q: your age", "your age"},
        {"!سوال بهترین شهر", "بهترین شهر"},
        {"how did you learn this", "how did you learn this"},
        {"چرا این را می‌خوانی", "چرا این را می‌خوانی"},
        {"هل تحب القهوة", "هل تحب القهوة"},
        {"你會再來嗎", "你會再來嗎"},
        {"好きな色は何ですか", "好きな色は何ですか"},
        {"see https://a.example/?v=1 is that you?", "see https://a.example/?v=1 is that you?"},
        {"", NULL},
        {"?", NULL},
        {"???", NULL},
        {"ok?", NULL},
        {"😂?", NULL},
        {"!ask", NULL},
        {"!ask  ", NULL},
        {"!asking price", NULL},
        {"hello everybody", NULL},
        {"what a play!", NULL},
        {"how cute", NULL},
        {"https://a.example/watch?v=1", NULL},
        {"look at https://a.example/?", NULL},
        {"great; really great;", NULL},
        {"سلام به همه", NULL},
        {"很好聽", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct question_hint hint = question_detect(str_from(cases[i].text));
        if (hint.is_question != (cases[i].shown != NULL))
            fail_msg("\"%s\": %s", cases[i].text, hint.is_question ? "no question" : "a question");
        if (cases[i].shown && !str_equal(hint.text, str_from(cases[i].shown)))
            fail_msg("\"%s\": shown as \"%.*s\"", cases[i].text, (int)hint.text.len, hint.text.data);
    }
}

static char *key_of(const char *text)
{
    struct buffer key = {0};
    text_key_add(&key, text, strlen(text));
    return buffer_take(&key);
}

static void test_same(void **state)
{
    static const struct {
        const char *first, *second;
        bool is_same;
    } cases[] = {
        {"What's your name?", "WHATS YOUR NAME", true},
        {"چرا؟ كي مي‌آيي", "چرا؟ کی می آیی", true},
        {"هَلْ تُحِبُّ القَهْوَةَ؟", "هل تحب القهوه", true},
        {"這首歌叫什麼名字？", "这首歌叫什么名字?", true},
        {"Ｗｈｙ？", "why", true},
        {"۲ تا چرا؟", "2 تا چرا", true},
        {"Straße?", "STRASSE", true},
        {"كـــيف حالك", "كيف حالك", true},
        {"why now?", "why not?", false},
        {"राम कौन है", "रोम कौन है", false},
        {"ไก่", "ไข่", false},
        {"?!…", "", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *first = key_of(cases[i].first), *second = key_of(cases[i].second);
        if ((strcmp(first, second) == 0) != cases[i].is_same)
            fail_msg("\"%s\" → \"%s\", \"%s\" → \"%s\"", cases[i].first, first, cases[i].second, second);
        free(first);
        free(second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
