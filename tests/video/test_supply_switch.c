/*
 * One output goes from one picture to another, with renditions of the test's own: whenever their key frames come, no
 * picture and no sound is missing or twice. Time is the test's: the program's beginning is moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/program.h"
#include "video/pump.h"
#include "video/rendition.h"
#include "video/setup.h"
#include "video/supply.h"

enum { TICK_MS = 40, SOUND_MS = 20, SOUND_LAG_MS = 40, SWITCH_MS = 1000, END_MS = 2400, ROUNDING_NS = 1000 };

/* ---- In place of what makes packets ---- */

struct rendition {
    struct rendition_sink *sink;  // NULL: nobody listens
    int64_t key_ms[4];            // pictures that are key frames, besides the one that is asked for when it is joined
    int behind_ms;                // how much later than its tick a picture comes
    bool reorders;
    int64_t late_ms;              // by so much the asked one is moved
};

static struct rendition blank, shown;
static struct pump_sink *ticks;

struct rendition *renditions_join(struct renditions *renditions, const struct rendition_key *key, int64_t *from_ns,
    struct rendition_sink *sink)
{
    struct rendition *rendition = key->is_blank ? &blank : &shown;
    *from_ns += rendition->late_ms * NS_PER_MS;
    rendition_request_key(rendition, *from_ns);
    rendition->sink = sink;
    return rendition;
}

void renditions_leave(struct renditions *renditions, struct rendition *rendition, struct rendition_sink *sink)
{
    if (rendition->sink == sink)
        rendition->sink = NULL;
}

int64_t rendition_request_key(struct rendition *rendition, int64_t from_ns)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rendition->key_ms); i++) {
        if (rendition->key_ms[i] < 0) {
            rendition->key_ms[i] = from_ns / NS_PER_MS;
            break;
        }
    }
    return from_ns;
}

bool rendition_reorders(const struct rendition *rendition)
{
    return rendition->reorders;
}

void rendition_get_health(struct rendition *rendition, struct rendition_health *health)
{
    *health = (struct rendition_health){0};
}

void pump_add_sink(struct pump *pump, struct pump_sink *sink)
{
    ticks = sink;
}

void pump_remove_sink(struct pump *pump, struct pump_sink *sink)
{
    ticks = NULL;
}

static bool is_key(const struct rendition *rendition, int64_t ms)
{
    bool is_one = false;
    for (size_t i = 0; i < ARRAY_LENGTH(rendition->key_ms); i++)
        is_one = is_one || rendition->key_ms[i] == ms;
    return is_one;
}

static void give(const struct rendition *rendition, enum packet_kind kind, int64_t ms)
{
    if (!rendition->sink || ms < 0)
        return;
    g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(NULL, 1, NULL);
    g_autoptr(GstCaps) caps = gst_caps_new_empty_simple("test/x-packet");
    GstSample *sample = gst_sample_new(buffer, caps, NULL, NULL);
    int64_t duration_ms = kind == PACKET_VIDEO ? TICK_MS : SOUND_MS;
    int64_t early_ms = kind == PACKET_VIDEO ? rendition->behind_ms : 0;
    rendition->sink->push(rendition->sink, &(struct packet){
        .kind = kind, .is_key = kind == PACKET_AUDIO || is_key(rendition, ms),
        .pts_ns = ms * NS_PER_MS - (kind == PACKET_AUDIO ? ROUNDING_NS : 0),
        .dts_ns = (ms - early_ms) * NS_PER_MS, .duration_ns = duration_ms * NS_PER_MS, .sample = sample});
    gst_sample_unref(sample);
}

static void make(const struct rendition *rendition, int64_t now_ms)
{
    if (now_ms % TICK_MS == 0)
        give(rendition, PACKET_VIDEO, now_ms - rendition->behind_ms);
    give(rendition, PACKET_AUDIO, now_ms - SOUND_LAG_MS);
}

/* ---- The output ---- */

static void drain(GstElement *pipeline, const char *name)
{
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), name);
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (gst_app_src_get_current_level_buffers(GST_APP_SRC(source)) > 0) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(50);
    }
}

