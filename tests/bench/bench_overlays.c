/*
 * bench_overlays.c - three cards over I420 by antiphonoverlay and by GStreamer's own elements, in one run, at three
 * sizes: processor time of the whole process a frame, less that of the same pipeline without overlay.
 *
 * still: nothing changes. moving: the lowest card goes to and fro with each frame, and each frame has the newest
 * picture (what antiphonoverlay is given goes through the shared frame stream, as from the real overlay).
 * overlaycomposition gets the same cards as rectangles, compositor the same picture as a second BGRA stream, textoverlay
 * two lines of text on its shaded ground: less to draw than the others have.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "cards.h"
#include "frame/frame.h"
#include "frames.h"
#include "video/antiphonoverlay.h"

enum { POOL = 4, RUNS = 3, CARDS = 3, LIMIT_MS = 5000 };

struct bench {
    int32_t width, height;
    int frames;                    // of a run
    struct frame_box cards[2][CARDS];  // with the lowest card here, and there
    uint8_t *pictures[2];          // owned; BGRA
    GstBuffer *cuts[CARDS];        // owned; a card's pixels alone
    char *path;
    struct frame_writer *writer;
    uint64_t sequence;  // published last
};

/* ---- the pictures ---- */

static struct frame_box scale_box(const struct bench *bench, int x, int y, int width, int height)
{
    int32_t k = bench->height, all = 1080;
    return (struct frame_box){x * k / all, y * k / all, (x + width) * k / all, (y + height) * k / all};
}

static void paint_pictures(struct bench *bench)
{
    for (int i = 0; i < 2; i++) {
        bench->cards[i][0] = scale_box(bench, 1300, 60, 560, 360);
        bench->cards[i][1] = scale_box(bench, 100, 440, 900, 200);
        bench->cards[i][2] = scale_box(bench, 360, 900 + 8 * i, 1200, 120);
        bench->pictures[i] = xcalloc((size_t)bench->width * (size_t)bench->height, 4);
        for (int n = 0; n < CARDS; n++) {
            const struct frame_box *box = &bench->cards[i][n];
            card_paint(bench->pictures[i] + ((size_t)box->top * (size_t)bench->width + (size_t)box->left) * 4,
                       (size_t)bench->width * 4, box->right - box->left, box->bottom - box->top);
        }
    }
    for (int n = 0; n < CARDS; n++) {
        const struct frame_box *box = &bench->cards[0][n];
        int width = box->right - box->left, height = box->bottom - box->top;
        GstMapInfo map;
        bench->cuts[n] = gst_buffer_new_allocate(NULL, (gsize)width * (gsize)height * 4, NULL);
        gst_buffer_map(bench->cuts[n], &map, GST_MAP_WRITE);
        card_paint(map.data, (size_t)width * 4, width, height);
        gst_buffer_unmap(bench->cuts[n], &map);
        gst_buffer_add_video_meta(bench->cuts[n], GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB,
                                  (guint)width, (guint)height);
    }
}

static void bench_init(struct bench *bench, int32_t height, int frames)
{
    static int count;
    struct error err = {0};
    *bench = (struct bench){.width = height * 16 / 9, .height = height, .frames = frames};
    paint_pictures(bench);
    bench->path = xasprintf("/tmp/antiphon-overlays-%d-%d.sock", (int)getpid(), count++);
    bench->writer = frame_writer_create(
        &(struct frame_writer_options){.path = bench->path, .width_px = bench->width, .height_px = height}, &err);
    if (!bench->writer) {
        g_printerr("bench_overlays: %s\n", err.text);
        exit(1);
    }
}

static void bench_fini(struct bench *bench)
{
    char *lock = xasprintf("%s.lock", bench->path);
    frame_writer_destroy(bench->writer);
    unlink(lock);
    free(lock);
    free(bench->path);
    for (int i = 0; i < 2; i++)
        free(bench->pictures[i]);
    for (int n = 0; n < CARDS; n++)
        gst_buffer_unref(bench->cuts[n]);
}

