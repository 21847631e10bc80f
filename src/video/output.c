#include "video/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "video/address.h"
#include "video/encoder.h"
#include "video/hls.h"
#include "video/output_chain.h"
#include "video/program.h"
#include "video/recording.h"
#include "video/rendition.h"
#include "video/setup.h"
#include "video/sidecar.h"
#include "video/supply.h"
#include "video/trouble.h"
#include "video/undertaker.h"

enum {
    WATCH_MS = 500,
    FINISH_MS = 3000,      // for a peer, or a muxer, to take the end
    QUIET_MS = 2000,
    STALL_MS = 10000,      // nothing went out to the network: the peer is dead, whatever TCP thinks
    SLOW_SAID_MS = 5000,   // after the last picture that was left out
    HEALTHY_MS = 60000,    // so long live: the next failure is a first one again
    PATIENCE_MS = 2000, RECORDING_PATIENCE_MS = 10000, RAW_PATIENCE_MS = 200,  // how far a peer may be behind
    HLS_SOUND_KBPS = 200,
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
    char *name, *view, *frame_socket, *to, *captions;  // owned, behind options.is
    bool is_wanted, is_known_live;
    bool is_attached;                // to the hls
    unsigned restarts;
    gint64 live_since_us, moved_us;  // moved_us: when bytes last went out
    uint64_t bytes_before, skipped_before;  // at the last watch
    gint64 slow_since_us;            // when it was found so last; 0: it is not
    GSource *bus_watch, *timer, *watch;
    struct rendition_key key;        // of texts above
    bool is_enlisted;                // the key is a wish of the set
    struct supply *supply;
    struct hls *hls;                 // made when it first begins; NULL: no such output
    struct sidecar *sidecar;         // beside the recording that runs; NULL: none

