/* Cards come, change, stay and go as the on-air state says. */
#include "stage.h"

#define QUESTION "'question':{'id':12,'text':'What does this song mean?','author':{'id':'7','name':'Anna','color':'#1E90FF'}," \
    "'platform':'twitch','source':'twitch:anna','message':4711,'since_ms':1,'is_marked':false}"
#define POLL(a, b) "'poll':{'id':3,'question':'Next game?','options':[{'text':'Chess','votes':" #a "},{'text':'Go','votes':" #b \
    "}],'total':30,'state':'open','since_ms':1}"
#define CAPTIONS(line) "'captions':[{'track':'talk','language':'en','lines':['" line "'],'since_ms':1}]"

static const int64_t long_after = 1000000;

static void test_enters_and_settles(void **state)
{
    struct view *view = make_view(960, 540, "en");
    assert_false(view_paint(view, 0));
    assert_int_equal(view_stats(view).frames, 0);
    apply(view, "{" QUESTION "}", 1000, false);
    assert_true(view_paint(view, 1000));
    float before = 0;
    for (int64_t now = 1016; now < 1380; now += 16) {
        assert_true(view_paint(view, now));
        const struct node *node = find_card(view, "question:12");
        assert_true(node->drawn_opacity > before && node->drawn_opacity <= 1);
        before = node->drawn_opacity;
    }
    assert_false(view_paint(view, 2000));
    assert_false(is_blank(view));
    const struct node *node = find_card(view, "question:12");
    assert_true(node->drawn_opacity == 1 && node->drawn.y == node->box.y);
    assert_int_equal(node->count.paints, 1);  // moved, but drawn once
    view_destroy(view);
}

static void test_still_costs_nothing(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" QUESTION "," POLL(10, 20) "," CAPTIONS("Good evening") "}", 0, true);
    view_paint(view, 0);
    struct view_stats before = view_stats(view);
    assert_int_equal(before.frames, 1);
    for (int64_t now = 16; now < 5000; now += 16)
        assert_false(view_paint(view, now));
    // The same state again, as after a restart of the relay, changes nothing either.
    apply(view, "{" QUESTION "," POLL(10, 20) "," CAPTIONS("Good evening") "}", 6000, false);
    assert_false(view_paint(view, 6000));
    struct view_stats after = view_stats(view);
    assert_memory_equal(&before, &after, sizeof(before));
    view_destroy(view);
}

static void test_same_id_never_enters_again(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" QUESTION "}", 0, true);
    view_paint(view, 0);
    apply(view, "{'question':{'id':12,'text':'Corrected words','message':4711}}", 5000, false);
    view_paint(view, 5000);
    assert_true(find_card(view, "question:12")->drawn_opacity == 1);
    assert_int_equal(find_card(view, "question:12")->count.paints, 2);
    view_destroy(view);
}

/* One card's change leaves the others alone. */
static void test_votes_paint_only_their_rows(void **state)
{
    struct view *view = make_view(1920, 1080, "en");
    apply(view, "{" QUESTION "," POLL(10, 20) "," CAPTIONS("Good evening") "}", 0, true);
    view_paint(view, 0);
    struct view_stats before = view_stats(view);
    apply(view, "{" QUESTION "," POLL(13, 17) "," CAPTIONS("Good evening") "}", 1000, false);
    assert_true(view_paint(view, 1100));
    struct view_stats after = view_stats(view);
    assert_int_equal(find_card(view, "question:12")->count.paints, 1);
    assert_int_equal(find_card(view, "captions:talk")->count.paints, 1);
    assert_int_equal(after.layers - before.layers, 1);
    assert_true(after.pixels - before.pixels < 560 * 200);
    view_paint(view, long_after);
    view_destroy(view);
}

static void test_leaves(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" QUESTION "," CAPTIONS("Good evening") "}", 0, true);
    view_paint(view, 0);
    apply(view, "{}", 1000, false);
    assert_true(view_paint(view, 1016));
    assert_false(is_blank(view));
    assert_false(view_paint(view, 2000));
    assert_true(is_blank(view));
    assert_null(find_card(view, "question:12"));
    view_destroy(view);
}

static void test_panic_is_at_once(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" QUESTION "," POLL(1, 2) "}", 0, true);
    view_paint(view, 0);
    apply(view, NULL, 100, true);
    assert_false(view_paint(view, 100));
    assert_true(is_blank(view));
    apply(view, "{" QUESTION "," POLL(1, 2) "}", 200, true);
    assert_false(view_paint(view, 200));
    assert_true(find_card(view, "question:12")->drawn_opacity == 1);
    view_destroy(view);
}