/* ---- the ways ---- */

struct way {
    const char *name, *elements;  // elements: between source and sink
    void (*start)(struct bench *bench, GstElement *pipeline);
    /* Brings picture `which` up for the frame that is pushed next, which has this number. */
    void (*show)(struct bench *bench, GstElement *pipeline, int which, int number);
    bool is_shown_each_time;  // show() is called for frames that change nothing too
};

static void start_ours(struct bench *bench, GstElement *pipeline)
{
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    g_object_set(overlay, "socket", bench->path, NULL);
}

static void show_ours(struct bench *bench, GstElement *pipeline, int which, int number)
{
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    struct frame_box damage = bench->cards[0][2];
    damage.bottom = bench->cards[1][2].bottom;
    frame_writer_publish(bench->writer, bench->pictures[which], (size_t)bench->width * 4, number ? &damage : NULL, 1);
    bench->sequence++;
    guint64 sequence = 0;
    for (int ms = 0; sequence != bench->sequence && ms < LIMIT_MS; ms++) {
        struct pollfd fd = {.fd = frame_writer_fd(bench->writer), .events = POLLIN};
        frame_writer_handle(bench->writer);
        poll(&fd, 1, 1);
        g_object_get(overlay, "sequence", &sequence, NULL);
    }
    if (sequence != bench->sequence)
        g_printerr("bench_overlays: the picture did not come\n");
}

static GstVideoOverlayComposition *compose(const struct bench *bench, int which)
{
    GstVideoOverlayComposition *composition = gst_video_overlay_composition_new(NULL);
    for (int n = 0; n < CARDS; n++) {
        const struct frame_box *box = &bench->cards[which][n];
        GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw(
            bench->cuts[n], box->left, box->top, (guint)(box->right - box->left), (guint)(box->bottom - box->top),
            GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
        gst_video_overlay_composition_add_rectangle(composition, rectangle);
        gst_video_overlay_rectangle_unref(rectangle);
    }
    return composition;
}

/* Guarded by the element's object lock. */
static GstVideoOverlayComposition *handle_draw(GstElement *element, GstSample *sample, gpointer data)
{
    GST_OBJECT_LOCK(element);
    GstVideoOverlayComposition *composition = g_object_get_data(G_OBJECT(element), "composition");
    if (composition)
        gst_video_overlay_composition_ref(composition);
    GST_OBJECT_UNLOCK(element);
    return composition;
}

static void start_composition(struct bench *bench, GstElement *pipeline)
{
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    g_signal_connect(overlay, "draw", G_CALLBACK(handle_draw), NULL);
}

static void show_composition(struct bench *bench, GstElement *pipeline, int which, int number)
{
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    GstVideoOverlayComposition *composition = compose(bench, which);
    GST_OBJECT_LOCK(overlay);
    gpointer old = g_object_steal_data(G_OBJECT(overlay), "composition");
    g_object_set_data_full(G_OBJECT(overlay), "composition", composition,
                           (GDestroyNotify)gst_video_overlay_composition_unref);
    GST_OBJECT_UNLOCK(overlay);
    if (old)
        gst_video_overlay_composition_unref(old);
}

static void show_text(struct bench *bench, GstElement *pipeline, int which, int number)
{
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    g_object_set(overlay, "text", which ? "Good evening everyone, and welcome back.\nTonight we talk about music.."
                                        : "Good evening everyone, and welcome back.\nTonight we talk about music.", NULL);
}

static void start_compositor(struct bench *bench, GstElement *pipeline)
{
    g_autoptr(GstElement) second = gst_bin_get_by_name(GST_BIN(pipeline), "second");
    g_autoptr(GstCaps) caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "BGRA", "width", G_TYPE_INT,
                                                  bench->width, "height", G_TYPE_INT, bench->height, "framerate",
                                                  GST_TYPE_FRACTION, 60, 1, NULL);
    g_object_set(second, "caps", caps, NULL);
}

