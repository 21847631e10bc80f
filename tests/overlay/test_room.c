/* Whatever is on air together stays apart: no card covers or touches another, and none leaves the view. */
#include <stdio.h>

#include "stage.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"

#define LONG "Why did you leave the old engine behind and write everything anew, and what did the team say to that? "
#define OPTION(n) "{'text':'" #n " something long that we could do with the rest of this evening','votes':" #n "}"
#define SHORT_POLL "'poll':{'id':1,'question':'Next?','total':3,'options':[{'text':'Chess','votes':2},{'text':'Go','votes':1}]}"
#define LONG_POLL "'poll':{'id':1,'question':'" LONG LONG "','total':45,'options':[" OPTION(1) "," OPTION(2) "," OPTION(3) "," \
    OPTION(4) "," OPTION(5) "," OPTION(6) "," OPTION(7) "," OPTION(8) "," OPTION(9) "]}"
#define QUESTION(text) "'question':{'id':1,'text':'" text "','platform':'twitch','author':{'name':'Anna'}}"
#define TRACK(name, language, line) "{'track':'" name "','language':'" language "','lines':['" line "','" line "']}"
#define ENGLISH TRACK("talk", "en", "People speak quickly, and so this line is as long as lines get")
#define PERSIAN TRACK("fa", "fa", "مردم سریع صحبت می‌کنند و این خط هم به همان اندازه بلند است")
#define URDU TRACK("ur", "ur", "کیا آپ کو یاد ہے کہ آپ نے یہ گانا پہلی بار کب سنا تھا؟")

static const struct {
    int width, height;
} sizes[] = {{1920, 1080}, {1280, 720}, {1080, 1920}, {2560, 1080}};

static const char *const polls[] = {NULL, SHORT_POLL, LONG_POLL};
static const char *const questions[] = {NULL, QUESTION("Why?"), QUESTION(LONG LONG LONG LONG LONG)};
static const char *const tracks[] = {NULL, ENGLISH, ENGLISH "," PERSIAN, PERSIAN "," URDU};

static void add(char *state, size_t size, const char *before, const char *part, const char *after)
{
    size_t len = strlen(state);
    if (part)
        snprintf(state + len, size - len, "%s%s%s%s", len > 1 ? "," : "", before, part, after);
}

static struct box rest(const struct node *node)
{
    return (struct box){node->box.x + node->card.x, node->drawn.y + node->card.y, node->card.width, node->card.height};
}

static void check_apart(const struct view *view, const char *state)
{
    const struct scene *scene = view_scene(view);
    const struct box whole = {0, 0, scene->stage.width_px, scene->stage.height_px};
    const struct node *a, *b;
    list_for_each(a, &scene->nodes, link) {
        struct box one = rest(a), inside = box_intersect(&one, &whole);
        if (inside.width != one.width || inside.height != one.height)
            fail_msg("%dx%d: %s leaves the view: %s", whole.width, whole.height, a->id, state);
        list_for_each(b, &scene->nodes, link) {
            struct box other = rest(b), common = box_intersect(&one, &other);
            if (a != b && !box_is_empty(&common))
                fail_msg("%dx%d: %s and %s share %dx%d px: %s", whole.width, whole.height, a->id, b->id, common.width,
                    common.height, state);
        }
    }
}

static void test_apart(void **state)
{
    for (size_t size = 0; size < 4; size++) {
        for (int i = 0; i < 3 * 3 * 4; i++) {
            char text[8192] = "{";
            add(text, sizeof(text), "", polls[i % 3], "");
            add(text, sizeof(text), "", questions[i / 3 % 3], "");
            add(text, sizeof(text), "'captions':[", tracks[i / 9], "]");
            strcat(text, "}");
            struct view *view = make_view(sizes[size].width, sizes[size].height, "en");
            apply(view, text, 0, true);
            view_paint(view, 0);
            check_apart(view, text);
            view_destroy(view);
        }
    }
}

