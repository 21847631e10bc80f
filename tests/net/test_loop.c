#include "kit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/backoff.h"

enum { THREADS = 4, POSTS = 20000 };

/* --- Posts: from many threads, all of them, each thread's in order --- */

struct sender {
    struct loop *loop;
    pthread_t thread;
    int *total;
    int expected, wrong;
};

struct note {
    struct sender *sender;
    int number;
};

static void take_note(void *data)
{
    struct note *note = data;
    struct sender *sender = note->sender;
    sender->wrong += note->number != sender->expected++;
    if (++*sender->total == THREADS * POSTS)
        loop_stop(sender->loop);
    free(note);
}

static void *send_notes(void *data)
{
    struct sender *sender = data;
    for (int i = 0; i < POSTS; i++) {
        struct note *note = malloc(sizeof(*note));
        *note = (struct note){sender, i};
        loop_post(sender->loop, take_note, note);
    }
    return NULL;
}

static void test_posts_arrive_in_order(void **state)
{
    struct kit kit;
    kit_init(&kit);
    struct sender senders[THREADS];
    int total = 0;
    for (int i = 0; i < THREADS; i++) {
        senders[i] = (struct sender){.loop = kit.loop, .total = &total};
        pthread_create(&senders[i].thread, NULL, send_notes, &senders[i]);
    }
    kit_run(&kit);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(senders[i].thread, NULL);
        assert_int_equal(senders[i].expected, POSTS);
        assert_int_equal(senders[i].wrong, 0);
    }
    kit_fini(&kit);
}

static void count(void *data)
{
    (*(int *)data)++;
}

static void test_destroy_runs_what_was_posted(void **state)
{
    struct kit kit;
    kit_init(&kit);
    int ran = 0;
    loop_post(kit.loop, count, &ran);
    loop_post(kit.loop, count, &ran);
    assert_int_equal(ran, 0);
    kit_fini(&kit);
    assert_int_equal(ran, 2);
}

static void test_stop_before_run(void **state)
{
    struct kit kit;
    kit_init(&kit);
    loop_stop(kit.loop);
    kit_run(&kit);
    kit_fini(&kit);
}

/* --- Timers --- */

struct order {
    char text[32];
    struct timer timers[5];
    struct loop *loop;
};

#define ORDER_TIMER(letter, at)                            \
    static void handle_##letter(void *data)                \
    {                                                      \
        struct order *order = data;                        \
        order->text[strlen(order->text)] = (#letter)[0];   \
        at;                                                \
    }

ORDER_TIMER(a, (void)0)
ORDER_TIMER(b, timer_stop(&order->timers[2]))
ORDER_TIMER(c, (void)0)
ORDER_TIMER(d, if (strlen(order->text) < 5) timer_start(&order->timers[3], 0))
ORDER_TIMER(e, loop_stop(order->loop))

static void test_timers_run_in_order(void **state)
{
    struct kit kit;
    kit_init(&kit);
    struct order order = {.loop = kit.loop};
    const loop_fn functions[] = {handle_a, handle_b, handle_c, handle_d, handle_e};
    for (int i = 0; i < 5; i++)
        timer_init(&order.timers[i], kit.loop, functions[i], &order);
    int64_t start = clock_monotonic_ms();
    timer_start(&order.timers[4], 60);
    timer_start(&order.timers[3], 40);
    timer_start(&order.timers[0], 500);
    timer_start(&order.timers[0], 10);  // moved
    timer_start(&order.timers[1], 20);
    timer_start(&order.timers[2], 20);  // stopped by b, due in the same turn
    assert_true(timer_is_running(&order.timers[2]));
    kit_run(&kit);
    assert_false(timer_is_running(&order.timers[2]));
    assert_string_equal(order.text, "abddde");
    int64_t took = clock_monotonic_ms() - start;
    assert_in_range(took, 59, 2000);
    kit_fini(&kit);
}

static void test_zero_timer_is_harmless(void **state)
{
    struct timer timer = {0};
    timer_stop(&timer);
    assert_false(timer_is_running(&timer));
}

/* --- Descriptors and signals --- */

struct watched {
    struct loop *loop;
    struct watch *watch;
    int fd, runs;
};

static void handle_readable(void *data)
{
    struct watched *watched = data;
    uint64_t value;
    assert_int_equal(read(watched->fd, &value, sizeof(value)), sizeof(value));
    if (++watched->runs < 3) {
        eventfd_write(watched->fd, 1);
        return;
    }
    loop_unwatch(watched->watch);
    eventfd_write(watched->fd, 1);  // nobody listens any more
    loop_post(watched->loop, kit_stop, watched->loop);
}

static void test_descriptor_is_watched(void **state)
{
    struct kit kit;
    kit_init(&kit);
    struct watched watched = {.loop = kit.loop, .fd = eventfd(1, EFD_NONBLOCK)};
    watched.watch = loop_watch_fd(kit.loop, watched.fd, handle_readable, &watched);
    kit_run(&kit);
    kit_turn(&kit, 20);
    assert_int_equal(watched.runs, 3);
    kit_fini(&kit);
    close(watched.fd);
}

static void test_signals_arrive_in_the_loop(void **state)
{
    struct kit kit;
    kit_init(&kit);
    int usr1 = 0;
    struct error err = {0};
    assert_true(loop_on_signal(kit.loop, SIGUSR1, count, &usr1, &err));
    assert_true(loop_on_signal(kit.loop, SIGUSR2, kit_stop, kit.loop, &err));
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    kit_run(&kit);
    assert_int_equal(usr1, 1);
    kit_fini(&kit);
}

/* --- Backoff --- */

static void test_backoff_grows_to_its_limit(void **state)
{
    struct backoff backoff = {.limit_ms = 10000};
    const int64_t middle[] = {0, 1000, 2000, 4000, 8000, 10000, 10000};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(middle) / sizeof(middle[0]); i++) {
            int64_t wait = backoff_next_ms(&backoff);
            assert_in_range(wait, middle[i] * 8 / 10, middle[i] * 12 / 10);
        }
        backoff_reset(&backoff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posts_arrive_in_order),
        cmocka_unit_test(test_destroy_runs_what_was_posted),
        cmocka_unit_test(test_stop_before_run),
        cmocka_unit_test(test_timers_run_in_order),
        cmocka_unit_test(test_zero_timer_is_harmless),
        cmocka_unit_test(test_descriptor_is_watched),
        cmocka_unit_test(test_signals_arrive_in_the_loop),
        cmocka_unit_test(test_backoff_grows_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
