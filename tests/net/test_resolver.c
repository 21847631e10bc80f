#include "kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/resolver.h"

/* Names that begin with "hang" are not answered before the test opens the gate. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_open;
static atomic_int inside, lookups;

static void lookup(void *data, const char *name, struct resolver_answer *answer)
{
    atomic_fetch_add(&lookups, 1);
    if (strncmp(name, "hang", 4) == 0) {
        atomic_fetch_add(&inside, 1);
        pthread_mutex_lock(&lock);
        while (!is_open)
            pthread_cond_wait(&opened, &lock);
        pthread_mutex_unlock(&lock);
        atomic_fetch_sub(&inside, 1);
    }
    if (strncmp(name, "none", 4) == 0) {
        error_set(&answer->error, ERROR_DENIED, "%s: no such name", name);
        return;
    }
    strcpy(answer->addresses[answer->count++], "127.0.0.7");
}

static void set_gate(bool value)
{
    pthread_mutex_lock(&lock);
    is_open = value;
    pthread_cond_broadcast(&opened);
    pthread_mutex_unlock(&lock);
}

struct asked {
    struct loop *loop;
    int answers, stop_at;
    struct resolver_answer last;
};

static void take_answer(void *data, const struct resolver_answer *answer)
{
    struct asked *asked = data;
    asked->last = *answer;
    if (++asked->answers == asked->stop_at)
        loop_stop(asked->loop);
}

static void test_hanging_names_delay_nobody(void **state)
{
    struct kit kit;
    kit_init(&kit);
    resolver_set_lookup(kit.loop, lookup, NULL);
    set_gate(false);
    struct asked hanging = {.loop = kit.loop}, quick = {.loop = kit.loop, .stop_at = 1};
    for (int i = 0; i < RESOLVER_THREADS_MAX - 1; i++) {
        char name[16];
        snprintf(name, sizeof(name), "hang%d", i);
        resolver_ask(kit.loop, name, take_answer, &hanging);
    }
    int64_t worst_ms = 0;
    for (int i = 0; i < 20; i++) {
        quick.answers = 0;
        int64_t start = clock_monotonic_ms();
        resolver_ask(kit.loop, i % 2 ? "quick" : "127.0.0.1", take_answer, &quick);
        kit_run(&kit);
        int64_t took = clock_monotonic_ms() - start;
        worst_ms = took > worst_ms ? took : worst_ms;
    }
    print_message("resolver_beside_hanging %lld ms\n", (long long)worst_ms);
    assert_in_range(worst_ms, 0, 50);
    assert_int_equal(hanging.answers, 0);
    hanging.stop_at = RESOLVER_THREADS_MAX - 1;
    set_gate(true);
    kit_run(&kit);
    assert_string_equal(hanging.last.addresses[0], "127.0.0.7");
    kit_fini(&kit);
}

static void test_numbers_answer_themselves(void **state)
{
    static const struct {
        const char *name, *address;
    } cases[] = {{"127.0.0.1", "127.0.0.1"}, {"::1", "::1"}, {"[2001:db8::5]", "2001:db8::5"}};
    struct kit kit;
    kit_init(&kit);
    resolver_set_lookup(kit.loop, lookup, NULL);
    atomic_store(&lookups, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asked asked = {.loop = kit.loop, .stop_at = 1};
        resolver_ask(kit.loop, cases[i].name, take_answer, &asked);
        assert_int_equal(asked.answers, 0);  // never within the call
        kit_run(&kit);
        assert_int_equal(asked.last.count, 1);
        assert_string_equal(asked.last.addresses[0], cases[i].address);
    }
    assert_int_equal(atomic_load(&lookups), 0);
    kit_fini(&kit);
}

static void test_unknown_and_impossible_names(void **state)
{
    struct kit kit;
    kit_init(&kit);
    resolver_set_lookup(kit.loop, lookup, NULL);
    char longest[400];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    const char *const names[] = {"none.example", "", longest};
    for (size_t i = 0; i < 3; i++) {
        struct asked asked = {.loop = kit.loop, .stop_at = 1};
        resolver_ask(kit.loop, names[i], take_answer, &asked);
        kit_run(&kit);
        assert_int_equal(asked.last.count, 0);
        assert_int_equal(asked.last.error.code, ERROR_DENIED);
    }
    kit_fini(&kit);
}

/* The system's own lookup: a name that nobody has may be the network's fault, and is worth asking again. */
static void test_the_system_knows_no_such_name(void **state)
{
    struct kit kit;
    kit_init(&kit);
    struct asked asked = {.loop = kit.loop, .stop_at = 1};
    resolver_ask(kit.loop, "nobody.invalid", take_answer, &asked);
    kit_run(&kit);
    assert_int_equal(asked.last.count, 0);
    assert_int_equal(asked.last.error.code, ERROR_AGAIN);
    kit_fini(&kit);
}

static void test_one_lookup_for_the_same_name(void **state)
{
    struct kit kit;
    kit_init(&kit);
    resolver_set_lookup(kit.loop, lookup, NULL);
    set_gate(false);
    atomic_store(&lookups, 0);
    struct asked asked = {.loop = kit.loop, .stop_at = 5}, cancelled = {.loop = kit.loop};
    for (int i = 0; i < 5; i++)
        resolver_ask(kit.loop, "hang.same", take_answer, &asked);
    resolver_cancel(resolver_ask(kit.loop, "hang.same", take_answer, &cancelled));
    set_gate(true);
    kit_run(&kit);
    assert_int_equal(atomic_load(&lookups), 1);
    assert_int_equal(cancelled.answers, 0);
    kit_fini(&kit);
}

/* The loop does not wait for a lookup that hangs, and the lookup finds its memory when it ends. */
static void test_destroyed_while_hanging(void **state)
{
    struct kit kit;
    kit_init(&kit);
    resolver_set_lookup(kit.loop, lookup, NULL);
    set_gate(false);
    struct asked asked = {.loop = kit.loop};
    for (int i = 0; i < RESOLVER_THREADS_MAX + 8; i++) {
        char name[16];
        snprintf(name, sizeof(name), "hang%d", i);
        resolver_ask(kit.loop, name, take_answer, &asked);
    }
    int64_t start = clock_monotonic_ms();
    kit_fini(&kit);
    assert_in_range(clock_monotonic_ms() - start, 0, 2000);
    assert_int_equal(asked.answers, 0);
    set_gate(true);
    for (int i = 0; i < 2000 && atomic_load(&inside) > 0; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&inside), 0);
}

static void test_the_system_answers(void **state)
{
    struct kit kit;
    kit_init(&kit);
    struct asked asked = {.loop = kit.loop, .stop_at = 1};
    resolver_ask(kit.loop, "localhost", take_answer, &asked);
    kit_run(&kit);
    assert_true(asked.last.count >= 1);
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hanging_names_delay_nobody),
        cmocka_unit_test(test_numbers_answer_themselves),
        cmocka_unit_test(test_unknown_and_impossible_names),
        cmocka_unit_test(test_the_system_knows_no_such_name),
        cmocka_unit_test(test_one_lookup_for_the_same_name),
        cmocka_unit_test(test_destroyed_while_hanging),
        cmocka_unit_test(test_the_system_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
