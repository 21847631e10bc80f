#include "video/output_chain.h"

#include "base/error.h"
#include "video/address.h"
#include "video/setup.h"

enum { GREETING_BYTES = 12000 };  // what RTMP says before the first picture, and more

static const char file_sink[] = "filesink name=sink async=false sync=false buffer-mode=unbuffered";

/*
 * A recording must be readable however the process ends: Matroska is by itself, MP4 in fragments of half a second. The
 * mode that makes an ordinary file of them at the end ("first-moov-then-finalise") puts picture and sound into one fragment,
 * in runs, and mp4mux of 1.22 leaves the size out of a run of one sample that is as large as the fragment's first: ffmpeg
 * refused one of ten such files, and every one of silence. In the usual mode each fragment is one run of one track.
 */
static const struct form {
    enum address_kind kind;
    enum address_container container;
    const char *video;    // the form the muxer wants; NULL: pictures as they are
    const char *muxer;    // raw: what converts them
    const char *sink;     // NULL: a file
    const char *property; // of the sink, for the place; NULL: none
    const char *elements[2];
} forms[] = {
    {ADDRESS_FILE, CONTAINER_MKV, "avc", "matroskamux name=mux", NULL, "location",
        {"matroskamux"}},
    {ADDRESS_FILE, CONTAINER_MP4, "avc",
        "mp4mux name=mux fragment-duration=500", NULL,
        "location", {"mp4mux"}},
    {ADDRESS_FILE, CONTAINER_TS, "byte-stream", "mpegtsmux name=mux alignment=7", NULL, "location", {"mpegtsmux"}},
    {ADDRESS_FILE, CONTAINER_FLV, "avc", "flvmux name=mux", NULL, "location", {"flvmux"}},
    {ADDRESS_SRT, CONTAINER_NONE, "byte-stream", "mpegtsmux name=mux alignment=7",
        "srtsink name=sink async=false sync=false", "uri", {"mpegtsmux", "srtsink"}},
    {ADDRESS_RTMP, CONTAINER_NONE, "avc", "flvmux name=mux streamable=true",
        "rtmp2sink name=sink async-connect=true async=false sync=false", "location", {"flvmux", "rtmp2sink"}},
    {ADDRESS_HLS, CONTAINER_NONE, "byte-stream", NULL,
        "splitmuxsink name=sink muxer=mpegtsmux max-size-time=2000000000 reset-muxer=false", NULL,
        {"splitmuxsink", "mpegtsmux"}},
    {ADDRESS_V4L2, CONTAINER_NONE, NULL, "videoconvert ! video/x-raw,format=YUY2",
        "v4l2sink name=sink async=false sync=false", "device", {"v4l2sink"}},
    {ADDRESS_PIPEWIRE, CONTAINER_NONE, NULL, "videoconvert ! video/x-raw,format=BGRx",
        "pipewiresink name=sink mode=provide async=false sync=false", "client-name", {"pipewiresink"}},
    {ADDRESS_WINDOW, CONTAINER_NONE, NULL, "videoconvert", "ximagesink name=sink async=false sync=false", NULL,
        {"ximagesink"}},
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
    return !form->video || (setup_has_element("h264parse", err) && setup_has_element("aacparse", err)
        && setup_has_element("avenc_aac", err));
}

bool output_chain_is_raw(const struct address *address)
{
    return !find_form(address)->video;
}

/*
 * The supply bounds what waits in the sources. They are not live: a muxer that believes so gives up waiting for one pad and
 * pulls sound out of place (flvmux of 1.22 by up to 32 ms), and here both come with every tick.
 */
#define SOURCE "is-live=false format=time block=false max-bytes=0 max-buffers=0 max-time=0"

static char *describe(const struct form *form)
{
    const char *sink = form->sink ? form->sink : file_sink;
    if (!form->video)
        return g_strdup_printf("appsrc name=video " SOURCE " ! %s ! %s", form->muxer, sink);
    g_autofree char *tail = form->muxer ? g_strdup_printf("%s ! %s", form->muxer, sink) : g_strdup(sink);
    return g_strdup_printf(
        "appsrc name=video " SOURCE " ! h264parse config-interval=%d ! video/x-h264,stream-format=%s,alignment=au ! %s "
        "appsrc name=audio " SOURCE " ! aacparse ! %s %s",
        g_str_equal(form->video, "avc") ? 0 : -1, form->video, form->muxer ? "mux." : "sink.video",
        form->muxer ? "mux." : "sink.audio_0", tail);
}

static void set_place(GstElement *pipeline, const struct address *address, const char *property, const char *location)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    if (property)
        g_object_set(sink, property, location, NULL);
    /*
     * After the URI, which resets both. A listener goes on without callers; a caller that finds nobody fails
     * after 3 s.
     */
    if (address->kind == ADDRESS_SRT)
        g_object_set(sink, "wait-for-connection", !address->is_listener, "poll-timeout", 100, NULL);
}

GstElement *output_chain_build(const struct address *address, const char *location, struct error *err)
{
    const struct form *form = find_form(address);
    g_assert(form);
    g_autofree char *text = describe(form);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "%s", error->message);
        return NULL;
    }
    set_place(pipeline, address, form->property, location);
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
