/* Whatever is on air together stays apart: no card covers or touches another, and none leaves the view. */
#include <stdio.h>

#include "stage.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_apart), cmocka_unit_test(test_gives_way)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