static void show_compositor(struct bench *bench, GstElement *pipeline, int which, int number)
{
    g_autoptr(GstElement) second = gst_bin_get_by_name(GST_BIN(pipeline), "second");
    gsize bytes = (gsize)bench->width * (gsize)bench->height * 4;
    GstBuffer *buffer = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, bench->pictures[which], bytes, 0, bytes,
                                                    NULL, NULL);
    GST_BUFFER_PTS(buffer) = (GstClockTime)number * GST_SECOND / 60;
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 60;
    gst_app_src_push_buffer(GST_APP_SRC(second), buffer);
}

static const struct way ways[] = {
    {"none", "", NULL, NULL, false},
    {"antiphonoverlay", "antiphonoverlay name=overlay !", start_ours, show_ours, false},
    {"overlaycomposition", "overlaycomposition name=overlay !", start_composition, show_composition, false},
    {"textoverlay", "textoverlay name=overlay shaded-background=true !", NULL, show_text, false},
    {"compositor",
     "mixer.sink_0 appsrc name=second format=time block=true max-buffers=4 ! mixer.sink_1 compositor name=mixer "
     "background=black ! video/x-raw,format=I420 !", start_compositor, show_compositor, true},
};

/* ---- time ---- */

static void push(struct bench *bench, const struct way *way, GstElement *pipeline, const struct frames *frames, int *number,
                 int count, bool is_moving)
{
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    for (int end = *number + count; *number < end; ++*number) {
        if (way->show && (is_moving || way->is_shown_each_time || *number == 0))
            way->show(bench, pipeline, is_moving ? *number % 2 : 0, *number);
        gst_app_src_push_buffer(GST_APP_SRC(source), frames_next(frames, *number));
    }
}

static double run(struct bench *bench, const struct way *way, bool is_moving)
{
    g_autofree char *text = g_strdup_printf(
        "appsrc name=source format=time block=true max-buffers=4 ! %s fakesink name=sink sync=false", way->elements);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL);
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
    struct frames frames;
    int number = 0;
    frames_init(&frames, bench->width, bench->height, POOL);
    g_object_set(source, "caps", frames.caps, NULL);
    if (way->start)
        way->start(bench, pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    push(bench, way, pipeline, &frames, &number, 3 * POOL, is_moving);
    double begin_us = processor_us();
    push(bench, way, pipeline, &frames, &number, bench->frames, is_moving);
    double spent_us = processor_us() - begin_us;
    gst_element_set_state(pipeline, GST_STATE_NULL);
    frames_fini(&frames);
    return spent_us / bench->frames;
}

static void measure(struct bench *bench, const char *size, bool is_moving)
{
    double figures[G_N_ELEMENTS(ways)][RUNS], cost[G_N_ELEMENTS(ways)];
    const char *motion = is_moving ? "moving" : "still";
    for (int i = 0; i < RUNS; i++) {
        for (size_t way = 0; way < G_N_ELEMENTS(ways); way++)
            figures[way][i] = run(bench, &ways[way], is_moving);
    }
    for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
        cost[way] = median(figures[way], RUNS);
        printf("overlays_%s_%s_%s %.0f us\n", size, motion, ways[way].name, cost[way] - (way ? cost[0] : 0));
    }
    for (size_t way = 2; way < G_N_ELEMENTS(ways); way++)
        printf("overlays_%s_%s_against_%s %.1f times\n", size, motion, ways[way].name,
               (cost[way] - cost[0]) / (cost[1] - cost[0]));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int32_t height;
        int frames;
    } sizes[] = {{"720p", 720, 120}, {"1080p", 1080, 80}, {"4k", 2160, 24}};
    gst_init(&argc, &argv);
    antiphonoverlay_register();
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct bench bench;
        bench_init(&bench, sizes[i].height, sizes[i].frames);
        measure(&bench, sizes[i].name, false);
        measure(&bench, sizes[i].name, true);
        bench_fini(&bench);
    }
    return 0;
}
