/*
 * Captions as data, without pictures: letters and rows, pairs of 608, packets of 708, how triplets spread over frames,
 * the SEI message, pages, rolling words, and the book that all of it reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gst/gst.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "video/caption_book.h"
#include "video/caption_pages.h"
#include "video/caption_roll.h"
#include "video/caption_times.h"
#include "video/caption_letters.h"
#include "video/caption_writer.h"
#include "video/cc_data.h"
#include "video/cea608.h"
#include "video/cea708.h"
#include "video/h264_key.h"
#include "video/h264_sei.h"
#include "video/scribe.h"
#include "video/sidecar.h"
#include "video/webvtt.h"

#define MS NS_PER_MS

/* ---- Letters and rows ---- */

static void add_utf8(GString *out, const uint32_t *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_string_append_unichar(out, letters[i]);
}

static char *rows_of(const char *text)
{
    struct caption_letters read;
    uint32_t other;
    if (!caption_letters_read(text, strlen(text), &read, &other))
        return g_strdup_printf("U+%04X", other);
    GString *all = g_string_new(NULL);
    for (size_t at = 0, begin = 0, len; (begin = at, len = caption_row(&read, &at)) > 0;) {
        g_string_append(all, all->len ? "|" : "");
        add_utf8(all, read.letters + begin, len);
    }
    caption_letters_fini(&read);
    return g_string_free(all, FALSE);
}

static const struct {
    const char *name, *text, *rows;
} texts[] = {
    {"nothing", "", ""},
    {"only spaces", " \n\t ", ""},
    {"spaces and controls", "  a\n\nb\t\001c\u00a0d ", "a b c d"},
    {"accents put together", "e\u0301a\u0308", "éä"},
    {"a mark too many is left out", "e\u0301\u0301\u0301", "é"},
    {"letters that only 708 has stay", "łódź şı", "łódź şı"},
    {"Vietnamese", "Đường phố", "Đường phố"},
    {"a Latin letter without a plain form", "ǁ", "U+01C1"},
    {"one letter written out", "œuvre… ﬁn", "oeuvre... fin"},
    {"emoji left out", "good 👍🏽 night ❤️", "good night"},
    {"wide Latin", "ＡＢ", "ＡＢ"},
    {"Persian", "hello سلام", "U+0633"},
    {"Chinese", "圍棋", "U+570D"},
    {"Greek", "π", "U+03C0"},
    {"digits of another script", "۲", "U+06F2"},
    {"broken UTF-8", "a\xff\xc3 b", "a b"},
    {"a row is 32 columns", "0123456789 0123456789 0123456789 x", "0123456789 0123456789 0123456789|x"},
    {"33 do not fit", "0123456789 0123456789 0123456789a", "0123456789 0123456789|0123456789a"},
    {"a long word is cut", "a 0123456789012345678901234567890123456789 b", "a|01234567890123456789012345678901|23456789 b"},
    {"no tags, nothing special", "--> <i>&amp;", "--> <i>&amp;"},
};

static void test_texts(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *rows = rows_of(texts[i].text);
        if (strcmp(rows, texts[i].rows) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", texts[i].name, rows, texts[i].rows);
    }
}

static void test_huge_text(void **state)
{
    g_autofree char *text = g_malloc(40000);
    memset(text, 'a', 40000);
    struct caption_letters read;
    uint32_t other;
    assert_true(caption_letters_read(text, 40000, &read, &other));
    assert_int_equal(read.count, CAPTION_LETTERS_MAX);
    caption_letters_fini(&read);
}

/* ---- 608 ---- */

static void append_hex(GString *out, const void *bytes, size_t len, size_t group)
{
    for (size_t i = 0; i < len; i++)
        g_string_append_printf(out, "%s%02x", i > 0 && i % group == 0 ? " " : "", ((const uint8_t *)bytes)[i]);
}

static struct cea608_row row_of(const char *text, uint32_t letters[CAPTION_COLUMNS])
{
    size_t count = 0;
    for (const char *at = text; *at; at = g_utf8_next_char(at))
        letters[count++] = g_utf8_get_char(at);
    return (struct cea608_row){letters, count};
}

