/* SubRip and WebVTT as they are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "relay/caption_file.h"

/* "start-end text|text;…", what a file must become. */
static char *describe(const struct caption_cues *cues)
{
    struct buffer out = {0};
    for (size_t i = 0; i < cues->count; i++) {
        buffer_printf(&out, "%s%lld-%lld ", i ? ";" : "", (long long)cues->cues[i].start_ms, (long long)cues->cues[i].end_ms);
        for (const char *at = cues->cues[i].text; *at; at++)
            buffer_add_char(&out, *at == '\n' ? '|' : *at);
        for (const char *at = cues->cues[i].speakers; at && *at; at++) {
            if (at == cues->cues[i].speakers)
                buffer_add_string(&out, " by ");
            buffer_add_char(&out, *at == '\n' ? '|' : *at);
        }
    }
    return buffer_take(&out);
}

struct file_case {
    const char *name;
    enum caption_format format;
    struct str text;
    const char *cues;
    size_t skipped;
};

static const struct file_case files[] = {
    {"plain SubRip", CAPTION_FORMAT_SRT,
     STR("1\n00:00:01,000 --> 00:00:02,500\nHello\nthere\n\n2\n00:00:03,000 --> 00:00:04,000\nخوش آمدید\n"),
     "1000-2500 Hello|there;3000-4000 خوش آمدید", 0},
    {"BOM and CR LF", CAPTION_FORMAT_SRT,
     STR("\xef\xbb\xbf" "1\r\n00:00:01,000 --> 00:00:02,000\r\nA\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\nB\r\n"),
     "1000-2000 A;2000-3000 B", 0},
    {"CR alone", CAPTION_FORMAT_SRT, STR("1\r00:00:01,000 --> 00:00:02,000\rA\r\r2\r00:00:02,000 --> 00:00:03,000\rB"),
     "1000-2000 A;2000-3000 B", 0},
    {"no numbers, points, no blank lines", CAPTION_FORMAT_SRT,
     STR("00:00:01.5 --> 00:00:02.25\nA\n00:00:03 --> 00:00:04\nB\n"), "1500-2250 A;3000-4000 B", 0},
    {"numbers without blank lines", CAPTION_FORMAT_SRT,
     STR("1\n00:00:01,000 --> 00:00:02,000\nA\n2\n00:00:02,000 --> 00:00:03,000\nB\n3\n00:00:03,000 --> 00:00:04,000\n42\n\n"),
     "1000-2000 A;2000-3000 B;3000-4000 42", 0},
    {"tags and positions", CAPTION_FORMAT_SRT,
     STR("1\n00:00:01,000 --> 00:00:02,000 X1:10 X2:20\n{\\an8}<i>Hello</i> <font color=\"#fff\">you</font> 1 < 2 {ok}\n"),
     "1000-2000 Hello you 1 < 2 {ok}", 0},
    {"WebVTT", CAPTION_FORMAT_VTT,
     STR("WEBVTT - talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE a remark\nof two lines\n\nintro\n00:01.000 --> 00:02.000 "
         "align:start\n<v Anna>Tom &amp; <c.loud>Jerry</c></v>\n\n01:00:00.000 --> 01:00:01.000\n<00:00:01.000>a &lt;b&gt;&nbsp;c\n"),
     "1000-2000 Tom & Jerry by Anna;3600000-3601000 a <b>\xc2\xa0""c", 0},
    {"voices", CAPTION_FORMAT_VTT,
     STR("00:01.000 --> 00:02.000\n<v.loud.first Anna B.>Hello</v>\n<v\tنیلوفر &amp; Max>سلام <v Max>Hi\nthere</v> all\n\n"
         "00:03.000 --> 00:04.000\nnobody\n<video><v>no voice\n<v Anna></v>\n<v unclosed\n"),
     "1000-2000 Hello|سلام|Hi|there by Anna B.|نیلوفر & Max|Max|Max;3000-4000 nobody|no voice|<v unclosed", 0},
    {"voices are WebVTT's", CAPTION_FORMAT_SRT, STR("00:00:01,000 --> 00:00:02,000\n<v Anna>Hello\n"), "1000-2000 Hello", 0},
    {"overlapping, out of order", CAPTION_FORMAT_SRT,
     STR("00:00:05,000 --> 00:00:09,000\nB\n\n00:00:01,000 --> 00:00:06,000\nA\n\n00:00:05,000 --> 00:00:06,000\nC\n"),
     "1000-6000 A;5000-9000 B;5000-6000 C", 0},
    {"bad cues are skipped", CAPTION_FORMAT_SRT,
     STR("1\n00:00:02,000 --> 00:00:01,000\nbackwards\n\n2\n00:00:xx,000 --> 00:00:03,000\nbroken\n\n3\n00:61:00,000 --> 00:62:00,000\nminutes\n\n"
         "4\n00:00:04,000 --> 00:00:05,000\ngood\n\n5\n00:00:06,000 --> 00:00:07,000\n<i></i>\n"),
     "4000-5000 good", 3},
    {"NUL, controls, broken UTF-8", CAPTION_FORMAT_SRT, STR("00:00:01,000 --> 00:00:02,000\na\0b\x01\tc\xff\xc3\n"),
     "1000-2000 ab c\xef\xbf\xbd\xef\xbf\xbd", 0},
    {"more lines than a cue may have", CAPTION_FORMAT_SRT, STR("00:00:01,000 --> 00:00:02,000\na\nb\nc\nd\ne\nf\n"),
     "1000-2000 a|b|c|d", 0},
    {"no end of line at the end", CAPTION_FORMAT_SRT, STR("00:00:01,000 --> 00:00:02,000\nlast"), "1000-2000 last", 0},
};

