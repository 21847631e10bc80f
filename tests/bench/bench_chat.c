/*
 * bench_chat - what the chat box and the ticker cost: 5 lines a second with animation, a strip that runs, 1080p at 60
 * frames a second, published to a frame stream. Time is counted, not waited for: the share of a core is what painting took
 * of the time that the frames stand for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"

enum { SECONDS = 60, FRAMES_A_SECOND = 60, LINES_A_SECOND = 5, TOLD = 20 };

static const char *const words[] = {
    "hello everyone, what a lovely evening it is today", "سلام به همه! این آهنگ را از کجا پیدا کردید؟", "主播好！今天玩什么游戏呢？",
    "short", "هل ستلعب Minecraft (نسخة 1.20) اليوم؟", "a line that is much longer than the box is wide, and so needs a second row at least",
};

static json_t *make_chat(int last)
{
    json_t *lines = json_array();
    for (int id = last > TOLD ? last - TOLD + 1 : 1; id <= last; id++) {
        char name[24], text[200];
        snprintf(name, sizeof(name), "viewer_%d", id % 50);
        snprintf(text, sizeof(text), "%s %d", words[id % 6], id);
        json_array_append_new(lines, json_pack("{sis{ssss}ssss}", "id", id, "author", "name", name, "color", "#1E90FF",
            "platform", "twitch", "text", text));
    }
    return json_pack("{so}", "chat", lines);
}

static json_t *make_ticker(void)
{
    json_t *events = json_array();
    for (int id = 1; id <= 12; id++)
        json_array_append_new(events, json_pack("{sisss{ss}sssi}", "id", id, "kind", "raid", "author", "name", "viewer",
            "platform", "twitch", "viewers", id * 10));
    return json_pack("{so}", "ticker", events);
}

static double cpu_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static void apply(struct view *view, json_t *state, int64_t now_ms)
{
    view_apply(view, state, now_ms, false);
    json_decref(state);
}

static void run(const struct view_options *options, const char *what, bool has_chat)
{
    struct error err = {0};
    struct view *view = view_create(options, &err);
    if (!view) {
        fprintf(stderr, "bench_chat: %s\n", err.text);
        exit(1);
    }
    int lines = 0;
    apply(view, has_chat ? make_chat(10) : make_ticker(), 0);
    view_paint(view, 0);
    double begun = cpu_ms(), longest = 0;
    for (int frame = 1; frame <= SECONDS * FRAMES_A_SECOND; frame++) {
        int64_t now_ms = (int64_t)frame * 1000 / FRAMES_A_SECOND;
        double before = cpu_ms();
        if (has_chat && frame % (FRAMES_A_SECOND / LINES_A_SECOND) == 0)
            apply(view, make_chat(10 + ++lines), now_ms);
        view_paint(view, now_ms);
        double took = cpu_ms() - before;
        longest = took > longest ? took : longest;
    }
    double took = cpu_ms() - begun;
    struct view_stats stats = view_stats(view);
    printf("%-28s %6.2f %% of a core, %6.3f ms a frame, longest %.2f ms, %llu px a frame\n", what, took / (SECONDS * 10.0),
        took / (SECONDS * FRAMES_A_SECOND), longest, (unsigned long long)(stats.pixels / (stats.frames ? stats.frames : 1)));
    view_destroy(view);
}

int main(void)
{
    struct error err = {0};
    char frames[64];
    snprintf(frames, sizeof(frames), "/tmp/antiphon-bench-chat-%d.sock", (int)getpid());
    struct text_engine *text = text_engine_create(&(struct text_engine_options){0}, &err);
    struct painter *painter = painter_create();
    if (!text) {
        fprintf(stderr, "bench_chat: %s\n", err.text);
        return 1;
    }
    const struct view_options options = {.name = "main", .width_px = 1920, .height_px = 1080, .language = "en",
        .painter = painter, .text = text, .frames_path = frames};
    run(&options, "chat, 5 lines a second", true);
    run(&options, "ticker that runs", false);
    painter_destroy(painter);
    text_engine_destroy(text);
    unlink(frames);
    return 0;
}
