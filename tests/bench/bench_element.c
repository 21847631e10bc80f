/*
 * bench_element.c - what antiphonoverlay costs a frame while a question, a poll and a subtitle stand still, and while
 * nothing is on air: processor time of the whole process, against the same pipeline without it.
 * hot: two frames go round. cold: 64 of them, more than the caches hold. The cards are what `antiphon overlay` paints
 * with its own theme; "large" are three plain ones that fill a fifth of the picture; "full_4k" is one that fills a
 * frame of 3840x2160, "noise_4k" a picture of which no two samples are alike.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cards.h"
#include "frame/frame.h"
#include "frames.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"
#include "video/antiphonoverlay.h"

enum { WIDTH = 1920, HEIGHT = 1080, FRAMES = 1500, FRAMES_4K = 200, RUNS = 7 };

struct bench {
    char *path;
    struct frame_writer *writer;
    uint8_t *pixels;
    int32_t width, height;
    int frames;  // of a run
};

static void push(GstAppSrc *source, const struct frames *frames, int count)
{
    for (int i = 0; i < count; i++)
        gst_app_src_push_buffer(source, frames_next(frames, i));
}

/* Pushes frames until the element has blended one, so that only steady frames are measured. */
static void settle(struct bench *bench, GstElement *overlay, GstAppSrc *source, const struct frames *frames,
                   bool is_visible)
{
    guint64 sequence = 0, blended = 0;
    for (int i = 0; i < 5000 && (sequence == 0 || (is_visible && blended == 0)); i++) {
        struct pollfd fd = {.fd = frame_writer_fd(bench->writer), .events = POLLIN};
        poll(&fd, 1, 1);
        frame_writer_handle(bench->writer);
        push(source, frames, 1);
        g_object_get(overlay, "sequence", &sequence, "blended", &blended, NULL);
    }
    if (sequence == 0)
        g_printerr("bench_element: the overlay did not come\n");
}

/* Processor time of a frame, in µs; count frames go round. */
static double run(struct bench *bench, bool has_overlay, bool is_visible, guint count)
{
    g_autofree char *text = g_strdup_printf(
        "appsrc name=source format=time block=true max-buffers=4 ! %s fakesink sync=false",
        has_overlay ? "antiphonoverlay name=overlay !" : "");
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    struct frames frames;
    frames_init(&frames, bench->width, bench->height, count);
    g_object_set(source, "caps", frames.caps, NULL);
    if (overlay)
        g_object_set(overlay, "socket", bench->path, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (overlay)
        settle(bench, overlay, GST_APP_SRC(source), &frames, is_visible);
    push(GST_APP_SRC(source), &frames, (int)count);
    double begin_us = processor_us();
    push(GST_APP_SRC(source), &frames, bench->frames);
    double spent_us = processor_us() - begin_us;
    gst_element_set_state(pipeline, GST_STATE_NULL);
    frames_fini(&frames);
    return spent_us / bench->frames;
}

static void measure(struct bench *bench, const char *name, bool is_visible, guint frames)
{
    double with[RUNS], without[RUNS];
    for (int i = 0; i < RUNS; i++) {
        without[i] = run(bench, false, false, frames);
        with[i] = run(bench, true, is_visible, frames);
    }
    double with_us = median(with, RUNS), without_us = median(without, RUNS);
    printf("element_%s_without %.1f us\n", name, without_us);
    printf("element_%s_with %.1f us\n", name, with_us);
    printf("element_%s %.1f us\n", name, with_us - without_us);
}

static const char on_air[] =
    "{\"question\":{\"id\":1,\"text\":\"What does this song mean to you, and why did you choose it for tonight?\","
    "\"platform\":\"twitch\",\"author\":{\"name\":\"anna_of_the_hills\",\"color\":\"#8A2BE2\"}},"
    "\"poll\":{\"id\":1,\"question\":\"Which game should we play next?\",\"total\":30,\"options\":["
    "{\"text\":\"Chess\",\"votes\":12},{\"text\":\"Go\",\"votes\":10},{\"text\":\"Backgammon\",\"votes\":5},"
    "{\"text\":\"None of them\",\"votes\":3}]},"
    "\"captions\":[{\"track\":\"talk\",\"language\":\"en\",\"lines\":[\"Good evening everyone, and welcome back.\","
    "\"Tonight we talk about music.\"]}]}";

static bool publish_view(struct bench *bench, struct error *err)
{
    struct painter *painter = painter_create();
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){0}, err);
    struct view *view = engine ? view_create(&(struct view_options){.name = "main", .width_px = WIDTH,
        .height_px = HEIGHT, .painter = painter, .text = engine}, err) : NULL;
    json_t *state = json_parse(on_air, strlen(on_air), err);
    if (view && state) {
        view_apply(view, state, 0, true);
        view_paint(view, 0);
        frame_writer_publish(bench->writer, canvas_pixels(view_canvas(view)), canvas_stride(view_canvas(view)), NULL, 0);
    }
    bool is_good = view && state;
    json_decref(state);
    view_destroy(view);
    text_engine_destroy(engine);
    painter_destroy(painter);
    return is_good;
}

