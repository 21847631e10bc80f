/* Whatever people write: the card stays inside its view, the process lives, and nothing takes seconds. */
#include "stage.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "overlay/theme.h"

enum { WIDTH = 960, HEIGHT = 540 };

static char *repeat(const char *unit, size_t times)
{
    size_t len = strlen(unit);
    char *text = xmalloc(len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * len, unit, len);
    text[len * times] = '\0';
    return text;
}

static const struct {
    const char *name, *unit;
    size_t times;
} texts[] = {
    {"nothing", "", 1},
    {"spaces", " ", 500},
    {"one long word", "m", 20000},
    {"zalgo", "a\u0301\u0327\u0334\u0335\u0316\u0317", 3000},
    {"only marks", "\u0301", 5000},
    {"line ends", "\n\r\n\u2028\u2029", 400},
    {"bidi controls", "\u202e\u2066\u2069\u202a", 400},
    {"isolates never closed", "\u2067שלום ", 300},
    {"brackets", "(((([[[[{{{{", 500},
    {"joiners", "\u200d\u200c", 900},
    {"flags", "🇮🇷🇹🇼🇩", 200},
    {"ligature", "﷽", 300},
    {"private use", "\U000f0000", 300},
    {"controls", "\001\002\033[31m\x7f", 300},
    {"all of it", "سلام a\u0301 漢字 👩\u200d👩\u200d👧 ไทย\u202e!\n", 400},
    {"tags", "<script>alert(1)</script>&amp;", 100},
};

static void check_inside(const struct view *view)
{
    const struct node *node;
    list_for_each(node, &view_scene(view)->nodes, link) {
        assert_true(node->card.width <= WIDTH && node->card.height <= HEIGHT);
        assert_true(node->drawn.x + node->card.x >= 0 && node->drawn.y + node->card.y >= 0);
        assert_true(node->drawn.x + node->card.x + node->card.width <= WIDTH);
        assert_true(node->drawn.y + node->card.y + node->card.height <= HEIGHT);
    }
}

static json_t *make_state(const char *text)
{
    json_t *options = json_array();
    for (int i = 0; i < 12; i++)
        json_array_append_new(options, json_pack("{s:s, s:I}", "text", text, "votes", (json_int_t)(i % 2 ? INT64_MAX / 16 : -i)));
    return json_pack("{s:{s:i, s:s, s:{s:s, s:s}, s:s}, s:{s:i, s:s, s:o, s:I}, s:[{s:s, s:s, s:[s, s, s]}]}",
        "question", "id", 1, "text", text, "author", "name", text, "color", text, "platform", *text ? "\001" : "",
        "poll", "id", 2, "question", text, "options", options, "total", (json_int_t)INT64_MAX,
        "captions", "track", "t", "language", text, "lines", text, text, text);
}

static void test_texts(void **state)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        char *text = repeat(texts[i].unit, texts[i].times);
        struct view *view = make_view(WIDTH, HEIGHT, "en");
        json_t *json = make_state(text);
        assert_non_null(json);
        int64_t from_ms = clock_monotonic_ms();
        view_apply(view, json, 0, false);
        for (int64_t now = 0; now < 1000; now += 100)
            view_paint(view, now);
        int64_t took_ms = clock_monotonic_ms() - from_ms;
        if (took_ms > 5000)
            fail_msg("%s: %lld ms", texts[i].name, (long long)took_ms);
        check_inside(view);
        json_decref(json);
        view_destroy(view);
        free(text);
    }
}

/* Numbers at both ends: sanitizers see what overflows. */
static const char *const numbers[] = {
    "{'countdown':{'id':1,'mode':'countdown','title':'t','at_ms':%s}}",
    "{'countdown':{'id':1,'mode':'next_show','title':'t','at_ms':%s,'zones':['Asia/Tehran']}}",
    "{'poll':{'id':1,'question':'q','options':[{'text':'a','votes':%s}],'total':%s,'closes_ms':%s}}",
    "{'goal':{'id':1,'title':'t','now':%s,'target':%s,'unit':'money','currency':'EUR'}}",
    "{'alerts':[{'id':1,'kind':'raid','viewers':%s},{'id':2,'kind':'raid','viewers':%s},{'id':3,'kind':'raid','viewers':%s},"
        "{'id':4,'kind':'gift','money':{'units':%s,'count':%s,'item':'x','streak':'open'}},{'id':5,'kind':'gift','money':{'units':%s}},"
        "{'id':6,'kind':'membership','event':'gifted','money':{'count':%s}},{'id':7,'kind':'raid','viewers':%s},{'id':8,'kind':'raid'}]}",
    "{'question':{'id':%s,'text':'q','people':%s,'message':%s}}",
    "{'shoutout':{'id':%s,'name':'n','since_ms':%s,'until_ms':%s}}",
};

static json_t *put_number(const char *form, const char *number)
{
    char text[2048];
    size_t at = 0, len = strlen(number);
    for (const char *c = form; *c; c++) {
        bool is_here = c[0] == '%' && c[1] == 's';
        memcpy(text + at, is_here ? number : c, is_here ? len : 1);
        at += is_here ? len : 1;
        c += is_here;
    }
    text[at] = '\0';
    return parse(text);
}

