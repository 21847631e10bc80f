#include "frames.h"

#include <stdlib.h>
#include <sys/resource.h>

void frames_init(struct frames *frames, int width, int height, guint count)
{
    gst_video_info_set_format(&frames->info, GST_VIDEO_FORMAT_I420, (guint)width, (guint)height);
    GST_VIDEO_INFO_FPS_N(&frames->info) = 60;
    GST_VIDEO_INFO_FPS_D(&frames->info) = 1;
    frames->caps = gst_video_info_to_caps(&frames->info);
    frames->pool = gst_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(frames->pool);
    gst_buffer_pool_config_set_params(config, frames->caps, (guint)frames->info.size, count, count);
    gst_buffer_pool_set_config(frames->pool, config);
    gst_buffer_pool_set_active(frames->pool, TRUE);
}

void frames_fini(struct frames *frames)
{
    gst_buffer_pool_set_active(frames->pool, FALSE);
    gst_object_unref(frames->pool);
    gst_caps_unref(frames->caps);
}

GstBuffer *frames_next(const struct frames *frames, int number)
{
    GstBuffer *buffer = NULL;
    gst_buffer_pool_acquire_buffer(frames->pool, &buffer, NULL);
    GST_BUFFER_PTS(buffer) = (GstClockTime)number * GST_SECOND / 60;
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 60;
    return buffer;
}

double processor_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *figures, int count)
{
    qsort(figures, (size_t)count, sizeof(figures[0]), by_size);
    return figures[count / 2];
}
