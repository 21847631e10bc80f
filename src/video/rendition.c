#include "video/rendition.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "video/caption_data.h"
#include "video/h264_key.h"
#include "video/program.h"
#include "video/pump.h"
#include "video/rendition_chain.h"
#include "video/rendition_inside.h"
#include "video/setup.h"
#include "video/undertaker.h"

enum {
    AAC_SAMPLES = 1024,  // a frame; all renditions' begin at multiples of it
    MAKE_UP_MS = 2000,
    RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 30000, JITTER_PERCENT = 20,
    HEALTHY_MS = 60000,  // so long running: the next failure is a first one again
    WATCH_MS = 1000, STUCK_S = 5,  // so many pictures went in and none came out: the encoder hangs
    BURIALS_MAX = 3,     // pipelines that hang at a time, before the next one is awaited
    TRUST = 2,           // failures in a row that a device is forgiven
};

/* ---- The pump's side ---- */

static bool push_buffer(GstElement *source, GstBuffer *buffer, GstClockTime pts, GstClockTime end, bool is_jump)
{
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(buffer) = end - pts;
    GST_BUFFER_OFFSET(buffer) = GST_BUFFER_OFFSET_END(buffer) = GST_BUFFER_OFFSET_NONE;
    if (is_jump)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    else
        GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
    return gst_app_src_push_buffer(GST_APP_SRC(source), buffer) == GST_FLOW_OK;
}

static void push_picture(struct rendition *rendition, const struct pump_tick *tick)
{
    const struct program *program = rendition->set->options.program;
    GstBuffer *picture = rendition->key.is_blank ? tick->holding : tick->picture;
    rendition->pushed += push_buffer(rendition->sources[PACKET_VIDEO], gst_buffer_copy(picture),
        (GstClockTime)program_tick_ns(program, tick->number),
        (GstClockTime)program_tick_ns(program, tick->number + 1), tick->is_jump);
    rendition->next_tick = tick->number + 1;
    rendition->unanswered++;
}

static GstClockTime sample_time(int64_t sample)
{
    return gst_util_uint64_scale((guint64)sample, GST_SECOND, PROGRAM_RATE);
}

/* The samples of a tick but for the first `left_out`. */
static GstBuffer *cut_sound(const struct rendition *rendition, GstBuffer *sound, int64_t left_out, int64_t count)
{
    const gsize sample = PROGRAM_CHANNELS * sizeof(float);
    if (!rendition->key.is_blank)
        return gst_buffer_copy_region(sound, GST_BUFFER_COPY_ALL, (gsize)left_out * sample, (gsize)count * sample);
    GstBuffer *silence = gst_buffer_new_allocate(NULL, (gsize)count * sample, NULL);
    gst_buffer_memset(silence, 0, 0, (gsize)count * sample);
    return silence;
}

/* After a jump the encoder begins anew, at a multiple again. */
static void push_sound(struct rendition *rendition, const struct pump_tick *tick)
{
    const struct program *program = rendition->set->options.program;
    int64_t from = program_tick_sample(program, tick->number), to = program_tick_sample(program, tick->number + 1);
    if (rendition->first_sample < 0 || tick->is_jump)
        rendition->first_sample = (from + AAC_SAMPLES - 1) / AAC_SAMPLES * AAC_SAMPLES;
    int64_t first = MAX(from, rendition->first_sample);
    if (first >= to)
        return;
    push_buffer(rendition->sources[PACKET_AUDIO], cut_sound(rendition, tick->sound, first - from, to - first),
        sample_time(first), sample_time(to), tick->is_jump);
}

static void push_tick(struct rendition *rendition, const struct pump_tick *tick)
{
    push_picture(rendition, tick);
    if (rendition->sources[PACKET_AUDIO])
        push_sound(rendition, tick);
}

/*
 * What is blank looks the same at every tick: those that passed while the pipeline was being built are made up for, so that
 * it begins where it was asked to.
 */
