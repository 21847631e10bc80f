/*
 * Killed at random moments, again and again: what was reported durable is there, once; ids are never given out again;
 * a cursor is never ahead of its messages, so that a platform that replays from it loses nothing.
 * ANTIPHON_KILL_ROUNDS: how many.
 */
#include "relay_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "net/loop.h"
#include "relay/intake.h"
#include "relay/queue.h"

enum { ROUNDS = 25, OVERLAP = 20, BATCH = 10, NUMBERS_MAX = 1 << 20 };

/* What the child tells before it dies. */
struct report {
    char kind;  // 's': started; 'i': this id was given out; 'd': all messages up to this number are durable
    uint64_t number;
};

struct child {
    int fd;
    struct journal *journal;
    struct queue *queue;
    struct intake *intake;
    uint64_t next;  // number of the message to come
};

static void tell(const struct child *child, char kind, uint64_t number)
{
    struct report report = {kind, number};
    if (write(child->fd, &report, sizeof(report)) != sizeof(report))
        _exit(3);
}

struct durable {
    struct child *child;
    uint64_t number;
};

static void handle_durable(void *data)
{
    struct durable *durable = data;
    tell(durable->child, 'd', durable->number);
    free(durable);
}

static void push(struct child *child, uint64_t number)
{
    char key[32], text[64];
    snprintf(key, sizeof(key), "m%llu", (unsigned long long)number);
    snprintf(text, sizeof(text), "message number %llu", (unsigned long long)number);
    struct message *message = fixture_chat(key, text);
    if (intake_push(child->intake, message) == INTAKE_TAKEN)
        tell(child, 'i', message->id);
    message_unref(message);
}

/* A platform that replays from the cursor, and some before it. */
static void run_child(const char *folder, int fd)
{
    struct child child = {.fd = fd};
    struct loop *loop = fixture_loop();
    child.journal = journal_open(&(struct journal_options){.folder = folder, .file_messages = 3000, .sync_ms = 5}, NULL);
    child.queue = queue_create(&(struct queue_options){.capacity = 64});
    child.intake = intake_create(&(struct intake_options){.journal = child.journal, .queue = child.queue});
    tell(&child, 's', 0);
    const char *cursor = journal_cursor(child.journal, "twitch:anna");
    uint64_t covered = cursor ? strtoull(cursor, NULL, 10) : 0;
    for (child.next = covered > OVERLAP ? covered - OVERLAP : 1;; child.next++) {
        push(&child, child.next);
        if (child.next % BATCH != 0)
            continue;
        char text[32];
        snprintf(text, sizeof(text), "%llu", (unsigned long long)child.next);
        if (child.next > covered)
            journal_set_cursor(child.journal, "twitch:anna", text);
        struct durable *durable = xcalloc(1, sizeof(*durable));
        *durable = (struct durable){&child, child.next};
        journal_when_durable(child.journal, handle_durable, durable);
        if (child.next % (BATCH * 10) == 0)
            journal_erase(child.journal, &(struct journal_erasure){.platform = "none", .native_id = "none"}, NULL, 0,
                          NULL, NULL);
        journal_wait(child.journal, child.next % 3 ? 0 : LIMIT_MS);
    }
    loop_destroy(loop);
}

struct result {
    uint64_t lowest, highest;  // ids given out; 0: none
    uint64_t durable;
};

static struct result read_reports(int fd)
{
    struct result result = {0};
    struct report report;
    while (read(fd, &report, sizeof(report)) == sizeof(report)) {
        if (report.kind == 's')
            continue;
        if (report.kind == 'd') {
            result.durable = report.number > result.durable ? report.number : result.durable;
            continue;
        }
        assert_true(report.number > result.highest);
        result.highest = report.number;
        if (!result.lowest)
            result.lowest = report.number;
    }
    return result;
}

/* waits: until the child has opened its journal; else it may die while it does. */
static struct result run_round(const char *folder, int64_t life_ms, bool waits)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        run_child(folder, ends[1]);
    }
    close(ends[1]);
    struct report started;
    if (waits)
        assert_int_equal(read(ends[0], &started, sizeof(started)), sizeof(started));
    // The child blocks when the pipe is full; its life is short enough that it does not get there.
    nanosleep(&(struct timespec){.tv_sec = life_ms / 1000, .tv_nsec = life_ms % 1000 * NS_PER_MS}, NULL);
    kill(pid, SIGKILL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct result result = read_reports(ends[0]);
    close(ends[0]);
    return result;
}

struct tally {
    unsigned char *counts;  // by number
    uint64_t highest, total, last_id;
};

static void count_message(void *data, struct message *message)
{
    struct tally *tally = data;
    uint64_t number = strtoull(message->is.native_id.data + 1, NULL, 10);
    assert_true(number > 0 && number < NUMBERS_MAX);
    assert_true(message->id > tally->last_id);
    tally->last_id = message->id;
    if (tally->counts[number]++ != 0)
        fail_msg("message %llu came twice", (unsigned long long)number);
    tally->total++;
    if (number > tally->highest)
        tally->highest = number;
}

static void check(const char *folder, uint64_t durable, uint64_t *highest_id)
{
    struct journal *journal = fixture_open(folder, NULL);
    struct tally tally = {.counts = xcalloc(NUMBERS_MAX, 1)};
    journal_each_tail(journal, NUMBERS_MAX, count_message, &tally);
    assert_true(tally.highest >= durable);
    if (tally.total != tally.highest)
        fail_msg("%llu messages of %llu", (unsigned long long)tally.total, (unsigned long long)tally.highest);
    const char *cursor = journal_cursor(journal, "twitch:anna");
    assert_true(!cursor || strtoull(cursor, NULL, 10) <= tally.highest);
    assert_true(tally.last_id <= *highest_id);
    uint64_t next = journal_next_id(journal);
    assert_true(next > *highest_id);
    *highest_id = next;
    journal_close(journal);
    free(tally.counts);
}

static void nothing_lost_and_nothing_twice(void **state)
{
    const char *wanted = getenv("ANTIPHON_KILL_ROUNDS");
    int rounds = wanted ? atoi(wanted) : ROUNDS, idle = 0;
    char *folder = fixture_folder();
    uint64_t highest_id = 0, durable = 0;
    for (int round = 0; round < rounds; round++) {
        struct result result = run_round(folder, (int64_t)random_below(150), round % 4 != 0);
        if (result.lowest > 0) {
            assert_true(result.lowest > highest_id);
            highest_id = result.highest;
        } else {
            idle++;
        }
        if (result.durable > durable)
            durable = result.durable;
        if (round % 3 == 0)
            check(folder, durable, &highest_id);
    }
    check(folder, durable, &highest_id);
    assert_true(durable > 0);
    assert_true(idle < rounds);
    print_message("%d rounds, %llu messages\n", rounds, (unsigned long long)durable);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_lost_and_nothing_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
