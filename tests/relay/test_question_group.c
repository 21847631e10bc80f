/* Which questions are one: the labelled pairs, and the index that finds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "relay/question_group.h"
#include "relay/question_print.h"
#include "words_fixture.h"

enum { HELD_OUT_EVERY = 3 };

struct figures {
    size_t right, wrong, missed, refused;  // joined rightly and wrongly, not joined though the same, rightly not joined
};

struct set {
    struct figures all, tuned, held_out, near;
    size_t pairs;
    bool is_telling;
};

static void count(struct figures *figures, bool is_same, bool is_joined)
{
    figures->right += is_same && is_joined;
    figures->wrong += !is_same && is_joined;
    figures->missed += is_same && !is_joined;
    figures->refused += !is_same && !is_joined;
}

static double precision(const struct figures *figures)
{
    size_t joined = figures->right + figures->wrong;
    return joined ? (double)figures->right / (double)joined : 1;
}

static double recall(const struct figures *figures)
{
    size_t same = figures->right + figures->missed;
    return same ? (double)figures->right / (double)same : 1;
}

static bool is_one(const struct question_words *words, struct str a, struct str b)
{
    struct print_space first, second;
    question_print_make(&first, words, a);
    question_print_make(&second, words, b);
    int likeness = question_print_likeness(&first.print, &second.print);
    assert_int_equal(question_print_likeness(&second.print, &first.print) > 0, likeness > 0);
    return likeness > 0;
}

static void measure(struct set *set, const struct question_words *words, char *line)
{
    char *rest = line, *label = strtok_r(rest, "\t", &rest), *language = strtok_r(rest, "\t", &rest);
    char *a = strtok_r(rest, "\t", &rest), *b = strtok_r(rest, "\t", &rest), *kind = strtok_r(rest, "\t", &rest);
    assert_non_null(b);
    bool is_same = strcmp(label, "same") == 0, is_held_out = set->pairs++ % HELD_OUT_EVERY == 2;
    bool is_joined = is_one(words, str_from(a), str_from(b));
    count(&set->all, is_same, is_joined);
    count(is_held_out ? &set->held_out : &set->tuned, is_same, is_joined);
    if (kind)
        count(&set->near, is_same, is_joined);
    if (set->is_telling && !is_held_out && is_same != is_joined)
        print_message("%s %s: %s | %s (%s)\n", is_joined ? "WRONG " : "missed", language, a, b, kind ? kind : "");
}

static void print_figures(const char *name, const struct figures *figures)
{
    print_message("%-9s %3zu pairs: precision %.3f, recall %.3f (joined %zu rightly, %zu wrongly; missed %zu)\n", name,
                  figures->right + figures->wrong + figures->missed + figures->refused, precision(figures), recall(figures),
                  figures->right, figures->wrong, figures->missed);
}

static void test_pairs(void **state)
{
    struct buffer text = {0};
    struct error err = {0};
    char *path = xasprintf("%s/questions/pairs.tsv", getenv("ANTIPHON_TEST_DATA"));
    if (!file_read(path, 1 << 20, &text, &err))
        fail_msg("%s", err.text);
    free(path);
    buffer_add_char(&text, '\0');
    struct question_words *words = fixture_words("en fa ar zh-Hant zh-Hans es tr");
    struct set set = {.is_telling = getenv("ANTIPHON_PAIRS") != NULL};
    for (char *rest = text.data, *line; (line = strtok_r(rest, "\n", &rest));) {
        if (*line != '#')
            measure(&set, words, line);
    }
    question_words_destroy(words);
    buffer_fini(&text);
    print_figures("all", &set.all);
    print_figures("tuned on", &set.tuned);
    print_figures("held out", &set.held_out);
    print_message("near-misses: %zu of %zu refused\n", set.near.refused, set.near.refused + set.near.wrong);
    assert_true(set.pairs >= 400);
    assert_true((set.near.wrong + set.near.refused) * 4 >= set.pairs);
    assert_true(precision(&set.all) >= 0.98 && recall(&set.all) >= 0.6);
    assert_true(precision(&set.held_out) >= 0.98 && recall(&set.held_out) >= 0.6);
}

/* --- The index --- */

static void add(struct question_group *group, const struct question_words *words, uint64_t id, const char *text)
{
    struct print_space space;
    question_group_add(group, id, question_print_make(&space, words, str_from(text)));
}

static uint64_t find(const struct question_group *group, const struct question_words *words, const char *text)
{
    struct print_space space;
    return question_group_find(group, question_print_make(&space, words, str_from(text)));
}

