/* test_sanitise.c - what is left of hostile bytes, and that they cost next to nothing. */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

#if defined(__SANITIZE_ADDRESS__)
enum { BOUND_MS = 1000 };
#else
enum { BOUND_MS = 50 };
#endif

#define LETTER_M8 "\u05d1\u0323\u0324\u0325\u0326\u032d\u032e\u0330\u0331"

/* What this thread has worked: a busy machine does not count. */
static double worked_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static void test_texts(void **state)
{
    static const struct {
        const char *name, *text, *expected, *language;
        bool is_single_paragraph;
    } cases[] = {
        {"plain", "one two", "one two"},
        {"NFC", "e\u0301 \u1112\u1161\u11ab", "é 한"},
        {"C0 and C1", "a\001b\033[31mc\177d\xc2\x80" "e\xc2\x9f", "ab[31mcde"},
        {"tab", "a\tb", "a b"},
        {"line ends", "a\r\nb\nc\rd\u2028e\u2029f\vg", "a\nb\nc\nd\ne\nf\ng"},
        {"one paragraph", "a\r\nb\n\nc", "a b  c", NULL, true},
        {"line ends at the end", "a\n\n\r\n", "a"},
        {"embeddings and overrides", "a\u202ab\u202bc\u202cd\u202de\u202ef", "abcdef"},
        {"isolates", "a\u2066b\u2067c\u2068d\u2069e", "abcde"},
        {"marks of direction stay", "a\u200e\u200f\u061cb", "a\u200e\u200f\u061cb"},
        {"deprecated format controls", "a\u206ab\u206fc", "abc"},
        {"annotation, object, BOM, SHY", "a\ufff9b\ufffac\ufffbd\ufffce\ufefff\u00adg", "abcdefg"},
        {"noncharacters", "a\ufdd0b\uffff\U0001fffe", "ab"},
        {"ZWNJ and ZWJ stay", "می\u200cخواهم ب\u200d", "می\u200cخواهم ب\u200d"},
        {"emoji parts stay", "👨\u200d👩\u200d👧 👍🏽 ❤\ufe0f 1\ufe0f\u20e3", "👨\u200d👩\u200d👧 👍🏽 ❤\ufe0f 1\ufe0f\u20e3"},
        {"flag of Scotland", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"},
        {"stray tags", "a\U000e0061\U000e0062b\U000e0001", "ab"},
        {"eight marks", LETTER_M8, "\u05d1\u0323\u0324\u0325\u0326\u032d\u032e\u0330\u0331"},
        {"the ninth goes", LETTER_M8 "\u0332x\u0332", "\u05d1\u0323\u0324\u0325\u0326\u032d\u032e\u0330\u0331x\u0332"},
        {"joiners between marks do not help", LETTER_M8 "\u200d\u0332\u200d\u0333",
            "\u05d1\u0323\u0324\u0325\u0326\u032d\u032e\u0330\u0331\u200d"},
        {"three marks on a letter", "e\u0301\u0302\u0303\u0304\u0305z\u0334\u0335\u0336\u0337", "é\u0302\u0303z\u0334\u0335\u0336"},
        {"all that letters need", "e\u0323\u0302 \u03c9\u0314\u0342\u0345", "\u1ec7 \u1fa7"},
        {"doubled joiners", "👨\u200d\u200d\u200d👩", "👨\u200d👩"},
        {"broken bytes", "a\xff" "b\xc3(\xe2\x82", "a\ufffdb\ufffd(\ufffd\ufffd"},
        {"lone surrogates", "\xed\xa0\x80\xed\xb0\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"},
        {"overlong and too high", "\xc0\xaf\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"},
        {"no NFKC", "ﷺ ﬁ ½", "ﷺ ﬁ ½"},
        {"letters of Arabic and Persian differ", "ي ی ك ک", "ي ی ك ک"},
        {"Romanian cedillas", "Şţ şŢ", "Șț șȚ", "ro-RO"},
        {"Turkish cedillas", "Ş ş", "Ş ş", "tr"},
        {"nothing", "", ""},
        {"nothing visible", "\u200d\u200b\ufe0f", "\u200d\u200b\ufe0f"},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .language = cases[i].language, .is_single_paragraph = cases[i].is_single_paragraph});
        assert_true(utf8_is_valid(layout->text, layout->text_len));
        failures += differs(cases[i].name, xstrdup(layout->text), cases[i].expected);
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

/* Every image becomes one U+FFFC, wherever NFC moves it; broken ranges change nothing. */
static void test_images(void **state)
{
    static const struct {
        const char *name, *text, *expected;
        struct text_image images[3];
    } cases[] = {
        {"one", "Kappa hi", "\ufffc hi", {{0, 5, 20, 20}}},
        {"after NFC shrank the text", "e\u0301e\u0301 Kappa!", "éé \ufffc!", {{7, 12, 20, 20}}},
        {"two, in the wrong order", "Kappa سلام LUL", "\ufffc سلام \ufffc", {{15, 18, 20, 20}, {0, 5, 20, 20}}},
        {"a mark does not join the slot", "Kappa\u0301", "\ufffc\u0301", {{0, 5, 20, 20}}},
        {"overlapping", "abcdef", "\ufffcdef", {{0, 3, 20, 20}, {2, 5, 20, 20}}},
        {"outside", "abc", "abc", {{1, 9, 20, 20}, {7, 9, 20, 20}}},
        {"empty and turned around", "abc", "abc", {{1, 1, 20, 20}, {2, 1, 20, 20}}},
        {"inside a character", "aéb", "aéb", {{2, 3, 20, 20}}},
        {"the sender's own slots go", "a\ufffcKappa", "a\ufffc", {{4, 9, 20, 20}}},
        {"over a line end", "a\nb c", "\ufffc c", {{0, 3, 20, 20}}},
    };
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = str_from(cases[i].text),
            .images = cases[i].images, .image_count = ARRAY_LENGTH(cases[i].images)});
        failures += differs(cases[i].name, xstrdup(layout->text), cases[i].expected);
        text_layout_destroy(layout);
    }
    assert_int_equal(failures, 0);
}

