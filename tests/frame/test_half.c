/*
 * A writer is killed while it copies a picture into a slot, at several rows: the reader shows whole pictures only, the last
 * one until it is stale, and the next writer's as soon as it is there.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "frame/frame.h"
#include "half_writer.h"

enum { WIDTH = 64, HEIGHT = 24, PICTURES = 12, PATIENCE_MS = 20000 };

static uint32_t colour_at(const struct frame_picture *picture, int y)
{
    uint32_t colour;
    memcpy(&colour, picture->pixels + (size_t)y * picture->stride_bytes, sizeof(colour));
    return colour;
}

static void check_whole(const struct frame_picture *picture, int die_row)
{
    if (!picture || picture->is_empty)
        return;
    uint32_t colour = colour_at(picture, 0);
    if (colour != (uint32_t)HALF_BLUE && colour != (uint32_t)HALF_RED)
        fail_msg("died at row %d: colour %08x", die_row, colour);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            uint32_t here;
            memcpy(&here, picture->pixels + (size_t)y * picture->stride_bytes + (size_t)x * 4, sizeof(here));
            if (here != colour)
                fail_msg("died at row %d: %08x at %d, %d in a picture of %08x", die_row, here, x, y, colour);
        }
    }
}

static pid_t start_writer(const char *path, int die_row)
{
    pid_t pid = fork();
    if (pid == 0)
        half_writer_run(&(struct half_options){path, WIDTH, HEIGHT, PICTURES, die_row, 1});
    return pid;
}

/* Reads as long as it lives; returns how many pictures came. */
static int read_until_dead(struct frame_reader *reader, pid_t pid, int die_row)
{
    int status = 0, seen = 0;
    int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    bool is_dead = false;
    while (!is_dead) {
        is_dead = waitpid(pid, &status, WNOHANG) == pid;
        seen += frame_reader_poll(reader);
        check_whole(frame_reader_picture(reader), die_row);
        assert_true(clock_monotonic_ms() < until_ms);
        struct pollfd ready = {.fd = frame_reader_fd(reader), .events = POLLIN};
        if (!is_dead)
            poll(&ready, 1, 5);
    }
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    return seen;
}

static void test_killed_within(void **state)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/antiphon-half-%d.sock", (int)getpid());
    struct frame_reader *reader = frame_reader_create(&(struct frame_reader_options){.path = path});
    const int rows[] = {1, HEIGHT / 2, HEIGHT - 1};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int die_row = rows[i];
        assert_true(read_until_dead(reader, start_writer(path, die_row), die_row) > 0);
        // Dead, and its last whole picture is kept.
        const struct frame_picture *picture = frame_reader_picture(reader);
        assert_non_null(picture);
        assert_false(picture->is_empty);
        check_whole(picture, die_row);
    }
    frame_reader_destroy(reader);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_within)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
