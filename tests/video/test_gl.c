/*
 * test_gl.c - antiphonoverlay on frames in GL memory against the same frames in system memory, on Mesa's software GL
 * without a screen. Tolerance: one step of 255 in each sample, since GL leaves it open how a blend is rounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gst/check/gstharness.h>
#include <gst/gl/gl.h>

#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "reference.h"
#include "video/antiphonoverlay.h"
#include "video/composite_gl.h"
#include "video/composition.h"

enum { WIDTH = 101, HEIGHT = 67, TOLERANCE = 1, LIMIT_US = 20 * G_USEC_PER_SEC, SKIPPED = 77 };

static char folder[] = "/tmp/antiphon-gl-XXXXXX";
static GstGLContext *context;
static GstVideoInfo info;

/* ---- frames ---- */

/* A copy of the frame in a texture, which alone is current: whoever wants the bytes must download them. */
static GstBuffer *make_gl_frame(GstBuffer *frame)
{
    GstGLMemoryAllocator *allocator = gst_gl_memory_allocator_get_default(context);
    GstGLVideoAllocationParams *params = gst_gl_video_allocation_params_new(context, NULL, &info, 0, NULL,
                                                                           GST_GL_TEXTURE_TARGET_2D, GST_GL_RGBA);
    GstBuffer *buffer = gst_buffer_new();
    GstVideoFrame from, to;
    assert_true(gst_gl_memory_setup_buffer(allocator, buffer, params, NULL, NULL, 0));
    assert_true(gst_video_frame_map(&from, &info, frame, GST_MAP_READ));
    assert_true(gst_video_frame_map(&to, &info, buffer, GST_MAP_WRITE));
    assert_true(gst_video_frame_copy(&to, &from));
    gst_video_frame_unmap(&to);
    gst_video_frame_unmap(&from);
    assert_true(gst_video_frame_map(&to, &info, buffer, GST_MAP_READWRITE | GST_MAP_GL));
    gst_video_frame_unmap(&to);
    gst_gl_allocation_params_free((GstGLAllocationParams *)params);
    gst_object_unref(allocator);
    return buffer;
}

static bool is_only_on_gpu(GstBuffer *buffer)
{
    return GST_MEMORY_FLAG_IS_SET(gst_buffer_peek_memory(buffer, 0), GST_GL_BASE_MEMORY_TRANSFER_NEED_DOWNLOAD);
}

static void assert_alike(GstBuffer *expected, GstBuffer *got)
{
    GstVideoFrame a, b;
    assert_true(gst_video_frame_map(&a, &info, expected, GST_MAP_READ));
    assert_true(gst_video_frame_map(&b, &info, got, GST_MAP_READ));
    for (int y = 0; y < info.height; y++) {
        const uint8_t *p = (const uint8_t *)a.data[0] + y * a.info.stride[0];
        const uint8_t *q = (const uint8_t *)b.data[0] + y * b.info.stride[0];
        for (int x = 0; x < info.width * 4; x++) {
            if (abs(p[x] - q[x]) > TOLERANCE)
                fail_msg("sample %d of pixel %d,%d: %d, not %d", x % 4, x / 4, y, q[x], p[x]);
        }
    }
    gst_video_frame_unmap(&a);
    gst_video_frame_unmap(&b);
}

/* ---- the element, beside one that works in system memory ---- */

struct stage {
    char *path;
    struct frame_writer *writer;
    struct canvas canvas;
    GstHarness *plain, *gl;
};

static GstHarness *make_harness(const struct stage *stage, const char *caps)
{
    GstElement *element = gst_element_factory_make("antiphonoverlay", NULL);
    g_object_set(element, "socket", stage->path, NULL);
    GstHarness *harness = gst_harness_new_with_element(element, "sink", "src");
    gst_harness_set_src_caps_str(harness, caps);
    gst_object_unref(element);
    return harness;
}

static void stage_init(struct stage *stage)
{
    static int count;
    stage->path = xasprintf("%s/%d.sock", folder, count++);
    stage->writer = frame_writer_create(
        &(struct frame_writer_options){.path = stage->path, .width_px = WIDTH, .height_px = HEIGHT}, NULL);
    assert_non_null(stage->writer);
    canvas_init(&stage->canvas, WIDTH, HEIGHT);
    stage->plain = make_harness(stage, "video/x-raw,format=RGBA,width=101,height=67,framerate=30/1");
    stage->gl = make_harness(
        stage, "video/x-raw(memory:GLMemory),format=RGBA,width=101,height=67,framerate=30/1,texture-target=2D");
}

