/* How often a chat speaks, when it counts as silent, and when a budget is spent: with a clock made of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include "relay/budget.h"
#include "relay/pace.h"

enum { S = 1000, FLOOR = 60 * S };

/* count messages, gap_ms apart; returns the time of the last. */
static int64_t speak(struct pace *pace, int64_t now_ms, int count, int64_t gap_ms)
{
    for (int i = 0; i < count; i++) {
        now_ms += gap_ms;
        pace_add(pace, now_ms);
    }
    return now_ms;
}

static void nothing_is_silent_before_it_is_known(void **state)
{
    struct pace pace = {0};
    assert_int_equal(pace_usual_ms(&pace), 0);
    speak(&pace, 1 * S, 20, 2 * S);  // nobody listens yet
    assert_int_equal(pace.total, 0);
    pace_begin(&pace, 100 * S);
    int64_t now = speak(&pace, 100 * S, 5, 2 * S);
    assert_int_equal(pace_usual_ms(&pace), 0);
    assert_int_equal(pace_silent_at_ms(&pace, FLOOR), 0);
    now = speak(&pace, now, 1, 2 * S);
    assert_int_equal(pace_usual_ms(&pace), 2 * S);
    assert_int_equal(pace_silent_at_ms(&pace, FLOOR), now + FLOOR);
}

static void ten_times_the_usual(void **state)
{
    struct pace pace = {0};
    pace_begin(&pace, 1);
    int64_t now = speak(&pace, 1, 10, 30 * S);
    assert_int_equal(pace_usual_ms(&pace), 30 * S);
    assert_int_equal(pace_silent_at_ms(&pace, FLOOR), now + 300 * S);
    pace_pause(&pace);
    assert_int_equal(pace_silent_at_ms(&pace, FLOOR), 0);
    // Back after an hour: that hour is no interval, and what is usual stays known.
    pace_begin(&pace, now + 3600 * S);
    assert_int_equal(pace_silent_at_ms(&pace, FLOOR), now + 3600 * S + 300 * S);
    pace_add(&pace, now + 3605 * S);
    assert_int_equal(pace_usual_ms(&pace), 30 * S);
}

static void bursts_change_nothing(void **state)
{
    struct pace pace = {0};
    pace_begin(&pace, 1);
    int64_t now = speak(&pace, 1, 20, 20 * S);
    for (int i = 0; i < 3; i++) {
        now = speak(&pace, now, 500, 1);  // a raid
        now = speak(&pace, now, 4, 20 * S);
    }
    assert_in_range(pace_usual_ms(&pace), 19 * S, 20 * S);
    assert_true(pace_silent_at_ms(&pace, FLOOR) >= now + 190 * S);
}

static void pages_of_messages_are_arrivals(void **state)
{
    struct pace pace = {0};
    pace_begin(&pace, 1);
    int64_t now = 1;
    for (int page = 0; page < 12; page++) {  // 10 messages every 20 s, as a polled platform gives them
        now += 20 * S;
        for (int i = 0; i < 10; i++)
            pace_add(&pace, now);
    }
    assert_int_equal(pace_usual_ms(&pace), 2 * S);
    assert_int_equal(pace_silent_at_ms(&pace, FLOOR), now + 200 * S);
}

static void a_busy_chat_has_a_pace(void **state)
{
    struct pace pace = {0};
    pace_begin(&pace, 1);
    speak(&pace, 1, 10000, 5);
    assert_in_range(pace_usual_ms(&pace), 4, 6);
}

static void budgets_end(void **state)
{
    struct budget budget = {0};
    assert_int_equal(budget_empty_in_ms(&budget, 0), -1);
    budget_note(&budget, 0, 10000);
    assert_int_equal(budget_empty_in_ms(&budget, 30 * S), -1);
    for (int minute = 1; minute <= 10; minute++)
        budget_note(&budget, minute * 60 * S, 10000 - minute * 100);
    assert_int_equal(budget_empty_in_ms(&budget, 600 * S), 90 * 60 * S);  // 9,000 left, 100 a minute
    // Nothing is asked any more: it lasts longer and longer.
    assert_true(budget_empty_in_ms(&budget, 1200 * S) > 90 * 60 * S);
    budget_note(&budget, 1260 * S, 10000);  // a new day
    assert_int_equal(budget_empty_in_ms(&budget, 1300 * S), -1);
    for (int minute = 1; minute < 100; minute++)
        budget_note(&budget, 1260 * S + minute * 60 * S, 10000 - minute * 101);
    assert_int_equal(budget_empty_in_ms(&budget, 1260 * S + 99 * 60 * S), 0 + (int64_t)(1.0 / 101 * 60 * S));
    budget_note(&budget, 9000 * S, 0);
    assert_int_equal(budget_empty_in_ms(&budget, 9000 * S), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_silent_before_it_is_known), cmocka_unit_test(ten_times_the_usual),
        cmocka_unit_test(bursts_change_nothing),                cmocka_unit_test(pages_of_messages_are_arrivals),
        cmocka_unit_test(a_busy_chat_has_a_pace),               cmocka_unit_test(budgets_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
