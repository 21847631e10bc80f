#include "half_writer.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"

enum { WAIT_MS = 20000 };

static void die(int signo)
{
    kill(getpid(), SIGKILL);
}

static void fill(uint32_t *pixels, size_t stride_px, const struct half_options *options, int number)
{
    for (int y = 0; y < options->height_px; y++) {
        for (int x = 0; x < options->width_px; x++)
            pixels[(size_t)y * stride_px + (size_t)x] = (uint32_t)(number % 2 ? HALF_RED : HALF_BLUE);
    }
}

/* Every row begins a page, so that any row can be the first that cannot be read. */
static uint32_t *map_rows(const struct half_options *options, size_t *stride_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *stride_bytes = ((size_t)options->width_px * 4 + page - 1) / page * page;
    void *map = mmap(NULL, *stride_bytes * (size_t)options->height_px, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == MAP_FAILED ? NULL : map;
}

static void serve(struct frame_writer *writer, int for_ms)
{
    int64_t until_ms = clock_monotonic_ms() + for_ms;
    for (int64_t left_ms = for_ms; left_ms >= 0; left_ms = until_ms - clock_monotonic_ms()) {
        struct pollfd ready = {.fd = frame_writer_fd(writer), .events = POLLIN};
        if (poll(&ready, 1, (int)left_ms) > 0)
            frame_writer_handle(writer);
        if (left_ms == 0)
            break;
    }
}

/*
 * The damage is the first row alone, so nothing else is looked at before the slot; but what the slot holds is older than
 * the whole pictures before, so all of it is copied, from the top.
 */
static void publish_half(struct frame_writer *writer, uint8_t *pixels, size_t stride_bytes, const struct half_options *options)
{
    signal(SIGSEGV, die);
    mprotect(pixels + (size_t)options->die_row * stride_bytes, (size_t)(options->height_px - options->die_row) * stride_bytes,
        PROT_NONE);
    frame_writer_publish(writer, pixels, stride_bytes, &(struct frame_box){0, 0, options->width_px, 1}, 1);
    fprintf(stderr, "half_writer: the picture was published whole\n");
    exit(1);
}

_Noreturn void half_writer_run(const struct half_options *options)
{
    struct error err = {0};
    size_t stride_bytes;
    uint32_t *pixels = map_rows(options, &stride_bytes);
    struct frame_writer *writer = frame_writer_create(&(struct frame_writer_options){
        .path = options->path, .width_px = options->width_px, .height_px = options->height_px,
    }, &err);
    if (!writer || !pixels) {
        fprintf(stderr, "half_writer: %s\n", err.text);
        exit(1);
    }
    int number = 0;
    for (int64_t until_ms = clock_monotonic_ms() + WAIT_MS; number < options->pictures && clock_monotonic_ms() < until_ms;) {
        fill(pixels, stride_bytes / 4, options, number);
        frame_writer_publish(writer, pixels, stride_bytes, NULL, 0);
        serve(writer, options->pause_ms);
        number += frame_writer_readers(writer) > 0;
    }
    fill(pixels, stride_bytes / 4, options, number);
    publish_half(writer, (uint8_t *)pixels, stride_bytes, options);
    abort();
}
