/*
 * The studio through its door: test input, the overlay of a view from a real frame stream, a recording; orders
 * and news. What was recorded is decoded again, and the pixels say what was on air.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "video/studio.h"

enum { WIDTH = 320, HEIGHT = 240, GENEROUS_MS = 30000 };

/* ---- A folder, an overlay that lives, a studio ---- */

struct stage {
    char folder[64];
    char *socket, *recording;
    struct frame_writer *writer;
    pthread_t thread;
    pthread_mutex_t lock;      // guards writer
    atomic_bool is_ending;
    atomic_int news[4];        // output events by state
};

static void *live(void *data)
{
    struct stage *stage = data;
    while (!stage->is_ending) {
        struct pollfd poll_fd = {.fd = frame_writer_fd(stage->writer), .events = POLLIN};
        poll(&poll_fd, 1, 50);
        pthread_mutex_lock(&stage->lock);
        frame_writer_handle(stage->writer);
        frame_writer_beat(stage->writer);
        pthread_mutex_unlock(&stage->lock);
    }
    return NULL;
}

static int set_up(void **state)
{
    struct stage *stage = xcalloc(1, sizeof(*stage));
    snprintf(stage->folder, sizeof(stage->folder), "/tmp/antiphon-pipeline-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    stage->socket = xasprintf("%s/frames-main.sock", stage->folder);
    stage->recording = xasprintf("%s/show.mkv", stage->folder);
    struct error err = {0};
    stage->writer = frame_writer_create(
        &(struct frame_writer_options){.path = stage->socket, .width_px = WIDTH, .height_px = HEIGHT}, &err);
    if (!stage->writer)
        fail_msg("%s", err.text);
    pthread_mutex_init(&stage->lock, NULL);
    pthread_create(&stage->thread, NULL, live, stage);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    stage->is_ending = true;
    pthread_join(stage->thread, NULL);
    frame_writer_destroy(stage->writer);
    char *command = xasprintf("rm -rf '%s'", stage->folder);
    int status = system(command);
    free(command), free(stage->socket), free(stage->recording);
    pthread_mutex_destroy(&stage->lock);
    free(stage);
    return status;
}

/* A magenta box in the lower left, or nothing. Neither test pattern nor holding picture has its colour there. */
static void publish(struct stage *stage, bool is_on_air)
{
    uint32_t *pixels = xcalloc(WIDTH * HEIGHT, sizeof(*pixels));
    for (int y = 150; is_on_air && y < 230; y++) {
        for (int x = 10; x < 110; x++)
            pixels[y * WIDTH + x] = 0xffff00ff;
    }
    pthread_mutex_lock(&stage->lock);
    frame_writer_publish(stage->writer, pixels, WIDTH * sizeof(*pixels), NULL, 0);
    pthread_mutex_unlock(&stage->lock);
    free(pixels);
}

static void handle_event(void *data, const struct studio_event *event)
{
    struct stage *stage = data;
    if (event->kind == STUDIO_EVENT_OUTPUT)
        stage->news[event->state]++;
}

static struct studio *open_studio(struct stage *stage, struct error *err)
{
    const struct studio_output_options output = {
        .name = "file", .view = "main", .frame_socket = stage->socket, .to = stage->recording, .bitrate_kbps = 2000,
    };
    return studio_create(&(struct studio_options){
        .width_px = WIDTH, .height_px = HEIGHT, .input = "test", .outputs = &output, .output_count = 1,
        .on_event = handle_event, .data = stage,
    }, err);
}

static struct studio_output_health output_health(struct studio *studio)
{
    struct studio_health health;
    studio_get_health(studio, &health);
    assert_int_equal(health.output_count, 1);
    return health.outputs[0];
}

/* Waits until the output has taken `frames` more pictures. */
static void pass(struct studio *studio, uint64_t frames)
{
    uint64_t until = output_health(studio).frames + frames;
    int64_t limit_ms = clock_monotonic_ms() + GENEROUS_MS;
    while (output_health(studio).frames < until) {
        if (clock_monotonic_ms() > limit_ms)
            fail_msg("only %lu pictures", (unsigned long)output_health(studio).frames);
        poll(NULL, 0, 5);
    }
}

static void wait_state(struct studio *studio, enum studio_state state)
{
    int64_t limit_ms = clock_monotonic_ms() + GENEROUS_MS;
    while (output_health(studio).state != state) {
        if (clock_monotonic_ms() > limit_ms)
            fail_msg("output is %s: %s", studio_state_name(output_health(studio).state), output_health(studio).text);
        poll(NULL, 0, 5);
    }
}

/* ---- What was recorded ---- */

struct seen {
    size_t count, with_box, holding;
    int64_t worst_gap_ns;  // how far two pictures are from one frame apart
};

static void look_at(GstSample *sample, struct seen *seen, GstClockTime *last)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    assert_true(gst_buffer_map(buffer, &map, GST_MAP_READ));
    const guint8 *luma = map.data, *cb = luma + WIDTH * HEIGHT, *cr = cb + WIDTH * HEIGHT / 4;
    size_t at = 95 * (WIDTH / 2) + 30;  // of (60, 190)
    seen->with_box += cb[at] > 170 && cr[at] > 190;
    seen->holding += luma[10 * WIDTH + 10] < 40;
    seen->count++;
    if (GST_CLOCK_TIME_IS_VALID(*last)) {
        int64_t gap = llabs((int64_t)(GST_BUFFER_PTS(buffer) - *last) - GST_SECOND / 30);
        seen->worst_gap_ns = gap > seen->worst_gap_ns ? gap : seen->worst_gap_ns;
    }
    *last = GST_BUFFER_PTS(buffer);
    gst_buffer_unmap(buffer, &map);
}

