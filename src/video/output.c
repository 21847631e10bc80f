#include "video/output.h"

#include <gst/app/gstappsrc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "video/address.h"
#include "video/encoder.h"
#include "video/output_chain.h"
#include "video/program.h"
#include "video/pump.h"
#include "video/recording.h"
#include "video/setup.h"
#include "video/undertaker.h"

enum {
    WATCH_MS = 500,
    FINISH_MS = 3000,      // for a peer, or a muxer, to take the end
    QUIET_MS = 2000,
    STALL_MS = 10000,      // nothing went out to the network: the peer is dead, whatever TCP thinks
    HEALTHY_MS = 60000,    // so long live: the next failure is a first one again
    RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 30000, JITTER_PERCENT = 20,
};

enum phase {
    PHASE_IDLE,
    PHASE_RUNNING,
    PHASE_WAITING,    // for the next try
    PHASE_FINISHING,  // the end was sent
    PHASE_BURYING,
};

struct output {
    struct output_options options;
    struct address address;
    char *name, *view, *frame_socket;
    int bitrate_kbps;
    bool is_wanted, is_known_live;
    unsigned restarts;
    gint64 live_since_us, moved_us;  // moved_us: when bytes last went out
    uint64_t bytes_before;           // at the last watch
    GSource *bus_watch, *timer, *watch;
    struct pump_sink sink;           // in the pump while RUNNING

    GMutex lock;                     // guards all below
    enum phase phase;
    enum studio_state state;
    char *text, *file;               // file: the recording under way; NULL: none
    const char *encoder;
    bool is_blank;
    int rate_kbps;
    GstElement *pipeline;            // owned; NULL while none runs
    GstElement *sources[2];          // owned: appsrcs of picture and sound, NULL when nothing may be pushed
    uint64_t first_tick;
    // of the picture; sent left the appsrc; dropped_before: by earlier pipelines
    uint64_t pushed, sent, dropped_before;
    uint64_t bytes;                  // that left, at the last watch
    uint64_t taken;                  // atomic; bytes that reached the sink
};

static void set_state(struct output *output, enum studio_state state, const char *text)
{
    g_mutex_lock(&output->lock);
    bool is_same = output->state == state && output->text && g_str_equal(output->text, text);
    output->state = state;
    free(output->text);
    output->text = xstrdup(text);
    g_mutex_unlock(&output->lock);
    if (!is_same)
        output->options.on_state(output->options.data, output->name, state, text);
}

static void set_phase(struct output *output, enum phase phase)
{
    g_mutex_lock(&output->lock);
    output->phase = phase;
    g_mutex_unlock(&output->lock);
}

