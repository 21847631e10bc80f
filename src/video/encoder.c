#include "video/encoder.h"

#include <gst/gst.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "video/program.h"
#include "video/setup.h"

enum { TRY_S = 2, TRY_FRAMES = 4, TRIALS_MAX = 64 };

/*
 * Units differ: openh264enc counts bits. The devices want NV12, which videoconvert makes where it must. x264enc's
 * veryfast costs 1.4 ms more a 720p frame than ultrafast and halves the rate that text needs to stay sharp. With B-frames
 * it is told all that tune=zerolatency says but this: they delay by themselves alone.
 */
static const struct candidate {
    const char *name, *plugin, *package;
    const char *format;    // printf: rate, key frame distance
    const char *constant;  // added where the rate must be held
    const char *without_b; // added for no B-frames
    const char *with_b;    // printf: how many; NULL: it cannot
    int rate_unit;         // times kbit/s
    bool is_device;        // whether it works depends on more than the size
} candidates[] = {
    {"nvh264enc", "nvcodec", "gstreamer1.0-plugins-bad",
        "videoconvert ! nvh264enc preset=low-latency-hq bitrate=%d gop-size=%d", " rc-mode=cbr",
        " zerolatency=true bframes=0", " bframes=%d", 1, true},
    {"vah264enc", "va", "gstreamer1.0-plugins-bad", "videoconvert ! vah264enc bitrate=%d key-int-max=%d",
        " rate-control=cbr", " b-frames=0", " b-frames=%d", 1, true},
    {"vaapih264enc", "vaapi", "gstreamer1.0-vaapi", "videoconvert ! vaapih264enc bitrate=%d keyframe-period=%d",
        " rate-control=cbr", " max-bframes=0", " max-bframes=%d", 1, true},
    {"qsvh264enc", "qsv", "gstreamer1.0-plugins-bad", "videoconvert ! qsvh264enc bitrate=%d gop-size=%d",
        " rate-control=cbr", " b-frames=0", " b-frames=%d", 1, true},
    {"x264enc", "x264", "gstreamer1.0-plugins-ugly", "x264enc speed-preset=veryfast bitrate=%d key-int-max=%d",
        " vbv-buf-capacity=1000 option-string=nal-hrd=cbr", " tune=zerolatency bframes=0",
        " rc-lookahead=0 sync-lookahead=0 sliced-threads=true b-adapt=false bframes=%d", 1},
    {"openh264enc", "openh264", "gstreamer1.0-plugins-bad",
        "openh264enc complexity=low rate-control=bitrate bitrate=%d gop-size=%d", "", "", NULL, 1000},
};

/* What came of one candidate with one size and kind of settings. */
struct trial {
    const struct candidate *candidate;
    int width_px, height_px, fps_num, fps_den;
    bool has_b, is_constant, works, is_slow;
    char text[200];
};

static struct {
    GMutex lock;  // held while one tries, so that nobody tries the same beside
    struct trial trials[TRIALS_MAX];
    size_t count;
} known;

static const struct candidate *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
        if (g_str_equal(candidates[i].name, name))
            return &candidates[i];
    }
    return NULL;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
char *encoder_describe(const char *name, const struct encoder_options *options)
{
    const struct candidate *candidate = find(name);
    g_assert(candidate);
    g_autofree char *text = g_strdup_printf(candidate->format, options->bitrate_kbps * candidate->rate_unit,
        options->key_frames);
    g_autofree char *b_frames = options->b_frames > 0 && candidate->with_b
        ? g_strdup_printf(candidate->with_b, options->b_frames) : g_strdup(candidate->without_b);
    return g_strconcat(text, b_frames, options->is_constant ? candidate->constant : "", NULL);
}
#pragma GCC diagnostic pop

/* ---- One candidate is tried */

struct meter {
    int frames;
    gint64 came_us[TRY_FRAMES];
};

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct meter *meter = data;
    if (meter->frames < TRY_FRAMES)
        meter->came_us[meter->frames++] = g_get_monotonic_time();
    return GST_PAD_PROBE_OK;
}

static void note_error(struct trial *trial, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_autofree char *words = setup_words(error);
    g_snprintf(trial->text, sizeof(trial->text), "does not encode %dx%d: %s", trial->width_px, trial->height_px, words);
}

static int by_length(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return left < right ? -1 : left > right;
}

/* The median time from one frame to the next: neither a device's start nor a busy moment is what a frame costs. */
static double median_ms(const struct meter *meter)
{
    gint64 gaps_us[TRY_FRAMES - 1];
    for (int i = 0; i + 1 < TRY_FRAMES; i++)
        gaps_us[i] = meter->came_us[i + 1] - meter->came_us[i];
    qsort(gaps_us, G_N_ELEMENTS(gaps_us), sizeof(gaps_us[0]), by_length);
    return (double)gaps_us[G_N_ELEMENTS(gaps_us) / 2] / 1000;
}

static void note_speed(struct trial *trial, const struct meter *meter)
{
    double frame_ms = median_ms(meter);
    double room_ms = 1000.0 * trial->fps_den / trial->fps_num;
    trial->works = true;
    trial->is_slow = frame_ms > room_ms;
    g_snprintf(trial->text, sizeof(trial->text), "encodes %dx%d here, %.1f ms a frame%s", trial->width_px, trial->height_px,
        frame_ms, trial->is_slow ? ", which is slower than they come: choose a smaller size or fewer frames a second" : "");
}

