#include "video/encoder.h"

#include <gst/gst.h>

#include "base/error.h"
#include "base/log.h"
#include "video/program.h"

enum { TRY_S = 2, TRY_FRAMES = 5 };

/*
 * The hardware first, then the two in software. Units differ: openh264enc counts bits. x264enc's veryfast costs
 * 1.4 ms more a 720p frame than ultrafast and halves the rate that text needs to stay sharp.
 */
static const struct candidate {
    const char *name;
    const char *format;    // printf: rate, key frame distance
    const char *constant;  // added where the rate must be held
    int rate_unit;         // times kbit/s
} candidates[] = {
    {"nvh264enc", "nvh264enc zerolatency=true preset=low-latency-hq bframes=0 bitrate=%d gop-size=%d",
        " rc-mode=cbr", 1},
    {"vah264enc", "vah264enc b-frames=0 bitrate=%d key-int-max=%d", " rate-control=cbr", 1},
    {"x264enc", "x264enc tune=zerolatency speed-preset=veryfast bframes=0 bitrate=%d key-int-max=%d",
        " vbv-buf-capacity=1000 option-string=nal-hrd=cbr", 1},
    {"openh264enc", "openh264enc complexity=low rate-control=bitrate bitrate=%d gop-size=%d", "", 1000},
};

static const struct candidate *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
        if (g_str_equal(candidates[i].name, name))
            return &candidates[i];
    }
    return NULL;
}

char *encoder_describe(const char *name, const struct encoder_options *options)
{
    const struct candidate *candidate = find(name);
    g_assert(candidate);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    g_autofree char *text = g_strdup_printf(candidate->format, options->bitrate_kbps * candidate->rate_unit,
        options->key_frames);
#pragma GCC diagnostic pop
    return g_strconcat(text, options->is_constant ? candidate->constant : "", NULL);
}

static GstPadProbeReturn count_frame(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    g_atomic_int_inc((int *)data);
    return GST_PAD_PROBE_OK;
}

/* The number of frames that came out of a pipeline that encodes TRY_FRAMES. */
static int run(GstElement *pipeline)
{
    int frames = 0;
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, count_frame, &frames, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, TRY_S * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    bool is_good = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    gst_element_set_state(pipeline, GST_STATE_NULL);
    return is_good ? frames : 0;
}

static bool works(const struct candidate *candidate, const struct program *program)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(candidate->name);
    if (!factory)
        return false;
    g_autofree char *encoder =
        encoder_describe(candidate->name, &(struct encoder_options){.bitrate_kbps = 2000, .key_frames = 60});
    g_autoptr(GstCaps) caps = program_video_caps(program, true);
    g_autofree char *format = gst_caps_to_string(caps);
    g_autofree char *text =
        g_strdup_printf("videotestsrc num-buffers=%d ! %s ! %s ! h264parse ! fakesink name=sink sync=false",
        TRY_FRAMES, format, encoder);
    g_autoptr(GstElement) pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
    return pipeline && run(pipeline) == TRY_FRAMES;
}

const char *encoder_choose(const struct program *program, struct error *err)
{
    static GMutex lock;
    static const char *chosen;
    g_mutex_lock(&lock);
    for (size_t i = 0; !chosen && i < G_N_ELEMENTS(candidates); i++) {
        if (works(&candidates[i], program)) {
            chosen = candidates[i].name;
            log_info("video/encoder", "%s encodes %dx%d here", chosen, program->width_px, program->height_px);
        }
    }
    const char *result = chosen;
    g_mutex_unlock(&lock);
    if (!result)
        error_set(err, ERROR_SYSTEM,
            "no H.264 encoder works for %dx%d (tried nvh264enc, vah264enc, x264enc, openh264enc); "
            "install gstreamer1.0-plugins-ugly, or choose an even size", program->width_px, program->height_px);
    return result;
}

/* A tenth of a bit a pixel up to 30 frames a second, half of that for frames beyond. */
int encoder_usual_kbps(const struct program *program)
{
    double fps = (double)program->fps_num / program->fps_den;
    double counted = fps > 30 ? 30 + (fps - 30) / 2 : fps;
    double kbps = 0.1 * program->width_px * program->height_px * counted / 1000;
    return (int)CLAMP(kbps, 500, 40000);
}
