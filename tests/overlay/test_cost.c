/* What cards cost is counted by kind and told once a second; faces are opened only while nothing moves. */
#include "stage.h"

#include "base/clock.h"
#include "net/loop.h"
#include "overlay/cost.h"
#include "overlay/warm.h"

static void test_counts_by_kind(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{'question':{'id':1,'text':'Why?'}}", 1, true);
    view_paint(view, 1);
    const struct costs *costs = view_scene(view)->stage.costs;
    const struct cost *question = &costs->kinds[THEME_QUESTION];
    const struct node *node = find_card(view, "question:1");
    assert_true(question->updates >= 1 && question->update_ns > 0);
    assert_int_equal(question->paints, 1);
    assert_int_equal(question->pixels, node->box.width * node->box.height);
    assert_int_equal(costs->kinds[THEME_POLL].updates, 0);
    struct buffer line = {0};
    costs_write(costs, &line);
    assert_non_null(strstr(line.data, "question: "));
    assert_null(strstr(line.data, "poll"));
    buffer_fini(&line);
    view_destroy(view);
}

static void test_once_a_second(void **state)
{
    struct costs costs = {.kinds[THEME_QUESTION].paints = 3};
    costs_tell(&costs, "main", 999);
    assert_int_equal(costs.kinds[THEME_QUESTION].paints, 3);
    costs_tell(&costs, "main", 1000);
    assert_int_equal(costs.kinds[THEME_QUESTION].paints, 0);
    costs.kinds[THEME_QUESTION].paints = 1;
    costs_tell(&costs, "main", 1500);
    assert_int_equal(costs.kinds[THEME_QUESTION].paints, 1);
}

struct idle {
    struct loop *loop;
    struct warm *warm;
    struct timer timer;
    int asked;
    uint64_t before;
};

/* Something moves for the first three times. */
static bool is_idle(void *data)
{
    struct idle *idle = data;
    if (idle->asked++ < 3)
        assert_int_equal(text_engine_stats(engine).misses, idle->before);
    return idle->asked > 3;
}

static void handle_look(void *data)
{
    struct idle *idle = data;
    if (warm_is_done(idle->warm))
        loop_stop(idle->loop);
    else
        timer_start(&idle->timer, 10);
}

static void test_warms_while_idle(void **state)
{
    struct error err = {0};
    struct idle idle = {.loop = loop_create(&err), .before = text_engine_stats(engine).misses};
    idle.warm = warm_create(&(struct warm_options){idle.loop, engine, is_idle, &idle});
    timer_init(&idle.timer, idle.loop, handle_look, &idle);
    timer_start(&idle.timer, 10);
    assert_true(loop_run(idle.loop, &err));
    assert_true(idle.asked > 3 && text_engine_stats(engine).misses > idle.before);
    timer_stop(&idle.timer);
    warm_destroy(idle.warm);
    loop_destroy(idle.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_by_kind), cmocka_unit_test(test_once_a_second), cmocka_unit_test(test_warms_while_idle),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
