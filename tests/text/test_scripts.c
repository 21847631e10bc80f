/*
 * test_scripts.c - what people of each script look for: emoji that stay whole in both directions, letters that stand
 * inside the picture at every size, lines that do not jump, fonts that are broken.
 */
#include "describe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unicode/uchar.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"

/* ---- emoji */

/* One scalar after another of "1F468 200D 1F469 ; fully-qualified". */
static size_t read_sequence(const char *line, char *out)
{
    size_t len = 0;
    for (char *end; (end = NULL, strtoul(line, &end, 16)) && end != line && len < 60; line = end)
        len += utf8_encode((uint32_t)strtoul(line, NULL, 16), out + len);
    out[len] = '\0';
    return len;
}

static bool is_whole(const struct text_layout *layout, size_t from, size_t len, int level)
{
    for (size_t i = 0; layout->line_count == 1 && i < layout->lines[0].run_count; i++) {
        const struct text_run *run = &layout->lines[0].runs[i];
        if (run->from == from)
            return run->to == from + len && strcmp(run->script, "Zsye") == 0 && run->level == level && run->mask &&
                run->width_px > 44 && run->width_px < 46;
    }
    return false;
}

/* Unicode's own list: each sequence one picture of one em, between Latin and between Persian letters. */
static void test_emoji_sequences(void **state)
{
    FILE *file = fopen("/usr/share/unicode/emoji/emoji-test.txt", "re");
    if (!file) {
        print_message("unicode-data is missing\n");
        skip();
    }
    int tried = 0, wrong = 0;
    char line[512], text[200], one[64];
    for (int number = 0; fgets(line, sizeof(line), file);) {
        if (!strstr(line, "; fully-qualified") || ++number % 12 != 0)
            continue;
        size_t len = read_sequence(line, one);
        for (int is_rtl = 0; is_rtl < 2; is_rtl++, tried++) {
            snprintf(text, sizeof(text), is_rtl ? "ای %s نه" : "ab %s c", one);
            struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(text)});
            // Flags, 🆓 and 🈁 are letters that read from the left, whatever stands around them; keycaps are digits.
            size_t size;
            bool is_left = u_charDirection((UChar32)utf8_decode(one, len, &size)) == U_LEFT_TO_RIGHT ||
                strstr(one, "\u20e3");
            int level = !is_rtl ? 0 : is_left ? 2 : 1;
            if (!is_whole(layout, is_rtl ? 5 : 3, len, level) && wrong++ < 10)
                print_error("%s: not one picture of level %d\n", text, level);
            text_layout_destroy(layout);
        }
    }
    fclose(file);
    assert_true(tried > 500);
    assert_int_equal(wrong, 0);
}

/* The order on the line, right to left; each a picture of its own. */
static void test_emoji_in_persian(void **state)
{
    static const struct {
        const char *name, *text, *expected;
    } cases[] = {
        {"family", "ما 👨\u200d👩\u200d👧\u200d👦 هستیم", "1 Arab SansArabic  هستیم, 1 Zsye ColorEmoji 👨\u200d👩\u200d👧\u200d👦, 1 Arab SansArabic ما "},
        {"tones and two of them", "👍🏽👩🏿\u200d💻 خوب", "1 Arab SansArabic  خوب, 1 Zsye ColorEmoji 👩🏿\u200d💻, 1 Zsye ColorEmoji 👍🏽"},
        {"two flags", "از 🇮🇷🇹🇼 سلام", "1 Arab SansArabic  سلام, 2 Zsye ColorEmoji 🇮🇷, 2 Zsye ColorEmoji 🇹🇼, 1 Arab SansArabic از "},
        {"flag of Wales", "تیم 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f برد",
            "1 Arab SansArabic  برد, 1 Zsye ColorEmoji 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f, 1 Arab SansArabic تیم "},
        {"keycap", "گزینه 1\ufe0f\u20e3 را", "1 Arab SansArabic  را, 2 Zsye ColorEmoji 1\ufe0f\u20e3, 1 Arab SansArabic گزینه "},
        {"picture or sign", "دل ❤\ufe0f یا ❤\ufe0e", "1 Arab SansSymbols2 ❤\ufe0e, 1 Arab SansArabic  یا , 1 Zsye ColorEmoji ❤\ufe0f, 1 Arab SansArabic دل "},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text)});
        failures += differs(cases[i].name, describe_runs(layout), cases[i].expected);
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

