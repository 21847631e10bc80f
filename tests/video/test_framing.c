/*
 * test_framing.c - a picture brought to another shape: which part of it is seen and where it stands, to the pixel, in numbers
 * and in frames; what its ground costs and shows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "base/memory.h"
#include "video/framing.h"
#include "video/holding.h"
#include "video/program.h"

static void test_places(void **state)
{
    static const struct {
        struct framing framing;
        struct framing_box from, to;
    } cases[] = {
        // From wide to upright, the middle, the left edge, the right edge, and beyond it.
        {{1920, 1080, 1080, 1920, STUDIO_CROP, 0.5}, {656, 0, 608, 1080}, {0, 0, 1080, 1920}},
        {{1920, 1080, 1080, 1920, STUDIO_CROP, 0}, {0, 0, 608, 1080}, {0, 0, 1080, 1920}},
        {{1920, 1080, 1080, 1920, STUDIO_CROP, 1}, {1312, 0, 608, 1080}, {0, 0, 1080, 1920}},
        {{1920, 1080, 1080, 1920, STUDIO_CROP, 0.4}, {464, 0, 608, 1080}, {0, 0, 1080, 1920}},
        {{1920, 1080, 1080, 1920, STUDIO_PAD, 0.5}, {0, 0, 1920, 1080}, {0, 656, 1080, 608}},
        // From upright to wide: top and bottom are cut, or the sides are filled.
        {{1080, 1920, 1920, 1080, STUDIO_CROP, 0.25}, {0, 176, 1080, 608}, {0, 0, 1920, 1080}},
        {{1080, 1920, 1920, 1080, STUDIO_PAD, 0}, {0, 0, 1080, 1920}, {656, 0, 608, 1080}},
        // The same shape: no part is lost either way.
        {{1920, 1080, 1280, 720, STUDIO_CROP, 0}, {0, 0, 1920, 1080}, {0, 0, 1280, 720}},
        {{1920, 1080, 1280, 720, STUDIO_PAD, 0}, {0, 0, 1920, 1080}, {0, 0, 1280, 720}},
        {{320, 180, 180, 320, STUDIO_CROP, 0.5}, {110, 0, 102, 180}, {0, 0, 180, 320}},
        {{320, 180, 320, 320, STUDIO_PAD, 0.5}, {0, 0, 320, 180}, {0, 70, 320, 180}},
        // However thin.
        {{8192, 16, 16, 8192, STUDIO_CROP, 1}, {8190, 0, 2, 16}, {0, 0, 16, 8192}},
        {{8192, 16, 16, 8192, STUDIO_PAD, 1}, {0, 0, 8192, 16}, {0, 4096, 16, 2}},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct framing_box from, to;
        framing_place(&cases[i].framing, &from, &to);
        if (memcmp(&from, &cases[i].from, sizeof(from)) != 0 || memcmp(&to, &cases[i].to, sizeof(to)) != 0)
            fail_msg("case %zu: from %d,%d %dx%d to %d,%d %dx%d", i, from.x, from.y, from.width, from.height, to.x, to.y,
                to.width, to.height);
    }
}

/* Whatever the sizes: inside both pictures, even, and no more than a pixel off the right shape. */
static void test_any_sizes(void **state)
{
    uint32_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        int sides[4];
        for (int side = 0; side < 4; side++) {
            seed = seed * 1664525 + 1013904223;
            sides[side] = 16 + 2 * (int)((seed >> 8) % 2000);
        }
        struct framing framing = {sides[0], sides[1], sides[2], sides[3], i % 2 ? STUDIO_CROP : STUDIO_PAD, (i % 11) / 10.0};
        struct framing_box from, to, boxes[2];
        framing_place(&framing, &from, &to);
        boxes[0] = from, boxes[1] = to;
        for (int k = 0; k < 2; k++) {
            const struct framing_box *box = &boxes[k];
            assert_true(box->x >= 0 && box->y >= 0 && box->width >= 2 && box->height >= 2);
            assert_true(box->x + box->width <= sides[2 * k] && box->y + box->height <= sides[2 * k + 1]);
            assert_int_equal((box->x | box->y | box->width | box->height) & 1, 0);
        }
        // Either whole program or whole frame.
        assert_true((from.width == sides[0] && from.height == sides[1]) || (to.width == sides[2] && to.height == sides[3]));
    }
}

