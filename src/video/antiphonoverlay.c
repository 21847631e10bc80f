#include "video/antiphonoverlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "video/blend.h"
#include "video/composite_gl.h"
#include "video/composition.h"
#include "video/follower.h"

#ifndef PACKAGE
#define PACKAGE "antiphon"
#endif

GST_DEBUG_CATEGORY_STATIC(overlay_debug);
#define GST_CAT_DEFAULT overlay_debug

/* How the overlay gets onto frames; the caps decide. */
enum way {
    WAY_NONE,   // not at all
    WAY_BLEND,  // into the pixels
    WAY_GL,     // into the texture, by the GPU
    WAY_META,   // as a composition beside them, for memory that is not ours to touch
};

struct _AntiphonOverlay {
    GstVideoFilter parent;

    /* Streaming thread's. */
    struct follower_overlay overlay;  // for the frame at hand
    GstVideoInfo info;
    enum way way;
    struct composite_gl *composite;  // owned; from the first GL caps on
    gboolean is_taken, is_refused;  // downstream shows compositions, or not; neither: not asked yet
    guint refused;                  // number of the composition with which it was asked last

    /* Changed by the streaming thread only, and under the object lock, so that others may ask for its status. */
    struct follower *follower;  // between start() and stop()

    /* Under the object lock. */
    gchar *view, *socket;  // owned; socket NULL: from the view's name
    gint stale_ms, keep_ms;
    gdouble opacity;
    gboolean is_active;
    gboolean is_moved;  // these are others than the follower's
    guint64 blended;    // frames that got something
};

enum {
    PROPERTY_VIEW = 1,
    PROPERTY_SOCKET,
    PROPERTY_ACTIVE,
    PROPERTY_OPACITY,
    PROPERTY_STALE_MS,
    PROPERTY_KEEP_MS,
    PROPERTY_STATE,
    PROPERTY_SEQUENCE,
    PROPERTY_PUBLISHED,
    PROPERTY_BLENDED,
    PROPERTY_TROUBLE,
};

G_DEFINE_FINAL_TYPE(AntiphonOverlay, antiphon_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(antiphonoverlay, "antiphonoverlay", GST_RANK_NONE, ANTIPHON_TYPE_OVERLAY)

/* ---- the frames' way ---- */

/* Under the object lock. NULL: an impossible view name, said once. */
static gchar *choose_socket(AntiphonOverlay *self)
{
    if (self->socket && self->socket[0])
        return g_strdup(self->socket);
    struct error err = {0};
    gchar *path = frame_socket_path(self->view, &err);
    if (!path)
        GST_WARNING_OBJECT(self, "%s", err.text);
    return path;
}

/* 0 is "the usual" to a reader, and "not at all" to whoever sets the property. */
static gint64 get_keep_ms(const AntiphonOverlay *self)
{
    return self->keep_ms == 0 ? 1 : self->keep_ms;
}

static void replace_follower(AntiphonOverlay *self, struct follower *follower)
{
    GST_OBJECT_LOCK(self);
    struct follower *old = self->follower;
    self->follower = follower;
    GST_OBJECT_UNLOCK(self);
    self->overlay = (struct follower_overlay){0};
    follower_destroy(old);
}

static void tell_video(AntiphonOverlay *self)
{
    if (!self->follower || self->way == WAY_NONE)
        return;
    GST_OBJECT_LOCK(self);
    gdouble opacity = self->opacity;
    GST_OBJECT_UNLOCK(self);
    follower_set_opacity(self->follower, opacity);
    follower_set_video(self->follower, &self->info, self->way == WAY_BLEND ? FOLLOWER_LAYER : FOLLOWER_COMPOSITION);
}

static void follow(AntiphonOverlay *self)
{
    GST_OBJECT_LOCK(self);
    gchar *path = choose_socket(self);
    struct follower_options options = {
        .socket_path = path, .stale_ms = self->stale_ms, .keep_ms = get_keep_ms(self), .opacity = self->opacity};
    self->is_moved = FALSE;
    GST_OBJECT_UNLOCK(self);
    replace_follower(self, path ? follower_create(&options) : NULL);
    tell_video(self);
    g_free(path);
}

static gboolean start(GstBaseTransform *base)
{
    follow(ANTIPHON_OVERLAY(base));
    return TRUE;
}

static gboolean stop(GstBaseTransform *base)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(base);
    replace_follower(self, NULL);
    self->way = WAY_NONE;
    g_clear_pointer(&self->composite, composite_gl_destroy);
    return TRUE;
}

