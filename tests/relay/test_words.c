/*
 * Lists of words: the shipped ones against a table of tricks and innocent neighbours (tests/data/words/tricks.jsonl, a
 * line ["language", "text", "entry that is found" or null]), and each entry of each list under every disguise.
 */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/emotes.h"
#include "relay/words.h"

static const char *const languages[] = {"ar", "de", "en", "es", "fa", "fr", "pt", "ru", "tr", "zh-Hans", "zh-Hant"};

static void fail_bad(void *data, const char *text)
{
    fail_msg("%s", text);
}

static struct words *load(const char *language)
{
    struct error err = {0};
    struct words *words = words_create();
    char *path = xasprintf("%s/assets/words/%s.txt", getenv("ANTIPHON_SOURCE_ROOT"), language);
    if (!words_add_file(words, language, path, false, fail_bad, NULL, &err))
        fail_msg("%s", err.text);
    free(path);
    words_finish(words);
    return words;
}

static struct words *from_lines(const char *lines)
{
    struct words *words = words_create();
    words_add(words, "own", "words.txt", str_from(lines), true, fail_bad, NULL);
    words_finish(words);
    return words;
}

static size_t find(struct words *words, const char *text, struct word_hit *hit)
{
    struct word_hit hits[WORD_HITS_MAX];
    size_t count = words_find(words, str_from(text), NULL, 0, hits, WORD_HITS_MAX);
    *hit = count > 0 ? hits[0] : (struct word_hit){.word = ""};
    for (size_t i = 0; i < count; i++) {
        assert_true(hits[i].from < hits[i].to);
        assert_true(hits[i].to <= strlen(text));
    }
    return count;
}

/* --- The table --- */

static size_t check_row(const json_t *row, struct words *const *words)
{
    const char *language = json_string_value(json_array_get(row, 0)), *text = json_string_value(json_array_get(row, 1));
    const char *expected = json_string_value(json_array_get(row, 2));
    size_t i = 0;
    while (strcmp(languages[i], language) != 0)
        assert_true(++i < ARRAY_LENGTH(languages));
    struct word_hit hit;
    size_t count = find(words[i], text, &hit);
    if (strcmp(hit.word, expected ? expected : "") == 0 && (count > 0) == (expected != NULL))
        return 0;
    fprintf(stderr, "%s: \"%s\": expected %s, found \"%s\"\n", language, text, expected ? expected : "nothing", hit.word);
    return 1;
}

