/* The strip of the last gifts, memberships and raids: still if it fits, else steady, copied, and never late. */
#include "stage.h"

#include <stdio.h>

enum { WIDTH = 1280, HEIGHT = 720 };

static json_t *make_event(int id)
{
    char name[24], author[16];
    snprintf(name, sizeof(name), "viewer_%d", id);
    snprintf(author, sizeof(author), "%d", id);
    return json_pack("{sisissss s{ssss} si}", "id", id, "first", id, "kind", id % 2 ? "raid" : "membership", "platform",
        id % 3 ? "twitch" : "youtube", "author", "name", name, "id", author, id % 2 ? "viewers" : "months", id + 3);
}

static void tell(struct view *view, int from, int to, int64_t now_ms, bool at_once)
{
    json_t *events = json_array();
    for (int id = from; id <= to; id++)
        json_array_append_new(events, make_event(id));
    json_t *state = json_pack("{so}", "ticker", events);
    view_apply(view, state, now_ms, at_once);
    json_decref(state);
}

static const struct node *strip_of(const struct view *view)
{
    return find_card(view, "ticker:strip");
}

static void test_still_if_it_fits(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 2, 0, true);
    assert_false(view_paint(view, 0));
    struct view_stats before = view_stats(view);
    for (int64_t now_ms = 16; now_ms < 5000; now_ms += 16)
        assert_false(view_paint(view, now_ms));
    struct view_stats after = view_stats(view);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(view_wake_ms(view), 0);
    apply(view, "{'ticker':[]}", 6000, true);
    view_paint(view, 6000);
    assert_true(is_blank(view));
    view_destroy(view);
}

/* A theme's strip as wide as the view leaves no gap at its ends, unless the view says where cards may stand. */
static void test_from_edge_to_edge(void **state)
{
    static const struct view_part parts[] = {{0}, {0.25f, 0, 0.5f, 1}};
    for (int i = 0; i < 2; i++) {
        struct view *view = make_view_with((struct view_options){.width_px = WIDTH, .height_px = HEIGHT, .language = "en",
            .safe = parts[i]});
        tell(view, 1, 2, 0, true);
        view_paint(view, 0);
        const struct node *node = strip_of(view);
        assert_int_equal(node->box.x + node->card.x, (int)(parts[i].x * WIDTH));
        assert_int_equal(node->card.width, i == 0 ? WIDTH : WIDTH / 2);
        view_destroy(view);
    }
}

/* Where a face leaves no room the strip waits, and does not run meanwhile. */
static void test_still_while_it_waits(void **state)
{
    struct view *view = make_view_with((struct view_options){.width_px = 360, .height_px = 640, .face = {0, 0, 1, 1}});
    tell(view, 1, 12, 0, true);
    for (int64_t now_ms = 0; now_ms < 500; now_ms += 16)
        view_paint(view, now_ms);
    assert_false(view_paint(view, 500));
    assert_int_equal(view_wake_ms(view), 0);
    assert_true(is_blank(view));
    view_destroy(view);
}

/* The px of the strip's middle row. */
static void read_row(const struct view *view, uint32_t row[WIDTH])
{
    const struct node *node = strip_of(view);
    int y = node->drawn.y + node->drawn.height / 2;
    memcpy(row, canvas_pixels(view_canvas(view)) + (size_t)y * WIDTH, WIDTH * sizeof(*row));
}

/* But for the ground, which stands still while the words run. */
static bool is_like(const uint32_t *row, const uint32_t *other, int count)
{
    for (int i = 0; i < count; i++) {
        for (int shift = 0; shift < 24; shift += 8) {
            if (abs((int)(row[i] >> shift & 0xff) - (int)(other[i] >> shift & 0xff)) > 4)
                return false;
        }
    }
    return true;
}

/* The same number of px each frame, though the timer is early or late by a ms; towards where reading begins. */
static void test_steady(void **state)
{
    static const char *const languages[] = {"en", "fa"};
    for (int i = 0; i < 2; i++) {
        struct view *view = make_view(WIDTH, HEIGHT, languages[i]);
        tell(view, 1, 12, 0, true);
        assert_true(view_paint(view, 0));
        int step = 0;
        for (int frame = 1; frame < 120; frame++) {
            static uint32_t before[WIDTH], after[WIDTH];
            read_row(view, before);
            assert_true(view_paint(view, frame * 50 / 3 + frame % 3 - 1));
            read_row(view, after);
            int moved = 0;
            for (int px = 1; px < 8 && moved == 0; px++) {
                bool is_same = i == 0 ? is_like(after + 300, before + 300 + px, 600) : is_like(after + 300 + px, before + 300, 600);
                moved = is_same ? px : 0;
            }
            step = step ? step : moved;
            if (moved == 0 || moved != step)
                fail_msg("%s, frame %d: %d px, %d before", languages[i], frame, moved, step);
        }
        view_destroy(view);
    }
}