static enum way choose_way(const GstCaps *caps, const GstVideoInfo *info)
{
    const GstCapsFeatures *features = gst_caps_get_features(caps, 0);
    if (GST_VIDEO_INFO_INTERLACE_MODE(info) == GST_VIDEO_INTERLACE_MODE_FIELDS ||
        GST_VIDEO_INFO_WIDTH(info) > FRAME_SIDE_MAX || GST_VIDEO_INFO_HEIGHT(info) > FRAME_SIDE_MAX)
        return WAY_NONE;
    for (guint i = 0; features && i < gst_caps_features_get_size(features); i++) {
        const gchar *feature = gst_caps_features_get_nth(features, i);
        if (strcmp(feature, "memory:GLMemory") == 0)
            return WAY_GL;
        if (g_str_has_prefix(feature, "memory:") && strcmp(feature, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY) != 0)
            return WAY_META;
    }
    return blend_is_supported(info) ? WAY_BLEND : WAY_NONE;
}

static gboolean set_info(GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in, GstCaps *out_caps,
                         GstVideoInfo *out)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(filter);
    self->overlay = (struct follower_overlay){0};
    self->info = *in;
    self->way = choose_way(in_caps, in);
    if (self->way == WAY_GL && !self->composite)
        self->composite = composite_gl_create();
    self->is_taken = self->is_refused = FALSE;
    if (self->way == WAY_NONE)
        GST_ELEMENT_WARNING(self, STREAM, FORMAT, ("Video of this format or size passes without overlay."),
                            ("%" GST_PTR_FORMAT, in_caps));
    tell_video(self);
    return TRUE;
}

/* Asked again with every new picture as long as the answer is no: another element may have come. */
static gboolean is_taken(AntiphonOverlay *self)
{
    guint number = gst_video_overlay_composition_get_seqnum(self->overlay.composition);
    if (self->is_taken || (self->is_refused && self->refused == number))
        return self->is_taken;
    self->is_taken = composition_is_wanted(GST_BASE_TRANSFORM_SRC_PAD(self));
    if (!self->is_taken && !self->is_refused)
        GST_ELEMENT_WARNING(self, STREAM, FORMAT,
                            ("Video in this memory passes without overlay: nothing behind this element shows "
                             "overlay compositions. Put the element before the upload, or a download before it."),
                            (NULL));
    self->is_refused = !self->is_taken;
    self->refused = number;
    return self->is_taken;
}

static gboolean choose_overlay(AntiphonOverlay *self, gboolean is_active, gdouble opacity)
{
    self->overlay = (struct follower_overlay){0};
    if (!self->follower || self->way == WAY_NONE)
        return FALSE;
    follower_set_opacity(self->follower, opacity);
    if (!is_active || !follower_next(self->follower, &self->overlay))
        return FALSE;
    return self->way != WAY_META || is_taken(self);
}

/* Per frame: what to show, or nothing, in which case the base class neither maps nor copies the frame. */
static void before_transform(GstBaseTransform *base, GstBuffer *buffer)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(base);
    GstClockTime time = gst_segment_to_stream_time(&base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (GST_CLOCK_TIME_IS_VALID(time))
        gst_object_sync_values(GST_OBJECT(self), time);
    GST_OBJECT_LOCK(self);
    gboolean is_active = self->is_active, is_moved = self->is_moved;
    gdouble opacity = self->opacity;
    GST_OBJECT_UNLOCK(self);
    if (is_moved)
        follow(self);
    gst_base_transform_set_passthrough(base, !choose_overlay(self, is_active, opacity));
}

static void count_blended(AntiphonOverlay *self)
{
    GST_OBJECT_LOCK(self);
    self->blended++;
    GST_OBJECT_UNLOCK(self);
}

static GstFlowReturn transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(filter);
    if (self->overlay.layer && blend_layer_apply(self->overlay.layer, frame))
        count_blended(self);
    return GST_FLOW_OK;
}

/* A GPU that fails costs the overlay, not the frame. */
static GstFlowReturn draw_gl(AntiphonOverlay *self, GstBuffer *buffer)
{
    struct error err = {0};
    if (composite_gl_draw(self->composite, &self->info, buffer, self->overlay.composition, &err)) {
        count_blended(self);
    } else {
        GST_ELEMENT_WARNING(self, RESOURCE, FAILED, ("Video goes on without overlay: %s", err.text), (NULL));
        self->way = WAY_NONE;
    }
    return GST_FLOW_OK;
}

/* The base class would map the frame. */
static GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(base);
    if (self->way == WAY_BLEND)
        return GST_BASE_TRANSFORM_CLASS(antiphon_overlay_parent_class)->transform_ip(base, buffer);
    if (self->way == WAY_GL)
        return draw_gl(self, buffer);
    composition_attach(self->overlay.composition, buffer);
    count_blended(self);
    return GST_FLOW_OK;
}