/* ---- in frames */

enum { WIDTH = 320, HEIGHT = 180 };

/* Luma says where in the program a pixel was: x to the right; chroma where below. */
static GstBuffer *make_picture(GstVideoInfo *info)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info->size, NULL);
    GstVideoFrame frame;
    assert_true(gst_video_frame_map(&frame, info, buffer, GST_MAP_WRITE));
    for (int plane = 0; plane < 3; plane++) {
        for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); y++) {
            guint8 *row = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, plane) + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
            for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane); x++)
                row[x] = (guint8)(plane == 0 ? 40 + x / 2 : plane == 1 ? 60 + y : 128);
        }
    }
    gst_video_frame_unmap(&frame);
    return buffer;
}

struct framed {
    GstHarness *harness;
    GstBuffer *buffer;
    GstVideoInfo info;
    GstVideoFrame frame;
};

static void frame(struct framed *framed, const struct framing *framing)
{
    g_autofree char *text = framing_describe(framing);
    assert_true(g_str_has_suffix(text, " ! "));
    g_autofree char *chain = g_strconcat(text, "identity", NULL);
    framed->harness = gst_harness_new_parse(chain);
    gst_harness_set_src_caps_str(framed->harness,
        "video/x-raw,format=I420,width=320,height=180,framerate=30/1,pixel-aspect-ratio=1/1,colorimetry=bt601,chroma-site=mpeg2");
    GstVideoInfo in;
    gst_video_info_set_format(&in, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
    assert_int_equal(gst_harness_push(framed->harness, make_picture(&in)), GST_FLOW_OK);
    framed->buffer = gst_harness_pull(framed->harness);
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(framed->harness->sinkpad);
    assert_true(gst_video_info_from_caps(&framed->info, caps));
    assert_int_equal(GST_VIDEO_INFO_WIDTH(&framed->info), framing->to_width_px);
    assert_int_equal(GST_VIDEO_INFO_HEIGHT(&framed->info), framing->to_height_px);
    assert_int_equal(GST_VIDEO_INFO_PAR_N(&framed->info), GST_VIDEO_INFO_PAR_D(&framed->info));
    assert_int_equal(framed->info.colorimetry.matrix, GST_VIDEO_COLOR_MATRIX_BT601);
    assert_true(gst_video_frame_map(&framed->frame, &framed->info, framed->buffer, GST_MAP_READ));
}

static void drop(struct framed *framed)
{
    gst_video_frame_unmap(&framed->frame);
    gst_buffer_unref(framed->buffer);
    gst_harness_teardown(framed->harness);
}

static int luma(const struct framed *framed, int x, int y)
{
    return ((guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&framed->frame, 0))[y * GST_VIDEO_FRAME_PLANE_STRIDE(&framed->frame, 0) + x];
}

static int blue(const struct framed *framed, int x, int y)
{
    return ((guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&framed->frame, 1))[y / 2 * GST_VIDEO_FRAME_PLANE_STRIDE(&framed->frame, 1) + x / 2];
}

/* Inside its place every pixel shows the right place of the program, to a pixel and a half. */
static void check_picture(const struct framed *framed, const struct framing *framing)
{
    struct framing_box from, to;
    framing_place(framing, &from, &to);
    for (int y = to.y + 4; y < to.y + to.height - 4; y += 7) {
        for (int x = to.x + 4; x < to.x + to.width - 4; x += 7) {
            double at_x = from.x + (x + 0.5 - to.x) * from.width / to.width;
            double at_y = from.y + (y + 0.5 - to.y) * from.height / to.height;
            double off_x = (luma(framed, x, y) - 40) * 2 + 1 - at_x, off_y = (blue(framed, x, y) - 60) * 2 + 1 - at_y;
            if (off_x < -2.5 || off_x > 2.5 || off_y < -3 || off_y > 3)
                fail_msg("%d,%d shows what is %.1f,%.1f off", x, y, off_x, off_y);
        }
    }
}

static void test_frames(void **state)
{
    static const struct framing cases[] = {
        {WIDTH, HEIGHT, 180, 320, STUDIO_CROP, 0.5}, {WIDTH, HEIGHT, 180, 320, STUDIO_CROP, 0},
        {WIDTH, HEIGHT, 180, 320, STUDIO_CROP, 1}, {WIDTH, HEIGHT, 180, 320, STUDIO_PAD, 0.5},
        {WIDTH, HEIGHT, 640, 200, STUDIO_CROP, 0.25}, {WIDTH, HEIGHT, 640, 200, STUDIO_PAD, 0.5},
        {WIDTH, HEIGHT, 160, 90, STUDIO_PAD, 0.5}, {WIDTH, HEIGHT, 480, 480, STUDIO_PAD, 0.5},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct framed framed;
        frame(&framed, &cases[i]);
        check_picture(&framed, &cases[i]);
        drop(&framed);
    }
}

/* Around a whole picture: darker than it, smooth, and the picture's edges are where they should be, to the pixel. */
static void test_ground(void **state)
{
    const struct framing framing = {WIDTH, HEIGHT, 180, 320, STUDIO_PAD, 0.5};
    struct framing_box from, to;
    struct framed framed;
    framing_place(&framing, &from, &to);
    frame(&framed, &framing);
    for (int x = 2; x < 178; x++) {
        for (int y = 0; y < 320; y++) {
            if (y >= to.y && y < to.y + to.height)
                continue;
            int here = luma(&framed, x, y), beside = luma(&framed, x + 1, y);
            assert_true(here >= 16 && here < 40 + (200 - 16) * 45 / 100);
            assert_true(here - beside < 6 && beside - here < 6);
        }
    }
    for (int x = 100; x < 176; x += 4) {  // where the picture is bright
        assert_true(luma(&framed, x, to.y) - luma(&framed, x, to.y - 1) > 25);
        assert_true(luma(&framed, x, to.y + to.height - 1) - luma(&framed, x, to.y + to.height) > 25);
    }
    drop(&framed);
}

static void test_nothing_to_do(void **state)
{
    const struct framing framing = {WIDTH, HEIGHT, WIDTH, HEIGHT, STUDIO_CROP, 0.1};
    g_autofree char *text = framing_describe(&framing);
    assert_string_equal(text, "");
}

/* The steepest step from a pixel to its neighbour in rows `from` to `to`, parts of the height. */
static int steepest(const guint8 *luma, double from, double to)
{
    int most = 0;
    for (int y = (int)(HEIGHT * from); y < (int)(HEIGHT * to); y++) {
        for (int x = 1; x < WIDTH; x++)
            most = MAX(most, abs(luma[y * WIDTH + x] - luma[y * WIDTH + x - 1]));
    }
    return most;
}

/* "Back soon" stands in the middle, up to 0.4 of the height (theme clear, three languages): no part of the sign is behind it. */
static void test_holding_leaves_room(void **state)
{
    struct program program;
    program_init(&program, WIDTH, HEIGHT, 30, 1);
    g_autoptr(GstBuffer) picture = holding_draw(&program);
    GstMapInfo map;
    assert_true(gst_buffer_map(picture, &map, GST_MAP_READ));
    assert_true(steepest(map.data, 0.05, 0.3) > 40);  // the sign
    assert_true(steepest(map.data, 0, 0.05) < 6);
    assert_true(steepest(map.data, 0.3, 1) < 6);
    gst_buffer_unmap(picture, &map);
    program_fini(&program);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    framing_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places), cmocka_unit_test(test_any_sizes), cmocka_unit_test(test_frames),
        cmocka_unit_test(test_ground), cmocka_unit_test(test_nothing_to_do), cmocka_unit_test(test_holding_leaves_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
