#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/glass.h"
#include "video/marker.h"
#include "video/setup.h"

enum { KEPT = 8192, GREY = 128 };

struct glass_camera {
    GstElement *pipeline;
    GstVideoInfo info;
    uint16_t next;  // of the streaming thread
    _Atomic int64_t taken_ns[KEPT];
};

static void paint(GstVideoFrame *frame, uint16_t number)
{
    int width = GST_VIDEO_FRAME_WIDTH(frame), height = GST_VIDEO_FRAME_HEIGHT(frame);
    marker_draw(GST_VIDEO_FRAME_PLANE_DATA(frame, 0), (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0), width, height, number);
    for (int plane = 1; plane < 3; plane++) {
        for (int row = 0; row < marker_height(height) / 2; row++) {
            uint8_t *at = GST_VIDEO_FRAME_PLANE_DATA(frame, plane);
            memset(at + row * GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane), GREY, (size_t)width / 2);
        }
    }
}

static GstPadProbeReturn take(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    struct glass_camera *camera = data;
    GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &camera->info, buffer, GST_MAP_READWRITE))
        return GST_PAD_PROBE_OK;
    paint(&frame, camera->next);
    gst_video_frame_unmap(&frame);
    atomic_store(&camera->taken_ns[camera->next % KEPT], clock_monotonic_ns());
    camera->next++;
    return GST_PAD_PROBE_OK;
}

static char *describe(const struct glass_camera_options *options)
{
    static const char *const encoders[] = {
        "x264enc tune=zerolatency speed-preset=ultrafast bitrate=8000 key-int-max=30",
        "openh264enc bitrate=8000000 gop-size=30",
    };
    bool has_x264 = setup_has_element("x264enc", NULL);
    return g_strdup_printf("videotestsrc is-live=true pattern=smpte75 ! video/x-raw,format=I420,width=%d,height=%d,"
        "framerate=%d/1,colorimetry=bt709 ! identity name=lens ! %s ! h264parse config-interval=-1 ! "
        "mpegtsmux alignment=7 ! srtsink name=out wait-for-connection=false sync=false async=false",
        options->width_px, options->height_px, options->fps, encoders[has_x264 ? 0 : 1]);
}

struct glass_camera *glass_camera_create(const struct glass_camera_options *options, struct error *err)
{
    if (!setup_gstreamer(err) || !setup_has_element("srtsink", err) || !setup_has_element("mpegtsmux", err))
        return NULL;
    g_autofree char *text = describe(options);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "the camera: %s", error->message);
        return NULL;
    }
    struct glass_camera *camera = xcalloc(1, sizeof(*camera));
    camera->pipeline = pipeline;
    gst_video_info_set_format(&camera->info, GST_VIDEO_FORMAT_I420, (guint)options->width_px, (guint)options->height_px);
    g_autoptr(GstElement) lens = gst_bin_get_by_name(GST_BIN(pipeline), "lens");
    g_autoptr(GstElement) out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(lens, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, take, camera, NULL);
    g_object_set(out, "uri", options->to, NULL);
    g_object_set(out, "poll-timeout", 100, NULL);  // after the URI, which resets it
    if (gst_element_set_state(pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return camera;
    error_set(err, ERROR_SYSTEM, "the camera cannot send to %s", options->to);
    glass_camera_destroy(camera);
    return NULL;
}

void glass_camera_destroy(struct glass_camera *camera)
{
    if (!camera)
        return;
    gst_element_set_state(camera->pipeline, GST_STATE_NULL);
    gst_object_unref(camera->pipeline);
    free(camera);
}

int64_t glass_camera_taken_ns(struct glass_camera *camera, uint16_t number)
{
    return atomic_load(&camera->taken_ns[number % KEPT]);
}
