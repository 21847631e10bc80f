/* Delays by numbers, and which removals wait for which overlay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "relay/delays.h"
#include "relay/removals.h"

static void test_delays(void **state)
{
    struct delays delays = {0};
    assert_int_equal(delays_median_us(&delays), 0);
    static const int64_t few[] = {5000, -3, 100, 700, 300};  // two clocks may disagree: below 0 is 0
    for (size_t i = 0; i < sizeof(few) / sizeof(*few); i++)
        delays_add(&delays, few[i]);
    assert_int_equal(delays.count, 5);
    assert_int_equal(delays.last_us, 300);
    assert_int_equal(delays.worst_us, 5000);
    assert_int_equal(delays_median_us(&delays), 300);
    for (int i = 0; i < 4 * DELAYS_KEPT; i++)
        delays_add(&delays, 42);
    assert_int_equal(delays_median_us(&delays), 42);  // of the last ones
    assert_int_equal(delays.worst_us, 5000);          // of all
    delays_add(&delays, INT64_C(1) << 50);
    assert_int_equal(delays.worst_us, INT64_C(1) << 50);
    assert_int_equal(delays_median_us(&delays), 42);
}

struct told {
    int count;
    char source[32];
    int64_t took_us, since_us;
};

static void take(void *data, const char *source, int64_t took_us, int64_t since_us)
{
    struct told *told = data;
    told->count++;
    snprintf(told->source, sizeof(told->source), "%s", source);
    told->took_us = took_us;
    told->since_us = since_us;
}

static struct removals *make(struct told *told)
{
    *told = (struct told){0};
    return removals_create(&(struct removals_options){.off_air = take, .data = told});
}

static int64_t ago(int64_t ms)
{
    return clock_monotonic_ns() - ms * NS_PER_MS;
}

static void test_waits_for_all(void **state)
{
    struct told told;
    struct removals *removals = make(&told);
    removals_wait(removals, "twitch:anna", "e:5", ago(0), -1);  // nobody draws: nothing to wait for
    int first = removals_join(removals), second = removals_join(removals);
    assert_int_not_equal(first, second);
    removals_applied(removals, first, "e:9", 0);
    assert_int_equal(told.count, 0);

    removals_wait(removals, "twitch:anna", "e:10", ago(500), 7000);
    int late = removals_join(removals);  // came afterwards: it has never shown it
    removals_applied(removals, first, "e:9", 0);    // an older state
    removals_applied(removals, first, "f:11", 0);   // another journal's
    removals_applied(removals, first, "nonsense", 0);
    removals_applied(removals, late, "e:10", 0);
    assert_int_equal(told.count, 0);
    removals_applied(removals, first, "e:10", 0);
    assert_int_equal(told.count, 0);
    removals_applied(removals, second, "e:12", 300 * 1000);  // painted 300 ms before it said so
    assert_int_equal(told.count, 1);
    assert_string_equal(told.source, "twitch:anna");
    assert_int_equal(told.since_us, 7000);
    assert_in_range(told.took_us, 500 * 1000, 20 * 1000 * 1000);  // the first was the last to paint
    removals_applied(removals, second, "e:13", 0);
    assert_int_equal(told.count, 1);
    removals_destroy(removals);
}

static void test_who_leaves_is_not_waited_for(void **state)
{
    struct told told;
    struct removals *removals = make(&told);
    int first = removals_join(removals), second = removals_join(removals);
    removals_wait(removals, "a", "e:1", ago(0), -1);
    removals_applied(removals, first, "e:1", 0);
    removals_leave(removals, second);
    assert_int_equal(told.count, 1);
    removals_wait(removals, "b", "e:2", ago(0), -1);
    removals_leave(removals, first);  // nobody has painted it: no figure
    removals_leave(removals, REMOVALS_NOBODY);
    removals_applied(removals, REMOVALS_NOBODY, "e:2", 0);
    assert_int_equal(told.count, 1);
    removals_destroy(removals);
}

/* An overlay that paints nothing any more: what waits for it is bounded, the oldest goes. */
static void test_is_bounded(void **state)
{
    struct told told;
    struct removals *removals = make(&told);
    int slots[33];
    for (int i = 0; i < 33; i++)
        slots[i] = removals_join(removals);
    assert_int_equal(slots[31], 31);
    assert_int_equal(slots[32], REMOVALS_NOBODY);
    for (int i = 1; i < 32; i++)
        removals_leave(removals, slots[i]);
    char revision[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(revision, sizeof(revision), "e:%d", i);
        removals_wait(removals, "a", revision, ago(0), -1);
    }
    removals_applied(removals, slots[0], "e:1000", 0);
    assert_int_equal(told.count, 64);
    removals_wait(removals, "a", "e:1001", ago(0), -1);
    removals_destroy(removals);  // with one that waits
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_waits_for_all),
        cmocka_unit_test(test_who_leaves_is_not_waited_for),
        cmocka_unit_test(test_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