static void make_up(struct rendition *rendition, const struct pump_tick *tick)
{
    uint64_t limit = program_tick_at(rendition->set->options.program, MAKE_UP_MS * NS_PER_MS);
    struct pump_tick past = *tick;
    past.is_jump = false;
    if (rendition->key.is_blank && rendition->pushed == 0 && tick->number - rendition->first_tick <= limit) {
        for (past.number = rendition->first_tick; past.number < tick->number; past.number++)
            push_tick(rendition, &past);
    }
}

void rendition_handle_tick(struct pump_sink *sink, const struct pump_tick *tick)
{
    struct rendition *rendition = container_of(sink, struct rendition, pump_sink);
    g_mutex_lock(&rendition->lock);
    if (rendition->sources[PACKET_VIDEO] && tick->number >= rendition->first_tick) {
        make_up(rendition, tick);
        push_tick(rendition, tick);
    }
    g_mutex_unlock(&rendition->lock);
}

/* Every buffer that the source dropped was pushed, did not leave, and does not wait. With the lock. */
static uint64_t count_dropped(const struct rendition *rendition)
{
    GstElement *source = rendition->sources[PACKET_VIDEO];
    uint64_t sent = __atomic_load_n(&rendition->sent, __ATOMIC_RELAXED);
    uint64_t waiting = source ? gst_app_src_get_current_level_buffers(GST_APP_SRC(source)) : 0;
    return rendition->dropped_before + (rendition->pushed > sent + waiting ? rendition->pushed - sent - waiting : 0);
}

/* ---- The encoder's side ---- */

/* Encoders shift their segment by 1000 hours so that decoding times need not be negative. */
static int64_t running_time(const GstSegment *segment, GstClockTime time)
{
    guint64 running;
    if (!GST_CLOCK_TIME_IS_VALID(time))
        return GST_CLOCK_STIME_NONE;
    int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, time, &running);
    return sign == 0 ? GST_CLOCK_STIME_NONE : sign * (int64_t)running;
}

static void force_key(GstElement *pipeline, int64_t from_ns)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "video-out");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_push_event(pad, gst_video_event_new_upstream_force_key_unit((GstClockTime)MAX(from_ns, 0), FALSE, 0));
}

/*
 * GstVideoEncoder of 1.22 takes down a key frame that is asked for before its first picture at 1000 hours, and refuses
 * all later ones, because they are earlier: what comes too soon is kept back until a picture has come out. And a picture
 * that is in the encoder is no key frame any more: the one after the next still can be, even if its tick comes now.
 */
int64_t rendition_request_key(struct rendition *rendition, int64_t from_ns)
{
    const struct program *program = rendition->set->options.program;
    g_mutex_lock(&rendition->lock);
    if (!rendition->has_output)
        rendition->key_asked_ns = MAX(rendition->key_asked_ns, from_ns);
    else
        from_ns = MAX(from_ns, program_tick_ns(program, rendition->next_tick + 1));
    GstElement *pipeline =
        rendition->pipeline && rendition->has_output ? gst_object_ref(rendition->pipeline) : NULL;
    g_mutex_unlock(&rendition->lock);
    if (pipeline)
        force_key(pipeline, from_ns);
    g_clear_pointer(&pipeline, gst_object_unref);
    return from_ns;
}

/* False: it comes from a pipeline that hung, and was given up. */
static bool note_output(struct rendition *rendition, GstAppSink *from, int64_t pts_ns)
{
    g_mutex_lock(&rendition->lock);
    if (GST_OBJECT_PARENT(from) != GST_OBJECT(rendition->pipeline)) {
        g_mutex_unlock(&rendition->lock);
        return false;
    }
    rendition->unanswered = 0;
    bool is_first = !rendition->has_output;
    int64_t asked_ns = rendition->key_asked_ns;
    rendition->has_output = true;
    GstElement *pipeline = is_first && rendition->pipeline ? gst_object_ref(rendition->pipeline) : NULL;
    g_mutex_unlock(&rendition->lock);
    if (pipeline && asked_ns > pts_ns)
        force_key(pipeline, asked_ns);
    g_clear_pointer(&pipeline, gst_object_unref);
    return true;
}