static char *repeat(const char *text, size_t count, size_t *len)
{
    size_t one = strlen(text);
    char *out = xmalloc(one * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * one, text, one);
    out[one * count] = '\0';
    *len = one * count;
    return out;
}

/* Bounded, whatever comes: NFC alone would take 3.4 s for the first. */
static void test_costs(void **state)
{
    static const struct {
        const char *name, *piece;
        size_t count;
    } cases[] = {
        {"100,000 marks of two classes", "\u0301\u0323", 50000},
        {"a letter and 100,000 marks", "a\u0301\u0323\u0302\u0324", 25000},
        {"1 MB of letters without a break", "m", 1 << 20},
        {"1 MB of Arabic without a break", "س", 1 << 19},
        {"1 MB of lines", "a\n", 1 << 19},
        {"20,000 brackets", "[", 20000},
        {"a chain of 10,000 emoji", "👩\u200d", 10000},
        {"flags", "🇮🇷", 10000},
        {"jamo", "\u1100", 20000},
        {"Devanagari conjuncts", "क्", 20000},
        {"scripts that change at each letter", "aسक你ส", 2000},
        {"levels that change at each letter", "aس", 10000},
        {"private use", "\ue000\ue001", 10000},
        {"spaces", " ", 100000},
        {"broken bytes", "\xff", 100000},
    };
    for (int round = 0; round < 2; round++) {  // the first opens faces and fills caches
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
            struct str text;
            char *owned = repeat(cases[i].piece, cases[i].count, &text.len);
            text.data = owned;
            double start_ms = worked_ms();
            struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = text,
                .size_px = 32, .width_px = 600, .max_lines = 4, .is_single_paragraph = i % 2 == 0});
            double ms = worked_ms() - start_ms;
            assert_true(layout->line_count <= 4);
            assert_true(layout->text_len <= 3 * TEXT_BYTES_MAX);
            if (round == 1 && ms > 5)
                print_message("%s: %.1f ms\n", cases[i].name, ms);
            if (round == 1)
                assert_true(ms < BOUND_MS);
            text_layout_destroy(layout);
            free(owned);
        }
    }
}

/* Thousands of different characters that no font has, new ones in each text. */
static void test_costs_of_the_unknown(void **state)
{
    static const struct {
        const char *name;
        uint32_t first, step;
        const char *after;
    } cases[] = {
        {"private use", 0xf0000, 1, ""},
        {"unassigned", 0x50000, 1, ""},
        {"Han that no font has", 0x20000, 17, ""},
        {"letters with marks that no font joins", 0x20000, 17, "\U00016af0"},
        {"Cuneiform and hieroglyphs", 0x12000, 1, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint32_t scalar = cases[i].first;
        for (int round = 0; round < 3; round++) {  // the first opens faces
            struct buffer text = {0};
            while (text.len < TEXT_BYTES_MAX) {
                char bytes[4];
                buffer_add(&text, bytes, utf8_encode(scalar, bytes));
                buffer_add_string(&text, cases[i].after);
                scalar += cases[i].step;
            }
            double start_ms = worked_ms();
            struct text_layout *layout = text_layout_create(*state,
                &(struct text_options){.text = {text.data, text.len}, .width_px = 600, .max_lines = 4});
            double ms = worked_ms() - start_ms;
            if (ms > 5)
                print_message("%s: %.1f ms\n", cases[i].name, ms);
            assert_true(round == 0 || ms < BOUND_MS);
            text_layout_destroy(layout);
            buffer_fini(&text);
        }
    }
}

/* Lines without end and without a bound of their number: still whole, and drawn in pieces that pixman can take. */
static void test_long_lines(void **state)
{
    size_t len;
    char *text = repeat("m", 5000, &len);
    struct text_layout *layout = text_layout_create(*state, &(struct text_options){.text = {text, len}, .size_px = 400});
    assert_int_equal(layout->line_count, 1);
    assert_true(layout->lines[0].run_count > 50);
    for (size_t i = 0; i < layout->lines[0].run_count; i++) {
        assert_non_null(layout->lines[0].runs[i].mask);
        assert_true(layout->lines[0].runs[i].mask->width_px < 32767);
    }
    text_layout_destroy(layout);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_images),
        cmocka_unit_test(test_costs), cmocka_unit_test(test_costs_of_the_unknown),
        cmocka_unit_test(test_long_lines)};
    return cmocka_run_group_tests_name("text-sanitise", tests, open_engine, close_engine);
}