/* A poll that is there already gives way when captions come, and takes its room back when they go. */
static void test_gives_way(void **state)
{
    struct view *view = make_view(1080, 1080, "en");
    apply(view, "{" LONG_POLL "}", 0, true);
    view_paint(view, 0);
    int full = find_card(view, "poll:1")->card.height;
    apply(view, "{" LONG_POLL ",'captions':[" ENGLISH "," PERSIAN "]}", 1000, false);
    for (int64_t now = 1000; view_paint(view, now); now += 16) {}
    check_apart(view, "captions came");
    assert_true(find_card(view, "poll:1")->card.height < full);
    uint64_t layouts = view_stats(view).layouts;
    apply(view, "{" LONG_POLL ",'captions':[" ENGLISH "," PERSIAN "]}", 8000, false);
    assert_int_equal(view_stats(view).layouts, layouts);
    apply(view, "{" LONG_POLL "}", 9000, false);
    for (int64_t now = 9000; view_paint(view, now); now += 16) {}
    assert_int_equal(find_card(view, "poll:1")->card.height, full);
    view_destroy(view);
}

/* ---- on the way */

#define ALERT(id, text) "{'id':" #id ",'kind':'gift','since_ms':1,'author':{'id':'1','name':'Reza'},'platform':'twitch','source':'twitch:a'," \
    "'text':'" text "','money':{'micros':5000000,'currency':'USD'}}"
#define LINE(id, text) "{'id':" #id ",'author':{'id':'1','name':'Anna'},'platform':'twitch','source':'twitch:a','text':'" text "'}"
#define NAMED(kind, id) "'" kind "':{'id':" #id ","

/* What any view may be asked to show at once; of each line one, or nothing. */
static const char *const parts[][5] = {
    {NULL, QUESTION("Why?"), QUESTION(LONG), QUESTION(LONG LONG LONG), "'question':{'id':2,'text':'" LONG "'}"},
    {NULL, SHORT_POLL, LONG_POLL, SHORT_POLL, NULL},
    {NULL, "'captions':[" ENGLISH "]", "'captions':[" ENGLISH "," PERSIAN "]", "'captions':[" URDU "," PERSIAN "]",
        "'captions':[{'track':'talk','language':'en','lines':[]}," PERSIAN "]"},
    {NULL, NAMED("goal", 1) "'title':'A new piano','now':3,'target':9,'unit':'count'}", NULL, NULL, NULL},
    {NULL, NAMED("rules", 1) "'title':'Rules','items':['Be kind','" LONG "','Ask once']}", NULL, NULL, NULL},
    {NULL, NAMED("qr", 1) "'text':'https://example.org/ask','title':'Ask here'}", NULL, NULL, NULL},
    {NULL, NAMED("note", 1) "'title':'Tonight','text':'" LONG LONG "'}", NULL, NULL, NULL},
    {NULL, NAMED("countdown", 1) "'mode':'countdown','title':'We begin','at_ms':99000,'zones':[]}", NULL, NULL, NULL},
    {NULL, "'holding':{'since_ms':1,'languages':['en','fa','zh-Hans']}", NULL, NULL, NULL},
    {NULL, NAMED("shoutout", 1) "'name':'Mina','platform':'twitch','text':'" LONG "','since_ms':1,'until_ms':99000}", NULL, NULL, NULL},
    {NULL, "'alerts':[" ALERT(5, "for you") "]", "'alerts':[" ALERT(6, LONG) "," ALERT(5, "for you") "]", NULL, NULL},
    {NULL, "'chat':[" LINE(7, "hello") "]", "'chat':[" LINE(7, "hello") "," LINE(8, LONG) "," LINE(9, LONG) "]", NULL, NULL},
    {NULL, "'ticker':[" ALERT(5, "for you") "," ALERT(6, LONG) "]", NULL, NULL, NULL},
};

static int rounds = 9;  // or as many as the first argument says
static uint64_t seed = 5;

static int any(int from, int to)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return from + (int)((seed >> 33) % (uint64_t)(to - from + 1));
}

