/* test_layout.c - where lines break, how they are cut, shrunk, placed; masks, outlines and the cache. */
#include "describe.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static void test_breaks(void **state)
{
    static const struct {
        const char *name, *text;
        int width_px;
        const char *expected, *language;
    } cases[] = {
        {"words", "one two three four", 200, "one two|three four"},
        {"the spaces at the end hang", "one          two", 80, "one|two"},
        {"a word wider than the line", "Donaudampfschifffahrt an", 160, "Donauda|mpfschiff|fahrt an"},
        {"an address wider than the line", "https://example.org/a/b?x=1", 400, "https://example.org/a/|b?x=1"},
        {"an address stays whole", "see https://example.org/a", 400, "see|https://example.org/a"},
        {"also in brackets, behind Han", "請看(https://example.org/a)吧", 420, "請看|(https://example.org/a)|吧"},
        {"a slash parts no words", "tea and/or milk", 150, "tea|and/or|milk"},
        {"no break before marks", "so what !?", 130, "so|what !?"},
        {"numbers hold", "costs $1,000-2,000 or 3.14", 130, "costs|$1,000-|2,000|or 3.14"},
        {"no-break space", "10\u00a0km far", 120, "10\u00a0km|far"},
        {"dash", "won\u2014t", 120, "won\u2014|t"},
        {"Han breaks anywhere but before its marks", "你好世界！你好", 145, "你好世|界！你好", "zh-Hans"},
        {"closing marks of Han", "他说“你好”了", 150, "他说“你|好”了", "zh-Hans"},
        {"small kana begin no line", "ああちょっと", 110, "ああ|ちょっ|と", "ja"},
        {"the long sign begins no line", "ああカー", 110, "ああ|カー", "ja"},
        {"Korean keeps words", "안녕하세요 여러분", 180, "안녕하세요|여러분"},
        {"laughter in Korean", "정말 ㅋㅋㅋㅋ", 180, "정말|ㅋㅋㅋㅋ"},
        {"Korean without spaces", "안녕하세요여러분", 180, "안녕하세요|여러분"},
        {"Thai breaks at words", "สวัสดีชาวโลกขอบคุณมาก", 160, "สวัสดีชาว|โลก|ขอบคุณ|มาก"},
        {"Khmer too", "សួស្តីពិភពលោក", 120, "សួស្តី|ពិភព|លោក"},
        {"ZWNJ words hold", "من می\u200cخواهم", 150, "من|می\u200cخواهم"},
        {"families hold", "👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 60, "👨\u200d👩\u200d👧|👨\u200d👩\u200d👧"},
        {"flags break between pairs", "🇮🇷🇹🇼🇺🇦", 100, "🇮🇷🇹🇼|🇺🇦"},
        {"narrower than a letter", "abc", 3, "a|b|c"},
        {"clusters are never cut", "กี่กี่", 5, "กี่|กี่"},
        {"line ends", "a\nb\n\nc", 300, "a|b||c"},
        {"no width", "one two three four five six", 0, "one two three four five six"},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .width_px = cases[i].width_px, .language = cases[i].language, .size_px = 36});
        failures += differs(cases[i].name, describe_lines(layout), cases[i].expected);
        for (size_t k = 0; k < layout->line_count && cases[i].width_px > 60; k++)
            failures += layout->lines[k].width_px > (float)cases[i].width_px + 0.5F;
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

static void test_ellipsis(void **state)
{
    static const struct {
        const char *name, *text;
        int width_px, max_lines;
        const char *expected;
        bool is_clipped, is_cut;
    } cases[] = {
        {"fits", "one two", 200, 1, "one two"},
        {"at a word", "one two three four five", 300, 1, "one two three…", false, true},
        {"inside a long word", "one Donaudampfschifffahrtsgesellschaft", 300, 1, "one Donaudam…", false, true},
        {"on the second line", "one two three four five six seven", 200, 2, "one two|three four…", false, true},
        {"clipped", "one two three four five", 300, 1, "one two three", true, true},
        {"a paragraph is left out", "one\ntwo", 300, 1, "one…", false, true},
        {"without a width", "one two\nthree", 0, 1, "one two…", false, true},
        {"only spaces are left out", "one two        ", 140, 1, "one two"},
        {"Han", "你好世界你好世界", 150, 1, "你好世…", false, true},
        {"narrower than the ellipsis", "one", 10, 1, "…", false, true},
        {"an emoji is not cut", "👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 60, 1, "…", false, true},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .width_px = cases[i].width_px, .max_lines = cases[i].max_lines, .is_clipped = cases[i].is_clipped});
        failures += differs(cases[i].name, describe_lines(layout), cases[i].expected);
        if (layout->is_cut != cases[i].is_cut)
            print_error("%s: is_cut is %d\n", cases[i].name, layout->is_cut);
        failures += layout->is_cut != cases[i].is_cut;
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

/* As many lines as at the full width, as narrow as that can be, no word parted. */
static void test_even(void **state)
{
    static const struct {
        const char *name, *text;
        int width_px;
        const char *expected;
    } cases[] = {
        {"one line stays", "one two", 300, "one two"},
        {"two", "one two three four five six", 330, "one two three|four five six"},
        {"the last is not one word", "one two three four five six seven", 330, "one two three|four five six seven"},
        {"no word is parted for it", "a Donaudampfschifffahrt b", 440, "a Donaudampfschifffahrt|b"},
        {"Persian", "این آهنگ برای شما چه معنایی دارد و چرا", 420, "این آهنگ برای شما|چه معنایی دارد و چرا"},
        {"Han", "你好世界你好世界你好", 300, "你好世界你|好世界你好"},
        {"paragraphs", "one two three four\nfive six seven", 260, "one two|three four|five six seven"},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_options options = {.text = str_from(cases[i].text), .width_px = cases[i].width_px};
        struct text_layout *usual = text_layout_create(*state, &options);
        options.is_even = true;
        struct text_layout *even = text_layout_create(*state, &options);
        failures += differs(cases[i].name, describe_lines(even), cases[i].expected);
        assert_int_equal(even->line_count, usual->line_count);
        assert_true(even->width_px <= usual->width_px && even->content_width_px <= (float)even->width_px + 0.5F);
        text_layout_destroy(usual);
        text_layout_destroy(even);
    }
    assert_int_equal(failures, 0);
}

/* In a right-to-left line the ellipsis stands at the left end, also behind a Latin word. */
static void test_ellipsis_order(void **state)
{
    struct text_layout *layout = text_layout_create(*state,
        &(struct text_options){.text = STR("این آهنگ song خوب است و زیبا"), .width_px = 230, .max_lines = 1});
    assert_true(layout->lines[0].has_ellipsis);
    const struct text_run *run = &layout->lines[0].runs[0];
    assert_int_equal(run->from, run->to);
    assert_int_equal(run->level, 1);
    assert_string_equal(run->face, "NotoSans-Regular");
    text_layout_destroy(layout);
}

static float width_of(struct text_engine *engine, const char *text)
{
    struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = str_from(text)});
    float width_px = layout->content_width_px;
    text_layout_destroy(layout);
    return width_px;
}

/* Cut where letters join, both halves keep their joined shapes: "سـ|ـبب", not "س|بب". */
static void test_arabic_cut_inside_a_word(void **state)
{
    struct text_layout *layout = text_layout_create(*state,
        &(struct text_options){.text = STR("ببببببببب"), .width_px = 60});
    assert_true(layout->line_count > 1);
    char expected[64] = "", isolated[64] = "";
    const struct text_line *line = &layout->lines[0];
    snprintf(expected, sizeof(expected), "%.*s\u200d", (int)(line->to - line->from), layout->text + line->from);
    snprintf(isolated, sizeof(isolated), "%.*s", (int)(line->to - line->from), layout->text + line->from);
    assert_true(line->width_px == width_of(*state, expected));
    assert_true(line->width_px != width_of(*state, isolated));
    text_layout_destroy(layout);
}

static void test_shrink(void **state)
{
    static const struct {
        const char *name;
        struct text_options options;
        float size_px;
        size_t lines;
        bool is_cut;
    } cases[] = {
        {"fits already", {.text = STR("one two"), .size_px = 40, .min_size_px = 20, .width_px = 300, .max_lines = 1}, 40, 1, false},
        {"one line", {.text = STR("one two three four"), .size_px = 40, .min_size_px = 10, .width_px = 300, .max_lines = 1}, 34, 1, false},
        {"not enough", {.text = STR("one two three four"), .size_px = 40, .min_size_px = 36, .width_px = 200, .max_lines = 1}, 36, 1, true},
        {"by height", {.text = STR("one two three four"), .size_px = 40, .min_size_px = 10, .width_px = 200, .max_height_px = 80}, 29, 2, false},
        {"height, no smaller", {.text = STR("one two three four"), .size_px = 40, .width_px = 200, .max_height_px = 60}, 40, 1, true},
        {"by fixed height", {.text = STR("one two three four"), .size_px = 40, .min_size_px = 10, .width_px = 200,
            .max_height_px = 80, .line_height = 1.2F}, 33, 2, false},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &cases[i].options);
        char got[100], expected[100];
        snprintf(got, sizeof(got), "%.0f px, %zu lines, cut %d", (double)layout->size_px, layout->line_count, layout->is_cut);
        snprintf(expected, sizeof(expected), "%.0f px, %zu lines, cut %d", (double)cases[i].size_px, cases[i].lines, cases[i].is_cut);
        failures += differs(cases[i].name, xstrdup(got), expected);
        int max_px = cases[i].options.max_height_px;
        failures += max_px > 0 && layout->height_px > max_px;
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

static void test_align(void **state)
{
    static const struct {
        const char *text;
        enum text_align align;
        float place;  // of the free room: 0 left, 1 right
    } cases[] = {
        {"one", TEXT_ALIGN_START, 0}, {"one", TEXT_ALIGN_CENTER, 0.5F}, {"one", TEXT_ALIGN_END, 1},
        {"سلام", TEXT_ALIGN_START, 1}, {"سلام", TEXT_ALIGN_CENTER, 0.5F}, {"سلام", TEXT_ALIGN_END, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .width_px = 400, .align = cases[i].align});
        float expected = (400 - layout->lines[0].width_px) * cases[i].place;
        assert_true(layout->lines[0].x_px > expected - 0.1F && layout->lines[0].x_px < expected + 0.1F);
        assert_int_equal(layout->width_px, 400);
        text_layout_destroy(layout);
    }
}

/* A fixed height keeps the baselines where they are whatever script comes; without it the tall face gets room. */
static void test_line_height(void **state)
{
    static const char *const texts[] = {"one\ntwo", "one\nپاکستان", "one\nที่", "one\n👋"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct text_options options = {.text = str_from(texts[i]), .size_px = 40, .language = "ur", .line_height = 1.5F};
        struct text_layout *fixed = text_layout_create(*state, &options);
        assert_int_equal(fixed->height_px, 120);
        assert_int_equal(fixed->lines[1].baseline_px - fixed->lines[0].baseline_px, 60);
        options.line_height = 0;
        struct text_layout *grown = text_layout_create(*state, &options);
        assert_true(i == 0 || grown->lines[1].height_px > grown->lines[0].height_px || i == 3);
        assert_true(grown->lines[1].top_px == grown->lines[0].height_px);
        text_layout_destroy(fixed);
        text_layout_destroy(grown);
    }
}

/* The stroke surrounds the fill evenly: by its width on each side. */
static void test_outline(void **state)
{
    static const char *const texts[] = {"jfly", "سلام", "你好", "नमस्ते", "Ẩ\u0323\u0324\u0325", "בְּ"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct text_layout *layout = text_layout_create(*state,
            &(struct text_options){.text = str_from(texts[i]), .size_px = 40, .outline_px = 4});
        const struct text_run *run = &layout->lines[0].runs[0];
        assert_non_null(run->outline);
        int left = run->mask_x_px - run->outline_x_px, top = run->mask_y_px - run->outline_y_px;
        assert_in_range(left, 3, 5);
        assert_in_range(top, 3, 5);
        assert_in_range(run->outline->width_px - run->mask->width_px, 6, 10);
        assert_in_range(run->outline->height_px - run->mask->height_px, 6, 10);
        assert_int_equal(layout->ink.x_px, run->outline_x_px);
        text_layout_destroy(layout);
    }
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = STR("👋"), .outline_px = 4});
    assert_null(layout->lines[0].runs[0].outline);
    assert_int_equal(layout->lines[0].runs[0].mask->format, TEXT_MASK_ARGB);
    text_layout_destroy(layout);
}