static bool read_packet(GstSample *sample, enum packet_kind kind, struct packet *packet)
{
    const GstSegment *segment = gst_sample_get_segment(sample);
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    *packet = (struct packet){
        .kind = kind, .sample = sample, .pts_ns = running_time(segment, GST_BUFFER_PTS(buffer)),
        .dts_ns = running_time(segment, GST_BUFFER_DTS(buffer)),
        .duration_ns = GST_BUFFER_DURATION_IS_VALID(buffer) ? (int64_t)GST_BUFFER_DURATION(buffer) : 0,
        .is_key = kind == PACKET_AUDIO || !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT),
    };
    if (packet->dts_ns == GST_CLOCK_STIME_NONE)
        packet->dts_ns = packet->pts_ns;
    return packet->pts_ns != GST_CLOCK_STIME_NONE;
}

static GstFlowReturn handle_sample(GstAppSink *from, struct rendition *rendition, enum packet_kind kind)
{
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(from);
    struct packet packet;
    if (!sample || !read_packet(sample, kind, &packet))
        return GST_FLOW_OK;
    if (kind == PACKET_VIDEO && !note_output(rendition, from, packet.pts_ns))
        return GST_FLOW_EOS;
    g_mutex_lock(&rendition->sinks_lock);
    struct rendition_sink *sink;
    list_for_each(sink, &rendition->sinks, link)
        sink->push(sink, &packet);
    g_mutex_unlock(&rendition->sinks_lock);
    return GST_FLOW_OK;
}

static GstFlowReturn handle_picture(GstAppSink *sink, void *data)
{
    return handle_sample(sink, data, PACKET_VIDEO);
}

static GstFlowReturn handle_sound(GstAppSink *sink, void *data)
{
    return handle_sample(sink, data, PACKET_AUDIO);
}

static GstPadProbeReturn count_sent(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct rendition *rendition = data;
    __atomic_add_fetch(&rendition->sent, 1, __ATOMIC_RELAXED);
    return GST_PAD_PROBE_OK;
}

/* ---- Building and burying ---- */

static void set_trouble(struct rendition *rendition, const char *text)
{
    g_mutex_lock(&rendition->lock);
    snprintf(rendition->trouble, sizeof(rendition->trouble), "%s", text);
    g_mutex_unlock(&rendition->lock);
    if (*text)
        log_warn("video/rendition", "%s; trying again", text);
}