static void stop_source(GSource **source)
{
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static void start_timer(struct output *output, GSource **source, int delay_ms, GSourceFunc handle)
{
    stop_source(source);
    *source = g_timeout_source_new((guint)delay_ms);
    g_source_set_callback(*source, handle, output, NULL);
    g_source_attach(*source, output->options.context);
}

/* ---- The pump's side ---- */

static bool push_buffer(GstElement *source, GstBuffer *shared, GstClockTime pts, GstClockTime end, bool is_jump)
{
    GstBuffer *buffer = gst_buffer_copy(shared);
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

static GstBuffer *make_silence(GstBuffer *sound)
{
    gsize size = gst_buffer_get_size(sound);
    GstBuffer *silence = gst_buffer_new_allocate(NULL, size, NULL);
    gst_buffer_memset(silence, 0, 0, size);
    return silence;
}

static GstClockTime sample_time(int64_t sample)
{
    return gst_util_uint64_scale((guint64)sample, GST_SECOND, PROGRAM_RATE);
}

static void push_tick(struct output *output, const struct pump_tick *tick)
{
    const struct program *program = output->options.program;
    uint64_t first = output->first_tick;
    int64_t zero = program_tick_ns(program, first), sound_zero = program_tick_sample(program, first);
    GstBuffer *sound = output->is_blank ? make_silence(tick->sound) : gst_buffer_ref(tick->sound);
    bool is_taken = push_buffer(output->sources[0], output->is_blank ? tick->holding : tick->picture,
        (GstClockTime)(program_tick_ns(program, tick->number) - zero),
        (GstClockTime)(program_tick_ns(program, tick->number + 1) - zero), tick->is_jump);
    push_buffer(output->sources[1], sound, sample_time(program_tick_sample(program, tick->number) - sound_zero),
        sample_time(program_tick_sample(program, tick->number + 1) - sound_zero), tick->is_jump);
    gst_buffer_unref(sound);
    output->pushed += is_taken;
}

static void handle_push(struct pump_sink *sink, const struct pump_tick *tick)
{
    struct output *output = container_of(sink, struct output, sink);
    g_mutex_lock(&output->lock);
    if (output->sources[0] && tick->number >= output->first_tick)
        push_tick(output, tick);
    g_mutex_unlock(&output->lock);
}

/* Every buffer that the source dropped was pushed, did not leave, and does not wait. With the lock. */
static uint64_t dropped(const struct output *output)
{
    uint64_t sent = __atomic_load_n(&output->sent, __ATOMIC_RELAXED);
    uint64_t waiting = output->sources[0]
        ? gst_app_src_get_current_level_buffers(GST_APP_SRC(output->sources[0])) : 0;
    return output->dropped_before + (output->pushed > sent + waiting ? output->pushed - sent - waiting : 0);
}

/* ---- Building and burying ---- */

static GstPadProbeReturn count_sent(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct output *output = data;
    __atomic_add_fetch(&output->sent, 1, __ATOMIC_RELAXED);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn count_taken(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct output *output = data;
    gsize size = info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST
        ? gst_buffer_list_calculate_size(GST_PAD_PROBE_INFO_BUFFER_LIST(info))
        : gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    __atomic_add_fetch(&output->taken, size, __ATOMIC_RELAXED);
    return GST_PAD_PROBE_OK;
}

/*
 * One element's pad; the output outlives its pipelines' streaming threads, because it is destroyed only when
 * idle, and idle is when the burial is over.
 */
static void probe(GstElement *pipeline, const char *element, const char *pad_name, GstPadProbeCallback callback,
    void *data)
{
    g_autoptr(GstElement) found = gst_bin_get_by_name(GST_BIN(pipeline), element);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(found, pad_name);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, callback, data, NULL);
}

static GstElement *build(struct output *output, struct error *err)
{
    const struct program *program = output->options.program;
    struct encoder_options wanted = {.width_px = program->width_px, .height_px = program->height_px,
        .fps_num = program->fps_num, .fps_den = program->fps_den, .bitrate_kbps = output->bitrate_kbps, .key_frames = 60,
        .is_constant = output->address.kind != ADDRESS_FILE};
    const char *encoder = encoder_choose(&wanted, err);
    if (!encoder)
        return NULL;
    char *file = NULL;
    if (output->address.kind == ADDRESS_FILE && !(file = recording_reserve(output->address.text, err)))
        return NULL;
    GstElement *pipeline = output_chain_build(&(struct output_chain_options){
        .program = output->options.program, .address = &output->address,
        .location = file ? file : output->address.text, .view = output->view,
        .frame_socket = output->frame_socket, .encoder = encoder, .bitrate_kbps = output->bitrate_kbps,
    }, err);
    g_mutex_lock(&output->lock);
    free(output->file);
    output->file = file;
    output->encoder = encoder;
    g_mutex_unlock(&output->lock);
    return pipeline;
}

static void forget_file(struct output *output)
{
    g_mutex_lock(&output->lock);
    char *file = g_steal_pointer(&output->file);
    g_mutex_unlock(&output->lock);
    if (file)
        recording_forget_empty(file, __atomic_load_n(&output->sent, __ATOMIC_RELAXED) > 0);
    free(file);
}

static void begin(struct output *output);

static gboolean handle_retry(void *data)
{
    struct output *output = data;
    g_clear_pointer(&output->timer, g_source_unref);
    begin(output);
    return G_SOURCE_REMOVE;
}

/* The burial is over: try again, or be idle. */
static void handle_buried(void *data)
{
    struct output *output = data;
    forget_file(output);
    if (!output->is_wanted) {
        set_phase(output, PHASE_IDLE);
        set_state(output, STUDIO_OFF, "");
        return;
    }
    set_phase(output, PHASE_WAITING);
    unsigned step = MIN(output->restarts, 6);
    int64_t delay_ms = output->restarts == 0 ? 0 : MIN(RETRY_FIRST_MS * (1 << (step - 1)), RETRY_MAX_MS);
    start_timer(output, &output->timer, (int)random_jitter(delay_ms, JITTER_PERCENT), handle_retry);
}

static void stop_pushing(struct output *output, bool send_end)
{
    g_mutex_lock(&output->lock);
    output->dropped_before = dropped(output);
    for (int i = 0; i < 2; i++) {
        if (output->sources[i] && send_end)
            gst_app_src_end_of_stream(GST_APP_SRC(output->sources[i]));
        g_clear_pointer(&output->sources[i], gst_object_unref);
    }
    output->pushed = 0;
    g_mutex_unlock(&output->lock);
}

static void bury(struct output *output)
{
    stop_pushing(output, false);
    pump_remove_sink(output->options.pump, &output->sink);
    stop_source(&output->timer);
    stop_source(&output->watch);
    stop_source(&output->bus_watch);
    g_mutex_lock(&output->lock);
    output->phase = PHASE_BURYING;
    output->rate_kbps = 0;
    GstElement *pipeline = g_steal_pointer(&output->pipeline);
    g_mutex_unlock(&output->lock);
    undertaker_bury(pipeline, output->options.context, handle_buried, output);
}

/* ---- While it runs ---- */

static void fail(struct output *output, const char *reason)
{
    char *masked = address_mask(&output->address, reason);
    g_autofree char *text = g_strdup_printf("%s: %s; trying again", output->address.shown, masked);
    free(masked);
    output->restarts++;
    output->is_known_live = false;
    bury(output);
    set_state(output, STUDIO_FAILED, text);
}

static void handle_error(struct output *output, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    g_autofree char *words = setup_words(error);
    char *masked = address_mask(&output->address, debug ? debug : "no details");
    log_debug("video/output", "%s: %s (%s)", output->name, error->message, masked);
    free(masked);
    if (output->is_wanted && output->phase == PHASE_RUNNING)
        fail(output, words);
    else
        bury(output);
}

static gboolean handle_message(GstBus *bus, GstMessage *message, void *data)
{
    struct output *output = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        handle_error(output, message);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
        gst_bin_recalculate_latency(GST_BIN(output->pipeline));
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        if (output->phase == PHASE_RUNNING)
            fail(output, "it ended by itself");
        else
            bury(output);
    }
    return G_SOURCE_CONTINUE;
}

/* An output that has run well for a while begins its delays anew. */
static void note_live(struct output *output, gint64 now_us)
{
    if (!output->is_known_live) {
        output->is_known_live = true;
        output->live_since_us = now_us;
        set_state(output, STUDIO_LIVE, "");
    }
    if (now_us - output->live_since_us > HEALTHY_MS * (gint64)1000)
        output->restarts = 0;
}

static void note_rate(struct output *output, uint64_t sent)
{
    int rate_kbps = (int)((sent - MIN(sent, output->bytes_before)) * 8 / WATCH_MS);
    g_mutex_lock(&output->lock);
    output->bytes = sent;
    output->rate_kbps = output->rate_kbps ? (output->rate_kbps + rate_kbps) / 2 : rate_kbps;
    g_mutex_unlock(&output->lock);
}

/* The sink's own reconnecting, or a listener without a caller. */
static void note_quiet(struct output *output, gint64 quiet_us)
{
    if (output->address.is_listener) {
        output->is_known_live = false;
        set_state(output, STUDIO_CONNECTING, "waiting for a caller");
    } else if (output->address.kind != ADDRESS_FILE && quiet_us > STALL_MS * (gint64)1000) {
        fail(output, "the other side takes nothing");
    }
}

static gboolean handle_watch(void *data)
{
    struct output *output = data;
    gint64 now_us = g_get_monotonic_time();
    uint64_t sent = output_chain_sent(output->pipeline, &output->address,
        __atomic_load_n(&output->taken, __ATOMIC_RELAXED));
    note_rate(output, sent);
    if (sent != output->bytes_before) {
        output->moved_us = now_us;
        note_live(output, now_us);
    }
    output->bytes_before = sent;
    if (now_us - output->moved_us > QUIET_MS * (gint64)1000)
        note_quiet(output, now_us - output->moved_us);
    return G_SOURCE_CONTINUE;
}

static void attach(struct output *output, GstElement *pipeline)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    output->bus_watch = gst_bus_create_watch(bus);
    g_source_set_callback(output->bus_watch, G_SOURCE_FUNC(handle_message), output, NULL);
    g_source_attach(output->bus_watch, output->options.context);
    start_timer(output, &output->watch, WATCH_MS, handle_watch);
    probe(pipeline, "video", "src", count_sent, output);
    probe(pipeline, "sink", "sink", count_taken, output);
}

