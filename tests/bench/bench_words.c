/*
 * What the word lists cost: a message of 60 characters against all shipped lists, and against 100,000 entries more. The
 * aim is a microsecond, and no difference between the two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "relay/words.h"

enum { TRIES = 200, ROUNDS = 1000, MORE = 100000 };

static const struct {
    const char *name, *text;
} texts[] = {
    {"English", "hello everyone, what a beautiful song was that just a minute"},
    {"English, it's", "it's so good, I don't know what's better, that or the others"},
    {"English, digits", "level 42 at 18:30, wow, gg 2nd place and h3llo to you all!!!"},
    {"Persian", "سلام به همه، این آهنگ چه معنایی دارد و چه کسی آن را نوشته بود"},
    {"Chinese", "大家好這首歌是什麼意思是誰寫的呢真的非常好聽謝謝你們今天的演出我們下次再見希望你們一切都好也祝大家晚安明天見再見各位朋友們"},
    {"Russian", "всем привет, какая красивая песня, кто её написал и когда это"},
};

static struct words *load(const char *folder, size_t more)
{
    static const char *const languages[] = {"ar", "de", "en", "es", "fa", "fr", "pt", "ru", "tr", "zh-Hans", "zh-Hant"};
    struct words *words = words_create();
    struct error err = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++) {
        char *path = xasprintf("%s/%s.txt", folder, languages[i]);
        if (!words_add_file(words, languages[i], path, false, NULL, NULL, &err))
            fprintf(stderr, "%s\n", err.text);
        free(path);
    }
    struct buffer lines = {0};
    for (size_t i = 0; i < more; i++) {
        uint32_t seed = (uint32_t)i * 2654435761u;
        for (int k = 0; k < 7; k++, seed = seed * 1664525u + 1013904223u)
            buffer_add_char(&lines, (char)('a' + (seed >> 24) % 26));
        buffer_add_char(&lines, '\n');
    }
    words_add(words, "own", "own.txt", (struct str){lines.data, lines.len}, true, NULL, NULL);
    buffer_fini(&lines);
    int64_t before_ns = clock_monotonic_ns();
    words_finish(words);
    printf("%zu entries: ready in %.1f ms\n", words_count(words), (double)(clock_monotonic_ns() - before_ns) / 1e6);
    return words;
}

/* Of this thread alone: other work on the machine is not ours. */
static int64_t spent_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

/* Returns the nanoseconds of the first text. */
static double measure(struct words *words)
{
    double first = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct word_hit hits[WORD_HITS_MAX];
        struct str text = str_from(texts[i].text);
        size_t found = words_find(words, text, NULL, 0, hits, WORD_HITS_MAX);
        double best = 1e9;
        for (int k = 0; k < TRIES; k++) {
            int64_t before_ns = spent_ns();
            for (int round = 0; round < ROUNDS; round++)
                words_find(words, text, NULL, 0, hits, WORD_HITS_MAX);
            double each = (double)(spent_ns() - before_ns) / ROUNDS;
            best = each < best ? each : best;
        }
        printf("  %-16s %4.0f ns a message, %zu found%s%s\n", texts[i].name, best, found, found ? ": " : "",
               found ? hits[0].word : "");
        first = i == 0 ? best : first;
    }
    return first;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "assets/words";
    struct words *words = load(folder, 0);
    printf("words_clean %.0f ns\n", measure(words));
    words_destroy(words);
    words = load(folder, MORE);
    measure(words);
    words_destroy(words);
    return 0;
}