static void test_tricks(void **state)
{
    struct words *words[ARRAY_LENGTH(languages)];
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        words[i] = load(languages[i]);
    char *path = xasprintf("%s/tests/data/words/tricks.jsonl", getenv("ANTIPHON_SOURCE_ROOT"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[2000];
    size_t rows = 0, wrong = 0, innocent = 0;
    while (fgets(line, sizeof(line), file)) {
        struct error err = {0};
        json_t *row = json_parse(line, strlen(line), &err);
        if (!row)
            fail_msg("%s: %s", line, err.text);
        rows++;
        innocent += json_is_null(json_array_get(row, 2));
        wrong += check_row(row, words);
        json_decref(row);
    }
    fclose(file);
    free(path);
    printf("%zu rows, %zu of them innocent\n", rows, innocent);
    assert_true(rows >= 240);
    assert_int_equal(wrong, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        words_destroy(words[i]);
}

/* --- Every entry in every disguise --- */

static void between(struct buffer *out, const char *letters, const char *what)
{
    for (size_t at = 0, size; letters[at]; at += size) {
        utf8_decode(letters + at, strlen(letters) - at, &size);
        if (at > 0)
            buffer_add_string(out, what);
        buffer_add(out, letters + at, size);
    }
}

static void with_zero_width(struct buffer *out, const char *letters) { between(out, letters, "\xe2\x80\x8b"); }
static void with_word_joiner(struct buffer *out, const char *letters) { between(out, letters, "\xe2\x81\xa0"); }
static void with_soft_hyphen(struct buffer *out, const char *letters) { between(out, letters, "\xc2\xad"); }
static void with_dots(struct buffer *out, const char *letters) { between(out, letters, "."); }
static void with_hyphens(struct buffer *out, const char *letters) { between(out, letters, "-"); }
static void with_blanks(struct buffer *out, const char *letters) { between(out, letters, " "); }
static void with_direction(struct buffer *out, const char *letters) { between(out, letters, "\xe2\x80\xae"); }

static void as_it_is(struct buffer *out, const char *letters) { buffer_add_string(out, letters); }

static void in_a_line(struct buffer *out, const char *letters)
{
    buffer_add_string(out, "xy ");
    buffer_add_string(out, letters);
    buffer_add_string(out, ", xy");
}

/* The last letter four times. */
static void stretched(struct buffer *out, const char *letters)
{
    size_t len = strlen(letters), last = len - 1;
    while (((unsigned char)letters[last] & 0xc0) == 0x80)
        last--;
    buffer_add(out, letters, len);
    for (int i = 0; i < 3; i++)
        buffer_add(out, letters + last, len - last);
}

static void in_capitals(struct buffer *out, const char *letters)
{
    for (; *letters; letters++)
        buffer_add_char(out, (char)(*letters >= 'a' && *letters <= 'z' ? *letters - 32 : *letters));
}

/* A letter of ASCII in another alphabet of mathematics or in full width. */
static void shifted(struct buffer *out, const char *letters, uint32_t first)
{
    for (; *letters; letters++) {
        char bytes[4];
        bool is_letter = *letters >= 'a' && *letters <= 'z';
        buffer_add(out, bytes, utf8_encode(is_letter ? first + (uint32_t)(*letters - 'a') : (unsigned char)*letters, bytes));
    }
}

static void full_width(struct buffer *out, const char *letters) { shifted(out, letters, 0xff41); }
static void mathematical(struct buffer *out, const char *letters) { shifted(out, letters, 0x1d5ba); }
static void circled(struct buffer *out, const char *letters) { shifted(out, letters, 0x24d0); }
static void bracketed(struct buffer *out, const char *letters) { shifted(out, letters, 0x249c); }
static void flags(struct buffer *out, const char *letters) { shifted(out, letters, 0x1f1e6); }

static void with_marks(struct buffer *out, const char *letters)
{
    between(out, letters, "\xcc\xb6\xcd\x81");
}

static bool is_ascii(const char *text)
{
    while (*text && !(*text & 0x80))
        text++;
    return !*text;
}

static const struct {
    const char *name;
    void (*write)(struct buffer *out, const char *letters);
    bool is_for_ascii, is_for_plain, is_for_one_word;  // plain: not an entry with "="
} disguises[] = {
    {"as it is", as_it_is},
    {"in a line", in_a_line},
    {"zero-width space", with_zero_width},
    {"word joiner", with_word_joiner},
    {"soft hyphen", with_soft_hyphen},
    {"direction", with_direction},
    {"stretched", stretched},
    {"dots", with_dots, .is_for_one_word = true},
    {"hyphens", with_hyphens, .is_for_one_word = true},
    {"blanks", with_blanks, .is_for_one_word = true},
    {"capitals", in_capitals, .is_for_ascii = true},
    {"full width", full_width, .is_for_ascii = true},
    {"mathematical", mathematical, .is_for_ascii = true},
    {"circled", circled, .is_for_ascii = true},
    {"bracketed", bracketed, .is_for_ascii = true},
    {"flags", flags, .is_for_ascii = true},
    {"marks", with_marks, .is_for_ascii = true, .is_for_plain = true},
};

static bool applies(size_t disguise, const char *letters, bool is_exact)
{
    if (disguises[disguise].is_for_ascii && !is_ascii(letters))
        return false;
    if (is_exact && disguises[disguise].is_for_plain)
        return false;
    if (disguises[disguise].write == stretched && strpbrk(letters, "0123456789"))
        return false;  // a number is no stretched one
    if (!disguises[disguise].is_for_one_word)
        return true;
    return !strchr(letters, ' ') && utf8_count(letters, strlen(letters)) > 2 && !strpbrk(letters, "0123456789-");
}

static size_t check_entry(struct words *words, char *entry)
{
    bool is_exact = *entry == '=';
    entry += is_exact;
    entry += *entry == '*';
    size_t len = strlen(entry), wrong = 0;
    if (entry[len - 1] == '*')
        entry[len - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LENGTH(disguises); i++) {
        if (!applies(i, entry, is_exact))
            continue;
        struct buffer out = {0};
        struct word_hit hit;
        disguises[i].write(&out, entry);
        char *text = buffer_take(&out);
        if (find(words, text, &hit) == 0) {
            fprintf(stderr, "%s, %s: \"%s\" is not found\n", entry, disguises[i].name, text);
            wrong++;
        }
        free(text);
    }
    return wrong;
}

static size_t check_list(const char *language)
{
    struct words *words = load(language);
    char *path = xasprintf("%s/assets/words/%s.txt", getenv("ANTIPHON_SOURCE_ROOT"), language);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[400];
    size_t entries = 0, wrong = 0;
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\r\n#")] = '\0';
        if (!*line || *line == '[' || *line == '~')
            continue;
        entries++;
        wrong += check_entry(words, line);
    }
    fclose(file);
    free(path);
    assert_true(entries >= 25);
    words_destroy(words);
    return wrong;
}

static void test_disguises(void **state)
{
    size_t wrong = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(languages); i++)
        wrong += check_list(languages[i]);
    assert_int_equal(wrong, 0);
}

/* --- Rules of entries --- */

static const struct {
    const char *name, *entry, *text;
    bool is_found;
} rules[] = {
    {"whole word", "bad", "a bad thing", true},
    {"no part of a word", "bad", "badminton and Sinbad", false},
    {"beginning", "bad*", "badly", true},
    {"beginning, not the end", "bad*", "Sinbad", false},
    {"end", "*bad", "Sinbad", true},
    {"end, not the beginning", "*bad", "badly", false},
    {"within", "*bad*", "xbadx", true},
    {"an accent in the text", "bad", "b\xc3\xa4""d", true},
    {"an accent of its own", "b\xc3\xa4""d", "bad", false},
    {"an accent of its own, as two", "b\xc3\xa4""d", "ba\xcc\x88""d", true},
    {"exactly", "=bad", "bad", true},
    {"exactly, in capitals", "=bad", "BAD", true},
    {"exactly: no accent", "=bad", "b\xc3\xa4""d", false},
    {"exactly: no look-alike", "=bad", "b\xd0\xb0""d", false},
    {"a look-alike", "bad", "b\xd0\xb0""d", true},
    {"a digit", "bad", "b4d", true},
    {"a digit of its own", "b4d", "bad", false},
    {"a number", "88", "in 1988", false},
    {"a number alone", "88", "88!", true},
    {"a number is no word", "ass", "455", false},
    {"a price is no word", "ass", "A$5", false},
    {"a phrase", "go away", "please, GO   away!", true},
    {"a phrase over a line", "go away", "go\naway", true},
    {"a phrase in another order", "go away", "away go", false},
    {"a double letter", "boo", "bo", false},
    {"a single letter, doubled", "bite", "bitte", false},
    {"a single vowel, doubled", "bite", "biite", true},
    {"stretched", "bad", "baaaaad", true},
    {"stretched everywhere", "bad", "bbbaaaddd", true},
    {"half", "bad", "ba", false},
    {"a hyphen parts it", "bad", "ba-d", true},
    {"the parts are other words", "bad", "mamba-dance", false},
    {"one letter parted", "bads", "b ads", true},
    {"two words are two words", "pinch", "pin ch", false},
    {"the end of it's", "shot", "it's hot", false},
    {"over an end", "ass", "a. S. Smith", false},
    {"an emote's name", "bad", "good", false},
    {"Han with blanks", "\xe5\x9d\x8f\xe4\xba\xba", "\xe5\x9d\x8f \xe4\xba\xba", true},
    {"Han within", "\xe5\x9d\x8f\xe4\xba\xba", "\xe4\xbd\xa0\xe5\x9d\x8f\xe4\xba\xba\xe5\x95\x8a", true},
    {"Thai within", "\xe0\xb8\x94\xe0\xb8\xb5", "\xe0\xb8\x81\xe0\xb8\x94\xe0\xb8\xb5\xe0\xb8\x81", true},
    {"a word beside Han", "bad", "\xe4\xbd\xa0""bad\xe5\x95\x8a", true},
};

static void test_rules(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        struct words *words = from_lines(rules[i].entry);
        struct word_hit hit;
        if ((find(words, rules[i].text, &hit) > 0) != rules[i].is_found)
            fail_msg("%s: \"%s\" in \"%s\"", rules[i].name, rules[i].entry, rules[i].text);
        words_destroy(words);
    }
}