static void stage_fini(struct stage *stage)
{
    gst_harness_teardown(stage->plain);
    gst_harness_teardown(stage->gl);
    frame_writer_destroy(stage->writer);
    canvas_fini(&stage->canvas);
    free(stage->path);
}

static void wait_for(struct stage *stage, GstElement *element, guint64 sequence)
{
    guint64 shown = 0;
    for (gint64 limit_us = g_get_monotonic_time() + LIMIT_US; g_get_monotonic_time() < limit_us; g_usleep(500)) {
        frame_writer_handle(stage->writer);
        g_object_get(element, "sequence", &shown, NULL);
        if (shown == sequence)
            return;
    }
    fail_msg("picture %d did not come", (int)sequence);
}

static void publish(struct stage *stage, guint64 sequence)
{
    frame_writer_publish(stage->writer, stage->canvas.pixels, WIDTH * 4, NULL, 0);
    wait_for(stage, stage->plain->element, sequence);
    wait_for(stage, stage->gl->element, sequence);
}

static GstBuffer *pass(GstHarness *harness, GstBuffer *buffer)
{
    assert_int_equal(gst_harness_push(harness, buffer), GST_FLOW_OK);
    return gst_harness_pull(harness);
}

static void assert_blended(struct stage *stage)
{
    GstBuffer *noise = reference_noise(&info, 4), *in = make_gl_frame(noise);
    const GstMemory *memory = gst_buffer_peek_memory(in, 0);
    GstBuffer *out = pass(stage->gl, in), *expected = pass(stage->plain, gst_buffer_copy_deep(noise));
    assert_ptr_equal(gst_buffer_peek_memory(out, 0), memory);
    assert_true(is_only_on_gpu(out));
    assert_alike(expected, out);
    gst_buffer_unref(out);
    gst_buffer_unref(expected);
    gst_buffer_unref(noise);
}

static void assert_untouched(struct stage *stage)
{
    GstBuffer *noise = reference_noise(&info, 4), *in = make_gl_frame(noise), *out = pass(stage->gl, in);
    guint64 blended;
    assert_ptr_equal(out, in);
    assert_alike(noise, out);
    gst_buffer_unref(out);
    gst_buffer_unref(noise);
    g_object_get(stage->gl->element, "blended", &blended, NULL);
    assert_int_equal(blended, 0);
}

static void test_pixels(void **state)
{
    struct stage stage;
    stage_init(&stage);
    publish(&stage, 1);
    assert_untouched(&stage);
    canvas_scribble(&stage.canvas, 2);
    publish(&stage, 2);
    for (int i = 0; i < 3; i++)
        assert_blended(&stage);
    canvas_fill(&stage.canvas, (struct frame_box){0, 0, WIDTH, HEIGHT}, 0, 0, 0, 0);
    canvas_fill(&stage.canvas, (struct frame_box){WIDTH - 9, HEIGHT - 5, WIDTH, HEIGHT}, 255, 128, 0, 255);
    canvas_fill(&stage.canvas, (struct frame_box){0, 0, 7, 3}, 0, 128, 255, 77);
    publish(&stage, 3);
    assert_blended(&stage);
    stage_fini(&stage);
}

/* Other sizes while it runs: the overlay is scaled to each. */
static void test_other_size(void **state)
{
    static const int sizes[][2] = {{202, 134}, {50, 33}, {WIDTH, HEIGHT}};
    struct stage stage;
    stage_init(&stage);
    canvas_scribble(&stage.canvas, 2);
    publish(&stage, 1);
    assert_blended(&stage);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        GstHarness *both[] = {stage.plain, stage.gl};
        gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGBA, (guint)sizes[i][0], (guint)sizes[i][1]);
        for (int n = 0; n < 2; n++) {
            g_autofree gchar *text = g_strdup_printf(
                "video/x-raw%s,format=RGBA,width=%d,height=%d,framerate=30/1%s", n ? "(memory:GLMemory)" : "", info.width,
                info.height, n ? ",texture-target=2D" : "");
            gst_harness_set_src_caps_str(both[n], text);
            wait_for(&stage, both[n]->element, 1);
        }
        assert_blended(&stage);
    }
    stage_fini(&stage);
}

