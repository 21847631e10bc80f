/* frames.h - I420 frames from a pool into a pipeline's appsrc, and what they cost. For benchmarks. */
#pragma once

#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

struct frames {
    GstVideoInfo info;
    GstCaps *caps;        // owned
    GstBufferPool *pool;  // owned; of just so many buffers, so that as many go round
};

void frames_init(struct frames *frames, int width, int height, guint count);
void frames_fini(struct frames *frames);

/* The next one; waits for one to come back. number: which one of the stream. The caller's. */
GstBuffer *frames_next(const struct frames *frames, int number);

/* Processor time of this process so far, and the middle one of count figures, which are sorted. */
double processor_us(void);
double median(double *figures, int count);
