/* A countdown changes once a second, and then only its digits; the wall clock may be set under it. */
#include "stage.h"

static int64_t wall_ms;

static int64_t wall(void)
{
    return wall_ms;
}

static struct view *make_clock_view(void)
{
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = 1920, .height_px = 1080,
        .language = "fa", .painter = painter, .text = engine, .unix_ms = wall}, &err);
    if (!view)
        fail_msg("%s", err.text);
    return view;
}

/* `seconds` from now, and a paint. */
static struct view *start(int64_t seconds)
{
    char state[200];
    struct view *view = make_clock_view();
    snprintf(state, sizeof(state), "{'countdown':{'id':1,'mode':'countdown','title':'Soon','text_after':'Now!','at_ms':%lld}}",
        (long long)(wall_ms + seconds * 1000));
    apply(view, state, 1, true);
    view_paint(view, 1);
    return view;
}

static void test_once_a_second(void **state)
{
    wall_ms = 1000000250;
    struct view *view = start(3599);
    struct view_stats before = view_stats(view);
    assert_int_equal(view_wake_ms(view), 1 + 1000);
    int64_t now = 1;
    for (int i = 0; i < 10; i++) {
        int64_t step = view_wake_ms(view) - now;
        assert_in_range(step, 1, 1000);
        now += step;
        wall_ms += step;
        assert_false(view_paint(view, now));
    }
    struct view_stats after = view_stats(view);
    assert_int_equal(after.frames - before.frames, 10);
    assert_int_equal(after.layouts, before.layouts);  // digits were laid out at the start
    // One digit, at 59:50 two: far less than the card.
    assert_true(after.pixels - before.pixels < 11 * 100 * 160);
    view_destroy(view);
}

static void test_between_seconds_nothing(void **state)
{
    wall_ms = 1000000000;
    struct view *view = start(100);
    struct view_stats before = view_stats(view);
    for (int64_t at = 17; at < 1000; at += 16, wall_ms += 16)
        assert_false(view_paint(view, at));
    struct view_stats after = view_stats(view);
    assert_int_equal(after.frames, before.frames);
    view_destroy(view);
}

static int height_of(const struct view *view)
{
    return find_card(view, "countdown:1")->card.height;
}

static void test_ends(void **state)
{
    wall_ms = 1000000000;
    struct view *view = start(2);
    int running = height_of(view);
    wall_ms += 1999;
    view_paint(view, 2000);
    assert_int_equal(height_of(view), running);
    assert_int_equal(view_wake_ms(view), 2001);
    wall_ms += 1;
    view_paint(view, 2001);
    assert_true(height_of(view) < running);
    assert_int_equal(view_wake_ms(view), 0);  // over: still for good
    view_destroy(view);
}

/* Forwards over the end, and back again. */
static void test_clock_is_set(void **state)
{
    wall_ms = 1000000000;
    struct view *view = start(3000);
    int running = height_of(view);
    wall_ms += 4000 * 1000;
    view_paint(view, 1001);
    assert_true(height_of(view) < running);
    wall_ms -= 4000 * 1000;
    view_paint(view, 2001);
    assert_int_equal(height_of(view), running);
    assert_int_equal(view_wake_ms(view), 3001);
    view_destroy(view);
}

/* Hours and days leave when they are over; in the end the picture is the one a fresh view paints. */
static void test_groups_leave(void **state)
{
    wall_ms = 1000000000;
    struct view *view = start(86401);
    int days = find_card(view, "countdown:1")->card.width;
    wall_ms += 2000;
    view_paint(view, 2001);
    int hours = find_card(view, "countdown:1")->card.width;
    assert_true(hours < days);
    struct view *fresh = start(86399);
    assert_memory_equal(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(fresh)), 1920 * 1080 * 4);
    view_destroy(fresh);
    view_destroy(view);
}

static void test_bad_zones(void **state)
{
    struct view *view = make_clock_view();
    apply(view, "{'countdown':{'id':1,'mode':'next_show','title':'x','at_ms':1796230800000,'zones':['Nope/Nope',7,'',"
        "'Asia/Tehran','../../etc/passwd']}}", 1, true);
    view_paint(view, 1);
    struct view *good = make_clock_view();
    apply(good, "{'countdown':{'id':1,'mode':'next_show','title':'x','at_ms':1796230800000,'zones':['Asia/Tehran']}}", 1, true);
    view_paint(good, 1);
    assert_int_equal(height_of(view), height_of(good));
    assert_int_equal(view_wake_ms(good), 0);
    view_destroy(good);
    view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_a_second), cmocka_unit_test(test_between_seconds_nothing), cmocka_unit_test(test_ends),
        cmocka_unit_test(test_clock_is_set), cmocka_unit_test(test_groups_leave), cmocka_unit_test(test_bad_zones),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
