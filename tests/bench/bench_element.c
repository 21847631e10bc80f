/*
 * bench_element.c - what antiphonoverlay costs a 1080p frame while a question, a poll and a subtitle stand still,
 * and while nothing is on air: processor time of the whole process, against the same pipeline without it.
 * hot: two frames go round. cold: 64 of them, more than the caches hold. The cards are what `antiphon overlay` paints
 * with its own theme; "large" are three plain ones that fill a fifth of the picture.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cards.h"
#include "frame/frame.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"
#include "video/antiphonoverlay.h"

enum { WIDTH = 1920, HEIGHT = 1080, FRAMES = 1500, RUNS = 7 };

struct bench {
    char *path;
    struct frame_writer *writer;
    uint8_t *pixels;
    GstCaps *caps;
    GstVideoInfo info;
};

static double processor_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static GstBufferPool *make_pool(const struct bench *bench, guint frames)
{
    GstBufferPool *pool = gst_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(pool);
    gst_buffer_pool_config_set_params(config, bench->caps, (guint)bench->info.size, frames, frames);
    gst_buffer_pool_set_config(pool, config);
    gst_buffer_pool_set_active(pool, TRUE);
    return pool;
}

static void push(GstAppSrc *source, GstBufferPool *pool, int count)
{
    for (int i = 0; i < count; i++) {
        GstBuffer *buffer = NULL;
        gst_buffer_pool_acquire_buffer(pool, &buffer, NULL);
        GST_BUFFER_PTS(buffer) = (GstClockTime)i * GST_SECOND / 60;
        gst_app_src_push_buffer(source, buffer);
    }
}

/* Pushes frames until the element has blended one, so that only steady frames are measured. */
static void settle(struct bench *bench, GstElement *overlay, GstAppSrc *source, GstBufferPool *pool, bool is_visible)
{
    guint64 sequence = 0, blended = 0;
    for (int i = 0; i < 5000 && (sequence == 0 || (is_visible && blended == 0)); i++) {
        struct pollfd fd = {.fd = frame_writer_fd(bench->writer), .events = POLLIN};
        poll(&fd, 1, 1);
        frame_writer_handle(bench->writer);
        push(source, pool, 1);
        g_object_get(overlay, "sequence", &sequence, "blended", &blended, NULL);
    }
    if (sequence == 0)
        g_printerr("bench_element: the overlay did not come\n");
}

/* Processor time of a frame, in µs. element: NULL, or what stands between source and sink. */
static double run(struct bench *bench, bool has_overlay, bool is_visible, guint frames)
{
    g_autofree char *text = g_strdup_printf(
        "appsrc name=source format=time block=true max-buffers=4 ! %s fakesink sync=false",
        has_overlay ? "antiphonoverlay name=overlay !" : "");
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    GstBufferPool *pool = make_pool(bench, frames);
    g_object_set(source, "caps", bench->caps, NULL);
    if (overlay)
        g_object_set(overlay, "socket", bench->path, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (overlay)
        settle(bench, overlay, GST_APP_SRC(source), pool, is_visible);
    push(GST_APP_SRC(source), pool, (int)frames);
    double begin_us = processor_us();
    push(GST_APP_SRC(source), pool, FRAMES);
    double spent_us = processor_us() - begin_us;
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_buffer_pool_set_active(pool, FALSE);
    gst_object_unref(pool);
    return spent_us / FRAMES;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct bench *bench, const char *name, bool is_visible, guint frames)
{
    double with[RUNS], without[RUNS];
    for (int i = 0; i < RUNS; i++) {
        without[i] = run(bench, false, false, frames);
        with[i] = run(bench, true, is_visible, frames);
    }
    qsort(with, RUNS, sizeof(with[0]), by_size);
    qsort(without, RUNS, sizeof(without[0]), by_size);
    printf("element_%s_without %.1f us\n", name, without[RUNS / 2]);
    printf("element_%s_with %.1f us\n", name, with[RUNS / 2]);
    printf("element_%s %.1f us\n", name, with[RUNS / 2] - without[RUNS / 2]);
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

int main(int argc, char **argv)
{
    struct bench bench = {0};
    gst_init(&argc, &argv);
    antiphonoverlay_register();
    bench.path = xasprintf("/tmp/antiphon-bench-%d.sock", (int)getpid());
    bench.writer = frame_writer_create(
        &(struct frame_writer_options){.path = bench.path, .width_px = WIDTH, .height_px = HEIGHT}, NULL);
    if (!bench.writer)
        return 1;
    bench.pixels = xcalloc(WIDTH * HEIGHT, 4);
    bench.caps = gst_caps_from_string("video/x-raw,format=I420,width=1920,height=1080,framerate=60/1");
    gst_video_info_from_caps(&bench.info, bench.caps);
    struct error err = {0};
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
    frame_writer_destroy(bench.writer);
    char *lock = xasprintf("%s.lock", bench.path);
    unlink(lock);
    free(lock);
    free(bench.path);
    free(bench.pixels);
    gst_caps_unref(bench.caps);
    return 0;
}
