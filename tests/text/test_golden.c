/*
 * test_golden.c - each case of tests/data/text against its golden structure (exact) and picture (loosely).
 *     test_text_golden [--write] [FOLDER]
 * A new golden is held against Chromium first (tools/compare-text NAME), then written with --write, and looked at.
 * Latin, Cyrillic, Hebrew, Persian, Nastaliq, Devanagari, Tamil and Thai use fonts/ alone. Hangul, Hans, Hant,
 * Japanese, emoji and the mixed line need fonts-noto-cjk and fonts-noto-color-emoji, too large to bundle, and are
 * skipped without them.
 * On a difference the expected, the new and the difference picture are written to FOLDER (the build's by default).
 */
#include "describe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "text/picture.h"

enum { PAD_PX = 12, FAR = 48 };

static const double mean_max = 2.0, far_share_max = 0.01;
static const char *output_folder = ".";
static bool is_writing;

static char *data_path(const char *name, const char *ending)
{
    return xasprintf("%s/text/%s%s", getenv("ANTIPHON_TEST_DATA"), name, ending);
}

static void read_or_fail(const char *path, struct buffer *out)
{
    struct error err = {0};
    if (!file_read(path, 1 << 20, out, &err))
        fail_msg("%s", err.text);
}

/* ---- structure: advances rounded to px, one line a run, so that a difference is easy to read */

static void add_run(struct buffer *out, const struct text_layout *layout, const struct text_run *run)
{
    buffer_printf(out, "    {\"level\": %d, \"script\": \"%s\", \"face\": \"%s\", \"x\": %.0f, \"width\": %.0f, \"text\": ",
        run->level, run->script, run->face, (double)run->x_px, (double)run->width_px);
    buffer_add_json(out, layout->text + run->from, run->to - run->from);
    buffer_add_string(out, "}");
}

static char *structure_of(const struct text_layout *layout)
{
    struct buffer out = {0};
    buffer_printf(&out, "{\"height\": %d, \"lines\": [\n", layout->height_px);
    for (size_t i = 0; i < layout->line_count; i++) {
        const struct text_line *line = &layout->lines[i];
        buffer_printf(&out, "  {\"direction\": \"%s\", \"width\": %.0f, \"baseline\": %d, \"text\": ",
            line->is_rtl ? "rtl" : "ltr", (double)line->width_px, line->baseline_px);
        buffer_add_json(&out, layout->text + line->from, line->to - line->from);
        buffer_add_string(&out, ", \"runs\": [\n");
        for (size_t k = 0; k < line->run_count; k++) {
            add_run(&out, layout, &line->runs[k]);
            buffer_add_string(&out, k + 1 < line->run_count ? ",\n" : "\n");
        }
        buffer_add_string(&out, i + 1 < layout->line_count ? "  ]},\n" : "  ]}\n");
    }
    buffer_printf(&out, "], \"missing\": %zu}\n", layout->missing_count);
    return buffer_take(&out);
}

/* Names the first line that differs. */
static void assert_same_text(const char *name, const char *got, const char *expected)
{
    int line = 1;
    while (*got && *got == *expected) {
        line += *got == '\n';
        got++;
        expected++;
    }
    if (*got != *expected)
        fail_msg("%s.json: line %d: expected \"%.60s\", got \"%.60s\"", name, line, expected, got);
}

static void check_structure(const char *name, const struct text_layout *layout)
{
    char *path = data_path(name, ".json"), *got = structure_of(layout);
    struct buffer expected = {0};
    if (is_writing) {
        assert_true(file_write_atomic(path, got, strlen(got), 0644, NULL));
    } else {
        read_or_fail(path, &expected);
        buffer_add_char(&expected, '\0');
        assert_same_text(name, got, expected.data);
    }
    buffer_fini(&expected);
    free(got);
    free(path);
}

/* ---- pictures */

static void write_picture(const struct picture *picture, const char *name, const char *what)
{
    char *path = xasprintf("%s/%s-%s.png", output_folder, name, what);
    struct error err = {0};
    if (picture_write(picture, path, &err))
        print_error("see %s\n", path);
    else
        print_error("%s\n", err.text);
    free(path);
}

static int difference(uint32_t a, uint32_t b)
{
    int most = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        int one = abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
        most = one > most ? one : most;
    }
    return most;
}

