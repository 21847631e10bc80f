/*
 * bench_frame.c - a 1080p view with a question, a poll and a subtitle through the frame stream: what publishing and
 * taking cost for a whole picture, for a bar that grows, and for nothing new.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cards.h"
#include "frame/frame.h"

enum { WIDTH = 1920, HEIGHT = 1080, ROUNDS = 300 };

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
    qsort(times, count, sizeof(times[0]), by_size);
    return times[count / 2];
}

static void print_round(struct frame_writer *writer, struct frame_reader *reader, const uint8_t *pixels,
                        const struct frame_box *damage, const char *name)
{
    double published[ROUNDS], taken[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t begin_ns = clock_monotonic_ns();
        frame_writer_publish(writer, pixels, WIDTH * 4, damage, damage ? 1 : 0);
        published[i] = (double)(clock_monotonic_ns() - begin_ns) / 1e3;
        begin_ns = clock_monotonic_ns();
        frame_reader_poll(reader);
        taken[i] = (double)(clock_monotonic_ns() - begin_ns) / 1e3;
    }
    printf("frame_publish_%s %.1f us\n", name, median(published, ROUNDS));
    printf("frame_take_%s %.1f us\n", name, median(taken, ROUNDS));
}

int main(void)
{
    char *path = xasprintf("/tmp/antiphon-bench-frame-%d.sock", (int)getpid()), *lock = xasprintf("%s.lock", path);
    struct frame_writer *writer = frame_writer_create(
        &(struct frame_writer_options){.path = path, .width_px = WIDTH, .height_px = HEIGHT}, NULL);
    struct frame_reader *reader = frame_reader_create(&(struct frame_reader_options){.path = path});
    uint8_t *pixels = xcalloc(WIDTH * HEIGHT, 4);
    if (!writer)
        return 1;
    card_paint(pixels + (840 * WIDTH + 100) * 4, WIDTH * 4, 900, 200);
    card_paint(pixels + (60 * WIDTH + 1300) * 4, WIDTH * 4, 560, 360);
    card_paint(pixels + (680 * WIDTH + 360) * 4, WIDTH * 4, 1200, 120);
    frame_writer_publish(writer, pixels, WIDTH * 4, NULL, 0);
    for (int i = 0; i < 1000 && frame_reader_state(reader) != FRAME_LIVE; i++) {
        frame_reader_poll(reader);
        frame_writer_handle(writer);
        struct pollfd fd = {.fd = frame_reader_fd(reader), .events = POLLIN};
        poll(&fd, 1, 10);
    }
    print_round(writer, reader, pixels, NULL, "whole");
    print_round(writer, reader, pixels, &(struct frame_box){1340, 180, 1700, 210}, "bar");
    double times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t begin_ns = clock_monotonic_ns();
        frame_reader_poll(reader);
        times[i] = (double)(clock_monotonic_ns() - begin_ns) / 1e3;
    }
    printf("frame_take_nothing %.2f us\n", median(times, ROUNDS));
    frame_reader_destroy(reader);
    frame_writer_destroy(writer);
    unlink(lock);
    free(lock);
    free(path);
    free(pixels);
    return 0;
}