/* Premultiplied: no colour above alpha; and not empty. */
static void test_emoji_pixels(void **state)
{
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = STR("🥰"), .size_px = 40});
    const struct text_mask *mask = layout->lines[0].runs[0].mask;
    assert_in_range(mask->height_px, 46, 48);
    size_t opaque = 0;
    for (int y = 0; y < mask->height_px; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(mask->pixels + (size_t)y * (size_t)mask->stride_bytes);
        for (int x = 0; x < mask->width_px; x++) {
            uint32_t alpha = row[x] >> 24;
            assert_true((row[x] >> 16 & 255) <= alpha && (row[x] >> 8 & 255) <= alpha && (row[x] & 255) <= alpha);
            opaque += alpha == 255;
        }
    }
    assert_true(opaque > 500);
    text_layout_destroy(layout);
}

/* Zalgo rises above the ascent and SDL2_ttf shifts its picture; the letters still stand on the line's baseline. */
static void test_baseline_of_tall_runs(void **state)
{
    struct text_layout *plain = text_layout_create(*state, &(struct text_options){.text = STR("H")});
    struct text_layout *tall = text_layout_create(*state,
        &(struct text_options){.text = STR("H\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301")});
    const struct text_run *low = &plain->lines[0].runs[0], *high = &tall->lines[0].runs[0];
    assert_int_equal(low->mask_y_px + low->mask->height_px, high->mask_y_px + high->mask->height_px);
    assert_true(high->mask_y_px < low->mask_y_px - 20);
    assert_true(tall->ink.y_px < 0);
    text_layout_destroy(plain);
    text_layout_destroy(tall);
}