static void expect_whole(const char *name, GstElement *pipeline, const char *sink_name, int step_ms)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), sink_name);
    int count = 0;
    int64_t last_ms = 0;
    for (GstSample *sample; (sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))); count++) {
        int64_t ms = ((int64_t)GST_BUFFER_PTS(gst_sample_get_buffer(sample)) + ROUNDING_NS) / NS_PER_MS;
        if (count > 0 && ms != last_ms + step_ms)
            fail_msg("%s: %s: %d ms after %d", name, sink_name, (int)ms, (int)last_ms);
        last_ms = ms;
        gst_sample_unref(sample);
    }
    if (count < (END_MS - 300) / step_ms)
        fail_msg("%s: %s: only %d packets", name, sink_name, count);
}

/* ---- Cases ---- */

static const struct {
    const char *name;
    bool to_blank;
    int behind_ms;         // the rendition that is gone to
    int early_key_ms;      // it has a key frame by itself here; 0: none
    int late_ms;
    int delay_ms;
} cases[] = {
    {"to blank", true},
    {"to blank, from what is late", true, .delay_ms = 400},
    {"to blank, from what is late, too late for the picture that was meant", true, .late_ms = 2 * TICK_MS, .delay_ms = 400},
    {"and back to what is late", false, .delay_ms = 400},
    {"and back", false},
    {"back, and a key frame of its own comes before", false, 0, SWITCH_MS + 160},
    {"back to one with B-frames", false, 2 * TICK_MS},
    {"back, with a key frame that is too old already", false, 2 * TICK_MS, SWITCH_MS + 160},
    {"to blank, with a key frame that is too old already", true, 2 * TICK_MS, SWITCH_MS - TICK_MS},
    {"to blank, too late for the picture that was meant", true, 0, 0, 2 * TICK_MS},
};

static void set_now(struct program *program, int64_t ms)
{
    program->base = gst_clock_get_time(program->clock) - (GstClockTime)(ms * NS_PER_MS);
}

static void play(struct supply *supply, struct program *program, GstElement *pipeline, bool to_blank)
{
    for (int64_t ms = 0; ms <= END_MS; ms += SOUND_MS) {
        set_now(program, ms);
        if (ms == 0)
            supply_open(supply, pipeline);
        if (ms == SWITCH_MS)
            supply_set_blank(supply, to_blank);
        make(to_blank ? &shown : &blank, ms);
        make(to_blank ? &blank : &shown, ms);
        ticks->push(ticks, &(struct pump_tick){0});
        drain(pipeline, "video"), drain(pipeline, "audio");
        while (g_main_context_iteration(NULL, FALSE)) {}
    }
}

static void test_switches(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct program program;
        program_init(&program, 320, 180, 1000 / TICK_MS, 1);
        set_now(&program, 0);
        blank = shown = (struct rendition){.key_ms = {-1, -1, -1, -1}};
        *(cases[i].to_blank ? &blank : &shown) = (struct rendition){
            .key_ms = {cases[i].early_key_ms ? cases[i].early_key_ms : -2, -1, -1, -1}, .behind_ms = cases[i].behind_ms,
            .reorders = cases[i].behind_ms > 0, .late_ms = cases[i].late_ms};
        struct supply *supply = supply_create(&(struct supply_options){.program = &program,
            .delay_ns = cases[i].delay_ms * NS_PER_MS, .patience_ns = 2 * NS_PER_S});
        GstElement *pipeline = gst_parse_launch("appsrc name=video format=time ! appsink name=picture sync=false async=false "
            "appsrc name=audio format=time ! appsink name=sound sync=false async=false", NULL);
        gst_element_set_state(pipeline, GST_STATE_PLAYING);
        supply_set_blank(supply, !cases[i].to_blank);
        play(supply, &program, pipeline, cases[i].to_blank);
        supply_close(supply, true);
        supply_leave(supply);
        expect_whole(cases[i].name, pipeline, "picture", TICK_MS);
        expect_whole(cases[i].name, pipeline, "sound", SOUND_MS);
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_object_unref(pipeline);
        supply_destroy(supply);
        program_fini(&program);
    }
}

static int set_up(void **state)
{
    struct error err;
    return setup_gstreamer(&err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_switches)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