static void compare_pictures(const char *name, const struct picture *got, const struct picture *expected)
{
    struct picture apart;
    bool is_same_size = got->width_px == expected->width_px && got->height_px == expected->height_px;
    int64_t sum = 0, far = 0, count = (int64_t)got->width_px * got->height_px;
    assert_true(picture_init(&apart, got->width_px, got->height_px, 0));
    for (int64_t i = 0; is_same_size && i < count; i++) {
        int one = difference(got->pixels[i], expected->pixels[i]);
        sum += one;
        far += one > FAR;
        apart.pixels[i] = 0xff000000 | (uint32_t)one * 0x010101;
    }
    double mean = (double)sum / (double)count, far_share = (double)far / (double)count;
    bool is_same = is_same_size && mean <= mean_max && far_share <= far_share_max;
    if (!is_same) {
        write_picture(expected, name, "expected");
        write_picture(got, name, "got");
        write_picture(&apart, name, "difference");
    }
    picture_fini(&apart);
    if (!is_same)
        fail_msg("%s.png: %s, mean difference %.2f (at most %.0f), %.2f %% of the pixels beyond %d (at most %.0f %%)", name,
            is_same_size ? "same size" : "another size", mean, mean_max, 100 * far_share, FAR, 100 * far_share_max);
}

static void check_picture(const char *name, const struct text_layout *layout)
{
    struct error err = {0};
    struct picture got, expected;
    assert_true(picture_init(&got, layout->width_px + 2 * PAD_PX, layout->height_px + 2 * PAD_PX, 0x15181d));
    picture_paint(&got, layout, PAD_PX, PAD_PX, 0xf2f4f8, 0x000000);
    char *path = data_path(name, ".png");
    if (is_writing) {
        if (!picture_write(&got, path, &err))
            fail_msg("%s", err.text);
    } else {
        if (!picture_read(&expected, path, &err))
            fail_msg("%s", err.text);
        compare_pictures(name, &got, &expected);
        picture_fini(&expected);
    }
    free(path);
    picture_fini(&got);
}

/* ---- cases */

struct case_state {
    const char *name;
    const json_t *options;
    struct text_engine *engine;
    bool has_system_fonts;
};

static void note_lack(void *data, const char *package, const char *what)
{
}

static void test_case(void **state)
{
    const struct case_state *this = *state;
    if (json_get_bool(this->options, "system", false) && !this->has_system_fonts) {
        print_message("%s: fonts-noto-cjk or fonts-noto-color-emoji is missing\n", this->name);
        skip();
    }
    struct buffer text = {0};
    char *path = data_path(this->name, ".txt");
    read_or_fail(path, &text);
    struct text_layout *layout = text_layout_create(this->engine, &(struct text_options){
        .text = {text.data, text.len}, .size_px = (float)json_get_int(this->options, "size", 0),
        .width_px = (int)json_get_int(this->options, "width", 0), .language = json_get_text(this->options, "language")});
    check_structure(this->name, layout);
    check_picture(this->name, layout);
    text_layout_destroy(layout);
    buffer_fini(&text);
    free(path);
}

static void parse_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--write") == 0)
            is_writing = true;
        else
            output_folder = argv[i];
    }
}

int main(int argc, char **argv)
{
    parse_arguments(argc, argv);
    unsetenv("FREETYPE_PROPERTIES");  // it changes the pictures
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){.is_unhinted = true}, &err);
    struct buffer file = {0};
    char *path = data_path("cases", ".json");
    json_t *cases = file_read(path, 1 << 20, &file, &err) ? json_parse(file.data, file.len, &err) : NULL;
    if (!engine || !cases) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct CMUnitTest tests[64] = {0};
    struct case_state states[64];
    size_t count = 0;
    const char *name;
    json_t *options;
    bool has_system_fonts = text_engine_lacks(engine, note_lack, NULL) == 0;
    json_object_foreach(cases, name, options) {
        if (count == ARRAY_LENGTH(tests))
            break;
        states[count] = (struct case_state){name, options, engine, has_system_fonts};
        tests[count] = (struct CMUnitTest){name, test_case, NULL, NULL, &states[count]};
        count++;
    }
    int failures = _cmocka_run_group_tests("text-golden", tests, count, NULL, NULL);
    text_engine_destroy(engine);
    json_decref(cases);
    buffer_fini(&file);
    free(path);
    return failures;
}
