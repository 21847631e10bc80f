#include "video/holding.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <math.h>

#include "base/error.h"
#include "video/program.h"
#include "video/setup.h"

struct colour {
    float r, g, b;
};

static struct colour mix(struct colour a, struct colour b, float share)
{
    return (struct colour){a.r + (b.r - a.r) * share, a.g + (b.g - a.g) * share, a.b + (b.b - a.b) * share};
}

static float clamp01(float value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

/* Evening: darker above, a warm glow low in the middle. x and y from the centre, in picture heights. */
static struct colour sky(float x, float y)
{
    static const struct colour top = {0.055f, 0.070f, 0.130f}, bottom = {0.105f, 0.110f, 0.190f};
    static const struct colour glow = {0.330f, 0.200f, 0.230f};
    struct colour colour = mix(top, bottom, clamp01(y + 0.5f));
    float distance = sqrtf(x * x * 0.35f + (y - 0.55f) * (y - 0.55f));
    float share = clamp01(1 - distance / 0.75f);
    return mix(colour, glow, share * share * 0.8f);
}

/*
 * How much of a pixel one choir covers: three arcs around a mouth at (mouth_x, 0), open to `side`. pixel: its
 * size in picture heights; edges are soft over one of them.
 */
static float choir(float x, float y, float mouth_x, float side, float pixel)
{
    enum { ARCS = 3 };
    float dx = (x - mouth_x) * side, covered = 0;
    if (fabsf(dx) > 0.2f || fabsf(y) > 0.2f)
        return 0;  // beyond the outermost arc
    float radius = sqrtf(dx * dx + y * y);
    float angle = fabsf(atan2f(y, dx));
    for (int i = 0; i < ARCS; i++) {
        float across = fabsf(radius - (0.055f + 0.048f * (float)i));
        float beyond = fmaxf((angle - 0.80f) * radius, 0);  // past the end of the arc, which is round
        float distance = sqrtf(beyond * beyond + across * across) - 0.0085f;
        covered = fmaxf(covered, clamp01(0.5f - distance / pixel) * (1 - 0.25f * (float)i));
    }
    float dot = radius - 0.022f;
    return fmaxf(covered, clamp01(0.5f - dot / pixel));
}

/* Above the middle, where the overlay's card says "back soon": half behind it, the sign looked like a fault. */
static const float sign_y = -0.32f, sign_size = 0.8f;

static struct colour shade(struct colour behind, float x, float y, float pixel)
{
    static const struct colour caller = {0.960f, 0.780f, 0.520f}, answer = {0.560f, 0.740f, 0.910f};
    x /= sign_size, pixel /= sign_size;
    y = (y - sign_y) / sign_size;
    struct colour colour = mix(behind, caller, choir(x, y, -0.185f, 1, pixel) * 0.92f);
    return mix(colour, answer, choir(x, y, 0.185f, -1, pixel) * 0.92f);
}

/* Y, Cb, Cr of studio range; kr, kb of the matrix. */
static void to_video(struct colour c, float kr, float kb, float out[3])
{
    float luma = kr * c.r + (1 - kr - kb) * c.g + kb * c.b;
    out[0] = 16 + 219 * luma;
    out[1] = 128 + 112 * (c.b - luma) / (1 - kb);
    out[2] = 128 + 112 * (c.r - luma) / (1 - kr);
}

/* A dither of one step, or the dark gradient shows bands. Any fixed hash of the place does. */
static guint8 quantise(float value, int x, int y)
{
    guint32 hash = (guint32)x * 374761393u + (guint32)y * 668265263u;
    hash = (hash ^ (hash >> 13)) * 1274126177u;
    return (guint8)(value + (float)(hash >> 24) / 256.0f);
}

/* One 2 x 2 block: four lumas, one pair of chroma. The sky changes too slowly to be asked for every pixel. */
static void draw_block(GstVideoFrame *frame, int block_x, int block_y, float kr, float kb)
{
    int width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame);
    float pixel = 1.0f / (float)height, chroma[2] = {0, 0};
    float left = ((float)(block_x * 2) - (float)width / 2) * pixel;
    float top = ((float)(block_y * 2) - (float)height / 2) * pixel;
    struct colour behind = sky(left, top);
    for (int i = 0; i < 4; i++) {
        int x = block_x * 2 + (i & 1), y = block_y * 2 + (i >> 1);
        float value[3];
        to_video(shade(behind, left + (float)(i & 1) * pixel, top + (float)(i >> 1) * pixel, pixel), kr, kb, value);
        guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA(frame, 0);
        luma[y * GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0) + x] = quantise(value[0], x, y);
        chroma[0] += value[1] / 4;
        chroma[1] += value[2] / 4;
    }
    for (int i = 0; i < 2; i++) {
        guint8 *plane = GST_VIDEO_FRAME_PLANE_DATA(frame, i + 1);
        plane[block_y * GST_VIDEO_FRAME_PLANE_STRIDE(frame, i + 1) + block_x] =
            quantise(chroma[i], block_x + i * 97, block_y);
    }
}

GstBuffer *holding_draw(const struct program *program)
{
    g_autoptr(GstCaps) caps = program_video_caps(program, true);
    GstVideoInfo info;
    gst_video_info_from_caps(&info, caps);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(&info), NULL);
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE))
        return buffer;
    double kr, kb;
    gst_video_color_matrix_get_Kr_Kb(info.colorimetry.matrix, &kr, &kb);
    for (int y = 0; y < program->height_px / 2; y++) {  // both are even
        for (int x = 0; x < program->width_px / 2; x++)
            draw_block(&frame, x, y, (float)kr, (float)kb);
    }
    gst_video_frame_unmap(&frame);
    return buffer;
}

/* `add-borders` of videoscale keeps the image's shape. */
static GstElement *make_decoder(const struct program *program, const char *path, struct error *err)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline =
        gst_parse_launch_full("filesrc name=src ! decodebin ! videoconvert ! videoscale add-borders=true "
        "! appsink name=sink sync=false max-buffers=1", NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "holding picture \"%s\": %s", path, error->message);
        return NULL;
    }
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "src");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_autoptr(GstCaps) caps = program_video_caps(program, false);
    g_object_set(source, "location", path, NULL);
    g_object_set(sink, "caps", caps, NULL);
    return pipeline;
}

static bool explain(GstElement *pipeline, const char *path, struct error *err)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (!message)
        return error_set(err, ERROR_DATA,
            "holding picture \"%s\": not read within 5 s; expected a PNG or JPEG file", path);
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_autofree char *words = setup_words(error);
    return error_set(err, ERROR_DATA, "holding picture \"%s\": %s; expected a PNG or JPEG file", path, words);
}

GstBuffer *holding_load(const struct program *program, const char *path, struct error *err)
{
    if (!setup_is_file(path, err)) {
        error_prefix(err, "holding picture \"%s\"", path);
        return NULL;
    }
    GstElement *pipeline = make_decoder(program, path, err);
    if (!pipeline)
        return NULL;
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_autoptr(GstSample) sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 5 * GST_SECOND);
    GstBuffer *buffer = sample ? gst_buffer_copy_deep(gst_sample_get_buffer(sample)) : NULL;
    if (!buffer)
        explain(pipeline, path, err);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    return buffer;
}
