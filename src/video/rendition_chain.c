#include "video/rendition_chain.h"

#include <gst/app/gstappsrc.h>

#include "base/error.h"
#include "video/framing.h"
#include "video/program.h"
#include "video/rendition.h"

/*
 * How much raw picture an encoder may be behind before the oldest is dropped. What is recorded may lag a second; what is
 * live may not. The holding picture is one buffer, however often it waits.
 */
enum { LIVE_BUFFERS = 6, SOUND_BUFFERS = 120, SOUND_KBPS = 160 };

static int frame_rate(const struct program *program)
{
    return (program->fps_num + program->fps_den - 1) / program->fps_den;
}

static char *describe_source(const char *name, int buffers)
{
    return g_strdup_printf("appsrc name=%s is-live=true format=time block=false max-bytes=0 max-buffers=%d "
        "leaky-type=downstream", name, buffers);
}

static char *describe_sink(const char *name)
{
    return g_strdup_printf("appsink name=%s sync=false async=false max-buffers=0 enable-last-sample=false", name);
}

static bool has_overlay(const struct rendition_key *key)
{
    return key->frame_socket && !key->is_blank;
}

static char *describe_coding(const struct rendition_chain_options *options)
{
    g_autofree char *encoder = encoder_describe(options->encoder, &options->key->encoder);
    g_autofree char *source = describe_source("audio", SOUND_BUFFERS), *sink = describe_sink("audio-out");
    return g_strdup_printf("! %s ! h264parse name=parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au "
        "! video-out. %s ! audioconvert ! avenc_aac bitrate=%d ! aacparse ! audio/mpeg,stream-format=raw ! %s", encoder,
        source, (options->key->sound_kbps ? options->key->sound_kbps : SOUND_KBPS) * 1000, sink);
}

static char *describe(const struct rendition_chain_options *options)
{
    const struct rendition_key *key = options->key;
    int second = frame_rate(options->program);
    int buffers = key->is_blank ? 2 * second + LIVE_BUFFERS : options->may_lag ? MAX(second, LIVE_BUFFERS) : LIVE_BUFFERS;
    g_autofree char *source = describe_source("video", buffers), *sink = describe_sink("video-out");
    g_autofree char *coding = key->is_raw ? g_strdup("! video-out.") : describe_coding(options);
    g_autofree char *framing = framing_describe(&(struct framing){
        .from_width_px = options->program->width_px, .from_height_px = options->program->height_px,
        .to_width_px = key->encoder.width_px, .to_height_px = key->encoder.height_px, .fit = key->fit, .focus = key->focus});
    return g_strdup_printf("%s %s ! %s%s name=overlay %s", sink, source, framing,
        has_overlay(key) ? "antiphonoverlay" : "identity", coding);
}

static void set_caps(GstElement *pipeline, const char *name, GstCaps *caps)
{
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), name);
    if (source)
        gst_app_src_set_caps(GST_APP_SRC(source), caps);
    gst_caps_unref(caps);
}

GstElement *rendition_chain_build(const struct rendition_chain_options *options, struct error *err)
{
    g_autofree char *text = describe(options);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "%s", error->message);
        return NULL;
    }
    set_caps(pipeline, "video", program_video_caps(options->program, true));
    set_caps(pipeline, "audio", program_audio_caps());
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    if (has_overlay(options->key))
        g_object_set(overlay, "view", options->key->view, "socket", options->key->frame_socket, NULL);
    return pipeline;
}
