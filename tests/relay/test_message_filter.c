/* Which messages pass a filter, what a filter may say, and what of it is the same. */
#include "relay_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/han.h"
#include "relay/message_filter.h"
#include "relay/message_language.h"
#include "relay/question_words.h"
#include "relay/search_words.h"

static struct message *message_of(const char *json)
{
    struct error err = {0};
    json_t *object = json_parse(json, strlen(json), &err);
    struct message *message = object ? message_from_json(object, &err) : NULL;
    if (!message)
        fail_msg("%s: %s", json, err.text);
    json_decref(object);
    return message;
}

static struct message_filter *filter_of(const char *json, bool *is_all, struct error *err)
{
    json_t *object = json_parse(json, strlen(json), err);
    assert_non_null(object);
    struct message_filter *filter = message_filter_create(object, is_all, err);
    json_decref(object);
    return filter;
}

#define CHAT "\"v\":1,\"kind\":\"chat\",\"platform\":\"twitch\",\"source\":\"twitch:anna\",\"native_id\":\"n\""
#define BY(name, roles) "\"author\":{\"id\":\"1\",\"name\":\"" name "\",\"roles\":[" roles "]}"

static const struct {
    const char *name, *filter, *message;
    bool passes;
} cases[] = {
    {"its source", "{\"sources\":[\"kick:a\",\"twitch:anna\"]}", "{" CHAT ",\"text\":\"x\"}", true},
    {"another source", "{\"sources\":[\"twitch:ann\"]}", "{" CHAT ",\"text\":\"x\"}", false},
    {"its platform", "{\"platforms\":[\"twitch\"]}", "{" CHAT ",\"text\":\"x\"}", true},
    {"another platform", "{\"platforms\":[\"kick\"]}", "{" CHAT ",\"text\":\"x\"}", false},
    {"an empty list asks for nothing", "{\"platforms\":[],\"roles\":[\"viewer\"]}", "{" CHAT ",\"text\":\"x\"}", true},
    {"Persian", "{\"languages\":[\"fa\"]}", "{" CHAT ",\"text\":\"این آهنگ چه معنایی دارد\"}", true},
    {"Persian is not Arabic", "{\"languages\":[\"ar\"]}", "{" CHAT ",\"text\":\"این آهنگ چه معنایی دارد\"}", false},
    {"Arabic", "{\"languages\":[\"ar\"]}", "{" CHAT ",\"text\":\"ما هي أغنيتك المفضلة\"}", true},
    {"Chinese of either script", "{\"languages\":[\"zh\"]}", "{" CHAT ",\"text\":\"這首歌對你有什麼意義\"}", true},
    {"Traditional", "{\"languages\":[\"zh-Hant\"]}", "{" CHAT ",\"text\":\"這首歌對你有什麼意義\"}", true},
    {"Traditional is not Simplified", "{\"languages\":[\"zh-Hans\"]}", "{" CHAT ",\"text\":\"這首歌對你有什麼意義\"}", false},
    {"Spanish", "{\"languages\":[\"es\"]}", "{" CHAT ",\"text\":\"¿de dónde sois todos?\"}", true},
    {"English is not Spanish", "{\"languages\":[\"es\"]}", "{" CHAT ",\"text\":\"good evening to all of you\"}", false},
    {"a moderator", "{\"roles\":[\"moderator\"]}", "{" CHAT "," BY("m", "\"moderator\"") ",\"text\":\"x\"}", true},
    {"a viewer is no moderator", "{\"roles\":[\"moderator\"]}", "{" CHAT "," BY("v", "") ",\"text\":\"x\"}", false},
    {"viewers", "{\"roles\":[\"viewer\"]}", "{" CHAT "," BY("v", "") ",\"text\":\"x\"}", true},
    {"a vip is no viewer", "{\"roles\":[\"viewer\"]}", "{" CHAT "," BY("v", "\"vip\"") ",\"text\":\"x\"}", false},
    {"either of two roles", "{\"roles\":[\"viewer\",\"vip\"]}", "{" CHAT "," BY("v", "\"vip\"") ",\"text\":\"x\"}", true},
    {"money", "{\"money\":true}", "{" CHAT ",\"text\":\"x\",\"money\":{\"micros\":5000000,\"currency\":\"EUR\"}}", true},
    {"no money", "{\"money\":true}", "{" CHAT ",\"text\":\"x\"}", false},
    {"false asks for nothing", "{\"money\":false,\"platforms\":[\"twitch\"]}", "{" CHAT ",\"text\":\"x\"}", true},
    {"a question", "{\"questions\":true}", "{" CHAT ",\"text\":\"what is the name of this song?\"}", true},
    {"no question", "{\"questions\":true}", "{" CHAT ",\"text\":\"hello everybody\"}", false},
    {"money or a question", "{\"questions\":true,\"money\":true}", "{" CHAT ",\"text\":\"what is the name of this song?\"}", true},
    {"kind", "{\"kinds\":[\"raid\",\"chat\"]}", "{" CHAT ",\"text\":\"x\"}", true},
    {"another kind", "{\"kinds\":[\"raid\"]}", "{" CHAT ",\"text\":\"x\"}", false},
    {"a word, whatever its case", "{\"text\":\"BERLIN\"}", "{" CHAT ",\"text\":\"hello from Berlin!\"}", true},
    {"all words", "{\"text\":\"hello paris\"}", "{" CHAT ",\"text\":\"hello from Berlin!\"}", false},
    {"the author's name", "{\"text\":\"olga\"}", "{" CHAT "," BY("Olga P.", "") ",\"text\":\"x\"}", true},
    {"Persian yeh finds Arabic yeh", "{\"text\":\"یکی\"}", "{" CHAT ",\"text\":\"هذا يكي\"}", true},
    {"Traditional finds Simplified", "{\"text\":\"圍棋\"}", "{" CHAT ",\"text\":\"我们下围棋吧\"}", true},
    {"accents do not matter", "{\"text\":\"cafe\"}", "{" CHAT ",\"text\":\"un CAFÉ\"}", true},
    {"control never passes", "{\"platforms\":[\"twitch\"]}", "{\"v\":1,\"kind\":\"delete\",\"platform\":\"twitch\",\"source\":\"twitch:anna\",\"target\":{\"native_id\":\"n\"}}", false},
};

