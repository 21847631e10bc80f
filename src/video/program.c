#include "video/program.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

void program_init(struct program *program, int width_px, int height_px, int fps_num, int fps_den)
{
    *program = (struct program){
        .clock = gst_system_clock_obtain(),
        .width_px = width_px, .height_px = height_px, .fps_num = fps_num, .fps_den = fps_den,
    };
    program->base = gst_clock_get_time(program->clock);
}

void program_fini(struct program *program)
{
    g_clear_pointer(&program->clock, gst_object_unref);
}

int64_t program_now_ns(const struct program *program)
{
    return GST_CLOCK_DIFF(program->base, gst_clock_get_time(program->clock));
}

int64_t program_tick_ns(const struct program *program, uint64_t tick)
{
    return (int64_t)gst_util_uint64_scale(tick, GST_SECOND * (uint64_t)program->fps_den, (uint64_t)program->fps_num);
}

uint64_t program_tick_at(const struct program *program, int64_t ns)
{
    return ns <= 0 ? 0 : gst_util_uint64_scale((uint64_t)ns, (uint64_t)program->fps_num,
        GST_SECOND * (uint64_t)program->fps_den);
}

int64_t program_tick_sample(const struct program *program, uint64_t tick)
{
    return (int64_t)gst_util_uint64_scale(tick, PROGRAM_RATE * (uint64_t)program->fps_den,
        (uint64_t)program->fps_num);
}

int64_t program_ns_to_sample(int64_t ns)
{
    return ns >= 0 ? (int64_t)gst_util_uint64_scale_round((uint64_t)ns, PROGRAM_RATE, GST_SECOND)
        : -(int64_t)gst_util_uint64_scale_round((uint64_t)-ns, PROGRAM_RATE, GST_SECOND);
}

/* Colours are fixed too: an input in another matrix is converted on its way in, and the outputs never renegotiate. */
GstCaps *program_video_caps(const struct program *program, bool has_rate)
{
    GstCaps *caps = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "I420",
        "width", G_TYPE_INT, program->width_px, "height", G_TYPE_INT, program->height_px,
        "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1,
        "colorimetry", G_TYPE_STRING,
        program->height_px >= 720 ? GST_VIDEO_COLORIMETRY_BT709 : GST_VIDEO_COLORIMETRY_BT601,
        "chroma-site", G_TYPE_STRING, "mpeg2", NULL);
    if (has_rate) {
        gst_caps_set_simple(caps, "framerate", GST_TYPE_FRACTION, program->fps_num, program->fps_den,
            "interlace-mode", G_TYPE_STRING, "progressive", NULL);
    }
    return caps;
}

GstCaps *program_audio_caps(void)
{
    return gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, GST_AUDIO_NE(F32),
        "rate", G_TYPE_INT, (int)PROGRAM_RATE, "channels", G_TYPE_INT, (int)PROGRAM_CHANNELS,
        "layout", G_TYPE_STRING, "interleaved", "channel-mask", GST_TYPE_BITMASK, (uint64_t)3, NULL);
}

void program_attach(const struct program *program, GstElement *pipeline, int64_t start_ns)
{
    gst_pipeline_use_clock(GST_PIPELINE(pipeline), program->clock);
    gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline, (GstClockTime)((int64_t)program->base + start_ns));
}