/* What somebody else holds too is copied, on the GPU, and stays as it was. */
static void test_shared_texture(void **state)
{
    struct stage stage;
    stage_init(&stage);
    canvas_scribble(&stage.canvas, 2);
    publish(&stage, 1);
    GstBuffer *noise = reference_noise(&info, 4), *mine = make_gl_frame(noise);
    GstBuffer *out = pass(stage.gl, gst_buffer_copy(mine)), *expected = pass(stage.plain, gst_buffer_copy_deep(noise));
    assert_true(is_only_on_gpu(out));
    assert_true(is_only_on_gpu(mine));
    assert_alike(expected, out);
    assert_alike(noise, mine);
    gst_buffer_unref(out);
    gst_buffer_unref(expected);
    gst_buffer_unref(mine);
    gst_buffer_unref(noise);
    stage_fini(&stage);
}

/* Caps say GL memory and the frame is none: it passes, and one warning says so. */
static void test_lying_caps(void **state)
{
    struct stage stage;
    stage_init(&stage);
    canvas_scribble(&stage.canvas, 2);
    publish(&stage, 1);
    g_autoptr(GstBus) bus = gst_bus_new();
    gst_element_set_bus(stage.gl->element, bus);
    for (int i = 0; i < 3; i++) {
        GstBuffer *noise = reference_noise(&info, 4), *out = pass(stage.gl, gst_buffer_copy_deep(noise));
        assert_alike(noise, out);
        gst_buffer_unref(out);
        gst_buffer_unref(noise);
    }
    GstMessage *warning = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING);
    assert_non_null(warning);
    gst_message_unref(warning);
    assert_null(gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING));
    gst_element_set_bus(stage.gl->element, NULL);
    stage_fini(&stage);
}

/* ---- uploads ---- */

static uint64_t draw(struct composite_gl *composite, struct composer *composer, const struct canvas *canvas)
{
    struct error err = {0};
    struct blend_picture picture = {canvas->pixels, (size_t)canvas->width * 4, canvas->rows};
    GstVideoOverlayComposition *composition = NULL;
    GstBuffer *noise = reference_noise(&info, 4), *frame = make_gl_frame(noise);
    uint64_t before = composite_gl_uploaded(composite);
    assert_true(composer_make(composer, &picture, &composition));
    if (!composite_gl_draw(composite, &info, frame, composition, &err))
        fail_msg("%s", err.text);
    gst_video_overlay_composition_unref(composition);
    gst_buffer_unref(frame);
    gst_buffer_unref(noise);
    return composite_gl_uploaded(composite) - before;
}

static void test_only_news_are_uploaded(void **state)
{
    static const struct frame_box first = {3, 2, 90, 12}, second = {10, 40, 60, 60};
    struct canvas canvas;
    canvas_init(&canvas, WIDTH, HEIGHT);
    struct composite_gl *composite = composite_gl_create();
    struct composer *composer = composer_create(WIDTH, HEIGHT);
    canvas_fill(&canvas, first, 200, 100, 50, 128);
    canvas_fill(&canvas, second, 20, 30, 40, 200);
    assert_int_equal(draw(composite, composer, &canvas), 87 * 10 * 4 + 50 * 20 * 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(draw(composite, composer, &canvas), 0);
    canvas_fill(&canvas, (struct frame_box){20, 45, 30, 50}, 20, 30, 90, 200);
    assert_int_equal(draw(composite, composer, &canvas), 50 * 20 * 4);
    assert_int_equal(draw(composite, composer, &canvas), 0);
    composer_destroy(composer);
    composite_gl_destroy(composite);
    canvas_fini(&canvas);
}

/* ---- */

static bool make_context(void)
{
    g_setenv("GST_GL_PLATFORM", "egl", FALSE);
    g_setenv("GST_GL_WINDOW", "egl-device", FALSE);
    g_autoptr(GstGLDisplay) display = gst_gl_display_new();
    g_autoptr(GError) error = NULL;
    if (gst_gl_display_create_context(display, NULL, &context, &error))
        return true;
    g_printerr("no GL here: %s\n", error ? error->message : "no reason given");
    return false;
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    if (!make_context())
        return SKIPPED;
    assert_true(antiphonoverlay_register());
    assert_non_null(mkdtemp(folder));
    gst_gl_memory_init_once();
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGBA, WIDTH, HEIGHT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_other_size),
        cmocka_unit_test(test_shared_texture),
        cmocka_unit_test(test_lying_caps),
        cmocka_unit_test(test_only_news_are_uploaded),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gst_object_unref(context);
    char *command = xasprintf("rm -rf '%s'", folder);
    if (system(command) != 0)
        failed++;
    free(command);
    return failed;
}
