/*
 * test_poison.c - a frame that ends the process ends it once: ANTIPHON_TEST_ABORT_ON makes one do so, and the next
 * life skips that frame alone, with a gap. Each life is a child process of its own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/poison.h"
#include "chat/message.h"
#include "connector/connector.h"

#define ITEM(id, text) "{\"id\":\"" id "\",\"snippet\":{\"type\":\"textMessageEvent\",\"displayMessage\":\"" text "\"}}"

static const struct {
    const char *platform, *frame, *trigger;
    size_t left;  // messages of the frame without the poisonous one
} cases[] = {
    {"twitch", "@id=1 :a!a@a PRIVMSG #anna :bang here", "bang", 0},
    {"twitch", "@id=1;display-name=bang :a!a@a PRIVMSG #anna :in a tag", "bang", 0},
    {"youtube", "{\"items\":[" ITEM("1", "one") "," ITEM("2", "bang") "," ITEM("3", "three") "]}", "bang", 2},
    {"youtube", "{\"items\":[" ITEM("1", "one") "],\"etag\":\"bang\"}", "bang", 1},
    {"tiktok", "{\"event\":\"chat\",\"data\":{\"comment\":\"bang\",\"userId\":\"1\"}}", "bang", 0},
    {"x", "{\"data\":{\"id\":\"1\",\"text\":\"bang\"}}", "bang", 0},
};

struct life {
    size_t messages, gaps;
};

static void count_message(void *data, struct message *message)
{
    ((struct life *)data)->messages++;
}

static void count_gap(void *data, int64_t from_ms, int64_t to_ms, const char *reason)
{
    ((struct life *)data)->gaps++;
}

/* In the child: 0 if the life went as expected. */
static int live(size_t i, const char *path, size_t messages, size_t gaps)
{
    struct life life = {0};
    struct error err = {0};
    struct connector_options options = {.deliver = count_message, .on_gap = count_gap, .data = &life};
    options.poison = poison_open(path, &err);
    struct connector *connector = connector_create_decoder(cases[i].platform, &options, &err);
    if (!options.poison || !connector)
        return 2;
    connector_receive(connector, cases[i].frame, strlen(cases[i].frame), &err);
    connector_destroy(connector);
    poison_close(options.poison);
    return life.messages == messages && life.gaps == gaps ? 0 : 1;
}

/* The status of a child that lived one life. */
static int run_life(size_t i, const char *path, const char *trigger, size_t messages, size_t gaps)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGABRT, SIG_DFL);
        setenv("ANTIPHON_TEST_ABORT_ON", trigger, 1);
        _exit(live(i, path, messages, gaps));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_dies_once(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char path[] = "/tmp/antiphon-poison-XXXXXX";
        close(mkstemp(path));
        int first = run_life(i, path, cases[i].trigger, 0, 0);
        if (!WIFSIGNALED(first) || WTERMSIG(first) != SIGABRT)
            fail_msg("case %zu: the first life ended with %x", i, first);
        int second = run_life(i, path, cases[i].trigger, cases[i].left, 1);
        if (!WIFEXITED(second) || WEXITSTATUS(second) != 0)
            fail_msg("case %zu: the second life ended with %x", i, second);
        unlink(path);
    }
}

static void test_names_the_thing(void **state)
{
    char path[] = "/tmp/antiphon-poison-XXXXXX";
    close(mkstemp(path));
    assert_true(WIFSIGNALED(run_life(0, path, "bang", 0, 0)));
    struct poison *poison = poison_open(path, NULL);
    struct poison_case found;
    assert_true(poison_found(poison, &found));
    assert_string_equal(found.where, "twitch");
    assert_int_equal(found.len, strlen(cases[0].frame));
    poison_close(poison);
    unlink(path);
}

/* Without the trigger all of it is read, and nothing is noted. */
static void test_lives(void **state)
{
    char path[] = "/tmp/antiphon-poison-XXXXXX";
    close(mkstemp(path));
    assert_int_equal(run_life(2, path, "", 3, 0), 0);
    struct poison *poison = poison_open(path, NULL);
    assert_false(poison_found(poison, &(struct poison_case){0}));
    poison_close(poison);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dies_once),
        cmocka_unit_test(test_names_the_thing),
        cmocka_unit_test(test_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
