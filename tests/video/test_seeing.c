/* What is measured and shown of an output: how long its encoder takes, and small pictures of what it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <gst/gst.h>

#include "base/error.h"
#include "base/memory.h"
#include "video/encode_meter.h"
#include "video/preview.h"
#include "video/setup.h"
#include "video/trouble.h"
#include "video/undertaker.h"

static GstElement *launch(const char *text)
{
    GError *error = NULL;
    GstElement *pipeline = gst_parse_launch(text, &error);
    if (!pipeline || error)
        fail_msg("%s: %s", text, error ? error->message : "");
    return pipeline;
}

static GstPad *pad_of(GstElement *pipeline, const char *element, const char *name)
{
    g_autoptr(GstElement) found = gst_bin_get_by_name(GST_BIN(pipeline), element);
    return gst_element_get_static_pad(found, name);
}

/* ---- The encoder's time ---- */

static void run_to_end(GstElement *pipeline)
{
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) end = gst_bus_timed_pop_filtered(bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(end);
    assert_int_equal(GST_MESSAGE_TYPE(end), GST_MESSAGE_EOS);
}

static void measure(const char *text, struct encode_times *times)
{
    GstElement *pipeline = launch(text);
    struct encode_meter *meter = encode_meter_create();
    g_autoptr(GstPad) in = pad_of(pipeline, "in", "src"), out = pad_of(pipeline, "out", "sink");
    encode_meter_watch(meter, in, out);
    run_to_end(pipeline);
    encode_meter_get(meter, times);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    encode_meter_destroy(meter);
}

#define SOURCE "videotestsrc num-buffers=20 ! video/x-raw,width=64,height=64,framerate=30/1 ! identity name=in "

static void test_slow(void **state)
{
    struct encode_times times;
    measure(SOURCE "! identity sleep-time=4000 ! identity name=out ! fakesink sync=false", &times);
    assert_true(times.median_ms >= 4 && times.median_ms < 400);
    assert_true(times.worst_ms >= times.median_ms);
}

/* Times are lifted by 1000 hours, pictures leave in another order, and ten of them wait inside. */
static void test_encoder(void **state)
{
    struct encode_times direct, ahead;
    g_autoptr(GstElementFactory) x264 = gst_element_factory_find("x264enc");
    if (!x264)
        skip();
    measure(SOURCE "! x264enc tune=zerolatency speed-preset=ultrafast ! identity name=out ! fakesink sync=false", &direct);
    assert_true(direct.median_ms > 0 && direct.median_ms <= direct.worst_ms && direct.worst_ms < 1000);
    measure(SOURCE "! identity sleep-time=4000 ! x264enc speed-preset=ultrafast bframes=2 b-adapt=false rc-lookahead=10 ! identity name=out "
        "! fakesink sync=false", &ahead);
    assert_true(ahead.median_ms > 4 * 4 && ahead.worst_ms < 5000);  // it waits for pictures that come every 4 ms
}

static void test_nothing(void **state)
{
    struct encode_meter *meter = encode_meter_create();
    struct encode_times times = {1, 1};
    encode_meter_get(meter, &times);
    assert_true(times.median_ms == 0 && times.worst_ms == 0);
    encode_meter_destroy(meter);
    encode_meter_destroy(NULL);
}

/* ---- Small pictures ---- */

struct seen {
    int count, width, height;
    size_t largest;
};

/* The size as the JPEG's frame header says it (ITU T.81, B.2.2). */
static void read_size(const unsigned char *jpeg, size_t len, struct seen *seen)
{
    assert_true(len > 4 && jpeg[0] == 0xff && jpeg[1] == 0xd8);
    for (size_t at = 2; at + 9 < len && jpeg[at] == 0xff; at += 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3])) {
        if (jpeg[at + 1] >= 0xc0 && jpeg[at + 1] <= 0xc2) {
            seen->height = jpeg[at + 5] << 8 | jpeg[at + 6];
            seen->width = jpeg[at + 7] << 8 | jpeg[at + 8];
        }
    }
}

static void handle_picture(void *data, const void *jpeg, size_t len)
{
    struct seen *seen = data;
    read_size(jpeg, len, seen);
    seen->largest = MAX(seen->largest, len);
    seen->count++;
}

static void wait_for(GMainContext *context, const struct seen *seen, int count)
{
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (seen->count < count && g_get_monotonic_time() < until) {
        if (!g_main_context_iteration(context, FALSE))
            g_usleep(1000);
    }
    assert_true(seen->count >= count);
}