static void publish_large(struct bench *bench)
{
    memset(bench->pixels, 0, WIDTH * HEIGHT * 4);
    card_paint(bench->pixels + (840 * WIDTH + 100) * 4, WIDTH * 4, 900, 200);
    card_paint(bench->pixels + (60 * WIDTH + 1300) * 4, WIDTH * 4, 560, 360);
    card_paint(bench->pixels + (680 * WIDTH + 360) * 4, WIDTH * 4, 1200, 120);
    frame_writer_publish(bench->writer, bench->pixels, WIDTH * 4, NULL, 0);
}

static void publish_nothing(struct bench *bench)
{
    memset(bench->pixels, 0, WIDTH * HEIGHT * 4);
    frame_writer_publish(bench->writer, bench->pixels, WIDTH * 4, NULL, 0);
}

/* Every sample of the frame under something translucent: a card as large as it, or noise. */
static void measure_full(struct bench *bench, const char *name, bool is_noise)
{
    size_t count = (size_t)bench->width * (size_t)bench->height;
    unsigned seed = 1;
    card_paint(bench->pixels, (size_t)bench->width * 4, bench->width, bench->height);
    for (size_t i = 0; is_noise && i < 4 * count; i += 4) {
        bench->pixels[i + 3] = (uint8_t)(1 + rand_r(&seed) % 255);
        for (size_t c = 0; c < 3; c++)
            bench->pixels[i + c] = (uint8_t)(rand_r(&seed) % (bench->pixels[i + 3] + 1));
    }
    frame_writer_publish(bench->writer, bench->pixels, (size_t)bench->width * 4, NULL, 0);
    measure(bench, name, true, 4);
}

static bool bench_init(struct bench *bench, int32_t width, int32_t height, int frames)
{
    static int count;
    struct error err = {0};
    *bench = (struct bench){.width = width, .height = height, .frames = frames};
    bench->path = xasprintf("/tmp/antiphon-bench-%d-%d.sock", (int)getpid(), count++);
    bench->pixels = xcalloc((size_t)width * (size_t)height, 4);
    bench->writer = frame_writer_create(
        &(struct frame_writer_options){.path = bench->path, .width_px = width, .height_px = height}, &err);
    if (!bench->writer)
        g_printerr("bench_element: %s\n", err.text);
    return bench->writer != NULL;
}

static void bench_fini(struct bench *bench)
{
    char *lock = xasprintf("%s.lock", bench->path);
    frame_writer_destroy(bench->writer);
    unlink(lock);
    free(lock);
    free(bench->path);
    free(bench->pixels);
}

int main(int argc, char **argv)
{
    struct bench bench;
    struct error err = {0};
    gst_init(&argc, &argv);
    antiphonoverlay_register();
    if (!bench_init(&bench, WIDTH, HEIGHT, FRAMES))
        return 1;
    if (!publish_view(&bench, &err)) {
        g_printerr("bench_element: %s\n", err.text);
        return 1;
    }
    measure(&bench, "still", true, 2);
    measure(&bench, "still_cold", true, 64);
    publish_large(&bench);
    measure(&bench, "large", true, 2);
    measure(&bench, "large_cold", true, 64);
    publish_nothing(&bench);
    measure(&bench, "idle", false, 2);
    bench_fini(&bench);
    if (!bench_init(&bench, 2 * WIDTH, 2 * HEIGHT, FRAMES_4K))
        return 1;
    measure_full(&bench, "full_4k", false);
    measure_full(&bench, "noise_4k", true);
    bench_fini(&bench);
    return 0;
}
