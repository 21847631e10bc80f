#include "video/encode_meter.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    INSIDE_MAX = 128,  // pictures in the encoder; those beyond are not measured
    DONE_MAX = 256,
    WINDOW_US = 1000000,
};

struct encode_meter {
    GMutex lock;  // guards the rest
    struct {
        GstClockTime pts;  // NONE: free
        gint64 at_us;
    } inside[INSIDE_MAX];
    unsigned next_inside;
    bool has_shift;
    GstClockTimeDiff shift_ns;  // the encoder's: x264enc lifts all times, so that none of decoding is negative
    struct {
        gint64 at_us, took_us;
    } done[DONE_MAX];
    unsigned next_done;
};

static void forget(struct encode_meter *meter)
{
    for (int i = 0; i < INSIDE_MAX; i++)
        meter->inside[i].pts = GST_CLOCK_TIME_NONE;
    for (int i = 0; i < DONE_MAX; i++)
        meter->done[i].at_us = 0;
    meter->next_inside = meter->next_done = 0;
    meter->has_shift = false;
}

static GstPadProbeReturn note_in(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct encode_meter *meter = data;
    g_mutex_lock(&meter->lock);
    unsigned at = meter->next_inside++ % INSIDE_MAX;
    meter->inside[at].pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    meter->inside[at].at_us = g_get_monotonic_time();
    g_mutex_unlock(&meter->lock);
    return GST_PAD_PROBE_OK;
}

static void note_done(struct encode_meter *meter, gint64 at_us, gint64 began_us)
{
    unsigned at = meter->next_done++ % DONE_MAX;
    meter->done[at].at_us = at_us;
    meter->done[at].took_us = at_us - began_us;
}

/* The first picture out is the first that went in: a key frame. It tells by how much times are shifted. */
static GstPadProbeReturn note_out(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct encode_meter *meter = data;
    GstClockTime pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&meter->lock);
    if (!meter->has_shift && meter->next_inside > 0) {
        meter->shift_ns = GST_CLOCK_DIFF(meter->inside[0].pts, pts);
        meter->has_shift = true;
    }
    GstClockTime wanted = pts - (GstClockTime)meter->shift_ns;
    for (int i = 0; i < INSIDE_MAX; i++) {
        if (meter->inside[i].pts != wanted)
            continue;
        note_done(meter, now_us, meter->inside[i].at_us);
        meter->inside[i].pts = GST_CLOCK_TIME_NONE;
        break;
    }
    g_mutex_unlock(&meter->lock);
    return GST_PAD_PROBE_OK;
}

struct encode_meter *encode_meter_create(void)
{
    struct encode_meter *meter = xcalloc(1, sizeof(*meter));
    g_mutex_init(&meter->lock);
    forget(meter);
    return meter;
}

void encode_meter_destroy(struct encode_meter *meter)
{
    if (!meter)
        return;
    g_mutex_clear(&meter->lock);
    free(meter);
}

void encode_meter_watch(struct encode_meter *meter, GstPad *in, GstPad *out)
{
    g_mutex_lock(&meter->lock);
    forget(meter);
    g_mutex_unlock(&meter->lock);
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, note_in, meter, NULL);
    gst_pad_add_probe(out, GST_PAD_PROBE_TYPE_BUFFER, note_out, meter, NULL);
}

static int compare(const void *a, const void *b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;
    return (left > right) - (left < right);
}

void encode_meter_get(struct encode_meter *meter, struct encode_times *times)
{
    gint64 took_us[DONE_MAX], since_us = g_get_monotonic_time() - WINDOW_US;
    size_t count = 0;
    g_mutex_lock(&meter->lock);
    for (int i = 0; i < DONE_MAX; i++) {
        if (meter->done[i].at_us > 0 && meter->done[i].at_us >= since_us)
            took_us[count++] = meter->done[i].took_us;
    }
    g_mutex_unlock(&meter->lock);
    qsort(took_us, count, sizeof(*took_us), compare);
    *times = (struct encode_times){0};
    if (count > 0)
        *times = (struct encode_times){(double)took_us[count / 2] / 1e3, (double)took_us[count - 1] / 1e3};
}