    GMutex lock;                     // guards all below
    enum phase phase;
    enum studio_state state;
    char *text, *file;               // file: the recording under way; NULL: none
    bool is_blank;
    int rate_kbps, delay_ms;
    gint64 retry_us;                 // when it is tried again; 0: no time is set
    GstElement *pipeline;            // owned; NULL while none runs
    uint64_t sent;                   // atomic; pictures that left the appsrc
    uint64_t dropped_before;         // at the last start
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

static bool prepare_hls(struct output *output, struct error *err)
{
    const struct encoder_options *encoder = &output->key.encoder;
    if (output->address.kind != ADDRESS_HLS || output->hls)
        return true;
    output->hls = hls_create(&(struct hls_options){
        .folder = address_place(&output->address), .book = output->options.captions, .captions = output->captions,
        .width_px = encoder->width_px, .height_px = encoder->height_px,
        .bandwidth_kbps = encoder->bitrate_kbps + encoder->bitrate_kbps / 4 + HLS_SOUND_KBPS,
        .fps = (double)encoder->fps_num / encoder->fps_den,
    }, err);
    return output->hls != NULL;
}

static GstElement *build(struct output *output, struct error *err)
{
    if (!prepare_hls(output, err))
        return NULL;
    char *file = NULL;
    if (output->address.kind == ADDRESS_FILE && !(file = recording_reserve(output->address.text, err)))
        return NULL;
    g_mutex_lock(&output->lock);
    free(output->file);
    output->file = file;
    g_mutex_unlock(&output->lock);
    bool is_url = output->address.kind == ADDRESS_SRT || output->address.kind == ADDRESS_RTMP;
    return output_chain_build(&output->address, file ? file : is_url ? output->address.text
        : address_place(&output->address), err);
}

/* What of the subtitles belongs to the part that is recorded is written. */
static void advance_sidecar(struct output *output)
{
    struct caption_times times;
    int64_t until_ns;
    if (!output->sidecar)
        return;
    supply_get_times(output->supply, &times, &until_ns);
    sidecar_advance(output->sidecar, &times, until_ns);
}

static void forget_file(struct output *output)
{
    g_mutex_lock(&output->lock);
    char *file = g_steal_pointer(&output->file);
    g_mutex_unlock(&output->lock);
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    if (file)
        recording_forget_empty(file, supply.is_flowing);
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

static void note_retry(struct output *output, int64_t delay_ms)
{
    g_mutex_lock(&output->lock);
    output->retry_us = g_get_monotonic_time() + delay_ms * 1000;
    g_mutex_unlock(&output->lock);
}

/* The burial is over: try again, or be idle. */
static void handle_buried(void *data)
{
    struct output *output = data;
    forget_file(output);
    if (output->hls && output->is_attached)
        hls_detach(output->hls, !output->is_wanted);
    output->is_attached = false;
    if (!output->is_wanted) {
        supply_leave(output->supply);
        set_phase(output, PHASE_IDLE);
        set_state(output, STUDIO_OFF, "");
        return;
    }
    set_phase(output, PHASE_WAITING);
    unsigned step = MIN(output->restarts, 6);
    int64_t delay_ms = output->restarts == 0 ? 0 : MIN(RETRY_FIRST_MS * (1 << (step - 1)), RETRY_MAX_MS);
    delay_ms = random_jitter(delay_ms, JITTER_PERCENT);
    note_retry(output, delay_ms);
    start_timer(output, &output->timer, (int)delay_ms, handle_retry);
}

static void bury(struct output *output)
{
    advance_sidecar(output);
    sidecar_end(g_steal_pointer(&output->sidecar));
    supply_close(output->supply, false);
    if (!output->is_wanted || output->delay_ms == 0)
        supply_leave(output->supply);  // else the delay would have to be filled anew
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

static bool is_closed_window(const struct output *output, const GError *error)
{
    return output->address.kind == ADDRESS_WINDOW
        && g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND) && strstr(error->message, "closed");
}

/* What the system said of a file is the end of the details; the message says no more than that it failed. */
static char *find_words(const struct output *output, const GError *error, const char *debug)
{
    static const char before[] = "Error while writing to file descriptor ";
    const char *system = debug ? strstr(debug, before) : NULL;
    system = system ? strstr(system + strlen(before), ": ") : NULL;
    bool is_disk = output->address.kind == ADDRESS_FILE || output->hls;
    if (is_disk && g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT))
        return g_strdup("no space left on the disk; make room");
    return is_disk && system ? g_strdup_printf("the disk says %s", system + 2) : setup_words_of(error, debug);
}

static void handle_error(struct output *output, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;
    gst_message_parse_error(message, &error, &debug);
    g_autofree char *words = find_words(output, error, debug);
    char *masked = address_mask(&output->address, debug ? debug : "no details");
    log_debug("video/output", "%s: %s (%s)", output->name, error->message, masked);
    free(masked);
    if (is_closed_window(output, error))
        output->is_wanted = false;  // by a person, who wants to be rid of it
    if (output->is_wanted && output->phase == PHASE_RUNNING)
        fail(output, words);
    else
        bury(output);
}

static void tell_hls(struct output *output, GstMessage *message)
{
    struct caption_times times;
    int64_t until_ns;
    supply_get_times(output->supply, &times, &until_ns);
    hls_handle_message(output->hls, message, &times);
}

static gboolean handle_message(GstBus *bus, GstMessage *message, void *data)
{
    struct output *output = data;
    if (output->hls)
        tell_hls(output, message);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        handle_error(output, message);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
        undertaker_update_latency(output->pipeline);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        if (output->phase == PHASE_RUNNING)
            fail(output, "it ended by itself");
        else
            bury(output);
    }
    return G_SOURCE_CONTINUE;
}

static uint64_t skipped(struct output *output)
{
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    return supply.skipped;
}

/* A peer that takes too little, said while it does so. */
static void note_slow(struct output *output, gint64 now_us)
{
    uint64_t now_skipped = skipped(output);
    if (now_skipped != output->skipped_before) {
        g_autofree char *text = g_strdup_printf("%s is slow: pictures are left out",
            output_is_recording(output) ? "the disk" : "the other side");
        output->slow_since_us = now_us;
        set_state(output, STUDIO_LIVE, text);
    } else if (output->slow_since_us && now_us - output->slow_since_us > SLOW_SAID_MS * (gint64)1000) {
        output->slow_since_us = 0;
        set_state(output, STUDIO_LIVE, "");
    }
    output->skipped_before = now_skipped;
}

