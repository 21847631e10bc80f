#include "video/input_chain.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "video/address.h"
#include "video/program.h"
#include "video/screen.h"
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
    {"application/x-rtp, media=video, encoding-name=H264",
        "rtph264depay ! h264parse ! avdec_h264 output-corrupt=false max-errors=-1"},
    {"application/x-rtp, media=video, encoding-name=H265",
        "rtph265depay ! h265parse ! avdec_h265 output-corrupt=false max-errors=-1"},
    {"application/x-rtp, media=audio, encoding-name=MPEG4-GENERIC", "rtpmp4gdepay ! aacparse ! avdec_aac"},
    {"application/x-rtp, media=audio, encoding-name=OPUS", "rtpopusdepay ! opusparse ! opusdec"},
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

/*
 * Channels without places, of a mixing desk for one, audioconvert refuses to bring to two, and the picture would go with the
 * sound: each goes to both sides. "" for all others.
 */
static char *describe_mixdown(const GstCaps *caps)
{
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    guint64 places = 1;
    int channels = 0, family = 0;
    gst_structure_get_int(structure, "channels", &channels);
    gst_structure_get(structure, "channel-mask", GST_TYPE_BITMASK, &places, NULL);
    gst_structure_get_int(structure, "channel-mapping-family", &family);  // Opus, RFC 7845, 5.1.1: 255 says nothing of places
    if (channels <= PROGRAM_CHANNELS || (places != 0 && family != 255))
        return g_strdup("");
    char gain[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(gain, sizeof(gain), "%.6f", 2.0 / channels);
    g_autoptr(GString) row = g_string_new("");
    for (int i = 0; i < channels; i++)
        g_string_append_printf(row, "%s(float)%s", i ? "," : "", gain);
    return g_strdup_printf(" mix-matrix=\"<<%s>,<%s>>\"", row->str, row->str);
}

/* Raw or encoded pad to our sink. */
static char *describe_branch(const GstCaps *caps, bool is_video)
{
    const char *name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    bool is_raw = g_str_equal(name, "video/x-raw") || g_str_equal(name, "audio/x-raw");
    g_autofree char *mixdown = is_video ? g_strdup("") : describe_mixdown(caps);
    g_autofree char *sound = g_strdup_printf("audioconvert%s ! audioresample", mixdown);
    return g_strdup_printf("%s%s%s%s ! appsink name=sink sync=true async=false max-buffers=4 drop=true "
        "enable-last-sample=false",
        is_raw ? "" : ENCODED_QUEUE " ! ", is_raw ? "" : find_decoder(caps), is_raw ? "" : " ! ",
        is_video ? "deinterlace ! videoconvert ! videoscale add-borders=true" : sound);
}

/*
 * srtsrc (1.22) answers with SRT's latency, but stamps what it hands on when that is over: waited for again, it would
 * count twice (tried by `antiphon check --latency`: 375 ms more of it made 772 ms more).
 */
int64_t input_chain_waited_ns(const struct input_chain *chain)
{
    int latency_ms = 0;
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(chain->pipeline), "src");
    GstElementFactory *factory = source ? gst_element_get_factory(source) : NULL;
    if (factory && g_str_equal(GST_OBJECT_NAME(factory), "srtsrc"))
        g_object_get(source, "latency", &latency_ms, NULL);
    return latency_ms * NS_PER_MS;
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
    g_object_set(sink, "ts-offset", -input_chain_waited_ns(chain), NULL);
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

/* RTP says what it carries in a field. */
static bool is_of(const GstCaps *caps, const char *media)
{
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    if (gst_structure_has_name(structure, "application/x-rtp"))
        return g_strcmp0(gst_structure_get_string(structure, "media"), media) == 0;
    return g_str_has_prefix(gst_structure_get_name(structure), media);
}

static void connect_pad(struct input_chain *chain, GstPad *pad)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps)
        caps = gst_pad_query_caps(pad, NULL);
    if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps))
        return;
    if (is_of(caps, "video"))
        connect_branch(chain, pad, caps, true);
    else if (is_of(caps, "audio"))
        connect_branch(chain, pad, caps, false);
}

static void handle_pad(GstElement *element, GstPad *pad, void *data)
{
    if (gst_pad_get_direction(pad) == GST_PAD_SRC)
        connect_pad(data, pad);
}

bool input_chain_has_picture(const struct input_chain *chain)
{
    return g_atomic_int_get(&chain->has_video);
}

/* ---- The chains ---- */

static char *describe_caps(GstCaps *caps)
{
    char *text = gst_caps_to_string(caps);
    gst_caps_unref(caps);
    return text;
}

