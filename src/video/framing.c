#include "video/framing.h"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

/* ---- Where things stand */

static int even(double px)
{
    return 2 * (int)(px / 2 + 0.5);
}

/* Of a side of `whole`, the even part that is as long as exact, around the middle. */
static void cut(int whole, double exact, double middle, int *start, int *length)
{
    *length = CLAMP(even(exact), 2, whole);
    *start = CLAMP(even(middle - *length / 2.0), 0, whole - *length);
}

void framing_place(const struct framing *framing, struct framing_box *from, struct framing_box *to)
{
    double from_shape = (double)framing->from_width_px / framing->from_height_px;
    double to_shape = (double)framing->to_width_px / framing->to_height_px;
    bool is_wider = from_shape > to_shape;
    *from = (struct framing_box){0, 0, framing->from_width_px, framing->from_height_px};
    *to = (struct framing_box){0, 0, framing->to_width_px, framing->to_height_px};
    if (framing->fit == STUDIO_CROP && is_wider)
        cut(from->width, from->height * to_shape, framing->focus * from->width, &from->x, &from->width);
    else if (framing->fit == STUDIO_CROP)
        cut(from->height, from->width / to_shape, framing->focus * from->height, &from->y, &from->height);
    else if (is_wider)
        cut(to->height, to->width / from_shape, to->height / 2.0, &to->y, &to->height);
    else
        cut(to->width, to->height * from_shape, to->width / 2.0, &to->x, &to->width);
}

char *framing_describe(const struct framing *framing)
{
    char focus[G_ASCII_DTOSTR_BUF_SIZE];
    if (framing->from_width_px == framing->to_width_px && framing->from_height_px == framing->to_height_px)
        return g_strdup("");
    return g_strdup_printf("antiphonframing crop=%s focus=%s ! video/x-raw,width=%d,height=%d ! ",
        framing->fit == STUDIO_CROP ? "true" : "false", g_ascii_dtostr(focus, sizeof(focus), framing->focus),
        framing->to_width_px, framing->to_height_px);
}

/* ---- The element */

/*
 * The ground is the picture brought to so few pixels, and from there to the whole frame: that is what softens it. It costs
 * as much as filling the frame, however strong it is.
 */
enum { GROUND_SIDE_PX = 24, GROUND_LUMA_PERCENT = 45, GROUND_CHROMA_PERCENT = 70, BLACK = 16, GREY = 128 };

#define ANTIPHON_TYPE_FRAMING (antiphon_framing_get_type())
G_DECLARE_FINAL_TYPE(AntiphonFraming, antiphon_framing, ANTIPHON, FRAMING, GstVideoFilter)

struct _AntiphonFraming {
    GstVideoFilter parent;
    gboolean is_cropped;
    gdouble focus;
    /* The streaming thread's; made anew with each pair of caps. */
    GstVideoConverter *picture;                  // program -> its place
    GstVideoConverter *shrink, *enlarge;         // program -> ground's few pixels -> whole frame; NULL: no ground is seen
    GstVideoFrame ground;
    GstBuffer *ground_buffer;                    // owned
};

enum { PROPERTY_CROP = 1, PROPERTY_FOCUS };

G_DEFINE_FINAL_TYPE(AntiphonFraming, antiphon_framing, GST_TYPE_VIDEO_FILTER)

static void drop(AntiphonFraming *self)
{
    g_clear_pointer(&self->picture, gst_video_converter_free);
    g_clear_pointer(&self->shrink, gst_video_converter_free);
    g_clear_pointer(&self->enlarge, gst_video_converter_free);
    if (self->ground_buffer)
        gst_video_frame_unmap(&self->ground);
    gst_clear_buffer(&self->ground_buffer);
}

static GstVideoConverter *convert(const GstVideoInfo *in, const struct framing_box *from, const GstVideoInfo *out,
    const struct framing_box *to, GstVideoResamplerMethod method)
{
    return gst_video_converter_new((GstVideoInfo *)in, (GstVideoInfo *)out, gst_structure_new("options",
        GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, from->x, GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, from->y,
        GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, from->width,
        GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, from->height,
        GST_VIDEO_CONVERTER_OPT_DEST_X, G_TYPE_INT, to->x, GST_VIDEO_CONVERTER_OPT_DEST_Y, G_TYPE_INT, to->y,
        GST_VIDEO_CONVERTER_OPT_DEST_WIDTH, G_TYPE_INT, to->width,
        GST_VIDEO_CONVERTER_OPT_DEST_HEIGHT, G_TYPE_INT, to->height,
        GST_VIDEO_CONVERTER_OPT_FILL_BORDER, G_TYPE_BOOLEAN, FALSE,
        GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD, GST_TYPE_VIDEO_RESAMPLER_METHOD, method, NULL));
}

/* A picture of the frame's shape, of so few pixels that nothing in it can be told. */
static gboolean make_ground(AntiphonFraming *self, const struct framing *framing, const GstVideoInfo *in, const GstVideoInfo *out)
{
    struct framing fill = *framing;
    struct framing_box from, to;
    fill.fit = STUDIO_CROP;
    fill.focus = 0.5;
    framing_place(&fill, &from, &to);
    int longer = MAX(to.width, to.height);
    struct framing_box few = {0, 0, MAX(even((double)GROUND_SIDE_PX * to.width / longer), 2),
        MAX(even((double)GROUND_SIDE_PX * to.height / longer), 2)};
    GstVideoInfo info;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, (guint)few.width, (guint)few.height);
    info.fps_n = in->fps_n;
    info.fps_d = in->fps_d;
    info.colorimetry = in->colorimetry;
    info.chroma_site = in->chroma_site;
    self->shrink = convert(in, &from, &info, &few, GST_VIDEO_RESAMPLER_METHOD_LINEAR);
    self->enlarge = convert(&info, &few, out, &to, GST_VIDEO_RESAMPLER_METHOD_CUBIC);
    self->ground_buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    return gst_video_frame_map(&self->ground, &info, self->ground_buffer, GST_MAP_READWRITE);
}