static void apply_blank(struct output *output)
{
    g_autoptr(GstElement) overlay =
        output->pipeline ? gst_bin_get_by_name(GST_BIN(output->pipeline), "overlay") : NULL;
    if (overlay && output->frame_socket)
        g_object_set(overlay, "active", !output->is_blank, NULL);
}

static void run(struct output *output, GstElement *pipeline)
{
    const struct program *program = output->options.program;
    g_mutex_lock(&output->lock);
    output->pipeline = pipeline;
    output->sources[0] = gst_bin_get_by_name(GST_BIN(pipeline), "video");
    output->sources[1] = gst_bin_get_by_name(GST_BIN(pipeline), "audio");
    output->first_tick = program_tick_at(program, program_now_ns(program)) + 1;
    output->sent = output->bytes = output->taken = 0;
    output->phase = PHASE_RUNNING;
    g_mutex_unlock(&output->lock);
    output->bytes_before = 0;
    output->moved_us = g_get_monotonic_time();
    program_attach(program, pipeline, program_tick_ns(program, output->first_tick));
    attach(output, pipeline);
    apply_blank(output);
    undertaker_start(pipeline);
    pump_add_sink(output->options.pump, &output->sink);
}

static void begin(struct output *output)
{
    struct error err;
    GstElement *pipeline = build(output, &err);
    if (pipeline) {
        run(output, pipeline);
        if (output->state != STUDIO_FAILED)
            set_state(output, STUDIO_CONNECTING, "");
        return;
    }
    output->restarts++;
    g_autofree char *text = g_strdup_printf("%s; trying again", err.text);
    set_state(output, STUDIO_FAILED, text);
    handle_buried(output);
}