static void test_files(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct caption_cues cues;
        struct error err = {0};
        if (!caption_file_parse(files[i].format, files[i].text.data, files[i].text.len, &cues, &err))
            fail_msg("%s: %s", files[i].name, err.text);
        char *found = describe(&cues);
        if (strcmp(found, files[i].cues) != 0 || cues.skipped != files[i].skipped)
            fail_msg("%s: \"%s\" (%zu skipped) instead of \"%s\" (%zu)", files[i].name, found, cues.skipped,
                     files[i].cues, files[i].skipped);
        free(found);
        caption_cues_fini(&cues);
    }
}

/* Long enough to be read, by length and script, but never into the next one. */
static void test_stays(void **state)
{
    static const char file[] =
        "00:00:01,000 --> 00:00:01,200\nHi\n\n"
        "00:00:10,000 --> 00:00:10,500\nThirty-four letters, to be read in 2 s..\n\n"
        "00:00:20,000 --> 00:00:20,500\n今晚我們聊聊音樂和你們的問題還有很多\n\n"
        "00:00:30,000 --> 00:00:30,500\nA line that the next one does not wait for\n\n"
        "00:00:31,000 --> 00:00:39,000\nlong enough\n\n"
        "00:00:50,000 --> 00:00:50,100\nسلام به همه، خوش آمدید به برنامهٔ امشب\n";
    static const int64_t until_ms[] = {2000, 11914, 21998, 31000, 39000, 51798};
    struct caption_cues cues;
    struct error err = {0};
    assert_true(caption_file_parse(CAPTION_FORMAT_SRT, file, sizeof(file) - 1, &cues, &err));
    assert_int_equal(cues.count, ARRAY_LENGTH(until_ms));
    for (size_t i = 0; i < cues.count; i++) {
        if (cues.cues[i].until_ms != until_ms[i])
            fail_msg("cue %zu stands until %lld instead of %lld", i, (long long)cues.cues[i].until_ms, (long long)until_ms[i]);
    }
    caption_cues_fini(&cues);
}

static void test_refused(void **state)
{
    static const struct {
        struct str text;
        const char *expected;
    } cases[] = {
        {STR(""), "no cue"},
        {STR("just a text\nwithout times\n"), "no cue"},
        {STR("WEBVTT\n\n"), "no cue"},
        {STR("1\n\n00:00 -> --> never\nx\n"), "line 3"},
        {STR("\xff\xfe" "1\0\n\0"), "UTF-16"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct caption_cues cues;
        struct error err = {0};
        assert_false(caption_file_parse(CAPTION_FORMAT_SRT, cases[i].text.data, cases[i].text.len, &cues, &err));
        assert_int_equal(err.code, ERROR_DATA);
        assert_int_equal(cues.count, 0);
        if (!strstr(err.text, cases[i].expected))
            fail_msg("\"%s\" does not contain \"%s\"", err.text, cases[i].expected);
    }
}

/* Bounds hold, and no file of the allowed size is slow on purpose. */
static void test_bounds(void **state)
{
    struct buffer file = {0};
    struct caption_cues cues;
    struct error err = {0};
    buffer_reserve(&file, CAPTION_FILE_BYTES_MAX + 1);
    memset(file.data, '<', CAPTION_FILE_BYTES_MAX + 1);
    assert_false(caption_file_parse(CAPTION_FORMAT_VTT, file.data, CAPTION_FILE_BYTES_MAX + 1, &cues, &err));
    assert_non_null(strstr(err.text, "at most"));

    static const char head[] = "00:00:01.000 --> 00:00:02.000\n";
    memcpy(file.data, head, sizeof(head) - 1);
    for (size_t i = sizeof(head); i < CAPTION_FILE_BYTES_MAX; i += 2)
        file.data[i] = 'a';
    assert_true(caption_file_parse(CAPTION_FORMAT_VTT, file.data, CAPTION_FILE_BYTES_MAX, &cues, &err));
    assert_true(strlen(cues.cues[0].text) <= CAPTION_LINE_BYTES_MAX);
    caption_cues_fini(&cues);

    buffer_clear(&file);
    buffer_add_string(&file, head);
    while (file.len + 8 < CAPTION_FILE_BYTES_MAX)
        buffer_add_string(&file, "<v a>x");
    assert_true(caption_file_parse(CAPTION_FORMAT_VTT, file.data, file.len, &cues, &err));
    assert_string_equal(cues.cues[0].speakers, "a\na\na\na");
    caption_cues_fini(&cues);

    buffer_clear(&file);
    for (int i = 60000; i > 0; i--)
        buffer_printf(&file, "%02d:%02d:%02d,000 --> 99:00:00,000\nx\n", i / 3600, i / 60 % 60, i % 60);
    assert_true(caption_file_parse(CAPTION_FORMAT_SRT, file.data, file.len, &cues, &err));
    assert_int_equal(cues.count, CAPTION_CUES_MAX);
    assert_int_equal(cues.skipped, 60000 - CAPTION_CUES_MAX);
    for (size_t i = 1; i < cues.count; i++)
        assert_true(cues.cues[i - 1].start_ms <= cues.cues[i].start_ms);
    caption_cues_fini(&cues);
    buffer_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files), cmocka_unit_test(test_stays),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
