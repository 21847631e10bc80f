#include "video/input_chain.h"

#include "base/error.h"
#include "base/log.h"
#include "video/address.h"
#include "video/program.h"
#include "video/setup.h"

/*
 * Encoded data waits here while the sinks keep time: senders may be 1.4 s ahead of their own clock (ffmpeg's
 * mux delay).
 */
#define ENCODED_QUEUE "queue max-size-time=5000000000 max-size-bytes=33554432 max-size-buffers=0"

/*
 * Built by hand where the format is known: decodebin's choice depends on the machine. Damaged frames are not
 * shown: after a late join the decoder would fill the picture with grey until the next key frame.
 */
static const struct decoder {
    const char *caps;
    const char *chain;
} decoders[] = {
    {"video/x-h264", "h264parse ! avdec_h264 output-corrupt=false max-errors=-1"},
    {"video/x-h265", "h265parse ! avdec_h265 output-corrupt=false max-errors=-1"},
    {"video/mpeg, mpegversion=(int){1,2}", "mpegvideoparse ! avdec_mpeg2video output-corrupt=false max-errors=-1"},
    {"audio/mpeg, mpegversion=(int){2,4}", "aacparse ! avdec_aac"},
    {"audio/mpeg, mpegversion=(int)1", "mpegaudioparse ! avdec_mp3"},
    {"audio/x-ac3", "ac3parse ! avdec_ac3"},
    {"audio/x-opus", "opusparse ! opusdec"},
};

static const char *find_decoder(const GstCaps *caps)
{
    for (size_t i = 0; i < G_N_ELEMENTS(decoders); i++) {
        g_autoptr(GstCaps) known = gst_caps_from_string(decoders[i].caps);
        if (gst_caps_can_intersect(known, caps))
            return decoders[i].chain;
    }
    return "decodebin";
}

/* Raw or encoded pad to our sink. */
static char *describe_branch(const GstCaps *caps, bool is_video)
{
    const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    bool is_raw = g_str_equal(name, "video/x-raw") || g_str_equal(name, "audio/x-raw");
    return g_strdup_printf("%s%s%s%s ! appsink name=sink sync=true async=false max-buffers=4 drop=true "
        "enable-last-sample=false",
        is_raw ? "" : ENCODED_QUEUE " ! ", is_raw ? "" : find_decoder(caps), is_raw ? "" : " ! ",
        is_video ? "deinterlace ! videoconvert ! videoscale add-borders=true" : "audioconvert ! audioresample");
}

static GstElement *build_branch(const struct input_chain *chain, const GstCaps *caps, bool is_video)
{
    g_autofree char *text = describe_branch(caps, is_video);
    g_autoptr(GError) error = NULL;
    GstElement *branch = gst_parse_bin_from_description_full(text, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!branch) {
        log_warn("video/input", "%s is left out: %s", is_video ? "the picture" : "the sound", error->message);
        return NULL;
    }
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(branch), "sink");
    g_autoptr(GstCaps) wanted = is_video ? program_video_caps(chain->program, false) : program_audio_caps();
    gst_app_sink_set_caps(GST_APP_SINK(sink), wanted);
    const GstAppSinkCallbacks *callbacks = is_video ? chain->video : chain->audio;
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), (GstAppSinkCallbacks *)callbacks, chain->data, NULL);
    return branch;
}

static void connect_branch(struct input_chain *chain, GstPad *pad, const GstCaps *caps, bool is_video)
{
    if (!g_atomic_int_compare_and_exchange(is_video ? &chain->has_video : &chain->has_audio, 0, 1))
        return;  // a second picture or language
    if (is_video && !chain->video)
        return;  // only its sound is wanted
    GstElement *branch = build_branch(chain, caps, is_video);
    if (!branch)
        return;
    gst_bin_add(GST_BIN(chain->pipeline), branch);
    gst_element_sync_state_with_parent(branch);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(branch, "sink");
    if (GST_PAD_LINK_FAILED(gst_pad_link(pad, sink)))
        log_warn("video/input", "%s cannot be connected", is_video ? "the picture" : "the sound");
}

static void handle_pad(GstElement *element, GstPad *pad, void *data)
{
    struct input_chain *chain = data;
    if (gst_pad_get_direction(pad) != GST_PAD_SRC)
        return;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps)
        caps = gst_pad_query_caps(pad, NULL);
    if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps))
        return;
    const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    if (g_str_has_prefix(name, "video/"))
        connect_branch(chain, pad, caps, true);
    else if (g_str_has_prefix(name, "audio/"))
        connect_branch(chain, pad, caps, false);
}

