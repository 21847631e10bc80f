/*
 * Finding questions: what a plain message costs, by the words of five languages, in nanoseconds and allocations.
 * Grouping: see bench_question_group.c.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "relay/question_detect.h"
#include "relay/question_words.h"

enum { ROUNDS = 400000 };

static const struct {
    const char *name, *text;
} texts[] = {
    {"English, 5 words", "this is so good today"},
    {"English, 12 words", "I have been watching you since the very first episode, love it"},
    {"emote", "LUL"},
    {"Persian", "سلام به همه بچه‌های خوب از تهران"},
    {"Arabic", "ما شاء الله عليك صوتك جميل"},
    {"Chinese", "大家好我是新來的很好聽"},
    {"address", "https://www.example.org/watch?v=dQw4w9WgXcQ"},
    {"a question", "what is the name of this song?"},
};

/* Of this process: others on the machine cost us nothing. */
static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int main(void)
{
    const char *root = getenv("ANTIPHON_SOURCE_ROOT");
    char *folder = xasprintf("%s/assets/questions", root ? root : ".");
    const char *languages[] = {"en", "fa", "ar", "zh-Hant", "es"};
    int64_t begun_ns = cpu_ns();
    struct question_words *words = question_words_create(
        &(struct question_words_options){.folder = folder, .languages = languages, .language_count = ARRAY_LENGTH(languages)});
    printf("words read in %.1f ms\n", (double)(cpu_ns() - begun_ns) / 1e6);
    double plain_ns = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct str text = str_from(texts[i].text);
        size_t found = 0, before = mallinfo2().uordblks;
        int64_t from_ns = cpu_ns();
        for (int k = 0; k < ROUNDS; k++)
            found += question_detect(words, text).is_question;
        double ns = (double)(cpu_ns() - from_ns) / ROUNDS;
        plain_ns = i == 0 ? ns : plain_ns;
        printf("%-18s %6.0f ns  %s  %+zd bytes kept\n", texts[i].name, ns, found ? "a question" : "none      ",
               (ssize_t)(mallinfo2().uordblks - before));
    }
    printf("questions_plain %.0f ns\n", plain_ns);
    question_words_destroy(words);
    free(folder);
    return 0;
}
