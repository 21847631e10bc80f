#include "video/caption_data.h"

#include <gst/video/video.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "video/h264_sei.h"

enum { WAITING_MAX = 128 };  // pictures inside an encoder

struct waiting {
    GstClockTime at;  // running time; len 0: free
    uint8_t bytes[CC_DATA_BYTES_MAX];
    size_t len;
};

struct caption_data {
    int references;
    struct caption_writer *writer;
    bool is_carried;

    GMutex lock;  // guards the rest
    struct waiting waiting[WAITING_MAX];  // a ring
    unsigned next;
};

/*
 * Seen in GStreamer 1.22: x264enc adds what the meta holds to the picture it was given with, so its B-frames stay
 * right. openh264enc and nvh264enc (before 1.24) leave it out.
 */
bool caption_data_is_carried_by(const char *encoder)
{
    static const char *const names[] = {"x264enc", "vah264enc", "vah264lpenc", "qsvh264enc"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(encoder, names[i]))
            return true;
    }
    return false;
}

/* Encoders may move timestamps and segment by the same amount, so only running times compare. */
static GstClockTime running_time(GstPad *pad, const GstBuffer *buffer)
{
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment *segment;
    if (!event || !GST_BUFFER_PTS_IS_VALID(buffer))
        return GST_CLOCK_TIME_NONE;
    gst_event_parse_segment(event, &segment);
    return gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
}

static void keep(struct caption_data *data, GstClockTime at, const uint8_t *bytes, size_t len)
{
    g_mutex_lock(&data->lock);
    struct waiting *waiting = &data->waiting[data->next++ % WAITING_MAX];
    waiting->at = at;
    waiting->len = len;
    memcpy(waiting->bytes, bytes, len);
    g_mutex_unlock(&data->lock);
}

/* 0: nothing belongs to that picture. */
static size_t take(struct caption_data *data, GstClockTime at, uint8_t *bytes)
{
    size_t len = 0;
    g_mutex_lock(&data->lock);
    for (size_t i = 0; len == 0 && i < WAITING_MAX; i++) {
        struct waiting *waiting = &data->waiting[i];
        if (waiting->len == 0 || MAX(waiting->at, at) - MIN(waiting->at, at) > GST_MSECOND)
            continue;
        len = waiting->len;
        memcpy(bytes, waiting->bytes, len);
        waiting->len = 0;
    }
    g_mutex_unlock(&data->lock);
    return len;
}

/* What came with the input's pictures would be sent twice where one is repeated, and is not ours. */
static gboolean remove_captions(GstBuffer *buffer, GstMeta **meta, void *data)
{
    if ((*meta)->info->api == GST_VIDEO_CAPTION_META_API_TYPE)
        *meta = NULL;
    return TRUE;
}

static GstPadProbeReturn handle_raw(GstPad *pad, GstPadProbeInfo *info, void *user)
{
    struct caption_data *data = user;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    GstClockTime at = running_time(pad, buffer);
    if (!GST_CLOCK_TIME_IS_VALID(at))
        return GST_PAD_PROBE_OK;
    uint8_t bytes[CC_DATA_BYTES_MAX];
    size_t len = caption_writer_next(data->writer, (int64_t)at, bytes);
    if (!data->is_carried) {
        keep(data, at, bytes, len);
        return GST_PAD_PROBE_OK;
    }
    buffer = gst_buffer_make_writable(buffer);
    gst_buffer_foreach_meta(buffer, remove_captions, NULL);
    gst_buffer_add_video_caption_meta(buffer, GST_VIDEO_CAPTION_TYPE_CEA708_RAW, bytes, len);
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn handle_coded(GstPad *pad, GstPadProbeInfo *info, void *user)
{
    struct caption_data *data = user;
    GstBuffer *unit = GST_PAD_PROBE_INFO_BUFFER(info);
    GstClockTime at = running_time(pad, unit);
    uint8_t bytes[CC_DATA_BYTES_MAX];
    size_t len = GST_CLOCK_TIME_IS_VALID(at) ? take(data, at, bytes) : 0;
    if (len > 0)
        GST_PAD_PROBE_INFO_DATA(info) = h264_sei_insert(unit, bytes, len);
    return GST_PAD_PROBE_OK;
}

static struct caption_data *ref(struct caption_data *data)
{
    g_atomic_int_inc(&data->references);
    return data;
}

static void unref(void *user)
{
    struct caption_data *data = user;
    if (!g_atomic_int_dec_and_test(&data->references))
        return;
    caption_writer_destroy(data->writer);
    g_mutex_clear(&data->lock);
    free(data);
}

void caption_data_unref(struct caption_data *data)
{
    if (data)
        unref(data);
}

struct caption_data *caption_data_attach(const struct caption_data_options *options, GstPad *raw, GstPad *coded)
{
    struct caption_data *data = xcalloc(1, sizeof(*data));
    data->references = 1;
    data->writer = caption_writer_create(&options->writer);
    data->is_carried = caption_data_is_carried_by(options->encoder);
    g_mutex_init(&data->lock);
    gst_pad_add_probe(raw, GST_PAD_PROBE_TYPE_BUFFER, handle_raw, ref(data), unref);
    if (!data->is_carried)
        gst_pad_add_probe(coded, GST_PAD_PROBE_TYPE_BUFFER, handle_coded, ref(data), unref);
    return data;
}

void caption_data_state(struct caption_data *data, char *out, size_t size)
{
    caption_writer_state(data->writer, out, size);
}