static const struct {
    const char *name, *text, *pairs;
} codes[] = {
    {"two a pair", "abc", "6162 6300"},
    {"signs of the basic set", "é'ñ", "5c27 7e00"},
    {"special: once more", "a♪b", "6100 1137 1137 6200"},
    {"the same special twice is parted", "♪♪", "1137 1137 0000 1137 1137"},
    {"extended takes the place of a plain letter", "xÀy", "7841 1230 1230 7900"},
    {"German", "ß", "7300 1334 1334"},
    {"what ASCII has and 608 has elsewhere", "{", "2800 1329 1329"},
    {"no code: the plain letter", "łđ", "6c64"},
};

static void test_codes(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        uint32_t letters[CAPTION_COLUMNS];
        struct cea608_row row = row_of(codes[i].text, letters);
        struct buffer pairs = {0};
        cea608_add(&pairs, row.letters, row.count);
        g_autoptr(GString) hex = g_string_new(NULL);
        append_hex(hex, pairs.data, pairs.len, 2);
        if (strcmp(hex->str, codes[i].pairs) != 0)
            fail_msg("%s: %s instead of %s", codes[i].name, hex->str, codes[i].pairs);
        buffer_fini(&pairs);
    }
    assert_int_equal(cea608_parity(0), 0x80);
    assert_int_equal(cea608_parity(0x14), 0x94);
    assert_int_equal(cea608_parity(0x20), 0x20);
}

static void test_load(void **state)
{
    uint32_t one[CAPTION_COLUMNS], two[CAPTION_COLUMNS];
    struct cea608_row rows[] = {row_of("ab", one), row_of("01234567890123456789", two)};
    struct buffer pairs = {0};
    cea608_load(&pairs, rows, 2);
    g_autoptr(GString) hex = g_string_new(NULL);
    append_hex(hex, pairs.data, pairs.len, 2);
    // row 14 and row 15, both indented by four columns
    assert_string_equal(hex->str, "1420 1420 142e 142e 1452 1452 6162 1472 1472 "
        "3031 3233 3435 3637 3839 3031 3233 3435 3637 3839");
    buffer_fini(&pairs);
}

/* ---- 708 ---- */

static void test_packets(void **state)
{
    uint32_t letters[CAPTION_COLUMNS];
    struct cea608_row row = row_of("aé♪ł…", letters);
    struct cea708 cea708 = {0};
    cea708_load(&cea708, &row, 1);
    uint8_t packet[64];
    g_autoptr(GString) hex = g_string_new(NULL);
    for (size_t len; (len = cea708_packet(&cea708, packet, 18)) > 0;) {
        assert_int_equal(len % 2, 0);
        assert_true(len <= 18);
        assert_int_equal(packet[0] & 63, len / 2);
        append_hex(hex, packet, len, 64);
        g_string_append_c(hex, ' ');
    }
    // delete window 1, define it, pen to 0 0, the letters in Latin-1, G2 and UTF-16, end of text
    assert_string_equal(hex->str, "092f" "8c02" "9918df32700409" "920000" "61e97f" "00" " "
        "4426" "180142" "1025" "03" " ");
    cea708_fini(&cea708);
}

/* ---- Triplets ---- */

static void test_triplets(void **state)
{
    static const struct {
        int num, den, count, first, second;  // fields in ten seconds
    } rates[] = {
        {30, 1, 20, 300, 300}, {30000, 1001, 20, 300, 300}, {60, 1, 10, 300, 300}, {60000, 1001, 10, 300, 299},
        {25, 1, 24, 250, 250}, {24, 1, 25, 240, 240}, {50, 1, 12, 250, 250}, {120, 1, 10, 300, 300}, {5, 1, 31, 50, 50},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
        struct cc_clock clock;
        cc_clock_init(&clock, rates[i].num, rates[i].den);
        assert_int_equal(clock.count, rates[i].count);
        int first = 0, second = 0;
        for (int picture = 0; picture < 10 * rates[i].num / rates[i].den + (rates[i].den > 1); picture++) {
            unsigned fields = cc_clock_next(&clock);
            first += fields & 1, second += fields >> 1;
            uint8_t out[CC_DATA_BYTES_MAX];
            assert_int_equal(cc_data_write(out, &clock, fields, (const uint8_t[]){0x14, 0x2c}, NULL, 0), clock.count * 3);
            assert_int_equal(out[0], fields & 1 ? 0xfc : fields ? 0xfd : 0xfa);
        }
        if (abs(first - rates[i].first) > 1 || abs(second - rates[i].second) > 1)
            fail_msg("%d/%d: %d and %d fields", rates[i].num, rates[i].den, first, second);
    }
}

/* ---- SEI ---- */