static void test_numbers(void **state)
{
    static const char *const ends[] = {"-9223372036854775808", "9223372036854775807", "-1", "0"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        for (size_t j = 0; j < sizeof(ends) / sizeof(*ends); j++) {
            struct view *view = make_view(320, 180, "fa");
            apply(view, "{'alerts':[]}", 0, true);
            json_t *json = put_number(numbers[i], ends[j]);
            view_apply(view, json, 0, false);
            for (int64_t now = 0; now < 60000; now += 5000)
                view_paint(view, now);
            json_decref(json);
            view_destroy(view);
        }
    }
}

static void test_sizes(void **state)
{
    static const int sizes[][2] = {{1, 1}, {16, 9}, {1080, 1920}, {3840, 600}, {200, 2000}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct view *view = make_view(sizes[i][0], sizes[i][1], "en");
        json_t *json = make_state("How does it look here?");
        view_apply(view, json, 0, true);
        view_paint(view, 0);
        json_decref(json);
        view_destroy(view);
    }
}

static const struct theme_options wide = {1920, 1080};

static const struct {
    const char *name, *text, *expected;
} themes[] = {
    {"empty", "{}", NULL},
    {"no object", "[]", "(file)"},
    {"no JSON", "{", "theme.json"},
    {"unknown section", "{'colours':{}}", "colours"},
    {"unknown key", "{'colors':{'glow':'#fff000'}}", "colors.glow"},
    {"no colour", "{'colors':{'text':'white'}}", "colors.text"},
    {"a colour that is a number", "{'colors':{'text':7}}", "colors.text"},
    {"too long", "{'poll':{'row':9000}}", "poll.row"},
    {"below nothing", "{'poll':{'row':-1}}", "poll.row"},
    {"no anchor", "{'question':{'anchor':'middle'}}", "question.anchor"},
    {"rings of two", "{'platforms':{'x':{'rings':[[[0,0],[1,1]]]}}}", "platforms.x"},
    {"rings of texts", "{'platforms':{'x':{'rings':[[['a',0],[1,1],[2,2]]]}}}", "platforms.x"},
    {"everything zero", "{'question':{'text':0,'small':0,'mark':0,'lines':0,'width_max':0,'gap':0}}", NULL},
    {"everything large", "{'question':{'text':8192,'padding_x':8192,'width_min':8192,'row_radius':8192,'bar':8192},"
        "'surface':{'radius':8192,'shadow':{'blur':256},'border':{'width':8192}}}", NULL},
};

static void test_themes(void **state)
{
    for (size_t i = 0; i < sizeof(themes) / sizeof(*themes); i++) {
        struct error err = {0};
        char *text = strdup(themes[i].text);
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        struct theme *theme = theme_parse("theme.json", text, strlen(text), &wide, &err);
        if (!theme != !!themes[i].expected)
            fail_msg("%s: %s", themes[i].name, theme ? "accepted" : err.text);
        if (!theme && !strstr(err.text, themes[i].expected))
            fail_msg("%s: %s", themes[i].name, err.text);
        theme_destroy(theme);
        free(text);
    }
}

/* Themes may be silly, cards still must not crash. */
static void test_silly_themes(void **state)
{
    for (size_t i = 0; i < sizeof(themes) / sizeof(*themes); i++) {
        if (themes[i].expected)
            continue;
        char path[] = "/tmp/antiphon-theme-XXXXXX", *text = strdup(themes[i].text);
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        FILE *file = fdopen(mkstemp(path), "w");
        fputs(text, file);
        fclose(file);
        struct view *view = view_create(&(struct view_options){.name = "main", .width_px = WIDTH, .height_px = HEIGHT,
            .theme_path = path, .painter = painter, .text = engine}, NULL);
        assert_non_null(view);
        json_t *json = make_state("Silly?");
        view_apply(view, json, 0, true);
        view_paint(view, 0);
        json_decref(json);
        view_destroy(view);
        remove(path);
        free(text);
    }
}

/* The file that people copy says what the program does anyway. */
static void test_evening_is_the_built_in(void **state)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/assets/themes/evening", getenv("ANTIPHON_SOURCE_ROOT"));
    struct error err = {0};
    struct theme *file = theme_load(path, &wide, &err), *built_in = theme_load(NULL, &wide, &err);
    if (!file)
        fail_msg("%s", err.text);
    assert_non_null(theme_find_mark(file, "twitch"));
    assert_non_null(theme_find_mark(file, "youtube"));
    assert_memory_equal(file->cards, built_in->cards, sizeof(file->cards));
    theme_destroy(file);
    theme_destroy(built_in);
}

/* A newer relay's cards cost one line, however often they are told; the others are drawn. */
static void test_strangers(void **state)
{
    static const char *const told = "{'question':{'id':1,'text':'Still here?'},'hologram':{'id':%d},'smoke':[],'answered':7}";
    FILE *log = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_true(log && dup2(fileno(log), STDERR_FILENO) >= 0);
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    for (int i = 0; i < 3; i++) {
        char text[160];
        snprintf(text, sizeof(text), told, i);
        apply(view, text, i, true);
        view_paint(view, i);
    }
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(log);
    char line[512];
    int lines = 0;
    while (fgets(line, sizeof(line), log))
        lines += strstr(line, "\"hologram\"") != NULL || strstr(line, "\"smoke\"") != NULL || strstr(line, "answered") != NULL;
    fclose(log);
    assert_int_equal(lines, 1);
    assert_non_null(find_card(view, "question:1"));
    view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers), cmocka_unit_test(test_texts), cmocka_unit_test(test_numbers), cmocka_unit_test(test_sizes), cmocka_unit_test(test_themes),
        cmocka_unit_test(test_silly_themes), cmocka_unit_test(test_evening_is_the_built_in),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
