#include "video/cc_data.h"

#include <glib.h>

#include "video/cea608.h"

/* 9,600 bits a second are 600 triplets: 25 at 24 pictures a second, 20 at 30, 10 at 60. */
enum { TRIPLETS_S = 600, FIELDS_S = 60, TRIPLETS_MIN = 10 };

/* Marker bits, cc_valid, cc_type. Padding is invalid DTVCC. */
enum { FIELD_1 = 0xfc, FIELD_2 = 0xfd, PACKET_DATA = 0xfe, PACKET_START = 0xff, PADDING = 0xfa };

void cc_clock_init(struct cc_clock *clock, int fps_num, int fps_den)
{
    int count = (TRIPLETS_S * fps_den + fps_num / 2) / fps_num;
    *clock = (struct cc_clock){CLAMP(count, TRIPLETS_MIN, CC_DATA_TRIPLETS_MAX), fps_num, fps_den, 0, 0};
}

/*
 * Line 21 has 59.94 fields a second, taken as 60 so that 59.94 pictures give one each. Up to 30 pictures a second carry
 * both fields, at 50 and 60 they alternate, and above it some pictures carry none.
 */
unsigned cc_clock_next(struct cc_clock *clock)
{
    if (2 * (int64_t)clock->fps_num <= (FIELDS_S + 1) * (int64_t)clock->fps_den) {
        clock->pictures++;
        clock->fields += 2;
        return 3;
    }
    uint64_t fields_due = (++clock->pictures * FIELDS_S * (uint64_t)clock->fps_den + (uint64_t)clock->fps_num - 1)
        / (uint64_t)clock->fps_num;
    if (clock->fields >= fields_due)
        return 0;
    return clock->fields++ % 2 ? 2 : 1;
}

size_t cc_clock_room(const struct cc_clock *clock, unsigned fields)
{
    return 2 * (size_t)(clock->count - (fields & 1) - (fields >> 1 & 1));
}

static uint8_t *add(uint8_t *at, uint8_t kind, uint8_t first, uint8_t second)
{
    *at++ = kind;
    *at++ = first;
    *at++ = second;
    return at;
}

size_t cc_data_write(uint8_t out[CC_DATA_BYTES_MAX], const struct cc_clock *clock, unsigned fields,
    const uint8_t pair[2], const uint8_t *packet, size_t packet_len)
{
    uint8_t *at = out, *end = out + 3 * (size_t)clock->count;
    if (fields & 1)
        at = add(at, FIELD_1, cea608_parity(pair[0]), cea608_parity(pair[1]));
    if (fields & 2)
        at = add(at, FIELD_2, cea608_parity(0), cea608_parity(0));
    for (size_t i = 0; i + 1 < packet_len && at < end; i += 2)
        at = add(at, i == 0 ? PACKET_START : PACKET_DATA, packet[i], packet[i + 1]);
    while (at < end)
        at = add(at, PADDING, 0, 0);
    return (size_t)(at - out);
}