static void test_passes(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        bool is_all;
        struct message_filter *filter = filter_of(cases[i].filter, &is_all, &err);
        if (!filter)
            fail_msg("%s: %s", cases[i].name, err.text);
        struct message *message = message_of(cases[i].message);
        if (message_filter_passes(filter, message, NULL) != cases[i].passes)
            fail_msg("%s: %s %s", cases[i].name, cases[i].filter, cases[i].passes ? "does not pass" : "passes");
        message_unref(message);
        message_filter_unref(filter);
    }
}

static const struct {
    const char *filter, *words;
} refused[] = {
    {"{\"sources\":\"twitch:anna\"}", "sources: a list"},
    {"{\"sources\":[1]}", "sources[0]"},
    {"{\"sources\":[\"\"]}", "sources[0]"},
    {"{\"roles\":[\"king\"]}", "no role \"king\""},
    {"{\"kinds\":[\"delete\"]}", "\"delete\""},
    {"{\"kinds\":[\"nothing\"]}", "\"nothing\""},
    {"{\"money\":1}", "money: true or false"},
    {"{\"text\":[]}", "text: words"},
    {"{\"languages\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\",\"q\",\"r\","
     "\"s\",\"t\",\"u\",\"v\",\"w\",\"x\",\"y\",\"z\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"]}", "at most 32"},
};

static void test_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        struct error err = {0};
        bool is_all;
        assert_null(filter_of(refused[i].filter, &is_all, &err));
        assert_false(is_all);
        if (!strstr(err.text, refused[i].words))
            fail_msg("%s: \"%s\" does not say \"%s\"", refused[i].filter, err.text, refused[i].words);
    }
}