/* ---- room */

static const struct {
    const char *language, *text;
} tall[] = {
    {"ur", "آج رات کے پروگرام میں خوش آمدید ٹھیک ہے گے"}, {"ur", "گھُٹّے ٹخنے نستعلیق پہنچے"}, {"th", "ที่นี่ น้ำแข็ง ปู่ย่า ป้ำ กี่ ญี่ปุ่น ฎีกา ฐูฏู"},
    {"bo", "བསྒྲུབས་ཀྱི་རྒྱུ་སྐྱོབ།"}, {"my", "ကြွေးကြော်သံ ဦးဩဘာ ဣန္ဒြေ"}, {"km", "ស្ត្រី ក្រុង ខ្ញុំ ប៊្លុក"}, {"vi", "Ẩn Ễ Ộ Ỷ ữ ặ"}, {"hi", "र्त्स्न्य क्षेत्र कूँ र्छ्"},
    {"he", "בְּרֵאשִׁית לֹּא"}, {"ar", "الْعَرَبِيَّةُ إٍ أٌّ ﷺ"}, {"lo", "ຂໍ້ ນໍ້າ ຜູ້ໃຫຍ່ ຢູ່"}, {"ta", "ஸ்ரீ க்ஷௌ"}, {"te", "స్త్రీ క్ష్మా"}, {"ml", "ക്ഷ്വേ സ്ത്രീ"},
};

/* A line as tall as its letters, at every size: nothing is cut by the picture's edge. */
static void test_ink_inside(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tall); i++) {
        for (int size_px = 12; size_px <= 150; size_px += size_px / 3) {
            struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(tall[i].text),
                .language = tall[i].language, .size_px = (float)size_px, .is_uniform = true});
            int above = -layout->ink.y_px, below = layout->ink.y_px + layout->ink.height_px - layout->height_px;
            if (above > 0 || below > 0)
                fail_msg("%s at %d px: %d px above the line, %d px below", tall[i].text, size_px, above, below);
            text_layout_destroy(layout);
        }
    }
}

/* One line in another script makes room for all of them: they keep one distance, and none touches the next. */
static void test_uniform_lines(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(tall); i++) {
        char text[400];
        snprintf(text, sizeof(text), "one\ntwo %s\nthree", tall[i].text);
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(text),
            .language = tall[i].language, .size_px = 40, .is_uniform = true});
        assert_int_equal(layout->line_count, 3);
        int pitch_px = layout->lines[1].baseline_px - layout->lines[0].baseline_px;
        assert_int_equal(layout->lines[2].baseline_px - layout->lines[1].baseline_px, pitch_px);
        assert_int_equal(layout->height_px, 3 * pitch_px);
        text_layout_destroy(layout);
    }
}

/* ---- fonts */

static void copy_part(const char *from, const char *to, size_t divide_by)
{
    struct error err = {0};
    struct buffer bytes = {0};
    assert_true(file_read(from, 4 << 20, &bytes, &err));
    assert_true(file_write_atomic(to, bytes.data, bytes.len / divide_by, 0644, &err));
    buffer_fini(&bytes);
}