/* ---- The door ---- */

struct output *output_create(const struct output_options *options, struct error *err)
{
    struct output *output = xcalloc(1, sizeof(*output));
    output->options = *options;
    output->options.is = (struct studio_output_options){0};  // borrowed; what is needed is copied
    output->name = xstrdup(options->is.name);
    output->view = xstrdup(options->is.view && *options->is.view ? options->is.view : NULL);
    output->frame_socket = xstrdup(output->view ? options->is.frame_socket : NULL);
    output->bitrate_kbps = options->is.bitrate_kbps ? options->is.bitrate_kbps : encoder_usual_kbps(options->program->width_px, options->program->height_px,
            (double)options->program->fps_num / options->program->fps_den);
    output->sink.push = handle_push;
    list_init(&output->sink.link);
    g_mutex_init(&output->lock);
    output->text = xstrdup("");
    if (!address_parse_output(&output->address, options->is.to, err) || !output_chain_check(&output->address, err)) {
        error_prefix(err, "output \"%s\"", output->name);
        output_destroy(output);
        return NULL;
    }
    return output;
}

void output_destroy(struct output *output)
{
    if (!output)
        return;
    g_assert(output->phase == PHASE_IDLE);
    address_fini(&output->address);
    g_mutex_clear(&output->lock);
    free(output->name), free(output->view), free(output->frame_socket);
    free(output->text), free(output->file);
    free(output);
}