static gboolean set_info(GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in, GstCaps *out_caps, GstVideoInfo *out)
{
    AntiphonFraming *self = ANTIPHON_FRAMING(filter);
    struct framing framing = {
        .from_width_px = GST_VIDEO_INFO_WIDTH(in), .from_height_px = GST_VIDEO_INFO_HEIGHT(in),
        .to_width_px = GST_VIDEO_INFO_WIDTH(out), .to_height_px = GST_VIDEO_INFO_HEIGHT(out),
        .fit = self->is_cropped ? STUDIO_CROP : STUDIO_PAD, .focus = self->focus,
    };
    struct framing_box from, to;
    drop(self);
    framing_place(&framing, &from, &to);
    self->picture = convert(in, &from, out, &to, GST_VIDEO_RESAMPLER_METHOD_CUBIC);
    if (to.width == framing.to_width_px && to.height == framing.to_height_px)
        return TRUE;
    return make_ground(self, &framing, in, out);
}

static void soften(guint8 *rows, int stride, int width, int height, int zero, int percent)
{
    for (int y = 0; y < height; y++) {
        guint8 *row = rows + y * stride;
        for (int x = 0; x < width; x++)
            row[x] = (guint8)(zero + (row[x] - zero) * percent / 100);
    }
}

/* Darker and paler than the picture on it, so that it is known for a ground. */
static void darken(GstVideoFrame *ground)
{
    for (int i = 0; i < 3; i++) {
        soften(GST_VIDEO_FRAME_PLANE_DATA(ground, i), GST_VIDEO_FRAME_PLANE_STRIDE(ground, i),
            GST_VIDEO_FRAME_COMP_WIDTH(ground, i), GST_VIDEO_FRAME_COMP_HEIGHT(ground, i), i == 0 ? BLACK : GREY,
            i == 0 ? GROUND_LUMA_PERCENT : GROUND_CHROMA_PERCENT);
    }
}

static GstFlowReturn transform_frame(GstVideoFilter *filter, GstVideoFrame *in, GstVideoFrame *out)
{
    AntiphonFraming *self = ANTIPHON_FRAMING(filter);
    if (self->shrink) {
        gst_video_converter_frame(self->shrink, in, &self->ground);
        darken(&self->ground);
        gst_video_converter_frame(self->enlarge, &self->ground, out);
    }
    gst_video_converter_frame(self->picture, in, out);
    return GST_FLOW_OK;
}

/* Any size becomes any other; all else stays. */
static GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
    GstCaps *result = gst_caps_copy(caps);
    gst_caps_set_simple(result, "width", GST_TYPE_INT_RANGE, 2, G_MAXINT, "height", GST_TYPE_INT_RANGE, 2, G_MAXINT,
        "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL);
    if (filter) {
        GstCaps *common = gst_caps_intersect_full(filter, result, GST_CAPS_INTERSECT_FIRST);
        gst_caps_unref(result);
        result = common;
    }
    return result;
}

static gboolean stop(GstBaseTransform *base)
{
    drop(ANTIPHON_FRAMING(base));
    return TRUE;
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    AntiphonFraming *self = ANTIPHON_FRAMING(object);
    if (id == PROPERTY_CROP)
        self->is_cropped = g_value_get_boolean(value);
    else
        self->focus = g_value_get_double(value);
}

static void antiphon_framing_init(AntiphonFraming *self)
{
    self->focus = 0.5;
}

static void antiphon_framing_class_init(AntiphonFramingClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GstElementClass *element = GST_ELEMENT_CLASS(klass);
    g_autoptr(GstCaps) caps = gst_caps_from_string("video/x-raw,format=I420");
    object->set_property = set_property;
    g_object_class_install_property(object, PROPERTY_CROP, g_param_spec_boolean("crop", "Crop",
        "fill the frame and cut off two sides, instead of a ground", FALSE, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
    g_object_class_install_property(object, PROPERTY_FOCUS, g_param_spec_double("focus", "Focus",
        "centre of the crop along the side that is cut", 0, 1, 0.5, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
    gst_element_class_set_static_metadata(element, "Framing", "Filter/Video", "Brings a picture to another shape",
        "The antiphon developers");
    gst_element_class_add_pad_template(element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
    gst_element_class_add_pad_template(element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
    GST_BASE_TRANSFORM_CLASS(klass)->transform_caps = transform_caps;
    GST_BASE_TRANSFORM_CLASS(klass)->stop = stop;
    GST_VIDEO_FILTER_CLASS(klass)->set_info = set_info;
    GST_VIDEO_FILTER_CLASS(klass)->transform_frame = transform_frame;
}

bool framing_register(void)
{
    return gst_element_register(NULL, "antiphonframing", GST_RANK_NONE, ANTIPHON_TYPE_FRAMING);
}
