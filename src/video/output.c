#include "video/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "video/encoder.h"
#include "video/hls.h"
#include "video/output_chain.h"
#include "video/output_inside.h"
#include "video/program.h"
#include "video/recording.h"
#include "video/setup.h"
#include "video/sidecar.h"
#include "video/supply.h"
#include "video/undertaker.h"

enum {
    FINISH_MS = 3000,      // for a peer, or a muxer, to take the end
    PATIENCE_MS = 2000, RECORDING_PATIENCE_MS = 10000, RAW_PATIENCE_MS = 200,  // how far a peer may be behind
    HLS_SOUND_KBPS = 200,
    RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 30000, JITTER_PERCENT = 20,
};

void output_set_state(struct output *output, enum studio_state state, const char *text)
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

static void set_phase(struct output *output, enum output_phase phase)
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
        output_set_state(output, STUDIO_OFF, "");
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
    output_advance_sidecar(output);
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

void output_fail(struct output *output, const char *reason)
{
    char *masked = address_mask(&output->address, reason);
    g_autofree char *text = g_strdup_printf("%s: %s; trying again", output->address.shown, masked);
    free(masked);
    output->restarts++;
    output->is_known_live = false;
    bury(output);
    output_set_state(output, STUDIO_FAILED, text);
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
    if (is_disk && debug && strstr(debug, "Caps changes are not supported"))
        return g_strdup("the next encoder's pictures do not go into the same file");
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
        output_fail(output, words);
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
            output_fail(output, "it ended by itself");
        else
            bury(output);
    }
    return G_SOURCE_CONTINUE;
}

static void attach(struct output *output, GstElement *pipeline)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    output->bus_watch = gst_bus_create_watch(bus);
    g_source_set_callback(output->bus_watch, G_SOURCE_FUNC(handle_message), output, NULL);
    g_source_attach(output->bus_watch, output->options.context);
    start_timer(output, &output->watch, OUTPUT_WATCH_MS, output_handle_watch);
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
            output_set_state(output, STUDIO_CONNECTING, "");
        return;
    }
    output->restarts++;
    g_autofree char *text = g_strdup_printf("%s; trying again", err.text);
    output_set_state(output, STUDIO_FAILED, text);
    handle_buried(output);
}

/* ---- The door ---- */

/* Encoders are tried here, while nothing runs yet: what is asked for later is known by then. */
static bool prepare(struct output *output, const struct studio_output_options *is, struct error *err)
{
    if (!address_parse_output(&output->address, is->to, err) || !output_chain_check(&output->address, err)
        || !output_check_size(is, err))
        return false;
    output_describe_key(output, is);
    if (output->key.is_raw && is->delay_ms > 0)
        return error_set(err, ERROR_DATA, "%s has no delay: pictures wait coded only", output->address.shown);
    return output->key.is_raw || encoder_choose(&output->key.encoder, err);
}

struct output *output_create(const struct output_options *options, struct error *err)
{
    struct output *output = xcalloc(1, sizeof(*output));
    output->options = *options;
    output_copy_options(output, &options->is);
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
        output_set_state(output, STUDIO_OFF, "");
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