static void test_sei(void **state)
{
    uint8_t cc_data[6] = {0xfc, 0x80, 0x80, 0xfa, 0, 0}, out[H264_SEI_BYTES_MAX];
    g_autoptr(GString) hex = g_string_new(NULL);
    append_hex(hex, out, h264_sei_write(out, cc_data, sizeof(cc_data)), 64);
    assert_string_equal(hex->str, "0000000106" "0411" "b50031" "47413934" "03" "c2" "ff" "fc8080" "fa0000" "ff" "80");
    uint8_t zeros[CC_DATA_BYTES_MAX] = {0};
    size_t len = h264_sei_write(out, zeros, sizeof(zeros));
    assert_true(len <= H264_SEI_BYTES_MAX);
    for (size_t i = 5; i + 2 < len; i++)
        assert_false(out[i] == 0 && out[i + 1] == 0 && out[i + 2] <= 2);
}

static void test_sei_place(void **state)
{
    static const struct {
        const char *name;
        uint8_t bytes[24];
        size_t len, place;
        bool is_key;
    } units[] = {
        {"a slice alone", {0, 0, 0, 1, 0x41, 1, 2}, 7, 0},
        {"short start code", {0, 0, 1, 0x41, 1, 2}, 6, 0},
        {"behind delimiter and sets", {0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x67, 5, 0, 0, 1, 0x65, 5}, 17, 12, true},
        {"an I picture that is no IDR", {0, 0, 0, 1, 9, 0x10, 0, 0, 1, 0x41, 0x9a}, 11, 6},
        {"no slice", {0, 0, 0, 1, 0x67, 5}, 6, 6},
        {"cut off", {0, 0, 1}, 3, 3},
        {"nothing", {0}, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (h264_sei_place(units[i].bytes, units[i].len) != units[i].place)
            fail_msg("%s: %zu", units[i].name, h264_sei_place(units[i].bytes, units[i].len));
        if (h264_key_is(units[i].bytes, units[i].len) != units[i].is_key)
            fail_msg("%s: key frame", units[i].name);
    }
    GstBuffer *unit = gst_buffer_new_memdup(units[2].bytes, units[2].len);
    GST_BUFFER_PTS(unit) = 7;
    unit = h264_sei_insert(unit, units[0].bytes, 3);
    assert_int_equal(GST_BUFFER_PTS(unit), 7);
    assert_int_equal(gst_buffer_memcmp(unit, 0, units[2].bytes, 12), 0);
    assert_int_equal(gst_buffer_memcmp(unit, gst_buffer_get_size(unit) - 5, units[2].bytes + 12, 5), 0);
    gst_buffer_unref(unit);
}

/* ---- Pages ---- */

static void test_pages(void **state)
{
    struct caption_page_line lines[2] = {{.from_ns = 0, .until_ns = 4000 * MS}, {.from_ns = 2000 * MS, .until_ns = 6000 * MS}};
    uint32_t other;
    const char *first = "one", *long_text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb "
        "cccccccccccccccccccccccccccccccc dd";
    assert_true(caption_letters_read(first, strlen(first), &lines[0].text, &other));
    assert_true(caption_letters_read(long_text, strlen(long_text), &lines[1].text, &other));
    static const struct {
        int at_ms;
        size_t rows;
        char begins;
        int from_ms, until_ms;
    } times[] = {
        {0, 1, 'o', 0, 2000}, {1999, 1, 'o', 0, 2000},
        {2000, 3, 'o', 2000, 3000}, {3500, 2, 'c', 3000, 4000},  // five rows in the two seconds that both stand
        {4500, 3, 'a', 4000, 5000}, {5500, 1, 'd', 5000, 6000},
        {6000, 0, 0, 6000, -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        struct caption_page page = caption_page_at(lines, 2, times[i].at_ms * MS);
        if (page.count != times[i].rows || (page.count && page.letters[0][0] != (uint32_t)times[i].begins)
            || page.from_ns != times[i].from_ms * MS || (times[i].until_ms > 0 && page.until_ns != times[i].until_ms * MS))
            fail_msg("at %d: %zu rows from %" PRId64 " until %" PRId64, times[i].at_ms, page.count, page.from_ns / MS,
                page.until_ns / MS);
    }
    caption_letters_fini(&lines[0].text);
    caption_letters_fini(&lines[1].text);
}

/* ---- The book ---- */

#define LINE(name, words, from, until) \
    {.track = "talk", .language = "en-GB", .id = name, .text = words, .from_ns = (from) * MS, .until_ns = (until) * MS, .is_final = true}

static char *lines_of(struct caption_book *book, const char *language, int64_t from_ms, int64_t until_ms)
{
    GString *all = g_string_new(NULL);
    struct caption_lines lines = caption_book_find(book, language, from_ms * MS, until_ms * MS);
    for (size_t i = 0; i < lines.count; i++)
        g_string_append_printf(all, "%s %d-%d;", lines.items[i].text, (int)(lines.items[i].from_ns / MS),
            (int)(lines.items[i].until_ns / MS));
    caption_lines_fini(&lines);
    return g_string_free(all, FALSE);
}

#define EXPECT(book, language, expected)                                   \
    do {                                                                   \
        g_autofree char *found = lines_of(book, language, 0, 100000);      \
        assert_string_equal(found, expected);                              \
    } while (0)

static void test_book(void **state)
{
    struct caption_book *book = caption_book_create();
    uint64_t revision = caption_book_revision(book);
    struct caption_line lines[] = {LINE("1", "one", 1000, 3000), LINE("2", "two", 5000, 6000)};
    caption_book_set(book, lines, 2, 0);
    assert_true(caption_book_revision(book) > revision);
    EXPECT(book, "en-GB", "one 1000-3000;two 5000-6000;");
    EXPECT(book, "en", "one 1000-3000;two 5000-6000;");
    EXPECT(book, "e", "");
    EXPECT(book, "en-G", "");

    // times that shake by what a link takes are no change
    lines[0].until_ns += 40 * MS;
    revision = caption_book_revision(book);
    caption_book_set(book, lines, 2, 100 * MS);
    assert_int_equal(caption_book_revision(book), revision);

    // corrected; another track's line of the same id is another line
    lines[0].text = (char *)"one, right";
    struct caption_line more[] = {lines[0], lines[1], LINE("1", "eins", 1000, 3000)};
    strcpy(more[2].track, "rede"), strcpy(more[2].language, "de");
    caption_book_set(book, more, 3, 2000 * MS);
    EXPECT(book, "en", "one, right 1000-3000;two 5000-6000;");
    EXPECT(book, "=en", "");
    EXPECT(book, "=en-gb", "one, right 1000-3000;two 5000-6000;");
    EXPECT(book, "de", "eins 1000-3000;");

    // the track stops: what stands ends, what waits is gone, what is over stays
    caption_book_set(book, more + 2, 1, 2500 * MS);
    EXPECT(book, "en", "one, right 1000-2500;");
    EXPECT(book, "de", "eins 1000-3000;");
    caption_book_set(book, NULL, 0, 9000 * MS);
    EXPECT(book, "en", "one, right 1000-2500;");

    char languages[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES];
    assert_int_equal(caption_book_languages(book, languages), 2);
    assert_string_equal(languages[1], "de");
    caption_book_destroy(book);
}

static void test_book_bounds(void **state)
{
    struct caption_book *book = caption_book_create();
    for (int i = 0; i < 2 * CAPTION_BOOK_LINES_MAX; i++) {
        char language[8];
        snprintf(language, sizeof(language), "l%d", i % 40);
        struct caption_line line = LINE("", "text", i, i + 1);
        strcpy(line.language, language);
        snprintf(line.id, sizeof(line.id), "%d", i);
        caption_book_set(book, &line, 1, i * MS);
    }
    size_t count = 0;
    char languages[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES];
    assert_int_equal(caption_book_languages(book, languages), CAPTION_LANGUAGES_MAX);
    for (int i = 0; i < 40; i++) {
        char language[8];
        snprintf(language, sizeof(language), "l%d", i);
        struct caption_lines lines = caption_book_find(book, language, 0, INT64_MAX);
        count += lines.count;
        caption_lines_fini(&lines);
    }
    assert_int_equal(count, CAPTION_BOOK_LINES_MAX);

    // 10 minutes are over
    struct caption_line late = LINE("late", "late", 700000, 701000);
    caption_book_set(book, &late, 1, 700000 * MS);
    struct caption_lines lines = caption_book_find(book, "l1", 0, INT64_MAX);
    assert_int_equal(lines.count, 0);
    caption_lines_fini(&lines);
    caption_book_destroy(book);
}

/* ---- Rolling words ---- */

/* "@1000 a=so today|" tells line a at 1000 ms, "!" makes it final; "1000>so today" expects these words from then on. */
static const struct {
    const char *name;
    const char *const steps[8];
} rolls[] = {
    {"a final line goes at once", {"@0 a!one two", "0>one two"}},
    {"two versions must agree", {"@0 a=so to", "0>", "@300 a=so today we", "300>so", "@600 a=so today we see", "600>today we"}},
    {"a correction before it went out", {"@0 a=we hear", "0>", "@300 a!we see", "300>we see"}},
    {"what has gone out stays", {"@0 a!we hear", "0>we hear", "@300 a!he hears more", "300>more"}},
    {"still for a second", {"@0 a=so today", "999>", "1000>so today"}},
    {"a newer line settles the older", {"@0 a=one two", "0>", "@100 b=three", "100>one two"}},
};

static char *words_at(struct caption_roll *roll, const struct caption_roll_line *lines, size_t count, int64_t now_ns)
{
    GString *all = g_string_new(NULL);
    struct caption_roll_word word;
    while (caption_roll_next(roll, lines, count, now_ns, &word)) {
        g_string_append(all, all->len ? " " : "");
        add_utf8(all, word.letters, word.count);
    }
    return g_string_free(all, FALSE);
}

struct rolling {
    struct caption_roll roll;
    struct caption_line lines[2];
    struct caption_roll_line read[2];
    size_t count;
};

static void tell(struct rolling *rolling, const char *step)
{
    int at_ms;
    char name, mark;
    assert_int_equal(sscanf(step, "@%d %c%c", &at_ms, &name, &mark), 3);
    size_t index = (size_t)(name - 'a');
    struct caption_line *line = &rolling->lines[index];
    struct caption_letters *text = &rolling->read[index].text;
    uint32_t other;
    bool is_new = index == rolling->count;
    rolling->count += is_new;
    *line = (struct caption_line){.from_ns = is_new ? at_ms * MS : line->from_ns, .until_ns = 60000 * MS,
        .changed_ns = at_ms * MS, .is_live = true, .is_final = mark == '!', .id = {name}};
    caption_letters_fini(text);
    const char *words = strchr(step, mark) + 1;
    assert_true(caption_letters_read(words, strlen(words), text, &other));
    rolling->read[index].line = line;
    caption_roll_note(&rolling->roll, rolling->read, rolling->count);
}

static void test_rolling(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rolls); i++) {
        struct rolling rolling = {.count = 0};
        for (const char *const *step = rolls[i].steps; *step; step++) {
            if (**step == '@') {
                tell(&rolling, *step);
                continue;
            }
            g_autofree char *words = words_at(&rolling.roll, rolling.read, rolling.count, atoi(*step) * MS);
            if (strcmp(words, strchr(*step, '>') + 1) != 0)
                fail_msg("%s: %s, but \"%s\"", rolls[i].name, *step, words);
        }
        caption_letters_fini(&rolling.read[0].text), caption_letters_fini(&rolling.read[1].text);
        caption_roll_fini(&rolling.roll);
    }
}

