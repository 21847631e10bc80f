#include "video/output_chain.h"

#include <gst/app/gstappsrc.h>

#include "base/error.h"
#include "video/address.h"
#include "video/encoder.h"
#include "video/program.h"
#include "video/setup.h"

/*
 * How much raw picture an output may be behind before the oldest is dropped. A recording may lag a second
 * rather than lose a frame while the machine is busy; what is live may not.
 */
enum {
    NETWORK_BUFFERS = 6, SOUND_KBPS = 160,
    GREETING_BYTES = 12000,  // what RTMP says before the first picture, and more
};

/* The muxer waits for both pads, so both are always fed; encoded data waits at most a second. */
#define QUEUE "queue max-size-time=1000000000 max-size-buffers=0 max-size-bytes=0"

static const char file_sink[] = "filesink name=sink async=false sync=false buffer-mode=unbuffered";

/*
 * A recording must be readable however the process ends: Matroska is by itself; MP4 in fragments of half a
 * second that become an ordinary file when it is closed. flvmux of 1.22 reckons its live deadline from the
 * wrong time, gives up waiting for the other pad and pulls sound up to 32 ms out of place; not live, it waits,
 * and both come with every tick.
 */
static const struct form {
    enum address_kind kind;
    enum address_container container;
    const char *video;  // the form the muxer wants
    const char *muxer;
    const char *sink;   // NULL: a file
    const char *property, *elements[2];
    bool waits;         // its muxer must believe that nothing is live
} forms[] = {
    {ADDRESS_FILE, CONTAINER_MKV, "avc", "matroskamux name=mux offset-to-zero=true", NULL, "location",
        {"matroskamux"}},
    {ADDRESS_FILE, CONTAINER_MP4, "avc",
        "mp4mux name=mux fragment-duration=500 fragment-mode=first-moov-then-finalise", NULL,
        "location", {"mp4mux"}},
    {ADDRESS_FILE, CONTAINER_TS, "byte-stream", "mpegtsmux name=mux alignment=7", NULL, "location", {"mpegtsmux"}},
    {ADDRESS_FILE, CONTAINER_FLV, "avc", "flvmux name=mux", NULL, "location", {"flvmux"}, true},
    {ADDRESS_SRT, CONTAINER_NONE, "byte-stream", "mpegtsmux name=mux alignment=7",
        "srtsink name=sink async=false sync=false", "uri", {"mpegtsmux", "srtsink"}},
    {ADDRESS_RTMP, CONTAINER_NONE, "avc", "flvmux name=mux streamable=true",
        "rtmp2sink name=sink async-connect=true async=false sync=false", "location", {"flvmux", "rtmp2sink"}, true},
};

static const struct form *find_form(const struct address *address)
{
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (forms[i].kind == address->kind && forms[i].container == address->container)
            return &forms[i];
    }
    return NULL;
}

bool output_chain_check(const struct address *address, struct error *err)
{
    const struct form *form = find_form(address);
    g_assert(form);
    for (size_t i = 0; i < G_N_ELEMENTS(form->elements) && form->elements[i]; i++) {
        if (!setup_has_element(form->elements[i], err))
            return false;
    }
    return setup_has_element("h264parse", err) && setup_has_element("aacparse", err)
        && setup_has_element("avenc_aac", err);
}

static char *describe(const struct output_chain_options *options, const struct form *form)
{
    const struct program *program = options->program;
    bool is_file = options->address->kind == ADDRESS_FILE;
    int fps = (program->fps_num + program->fps_den - 1) / program->fps_den;
    g_autofree char *encoder = encoder_describe(options->encoder, &(struct encoder_options){
        .bitrate_kbps = options->bitrate_kbps, .key_frames = 2 * fps, .is_constant = !is_file});
    g_autofree char *source = g_strdup_printf("is-live=%s format=time block=false max-bytes=0 max-buffers=%d "
        "leaky-type=downstream", form->waits ? "false" : "true",
        is_file ? MAX(fps, NETWORK_BUFFERS) : NETWORK_BUFFERS);
    return g_strdup_printf(
        "appsrc name=video %s ! %s name=overlay ! %s ! h264parse config-interval=%d "
        "! video/x-h264,stream-format=%s,alignment=au ! " QUEUE " ! mux. "
        "appsrc name=audio %s ! audioconvert ! avenc_aac bitrate=%d ! aacparse ! " QUEUE " ! mux. %s ! %s",
        source, options->frame_socket ? "antiphonoverlay" : "identity", encoder,
        g_str_equal(form->video, "avc") ? 0 : -1, form->video, source, SOUND_KBPS * 1000, form->muxer,
        form->sink ? form->sink : file_sink);
}

static void set_caps(GstElement *pipeline, const char *name, GstCaps *caps)
{
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), name);
    gst_app_src_set_caps(GST_APP_SRC(source), caps);
    gst_caps_unref(caps);
}

static void set_places(GstElement *pipeline, const struct output_chain_options *options, const char *property)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_object_set(sink, property, options->location, NULL);
    /*
     * After the URI, which resets both. A listener goes on without callers; a caller that finds nobody fails
     * after 3 s.
     */
    if (options->address->kind == ADDRESS_SRT)
        g_object_set(sink, "wait-for-connection", !options->address->is_listener, "poll-timeout", 100, NULL);
    g_autoptr(GstElement) overlay = gst_bin_get_by_name(GST_BIN(pipeline), "overlay");
    if (options->frame_socket)
        g_object_set(overlay, "view", options->view, "socket", options->frame_socket, NULL);
}

GstElement *output_chain_build(const struct output_chain_options *options, struct error *err)
{
    const struct form *form = find_form(options->address);
    g_assert(form);
    g_autofree char *text = describe(options, form);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "%s", error->message);
        return NULL;
    }
    set_caps(pipeline, "video", program_video_caps(options->program, true));
    set_caps(pipeline, "audio", program_audio_caps());
    set_places(pipeline, options, form->property);
    return pipeline;
}

static uint64_t read_stat(GstElement *sink, const char *name)
{
    GstStructure *stats = NULL;
    g_object_get(sink, "stats", &stats, NULL);
    guint64 bytes = 0;
    if (stats)
        gst_structure_get_uint64(stats, name, &bytes);
    g_clear_pointer(&stats, gst_structure_free);
    return bytes;
}

uint64_t output_chain_sent(GstElement *pipeline, const struct address *address, uint64_t handed_over)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    if (address->kind == ADDRESS_RTMP) {
        uint64_t bytes = read_stat(sink, "out-bytes-total");
        return bytes > GREETING_BYTES ? bytes : 0;
    }
    return address->kind == ADDRESS_SRT ? read_stat(sink, "bytes-sent-total") : handed_over;
}