void output_start(struct output *output)
{
    output->is_wanted = true;
    if (output->phase != PHASE_IDLE)
        return;  // it runs, or it begins again when its end is over
    output->restarts = 0;
    output->dropped_before = 0;
    begin(output);
}

static gboolean handle_finish_timeout(void *data)
{
    struct output *output = data;
    log_warn("video/output", "%s: the other side did not take the end within 3 s", output->name);
    bury(output);
    return G_SOURCE_REMOVE;
}

/* A peer that never answered, or a muxer that got nothing, would hold up the end until its time is over. */
static bool can_take_end(struct output *output)
{
    g_mutex_lock(&output->lock);
    bool is_begun = output->pushed > 0;
    g_mutex_unlock(&output->lock);
    return is_begun && (output->is_known_live || output->address.kind == ADDRESS_FILE);
}

void output_stop(struct output *output)
{
    bool can_finish = can_take_end(output);
    output->is_wanted = false;
    output->is_known_live = false;
    if (output->phase == PHASE_RUNNING && !can_finish) {
        bury(output);
    } else if (output->phase == PHASE_RUNNING) {
        stop_pushing(output, true);
        set_phase(output, PHASE_FINISHING);
        stop_source(&output->watch);
        start_timer(output, &output->timer, FINISH_MS, handle_finish_timeout);
    } else if (output->phase == PHASE_WAITING) {
        stop_source(&output->timer);
        set_phase(output, PHASE_IDLE);
        set_state(output, STUDIO_OFF, "");
    }
}

void output_set_blank(struct output *output, bool is_blank)
{
    g_mutex_lock(&output->lock);
    bool is_changed = output->is_blank != is_blank;
    output->is_blank = is_blank;
    g_mutex_unlock(&output->lock);
    if (!is_changed)
        return;
    apply_blank(output);
    g_mutex_lock(&output->lock);
    enum studio_state state = output->state;
    g_mutex_unlock(&output->lock);
    output->options.on_state(output->options.data, output->name, state, is_blank ? "blank" : "shown again");
}

const char *output_name(const struct output *output)
{
    return output->name;
}

bool output_is_recording(const struct output *output)
{
    return output->address.kind == ADDRESS_FILE;
}

bool output_is_idle(const struct output *output)
{
    GMutex *lock = (GMutex *)&output->lock;
    g_mutex_lock(lock);
    bool is_idle = output->phase == PHASE_IDLE;
    g_mutex_unlock(lock);
    return is_idle;
}

void output_get_health(struct output *output, struct studio_output_health *health)
{
    g_mutex_lock(&output->lock);
    *health = (struct studio_output_health){
        .state = output->state, .is_blank = output->is_blank, .bitrate_kbps = output->rate_kbps,
        .frames = __atomic_load_n(&output->sent, __ATOMIC_RELAXED), .dropped = dropped(output),
        .bytes = output->bytes, .restarts = output->restarts,
    };
    snprintf(health->name, sizeof(health->name), "%s", output->name);
    snprintf(health->view, sizeof(health->view), "%s", output->view ? output->view : "");
    snprintf(health->encoder, sizeof(health->encoder), "%s", output->encoder ? output->encoder : "");
    snprintf(health->to, sizeof(health->to), "%s", output->file ? output->file : output->address.shown);
    snprintf(health->text, sizeof(health->text), "%s", output->text);
    g_mutex_unlock(&output->lock);
}