static void test_roll_drops_oldest(void **state)
{
    struct caption_line lines[3] = {{.id = "1"}, {.id = "2"}, {.id = "3"}};
    struct caption_roll_line read[3];
    struct caption_roll roll = {0};
    const char *texts_of[] = {"eighty letters of the oldest line which waits and waits until it is out of the way ab",
        "eighty letters of the second one which may wait because two seconds are enough for it", "new"};
    for (size_t i = 0; i < 3; i++) {
        lines[i].until_ns = 60000 * MS, lines[i].is_final = true;
        uint32_t other;
        assert_true(caption_letters_read(texts_of[i], strlen(texts_of[i]), &read[i].text, &other));
        read[i].line = &lines[i];
    }
    caption_roll_note(&roll, read, 3);
    g_autofree char *words = words_at(&roll, read, 3, 0);
    assert_string_equal(words, "eighty letters of the second one which may wait because two seconds are enough for it new");
    for (size_t i = 0; i < 3; i++)
        caption_letters_fini(&read[i].text);
    caption_roll_fini(&roll);
}

/* ---- The writer with hostile text: it never stops, and every picture has its triplets ---- */

static void test_hostile(void **state)
{
    struct caption_book *book = caption_book_create();
    struct caption_writer *writer = caption_writer_create(&(struct caption_writer_options){book, "en", 30, 1});
    g_autofree char *huge = g_strnfill(30000, 'W');
    char noise[] = "\x01\x1b[2J\xff\xfe \xc2\x80--> <b>\r\n\x7f\xe2\x80\xae" "rtl";
    const char *const hostile[] = {huge, noise, "", "    ", "\xf0\x9f\x98\x80", "a", "سلام"};
    for (int picture = 0; picture < 3000; picture++) {
        int64_t now_ns = picture * NS_PER_S / 30;
        if (picture % 7 == 0) {
            struct caption_line line = {.language = "en", .text = (char *)hostile[picture / 7 % 7], .speaker = picture % 2 ? (char *)"A" : NULL,
                .from_ns = now_ns + picture % 3 * NS_PER_S, .until_ns = now_ns + 5 * NS_PER_S,
                .is_live = picture % 5 == 0, .is_final = picture % 2};
            snprintf(line.id, sizeof(line.id), "%d", picture);
            caption_book_set(book, &line, picture % 4 != 0, now_ns);
        }
        uint8_t out[CC_DATA_BYTES_MAX];
        assert_int_equal(caption_writer_next(writer, now_ns, out), 60);
    }
    char words[128];
    caption_writer_state(writer, words, sizeof(words));
    assert_non_null(strstr(words, "CEA-608 has no letter U+0633"));
    caption_writer_destroy(writer);
    caption_book_destroy(book);
}

