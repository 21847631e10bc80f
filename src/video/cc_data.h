/*
 * cc_data.h - the captions of one picture as A/53 carries them (ATSC A/53 part 4, 6.2.3): triplets, as many as the frame
 * rate asks for, field by field of line 21 first, then DTVCC. Thread: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CC_DATA_TRIPLETS_MAX = 31, CC_DATA_BYTES_MAX = 3 * CC_DATA_TRIPLETS_MAX };

struct cc_clock {  // how triplets spread over pictures; cc_clock_init()
    int count;          // of triplets in a picture
    int fps_num, fps_den;
    uint64_t pictures, fields;  // so far
};

void cc_clock_init(struct cc_clock *clock, int fps_num, int fps_den);

/* Which fields of line 21 the next picture carries. Bits: 1 the first, 2 the second. Counts the picture. */
unsigned cc_clock_next(struct cc_clock *clock);

/* Bytes of DTVCC that a picture with those fields has room for. */
size_t cc_clock_room(const struct cc_clock *clock, unsigned fields);

/*
 * fields: of cc_clock_next(). pair: of the first field, without parity; the second has nothing to say. packet: DTVCC,
 * an even number of bytes, within the room. Returns the length: 3 bytes a triplet.
 */
size_t cc_data_write(uint8_t out[CC_DATA_BYTES_MAX], const struct cc_clock *clock, unsigned fields,
    const uint8_t pair[2], const uint8_t *packet, size_t packet_len);