/* Who makes frames in a memory of its own learns what comes after us; a pool of ours would be of no use to it. */
static gboolean propose_allocation(GstBaseTransform *base, GstQuery *decided, GstQuery *query)
{
    GstBaseTransformClass *parent = GST_BASE_TRANSFORM_CLASS(antiphon_overlay_parent_class);
    return parent->propose_allocation(base, ANTIPHON_OVERLAY(base)->way == WAY_BLEND ? decided : NULL, query);
}

/* ---- properties ---- */

/* Under the object lock. */
static void tell_times(AntiphonOverlay *self)
{
    if (self->follower)
        follower_set_times(self->follower, self->stale_ms, get_keep_ms(self));
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROPERTY_VIEW:
        g_free(self->view);
        self->view = g_value_dup_string(value);
        self->is_moved = TRUE;
        break;
    case PROPERTY_SOCKET:
        g_free(self->socket);
        self->socket = g_value_dup_string(value);
        self->is_moved = TRUE;
        break;
    case PROPERTY_ACTIVE:
        self->is_active = g_value_get_boolean(value);
        break;
    case PROPERTY_OPACITY:
        self->opacity = g_value_get_double(value);
        break;
    case PROPERTY_STALE_MS:
        self->stale_ms = g_value_get_int(value);
        tell_times(self);
        break;
    case PROPERTY_KEEP_MS:
        self->keep_ms = g_value_get_int(value);
        tell_times(self);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(self);
}

static void get_status(AntiphonOverlay *self, guint id, GValue *value)
{
    static const char *const states[] = {[FRAME_NONE] = "none", [FRAME_LIVE] = "live", [FRAME_STALE] = "stale"};
    struct follower_status status = {0};
    if (self->follower)
        follower_get_status(self->follower, &status);
    if (id == PROPERTY_STATE)
        g_value_set_string(value, states[status.state]);
    else if (id == PROPERTY_SEQUENCE)
        g_value_set_uint64(value, status.sequence);
    else if (id == PROPERTY_PUBLISHED)
        g_value_set_int64(value, status.published_ns);
    else
        g_value_set_string(value, status.trouble);
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(object);
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROPERTY_VIEW:
        g_value_set_string(value, self->view);
        break;
    case PROPERTY_SOCKET:
        g_value_set_string(value, self->socket);
        break;
    case PROPERTY_ACTIVE:
        g_value_set_boolean(value, self->is_active);
        break;
    case PROPERTY_OPACITY:
        g_value_set_double(value, self->opacity);
        break;
    case PROPERTY_STALE_MS:
        g_value_set_int(value, self->stale_ms);
        break;
    case PROPERTY_KEEP_MS:
        g_value_set_int(value, self->keep_ms);
        break;
    case PROPERTY_BLENDED:
        g_value_set_uint64(value, self->blended);
        break;
    case PROPERTY_STATE:
    case PROPERTY_SEQUENCE:
    case PROPERTY_PUBLISHED:
    case PROPERTY_TROUBLE:
        get_status(self, id, value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(self);
}

static void install_properties(GObjectClass *object_class)
{
    const GParamFlags usual = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;
    const GParamFlags shown = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_DOC_SHOW_DEFAULT;
    g_object_class_install_property(
        object_class, PROPERTY_VIEW,
        g_param_spec_string("view", "View", "Name of the view to show, as in the overlay's configuration", "main",
                            usual | GST_PARAM_DOC_SHOW_DEFAULT));
    g_object_class_install_property(
        object_class, PROPERTY_SOCKET,
        g_param_spec_string("socket", "Socket",
                            "Path of the view's socket, in place of the usual one made from its name", NULL, usual));
    g_object_class_install_property(
        object_class, PROPERTY_ACTIVE,
        g_param_spec_boolean("active", "Active", "Off: every frame passes untouched", TRUE,
                             usual | GST_PARAM_CONTROLLABLE | GST_PARAM_DOC_SHOW_DEFAULT));
    g_object_class_install_property(
        object_class, PROPERTY_OPACITY,
        g_param_spec_double("opacity", "Opacity", "Of the whole overlay: 0 invisible, 1 as it was painted", 0, 1, 1,
                            usual | GST_PARAM_CONTROLLABLE | GST_PARAM_DOC_SHOW_DEFAULT));
    g_object_class_install_property(
        object_class, PROPERTY_STALE_MS,
        g_param_spec_int("stale-ms", "Stale after", "Silence of the overlay, in ms, after which its picture is stale",
                         1, G_MAXINT, 2000, usual));
    g_object_class_install_property(
        object_class, PROPERTY_KEEP_MS,
        g_param_spec_int("keep-ms", "Keep for", "How long, in ms, a stale picture is still shown; -1: for ever", -1,
                         G_MAXINT, 8000, usual));
    g_object_class_install_property(
        object_class, PROPERTY_STATE,
        g_param_spec_string("state", "State", "\"none\", \"live\" or \"stale\"", "none", shown));
    g_object_class_install_property(
        object_class, PROPERTY_SEQUENCE,
        g_param_spec_uint64("sequence", "Sequence", "Number of the picture that is shown; 0: none", 0, G_MAXUINT64, 0,
                            shown));
    g_object_class_install_property(
        object_class, PROPERTY_PUBLISHED,
        g_param_spec_int64("published", "Published", "When that picture was published, in ns of the monotonic clock",
                           G_MININT64, G_MAXINT64, 0, shown));
    g_object_class_install_property(
        object_class, PROPERTY_BLENDED,
        g_param_spec_uint64("blended", "Blended", "Frames that were not passed untouched", 0, G_MAXUINT64, 0, shown));
    g_object_class_install_property(
        object_class, PROPERTY_TROUBLE,
        g_param_spec_string("trouble", "Trouble", "Why there is no live picture; empty when there is one", "", shown));
}

/* ---- class ---- */

static void finalize(GObject *object)
{
    AntiphonOverlay *self = ANTIPHON_OVERLAY(object);
    g_free(self->view);
    g_free(self->socket);
    G_OBJECT_CLASS(antiphon_overlay_parent_class)->finalize(object);
}

static void antiphon_overlay_init(AntiphonOverlay *self)
{
    /* GstVideoFilter turns it on, and then drops frames that a sink calls late: that is not ours to decide. */
    gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);
    self->view = g_strdup("main");
    self->is_active = TRUE;
    self->opacity = 1;
    self->stale_ms = 2000;
    self->keep_ms = 8000;
}

