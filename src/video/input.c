#include "video/input.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/address.h"
#include "video/input_chain.h"
#include "video/program.h"
#include "video/setup.h"
#include "video/undertaker.h"

enum {
    WATCH_MS = 200,
    SILENCE_MS = 1000,    // where samples had come; more where they come slowly
    SECOND_MS = 5000,     // from the first to the second, which tells how slowly
    PATIENCE = 4,         // times the last gap between two
    SILENCE_MAX_MS = 10000,
    FIRST_MS = 15000,     // a peer that we called and that sends nothing
};

struct input {
    struct input_options options;
    struct input_chain chain;
    GstElement *pipeline;
    int64_t start_ns;        // running time of the program at which the pipeline counts 0
    bool lends_pictures;
    GstVideoInfo info;       // of the pictures that are wanted
    gint64 created_us;
    GSource *bus_watch, *timer;
    bool is_over;            // nothing more is told
    bool is_played;          // a file came to its end

    int has_sample;          // atomic
    gint64 last_sample_us, gap_us;   // atomic, by a torn read at worst late by one watch: written on streaming threads
};

static void tell(struct input *input, enum input_event event, const char *text)
{
    if (input->is_over)
        return;
    input->is_over = event != INPUT_LIVE;
    input->is_played = event == INPUT_ENDED && input->options.address->kind == ADDRESS_FILE;
    g_autofree char *masked = NULL;
    char *plain = address_mask(input->options.address, text);
    masked = g_strdup(plain);
    free(plain);
    input->options.on_event(input->options.data, event, masked);
}

/* Streaming threads only note and post; the context's thread does the rest. */
static void note_sample(struct input *input)
{
    gint64 now_us = g_get_monotonic_time();
    gint64 before_us = __atomic_exchange_n(&input->last_sample_us, now_us, __ATOMIC_RELAXED);
    __atomic_store_n(&input->gap_us, before_us ? MAX(now_us - before_us, 1) : 0, __ATOMIC_RELAXED);
    if (g_atomic_int_compare_and_exchange(&input->has_sample, 0, 1)) {
        gst_element_post_message(input->pipeline,
            gst_message_new_application(GST_OBJECT(input->pipeline), gst_structure_new_empty("first-sample")));
    }
}

/* The segment counts, never the bare PTS: demuxers and decoders do not begin at 0. */
static int64_t stamp_of(const struct input *input, GstSample *sample)
{
    const GstSegment *segment = gst_sample_get_segment(sample);
    GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
    guint64 running;
    if (!GST_CLOCK_TIME_IS_VALID(pts))
        return GST_CLOCK_STIME_NONE;
    int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, pts, &running);
    return sign == 0 ? GST_CLOCK_STIME_NONE : (int64_t)running * sign + input->start_ns;
}

/*
 * Shared memory carries bytes, whatever their caps say, and drivers cut pictures short. An encoder would fail on them, and
 * every output with it.
 */
static bool is_whole(const struct input *input, GstBuffer *picture)
{
    GstVideoFrame frame;
    if (input->options.address->kind == ADDRESS_SHM && gst_buffer_get_size(picture) != GST_VIDEO_INFO_SIZE(&input->info))
        return false;
    if (!gst_video_frame_map(&frame, &input->info, picture, GST_MAP_READ))
        return false;
    gst_video_frame_unmap(&frame);
    return true;
}

static GstFlowReturn refuse(const struct input *input, GstElement *sink, GstBuffer *picture)
{
    GST_ELEMENT_ERROR(sink, STREAM, FORMAT, ("pictures of %" G_GSIZE_FORMAT " bytes; expected %" G_GSIZE_FORMAT ", %dx%d in I420",
        gst_buffer_get_size(picture), GST_VIDEO_INFO_SIZE(&input->info), GST_VIDEO_INFO_WIDTH(&input->info),
        GST_VIDEO_INFO_HEIGHT(&input->info)), (NULL));
    return GST_FLOW_ERROR;
}

static GstFlowReturn handle_video(GstAppSink *sink, void *data)
{
    struct input *input = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_OK;
    int64_t stamp_ns = stamp_of(input, sample);
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    if (!is_whole(input, buffer))
        return refuse(input, GST_ELEMENT(sink), buffer);
    pump_add_video(input->options.pump, input->options.feed, input->options.generation, stamp_ns,
        input->lends_pictures ? gst_buffer_copy_deep(buffer) : gst_buffer_ref(buffer));
    note_sample(input);
    return GST_FLOW_OK;
}

static GstFlowReturn handle_audio(GstAppSink *sink, void *data)
{
    struct input *input = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstMapInfo map;
    if (!sample || !gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ))
        return GST_FLOW_OK;
    pump_add_audio(input->options.pump, input->options.feed, input->options.generation, stamp_of(input, sample),
        (const float *)(const void *)map.data, map.size / sizeof(float) / PROGRAM_CHANNELS,
        input_chain_has_picture(&input->chain));
    gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
    note_sample(input);
    return GST_FLOW_OK;
}

static const GstAppSinkCallbacks video_callbacks = {.new_sample = handle_video};
static const GstAppSinkCallbacks audio_callbacks = {.new_sample = handle_audio};

