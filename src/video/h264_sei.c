#include "video/h264_sei.h"

#include <stdbool.h>
#include <string.h>

enum { NAL_SEI = 6, PAYLOAD_T35 = 4, COUNTRY_US = 0xb5, PROVIDER_ATSC = 0x31, TYPE_CC = 3, PROCESS_CC = 0x40,
    RESERVED = 0x80, TRAILING = 0x80 };
enum { HEAD_BYTES = 10, NAL_SLICE_FIRST = 1, NAL_SLICE_LAST = 5 };

/* Two zeros are never followed by 0 to 3: a 3 parts them (7.4.1). */
static size_t add_escaped(uint8_t *out, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    int zeros = 0;
    for (size_t i = 0; i < len; i++) {
        if (zeros == 2 && bytes[i] <= 3) {
            out[at++] = 3;
            zeros = 0;
        }
        out[at++] = bytes[i];
        zeros = bytes[i] == 0 ? zeros + 1 : 0;
    }
    return at;
}

size_t h264_sei_write(uint8_t out[H264_SEI_BYTES_MAX], const uint8_t *cc_data, size_t len)
{
    const uint8_t head[HEAD_BYTES] = {COUNTRY_US, 0, PROVIDER_ATSC, 'G', 'A', '9', '4', TYPE_CC,
        (uint8_t)(RESERVED | PROCESS_CC | len / 3), 0xff};
    uint8_t body[4 + HEAD_BYTES + CC_DATA_BYTES_MAX + 2];
    size_t size = 0;
    body[size++] = PAYLOAD_T35;
    body[size++] = (uint8_t)(HEAD_BYTES + len + 1);  // below 255: 93 bytes of cc_data at most
    memcpy(body + size, head, HEAD_BYTES);
    memcpy(body + size + HEAD_BYTES, cc_data, len);
    size += HEAD_BYTES + len;
    body[size++] = 0xff;
    body[size++] = TRAILING;
    static const uint8_t start[] = {0, 0, 0, 1, NAL_SEI};
    memcpy(out, start, sizeof(start));
    return sizeof(start) + add_escaped(out + sizeof(start), body, size);
}

size_t h264_sei_place(const uint8_t *unit, size_t len)
{
    for (size_t i = 0; i + 3 < len; i++) {
        if (unit[i] || unit[i + 1] || unit[i + 2] != 1)
            continue;
        int type = unit[i + 3] & 31;
        if (type >= NAL_SLICE_FIRST && type <= NAL_SLICE_LAST)
            return i > 0 && unit[i - 1] == 0 ? i - 1 : i;
        i += 3;
    }
    return len;
}

GstBuffer *h264_sei_insert(GstBuffer *unit, const uint8_t *cc_data, size_t len)
{
    GstMapInfo map;
    if (!gst_buffer_map(unit, &map, GST_MAP_READ))
        return unit;
    size_t place = h264_sei_place(map.data, map.size);
    bool has_slice = place < map.size;
    gst_buffer_unmap(unit, &map);
    if (!has_slice)
        return unit;
    uint8_t *bytes = g_malloc(H264_SEI_BYTES_MAX);
    size_t size = h264_sei_write(bytes, cc_data, len);
    GstBuffer *whole = gst_buffer_copy_region(unit, GST_BUFFER_COPY_ALL, 0, place);
    gst_buffer_append_memory(whole, gst_memory_new_wrapped(0, bytes, size, 0, size, bytes, g_free));
    gst_buffer_copy_into(whole, unit, GST_BUFFER_COPY_MEMORY, place, (gsize)-1);
    gst_buffer_unref(unit);
    return whole;
}