/* An output that has run well for a while begins its delays anew. */
static void note_live(struct output *output, gint64 now_us)
{
    if (!output->is_known_live) {
        output->is_known_live = true;
        output->live_since_us = now_us;
        output->skipped_before = skipped(output);
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
    } else if (output->address.kind != ADDRESS_FILE && !output->hls && quiet_us > STALL_MS * (gint64)1000) {
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
    advance_sidecar(output);
    if (sent != output->bytes_before) {
        output->moved_us = now_us;
        note_live(output, now_us);
    }
    output->bytes_before = sent;
    if (output->is_known_live)
        note_slow(output, now_us);
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
    if (output->hls)
        probe(pipeline, "video", "src", count_taken, output);  // its sink's pads are asked for
    else
        probe(pipeline, "sink", "sink", count_taken, output);
}

static void run(struct output *output, GstElement *pipeline)
{
    g_mutex_lock(&output->lock);
    output->pipeline = pipeline;
    output->sent = output->bytes = output->taken = 0;
    output->phase = PHASE_RUNNING;
    g_mutex_unlock(&output->lock);
    output->bytes_before = 0;
    output->slow_since_us = 0;
    output->moved_us = g_get_monotonic_time();
    program_attach(output->options.program, pipeline, program_now_ns(output->options.program));
    attach(output, pipeline);
    if (output->file)
        output->sidecar = sidecar_create(output->options.captions, output->file);
    if (output->hls)
        hls_attach(output->hls, pipeline);
    output->is_attached = output->hls != NULL;
    undertaker_start(pipeline);
    supply_open(output->supply, pipeline);
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

/*
 * A key frame every two seconds, where nothing else is wished. A picture of the program's size, or shape, is not cut, so
 * that equal ones are equal whatever is said of it.
 */
static void describe_key(struct output *output, const struct studio_output_options *is)
{
    const struct program *program = output->options.program;
    double fps = (double)program->fps_num / program->fps_den;
    int width_px = is->width_px ? is->width_px : program->width_px, height_px = is->height_px ? is->height_px : program->height_px;
    bool is_shaped = (int64_t)width_px * program->height_px != (int64_t)height_px * program->width_px;
    bool is_recording = output_is_recording(output);
    output->key = (struct rendition_key){
        .view = output->view, .frame_socket = output->frame_socket, .captions = output->captions,
        .is_recorded = is_recording, .is_raw = output_chain_is_raw(&output->address),
        .is_any_rate = is_recording && !is->bitrate_kbps,
        .fit = is_shaped ? is->fit : STUDIO_PAD, .focus = is_shaped && is->fit == STUDIO_CROP ? is->focus : 0,
        .sound_kbps = is->sound_kbps,
        .encoder = {
            .width_px = width_px, .height_px = height_px, .fps_num = program->fps_num, .fps_den = program->fps_den,
            .key_frames = (int)((is->key_seconds ? is->key_seconds : 2) * fps + 0.5), .b_frames = is->b_frames,
            .is_constant = !is_recording,
            .bitrate_kbps = is->bitrate_kbps ? is->bitrate_kbps : encoder_usual_kbps(width_px, height_px, fps),
        },
    };
}

static bool check_size(const struct studio_output_options *is, struct error *err)
{
    int width = is->width_px, height = is->height_px;
    bool is_good = (width == 0 && height == 0) || (width >= STUDIO_SIDE_MIN_PX && height >= STUDIO_SIDE_MIN_PX
        && width <= STUDIO_SIDE_MAX_PX && height <= STUDIO_SIDE_MAX_PX && width % 2 == 0 && height % 2 == 0);
    return is_good || error_set(err, ERROR_DATA, "size %dx%d: expected two even numbers from %d to %d", width, height,
        STUDIO_SIDE_MIN_PX, STUDIO_SIDE_MAX_PX);
}

/* Encoders are tried here, while nothing runs yet: what is asked for later is known by then. */
static bool prepare(struct output *output, const struct studio_output_options *is, struct error *err)
{
    if (!address_parse_output(&output->address, is->to, err) || !output_chain_check(&output->address, err)
        || !check_size(is, err))
        return false;
    describe_key(output, is);
    if (output->key.is_raw && is->delay_ms > 0)
        return error_set(err, ERROR_DATA, "%s has no delay: pictures wait coded only", output->address.shown);
    return output->key.is_raw || encoder_choose(&output->key.encoder, err);
}

/* Its texts are copied; "" and NULL are the same. */
static void copy_options(struct output *output, const struct studio_output_options *is)
{
    output->options.is = *is;
    output->options.is.name = output->name = xstrdup(is->name);
    output->options.is.view = output->view = xstrdup(is->view && *is->view ? is->view : NULL);
    output->options.is.frame_socket = output->frame_socket = xstrdup(output->view ? is->frame_socket : NULL);
    output->options.is.to = output->to = xstrdup(is->to);
    output->options.is.captions = output->captions =
        xstrdup(is->captions && *is->captions ? is->captions : NULL);
}

struct output *output_create(const struct output_options *options, struct error *err)
{
    struct output *output = xcalloc(1, sizeof(*output));
    output->options = *options;
    copy_options(output, &options->is);
    output->delay_ms = options->is.delay_ms;
    g_mutex_init(&output->lock);
    output->text = xstrdup("");
    if (!prepare(output, &options->is, err)) {
        error_prefix(err, "output \"%s\"", output->name);
        output_destroy(output);
        return NULL;
    }
    output->supply = supply_create(&(struct supply_options){
        .program = options->program, .pump = options->pump, .renditions = options->renditions,
        .context = options->context, .key = output->key, .delay_ns = output->delay_ms * NS_PER_MS,
        .patience_ns = (output->key.is_raw ? RAW_PATIENCE_MS
            : output->key.is_recorded ? RECORDING_PATIENCE_MS : PATIENCE_MS) * NS_PER_MS,
    });
    return output;
}

void output_enlist(struct output *output)
{
    renditions_add_wish(output->options.renditions, &output->key);
    output->is_enlisted = true;
}

static bool is_same_but_texts(const struct studio_output_options *a, const struct studio_output_options *b)
{
    return a->bitrate_kbps == b->bitrate_kbps && a->width_px == b->width_px && a->height_px == b->height_px
        && a->fit == b->fit && a->focus == b->focus && a->sound_kbps == b->sound_kbps
        && a->key_seconds == b->key_seconds && a->b_frames == b->b_frames && a->delay_ms == b->delay_ms
        && a->is_off == b->is_off;
}

bool output_is_as(const struct output *output, const struct studio_output_options *options)
{
    const struct studio_output_options *is = &output->options.is;
    const char *view = options->view && *options->view ? options->view : NULL;
    return strcmp(is->name, options->name) == 0 && strcmp(is->to, options->to) == 0 && g_strcmp0(is->view, view) == 0
        && g_strcmp0(is->frame_socket, view ? options->frame_socket : NULL) == 0
        && g_strcmp0(is->captions, options->captions && *options->captions ? options->captions : NULL) == 0 && is_same_but_texts(is, options);
}

void output_destroy(struct output *output)
{
    if (!output)
        return;
    g_assert(output->phase == PHASE_IDLE);
    if (output->is_enlisted)
        renditions_remove_wish(output->options.renditions, &output->key);
    supply_destroy(output->supply);
    hls_destroy(output->hls);
    address_fini(&output->address);
    g_mutex_clear(&output->lock);
    free(output->name), free(output->view), free(output->frame_socket), free(output->to), free(output->captions);
    free(output->text), free(output->file);
    free(output);
}

void output_start(struct output *output)
{
    output->is_wanted = true;
    if (output->phase == PHASE_WAITING) {  // a person has mended something, and waits for it
        stop_source(&output->timer);
        output->restarts = 0;
        begin(output);
    }
    if (output->phase != PHASE_IDLE)
        return;  // it runs, or it begins again when its end is over
    output->restarts = 0;
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    output->dropped_before = supply.dropped;
    begin(output);
}

static gboolean handle_finish_timeout(void *data)
{
    struct output *output = data;
    log_warn("video/output", "%s: the other side did not take the end within 3 s", output->name);
    bury(output);
    return G_SOURCE_REMOVE;
}

/*
 * A peer that never answered would hold up the end until its time is over, and a muxer that misses picture or sound
 * has none to write.
 */
static bool can_take_end(struct output *output)
{
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    return supply.is_flowing && (output->is_known_live || output->address.kind == ADDRESS_FILE || output->hls);
}

void output_stop(struct output *output)
{
    bool can_finish = can_take_end(output);
    output->is_wanted = false;
    output->is_known_live = false;
    if (output->phase == PHASE_RUNNING && !can_finish) {
        bury(output);
    } else if (output->phase == PHASE_RUNNING) {
        supply_close(output->supply, true);
        supply_leave(output->supply);
        set_phase(output, PHASE_FINISHING);
        stop_source(&output->watch);
        start_timer(output, &output->timer, FINISH_MS, handle_finish_timeout);
    } else if (output->phase == PHASE_WAITING) {
        stop_source(&output->timer);
        supply_leave(output->supply);
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
    supply_set_blank(output->supply, is_blank);
    g_mutex_lock(&output->lock);
    enum studio_state state = output->state;
    g_mutex_unlock(&output->lock);
    output->options.on_state(output->options.data, output->name, state, is_blank ? "blank" : "shown again");
}

void output_set_delay(struct output *output, int delay_ms)
{
    g_mutex_lock(&output->lock);
    output->delay_ms = delay_ms;
    g_mutex_unlock(&output->lock);
    supply_set_delay(output->supply, delay_ms * NS_PER_MS);
}

bool output_can_delay(const struct output *output)
{
    return !output->key.is_raw;
}

bool output_is_off(const struct output *output)
{
    return output->options.is.is_off;
}

const char *output_name(const struct output *output)
{
    return output->name;
}

bool output_is_recording(const struct output *output)
{
    return output->address.kind == ADDRESS_FILE;
}

bool output_shows(const struct output *output, const struct rendition *rendition)
{
    return supply_sends(output->supply, rendition);
}

bool output_is_idle(const struct output *output)
{
    GMutex *lock = (GMutex *)&output->lock;
    g_mutex_lock(lock);
    bool is_idle = output->phase == PHASE_IDLE;
    g_mutex_unlock(lock);
    return is_idle;
}

/* With the lock. What the address is called does not count. */
static const char *find_trouble(const struct output *output)
{
    const char *text = output->text, *shown = output->address.shown;
    if (output->state != STUDIO_FAILED && output->state != STUDIO_CONNECTING)
        return "";
    return trouble_name(g_str_has_prefix(text, shown) ? text + strlen(shown) : text);
}

void output_get_health(struct output *output, struct studio_output_health *health)
{
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    g_mutex_lock(&output->lock);
    *health = (struct studio_output_health){
        .state = output->state, .is_blank = output->is_blank, .bitrate_kbps = output->rate_kbps,
        .frames = __atomic_load_n(&output->sent, __ATOMIC_RELAXED), .dropped = supply.dropped - output->dropped_before,
        .bytes = output->bytes, .restarts = output->restarts, .delay_ms = output->delay_ms, .is_recording = output_is_recording(output),
        .is_shared = supply.rendition.sharers > 1, .width_px = output->key.encoder.width_px,
        .height_px = output->key.encoder.height_px, .encode_ms = supply.rendition.encode.median_ms,
        .encode_worst_ms = supply.rendition.encode.worst_ms, .why = find_trouble(output),
        .retry_ms = output->phase == PHASE_WAITING ? (int)MAX((output->retry_us - g_get_monotonic_time()) / 1000, 0) : 0,
    };
    snprintf(health->name, sizeof(health->name), "%s", output->name);
    snprintf(health->view, sizeof(health->view), "%s", output->view ? output->view : "");
    snprintf(health->encoder, sizeof(health->encoder), "%s", supply.rendition.encoder ? supply.rendition.encoder : "");
    snprintf(health->to, sizeof(health->to), "%s", output->file ? output->file : output->address.shown);
    bool has_encoder = output->state == STUDIO_OFF || !*supply.rendition.trouble;
    snprintf(health->text, sizeof(health->text), "%s", has_encoder ? output->text : supply.rendition.trouble);
    if (!has_encoder)
        health->why = "encoder";
    snprintf(health->captions, sizeof(health->captions), "%s", supply.rendition.captions);
    g_mutex_unlock(&output->lock);
}
