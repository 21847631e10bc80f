/* test_runs.c - direction, levels, scripts, faces: what stands where, and from which file. */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static void test_runs(void **state)
{
    static const struct {
        const char *name, *text, *expected, *language;
        enum text_direction direction;
        bool is_bold;
    } cases[] = {
        {"Latin", "Hello!", "0 Latn Sans Hello!"},
        {"bold", "Hello سلام", "0 Latn Sans-Bold Hello , 1 Arab SansArabic-Bold سلام", NULL, 0, true},
        {"digits of a right-to-left run keep their order", "تا ۱۲۳ بار", "1 Arab SansArabic  بار, "
            "2 Arab SansArabic ۱۲۳, 1 Arab SansArabic تا "},
        {"brackets inside Hebrew", "א(ב)ג", "1 Hebr SansHebrew ג, 1 Hebr Sans ), 1 Hebr SansHebrew ב, 1 Hebr Sans (, "
            "1 Hebr SansHebrew א"},
        {"a closing bracket goes with its opener", "a (سلام) b", "0 Latn Sans a (, 1 Arab SansArabic سلام, 0 Latn Sans ) b"},
        {"Persian and English", "این song خوب است", "1 Arab SansArabic خوب است, 1 Latn Sans  , 2 Latn Sans song, "
            "1 Arab SansArabic این "},
        {"direction forced left to right", "سلام!", "1 Arab SansArabic سلام, 0 Arab SansArabic !", NULL, TEXT_DIRECTION_LTR},
        {"direction forced right to left", "Hi!", "1 Latn Sans !, 2 Latn Sans Hi", NULL, TEXT_DIRECTION_RTL},
        {"no strong letter, no language", "123!", "0 Zyyy Sans 123!"},
        {"no strong letter, a right-to-left language", "123!", "1 Zyyy Sans !, 2 Zyyy Sans 123", "fa"},
        {"an emoji is not strong", "🥰 سلام", "1 Arab SansArabic  سلام, 1 Zsye ColorEmoji 🥰"},
        {"a flag is not letters", "🇮🇷 سلام", "1 Arab SansArabic  سلام, 2 Zsye ColorEmoji 🇮🇷"},
        {"whom it is said to is not what is said", "@anna سلام", "1 Arab SansArabic سلام, 1 Latn Sans  , 2 Latn Sans anna, 1 Latn Sans @"},
        {"and the other way round", "@سارا hi", "0 Arab Sans @, 1 Arab SansArabic سارا, 0 Arab SansArabic  , 0 Latn Sans hi"},
        {"a mention alone", "@سارا", "1 Arab SansArabic سارا, 1 Arab Sans @"},
        {"an address is no mention", "a@سارا سلام", "0 Latn Sans a@, 1 Arab SansArabic سارا سلام"},
        {"families and tones stay whole", "👨\u200d👩\u200d👧\u200d👦👍🏽",
            "0 Zsye ColorEmoji 👨\u200d👩\u200d👧\u200d👦, 0 Zsye ColorEmoji 👍🏽"},
        {"keycap", "1\ufe0f\u20e3 1", "0 Zsye ColorEmoji 1\ufe0f\u20e3, 0 Zyyy Sans  1"},
        {"text or picture", "❤ ❤\ufe0f ☂\ufe0e", "0 Zyyy SansSymbols2 ❤, 0 Zyyy Sans  , 0 Zsye ColorEmoji ❤\ufe0f, "
            "0 Zyyy Sans  , 0 Zyyy SansSymbols2 ☂\ufe0e"},
        {"prices are no tiles", "#5 * 9", "0 Zyyy Sans #5 * 9"},
        {"Urdu is set in Nastaliq", "پاکستان", "1 Arab NastaliqUrdu پاکستان", "ur-PK"},
        {"Persian never is", "پاکستان", "1 Arab SansArabic پاکستان", "fa"},
        {"Hebrew with points", "בְּרֵא", "1 Hebr SansHebrew בְּרֵא"},
        {"Devanagari takes its digits along", "क्षेत्र १२३।", "0 Deva SansDevanagari क्षेत्र १२३।"},
        {"Thai has no digits of ASCII", "ที่ 100", "0 Thai SansThai ที่ , 0 Thai Sans 100"},
        {"Han, no language", "直骨", "0 Hani SansCJK#2 直骨"},
        {"Han, Taiwan", "直骨", "0 Hani SansCJK#3 直骨", "zh-Hant"},
        {"Han, Taiwan by region", "直骨", "0 Hani SansCJK#3 直骨", "zh-TW"},
        {"Han, Hong Kong", "直骨", "0 Hani SansCJK#4 直骨", "zh-Hant-HK"},
        {"Han, Japan", "直骨", "0 Hani SansCJK#0 直骨", "ja"},
        {"Han, Korea", "直骨", "0 Hani SansCJK#1 直骨", "ko_KR"},
        {"kana means Japanese", "直骨は", "0 Hani SansCJK#0 直骨は"},
        {"but not in a Chinese track", "直骨の", "0 Hani SansCJK#3 直骨の", "zh-Hant"},
        {"Hangul means Korean", "直骨 한글", "0 Hani SansCJK#1 直骨 , 0 Hang SansCJK#1 한글"},
        {"CJK marks", "「你好」", "0 Hani SansCJK#2 「你好」"},
        {"bold CJK", "你好", "0 Hani SansCJK-Bold#2 你好", NULL, 0, true},
        {"a script that is not bundled", "ᓄᓇᕗᑦ", "0 Cans SansCanadianAboriginal ᓄᓇᕗᑦ"},
        {"a vowel sign behind a quotation mark", "'a'େର", "0 Latn Sans 'a, 0 Orya SansOriya 'େର"},
        {"Vietnamese in one run", "Ẩn Ễ Ộ", "0 Latn Sans Ẩn Ễ Ộ"},
        {"a mark that no face joins to the letter goes with it", "שׁ", "1 Hebr SansHebrew שׁ"},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .language = cases[i].language, .direction = cases[i].direction, .is_bold = cases[i].is_bold});
        failures += differs(cases[i].name, describe_runs(layout), cases[i].expected);
        if (layout->missing_count > 0)
            print_error("%s: U+%04X is missing\n", cases[i].name, layout->missing[0].scalar);
        failures += layout->missing_count > 0;
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

