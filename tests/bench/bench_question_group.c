/*
 * Finding the group of a question among 1,000 and among 1,000,000: the cost of making its print, and of looking it up, for
 * questions that are there (in other words) and that are not. ANTIPHON_BENCH_QUESTIONS: the larger number.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "relay/question_group.h"
#include "relay/question_print.h"
#include "relay/question_words.h"

enum { SMALL = 1000, LARGE = 1000000, ASKED = 20000 };

/* Of this process: others on the machine cost us nothing. */
static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* A word of its own for each number, so that no two questions of the pile are one. */
static void name_of(size_t n, char out[20])
{
    static const char *const parts[] = {"ka", "ro", "mi", "tu", "le", "so", "na", "vi", "pe", "du"};
    char *at = out;
    for (int i = 0; i < 8; i++, n /= 10)
        at = stpcpy(at, parts[n % 10]);
}

/* Patterns of a chat, in two languages. is_other: the same question in other words. */
static void make_text(size_t n, bool is_other, char *out, size_t size)
{
    char name[20];
    name_of(n, name);
    switch (n % 4) {
    case 0: snprintf(out, size, is_other ? "hey do u like the game %s pls" : "do you like the game %s?", name); break;
    case 1: snprintf(out, size, is_other ? "when r u coming to %s??" : "When are you coming to %s?", name); break;
    case 2: snprintf(out, size, is_other ? "نظرتون راجب %s چیه" : "نظرت درباره %s چیه؟", name); break;
    default: snprintf(out, size, is_other ? "please sing %s for us when" : "When will you sing %s for us?", name); break;
    }
}

struct costs {
    double print_ns, hit_ns, miss_ns, add_ns;
    size_t hits, false_hits, bytes;
};

static void look_up(const struct question_group *group, const struct question_words *words, size_t count, struct costs *costs)
{
    struct question_print **prints = xcalloc(ASKED, sizeof(*prints));
    for (int is_missing = 0; is_missing < 2; is_missing++) {
        int64_t from_ns = cpu_ns();
        for (size_t i = 0; i < ASKED; i++) {
            struct print_space space;
            char text[160];
            make_text(is_missing ? count + 7919 * i : (i * 7919) % count, true, text, sizeof(text));
            prints[i] = question_print_copy(question_print_make(&space, words, str_from(text)));
        }
        costs->print_ns = (double)(cpu_ns() - from_ns) / ASKED;
        size_t found = 0;
        from_ns = cpu_ns();
        for (size_t i = 0; i < ASKED; i++)
            found += question_group_find(group, prints[i]) != 0;
        *(is_missing ? &costs->miss_ns : &costs->hit_ns) = (double)(cpu_ns() - from_ns) / ASKED;
        *(is_missing ? &costs->false_hits : &costs->hits) = found;
        for (size_t i = 0; i < ASKED; i++)
            free(prints[i]);
    }
    free(prints);
}

static struct costs measure(const struct question_words *words, size_t count)
{
    struct costs costs = {0};
    struct question_group *group = question_group_create();
    int64_t from_ns = cpu_ns();
    for (size_t i = 0; i < count; i++) {
        struct print_space space;
        char text[160];
        make_text(i, false, text, sizeof(text));
        question_group_add(group, i + 1, question_print_make(&space, words, str_from(text)));
    }
    costs.add_ns = (double)(cpu_ns() - from_ns) / (double)count;
    look_up(group, words, count, &costs);
    costs.bytes = question_group_bytes(group);
    question_group_destroy(group);
    printf("%8zu questions: print %5.0f ns, found %5.0f ns (%.1f %%), not found %5.0f ns (%.2f %% wrongly), added in %5.0f ns, %.1f MB, %zu bytes each\n",
           count, costs.print_ns, costs.hit_ns, 100.0 * (double)costs.hits / ASKED, costs.miss_ns,
           100.0 * (double)costs.false_hits / ASKED, costs.add_ns, (double)costs.bytes / 1e6, costs.bytes / count);
    return costs;
}

int main(void)
{
    const char *root = getenv("ANTIPHON_SOURCE_ROOT"), *wanted = getenv("ANTIPHON_BENCH_QUESTIONS");
    char *folder = xasprintf("%s/assets/questions", root ? root : ".");
    const char *languages[] = {"en", "fa"};
    struct question_words *words = question_words_create(
        &(struct question_words_options){.folder = folder, .languages = languages, .language_count = 2});
    struct costs small = measure(words, SMALL), large = measure(words, wanted ? strtoull(wanted, NULL, 10) : LARGE);
    printf("ratio: found %.2f, not found %.2f, all of a message (print and look-up) %.2f\n", large.hit_ns / small.hit_ns,
           large.miss_ns / small.miss_ns, (large.print_ns + large.hit_ns) / (small.print_ns + small.hit_ns));
    printf("questions_join %.0f ns\nquestions_join_ratio %.2f times\n", large.print_ns + large.hit_ns,
           (large.print_ns + large.hit_ns) / (small.print_ns + small.hit_ns));
    question_words_destroy(words);
    free(folder);
    return 0;
}