static struct seen watch_recording(const char *path)
{
    char *text = xasprintf("filesrc location=%s ! matroskademux ! h264parse ! avdec_h264 ! videoconvert ! "
        "video/x-raw,format=I420 ! appsink name=sink sync=false", path);
    GstElement *pipeline = gst_parse_launch(text, NULL);
    free(text);
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    struct seen seen = {0};
    GstClockTime last = GST_CLOCK_TIME_NONE;
    for (GstSample *sample; (sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 10 * GST_SECOND));) {
        look_at(sample, &seen, &last);
        gst_sample_unref(sample);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(sink);
    gst_object_unref(pipeline);
    return seen;
}

static void expect_continuous(const struct seen *seen, size_t least)
{
    if (seen->count < least)
        fail_msg("%zu pictures recorded, expected %zu", seen->count, least);
    if (seen->worst_gap_ns > 1100000)
        fail_msg("a gap of %ld us", (long)(seen->worst_gap_ns / 1000));
}

/* ---- Tests ---- */

static void test_overlay(void **state)
{
    struct stage *stage = *state;
    struct error err;
    struct studio *studio = open_studio(stage, &err);
    if (!studio)
        fail_msg("%s", err.text);
    wait_state(studio, STUDIO_LIVE);
    pass(studio, 30);
    publish(stage, true);
    pass(studio, 60);
    publish(stage, false);
    pass(studio, 30);
    struct studio_output_health health = output_health(studio);
    assert_string_equal(health.to, stage->recording);
    assert_string_equal(health.view, "main");
    assert_int_equal(health.dropped, 0);
    studio_destroy(studio);
    struct seen seen = watch_recording(stage->recording);
    expect_continuous(&seen, 115);
    if (seen.with_box < 50 || seen.with_box > 70)
        fail_msg("the overlay is on %zu of %zu pictures, expected about 60", seen.with_box, seen.count);
}

