/*
 * bench_all_cards.c - a 1080p60 view that shows every kind of card it has room for, and all of them moving: they enter and
 * leave, bars and counts run, chat scrolls, digits change. A frame's price is the painter's: advance, paint, compose, and
 * the copy into the shared frame; the layouts of new texts are told apart. Times are the thread's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/scene.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"

enum { SECONDS = 30, FRAMES_A_SECOND = 60, FRAMES = SECONDS * FRAMES_A_SECOND };

static int64_t wall_ms = INT64_C(1795435200000);

static int64_t get_wall(void)
{
    return wall_ms;
}

static int64_t spent_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- what is on air */

static json_t *make_chat(int tick)
{
    static const char *const texts[] = {"سلام از تهران 👋", "Good evening from Berlin", "今晚的节目真好看", "Kappa what a song!",
        "چه آهنگ قشنگی بود، لطفاً دوباره"};
    json_t *lines = json_array();
    for (int i = tick < 8 ? 0 : tick - 7; i <= tick; i++)
        json_array_append_new(lines, json_pack("{s:i,s:s,s:s,s:{s:s,s:s},s:I}", "id", i + 1, "text", texts[i % 5], "platform",
            i % 2 ? "twitch" : "youtube", "author", "id", "7", "name", i % 3 ? "نیلوفر" : "anna", "since_ms", (json_int_t)wall_ms));
    return lines;
}

static json_t *make_alerts(int tick)
{
    int id = tick / 5 + 1;
    return json_pack("[{s:i,s:s,s:s,s:{s:s,s:s},s:s,s:{s:I,s:s,s:i,s:s},s:I}]", "id", id, "kind", "gift", "platform", "tiktok", "author",
        "id", "9", "name", "Max", "text", "for the band", "money", "micros", (json_int_t)(tick * 100000), "currency", "USD", "count",
        tick % 5 + 1, "item", "Rose", "since_ms", (json_int_t)wall_ms);
}

/* A tick is 0.2 s: counts change with each, cards leave and come back in turns. */
static json_t *make_state(int tick)
{
    json_t *state = json_object();
    if (tick / 10 % 3 != 0)
        json_object_set_new(state, "question", json_pack("{s:i,s:s,s:s,s:{s:s}}", "id", tick / 30 + 1, "text",
            "این آهنگ برای شما چه معنایی دارد و چرا آن را برای پایان کنسرت انتخاب کردید؟ Why?", "platform", "twitch", "author",
            "name", "نیلوفر"));
    if (tick / 10 % 4 != 1)
        json_object_set_new(state, "poll", json_pack("{s:i,s:s,s:i,s:[{s:s,s:i},{s:s,s:i},{s:s,s:i}]}", "id", tick / 40 + 1, "question",
            "Which game should we play next?", "total", 3000 + tick * 7, "options", "text", "Chess", "votes", 1000 + tick * 5, "text",
            "شطرنج", "votes", 900 + tick * 2, "text", "Go", "votes", 391));
    json_object_set_new(state, "captions", json_pack("[{s:s,s:s,s:[s,s]}]", "track", "t", "language", "en", "lines",
        tick % 2 ? "Good evening everyone, and welcome back." : "Tonight we talk about music,", "and about the people behind it."));
    json_object_set_new(state, "goal", json_pack("{s:i,s:s,s:I,s:I,s:s,s:s}", "id", 1, "title", "A new microphone for the band", "now",
        (json_int_t)tick * 33000000, "target", (json_int_t)5000000000, "unit", "money", "currency", "EUR"));
    if (tick / 10 % 5 != 2)
        json_object_set_new(state, "countdown", json_pack("{s:i,s:s,s:s,s:I}", "id", 1, "mode", "countdown", "title", "We begin in",
            "at_ms", (json_int_t)INT64_C(1795435200000) + 86400000));
    if (tick / 10 % 3 != 2)
        json_object_set_new(state, "rules", json_pack("{s:i,s:s,s:[s,s]}", "id", 1, "title", "House rules", "items",
            "Be kind to one another.", "No spoilers"));
    if (tick / 10 % 4 != 3)
        json_object_set_new(state, "qr", json_pack("{s:i,s:s,s:s}", "id", 1, "text", "https://antiphon.example/ask", "title", "Ask us"));
    json_object_set_new(state, "note", json_pack("{s:i,s:s}", "id", tick / 25 + 1, "text", "Anna plays three songs tonight."));
    json_object_set_new(state, "chat", make_chat(tick));
    json_object_set_new(state, "ticker", make_alerts(tick));
    json_object_set_new(state, "alerts", make_alerts(tick));
    json_object_set_new(state, "shoutout", json_pack("{s:i,s:s,s:s,s:s,s:I,s:I}", "id", 1, "name", "Mina", "platform", "twitch", "text",
        "plays the santur every Friday", "since_ms", (json_int_t)wall_ms, "until_ms", (json_int_t)wall_ms + 9000));
    return state;
}

