#include "video/marker.h"

#include <string.h>

enum {
    NUMBER_BITS = 16, CHECK_BITS = 8, SYNC_BITS = 4, BITS = SYNC_BITS + NUMBER_BITS + CHECK_BITS,
    SYNC = 0xA,           // white, black, white, black
    BLACK = 16, WHITE = 235, MIDDLE = 126,
    HEIGHT_MIN_PX = 16, HEIGHT_PARTS = 24,
};

int marker_height(int height_px)
{
    int part = height_px / HEIGHT_PARTS & ~1;
    int least = HEIGHT_MIN_PX < height_px ? HEIGHT_MIN_PX : height_px & ~1;
    return part > least ? part : least;
}

/* CRC-8 with the polynomial x^8 + x^2 + x + 1 over both bytes: one or two bad blocks are always found. */
static uint32_t check_of(uint16_t number)
{
    uint32_t rest = number;
    for (int bit = 0; bit < NUMBER_BITS; bit++)
        rest = rest & 0x8000 ? (rest << 1 ^ 0x0700) & 0xFFFF : rest << 1 & 0xFFFF;
    return rest >> 8;
}

static uint32_t pack(uint16_t number)
{
    return (uint32_t)SYNC << (NUMBER_BITS + CHECK_BITS) | (uint32_t)number << CHECK_BITS | check_of(number);
}

static int block_left(int width_px, int block)
{
    return width_px * block / BITS;
}

void marker_draw(uint8_t *luma, size_t stride_bytes, int width_px, int height_px, uint16_t number)
{
    uint32_t bits = pack(number);
    int rows = marker_height(height_px);
    for (int row = 0; row < rows; row++) {
        for (int block = 0; block < BITS; block++) {
            int left = block_left(width_px, block), right = block_left(width_px, block + 1);
            memset(luma + (size_t)row * stride_bytes + left, bits >> (BITS - 1 - block) & 1 ? WHITE : BLACK,
                (size_t)(right - left));
        }
    }
}

/* The inner half of a block: an encoder smears its edges. */
static bool is_white(const uint8_t *luma, size_t stride_bytes, int left, int right, int rows)
{
    int quarter = (right - left) / 4;
    uint64_t sum = 0, count = 0;
    for (int row = rows / 4; row < rows - rows / 4; row++) {
        for (int x = left + quarter; x < right - quarter; x++, count++)
            sum += luma[(size_t)row * stride_bytes + (size_t)x];
    }
    return count > 0 && sum / count >= MIDDLE;
}

bool marker_read(const uint8_t *luma, size_t stride_bytes, int width_px, int height_px, uint16_t *number)
{
    if (width_px < MARKER_WIDTH_MIN_PX)
        return false;
    uint32_t bits = 0;
    for (int block = 0; block < BITS; block++)
        bits = bits << 1 | is_white(luma, stride_bytes, block_left(width_px, block), block_left(width_px, block + 1),
            marker_height(height_px));
    uint16_t found = (uint16_t)(bits >> CHECK_BITS);
    if (bits != pack(found))
        return false;
    *number = found;
    return true;
}