static void test_index(void **state)
{
    struct question_words *words = fixture_words("en fa zh");
    struct question_group *group = question_group_create();
    assert_int_equal(find(group, words, "what is the name of this song?"), 0);
    add(group, words, 1, "what is the name of this song?");
    add(group, words, 2, "کی میای ایران؟");
    add(group, words, 3, "這首歌叫什麼名字？");
    add(group, words, 4, "are you coming to Berlin?");
    assert_int_equal(find(group, words, "whats this song called"), 1);
    assert_int_equal(find(group, words, "كي مياي ايراااان"), 2);
    assert_int_equal(find(group, words, "请问这首歌叫什么"), 3);
    assert_int_equal(find(group, words, "r u coming to berlinnnn??? 😂"), 4);
    assert_int_equal(find(group, words, "are you coming to Paris?"), 0);
    assert_int_equal(find(group, words, "are you not coming to Berlin?"), 0);
    assert_int_equal(find(group, words, "?!…"), 0);

    // the same id again takes the place; what was removed is not found, and its place is used again
    add(group, words, 4, "are you coming to Paris?");
    assert_int_equal(find(group, words, "are you coming to Berlin?"), 0);
    assert_int_equal(find(group, words, "are you coming to paris"), 4);
    assert_true(question_group_remove(group, 4));
    assert_false(question_group_remove(group, 4));
    assert_int_equal(find(group, words, "are you coming to Paris?"), 0);
    assert_int_equal(question_group_count(group), 3);

    // two with the same letters, after a split: the older one
    add(group, words, 9, "how old is he?");
    add(group, words, 8, "how old is he?");
    assert_int_equal(find(group, words, "how old is he"), 8);
    question_group_remove(group, 8);
    assert_int_equal(find(group, words, "how old is he"), 9);
    question_group_destroy(group);
    question_words_destroy(words);
}

/* Whatever was added and removed between, what is there is found by its own words, and what is gone is not. */
static void test_many(void **state)
{
    enum { COUNT = 3000 };
    struct question_words *words = fixture_words("en");
    struct question_group *group = question_group_create();
    char text[80];
    for (uint64_t id = 1; id <= COUNT; id++) {
        snprintf(text, sizeof(text), "do you remember episode %llu?", (unsigned long long)id);
        add(group, words, id, text);
        if (id % 3 == 0) {
            question_group_remove(group, id - 1);
        }
    }
    size_t full = question_group_bytes(group);
    for (uint64_t id = 1; id <= COUNT; id++) {
        snprintf(text, sizeof(text), "DO YOU remember episode %llu", (unsigned long long)id);
        uint64_t found = find(group, words, text);
        if (found != (id % 3 == 2 && id < COUNT ? 0 : id))
            fail_msg("%s: %llu", text, (unsigned long long)found);
    }
    for (int round = 0; round < 5; round++) {  // coming and going costs no memory
        for (uint64_t id = 1; id <= COUNT; id++) {
            snprintf(text, sizeof(text), "do you remember episode %llu?", (unsigned long long)id);
            question_group_remove(group, id);
            if (round < 4)
                add(group, words, id + (uint64_t)round * COUNT * 10, text);
            question_group_remove(group, id + (uint64_t)round * COUNT * 10);
        }
    }
    assert_int_equal(question_group_count(group), 0);
    assert_true(question_group_bytes(group) <= full * 2);
    question_group_destroy(group);
    question_words_destroy(words);
}

/* Texts that no person writes. */
static void test_odd_texts(void **state)
{
    struct question_words *words = fixture_words("");
    struct question_group *group = question_group_create();
    struct buffer text = {0};
    for (int i = 0; i < 500; i++)
        buffer_add_string(&text, "why ");
    buffer_add_char(&text, '\0');
    add(group, words, 1, text.data);
    assert_int_equal(find(group, words, text.data), 1);
    buffer_clear(&text);
    for (int i = 0; i < 2000; i++)
        buffer_add_char(&text, (char)('0' + i % 10));
    buffer_add_char(&text, '\0');
    add(group, words, 2, text.data);
    assert_int_equal(find(group, words, text.data), 2);
    add(group, words, 3, "");
    add(group, words, 4, "😂😂😂");
    assert_int_equal(question_group_count(group), 2);
    assert_int_equal(find(group, words, "😂😂😂"), 0);
    buffer_fini(&text);
    question_group_destroy(group);
    question_words_destroy(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_odd_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
