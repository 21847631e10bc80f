/* test_element.c - antiphonoverlay in a harness and in short pipelines, with a writer of this test. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gst/app/gstappsink.h>
#include <gst/check/gstharness.h>

#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "reference.h"
#include "video/antiphonoverlay.h"
#include "video/scale.h"

enum { LIMIT_US = 20 * G_USEC_PER_SEC };

static char folder[] = "/tmp/antiphon-element-XXXXXX";

/* ---- a writer, and a wait for what it published ---- */

struct stage {
    char *path;
    struct frame_writer *writer;
    struct canvas canvas;
};

static void stage_init(struct stage *stage, int32_t width, int32_t height)
{
    static int count;
    struct error err = {0};
    stage->path = xasprintf("%s/%d.sock", folder, count++);
    stage->writer = frame_writer_create(
        &(struct frame_writer_options){.path = stage->path, .width_px = width, .height_px = height}, &err);
    if (!stage->writer)
        fail_msg("%s", err.text);
    canvas_init(&stage->canvas, width, height);
}

static void stage_fini(struct stage *stage)
{
    frame_writer_destroy(stage->writer);
    canvas_fini(&stage->canvas);
    free(stage->path);
}

static void stage_publish(struct stage *stage)
{
    frame_writer_publish(stage->writer, stage->canvas.pixels, (size_t)stage->canvas.width * 4, NULL, 0);
}

/* The writer's loop turns until the element says that it has that state and picture. */
static void wait_for(struct stage *stage, GstElement *element, const char *state, guint64 sequence)
{
    gint64 limit_us = g_get_monotonic_time() + LIMIT_US;
    while (g_get_monotonic_time() < limit_us) {
        g_autofree gchar *got = NULL;
        guint64 shown;
        if (stage && stage->writer)
            frame_writer_handle(stage->writer);
        g_object_get(element, "state", &got, "sequence", &shown, NULL);
        if (strcmp(got, state) == 0 && shown == sequence)
            return;
        struct pollfd fd = {.fd = stage && stage->writer ? frame_writer_fd(stage->writer) : -1, .events = POLLIN};
        poll(&fd, 1, 1);
    }
    g_autofree gchar *trouble = NULL;
    g_object_get(element, "trouble", &trouble, NULL);
    fail_msg("the element did not come to \"%s\", picture %d: %s", state, (int)sequence, trouble);
}

static GstHarness *make_harness(const char *path)
{
    GstElement *element = gst_element_factory_make("antiphonoverlay", NULL);
    assert_non_null(element);
    g_object_set(element, "socket", path, NULL);
    GstHarness *harness = gst_harness_new_with_element(element, "sink", "src");
    gst_object_unref(element);
    return harness;
}

static void set_video(GstHarness *harness, GstVideoInfo *info, const char *format, int width, int height)
{
    g_autofree char *text = g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format, width, height);
    g_autoptr(GstCaps) caps = gst_caps_from_string(text);
    assert_true(gst_video_info_from_caps(info, caps));
    gst_harness_set_src_caps(harness, g_steal_pointer(&caps));
}

static GstBuffer *pass(GstHarness *harness, GstBuffer *buffer)
{
    assert_int_equal(gst_harness_push(harness, buffer), GST_FLOW_OK);
    return gst_harness_pull(harness);
}

static bool is_same_content(GstBuffer *a, GstBuffer *b)
{
    GstMapInfo map;
    assert_true(gst_buffer_map(a, &map, GST_MAP_READ));
    bool is_same = map.size == gst_buffer_get_size(b) && gst_buffer_memcmp(b, 0, map.data, map.size) == 0;
    gst_buffer_unmap(a, &map);
    return is_same;
}

/* The very same buffer with the very same memory comes out, and nothing in it changed. */
static void assert_untouched(GstHarness *harness, const GstVideoInfo *info)
{
    GstBuffer *in = reference_noise(info, 9), *copy = gst_buffer_copy_deep(in);
    const GstMemory *memory = gst_buffer_peek_memory(in, 0);
    GstBuffer *out = pass(harness, in);
    assert_ptr_equal(out, in);
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    assert_true(is_same_content(out, copy));
    gst_buffer_unref(out);
    gst_buffer_unref(copy);
}