/* Below 0.1 of full scale the tone can stay on for hours. */
static char *describe_test(const struct program *program, const struct address *address, bool is_sound)
{
    g_autofree char *video = describe_caps(program_video_caps(program, true));
    g_autofree char *audio = describe_caps(program_audio_caps());
    return g_strdup_printf("videotestsrc is-live=true ! %s ! identity name=picture "
        "audiotestsrc is-live=true wave=sine freq=440 volume=0.05 samplesperbuffer=480 ! %s ! identity name=sound",
        video, audio);
}

/* A camera offers many formats: first the one that is wanted, raw or in JPEGs, then what it has. */
static char *describe_v4l2(const struct program *program, const struct address *address, bool is_sound)
{
    g_autofree char *wanted = g_strdup_printf("width=%d,height=%d,framerate=%d/%d", program->width_px, program->height_px,
        program->fps_num, program->fps_den);
    return g_strdup_printf("v4l2src name=src ! capsfilter caps=\"video/x-raw,%s;image/jpeg,%s;video/x-raw;image/jpeg;"
        "video/x-h264\" ! decodebin name=pads", wanted, wanted);
}

/* See LATE. */
static char *describe_screen(const struct program *program, const struct address *address, bool is_sound)
{
    struct screen screen;
    screen_parse(&screen, address_place(address), NULL);
    g_autoptr(GString) text = g_string_new("ximagesrc name=src use-damage=false ");
    if (*screen.display)
        g_string_append_printf(text, "display-name=%s ", screen.display);
    if (screen.width_px > 0)
        g_string_append_printf(text, "startx=%d starty=%d endx=%d endy=%d ", screen.left_px, screen.top_px,
            screen.left_px + screen.width_px - 1, screen.top_px + screen.height_px - 1);
    g_string_append_printf(text, "capsfilter name=picture caps=video/x-raw,framerate=%d/%d", program->fps_num,
        program->fps_den);
    return g_strdup(text->str);
}

static char *describe_pipewire(const struct program *program, const struct address *address, bool is_sound)
{
    return g_strdup(is_sound ? "pipewiresrc name=src do-timestamp=true ! audio/x-raw ! identity name=sound"
        : "pipewiresrc name=src do-timestamp=true ! capsfilter caps=\"video/x-raw;image/jpeg\" ! decodebin name=pads");
}

static char *describe_pulse(const struct program *program, const struct address *address, bool is_sound)
{
    return g_strdup("pulsesrc name=src client-name=antiphon provide-clock=false ! audio/x-raw ! identity name=sound");
}

/* Bytes alone come through: their meaning is agreed in docs/video.md. */
static char *describe_shm(const struct program *program, const struct address *address, bool is_sound)
{
    g_autofree char *caps = describe_caps(is_sound ? program_audio_caps() : program_video_caps(program, true));
    return g_strdup_printf("shmsrc name=src is-live=true do-timestamp=true ! %s ! identity name=%s", caps,
        is_sound ? "sound" : "picture");
}

enum trait {
    CLOCKED = 1,  // see input_chain_is_clocked(), and so on
    LENDS = 2,
    WAITS = 4,
    /*
     * Linked to "picture" last, and unasked: it would open its display for that, and an X server that does not answer
     * would hold up whoever builds.
     */
    LATE = 8,
};

/*
 * The address goes into `property` of the element "src". Pads that appear come from "pads", or else from "src"; what
 * is there from the beginning, from "picture" and "sound".
 */
static const struct chain {
    enum address_kind kind;
    unsigned traits;
    const char *elements[3];
    const char *property;
    const char *text;
    char *(*describe)(const struct program *program, const struct address *address, bool is_sound);  // or text
} chains[] = {
    {ADDRESS_TEST, CLOCKED, .describe = describe_test},
    {ADDRESS_SRT, CLOCKED, {"srtsrc", "tsdemux"}, "uri", "srtsrc name=src ! tsdemux name=pads latency=100"},
    {ADDRESS_UDP, CLOCKED | WAITS, {"udpsrc", "tsdemux"}, "uri",
        "udpsrc name=src buffer-size=4194304 caps=\"video/mpegts,systemstream=true,packetsize=188\" "
        "! tsdemux name=pads latency=200"},
    {ADDRESS_RTMP, WAITS, {"rtmp2src", "flvdemux"}, "location", "rtmp2src name=src ! flvdemux name=pads"},
    {ADDRESS_RTSP, CLOCKED, {"rtspsrc", "rtph264depay"}, "location",
        "rtspsrc name=src latency=200 tcp-timeout=5000000 teardown-timeout=500000000"},
    {ADDRESS_V4L2, CLOCKED | LENDS, {"v4l2src"}, "device", .describe = describe_v4l2},
    {ADDRESS_SCREEN, CLOCKED | LATE, {"ximagesrc"}, NULL, .describe = describe_screen},
    /* Asked for what is not there, pipewiresrc 0.3.65 gives up after 30 s, and cannot be ended before. */
    {ADDRESS_PIPEWIRE, CLOCKED | LENDS | WAITS, {"pipewiresrc"}, "target-object", .describe = describe_pipewire},
    {ADDRESS_PULSE, CLOCKED, {"pulsesrc"}, "device", .describe = describe_pulse},
    {ADDRESS_SHM, CLOCKED | LENDS, {"shmsrc"}, "socket-path", .describe = describe_shm},
    /* Not uridecodebin3: 1.22.0's crashes now and then when it is torn down soon after an end. */
    {ADDRESS_FILE, 0, {"filesrc", "decodebin"}, "location", "filesrc name=src ! decodebin name=pads"},
    {ADDRESS_URI, 0, {"uridecodebin"}, "uri", "uridecodebin name=src"},
};