static void *destroy_elsewhere(void *data)
{
    text_layout_destroy(data);
    return NULL;
}

/* Masks are shared between layouts, outlive cache and engine, and may be released on another thread. */
static void test_sharing(void **state)
{
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){0}, &err);
    const struct text_options options = {.text = STR("Hello"), .size_px = 30};
    struct text_layout *one = text_layout_create(engine, &options);
    struct text_layout *two = text_layout_create(engine, &options);
    assert_ptr_equal(one->lines[0].runs[0].mask, two->lines[0].runs[0].mask);
    struct text_engine_stats stats = text_engine_stats(engine);
    assert_true(stats.hits >= 2 && stats.misses == 1 && stats.bytes > 0);
    struct text_mask *mask = text_mask_ref(one->lines[0].runs[0].mask);
    text_layout_destroy(one);
    text_engine_destroy(engine);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, destroy_elsewhere, two), 0);
    pthread_join(thread, NULL);
    unsigned sum = 0;
    for (int x = 0; x < mask->width_px; x++)
        sum += mask->pixels[(size_t)(mask->height_px / 2) * (size_t)mask->stride_bytes + (size_t)x];
    assert_true(sum > 0);
    text_mask_unref(mask);
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();  // zeros under a sanitizer
    return info.uordblks + info.hblkhd;
}