static void test_orders(void **state)
{
    struct stage *stage = *state;
    struct error err;
    struct studio *studio = open_studio(stage, &err);
    assert_non_null(studio);
    publish(stage, true);
    wait_state(studio, STUDIO_LIVE);
    pass(studio, 30);
    assert_true(studio_blank_output(studio, "file", true, &err));
    pass(studio, 60);
    assert_true(output_health(studio).is_blank);
    assert_true(studio_start_output(studio, "file", &err));  // shown again
    pass(studio, 30);
    assert_false(output_health(studio).is_blank);
    assert_true(studio_stop_output(studio, "file", &err));
    wait_state(studio, STUDIO_OFF);
    assert_true(studio_start_output(studio, "file", &err));
    wait_state(studio, STUDIO_LIVE);
    pass(studio, 30);
    assert_false(studio_stop_output(studio, "nobody", &err));
    assert_non_null(strstr(err.text, "nobody"));
    studio_destroy(studio);
    assert_true(stage->news[STUDIO_LIVE] >= 2 && stage->news[STUDIO_OFF] >= 2);

    struct seen seen = watch_recording(stage->recording);
    expect_continuous(&seen, 110);
    if (seen.holding < 50)
        fail_msg("%zu pictures of the blank output hold", seen.holding);
    size_t first = 12;  // before the input's first picture the overlay lies on the holding picture
    if (seen.with_box + seen.holding > seen.count + first)
        fail_msg("a blank output shows no overlay: %zu with it, %zu holding, of %zu", seen.with_box,
            seen.holding, seen.count);
    char *second = xasprintf("%s/show-2.mkv", stage->folder);
    seen = watch_recording(second);
    expect_continuous(&seen, 25);
    free(second);
}

/* The overlay dies, lies still, comes back: every picture is there. */
static void test_overlay_gone(void **state)
{
    struct stage *stage = *state;
    struct error err;
    publish(stage, true);
    struct studio *studio = open_studio(stage, &err);
    assert_non_null(studio);
    wait_state(studio, STUDIO_LIVE);
    pass(studio, 30);
    pthread_mutex_lock(&stage->lock);  // no heartbeat, no answer
    pass(studio, 60);
    assert_true(frame_writer_resize(stage->writer, WIDTH / 2, HEIGHT / 2, &err));
    pthread_mutex_unlock(&stage->lock);
    pass(studio, 30);
    assert_int_equal(output_health(studio).dropped, 0);
    studio_destroy(studio);
    struct seen seen = watch_recording(stage->recording);
    expect_continuous(&seen, 115);
    assert_true(seen.with_box > 20);
}

static void test_refusals(void **state)
{
    struct stage *stage = *state;
    const struct studio_output_options to_nowhere = {.name = "x", .to = "nowhere"};
    const struct studio_output_options twins[] = {
        {.name = "twin", .to = "/tmp/antiphon-never-1.mkv"}, {.name = "twin", .to = "/tmp/antiphon-never-2.mkv"}};
    const struct {
        struct studio_options options;
        const char *says;
    } cases[] = {
        {{.width_px = 33, .height_px = 17}, "33x17"},
        {{.width_px = 100000, .height_px = 100}, "100000x100"},
        {{.fps_num = 1000, .fps_den = 1}, "1000/1"},
        {{.input = ""}, "input is empty"},
        {{.width_px = WIDTH, .height_px = HEIGHT, .outputs = &to_nowhere, .output_count = 1}, "\"nowhere\""},
        {{.width_px = WIDTH, .height_px = HEIGHT, .outputs = twins, .output_count = 2},
            "two outputs are called \"twin\""},
    };
    (void)stage;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        struct studio *studio = studio_create(&cases[i].options, &err);
        assert_null(studio);
        if (!strstr(err.text, cases[i].says))
            fail_msg("expected \"%s\" in \"%s\"", cases[i].says, err.text);
    }
    assert_int_equal(access("/tmp/antiphon-never-1.mkv", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_overlay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_orders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlay_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