static const struct {
    const char *a, *b;
    bool is_same;
} keys[] = {
    {"{\"sources\":[\"a\",\"b\"]}", "{\"sources\":[\"b\",\"a\",\"b\"],\"money\":false}", true},
    {"{\"text\":\"Hello  World\"}", "{\"text\":\"hello world!\"}", true},
    {"{\"text\":\"圍棋\"}", "{\"text\":\"围棋\"}", true},
    {"{\"sources\":[\"a\"]}", "{\"platforms\":[\"a\"]}", false},
    {"{\"money\":true}", "{\"questions\":true}", false},
};

static void test_keys(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        struct error err = {0};
        bool is_all;
        struct message_filter *a = filter_of(keys[i].a, &is_all, &err), *b = filter_of(keys[i].b, &is_all, &err);
        assert_int_equal(strcmp(message_filter_key(a), message_filter_key(b)) == 0, keys[i].is_same);
        message_filter_unref(a);
        message_filter_unref(b);
    }
}

static void test_nothing_asked_for(void **state)
{
    struct error err = {0};
    bool is_all = false;
    assert_null(filter_of("{\"sources\":[],\"money\":false,\"text\":\" ?! \",\"before\":7}", &is_all, &err));
    assert_true(is_all);
    struct message *message = message_of("{" CHAT ",\"text\":\"x\"}");
    assert_true(message_filter_passes(NULL, message, NULL));
    message_unref(message);
}

/* Where a word stands in the text as it was written, by bytes. */
static const struct {
    const char *text, *query, *found;
} marks[] = {
    {"hello Berlin!", "berlin", "Berlin"},
    {"یک کتاب خوب", "كتاب", "کتاب"},
    {"آهنــگ خوب", "آهنگ", "آهنــگ"},
    {"我们下围棋吧", "圍棋", "围棋"},
    {"Über Łódź", "uber", "Über"},
    {"unable", "able", NULL},
    {"สวัสดีชาวโลก", "ชาว", "ชาว"},
};

static void test_marks(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
        struct buffer flat = {0}, offsets = {0}, words = {0};
        search_flatten(str_from(marks[i].text), &flat, &offsets);
        assert_int_equal(offsets.len, (flat.len + 1) * sizeof(uint32_t));
        assert_int_equal(search_flatten_query(str_from(marks[i].query), &words), 1);
        size_t at = search_find_word((struct str){flat.data, flat.len}, words.data, 0);
        assert_int_equal(at == SIZE_MAX, marks[i].found == NULL);
        if (marks[i].found) {
            const uint32_t *from = (const uint32_t *)(void *)offsets.data;
            size_t start = from[at], end = from[at + strlen(words.data)];
            char *found = xstrndup(marks[i].text + start, end - start);
            assert_string_equal(found, marks[i].found);
            free(found);
        }
        buffer_fini(&flat);
        buffer_fini(&offsets);
        buffer_fini(&words);
    }
}

static void test_han(void **state)
{
    assert_int_equal(han_simplify(0x570d), 0x56f4);  // 圍
    assert_int_equal(han_simplify(0x56f4), 0x56f4);
    assert_int_equal(han_simplify('a'), 'a');
    assert_int_equal(han_simplify(0x6a02), 0x4e50);  // 樂
}

static int set_up(void **state)
{
    char *folder = xasprintf("%s/assets/questions", getenv("ANTIPHON_SOURCE_ROOT"));
    *state = question_words_create(&(struct question_words_options){.folder = folder});
    question_words_use(*state);
    free(folder);
    return 0;
}

static int tear_down(void **state)
{
    question_words_use(NULL);
    question_words_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes), cmocka_unit_test(test_refused), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_nothing_asked_for), cmocka_unit_test(test_marks), cmocka_unit_test(test_han),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