static const struct removal removals[] = {
    {"its message", "[1, 4711]", NULL, true},
    {"its author", NULL, "{'platform':'twitch','id':'7'}", true},
    {"another message", "[4712]", NULL, false},
    {"another platform's author", NULL, "{'platform':'youtube','id':'7'}", false},
    {"nonsense", "{}", "[]", false},
    {"no number", "['4711', null, -1]", "{'platform':7}", false},
};

static void test_deleted_leaves_at_once(void **state)
{
    for (size_t i = 0; i < sizeof(removals) / sizeof(*removals); i++)
        check_removal("{" QUESTION "}", &removals[i]);
}

static int64_t wall_ms;

static int64_t wall(void)
{
    return wall_ms;
}

/* The time that a poll is open still: its digits are painted once a second, and nothing else is. */
static void test_time_left(void **state)
{
    struct view *view = make_view_with((struct view_options){.width_px = 1920, .height_px = 1080, .unix_ms = wall});
    wall_ms = 1000000;
    apply(view, "{'poll':{'id':3,'question':'Next?','options':[{'text':'Chess','votes':1},{'text':'Go','votes':2}],'total':3,'state':'open',"
        "'closes_ms':1010000}}", 0, true);
    view_paint(view, 0);
    struct view_stats before = view_stats(view);
    assert_int_equal(view_wake_ms(view), 1000);
    for (int64_t now = 1; now <= 5000; now += 100, wall_ms = 1000000 + now)
        assert_false(view_paint(view, now));
    struct view_stats after = view_stats(view);
    assert_in_range(after.frames - before.frames, 4, 6);
    assert_true((after.pixels - before.pixels) / (after.frames - before.frames) < 560 * 60);
    apply(view, "{'poll':{'id':3,'question':'Next?','options':[{'text':'Chess','votes':1},{'text':'Go','votes':2}],'total':3,'state':'closed'}}",
        6000, true);
    view_paint(view, 6000);
    assert_int_equal(view_wake_ms(view), 0);
    view_destroy(view);
}

static void test_next_question_waits_for_the_last(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" QUESTION "}", 0, true);
    view_paint(view, 0);
    apply(view, "{'question':{'id':13,'text':'And this one?'}}", 1000, false);
    view_paint(view, 1050);
    assert_true(find_card(view, "question:12")->drawn_opacity > 0);
    assert_true(find_card(view, "question:13")->drawn_opacity == 0);
    for (int64_t now = 1050; view_paint(view, now); now += 16) {}
    assert_null(find_card(view, "question:12"));
    assert_true(find_card(view, "question:13")->drawn_opacity == 1);
    view_destroy(view);
}

/* Answered on air, a question gets its tick and stands a moment; another one does not wait for that. */
static void test_answered(void **state)
{
    for (int is_next = 0; is_next < 2; is_next++) {
        struct view *view = make_view(960, 540, "en");
        apply(view, "{" QUESTION "}", 0, true);
        view_paint(view, 0);
        uint64_t paints = find_card(view, "question:12")->count.paints;
        apply(view, is_next ? "{'question':{'id':13,'text':'And this one?'}}" : "{'answered':12}", 1000, false);
        view_paint(view, 1000);
        const struct node *node = find_card(view, "question:12");
        assert_true((node->state == NODE_SHOWN) == !is_next);
        assert_int_equal(node->count.paints, paints + !is_next);
        assert_int_equal(view_wake_ms(view), is_next ? 0 : 3000);
        if (!is_next) {
            apply(view, "{'answered':12,'captions':[]}", 2000, false);
            assert_false(view_paint(view, 2999));
            assert_true(find_card(view, "question:12")->drawn_opacity == 1);
        }
        for (int64_t now = 3000; view_paint(view, now); now += 16) {}
        assert_null(find_card(view, "question:12"));
        view_destroy(view);
    }
}

static void test_undo_turns_back(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" QUESTION "}", 0, true);
    view_paint(view, 0);
    apply(view, "{}", 1000, false);
    view_paint(view, 1050);
    float faded = find_card(view, "question:12")->drawn_opacity;
    apply(view, "{" QUESTION "}", 1060, false);
    view_paint(view, 1070);
    assert_true(find_card(view, "question:12")->drawn_opacity > faded / 2);
    view_paint(view, long_after);
    assert_true(find_card(view, "question:12")->drawn_opacity == 1);
    assert_int_equal(find_card(view, "question:12")->count.paints, 1);
    view_destroy(view);
}

