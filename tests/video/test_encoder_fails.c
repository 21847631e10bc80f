/*
 * An encoder that is a device hangs while it is on air, or fails again and again: the picture goes on with the next one, and
 * no other output notices. The device is one of the test's own, that takes the first candidate's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/studio.h"

enum { GENEROUS_MS = 30000, GOOD_FRAMES = 20 };

/* ---- The device ---- */

typedef struct {
    GstBin base;
    atomic_int frames;
} Device;
typedef struct {
    GstBinClass base;
} DeviceClass;

GType device_get_type(void);
G_DEFINE_TYPE(Device, device, GST_TYPE_BIN)

static atomic_bool must_hang, can_recover, is_over;
static atomic_int hanging;
static int failing_width_px;     // other sizes are encoded for ever
static atomic_int failures_left;  // of what is in the device and is well again; the device itself fails for ever

static bool is_failing(GstPad *pad)
{
    int width_px = 0;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    return caps && gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width_px) && width_px == failing_width_px;
}

/* False: no more. */
static bool fail_inside(Device *device)
{
    if (failures_left <= 0)
        return false;
    failures_left--;
    GST_ELEMENT_ERROR(GST_BIN(device)->children->data, STREAM, ENCODE, ("the device stumbles"), (NULL));
    return true;
}

static GstPadProbeReturn handle_frame(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    Device *device = data;
    if (++device->frames < GOOD_FRAMES || !is_failing(pad))
        return GST_PAD_PROBE_OK;
    if (can_recover)
        return fail_inside(device) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
    if (!must_hang) {
        GST_ELEMENT_ERROR(device, STREAM, ENCODE, ("the device is gone"), (NULL));
        return GST_PAD_PROBE_DROP;
    }
    hanging++;
    while (!is_over)
        g_usleep(1000);
    hanging--;
    return GST_PAD_PROBE_DROP;
}

static void add_pad(Device *device, GstElement *inner, const char *name)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(inner, name);
    gst_element_add_pad(GST_ELEMENT(device), gst_ghost_pad_new(name, pad));
    if (strcmp(name, "src") == 0)
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, handle_frame, device, NULL);
}

static void device_init(Device *device)
{
    GstElement *inner = gst_element_factory_make("x264enc", NULL);
    gst_util_set_object_arg(G_OBJECT(inner), "tune", "zerolatency");
    gst_util_set_object_arg(G_OBJECT(inner), "speed-preset", "ultrafast");
    gst_bin_add(GST_BIN(device), inner);
    add_pad(device, inner, "sink"), add_pad(device, inner, "src");
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
}

/* What encoder.c sets of it. */
static void device_class_init(DeviceClass *class)
{
    GObjectClass *object = G_OBJECT_CLASS(class);
    static const char *const names[] = {"preset", "rc-mode", "bitrate", "gop-size", "bframes", "zerolatency"};
    object->set_property = set_property;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_object_class_install_property(object, i + 1, g_param_spec_string(names[i], NULL, NULL, NULL, G_PARAM_WRITABLE));
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(class), "device", "Codec/Encoder/Video", "of a test", "a test");
    gst_element_class_add_pad_template(GST_ELEMENT_CLASS(class),
        gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_CAPS_ANY));
    gst_element_class_add_pad_template(GST_ELEMENT_CLASS(class),
        gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_CAPS_ANY));
}

/* ---- The show ---- */

static struct studio_output_health look_at(struct studio *studio, size_t output)
{
    struct studio_health health;
    studio_get_health(studio, &health);
    return health.outputs[output];
}

static struct studio_output_health look(struct studio *studio)
{
    return look_at(studio, 0);
}

static void wait_for(struct studio *studio, const char *encoder, uint64_t frames)
{
    int64_t limit_ms = clock_monotonic_ms() + GENEROUS_MS;
    for (;;) {
        struct studio_output_health output = look(studio);
        if (strcmp(output.encoder, encoder) == 0 && output.frames >= frames && output.state == STUDIO_LIVE)
            return;
        if (clock_monotonic_ms() > limit_ms)
            fail_msg("encoder %s, %lu pictures, %s: %s", output.encoder, (unsigned long)output.frames,
                studio_state_name(output.state), output.text);
        poll(NULL, 0, 10);
    }
}

static void handle_event(void *data, const struct studio_event *event)
{
    atomic_bool *is_told = data;
    if (event->kind == STUDIO_EVENT_OUTPUT && strstr(event->text, "the next encoder's pictures do not go into the same file"))
        *is_told = true;
}