/* Each also with a composition of somebody else's beside the pixels. */
static GstCaps *make_caps(void)
{
    static const char *const memories[] = {"memory:DMABuf", "memory:VAMemory", "memory:VASurface"};
    GstCaps *caps = gst_caps_from_string(GST_VIDEO_CAPS_MAKE(BLEND_FORMATS)), *gl = composite_gl_caps();
    if (gl)
        gst_caps_append(caps, gl);
    for (size_t i = 0; i < G_N_ELEMENTS(memories); i++) {
        g_autofree gchar *text = g_strdup_printf(
            "video/x-raw(%s), width=" GST_VIDEO_SIZE_RANGE ", height=" GST_VIDEO_SIZE_RANGE
            ", framerate=" GST_VIDEO_FPS_RANGE, memories[i]);
        gst_caps_append(caps, gst_caps_from_string(text));
    }
    GstCaps *composed = gst_caps_copy(caps);
    for (guint i = 0; i < gst_caps_get_size(composed); i++)
        gst_caps_features_add(gst_caps_get_features(composed, i), GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION);
    gst_caps_append(caps, composed);
    return caps;
}

static void antiphon_overlay_class_init(AntiphonOverlayClass *klass)
{
    GstElementClass *element_class = GST_ELEMENT_CLASS(klass);
    GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS(klass);
    GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS(klass);
    g_autoptr(GstCaps) caps = make_caps();

    GST_DEBUG_CATEGORY_INIT(overlay_debug, "antiphonoverlay", 0, "overlay of antiphon's views");
    G_OBJECT_CLASS(klass)->set_property = set_property;
    G_OBJECT_CLASS(klass)->get_property = get_property;
    G_OBJECT_CLASS(klass)->finalize = finalize;
    install_properties(G_OBJECT_CLASS(klass));
    gst_element_class_set_static_metadata(element_class, "Antiphon overlay", "Filter/Effect/Video",
                                          "Lays a view of a live chat over video", "antiphon");
    gst_element_class_add_pad_template(element_class,
                                       gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
    gst_element_class_add_pad_template(element_class,
                                       gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
    base_class->start = start;
    base_class->stop = stop;
    base_class->before_transform = before_transform;
    base_class->transform_ip = transform_ip;
    base_class->propose_allocation = propose_allocation;
    /* Else the base class maps every frame only for us to leave it alone. */
    base_class->transform_ip_on_passthrough = FALSE;
    filter_class->set_info = set_info;
    filter_class->transform_frame_ip = transform_frame_ip;
}

static gboolean register_here(GstPlugin *plugin)
{
    return GST_ELEMENT_REGISTER(antiphonoverlay, plugin);
}

bool antiphonoverlay_register(void)
{
    return gst_plugin_register_static(GST_VERSION_MAJOR, GST_VERSION_MINOR, "antiphonstatic",
                                      "antiphon's elements, inside the program", register_here, ANTIPHON_VERSION,
                                      "MIT/X11", PACKAGE, PACKAGE, "https://antiphon.invalid/");
}