/* Below 0.1 of full scale the tone can stay on for hours. */
static char *describe_test(const struct program *program)
{
    g_autoptr(GstCaps) video = program_video_caps(program, true);
    g_autoptr(GstCaps) audio = program_audio_caps();
    g_autofree char *video_text = gst_caps_to_string(video), *audio_text = gst_caps_to_string(audio);
    return g_strdup_printf("videotestsrc is-live=true name=video ! %s ! identity name=picture "
        "audiotestsrc is-live=true wave=sine freq=440 volume=0.05 samplesperbuffer=480 ! %s ! identity name=sound",
        video_text, audio_text);
}

/* Where pads appear, they come from the element "pads"; the address goes into the property of "src". */
static const struct {
    enum address_kind kind;
    const char *elements[3];
    const char *text, *property;
} chains[] = {
    {ADDRESS_SRT, {"srtsrc", "tsdemux"}, "srtsrc name=src ! tsdemux name=pads latency=100", "uri"},
    {ADDRESS_UDP, {"udpsrc", "tsdemux"},
        "udpsrc name=src buffer-size=4194304 caps=\"video/mpegts,systemstream=true,packetsize=188\" "
        "! tsdemux name=pads latency=200", "uri"},
    {ADDRESS_RTMP, {"rtmp2src", "flvdemux"}, "rtmp2src name=src ! flvdemux name=pads", "location"},
    {ADDRESS_FILE, {"uridecodebin3"}, "uridecodebin3 name=src", "uri"},
    {ADDRESS_URI, {"uridecodebin3"}, "uridecodebin3 name=src", "uri"},
};

static GstElement *launch(const char *text, struct error *err)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "%s", error->message);
        return NULL;
    }
    if (GST_IS_PIPELINE(pipeline))
        return pipeline;
    GstElement *wrapped = gst_pipeline_new(NULL);  // a description of one element yields that element
    gst_bin_add(GST_BIN(wrapped), pipeline);
    return wrapped;
}

static GstElement *build_test(struct input_chain *chain, struct error *err)
{
    g_autofree char *text = describe_test(chain->program);
    GstElement *pipeline = launch(text, err);
    if (!pipeline)
        return NULL;
    chain->pipeline = pipeline;
    static const char *const names[] = {"picture", "sound"};
    for (int i = 0; i < 2; i++) {
        g_autoptr(GstElement) end = gst_bin_get_by_name(GST_BIN(pipeline), names[i]);
        g_autoptr(GstPad) pad = gst_element_get_static_pad(end, "src");
        g_autoptr(GstCaps) caps = i == 0 ? program_video_caps(chain->program, true) : program_audio_caps();
        connect_branch(chain, pad, caps, i == 0);
    }
    return pipeline;
}

static void set_address(GstElement *source, const char *property, const struct address *address)
{
    if (address->kind != ADDRESS_FILE) {
        g_object_set(source, property, address->text, NULL);
        if (address->kind == ADDRESS_SRT)
            // after the URI, which resets it; without, NULL takes 3 s
            g_object_set(source, "poll-timeout", 100, NULL);
        return;
    }
    g_autofree char *path = g_canonicalize_filename(address->text, NULL);
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    g_object_set(source, property, uri, NULL);
}

GstElement *input_chain_build(struct input_chain *chain, const struct address *address, struct error *err)
{
    if (address->kind == ADDRESS_TEST)
        return build_test(chain, err);
    size_t i = 0;
    while (i < G_N_ELEMENTS(chains) && chains[i].kind != address->kind)
        i++;
    g_assert(i < G_N_ELEMENTS(chains));
    for (size_t j = 0; j < G_N_ELEMENTS(chains[i].elements) && chains[i].elements[j]; j++) {
        if (!setup_has_element(chains[i].elements[j], err))
            return NULL;
    }
    GstElement *pipeline = launch(chains[i].text, err);
    if (!pipeline)
        return NULL;
    chain->pipeline = pipeline;
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "src");
    g_autoptr(GstElement) pads = gst_bin_get_by_name(GST_BIN(pipeline), "pads");
    set_address(source, chains[i].property, address);
    g_signal_connect(pads ? pads : source, "pad-added", G_CALLBACK(handle_pad), chain);
    return pipeline;
}

bool input_chain_has_picture(const struct input_chain *chain)
{
    return g_atomic_int_get(&chain->has_video);
}

bool input_chain_is_clocked(const struct address *address)
{
    return address->kind == ADDRESS_TEST || address->kind == ADDRESS_SRT || address->kind == ADDRESS_UDP;
}