static void assert_blended(GstHarness *harness, const GstVideoInfo *info, const struct canvas *canvas, const char *name)
{
    char where[256] = "";
    GstBuffer *in = reference_noise(info, 9), *before = gst_buffer_copy_deep(in);
    const GstMemory *memory = gst_buffer_peek_memory(in, 0);
    GstBuffer *out = pass(harness, in);
    if (!reference_agrees(canvas, info, before, out, where))
        fail_msg("%s: %s", name, where);
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    gst_buffer_unref(out);
    gst_buffer_unref(before);
}

/* ---- harness ---- */

static void test_nothing_to_show(void **state)
{
    GstHarness *harness = make_harness("/nonexistent/nobody.sock");
    GstVideoInfo info;
    guint64 blended;
    set_video(harness, &info, "I420", 64, 36);
    for (int i = 0; i < 5; i++)
        assert_untouched(harness, &info);
    g_object_get(harness->element, "blended", &blended, NULL);
    assert_int_equal(blended, 0);
    assert_int_equal(gst_harness_query_latency(harness), 0);
    gst_harness_teardown(harness);
}

static void test_every_format(void **state)
{
    static const char *const formats[] = {
        "I420", "YV12", "NV12", "NV21", "YUY2", "UYVY", "YVYU", "VYUY", "Y42B", "NV16", "NV61", "Y444", "NV24", "A420",
        "AYUV", "VUYA", "P010_10LE", "I420_10LE", "I422_10LE", "Y444_10LE", "BGRx", "RGBx", "xRGB", "xBGR", "BGRA",
        "RGBA", "ARGB", "ABGR", "RGB", "BGR", "GRAY8",
    };
    static const int sizes[][2] = {{33, 17}, {128, 72}};
    for (size_t s = 0; s < ARRAY_LENGTH(sizes); s++) {
        struct stage stage;
        GstVideoInfo info;
        stage_init(&stage, sizes[s][0], sizes[s][1]);
        canvas_scribble(&stage.canvas, 2);
        stage_publish(&stage);
        for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
            GstHarness *harness = make_harness(stage.path);
            set_video(harness, &info, formats[i], sizes[s][0], sizes[s][1]);
            wait_for(&stage, harness->element, "live", 1);
            assert_blended(harness, &info, &stage.canvas, formats[i]);
            gst_harness_teardown(harness);
        }
        stage_fini(&stage);
    }
}