static void look(const char *size, int width, int height)
{
    struct seen seen = {0};
    g_autofree char *text = g_strdup_printf("videotestsrc is-live=true pattern=snow ! video/x-raw,format=I420,%s,framerate=60/1 "
        "! identity name=in ! fakesink", size);
    GMainContext *context = g_main_context_new();
    GstElement *pipeline = launch(text);
    struct preview *preview =
        preview_create(&(struct preview_options){.context = context, .every_ms = 20, .data = &seen, .on_picture = handle_picture});
    g_autoptr(GstPad) pad = pad_of(pipeline, "in", "src");
    preview_watch(preview, pad);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    preview_set_wanted(preview, true);
    wait_for(context, &seen, 3);
    assert_int_equal(seen.width, width);
    assert_int_equal(seen.height, height);
    assert_true(seen.largest <= PREVIEW_BYTES_MAX);
    preview_set_wanted(preview, false);
    assert_true(undertaker_wait(5000));
    while (g_main_context_iteration(context, FALSE)) {}
    int count = seen.count;
    preview_set_wanted(preview, true);
    wait_for(context, &seen, count + 1);  // wanted again, made again
    preview_destroy(preview);
    count = seen.count;
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    assert_true(undertaker_wait(5000));
    while (g_main_context_iteration(context, FALSE)) {}
    assert_int_equal(seen.count, count);
    g_main_context_unref(context);
}

static void test_landscape(void **state)
{
    look("width=640,height=360", 320, 180);
}

static void test_portrait(void **state)
{
    look("width=270,height=480", 180, 320);
}

static void test_tiny(void **state)
{
    look("width=64,height=36", 64, 36);
}

/* ---- Trouble in one word ---- */

static void test_trouble(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"Could not connect to 127.0.0.1: Connection refused", "refused"},
        {"Failed to connect: Error resolving \u201Ca.example\u201D: Name or service not known", "unknown_host"},
        {"Socket I/O timed out", "unreachable"},
        {"Failed to open SRT: Connection does not exist", "unreachable"},
        {"Not authorized to connect: NetStream.Publish.BadName", "denied"},
        {"Error sending message: Connection reset by peer", "lost"},
        {"the other side takes nothing", "stalled"},
        {"waiting for a caller", "listening"},
        {"No space left on the resource", "disk"},
        {"GStreamer has no element \"x\"; install the package y", "missing"},
        {"recording \"/srv/a.mkv\": Permission denied", "folder"},
        {"folder \"/srv/www\": No such file or directory", "folder"},
        {"recording \"/srv/a.mkv\": No space left on device", "disk"},
        {"/dev/video9: Permission denied", ""},
        {"something new", ""},
        {"", ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_string_equal(trouble_name(cases[i].text), cases[i].name);
}

static int set_up(void **state)
{
    struct error err = {0};
    return setup_gstreamer(&err) ? 0 : -1;
}

/* The details as gst 1.22 sends them; the message alone would name neither the port nor the host. */
static void test_words_of_errors(void **state)
{
    static const struct {
        const char *message, *debug, *words;
    } cases[] = {
        {"Could not open resource for reading", "../ext/srt/gstsrtsrc.c(123): gst_srt_src_start (): /GstPipeline:p/GstSRTSrc:src:\n"
            "Failed to open SRT: Cannot bind to 127.0.0.1:7001 - Connection setup failure: unable to create/configure SRT socket",
            "the port cannot be opened: another program has it, or the address is not this machine's"},
        {"Could not get/set settings from/on resource.", "gstudpsrc.c(1446): gst_udpsrc_open (): /GstPipeline:p/GstUDPSrc:src:\n"
            "bind failed: Error binding to address 127.0.0.1:7001: Address already in use",
            "the port cannot be opened: another program has it, or the address is not this machine's"},
        {"Could not open resource for writing.", "gstsrtsink.c(160): gst_srt_sink_start (): /GstPipeline:p/GstSRTSink:sink:\n"
            "Failed to open SRT: Failed to resolve host 'a.example': Name or service not known",
            "Failed to resolve host 'a.example': Name or service not known"},
        {"Could not open resource for reading.", "gstsrtsrc.c(123): gst_srt_src_start ()", "Could not open resource for reading"},
        {"Could not open resource for reading.", NULL, "Could not open resource for reading"},
        {"Connection refused.", "a.c(1): f ():\nmore", "Connection refused"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, cases[i].message);
        g_autofree char *words = setup_words_of(error, cases[i].debug);
        assert_string_equal(words, cases[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_errors),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_encoder),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_landscape),
        cmocka_unit_test(test_portrait),
        cmocka_unit_test(test_tiny),
        cmocka_unit_test(test_trouble),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
