#include "video/h264_key.h"

#include "video/h264_sei.h"

enum { NAL_IDR = 5, TYPE_MASK = 31 };

bool h264_key_is(const uint8_t *unit, size_t len)
{
    size_t at = h264_sei_place(unit, len);
    while (at < len && unit[at] == 0)
        at++;
    return at + 1 < len && (unit[at + 1] & TYPE_MASK) == NAL_IDR;
}

static GstPadProbeReturn handle_unit(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    GstBuffer *unit = GST_PAD_PROBE_INFO_BUFFER(info);
    GstMapInfo map;
    if (GST_BUFFER_FLAG_IS_SET(unit, GST_BUFFER_FLAG_DELTA_UNIT) || !gst_buffer_map(unit, &map, GST_MAP_READ))
        return GST_PAD_PROBE_OK;
    bool is_key = h264_key_is(map.data, map.size);
    gst_buffer_unmap(unit, &map);
    if (is_key)
        return GST_PAD_PROBE_OK;
    unit = gst_buffer_make_writable(unit);
    GST_BUFFER_FLAG_SET(unit, GST_BUFFER_FLAG_DELTA_UNIT);
    GST_PAD_PROBE_INFO_DATA(info) = unit;
    return GST_PAD_PROBE_OK;
}

void h264_key_watch(GstPad *pad)
{
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, handle_unit, NULL, NULL);
}
