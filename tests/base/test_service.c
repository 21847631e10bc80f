/* What a service manager hears: every case is the manager, on a socket of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/service.h"

/* name: "/path" or "@name". */
static int listen_on(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
    return fd;
}

/* The next datagram; "" if there is none. */
static const char *hear(int fd)
{
    static char text[1024];
    ssize_t len = recv(fd, text, sizeof(text) - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void set(const char *socket, const char *usec, const char *pid)
{
    socket ? setenv("NOTIFY_SOCKET", socket, 1) : unsetenv("NOTIFY_SOCKET");
    usec ? setenv("WATCHDOG_USEC", usec, 1) : unsetenv("WATCHDOG_USEC");
    pid ? setenv("WATCHDOG_PID", pid, 1) : unsetenv("WATCHDOG_PID");
    service_open();
}

static void test_is_heard(void **state)
{
    char names[2][64];
    snprintf(names[0], sizeof(names[0]), "/tmp/antiphon-service-%d.sock", (int)getpid());
    snprintf(names[1], sizeof(names[1]), "@antiphon-service-%d", (int)getpid());
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        int fd = listen_on(names[i]);
        set(names[i], NULL, NULL);
        service_tell("READY=1\nSTATUS=%s", "video, relay");
        assert_string_equal(hear(fd), "READY=1\nSTATUS=video, relay");
        service_feed();
        assert_string_equal(hear(fd), "");  // no watchdog was asked for
        close(fd);
        unlink(names[i]);
    }
}

static void test_feeds_in_time(void **state)
{
    char name[64];
    snprintf(name, sizeof(name), "@antiphon-service-feed-%d", (int)getpid());
    int fd = listen_on(name);
    set(name, "40000", NULL);
    assert_int_equal(service_patience_ms(), 40);
    service_feed();
    service_feed();
    assert_string_equal(hear(fd), "WATCHDOG=1");
    assert_string_equal(hear(fd), "");  // two at once are one
    usleep(11000);                      // a fourth of the patience
    service_feed();
    assert_string_equal(hear(fd), "WATCHDOG=1");
    close(fd);
}

/* A manager that is away for a moment does not cost the feed that follows. */
static void test_tries_again(void **state)
{
    char name[64];
    snprintf(name, sizeof(name), "@antiphon-service-again-%d", (int)getpid());
    set(name, "20000000", NULL);
    service_feed();
    int fd = listen_on(name);
    service_feed();
    assert_string_equal(hear(fd), "WATCHDOG=1");
    close(fd);
}

static void test_meant_for(void **state)
{
    char own[24], other[24];
    snprintf(own, sizeof(own), "%d", (int)getpid());
    snprintf(other, sizeof(other), "%d", (int)getppid());
    const struct {
        const char *name, *socket, *usec, *pid;
        int64_t patience_ms;
    } cases[] = {
        {"nobody", NULL, "1000000", NULL, 0},
        {"no watchdog", "@x", NULL, NULL, 0},
        {"own pid", "@x", "1000000", own, 1000},
        {"another's pid", "@x", "1000000", other, 0},
        {"not a number", "@x", "soon", NULL, 0},
        {"negative", "@x", "-5000000", NULL, 0},
        {"no socket of this machine", "vsock:2:1234", "1000000", NULL, 0},
        {"empty", "", "1000000", NULL, 0},
        {"too long",
            "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678",
            "1000000", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        set(cases[i].socket, cases[i].usec, cases[i].pid);
        if (service_patience_ms() != cases[i].patience_ms)
            fail_msg("%s: %lld ms", cases[i].name, (long long)service_patience_ms());
        service_tell("READY=1");
        service_feed();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_heard), cmocka_unit_test(test_feeds_in_time), cmocka_unit_test(test_tries_again),
        cmocka_unit_test(test_meant_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