static void test_place_and_reason(void **state)
{
    struct words *words = from_lines("[slur]\nbad # as in worse\n[other]\nworse\n");
    struct word_hit hits[WORD_HITS_MAX];
    assert_int_equal(words_find(words, STR("so b.\xd0\xb0.d and worse"), NULL, 0, hits, WORD_HITS_MAX), 2);
    assert_string_equal(hits[0].word, "worse");  // as it stands comes first, then what was parted
    assert_string_equal(hits[0].category, "other");
    assert_string_equal(hits[1].word, "bad");
    assert_string_equal(hits[1].category, "slur");
    assert_string_equal(hits[1].list, "own");
    assert_int_equal(hits[1].from, 3);
    assert_int_equal(hits[1].to, 9);
    words_destroy(words);
}

static void test_emotes(void **state)
{
    struct words *words = from_lines("bad\n");
    struct word_hit hits[WORD_HITS_MAX];
    struct emote emotes[] = {{.from = 0, .to = 3}, {.from = 6, .to = 9}};
    assert_int_equal(words_find(words, STR("bad b bad"), emotes, 2, hits, WORD_HITS_MAX), 0);
    assert_int_equal(words_find(words, STR("bad b bad"), emotes, 1, hits, WORD_HITS_MAX), 1);
    assert_int_equal(words_find(words, STR("bbadad"), &(struct emote){.from = 1, .to = 4}, 1, hits, WORD_HITS_MAX), 0);
    words_destroy(words);
}

