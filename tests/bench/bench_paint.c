/*
 * bench_paint.c - what a frame of the overlay costs at 1080p: all three cards moving at once, votes running, and nothing.
 * Published as shared frames, because that copy is part of the price. Times are the thread's own, so that a busy machine
 * spoils them less.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"

enum { ROUNDS = 20, FRAME_MS = 16 };

static const char all[] =
    "{\"question\":{\"id\":%d,\"text\":\"این آهنگ برای شما چه معنایی دارد و چرا آن را برای پایان کنسرت انتخاب کردید؟ Why?\","
    "\"author\":{\"name\":\"نیلوفر\"},\"platform\":\"twitch\"},"
    "\"poll\":{\"id\":%d,\"question\":\"Which game should we play next?\",\"options\":[{\"text\":\"Chess\",\"votes\":%d},"
    "{\"text\":\"شطرنج\",\"votes\":%d},{\"text\":\"Go\",\"votes\":391}],\"total\":%d},"
    "\"captions\":[{\"track\":\"t%d\",\"language\":\"en\",\"lines\":[\"Good evening everyone, and welcome back.\","
    "\"Tonight we talk about music.\"]}]}";

static void apply(struct view *view, int id, int votes, int64_t now_ms)
{
    char *text = NULL;
    if (id > 0) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        text = xasprintf(all, id, id, 1000 + votes, 2000 - votes, 3391 + votes, id);
#pragma GCC diagnostic pop
    }
    json_t *state = text ? json_parse(text, strlen(text), NULL) : NULL;
    view_apply(view, state, now_ms, false);
    json_decref(state);
    free(text);
}

static int64_t spent_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Paints until nothing moves; adds what the frames took. */
static int64_t settle(struct view *view, int64_t *now_ms, int64_t *frames, double *worst_ms)
{
    int64_t total_ns = 0;
    for (bool is_moving = true; is_moving; *now_ms += FRAME_MS, (*frames)++) {
        int64_t from_ns = spent_ns();
        is_moving = view_paint(view, *now_ms);
        int64_t took_ns = spent_ns() - from_ns;
        total_ns += took_ns;
        if ((double)took_ns / 1e6 > *worst_ms)
            *worst_ms = (double)took_ns / 1e6;
    }
    return total_ns;
}

static void measure_moving(struct view *view, int64_t *now_ms)
{
    int64_t total_ns = 0, frames = 0;
    double worst_ms = 0;
    for (int i = 1; i <= ROUNDS; i++) {
        apply(view, i, 0, *now_ms);
        total_ns += settle(view, now_ms, &frames, &worst_ms);
        apply(view, 0, 0, *now_ms);
        total_ns += settle(view, now_ms, &frames, &worst_ms);
        if (i == 1)  // faces are opened and glyphs cut once
            total_ns = frames = 0, worst_ms = 0;
    }
    printf("paint_all_moving %.3f ms\npaint_all_moving_worst %.3f ms\n", (double)total_ns / 1e6 / (double)frames, worst_ms);
}

static void measure_votes(struct view *view, int64_t *now_ms)
{
    int64_t total_ns = 0, frames = 0;
    double worst_ms = 0;
    apply(view, 99, 0, *now_ms);
    settle(view, now_ms, &frames, &worst_ms);
    for (int i = frames = 0; i < ROUNDS; i++) {
        apply(view, 99, i * 37, *now_ms);
        total_ns += settle(view, now_ms, &frames, &worst_ms);
    }
    printf("paint_votes_running %.3f ms\n", (double)total_ns / 1e6 / (double)frames);
}

static void measure_still(struct view *view, int64_t now_ms)
{
    uint64_t before = view_stats(view).frames;
    int64_t from_ns = spent_ns();
    for (int i = 0; i < 10000; i++)
        view_paint(view, now_ms);
    printf("paint_still %.5f ms\npaint_still_repaints %llu frames\n", (double)(spent_ns() - from_ns) / 1e10,
        (unsigned long long)(view_stats(view).frames - before));
}

int main(void)
{
    struct error err = {0};
    char folder[] = "/tmp/antiphon-bench-XXXXXX";
    char *path = mkdtemp(folder) ? xasprintf("%s/frames.sock", folder) : NULL;
    struct text_engine *text = text_engine_create(&(struct text_engine_options){0}, &err);
    struct painter *painter = painter_create();
    struct view *view = text ? view_create(&(struct view_options){.name = "main", .width_px = 1920, .height_px = 1080,
        .painter = painter, .text = text, .frames_path = path}, &err) : NULL;
    if (view) {
        int64_t now_ms = 0;
        measure_moving(view, &now_ms);
        measure_votes(view, &now_ms);
        measure_still(view, now_ms);
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("paint_peak_memory %.1f MB\n", (double)usage.ru_maxrss / 1024);
    } else {
        fprintf(stderr, "bench_paint: %s\n", err.text);
    }
    view_destroy(view);
    painter_destroy(painter);
    text_engine_destroy(text);
    rmdir(folder);
    free(path);
    return view ? 0 : 1;
}