static void stop_source(GSource **source)
{
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static gboolean handle_retry(void *data)
{
    struct rendition *rendition = data;
    const struct program *program = rendition->set->options.program;
    g_clear_pointer(&rendition->timer, g_source_unref);
    rendition_begin(rendition, program_now_ns(program));
    return G_SOURCE_REMOVE;
}

static void retry_later(struct rendition *rendition)
{
    unsigned step = MIN(rendition->restarts, 6);
    int64_t delay_ms = step <= 1 ? 0 : MIN(RETRY_FIRST_MS * (1 << (step - 2)), RETRY_MAX_MS);
    rendition->timer = g_timeout_source_new((guint)random_jitter(delay_ms, JITTER_PERCENT));
    g_source_set_callback(rendition->timer, handle_retry, rendition, NULL);
    g_source_attach(rendition->timer, rendition->set->options.context);
}

static void handle_buried(void *data)
{
    struct rendition *rendition = data;
    rendition->burials--;
    if (rendition->sharers == 0 && rendition->burials == 0)
        rendition_free(rendition);
    else if (rendition->sharers > 0 && !rendition->pipeline && !rendition->timer)
        retry_later(rendition);
}

static void bury(struct rendition *rendition)
{
    pump_remove_sink(rendition->set->options.pump, &rendition->pump_sink);
    stop_source(&rendition->bus_watch);
    stop_source(&rendition->watch);
    g_mutex_lock(&rendition->lock);
    rendition->dropped_before = count_dropped(rendition);
    rendition->pushed = 0;
    for (int kind = 0; kind < PACKET_KINDS; kind++)
        g_clear_pointer(&rendition->sources[kind], gst_object_unref);
    GstElement *pipeline = g_steal_pointer(&rendition->pipeline);
    g_clear_pointer(&rendition->caption_data, caption_data_unref);
    g_mutex_unlock(&rendition->lock);
    rendition->burials++;
    undertaker_bury(pipeline, rendition->set->options.context, handle_buried, rendition);
}

void rendition_end(struct rendition *rendition)
{
    stop_source(&rendition->timer);
    preview_set_wanted(rendition->preview, false);
    if (rendition->pipeline)
        bury(rendition);
    else if (rendition->burials == 0)
        rendition_free(rendition);
}

static void fail(struct rendition *rendition, const char *reason)
{
    gint64 ran_us = g_get_monotonic_time() - rendition->since_us;
    rendition->restarts = ran_us > HEALTHY_MS * (gint64)1000 ? 1 : rendition->restarts + 1;
    g_autofree char *text = g_strdup_printf("the encoder failed: %s", reason);
    set_trouble(rendition, text);
}

/*
 * A driver that hangs tells nothing, and its pipeline may never end: another is built beside it. What the first may still
 * touch, this rendition, stays until it has ended.
 */
static gboolean handle_watch(void *data)
{
    struct rendition *rendition = data;
    const struct program *program = rendition->set->options.program;
    g_mutex_lock(&rendition->lock);
    bool is_stuck = rendition->unanswered > program_tick_at(program, STUCK_S * NS_PER_S);
    g_mutex_unlock(&rendition->lock);
    if (!is_stuck)
        return G_SOURCE_CONTINUE;
    if (rendition->encoder)
        encoder_distrust(rendition->encoder, &rendition->key.encoder);
    fail(rendition, "it gives no pictures");
    bury(rendition);
    if (rendition->burials < BURIALS_MAX)
        retry_later(rendition);
    return G_SOURCE_CONTINUE;
}

static bool is_of_encoder(const struct rendition *rendition, const GstMessage *message)
{
    GstObject *from = GST_MESSAGE_SRC(message);
    GstElementFactory *factory = GST_IS_ELEMENT(from) ? gst_element_get_factory(GST_ELEMENT(from)) : NULL;
    return factory && rendition->encoder && g_str_equal(GST_OBJECT_NAME(factory), rendition->encoder);
}

static gboolean handle_message(GstBus *bus, GstMessage *message, void *data)
{
    struct rendition *rendition = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY)
        undertaker_update_latency(rendition->pipeline);
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return G_SOURCE_CONTINUE;
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    log_debug("video/rendition", "%s (%s)", error->message, debug ? debug : "no details");
    g_autofree char *words = setup_words(error);
    fail(rendition, words);
    if (rendition->restarts >= TRUST && is_of_encoder(rendition, message))
        encoder_distrust(rendition->encoder, &rendition->key.encoder);
    bury(rendition);
    return G_SOURCE_CONTINUE;
}

static void listen_to(GstElement *pipeline, const char *name, struct rendition *rendition,
    GstFlowReturn (*handle)(GstAppSink *sink, void *data))
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), name);
    if (sink)
        gst_app_sink_set_callbacks(GST_APP_SINK(sink), &(GstAppSinkCallbacks){.new_sample = handle}, rendition, NULL);
}

/* What stands between the overlay and the parser is the encoder, in whatever elements. */
static void watch(struct rendition *rendition, GstElement *pipeline)
{
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    g_autoptr(GstElement) parse = gst_bin_get_by_name(GST_BIN(pipeline), "parse");
    g_autoptr(GstPad) in = gst_element_get_static_pad(overlay, "src");
    g_autoptr(GstPad) out = parse ? gst_element_get_static_pad(parse, "sink") : NULL;
    g_autoptr(GstPad) coded = parse ? gst_element_get_static_pad(parse, "src") : NULL;
    preview_watch(rendition->preview, in);
    if (!parse)
        return;
    encode_meter_watch(rendition->meter, in, out);
    h264_key_watch(coded);
}