/* Run frame by frame it shows what is painted whole at that moment; and paints little for it. */
static void test_same_as_painted_whole(void **state)
{
    static const char *const languages[] = {"en", "fa", "zh"};
    for (int i = 0; i < 3; i++) {
        struct view *view = make_view(WIDTH, HEIGHT, languages[i]), *fresh = make_view(WIDTH, HEIGHT, languages[i]);
        tell(view, 1, 12, 0, true);
        tell(fresh, 1, 12, 0, true);
        view_paint(view, 0);
        struct view_stats before = view_stats(view);
        int64_t now_ms = 0;
        for (int frame = 0; frame < 500; frame++)
            view_paint(view, now_ms += 17);
        view_paint(fresh, now_ms);
        if (memcmp(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(fresh)), WIDTH * HEIGHT * 4) != 0)
            fail_msg("%s: another picture than one painted whole", languages[i]);
        assert_int_equal(view_stats(view).layouts, before.layouts);
        view_destroy(view);
        view_destroy(fresh);
    }
}

static const struct {
    const char *name, *ids, *author;
    size_t gone;
} removals[] = {
    {"one", "[3]", NULL, 1}, {"many", "[1, 3, 5, 7, 9, 11, 12]", NULL, 7}, {"an author", NULL, "{'platform':'twitch','id':'4'}", 1},
    {"all", "[1,2,3,4,5,6,7,8,9,10,11,12]", NULL, 12},
};

/* What is left stands as if the others had never been there. */
static void test_deleted_at_once(void **state)
{
    for (size_t i = 0; i < sizeof(removals) / sizeof(*removals); i++) {
        struct view *view = make_view(WIDTH, HEIGHT, "en");
        tell(view, 1, 12, 0, true);
        for (int64_t now_ms = 0; now_ms < 3000; now_ms += 16)
            view_paint(view, now_ms);
        remove_from(view, removals[i].ids, removals[i].author);
        view_paint(view, 3016);
        assert_int_equal(json_array_size(strip_of(view)->last), 12 - removals[i].gone);
        const struct node *node = strip_of(view);
        assert_null(removals[i].ids ? strstr(node->words.data, "viewer_3 ") : strstr(node->words.data, "viewer_4 "));
        for (int64_t now_ms = 3032; now_ms < 9000; now_ms += 16)
            view_paint(view, now_ms);
        view_destroy(view);
    }
}

/* News while it runs: the twelve last, and none is laid out twice. */
static void test_news(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 12, 0, true);
    view_paint(view, 0);
    int64_t now_ms = 0;
    for (int last = 13; last < 80; last++) {
        struct view_stats before = view_stats(view);
        tell(view, last - 11, last, now_ms, false);
        for (int frame = 0; frame < 30; frame++)
            view_paint(view, now_ms += 16);
        assert_in_range(view_stats(view).layouts - before.layouts, 1, 3);
    }
    view_destroy(view);
}

/* Pages, each long enough to be read, and nothing moves between. */
static void test_reduced_motion(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    ((struct scene *)(uintptr_t)view_scene(view))->stage.is_motion_reduced = true;
    tell(view, 1, 12, 0, true);
    static uint32_t first[WIDTH], second[WIDTH];
    assert_false(view_paint(view, 0));
    read_row(view, first);
    int64_t wake_ms = view_wake_ms(view);
    assert_in_range(wake_ms, 3000, 20000);
    struct view_stats before = view_stats(view);
    assert_false(view_paint(view, wake_ms - 1));
    assert_int_equal(view_stats(view).frames, before.frames);
    assert_false(view_paint(view, wake_ms));
    read_row(view, second);
    assert_memory_not_equal(first, second, sizeof(first));
    assert_int_equal(view_stats(view).frames, before.frames + 1);
    assert_true(view_wake_ms(view) >= wake_ms + 3000);
    view_destroy(view);
}

static const char *const hostile[] = {
    "{'ticker':[{}]}", "{'ticker':[null,7,'x',[]]}", "{'ticker':{}}", "{'ticker':7}",
    "{'ticker':[{'id':1,'kind':'gift','author':{'name':'\\u202e\\u2066x'},'money':{'item':'\\u202e\\n\\n\\n'}},{'id':1},{'id':1}]}",
};

static void test_hostile(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "ar");
    int64_t now_ms = 0;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        apply(view, hostile[i], now_ms, false);
        for (int frame = 0; frame < 60; frame++)
            view_paint(view, now_ms += 16);
    }
    char *name = malloc(5001);
    memset(name, 'W', 5000);
    name[5000] = '\0';
    json_t *told = json_pack("{s[{sisss{ss}s{ss}}]}", "ticker", "id", 3, "kind", "gift", "author", "name", name, "money", "item", name);
    view_apply(view, told, now_ms, false);
    for (int frame = 0; frame < 60; frame++)
        view_paint(view, now_ms += 16);
    assert_true(strip_of(view)->drawn.width <= WIDTH);
    json_decref(told);
    free(name);
    view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_still_if_it_fits), cmocka_unit_test(test_still_while_it_waits), cmocka_unit_test(test_from_edge_to_edge), cmocka_unit_test(test_steady),
        cmocka_unit_test(test_same_as_painted_whole), cmocka_unit_test(test_deleted_at_once), cmocka_unit_test(test_news),
        cmocka_unit_test(test_reduced_motion), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
