#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/glass.h"
#include "video/marker.h"
#include "video/setup.h"

enum { CLEARLY = 40 };  // of 255: more than an encoder's error on a still picture

struct glass_player {
    struct glass_player_options options;
    GstElement *pipeline;
    GstSample *before;   // of the streaming thread

    GMutex lock;         // guards the rest
    GstSample *newest, *noted;
};

/* Of one sample in four, below the marker. 0 also where the sizes differ. */
static size_t count_differences(const GstVideoFrame *frame, GstSample *other)
{
    GstVideoInfo info;
    GstVideoFrame before;
    if (!other || !gst_video_info_from_caps(&info, gst_sample_get_caps(other))
        || GST_VIDEO_INFO_WIDTH(&info) != GST_VIDEO_FRAME_WIDTH(frame)
        || GST_VIDEO_INFO_HEIGHT(&info) != GST_VIDEO_FRAME_HEIGHT(frame)
        || !gst_video_frame_map(&before, &info, gst_sample_get_buffer(other), GST_MAP_READ))
        return 0;
    size_t count = 0;
    int height = GST_VIDEO_FRAME_HEIGHT(frame);
    // Below the marker's edge an encoder's blocks reach on.
    for (int row = marker_height(height) + 16; row < height; row += 2) {
        const uint8_t *one = (uint8_t *)GST_VIDEO_FRAME_PLANE_DATA(frame, 0) + row * GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
        const uint8_t *two = (uint8_t *)GST_VIDEO_FRAME_PLANE_DATA(&before, 0) + row * GST_VIDEO_FRAME_PLANE_STRIDE(&before, 0);
        for (int x = 0; x < GST_VIDEO_FRAME_WIDTH(frame); x += 2)
            count += abs(one[x] - two[x]) > CLEARLY;
    }
    gst_video_frame_unmap(&before);
    return count;
}

static void look_at(struct glass_player *player, GstSample *sample, struct glass_picture *picture)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))
        || !gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ))
        return;
    picture->has_number = marker_read(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0), (size_t)GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0),
        GST_VIDEO_FRAME_WIDTH(&frame), GST_VIDEO_FRAME_HEIGHT(&frame), &picture->number);
    picture->moved_px = count_differences(&frame, player->before);
    g_mutex_lock(&player->lock);
    g_autoptr(GstSample) noted = player->noted ? gst_sample_ref(player->noted) : NULL;
    g_mutex_unlock(&player->lock);
    picture->changed_px = count_differences(&frame, noted);
    gst_video_frame_unmap(&frame);
}

static void replace(GstSample **place, GstSample *sample)
{
    g_clear_pointer(place, gst_sample_unref);
    *place = sample ? gst_sample_ref(sample) : NULL;
}

static GstFlowReturn handle_sample(GstAppSink *sink, gpointer data)
{
    struct glass_player *player = data;
    struct glass_picture picture = {.at_ns = clock_monotonic_ns()};
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    if (!sample)
        return GST_FLOW_EOS;
    look_at(player, sample, &picture);
    replace(&player->before, sample);
    g_mutex_lock(&player->lock);
    replace(&player->newest, sample);
    g_mutex_unlock(&player->lock);
    player->options.on_picture(player->options.data, &picture);
    return GST_FLOW_OK;
}

struct glass_player *glass_player_create(const struct glass_player_options *options, struct error *err)
{
    static const char text[] = "srtsrc name=in ! tsdemux latency=0 ! h264parse ! avdec_h264 max-threads=1 ! "
        "video/x-raw,format=I420 ! appsink name=eye sync=false max-buffers=60 enable-last-sample=false";
    g_autoptr(GError) error = NULL;
    if (!setup_gstreamer(err) || !setup_has_element("srtsrc", err) || !setup_has_element("avdec_h264", err))
        return NULL;
    GstElement *pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        error_set(err, ERROR_SYSTEM, "the player: %s", error->message);
        return NULL;
    }
    struct glass_player *player = xcalloc(1, sizeof(*player));
    player->options = *options;
    player->pipeline = pipeline;
    g_mutex_init(&player->lock);
    g_autoptr(GstElement) in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
    g_autoptr(GstElement) eye = gst_bin_get_by_name(GST_BIN(pipeline), "eye");
    g_object_set(in, "uri", options->from, NULL);
    g_object_set(in, "poll-timeout", 100, "latency", GLASS_SRT_LATENCY_MS, NULL);  // after the URI, which resets them
    gst_app_sink_set_callbacks(GST_APP_SINK(eye), &(GstAppSinkCallbacks){.new_sample = handle_sample}, player, NULL);
    if (gst_element_set_state(pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
        return player;
    error_set(err, ERROR_SYSTEM, "the player cannot read from %s", options->from);
    glass_player_destroy(player);
    return NULL;
}

void glass_player_destroy(struct glass_player *player)
{
    if (!player)
        return;
    gst_element_set_state(player->pipeline, GST_STATE_NULL);
    gst_object_unref(player->pipeline);
    replace(&player->before, NULL);
    replace(&player->newest, NULL);
    replace(&player->noted, NULL);
    g_mutex_clear(&player->lock);
    free(player);
}

void glass_player_note(struct glass_player *player)
{
    g_mutex_lock(&player->lock);
    replace(&player->noted, player->newest);
    g_mutex_unlock(&player->lock);
}

char *glass_player_trouble(struct glass_player *player)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(player->pipeline);
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    if (!message)
        return xstrdup("");
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    return xstrdup(error->message);
}