static void test_paragraphs(void **state)
{
    struct text_layout *layout = text_layout_create(*state,
        &(struct text_options){.text = STR("سلام\nHello\n\nשלום 1"), .width_px = 300, .size_px = 30});
    assert_int_equal(layout->line_count, 4);
    assert_true(layout->lines[0].is_rtl);
    assert_false(layout->lines[1].is_rtl);
    assert_int_equal(layout->lines[2].run_count, 0);
    assert_true(layout->lines[2].height_px > 30);
    assert_true(layout->lines[3].is_rtl);
    assert_true(layout->lines[0].x_px > 150 && layout->lines[1].x_px == 0);
    text_layout_destroy(layout);
}

/* "علی: 3 new" would be a right-to-left line; isolated, the name stays where it is and the message decides. */
static void test_isolated_names(void **state)
{
    static const struct {
        const char *name, *text, *expected;
        struct text_span spans[2];
    } cases[] = {
        {"a name leaks", "علی: 3 new", "2 Latn Sans new, 1 Arab SansArabic  , 2 Arab SansArabic 3, 1 Arab SansArabic علی: "},
        {"isolated", "علی: 3 new", "1 Arab SansArabic علی, 0 Arab SansArabic : 3 , 0 Latn Sans new", {{0, 6, false, true}}},
        {"a Latin name before Persian", "Anna: سلام", "1 Arab SansArabic سلام, 1 Latn Sans : , 2 Latn Sans Anna",
            {{0, 4, false, true}}},
        {"bold, not isolated", "Anna: hi", "0 Latn Sans-Bold Anna, 0 Latn Sans : hi", {{0, 4, true, false}}},
        {"two", "a b c", "0 Latn Sans a, 0 Latn Sans  , 0 Latn Sans b, 0 Latn Sans  c",
            {{2, 3, false, true}, {0, 1, false, true}}},
        {"overlapping and outside", "a b c", "0 Latn Sans-Bold a , 0 Latn Sans b c", {{0, 2, true, false}, {1, 90, true, true}}},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .spans = cases[i].spans, .span_count = cases[i].spans[0].to ? 2 : 0});
        failures += differs(cases[i].name, describe_runs(layout), cases[i].expected);
        assert_null(strstr(layout->text, "\u2068"));
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

/* A sender cannot close our isolate: his own controls are gone. */
static void test_isolate_cannot_be_left(void **state)
{
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){
        .text = STR("ab\u2069\u202eevil: text"), .spans = &(struct text_span){0, 12, false, true}, .span_count = 1});
    char *runs = describe_runs(layout);
    assert_int_equal(differs("isolate", runs, "0 Latn Sans abevil, 0 Latn Sans : text"), 0);
    assert_int_equal(layout->lines[0].runs[0].span, 0);
    assert_int_equal(layout->lines[0].runs[1].span, -1);
    text_layout_destroy(layout);
}

static void test_images(void **state)
{
    const struct text_image image = {11, 16, 50, 40};
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){
        .text = STR("سلام x Kappa خوب"), .images = &image, .image_count = 1, .size_px = 36});
    char *runs = describe_runs(layout);
    assert_int_equal(differs("image", runs, "1 Arab SansArabic خوب, 1 Latn Sans  , 1 [0], 1 Latn Sans  , 2 Latn Sans x, 1 Arab SansArabic سلام "), 0);
    const struct text_run *run = &layout->lines[0].runs[2];
    assert_int_equal(run->image_box.width_px, 50);
    assert_int_equal(run->image_box.height_px, 40);
    assert_true(run->width_px == 50);
    assert_null(run->mask);
    assert_true(run->image_box.y_px < layout->lines[0].baseline_px);
    text_layout_destroy(layout);
}