/* ---- measuring */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

struct times {
    int64_t frames[FRAMES], applies[FRAMES];
    size_t frame_count, apply_count, moving, shown;
    uint64_t pixels;
};

static size_t count_shown(const struct view *view)
{
    size_t count = 0;
    const struct node *node;
    list_for_each(node, &view_scene(view)->nodes, link)
        count += !box_is_empty(&node->drawn);
    return count;
}

static void run(struct view *view, struct times *times)
{
    uint64_t pixels = view_stats(view).pixels;
    for (int frame = 0; frame < FRAMES; frame++, wall_ms += 1000 / FRAMES_A_SECOND) {
        int64_t now_ms = 1 + (int64_t)frame * 1000 / FRAMES_A_SECOND;
        if (frame % 12 == 0) {
            json_t *state = make_state(frame / 12);
            int64_t from_ns = spent_ns();
            view_apply(view, state, now_ms, false);
            times->applies[times->apply_count++] = spent_ns() - from_ns;
            json_decref(state);
        }
        int64_t from_ns = spent_ns();
        times->moving += view_paint(view, now_ms);
        times->frames[times->frame_count++] = spent_ns() - from_ns;
        times->shown += count_shown(view);
    }
    times->pixels = view_stats(view).pixels - pixels;
}

static void report(const char *name, int64_t *times, size_t count)
{
    qsort(times, count, sizeof(*times), compare);
    printf("%s_p50 %.2f ms\n%s_p99 %.2f ms\n%s_worst %.2f ms\n", name, (double)times[count / 2] / 1e6, name,
        (double)times[count * 99 / 100] / 1e6, name, (double)times[count - 1] / 1e6);
}

int main(void)
{
    static struct times warm, times;
    struct error err = {0};
    char folder[] = "/tmp/antiphon-bench-XXXXXX";
    char *path = mkdtemp(folder) ? xasprintf("%s/frames.sock", folder) : NULL;
    struct text_engine *text = text_engine_create(&(struct text_engine_options){0}, &err);
    struct painter *painter = painter_create();
    struct view *view = text ? view_create(&(struct view_options){.name = "main", .width_px = 1920, .height_px = 1080,
        .painter = painter, .text = text, .frames_path = path, .unix_ms = get_wall}, &err) : NULL;
    if (view) {
        run(view, &warm);  // faces are opened and glyphs cut once
        run(view, &times);
        report("paint_all_cards", times.frames, times.frame_count);
        report("layout_all_cards", times.applies, times.apply_count);
        printf("paint_all_cards_area %.0f kpx\npaint_all_cards_shown %.1f cards\npaint_all_cards_moving %.0f %%\n", (double)times.pixels / FRAMES / 1000, (double)times.shown / FRAMES,
            (double)times.moving * 100 / FRAMES);
    } else {
        fprintf(stderr, "bench_all_cards: %s\n", err.text);
    }
    view_destroy(view);
    painter_destroy(painter);
    text_engine_destroy(text);
    rmdir(folder);
    free(path);
    return view ? 0 : 1;
}