static void attach(struct rendition *rendition, GstElement *pipeline)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    rendition->bus_watch = gst_bus_create_watch(bus);
    g_source_set_callback(rendition->bus_watch, G_SOURCE_FUNC(handle_message), rendition, NULL);
    g_source_attach(rendition->bus_watch, rendition->set->options.context);
    listen_to(pipeline, "video-out", rendition, handle_picture);
    listen_to(pipeline, "audio-out", rendition, handle_sound);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(rendition->sources[PACKET_VIDEO], "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_sent, rendition, NULL);
    watch(rendition, pipeline);
    rendition->watch = g_timeout_source_new(WATCH_MS);
    g_source_set_callback(rendition->watch, handle_watch, rendition, NULL);
    g_source_attach(rendition->watch, rendition->set->options.context);
}

/* The blank picture says with its first captions that nothing stands any more. */
static void attach_captions(struct rendition *rendition, GstElement *pipeline)
{
    const struct rendition_key *key = &rendition->key;
    const struct renditions_options *options = &rendition->set->options;
    if (!key->captions || key->is_raw)
        return;
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "video-out");
    g_autoptr(GstPad) raw = gst_element_get_static_pad(overlay, "src"), coded = gst_element_get_static_pad(sink, "sink");
    rendition->caption_data = caption_data_attach(&(struct caption_data_options){
        .writer = {key->is_blank ? NULL : options->captions, key->captions, options->program->fps_num,
            options->program->fps_den}, .encoder = rendition->encoder,
    }, raw, coded);
}

static GstElement *build(struct rendition *rendition, struct error *err)
{
    const struct program *program = rendition->set->options.program;
    if (!rendition->key.is_raw && !(rendition->encoder = encoder_choose(&rendition->key.encoder, err)))
        return NULL;
    return rendition_chain_build(&(struct rendition_chain_options){
        .program = program, .key = &rendition->key, .encoder = rendition->encoder, .may_lag = rendition->may_lag}, err);
}

void rendition_begin(struct rendition *rendition, int64_t from_ns)
{
    const struct program *program = rendition->set->options.program;
    struct error err;
    GstElement *pipeline = build(rendition, &err);
    if (!pipeline) {
        fail(rendition, err.text);
        retry_later(rendition);
        return;
    }
    g_mutex_lock(&rendition->lock);
    rendition->pipeline = pipeline;
    rendition->sources[PACKET_VIDEO] = gst_bin_get_by_name(GST_BIN(pipeline), "video");
    rendition->sources[PACKET_AUDIO] = gst_bin_get_by_name(GST_BIN(pipeline), "audio");
    rendition->first_tick = program_tick_at(program, from_ns + program_tick_ns(program, 1) - 1);
    rendition->first_sample = rendition->key_asked_ns = -1;
    rendition->has_output = false;
    rendition->unanswered = 0;
    rendition->sent = 0;
    rendition->trouble[0] = '\0';
    attach_captions(rendition, pipeline);
    g_mutex_unlock(&rendition->lock);
    rendition->since_us = g_get_monotonic_time();
    program_attach(program, pipeline, 0);
    attach(rendition, pipeline);
    undertaker_start(pipeline);
    pump_add_sink(rendition->set->options.pump, &rendition->pump_sink);
}

/* ---- Any thread ---- */

bool rendition_reorders(const struct rendition *rendition)
{
    return rendition->key.encoder.b_frames > 0;
}

void rendition_get_health(struct rendition *rendition, struct rendition_health *health)
{
    g_mutex_lock(&rendition->lock);
    *health = (struct rendition_health){
        .encoder = rendition->encoder ? rendition->encoder : "", .dropped = count_dropped(rendition),
        .sharers = rendition->sharers,
    };
    snprintf(health->trouble, sizeof(health->trouble), "%s", rendition->trouble);
    if (rendition->caption_data)
        caption_data_state(rendition->caption_data, health->captions, sizeof(health->captions));
    g_mutex_unlock(&rendition->lock);
    encode_meter_get(rendition->meter, &health->encode);
}