static void ask_latency(struct input *input)
{
    g_autoptr(GstQuery) query = gst_query_new_latency();
    gboolean is_live = FALSE;
    GstClockTime least = 0, most;
    if (gst_element_query(input->pipeline, query))
        gst_query_parse_latency(query, &is_live, &least, &most);
    int64_t latency_ns = is_live && GST_CLOCK_TIME_IS_VALID(least)
        ? MAX((int64_t)least - input_chain_waited_ns(&input->chain), 0) : 0;
    log_debug("video/input", "latency of generation %u: %.0f ms%s", input->options.generation,
        (double)latency_ns / NS_PER_MS,
        is_live ? "" : ", not live");
    pump_set_latency(input->options.pump, input->options.feed, input->options.generation, latency_ns);
}

static void handle_error(struct input *input, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    g_autofree char *words = setup_words_of(error, debug);
    log_debug("video/input", "%s (%s)", words, debug ? debug : "no details");
    tell(input, INPUT_FAILED, words);
}

static gboolean handle_message(GstBus *bus, GstMessage *message, void *data)
{
    struct input *input = data;
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_APPLICATION:
        undertaker_update_latency(input->pipeline);
        ask_latency(input);
        tell(input, INPUT_LIVE, "");
        break;
    case GST_MESSAGE_LATENCY:
        undertaker_update_latency(input->pipeline);
        if (g_atomic_int_get(&input->has_sample))
            ask_latency(input);
        break;
    case GST_MESSAGE_EOS:
        tell(input, INPUT_ENDED, "the input ended");
        break;
    case GST_MESSAGE_ERROR:
        handle_error(input, message);
        break;
    default:
        break;
    }
    return G_SOURCE_CONTINUE;
}

/* A slide show of a picture every two seconds is no silence. */
static gint64 patience_us(const struct input *input)
{
    gint64 gap_us = __atomic_load_n(&input->gap_us, __ATOMIC_RELAXED);
    if (gap_us == 0)
        return SECOND_MS * (gint64)1000;
    return CLAMP(gap_us * PATIENCE, SILENCE_MS * (gint64)1000, SILENCE_MAX_MS * (gint64)1000);
}

static gboolean watch(void *data)
{
    struct input *input = data;
    gint64 now_us = g_get_monotonic_time();
    if (!g_atomic_int_get(&input->has_sample)) {
        if (now_us - input->created_us > FIRST_MS * (gint64)1000 && !input_chain_may_wait(input->options.address))
            tell(input, INPUT_FAILED, "no picture or sound came");
    } else if (now_us - __atomic_load_n(&input->last_sample_us, __ATOMIC_RELAXED) > patience_us(input)) {
        tell(input, INPUT_FAILED, patience_us(input) > SILENCE_MS * (gint64)1000 ? "nothing came any more"
            : "nothing came for a second");
    }
    return G_SOURCE_CONTINUE;
}

static void attach(struct input *input)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(input->pipeline);
    input->bus_watch = gst_bus_create_watch(bus);
    g_source_set_callback(input->bus_watch, G_SOURCE_FUNC(handle_message), input, NULL);
    g_source_attach(input->bus_watch, input->options.context);
    input->timer = g_timeout_source_new(WATCH_MS);
    g_source_set_callback(input->timer, watch, input, NULL);
    g_source_attach(input->timer, input->options.context);
}

struct input *input_create(const struct input_options *options, struct error *err)
{
    struct input *input = xcalloc(1, sizeof(*input));
    input->options = *options;
    input->chain = (struct input_chain){
        .program = options->program, .video = options->feed == PUMP_SOUND ? NULL : &video_callbacks,
        .audio = &audio_callbacks, .data = input,
    };
    input->lends_pictures = input_chain_lends_pictures(options->address);
    g_autoptr(GstCaps) caps = program_video_caps(options->program, true);
    gst_video_info_from_caps(&input->info, caps);
    input->created_us = g_get_monotonic_time();
    input->start_ns = program_now_ns(options->program);
    GstElement *pipeline = input_chain_build(&input->chain, options->address, err);
    if (!pipeline) {
        free(input);
        return NULL;
    }
    input->pipeline = pipeline;
    program_attach(options->program, pipeline, input->start_ns);
    pump_begin(options->pump, options->feed, options->generation, input_chain_is_clocked(options->address));
    attach(input);
    undertaker_start(pipeline);
    return input;
}

struct burial {
    struct input *input;  // the streaming threads may use it until the pipeline is in NULL
    void (*buried)(void *data);
    void *data;
};

static void handle_buried(void *data)
{
    struct burial *burial = data;
    free(burial->input);
    if (burial->buried)
        burial->buried(burial->data);
    free(burial);
}

void input_destroy(struct input *input, void (*buried)(void *data), void *data)
{
    if (!input)
        return;
    pump_end(input->options.pump, input->options.feed, input->options.generation, input->is_played);
    g_source_destroy(input->bus_watch);
    g_source_unref(input->bus_watch);
    g_source_destroy(input->timer);
    g_source_unref(input->timer);
    input->is_over = true;
    struct burial *burial = xmalloc(sizeof(*burial));
    *burial = (struct burial){input, buried, data};
    undertaker_bury(input->pipeline, input->options.context, handle_buried, burial);
}