/* ---- WebVTT ---- */

static const struct {
    const char *name, *speaker, *text, *cue;  // cue: what stands below the times; NULL: there is none
} cues[] = {
    {"plain", NULL, "hello", "hello"},
    {"every script", "", "سلام دنیا\n圍棋 👍🏽", "سلام دنیا\n圍棋 👍🏽"},
    {"markup is text", NULL, "<b>a & b</b> --> c", "&lt;b&gt;a &amp; b&lt;/b&gt; --&gt; c"},
    {"a blank line would end the cue", NULL, "a\n\n \r\n b ", "a\nb"},
    {"controls", NULL, "a\x01\x1b[31m\tb\x7f", "a[31m b"},
    {"direction is not turned around", NULL, "a\u202eb\u2066c", "abc"},
    {"joiners stay", NULL, "می\u200cخواهم", "می\u200cخواهم"},
    {"broken UTF-8", NULL, "a\xff", "a\ufffd"},
    {"a voice", "Anna & <Co>\nx", "hi", "<v Anna &amp; &lt;Co&gt; x>hi"},
    {"nothing", "Anna", " \n ", NULL},
};

static void test_webvtt(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cues); i++) {
        struct buffer out = {0};
        webvtt_add_cue(&out, 3723004, 360000000, cues[i].speaker, cues[i].text);
        g_autofree char *expected = cues[i].cue
            ? g_strdup_printf("01:02:03.004 --> 100:00:00.000\n%s\n\n", cues[i].cue) : g_strdup("");
        char *text = buffer_take(&out);
        if (strcmp(text, expected) != 0)
            fail_msg("%s: %s", cues[i].name, text);
        free(text);
    }
    struct buffer out = {0};
    webvtt_add_cue(&out, 5, 5, NULL, "no time");
    assert_int_equal(out.len, 0);
    g_autofree char *huge = g_strnfill(100000, '&');
    webvtt_add_cue(&out, 0, 5, NULL, huge);
    assert_int_equal(out.len, strlen("00:00:00.000 --> 00:00:00.005\n\n\n") + 5000 * 5);
    buffer_fini(&out);
}