static void any_state(char *text, size_t size)
{
    strcpy(text, "{");
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        add(text, size, "", any(0, 2) ? parts[i][any(0, 4)] : NULL, "");
    strcat(text, "}");
}

static int64_t unix_now(void)
{
    return 5000;
}

static void check_frame(const struct view *view, const struct box *face, int64_t now, const char *state)
{
    const struct node *a, *b;
    list_for_each(a, &view_scene(view)->nodes, link) {
        struct box one = {a->drawn.x + a->card.x, a->drawn.y + a->card.y, a->card.width, a->card.height}, common = box_intersect(&one, face);
        if (box_is_empty(&a->drawn))
            continue;
        if (!box_is_empty(&common))
            fail_msg("at %lld %s covers the face: %s", (long long)now, a->id, state);
        list_for_each(b, &view_scene(view)->nodes, link) {
            struct box other = {b->drawn.x + b->card.x, b->drawn.y + b->card.y, b->card.width, b->card.height};
            common = box_intersect(&one, &other);
            if (a != b && !box_is_empty(&b->drawn) && !box_is_empty(&common))
                fail_msg("at %lld %s and %s share %dx%d px: %s", (long long)now, a->id, b->id, common.width, common.height, state);
        }
    }
}

/* Whatever comes and goes, and however fast: no frame shows one card over another, or over the face. */
static void test_apart_on_the_way(void **state)
{
    static const struct view_part faces[] = {{0}, {0.35f, 0.2f, 0.3f, 0.5f}, {0.6f, 0.1f, 0.35f, 0.4f}};
    char text[16384];
    for (int round = 0; round < rounds; round++) {
        struct view *view = make_view_with((struct view_options){.width_px = sizes[round % 4].width / 2, .height_px = sizes[round % 4].height / 2,
            .face = faces[round % 3], .unix_ms = unix_now});
        int64_t now = 0;
        for (int step = 0; step < 12; step++) {
            any_state(text, sizeof(text));
            apply(view, text, now, step == 0);
            for (int64_t end = now + any(1, 12) * 40; now < end; now += 40) {
                view_paint(view, now);
                check_frame(view, &view_scene(view)->stage.face, now, text);
            }
        }
        view_destroy(view);
    }
}

static json_t *read_sample(const char *language)
{
    char *path = xasprintf("%s/assets/themes/samples/%s.json", getenv("ANTIPHON_SOURCE_ROOT"), language);
    struct buffer text = {0};
    struct error err = {0};
    json_t *sample = file_read(path, 1 << 20, &text, &err) ? json_parse(text.data, text.len, &err) : NULL;
    if (!sample)
        fail_msg("%s: %s", path, err.text);
    buffer_fini(&text);
    free(path);
    return sample;
}

/* With less height a card may lay its lines out anew; if it got wider for it, it would find no place at all. */
static void test_lower_is_no_wider(void **state)
{
    static const char *const languages[] = {"en", "fa", "zh-Hans", "ja", "ur"};
    for (size_t i = 0; i < 5 * 4; i++) {
        struct view *view = make_view(sizes[i % 4].width, sizes[i % 4].height, languages[i / 4]);
        json_t *sample = read_sample(languages[i / 4]), *part = json_pack("{sO}", "question", json_object_get(sample, "question"));
        view_apply(view, part, 0, true);
        struct node *node = (struct node *)(uintptr_t)find_card(view, "question:12");
        struct size natural = node->natural;
        for (int eighths = 7; eighths > 2; eighths--) {
            node_fit(node, natural.width, natural.height * eighths / 8, 0);
            if (node->card.width > natural.width)
                fail_msg("%dx%d, %s: %d px wide with %d/8 of its height, %d before", sizes[i % 4].width, sizes[i % 4].height,
                    languages[i / 4], node->card.width, eighths, natural.width);
        }
        json_decref(part);
        json_decref(sample);
        view_destroy(view);
    }
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : rounds;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_apart), cmocka_unit_test(test_gives_way), cmocka_unit_test(test_lower_is_no_wider), cmocka_unit_test(test_apart_on_the_way)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