/* The bundled faces in a folder of its own, some of them cut in half. */
static char *make_fonts(const char *cut)
{
    char *folder = xstrdup("/tmp/antiphon-fonts-XXXXXX");
    assert_non_null(mkdtemp(folder));
    static const char *const files[] = {"manifest.json", "NotoSans-Regular.ttf", "NotoSansArabic-Regular.ttf", "NotoNaskhArabic-Regular.ttf",
        "NotoSansHebrew-Regular.ttf"};
    static const char manifest[] = "{\"families\": ["
        "{\"name\": \"NotoSans\", \"scripts\": [\"Latn\", \"Zyyy\"], \"regular\": \"NotoSans-Regular.ttf\"},"
        "{\"name\": \"NotoSansArabic\", \"scripts\": [\"Arab\"], \"regular\": \"NotoSansArabic-Regular.ttf\"},"
        "{\"name\": \"NotoNaskhArabic\", \"scripts\": [\"Arab\"], \"regular\": \"NotoNaskhArabic-Regular.ttf\"},"
        "{\"name\": \"NotoSansHebrew\", \"scripts\": [\"Hebr\"], \"regular\": \"NotoSansHebrew-Regular.ttf\"}],"
        "\"system\": {\"cjk\": {\"package\": \"a\", \"what\": \"b\"}, \"emoji\": {\"package\": \"a\", \"what\": \"b\"},"
        "\"others\": {\"package\": \"a\", \"what\": \"b\"}, \"folders\": []}}";
    char *path = xasprintf("%s/%s", folder, files[0]);
    assert_true(file_write_atomic(path, manifest, strlen(manifest), 0644, NULL));
    free(path);
    for (size_t i = 1; i < ARRAY_LENGTH(files); i++) {
        char *from = xasprintf("%s/fonts/%s", getenv("ANTIPHON_SOURCE_ROOT"), files[i]);
        path = xasprintf("%s/%s", folder, files[i]);
        copy_part(from, path, strcmp(files[i], cut) == 0 ? 2 : 1);
        free(from);
        free(path);
    }
    return folder;
}

static void remove_fonts(char *folder)
{
    char *command = xasprintf("rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    free(command);
    free(folder);
}

/* A font file cut in half: that face is left out, with one line; the next one of the script, or its box, is drawn. */
static void test_half_a_font(void **state)
{
    static const struct {
        const char *cut, *text, *runs;
    } cases[] = {
        {"NotoSansArabic-Regular.ttf", "سلام Anna", "2 Latn Sans Anna, 1 Arab NaskhArabic سلام "},
        {"NotoSansHebrew-Regular.ttf", "a שלום", "0 Latn Sans a , 1 Hebr Sans שלום"},
        {"NotoSans-Regular.ttf", "سلام", "1 Arab SansArabic سلام"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *folder = make_fonts(cases[i].cut);
        struct error err = {0};
        struct text_engine *engine = text_engine_create(
            &(struct text_engine_options){.fonts_path = folder, .is_without_system = true}, &err);
        if (!engine)
            fail_msg("%s: %s", cases[i].cut, err.text);
        for (int round = 0; round < 2; round++) {
            struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = str_from(cases[i].text)});
            assert_int_equal(differs(cases[i].cut, describe_runs(layout), cases[i].runs), 0);
            assert_int_equal(layout->missing_count, i == 1 ? 4 : 0);
            text_layout_destroy(layout);
        }
        text_engine_destroy(engine);
        remove_fonts(folder);
    }
}

/* ---- length */

/* Names of 5,000 characters of any script: cut within the line, isolated, in no more time than a short one needs ten of. */
static void test_long_names(void **state)
{
    static const char *const letters[] = {"W", "ن", "ש", "漢", "กี่", "क्षे", "👩\u200d🚀", "\u200fא", "Ẩ"};
    for (size_t i = 0; i < ARRAY_LENGTH(letters); i++) {
        struct buffer text = {0};
        for (int k = 0; k < 5000; k++)
            buffer_add_string(&text, letters[i]);
        uint32_t name_to = (uint32_t)text.len;
        buffer_add_string(&text, ": hello");
        const struct text_span name = {0, name_to, true, true};
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = {text.data, text.len},
            .spans = &name, .span_count = 1, .size_px = 28, .width_px = 500, .max_lines = 1, .is_single_paragraph = true});
        assert_int_equal(layout->line_count, 1);
        assert_true(layout->is_cut && layout->lines[0].has_ellipsis);
        assert_true(layout->content_width_px <= 501);
        assert_true(layout->ink.width_px <= 540);
        text_layout_destroy(layout);
        buffer_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_emoji_sequences), cmocka_unit_test(test_emoji_in_persian),
        cmocka_unit_test(test_ink_inside), cmocka_unit_test(test_uniform_lines), cmocka_unit_test(test_half_a_font),
        cmocka_unit_test(test_long_names)};
    return cmocka_run_group_tests_name("text-scripts", tests, open_engine, close_engine);
}