/* 10,000 different messages: the cache keeps to its bound at each, and the second half leaves nothing behind. */
static void test_memory_is_flat(void **state)
{
    enum { MESSAGES = 10000, CACHE_BYTES = 100000 };
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){.cache_bytes = CACHE_BYTES}, &err);
    size_t half = 0, faces = 0;
    for (int i = 0; i < MESSAGES; i++) {
        static const char *const forms[] = {"message %d", "پیام %d", "%d 👋", "קורא %d"};
        char text[60];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int len = snprintf(text, sizeof(text), forms[i % 4], i);
#pragma GCC diagnostic pop
        text_layout_destroy(text_layout_create(engine,
            &(struct text_options){.text = {text, (size_t)len}, .size_px = 16, .language = i % 8 ? "fa" : "ur"}));
        assert_true(text_engine_stats(engine).bytes <= CACHE_BYTES);
        half = i == MESSAGES / 2 ? heap_bytes() : half;
        faces = i == MESSAGES / 2 ? text_engine_stats(engine).faces : faces;
    }
    assert_true(text_engine_stats(engine).masks > 2);
    assert_int_equal(text_engine_stats(engine).faces, faces);
    assert_true(heap_bytes() < half + 100000);
    text_engine_destroy(engine);
}

static void test_nothing_to_see(void **state)
{
    static const char *const texts[] = {"", " ", "\n\n", "\u200d", "\u2066\u2069"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct text_layout *layout = text_layout_create(*state,
            &(struct text_options){.text = str_from(texts[i]), .outline_px = 2, .width_px = 100, .max_lines = 1});
        assert_true(layout->line_count <= 1);
        assert_int_equal(layout->ink.width_px, 0);
        assert_int_equal(layout->missing_count, 0);
        text_layout_destroy(layout);
    }
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = {NULL, 0}});
    assert_int_equal(layout->line_count, 0);
    text_layout_destroy(layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_breaks), cmocka_unit_test(test_ellipsis), cmocka_unit_test(test_even),
        cmocka_unit_test(test_ellipsis_order), cmocka_unit_test(test_arabic_cut_inside_a_word),
        cmocka_unit_test(test_shrink), cmocka_unit_test(test_align), cmocka_unit_test(test_line_height),
        cmocka_unit_test(test_outline), cmocka_unit_test(test_emoji_pixels),
        cmocka_unit_test(test_baseline_of_tall_runs), cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_memory_is_flat), cmocka_unit_test(test_nothing_to_see)};
    return cmocka_run_group_tests_name("text-layout", tests, open_engine, close_engine);
}