/* ---- The times of an output ---- */

static void test_times(void **state)
{
    /* delayed by 2 s from the first picture on (program 1000), blank for a while, then with 5 s of delay */
    struct caption_times times = {0};
    caption_times_begin(&times, 0, 1000 * MS);
    caption_times_end(&times, 4000 * MS);
    caption_times_begin(&times, 9000 * MS, -2000 * MS);
    static const struct {
        const char *name;
        int from, until, shown_from, shown_until;  // shown_until 0: it is not shown
    } spans[] = {
        {"inside", 2000, 3000, 1000, 2000}, {"before the first picture", 100, 900, 0, 0},
        {"began before it", 500, 1500, 0, 500}, {"cut by the blank", 4000, 5500, 3000, 4000},
        {"inside the blank", 5500, 6500, 0, 0}, {"over the blank", 4500, 8000, 3500, 10000},
        {"after it", 8000, 9000, 10000, 11000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
        int64_t from_ns = spans[i].from * MS, until_ns = spans[i].until * MS;
        bool is_shown = caption_times_map(&times, &from_ns, &until_ns);
        if (is_shown != (spans[i].shown_until > 0) || (is_shown && (from_ns != spans[i].shown_from * MS
            || until_ns != spans[i].shown_until * MS)))
            fail_msg("%s: %d to %d", spans[i].name, (int)(from_ns / MS), (int)(until_ns / MS));
    }
    assert_int_equal(caption_times_program(&times, 1000 * MS), 2000 * MS);
    assert_int_equal(caption_times_program(&times, 8000 * MS), 5000 * MS);
    assert_int_equal(caption_times_program(&times, 9500 * MS), 7500 * MS);
    for (int i = 0; i < 1000; i++)
        caption_times_begin(&times, (10000 + i) * MS, -3000 * MS);
    assert_int_equal(times.count, CAPTION_SPANS_MAX);
}

/* ---- Beside a recording ---- */

static void expect_file(const char *folder, const char *name, const char *expected)
{
    g_autofree char *path = g_strdup_printf("%s/%s", folder, name), *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        assert_null(expected);
    else
        assert_string_equal(text, expected ? expected : "no such file");
}

/* The scribe has written what it was told before: it is asked to write once more, and its end is waited for. */
static void settle(struct sidecar *sidecar)
{
    sidecar_end(sidecar);
    assert_true(scribe_wait(10000));
}

static void test_sidecar(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("antiphon-sidecar-XXXXXX", NULL);
    g_autofree char *recording = g_strdup_printf("%s/show.2026.mkv", folder);
    struct caption_book *book = caption_book_create();
    struct caption_line lines[] = {LINE("1", "before it", 500, 900), LINE("2", "one", 800, 3000), LINE("3", "two", 1500, 2000),
        LINE("4", "سلام", 1500, 2500), LINE("5", "late", 4000, 9000)};
    strcpy(lines[3].language, "fa/../x");
    caption_book_set(book, lines, 5, 0);
    struct caption_times times = {0};
    caption_times_begin(&times, 0, 1000 * MS);
    struct sidecar *sidecar = sidecar_create(book, recording);
    sidecar_advance(sidecar, &times, 1200 * MS);
    lines[1].text = (char *)"one, corrected";
    caption_book_set(book, lines, 5, 2300 * MS);
    sidecar_advance(sidecar, &times, 3500 * MS);
    settle(sidecar);
    expect_file(folder, "show.2026.en-GB.vtt", "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:02.000\none, corrected\n\n"
        "00:00:00.500 --> 00:00:01.000\ntwo\n\n"
        "00:00:03.000 --> 00:00:03.500\nlate\n\n");
    expect_file(folder, "show.2026.fa----x.vtt", "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\nسلام\n\n");

    // a name that is taken is not written over; without a cue there is no file
    settle(sidecar_create(book, recording));
    expect_file(folder, "show.2026.en-GB-2.vtt", NULL);
    times.spans[0].offset_ns = 3500 * MS;
    sidecar = sidecar_create(book, recording);
    sidecar_advance(sidecar, &times, 6500 * MS);
    settle(sidecar);
    expect_file(folder, "show.2026.en-GB-2.vtt", "WEBVTT\n\n00:00:00.500 --> 00:00:05.500\nlate\n\n");

    // a folder that is not there costs the subtitles only
    g_autofree char *nowhere = g_strdup_printf("%s/no/such.mkv", folder);
    sidecar = sidecar_create(book, nowhere);
    sidecar_advance(sidecar, &times, 5000 * MS);
    settle(sidecar);
    caption_book_destroy(book);
    g_autofree char *remove = g_strdup_printf("rm -r %s", folder);
    assert_int_equal(system(remove), 0);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts), cmocka_unit_test(test_huge_text), cmocka_unit_test(test_codes),
        cmocka_unit_test(test_load), cmocka_unit_test(test_packets), cmocka_unit_test(test_triplets),
        cmocka_unit_test(test_sei), cmocka_unit_test(test_sei_place), cmocka_unit_test(test_pages),
        cmocka_unit_test(test_book), cmocka_unit_test(test_book_bounds), cmocka_unit_test(test_rolling),
        cmocka_unit_test(test_roll_drops_oldest), cmocka_unit_test(test_hostile), cmocka_unit_test(test_webvtt), cmocka_unit_test(test_times), cmocka_unit_test(test_sidecar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