static void run(struct trial *trial, GstElement *pipeline)
{
    struct meter meter = {0};
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &meter, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, TRY_S * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        note_error(trial, message);
    else if (!message || meter.frames != TRY_FRAMES)
        g_snprintf(trial->text, sizeof(trial->text), "gave %d of %d frames of %dx%d within %d s", meter.frames, TRY_FRAMES,
            trial->width_px, trial->height_px, TRY_S);
    else
        note_speed(trial, &meter);
}

/* A plugin that is there without its encoder found no device for it when it was loaded. */
static bool is_there(struct trial *trial)
{
    const struct candidate *candidate = trial->candidate;
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(candidate->name);
    g_autoptr(GstPlugin) plugin = gst_registry_find_plugin(gst_registry_get(), candidate->plugin);
    if (!factory && plugin)
        g_snprintf(trial->text, sizeof(trial->text), "no device");
    else if (!factory)
        g_snprintf(trial->text, sizeof(trial->text), "not installed (package %s)", candidate->package);
    return factory != NULL;
}

static void try_candidate(struct trial *trial, const struct encoder_options *options)
{
    if (!is_there(trial))
        return;
    g_autofree char *encoder = encoder_describe(trial->candidate->name, options);
    struct program like = {.width_px = options->width_px, .height_px = options->height_px,
        .fps_num = options->fps_num, .fps_den = options->fps_den};
    g_autoptr(GstCaps) caps = program_video_caps(&like, true);
    g_autofree char *format = gst_caps_to_string(caps);
    g_autofree char *text = g_strdup_printf("videotestsrc num-buffers=%d ! %s ! queue max-size-bytes=0 max-size-time=0 "
        "! %s ! h264parse ! fakesink name=sink sync=false", TRY_FRAMES, format, encoder);
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (pipeline)
        run(trial, pipeline);
    else
        g_snprintf(trial->text, sizeof(trial->text), "%s", error->message);
}

/* ---- What is known already */

/* Software that takes a size takes it with all settings; trying again would only keep the picture waiting. */
static bool is_of(const struct trial *trial, const struct candidate *candidate, const struct encoder_options *options)
{
    if (trial->candidate != candidate || trial->width_px != options->width_px || trial->height_px != options->height_px)
        return false;
    return !candidate->is_device || (trial->fps_num == options->fps_num && trial->fps_den == options->fps_den
        && trial->has_b == (options->b_frames > 0) && trial->is_constant == options->is_constant);
}

/* What is not there is not there in any size: that is said once. */
static bool was_said(const struct trial *trial)
{
    for (const struct trial *other = known.trials; other < trial; other++) {
        if (other->candidate == trial->candidate && g_str_equal(other->text, trial->text))
            return true;
    }
    return false;
}

static const struct trial *look_up(const struct candidate *candidate, const struct encoder_options *options)
{
    for (size_t i = 0; i < known.count; i++) {
        if (is_of(&known.trials[i], candidate, options))
            return &known.trials[i];
    }
    if (known.count == TRIALS_MAX)
        known.count = 0;  // what is asked for again is tried again
    struct trial *trial = &known.trials[known.count++];
    *trial = (struct trial){.candidate = candidate, .width_px = options->width_px, .height_px = options->height_px,
        .fps_num = options->fps_num, .fps_den = options->fps_den, .has_b = options->b_frames > 0,
        .is_constant = options->is_constant};
    try_candidate(trial, options);
    if (!was_said(trial))
        log_info("video/encoder", "%s: %s", candidate->name, trial->text);
    return trial;
}

const char *encoder_choose(const struct encoder_options *options, struct error *err)
{
    const char *chosen = NULL;
    g_autoptr(GString) refusals = g_string_new(NULL);
    g_mutex_lock(&known.lock);
    for (size_t i = 0; !chosen && i < G_N_ELEMENTS(candidates); i++) {
        const struct trial *trial = look_up(&candidates[i], options);
        if (trial->works)
            chosen = candidates[i].name;
        else
            g_string_append_printf(refusals, "%s%s: %s", refusals->len ? "; " : "", candidates[i].name, trial->text);
    }
    g_mutex_unlock(&known.lock);
    if (!chosen)
        error_set(err, ERROR_SYSTEM, "no H.264 encoder works for %dx%d: install gstreamer1.0-plugins-ugly, or choose an even "
            "size (%s)", options->width_px, options->height_px, refusals->str);
    return chosen;
}

void encoder_distrust(const char *name, const struct encoder_options *options)
{
    const struct candidate *candidate = find(name);
    g_mutex_lock(&known.lock);
    for (size_t i = 0; i < known.count && candidate->is_device; i++) {
        struct trial *trial = &known.trials[i];
        if (!trial->works || !is_of(trial, candidate, options))
            continue;
        trial->works = false;
        g_snprintf(trial->text, sizeof(trial->text), "failed while it was on air");
        log_warn("video/encoder", "%s %s; the next one is taken, until video is restarted", name, trial->text);
    }
    g_mutex_unlock(&known.lock);
}

void encoder_explain(const struct encoder_options *options, encoder_say_fn say, void *data)
{
    bool is_found = false;
    for (size_t i = 0; !is_found && i < G_N_ELEMENTS(candidates); i++) {
        g_mutex_lock(&known.lock);
        const struct trial *found = look_up(&candidates[i], options);
        struct trial trial = *found;
        bool is_new = !was_said(found);
        g_mutex_unlock(&known.lock);
        is_found = trial.works;
        if (is_new)
            say(data, trial.works && !trial.is_slow, candidates[i].name, trial.text);
    }
}

int encoder_usual_kbps(int width_px, int height_px, double fps)
{
    double counted = fps > 30 ? 30 + (fps - 30) / 2 : fps;
    double kbps = 0.1 * width_px * height_px * counted / 1000;
    return (int)CLAMP(kbps, 500, 40000);
}