struct complaints {
    size_t count;
    char last[400];
};

static void note_bad(void *data, const char *text)
{
    struct complaints *complaints = data;
    complaints->count++;
    snprintf(complaints->last, sizeof(complaints->last), "%s", text);
}

static void test_own_list(void **state)
{
    struct words *words = words_create();
    struct complaints complaints = {0};
    struct word_hit hit;
    words_add(words, "en", "en.txt", STR("bad\nworse*\n"), false, note_bad, &complaints);
    words_add(words, "own", "words.txt", STR("\xef\xbb\xbf# mine\r\nawful\r\n-worse\r\n~bad luck\r\n"), true, note_bad, &complaints);
    words_finish(words);
    assert_int_equal(complaints.count, 0);
    assert_int_equal(words_count(words), 3);
    assert_int_equal(find(words, "worse", &hit), 0);
    assert_int_equal(find(words, "what bad luck", &hit), 0);
    assert_int_equal(find(words, "bad luck is bad", &hit), 1);
    assert_int_equal(find(words, "awful", &hit), 1);
    assert_string_equal(hit.list, "own");
    words_destroy(words);
}

static const struct {
    const char *line, *why;
} bad_lines[] = {
    {"***", "no letters"},
    {"*", "no letters"},
    {"=", "no letters"},
    {"!!!", "no letters"},
    {"a*", "single letter"},
    {"-bad", "only the list of your own"},
    {"[slur", "brackets"},
    {"[]", "brackets"},
    {"b\xff" "ad", "UTF-8"},
    {"word word word word word word word word word word word word word word word word", "too long"},
};

/* A file that is something else altogether is told of in few words. */
static void test_no_list_at_all(void **state)
{
    struct buffer lines = {0};
    struct complaints complaints = {0};
    for (int i = 0; i < 100000; i++)
        buffer_add_string(&lines, "\xff\xfe garbage\n");
    struct words *words = words_create();
    words_add(words, "own", "words.txt", (struct str){lines.data, lines.len}, true, note_bad, &complaints);
    words_finish(words);
    assert_in_range(complaints.count, 2, 100);
    assert_non_null(strstr(complaints.last, "more lines"));
    words_destroy(words);
    buffer_fini(&lines);
}

static void test_bad_lines(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(bad_lines); i++) {
        struct words *words = words_create();
        struct complaints complaints = {0};
        char *lines = xasprintf("good\n%s\nfine\n", bad_lines[i].line);
        words_add(words, "en", "en.txt", str_from(lines), false, note_bad, &complaints);
        words_finish(words);
        assert_int_equal(complaints.count, 1);
        assert_true(strncmp(complaints.last, "en.txt:2: ", 10) == 0);
        assert_non_null(strstr(complaints.last, bad_lines[i].why));
        assert_int_equal(words_count(words), 2);  // the rest of the list holds
        free(lines);
        words_destroy(words);
    }
}

/* 10,000 marks on a letter, a text of a megabyte, no list at all. */
static void test_hostile(void **state)
{
    struct words *words = from_lines("bad\n");
    struct word_hit hits[WORD_HITS_MAX];
    struct buffer text = {0};
    for (int i = 0; i < 100000; i++)
        buffer_add_string(&text, i == 50000 ? "b" : "\xcc\xb6");
    buffer_add_string(&text, "ad ");
    assert_int_equal(words_find(words, (struct str){text.data, text.len}, NULL, 0, hits, WORD_HITS_MAX), 1);
    buffer_clear(&text);
    for (int i = 0; i < 1000000; i++)
        buffer_add_char(&text, 'b');
    buffer_add_string(&text, "ad");
    assert_int_equal(words_find(words, (struct str){text.data, text.len}, NULL, 0, hits, WORD_HITS_MAX), 1);
    buffer_fini(&text);
    words_destroy(words);
    words = from_lines("");
    assert_int_equal(words_find(words, STR("bad"), NULL, 0, hits, WORD_HITS_MAX), 0);
    words_destroy(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tricks), cmocka_unit_test(test_disguises), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_place_and_reason), cmocka_unit_test(test_emotes), cmocka_unit_test(test_own_list),
        cmocka_unit_test(test_bad_lines), cmocka_unit_test(test_no_list_at_all), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