static void test_silent_captions(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{" CAPTIONS("one") "}", 0, true);
    view_paint(view, 0);
    apply(view, "{" CAPTIONS("two words") "}", 100, false);
    view_paint(view, 100);
    assert_true(find_card(view, "captions:talk")->drawn_opacity == 1);  // text changes, the card stays
    apply(view, "{'captions':[{'track':'talk','language':'en','lines':[]}]}", 200, false);
    view_paint(view, long_after);
    assert_true(is_blank(view));
    view_destroy(view);
}

/* Whatever moved, in the end the picture is the one a fresh view paints. */
static void test_same_picture_as_painted_whole(void **state)
{
    const char *const steps[] = {
        "{" QUESTION "}", "{" QUESTION "," POLL(0, 0) "}", "{" POLL(5, 0) "," CAPTIONS("one two three") "}",
        "{" QUESTION "," POLL(5, 9) "," CAPTIONS("one") "}", "{'question':{'id':13,'text':'Short?'}," POLL(5, 25) "}",
        "{" CAPTIONS("a far longer line of words than before") "," QUESTION "}", "{}", "{" POLL(7, 7) "}",
    };
    struct view *view = make_view(1280, 720, "en");
    int64_t now = 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        apply(view, steps[i], now, false);
        for (int frame = 0; frame < 12 + (int)i * 3; frame++, now += 16)
            view_paint(view, now);
        while (view_paint(view, now))
            now += 16;
        struct view *fresh = make_view(1280, 720, "en");
        apply(fresh, steps[i], 0, true);
        view_paint(fresh, 0);
        if (memcmp(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(fresh)), 1280 * 720 * 4) != 0)
            fail_msg("after step %zu the picture differs from a fresh one", i);
        view_destroy(fresh);
    }
    view_destroy(view);
}

/* Whole percentages sum up to 100, and move only as far as votes did. */
static void test_percentages(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{'poll':{'id':1,'question':'Three?','options':[{'text':'a','votes':1},{'text':'b','votes':1},"
        "{'text':'c','votes':1}],'total':3}}", 0, true);
    view_paint(view, 0);
    struct view_stats before = view_stats(view);
    apply(view, "{'poll':{'id':1,'question':'Three?','options':[{'text':'a','votes':2},{'text':'b','votes':2},"
        "{'text':'c','votes':2}],'total':6}}", 100, false);
    for (int64_t now = 100; view_paint(view, now);)
        now += 16;
    // Three counts and the total were laid out anew, no label and no percentage (34 % stays 34 %).
    assert_in_range(view_stats(view).layouts - before.layouts, 4, 7);
    view_destroy(view);
}

/* That one more votes for it is no other picture; that one more asks it is. */
static void test_news_that_is_not_drawn(void **state)
{
    struct view *view = make_view(1280, 720, "fa");
    apply(view, "{'question':{'id':7,'text':'Why?','author':{'name':'Anna'},'platform':'twitch','message':1,'people':1}}", 0, true);
    view_paint(view, 0);
    struct view_stats before = view_stats(view);
    apply(view, "{'question':{'id':7,'text':'Why?','author':{'name':'Anna'},'platform':'twitch','message':1,'people':1,'votes':9}}", 10, false);
    view_paint(view, 10);
    struct view_stats after = view_stats(view);
    assert_int_equal(after.frames, before.frames);
    assert_int_equal(after.layouts, before.layouts);
    apply(view, "{'question':{'id':7,'text':'Why?','author':{'name':'Anna'},'platform':'twitch','message':1,'people':2}}", 20, false);
    view_paint(view, 20);
    assert_int_equal(view_stats(view).frames, before.frames + 1);
    view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_news_that_is_not_drawn),
        cmocka_unit_test(test_enters_and_settles), cmocka_unit_test(test_still_costs_nothing),
        cmocka_unit_test(test_same_id_never_enters_again), cmocka_unit_test(test_votes_paint_only_their_rows),
        cmocka_unit_test(test_leaves), cmocka_unit_test(test_panic_is_at_once),
        cmocka_unit_test(test_deleted_leaves_at_once), cmocka_unit_test(test_next_question_waits_for_the_last),
        cmocka_unit_test(test_answered), cmocka_unit_test(test_time_left), cmocka_unit_test(test_undo_turns_back), cmocka_unit_test(test_silent_captions), cmocka_unit_test(test_percentages),
        cmocka_unit_test(test_same_picture_as_painted_whole),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
