/* The number in the picture: every one comes back, also through a coarse encoder, and no other picture has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "base/memory.h"
#include "video/marker.h"

static void test_every_number(void **state)
{
    const struct {
        int width, height;
    } sizes[] = {{112, 16}, {113, 64}, {320, 180}, {1080, 1920}, {1920, 1080}};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        size_t stride = (size_t)sizes[i].width + 7;
        uint8_t *luma = xcalloc(stride, (size_t)sizes[i].height);
        for (int number = 0; number < 65536; number += i == 0 ? 1 : 997) {
            uint16_t found = 0;
            marker_draw(luma, stride, sizes[i].width, sizes[i].height, (uint16_t)number);
            assert_true(marker_read(luma, stride, sizes[i].width, sizes[i].height, &found));
            assert_int_equal(found, number);
        }
        free(luma);
    }
}

static void test_nothing_there(void **state)
{
    enum { WIDTH = 320, HEIGHT = 180 };
    uint8_t *luma = xcalloc(WIDTH, HEIGHT);
    uint16_t found;
    for (int level = 0; level < 256; level += 5) {
        memset(luma, level, WIDTH * HEIGHT);
        assert_false(marker_read(luma, WIDTH, WIDTH, HEIGHT, &found));
    }
    assert_false(marker_read(luma, WIDTH, MARKER_WIDTH_MIN_PX - 1, HEIGHT, &found));
    // Each single block that is wrong is noticed.
    for (int block = 0; block < 28; block++) {
        marker_draw(luma, WIDTH, WIDTH, HEIGHT, 0x5A3C);
        for (int row = 0; row < marker_height(HEIGHT); row++) {
            for (int x = WIDTH * block / 28; x < WIDTH * (block + 1) / 28; x++)
                luma[row * WIDTH + x] = (uint8_t)(251 - luma[row * WIDTH + x]);
        }
        assert_false(marker_read(luma, WIDTH, WIDTH, HEIGHT, &found));
    }
    free(luma);
}

/* Pictures of noise below, at a rate that leaves little of them. */
static void test_through_an_encoder(void **state)
{
    enum { WIDTH = 320, HEIGHT = 180, COUNT = 30 };
    GstElement *pipeline = gst_parse_launch("appsrc name=in format=time ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! "
        "x264enc tune=zerolatency speed-preset=ultrafast bitrate=150 ! avdec_h264 max-threads=1 ! appsink name=out sync=false", NULL);
    assert_non_null(pipeline);
    g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    g_autoptr(GstElement) out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    for (int i = 0; i < COUNT; i++) {
        GstBuffer *buffer = gst_buffer_new_allocate(NULL, WIDTH * HEIGHT * 3 / 2, NULL);
        GstMapInfo map;
        gst_buffer_map(buffer, &map, GST_MAP_WRITE);
        for (size_t k = 0; k < map.size; k++)
            map.data[k] = k < WIDTH * HEIGHT ? (uint8_t)(k * 2654435761u >> 24) : 128;
        marker_draw(map.data, WIDTH, WIDTH, HEIGHT, (uint16_t)(40000 + i));
        gst_buffer_unmap(buffer, &map);
        GST_BUFFER_PTS(buffer) = gst_util_uint64_scale((guint64)i, GST_SECOND, 30);
        assert_int_equal(gst_app_src_push_buffer(GST_APP_SRC(in), buffer), GST_FLOW_OK);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in));
    for (int i = 0; i < COUNT; i++) {
        g_autoptr(GstSample) sample = gst_app_sink_try_pull_sample(GST_APP_SINK(out), 10 * GST_SECOND);
        assert_non_null(sample);
        GstMapInfo map;
        uint16_t found = 0;
        gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ);
        assert_true(marker_read(map.data, WIDTH, WIDTH, HEIGHT, &found));
        assert_int_equal(found, 40000 + i);
        gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number), cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_through_an_encoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