static const struct chain *find_chain(const struct address *address)
{
    size_t i = 0;
    while (i < G_N_ELEMENTS(chains) && chains[i].kind != address->kind)
        i++;
    g_assert(i < G_N_ELEMENTS(chains));
    return &chains[i];
}

bool input_chain_is_clocked(const struct address *address)
{
    return find_chain(address)->traits & CLOCKED;
}

bool input_chain_lends_pictures(const struct address *address)
{
    return find_chain(address)->traits & LENDS;
}

bool input_chain_may_wait(const struct address *address)
{
    return address->is_listener || find_chain(address)->traits & WAITS;
}

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

static void set_address(GstElement *source, const char *property, const struct address *address)
{
    const char *place = address_place(address);
    switch (address->kind) {
    case ADDRESS_SCREEN:
        break;  // stands in the description
    case ADDRESS_V4L2: case ADDRESS_PIPEWIRE: case ADDRESS_PULSE: case ADDRESS_SHM:
        g_object_set(source, property, *place ? place : NULL, NULL);
        break;
    default:
        g_object_set(source, property, address->text, NULL);
    }
    if (address->kind == ADDRESS_SRT)
        g_object_set(source, "poll-timeout", 100, NULL);  // after the URI, which resets it; without, NULL takes 3 s
}

/* What is there from the beginning needs no signal. */
static void connect_ends(struct input_chain *chain)
{
    static const char *const names[] = {"picture", "sound"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GstElement) end = gst_bin_get_by_name(GST_BIN(chain->pipeline), names[i]);
        g_autoptr(GstPad) pad = end ? gst_element_get_static_pad(end, "src") : NULL;
        if (pad)
            connect_pad(chain, pad);
    }
}

static bool has_elements(const struct chain *kind, struct error *err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kind->elements) && kind->elements[i]; i++) {
        if (!setup_has_element(kind->elements[i], err))
            return false;
    }
    return kind->kind != ADDRESS_SCREEN || screen_guard(err);
}

static void link_late(struct input_chain *chain, GstElement *source)
{
    g_autoptr(GstElement) picture = gst_bin_get_by_name(GST_BIN(chain->pipeline), "picture");
    gst_element_link_pads_full(source, "src", picture, "sink", GST_PAD_LINK_CHECK_NOTHING);
}

/* Asked before the source is: its own words are worse, and shmsrc trips over its feet. */
static bool is_there(const struct address *address, struct error *err)
{
    const char *place = address_place(address);
    if (address->kind == ADDRESS_FILE)
        return setup_is_file(place, err) || error_prefix(err, "%s", place);
    if (address->kind == ADDRESS_V4L2 && access(place, R_OK | W_OK) < 0)
        return error_set(err, ERROR_AGAIN, "%s: %s", place, errno == EACCES
            ? "this user may not use it; join the group \"video\"" : "there is no such camera");
    if (address->kind == ADDRESS_SHM && access(place, R_OK | W_OK) < 0)
        return error_set(err, ERROR_AGAIN, "%s: %s", place, errno == EACCES
            ? "this user may not use it" : "there is no such socket; nothing shares a picture there yet");
    return true;
}

bool input_chain_check(const struct address *address, struct error *err)
{
    return has_elements(find_chain(address), err) && is_there(address, err);
}

GstElement *input_chain_build(struct input_chain *chain, const struct address *address, struct error *err)
{
    const struct chain *kind = find_chain(address);
    if (!has_elements(kind, err) || !is_there(address, err))
        return NULL;
    g_autofree char *text = kind->text ? g_strdup(kind->text) : kind->describe(chain->program, address, !chain->video);
    GstElement *pipeline = launch(text, err);
    if (!pipeline)
        return NULL;
    chain->pipeline = pipeline;
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "src");
    g_autoptr(GstElement) pads = gst_bin_get_by_name(GST_BIN(pipeline), "pads");
    if (source)
        set_address(source, kind->property, address);
    if (pads || source)
        g_signal_connect(pads ? pads : source, "pad-added", G_CALLBACK(handle_pad), chain);
    connect_ends(chain);
    if (kind->traits & LATE)
        link_late(chain, source);
    return pipeline;
}