/* A size of its own each: what is known of a device is known by size. */
static void play(bool hangs, int width_px)
{
    char folder[] = "/tmp/antiphon-encoder-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *file = xasprintf("%s/show.mkv", folder), *command = xasprintf("rm -rf '%s'", folder);
    must_hang = hangs;
    is_over = false;
    failing_width_px = width_px;
    atomic_bool is_told = false;
    struct error err;
    struct studio *studio = studio_create(&(struct studio_options){.width_px = width_px, .height_px = 180, .input = "test",
        .on_event = handle_event, .data = &is_told,
        .outputs = &(struct studio_output_options){.name = "file", .to = file}, .output_count = 1}, &err);
    if (!studio)
        fail_msg("%s", err.text);
    wait_for(studio, "nvh264enc", GOOD_FRAMES / 2);
    wait_for(studio, "x264enc", 0);
    wait_for(studio, "x264enc", look(studio).frames + 30);
    assert_int_equal(hanging, hangs);
    assert_true(is_told);  // why the recording goes on in a new file
    is_over = true;
    studio_destroy(studio);
    assert_int_equal(system(command), 0);
    free(file), free(command);
}

static void test_hangs(void **state)
{
    play(true, 320);
}

static void test_fails(void **state)
{
    play(false, 336);
}

/* Waits until the first output says that its encoder failed. */
static void wait_trouble(struct studio *studio)
{
    int64_t limit_ms = clock_monotonic_ms() + GENEROUS_MS;
    while (strcmp(look(studio).why, "encoder") != 0) {
        assert_true(clock_monotonic_ms() < limit_ms);
        poll(NULL, 0, 5);
    }
    assert_string_equal(look(studio).text, "the encoder failed: the device stumbles");
}

/* Every picture one frame behind the one before, as another program's container has them. */
static int count_whole(const char *path)
{
    g_autofree char *text = g_strdup_printf("filesrc location=%s ! matroskademux ! h264parse ! appsink name=sink sync=false", path);
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, NULL), sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    int count = 0;
    GstClockTime last = 0;
    for (GstSample *sample; (sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))); count++) {
        GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
        if (count > 0 && llabs((int64_t)(pts - last) - GST_SECOND / 30) > 2 * GST_MSECOND)
            fail_msg("%s: a picture at %lu ms, then at %lu ms", path, (unsigned long)(last / GST_MSECOND), (unsigned long)(pts / GST_MSECOND));
        last = pts;
        gst_sample_unref(sample);
    }
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return count;
}

/* Two sizes, so two encodes by the same device: one fails, the other does not notice, nor does either recording end. */
static void test_fails_alone(void **state)
{
    char folder[] = "/tmp/antiphon-encoder-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *broken = xasprintf("%s/broken.mkv", folder), *whole = xasprintf("%s/whole.mkv", folder);
    char *command = xasprintf("rm -rf '%s'", folder);
    must_hang = false;
    can_recover = true;
    failures_left = 2;  // the second is not tried again at once
    failing_width_px = 304;
    struct error err;
    const struct studio_output_options outputs[] = {
        {.name = "broken", .to = broken, .width_px = 304, .height_px = 180}, {.name = "whole", .to = whole}};
    struct studio *studio = studio_create(&(struct studio_options){.width_px = 320, .height_px = 160, .input = "test",
        .outputs = outputs, .output_count = 2}, &err);
    if (!studio)
        fail_msg("%s", err.text);
    wait_trouble(studio);
    assert_string_equal(look_at(studio, 1).why, "");
    wait_for(studio, "nvh264enc", look(studio).frames + 30);
    assert_string_equal(look(studio).text, "");
    struct studio_output_health other = look_at(studio, 1);
    assert_string_equal(other.encoder, "nvh264enc");
    assert_string_equal(other.text, "");
    assert_int_equal(other.dropped + other.restarts + look(studio).restarts, 0);
    assert_string_equal(look(studio).to, broken);  // the same file goes on
    studio_destroy(studio);
    assert_true(count_whole(whole) >= 60);
    assert_int_equal(system(command), 0);
    free(broken), free(whole), free(command);
}

static int set_up(void **state)
{
    gst_init(NULL, NULL);
    g_autoptr(GstElementFactory) x264 = gst_element_factory_find("x264enc");
    return x264 && gst_element_register(NULL, "nvh264enc", GST_RANK_NONE, device_get_type()) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hangs), cmocka_unit_test(test_fails),
        cmocka_unit_test(test_fails_alone)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
