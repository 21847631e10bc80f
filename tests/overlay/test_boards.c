/* The host's goal and rules: what moves, and what gives way. */
#include "stage.h"

static const int64_t long_after = 1000000;

#define GOAL(now, reached) "{'goal':{'id':1,'title':'Goal','now':" #now ",'target':10000,'unit':'count','is_reached':" #reached "}}"

/* ---- goal */

static void test_goal_glides(void **state)
{
    struct view *view = make_view(1280, 720, "en");
    apply(view, GOAL(100, false), 0, true);
    assert_false(view_paint(view, 0));
    uint64_t pixels = view_stats(view).pixels;
    apply(view, GOAL(5000, false), 1000, false);
    assert_true(view_paint(view, 1016));
    const struct node *node = find_card(view, "goal:1");
    // The bar, the percentage and the sum, not the title and not the card's edges.
    assert_true(view_stats(view).pixels - pixels < (uint64_t)(node->card.width * node->card.height));
    assert_false(view_paint(view, long_after));
    struct view *fresh = make_view(1280, 720, "en");
    apply(fresh, GOAL(5000, false), 0, true);
    view_paint(fresh, 0);
    assert_memory_equal(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(fresh)), 1280 * 720 * 4);
    view_destroy(fresh);
    view_destroy(view);
}

static bool is_same_picture(const struct view *a, const char *state)
{
    struct view *b = make_view(1280, 720, "en");
    apply(b, state, 0, true);
    view_paint(b, 0);
    bool is_same = memcmp(canvas_pixels(view_canvas(a)), canvas_pixels(view_canvas(b)), 1280 * 720 * 4) == 0;
    view_destroy(b);
    return is_same;
}

/* Reached is the relay's word; and a card that is told the same again stands still. */
static void test_goal_reached_looks_other(void **state)
{
    struct view *view = make_view(1280, 720, "en");
    apply(view, GOAL(10000, false), 0, true);
    view_paint(view, 0);
    assert_false(is_same_picture(view, GOAL(10000, true)));
    apply(view, GOAL(10000, true), 100, false);
    view_paint(view, long_after);
    assert_true(is_same_picture(view, GOAL(10000, true)));
    uint64_t frames = view_stats(view).frames;
    apply(view, GOAL(10000, true), long_after, false);
    view_paint(view, long_after + 1000);
    assert_int_equal(view_stats(view).frames, frames);
    view_destroy(view);
}

static void test_hostile_states(void **state)
{
    static const char *const states[] = {
        "{'goal':{'id':1}}", "{'goal':{'id':1,'now':-5,'target':0,'unit':'money','currency':'not one'}}",
        "{'goal':{'id':1,'title':7,'now':9223372036854775807,'target':1,'unit':'money','currency':'IRR'}}",
        "{'goal':{'id':1,'title':'x','now':9223372036854775807,'target':9223372036854775807}}",
        "{'goal':[]}", "{'goal':null}", "{'rules':{'id':1}}", "{'rules':{'id':1,'title':'','items':[]}}",
        "{'rules':{'id':1,'items':[null,7,{},'','x']}}", "{'rules':{'id':1,'items':'x'}}", "{'note':{'id':1}}",
        "{'note':{'id':1,'picture':'antiphon:..'}}", "{'note':{'id':1,'title':[],'text':{},'picture':7}}", "{'qr':{'id':1}}",
        "{'holding':7}", "{'holding':{}}", "{'holding':{'since_ms':'x','languages':[7,'',null,'not a language at all, and long']}}",
        "{'qr':{'id':1,'text':7}}", "{'countdown':{'id':1}}", "{'countdown':{'id':1,'at_ms':-1,'mode':7,'zones':{}}}",
        "{'countdown':{'id':1,'at_ms':9223372036854775807}}",
        "{'countdown':{'id':1,'mode':'next_show','at_ms':9223372036854775807,'zones':['Asia/Tehran']}}",
    };
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        struct view *view = make_view(640, 360, "fa");
        apply(view, states[i], 0, false);
        view_paint(view, 0);
        view_paint(view, 200);
        apply(view, "{'question':{'id':1,'text':'Why?'}}", 300, true);
        view_paint(view, long_after);
        assert_int_equal(find_card(view, "question:1")->drawn_opacity, 1);
        view_destroy(view);
    }
}

/* ---- rules */

static void test_long_rules_give_way(void **state)
{
    static const int counts[] = {1, 5, 12, 24, 60};
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        struct view *view = make_view(1920, 1080, "en");
        json_t *items = json_array();
        for (int j = 0; j < counts[i]; j++)
            json_array_append_new(items, json_string("Be kind to one another, and do not tell how it ends to those who have not seen it"));
        json_t *told = json_pack("{s:{s:i,s:s,s:o}}", "rules", "id", 1, "title", "Rules", "items", items);
        view_apply(view, told, 0, true);
        view_paint(view, 0);
        const struct node *node = find_card(view, "rules:1");
        assert_true(node->card.height <= 1080);
        if (counts[i] <= 5 || counts[i] >= 24)
            assert_int_equal(node->is_cut, counts[i] >= 24);
        json_decref(told);
        view_destroy(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goal_glides), cmocka_unit_test(test_goal_reached_looks_other),
        cmocka_unit_test(test_hostile_states), cmocka_unit_test(test_long_rules_give_way),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