static void test_pictures_follow(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    unsigned seed = 4;
    stage_init(&stage, 130, 70);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    set_video(harness, &info, "I420", 130, 70);
    wait_for(&stage, harness->element, "live", 1);
    assert_untouched(harness, &info);
    for (guint64 n = 2; n < 60; n++) {
        int32_t x = rand_r(&seed) % 130, y = rand_r(&seed) % 70;
        struct frame_box box = {x, y, x + 1 + rand_r(&seed) % 60, y + 1 + rand_r(&seed) % 20};
        canvas_fill(&stage.canvas, box, 10, 200, (uint8_t)n, n % 3 ? 160 : 0);
        frame_writer_publish(stage.writer, stage.canvas.pixels, 130 * 4, &box, 1);
        wait_for(&stage, harness->element, "live", n);
        assert_blended(harness, &info, &stage.canvas, "after damage");
    }
    canvas_fill(&stage.canvas, (struct frame_box){0, 0, 130, 70}, 0, 0, 0, 0);
    stage_publish(&stage);
    wait_for(&stage, harness->element, "live", 60);
    assert_untouched(harness, &info);
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

static void check_scaled(GstHarness *harness, const GstVideoInfo *info, struct canvas *canvas)
{
    struct scaler *scaler = scaler_create(canvas->width, canvas->height, info->width, info->height);
    int32_t top = 0, bottom = canvas->height;
    scaler_update(scaler, &(struct blend_picture){canvas->pixels, (size_t)canvas->width * 4, canvas->rows}, &top, &bottom);
    struct blend_picture scaled = scaler_picture(scaler);
    struct canvas expected = {info->width, info->height, (uint8_t *)(uintptr_t)scaled.pixels,
                              (struct frame_row *)(uintptr_t)scaled.rows};
    assert_blended(harness, info, &expected, "scaled");
    scaler_destroy(scaler);
}

/*
 * The first frame of the new caps already carries the overlay, in their format and size; unless this machine is so
 * busy that the worker took longer than the element waits for it, 100 ms.
 */
static void change_video(struct stage *stage, GstHarness *harness, GstVideoInfo *info, const char *format, int width,
                         int height)
{
    gint64 begin_us = g_get_monotonic_time();
    set_video(harness, info, format, width, height);
    if (g_get_monotonic_time() - begin_us >= 100000)
        wait_for(stage, harness->element, "live", 1);
}

static void test_caps_change(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    stage_init(&stage, 128, 72);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    set_video(harness, &info, "I420", 128, 72);
    wait_for(&stage, harness->element, "live", 1);
    assert_blended(harness, &info, &stage.canvas, "before");
    change_video(&stage, harness, &info, "NV12", 128, 72);
    assert_blended(harness, &info, &stage.canvas, "other format");
    change_video(&stage, harness, &info, "I420", 64, 37);
    check_scaled(harness, &info, &stage.canvas);
    change_video(&stage, harness, &info, "BGRA", 333, 111);
    check_scaled(harness, &info, &stage.canvas);
    change_video(&stage, harness, &info, "I420", 128, 72);
    assert_blended(harness, &info, &stage.canvas, "back again");
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

static void test_flush(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    GstSegment segment;
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    assert_true(gst_harness_push_event(harness, gst_event_new_flush_start()));
    assert_true(gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE)));
    gst_segment_init(&segment, GST_FORMAT_TIME);
    assert_true(gst_harness_push_event(harness, gst_event_new_segment(&segment)));
    assert_blended(harness, &info, &stage.canvas, "after flush");
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

/* A sink says that it is far behind: the frames go on all the same. */
static void test_late_frames_are_not_dropped(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    assert_true(gst_harness_push_upstream_event(
        harness, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 5.0, 10 * GST_SECOND, GST_SECOND)));
    for (int i = 0; i < 5; i++) {
        GstBuffer *buffer = reference_noise(&info, 9);
        GST_BUFFER_PTS(buffer) = (GstClockTime)i * GST_SECOND / 30;
        assert_int_equal(gst_harness_push(harness, buffer), GST_FLOW_OK);
    }
    assert_int_equal(gst_harness_buffers_received(harness), 5);
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

static void test_shared_buffer(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    char where[256] = "";
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    GstBuffer *mine = reference_noise(&info, 9), *before = gst_buffer_copy_deep(mine);
    /* Once the buffer is shared, once only its memory. */
    for (int i = 0; i < 2; i++) {
        GstBuffer *out = pass(harness, i == 0 ? gst_buffer_ref(mine) : gst_buffer_copy(mine));
        assert_true(is_same_content(mine, before));
        if (!reference_agrees(&stage.canvas, &info, before, out, where))
            fail_msg("%s", where);
        gst_buffer_unref(out);
    }
    gst_buffer_unref(mine);
    gst_buffer_unref(before);
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

static void test_properties(void **state)
{
    struct stage first, second;
    GstVideoInfo info;
    stage_init(&first, 64, 36);
    stage_init(&second, 64, 36);
    canvas_scribble(&first.canvas, 2);
    canvas_fill(&second.canvas, (struct frame_box){5, 5, 50, 30}, 255, 0, 0, 200);
    stage_publish(&first);
    stage_publish(&second);
    GstHarness *harness = make_harness(first.path);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&first, harness->element, "live", 1);
    g_object_set(harness->element, "active", FALSE, NULL);
    assert_untouched(harness, &info);
    g_object_set(harness->element, "active", TRUE, NULL);
    assert_blended(harness, &info, &first.canvas, "active again");
    g_object_set(harness->element, "socket", second.path, NULL);
    assert_untouched(harness, &info);
    wait_for(&second, harness->element, "live", 1);
    assert_blended(harness, &info, &second.canvas, "another socket");
    g_object_set(harness->element, "socket", NULL, "view", "not a name/", NULL);
    assert_untouched(harness, &info);
    gst_harness_teardown(harness);
    stage_fini(&first);
    stage_fini(&second);
}

/* ---- opacity ---- */

static void fade(const struct canvas *from, struct canvas *to, int share)
{
    canvas_init(to, from->width, from->height);
    memcpy(to->rows, from->rows, (size_t)from->height * sizeof(to->rows[0]));
    for (int32_t i = 0; i < from->width * from->height * 4; i++)
        to->pixels[i] = (uint8_t)((from->pixels[i] * share + 127) / 255);
}

/* Frames pass until one carries just this: the worker follows a property a frame or two later. */
static void wait_for_blend(GstHarness *harness, const GstVideoInfo *info, const struct canvas *canvas)
{
    gint64 limit_us = g_get_monotonic_time() + LIMIT_US;
    char where[256] = "";
    bool is_there = false;
    while (!is_there && g_get_monotonic_time() < limit_us) {
        GstBuffer *in = reference_noise(info, 9), *before = gst_buffer_copy_deep(in), *out = pass(harness, in);
        is_there = reference_agrees(canvas, info, before, out, where);
        gst_buffer_unref(out);
        gst_buffer_unref(before);
    }
    if (!is_there)
        fail_msg("%s", where);
}

static void test_opacity(void **state)
{
    struct stage stage;
    struct canvas half, little;
    GstVideoInfo info;
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    fade(&stage.canvas, &half, 128);
    fade(&stage.canvas, &little, 26);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    g_object_set(harness->element, "opacity", 0.5, NULL);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    assert_blended(harness, &info, &half, "from the first frame on");
    g_object_set(harness->element, "opacity", 0.1, NULL);
    wait_for_blend(harness, &info, &little);
    g_object_set(harness->element, "opacity", 0.0, NULL);
    assert_untouched(harness, &info);
    g_object_set(harness->element, "opacity", 1.0, NULL);
    wait_for_blend(harness, &info, &stage.canvas);
    gst_harness_teardown(harness);
    canvas_fini(&half);
    canvas_fini(&little);
    stage_fini(&stage);
}

/* What changes in a faded picture is faded too. */
static void test_opacity_follows_pictures(void **state)
{
    struct stage stage;
    struct canvas half;
    GstVideoInfo info;
    stage_init(&stage, 64, 36);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    g_object_set(harness->element, "opacity", 0.5, NULL);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    for (int n = 2; n < 12; n++) {
        struct frame_box box = {3 * n, 2 * n, 3 * n + 9, 2 * n + 5};
        canvas_fill(&stage.canvas, box, 200, 20, 90, (uint8_t)(255 - 9 * n));
        frame_writer_publish(stage.writer, stage.canvas.pixels, 64 * 4, &box, 1);
        wait_for(&stage, harness->element, "live", (guint64)n);
        fade(&stage.canvas, &half, 128);
        assert_blended(harness, &info, &half, "after damage");
        canvas_fini(&half);
    }
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

static void test_instances_share_nothing(void **state)
{
    struct stage stages[2];
    struct canvas half;
    GstVideoInfo infos[2];
    GstHarness *harnesses[2];
    static const char *const formats[] = {"I420", "BGRA"};
    for (int i = 0; i < 2; i++) {
        stage_init(&stages[i], 64, 36);
        canvas_scribble(&stages[i].canvas, (unsigned)i + 2);
        stage_publish(&stages[i]);
        harnesses[i] = make_harness(stages[i].path);
    }
    g_object_set(harnesses[1]->element, "opacity", 0.5, NULL);
    fade(&stages[1].canvas, &half, 128);
    for (int i = 0; i < 2; i++) {
        set_video(harnesses[i], &infos[i], formats[i], 64, 36);
        wait_for(&stages[i], harnesses[i]->element, "live", 1);
    }
    for (int i = 0; i < 3; i++) {
        assert_blended(harnesses[0], &infos[0], &stages[0].canvas, "first");
        assert_blended(harnesses[1], &infos[1], &half, "second");
    }
    g_object_set(harnesses[0]->element, "active", FALSE, NULL);
    assert_untouched(harnesses[0], &infos[0]);
    assert_blended(harnesses[1], &infos[1], &half, "second alone");
    gst_harness_teardown(harnesses[1]);
    g_object_set(harnesses[0]->element, "active", TRUE, NULL);
    assert_blended(harnesses[0], &infos[0], &stages[0].canvas, "first alone");
    gst_harness_teardown(harnesses[0]);
    canvas_fini(&half);
    stage_fini(&stages[0]);
    stage_fini(&stages[1]);
}

/* ---- compositions: frames in memory that the element does not touch ---- */

static void set_dmabuf(GstHarness *harness, int width, int height)
{
    g_autofree char *text = g_strdup_printf(
        "video/x-raw(memory:DMABuf),format=NV12,width=%d,height=%d,framerate=30/1", width, height);
    gst_harness_set_src_caps(harness, gst_caps_from_string(text));
}

/* Memory that cannot be written, which a write would find out. */
static GstBuffer *make_foreign(void)
{
    static guint8 bytes[64];
    return gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, bytes, sizeof(bytes), 0, sizeof(bytes), NULL, NULL);
}

static GstVideoOverlayComposition *pass_composed(GstHarness *harness)
{
    GstBuffer *in = make_foreign();
    const GstMemory *memory = gst_buffer_peek_memory(in, 0);
    GstBuffer *out = pass(harness, in);
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    GstVideoOverlayCompositionMeta *meta = gst_buffer_get_video_overlay_composition_meta(out);
    GstVideoOverlayComposition *composition = meta ? gst_video_overlay_composition_ref(meta->overlay) : NULL;
    gst_buffer_unref(out);
    return composition;
}

static void check_rectangle(const struct canvas *canvas, GstVideoOverlayRectangle *rectangle, struct frame_box box)
{
    gint x, y;
    guint width, height;
    GstMapInfo map;
    assert_true(gst_video_overlay_rectangle_get_render_rectangle(rectangle, &x, &y, &width, &height));
    assert_int_equal(x, box.left);
    assert_int_equal(y, box.top);
    assert_int_equal(width, box.right - box.left);
    assert_int_equal(height, box.bottom - box.top);
    assert_int_equal(gst_video_overlay_rectangle_get_flags(rectangle), GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    GstBuffer *pixels = gst_video_overlay_rectangle_get_pixels_unscaled_argb(
        rectangle, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    assert_true(gst_buffer_map(pixels, &map, GST_MAP_READ));
    for (int32_t row = 0; row < (int32_t)height; row++)
        assert_memory_equal(map.data + (size_t)row * width * 4,
                            canvas->pixels + ((box.top + row) * canvas->width + box.left) * 4, width * 4);
    gst_buffer_unmap(pixels, &map);
}

static void test_composition(void **state)
{
    static const struct frame_box first = {10, 4, 60, 20}, second = {100, 10, 150, 50}, third = {20, 70, 140, 85};
    struct stage stage;
    stage_init(&stage, 160, 90);
    canvas_fill(&stage.canvas, third, 255, 255, 255, 255);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
    set_dmabuf(harness, 160, 90);
    wait_for(&stage, harness->element, "live", 1);
    canvas_fill(&stage.canvas, first, 200, 100, 50, 128);
    canvas_fill(&stage.canvas, second, 20, 30, 40, 200);
    stage_publish(&stage);
    wait_for(&stage, harness->element, "live", 2);
    GstVideoOverlayComposition *composition = pass_composed(harness);
    assert_non_null(composition);
    assert_int_equal(gst_video_overlay_composition_n_rectangles(composition), 3);
    check_rectangle(&stage.canvas, gst_video_overlay_composition_get_rectangle(composition, 0), first);
    check_rectangle(&stage.canvas, gst_video_overlay_composition_get_rectangle(composition, 1), second);
    check_rectangle(&stage.canvas, gst_video_overlay_composition_get_rectangle(composition, 2), third);
    for (int i = 0; i < 5; i++) {
        GstVideoOverlayComposition *again = pass_composed(harness);
        assert_ptr_equal(again, composition);
        gst_video_overlay_composition_unref(again);
    }
    /* One card changes: the others keep their numbers, and so their textures. */
    canvas_fill(&stage.canvas, second, 90, 30, 40, 200);
    frame_writer_publish(stage.writer, stage.canvas.pixels, 160 * 4, &second, 1);
    wait_for(&stage, harness->element, "live", 3);
    GstVideoOverlayComposition *other = pass_composed(harness);
    assert_int_not_equal(gst_video_overlay_composition_get_seqnum(other),
                         gst_video_overlay_composition_get_seqnum(composition));
    for (guint i = 0; i < 3; i++) {
        guint old = gst_video_overlay_rectangle_get_seqnum(gst_video_overlay_composition_get_rectangle(composition, i));
        guint new = gst_video_overlay_rectangle_get_seqnum(gst_video_overlay_composition_get_rectangle(other, i));
        assert_int_equal(old == new, i != 1);
    }
    check_rectangle(&stage.canvas, gst_video_overlay_composition_get_rectangle(other, 1), second);
    gst_video_overlay_composition_unref(composition);
    gst_video_overlay_composition_unref(other);
    canvas_fill(&stage.canvas, (struct frame_box){0, 0, 160, 90}, 0, 0, 0, 0);
    stage_publish(&stage);
    wait_for(&stage, harness->element, "live", 4);
    assert_null(pass_composed(harness));
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

/* Another element's composition stays, and ours comes over it. */
static void test_composition_over_another(void **state)
{
    static const struct frame_box mine = {10, 4, 60, 20};
    struct stage stage;
    stage_init(&stage, 160, 90);
    canvas_fill(&stage.canvas, mine, 200, 100, 50, 128);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    gst_harness_add_propose_allocation_meta(harness, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, NULL);
    set_dmabuf(harness, 160, 90);
    wait_for(&stage, harness->element, "live", 1);
    GstVideoOverlayComposition *ours = pass_composed(harness);
    GstBuffer *in = make_foreign();
    gst_buffer_add_video_overlay_composition_meta(in, ours);
    GstBuffer *kept = gst_buffer_ref(in), *out = pass(harness, in);
    GstVideoOverlayComposition *both = gst_buffer_get_video_overlay_composition_meta(out)->overlay;
    assert_int_equal(gst_video_overlay_composition_n_rectangles(both), 2);
    assert_ptr_equal(gst_buffer_get_video_overlay_composition_meta(kept)->overlay, ours);
    assert_int_equal(gst_video_overlay_composition_n_rectangles(ours), 1);
    gst_buffer_unref(out);
    gst_buffer_unref(kept);
    gst_video_overlay_composition_unref(ours);
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

static void test_composition_refused(void **state)
{
    struct stage stage;
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(harness->element, bus);
    set_dmabuf(harness, 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    for (guint64 n = 2; n < 5; n++) {
        assert_null(pass_composed(harness));
        stage_publish(&stage);
        wait_for(&stage, harness->element, "live", n);
    }
    GstMessage *warning = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(warning);
    gst_message_unref(warning);
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(harness->element, NULL);
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

/* Patience can be changed while it runs: the picture stays for all that, and the new times count. */
static void test_times_change(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    set_video(harness, &info, "I420", 64, 36);
    wait_for(&stage, harness->element, "live", 1);
    assert_blended(harness, &info, &stage.canvas, "before");
    g_object_set(harness->element, "stale-ms", 100, "keep-ms", -1, NULL);
    assert_blended(harness, &info, &stage.canvas, "right behind");
    frame_writer_destroy(stage.writer);
    stage.writer = NULL;
    wait_for(&stage, harness->element, "stale", 1);
    g_object_set(harness->element, "keep-ms", 0, NULL);
    wait_for(&stage, harness->element, "none", 0);
    assert_untouched(harness, &info);
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

/* What gst-inspect-1.0 shows: each property explained, and those that may change while it runs marked so. */
static void test_properties_are_documented(void **state)
{
    GstElement *element = gst_element_factory_make("antiphonoverlay", NULL);
    guint count = 0;
    GParamSpec **specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
    for (guint i = 0; i < count; i++) {
        if (specs[i]->owner_type != ANTIPHON_TYPE_OVERLAY)
            continue;
        if (strlen(g_param_spec_get_blurb(specs[i])) < 20)
            fail_msg("%s has no words", specs[i]->name);
        if ((specs[i]->flags & G_PARAM_WRITABLE) && !(specs[i]->flags & GST_PARAM_MUTABLE_PLAYING))
            fail_msg("%s cannot be changed while it runs", specs[i]->name);
    }
    g_free(specs);
    assert_true(g_object_class_find_property(G_OBJECT_GET_CLASS(element), "opacity")->flags & GST_PARAM_CONTROLLABLE);
    gst_object_unref(element);
}

/* The writer dies: its picture stays for the time set, then the video is clean; a new writer is found. */
static void test_writer_dies(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    struct error err = {0};
    stage_init(&stage, 64, 36);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    GstHarness *harness = make_harness(stage.path);
    g_object_set(harness->element, "stale-ms", 100, "keep-ms", 400, NULL);
    set_video(harness, &info, "I420", 64, 36);
    assert_untouched(harness, &info);
    wait_for(&stage, harness->element, "live", 1);
    frame_writer_destroy(stage.writer);
    stage.writer = NULL;
    wait_for(&stage, harness->element, "stale", 1);
    assert_blended(harness, &info, &stage.canvas, "stale");
    wait_for(&stage, harness->element, "none", 0);
    assert_untouched(harness, &info);
    stage.writer = frame_writer_create(
        &(struct frame_writer_options){.path = stage.path, .width_px = 64, .height_px = 36}, &err);
    assert_non_null(stage.writer);
    stage_publish(&stage);
    wait_for(&stage, harness->element, "live", 1);
    assert_blended(harness, &info, &stage.canvas, "new writer");
    gst_harness_teardown(harness);
    stage_fini(&stage);
}

/* ---- pipelines ---- */

static GstBuffer *next_buffer(GstElement *pipeline, const char *sink, GstVideoInfo *info)
{
    g_autoptr(GstElement) element = gst_bin_get_by_name(GST_BIN(pipeline), sink);
    g_autoptr(GstSample) sample = gst_app_sink_try_pull_sample(GST_APP_SINK(element), 20 * GST_SECOND);
    if (!sample)
        return NULL;
    assert_true(gst_video_info_from_caps(info, gst_sample_get_caps(sample)));
    return gst_buffer_ref(gst_sample_get_buffer(sample));
}

static GstElement *launch(const char *text)
{
    GError *error = NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline)
        fail_msg("%s", error->message);
    return pipeline;
}

static void finish(GstElement *pipeline)
{
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

/* Both branches show the same test picture; only one has the overlay. */
static void test_behind_tee(void **state)
{
    struct stage stage;
    stage_init(&stage, 160, 90);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    g_autofree char *text = g_strdup_printf(
        "videotestsrc pattern=ball ! video/x-raw,format=I420,width=160,height=90,framerate=100/1 ! tee name=t "
        "t. ! queue ! antiphonoverlay name=overlay socket=%s ! appsink name=a sync=false max-buffers=1 "
        "t. ! queue ! appsink name=b sync=false max-buffers=1", stage.path);
    GstElement *pipeline = launch(text);
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    wait_for(&stage, overlay, "live", 1);
    guint64 blended = 0;
    for (int i = 0; i < 400 && blended < 60; i++) {
        GstVideoInfo info;
        char where[256] = "";
        GstBuffer *a = next_buffer(pipeline, "a", &info), *b = next_buffer(pipeline, "b", &info);
        assert_non_null(a);
        assert_non_null(b);
        assert_int_equal(GST_BUFFER_PTS(a), GST_BUFFER_PTS(b));
        /* What was under way when the overlay came has none. */
        if (!is_same_content(a, b)) {
            if (!reference_agrees(&stage.canvas, &info, b, a, where))
                fail_msg("frame %d: %s", i, where);
            blended++;
        }
        gst_buffer_unref(a);
        gst_buffer_unref(b);
    }
    assert_int_equal(blended, 60);
    finish(pipeline);
    stage_fini(&stage);
}

/* A decoder's frames are its references as well: an overlay drawn into them would smear over the next ones. */
static void test_behind_decoder(void **state)
{
    struct stage stage;
    GstVideoInfo info;
    char where[256] = "";
    enum { FRAMES = 60 };
    stage_init(&stage, 160, 90);
    canvas_scribble(&stage.canvas, 2);
    stage_publish(&stage);
    static const char source[] =
        "videotestsrc pattern=ball num-buffers=60 ! video/x-raw,format=I420,width=160,height=90,framerate=30/1 ! "
        "x264enc speed-preset=ultrafast key-int-max=100 bframes=0 tune=zerolatency threads=1 ! h264parse ! avdec_h264 "
        "max-threads=1";
    g_autofree char *with = g_strdup_printf(
        "%s ! antiphonoverlay name=overlay socket=%s ! appsink name=a sync=false", source, stage.path);
    g_autofree char *without = g_strdup_printf("%s ! appsink name=a sync=false", source);
    GstElement *pipeline = launch(with), *plain = launch(without);
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    gst_element_set_state(plain, GST_STATE_PLAYING);
    /* Paused, the sink holds the first frame and all behind it until the overlay is there. */
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    wait_for(&stage, overlay, "live", 1);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    int blended = 0;
    for (int i = 0; i < FRAMES; i++) {
        GstBuffer *a = next_buffer(pipeline, "a", &info), *b = next_buffer(plain, "a", &info);
        assert_non_null(a);
        assert_non_null(b);
        if (!is_same_content(a, b)) {
            if (!reference_agrees(&stage.canvas, &info, b, a, where))
                fail_msg("frame %d: %s", i, where);
            blended++;
        }
        gst_buffer_unref(a);
        gst_buffer_unref(b);
    }
    assert_true(blended > FRAMES / 2);
    finish(pipeline);
    finish(plain);
    stage_fini(&stage);
}

/* ---- */

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    assert_true(antiphonoverlay_register());
    assert_non_null(mkdtemp(folder));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_show), cmocka_unit_test(test_every_format),
        cmocka_unit_test(test_pictures_follow), cmocka_unit_test(test_caps_change),
        cmocka_unit_test(test_flush),           cmocka_unit_test(test_late_frames_are_not_dropped),
        cmocka_unit_test(test_shared_buffer),
        cmocka_unit_test(test_properties),      cmocka_unit_test(test_writer_dies),
        cmocka_unit_test(test_times_change),
        cmocka_unit_test(test_properties_are_documented),
        cmocka_unit_test(test_opacity),         cmocka_unit_test(test_opacity_follows_pictures),
        cmocka_unit_test(test_instances_share_nothing),
        cmocka_unit_test(test_composition),     cmocka_unit_test(test_composition_over_another),
        cmocka_unit_test(test_composition_refused),
        cmocka_unit_test(test_behind_tee),      cmocka_unit_test(test_behind_decoder),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char *command = xasprintf("rm -rf '%s'", folder);
    if (system(command) != 0)
        failed++;
    free(command);
    return failed;
}