static void test_missing(void **state)
{
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = STR("a\ue123b\ue123\U000e0fff")});
    assert_int_equal(layout->missing_count, 1);
    assert_int_equal(layout->missing[0].scalar, 0xe123);
    assert_int_equal(layout->missing[0].from, 1);
    assert_null(layout->missing[0].package);
    text_layout_destroy(layout);
}

/* Without the system's fonts, what is missing is named with its package, also where it was cut away. */
static void test_missing_packages(void **state)
{
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){.is_without_system = true}, &err);
    assert_non_null(engine);
    struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = STR("hello 你 🥳 ᓄ"),
        .width_px = 60, .max_lines = 1});
    assert_int_equal(layout->missing_count, 3);
    assert_string_equal(layout->missing[0].package, "fonts-noto-cjk");
    assert_string_equal(layout->missing[1].package, "fonts-noto-color-emoji");
    assert_string_equal(layout->missing[2].package, "fonts-noto-core");
    text_layout_destroy(layout);
    text_engine_destroy(engine);
}

static void note_package(void *data, const char *package, const char *what)
{
    strcat(data, package);
    strcat(data, " ");
}

static void test_lacks(void **state)
{
    char words[200] = "";
    struct error err = {0};
    assert_int_equal(text_engine_lacks(*state, note_package, words), 0);
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){.is_without_system = true}, &err);
    assert_int_equal(text_engine_lacks(engine, note_package, words), 2);
    assert_string_equal(words, "fonts-noto-cjk fonts-noto-color-emoji ");
    text_engine_destroy(engine);
}

/* What a theme asks for is drawn with it, and what that lacks with the usual faces. */
static void test_wished_faces(void **state)
{
    static const struct {
        const char *name, *text, *expected, *language;
        struct text_faces faces;
    } cases[] = {
        {"a family of the manifest", "Hello سلام", "0 Latn Serif Hello , 1 Arab SansArabic سلام", NULL, {{{"Latn", "Noto Serif"}}, 1}},
        {"by script", "Hello سلام", "0 Latn Sans Hello , 1 Arab KufiArabic سلام", "fa", {{{"Arab", "Noto Kufi Arabic"}}, 1}},
        {"the language before the script", "سلام", "1 Arab NaskhArabic سلام", "fa",
            {{{"Arab", "Noto Kufi Arabic"}, {"fa", "Noto Naskh Arabic"}}, 2}},
        {"another language", "سلام", "1 Arab KufiArabic سلام", "ar", {{{"fa", "Noto Naskh Arabic"}, {"any", "Noto Kufi Arabic"}}, 2}},
        {"what it lacks", "a ★", "0 Latn Serif a , 0 Latn SansSymbols2 ★", NULL, {{{"any", "Noto Serif"}}, 1}},
        {"numbers alone", "46%", "0 Zyyy Serif 46%", NULL, {{{"Latn", "Noto Serif"}}, 1}},
        {"a family of the machine", "直骨", "0 Hani SerifCJK#2 直骨", "zh", {{{"Hans", "Noto Serif CJK SC"}}, 1}},
        {"Traditional is not Simplified", "直骨", "0 Hani SansCJK#3 直骨", "zh-Hant", {{{"Hans", "Noto Serif CJK SC"}}, 1}},
        {"a family that nobody has", "Hello", "0 Latn Sans Hello", NULL, {{{"any", "Comic Neue Nowhere"}}, 1}},
        {"bold by itself", "Hello", "0 Latn Sans-Bold Hello", NULL, {.weight = TEXT_WEIGHT_BOLD}},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .language = cases[i].language, .faces = &cases[i].faces});
        failures += differs(cases[i].name, describe_runs(layout), cases[i].expected);
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

static void test_wrong_folder(void **state)
{
    struct error err = {0};
    assert_null(text_engine_create(&(struct text_engine_options){.fonts_path = "/nowhere"}, &err));
    assert_non_null(strstr(err.text, "/nowhere/manifest.json"));
    assert_non_null(strstr(err.text, "ANTIPHON_FONTS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_runs), cmocka_unit_test(test_paragraphs),
        cmocka_unit_test(test_isolated_names), cmocka_unit_test(test_isolate_cannot_be_left),
        cmocka_unit_test(test_images), cmocka_unit_test(test_missing), cmocka_unit_test(test_missing_packages),
        cmocka_unit_test(test_lacks), cmocka_unit_test(test_wished_faces), cmocka_unit_test(test_wrong_folder)};
    return cmocka_run_group_tests_name("text-runs", tests, open_engine, close_engine);
}
