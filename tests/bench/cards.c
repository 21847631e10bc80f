#include "cards.h"

#include <math.h>

enum { RADIUS = 24 };

static double coverage(int x, int y, int width, int height)
{
    double dx = fmax(fmax(RADIUS - x - 0.5, x + 0.5 - (width - RADIUS)), 0);
    double dy = fmax(fmax(RADIUS - y - 0.5, y + 0.5 - (height - RADIUS)), 0);
    return fmin(fmax(RADIUS + 0.5 - hypot(dx, dy), 0), 1);
}

/* Strokes of two pixels with soft edges, in lines of words: what a question looks like to a blend. */
static double ink(int x, int y, int width, int height)
{
    int line = (y - 60) / 44, v = (y - 60) % 44, u = x - 40, word = u / 90;
    if (y < 60 || y > height - 40 || u < 0 || x > width - 40 || v > 28 || u % 90 > 76)
        return 0;
    int phase = (u + word * 3 + line * 5) % 11;
    return v % 13 < 2 || phase < 2 ? 1 : phase == 2 || phase == 10 ? 0.4 : 0;
}

void card_paint(uint8_t *pixels, size_t stride_bytes, int width, int height)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double text = ink(x, y, width, height), alpha = coverage(x, y, width, height) * (0.82 + 0.18 * text);
            uint8_t *pixel = pixels + (size_t)y * stride_bytes + 4 * (size_t)x;
            pixel[0] = (uint8_t)lround(alpha * (60 + 190 * text));
            pixel[1] = (uint8_t)lround(alpha * (32 + 215 * text));
            pixel[2] = (uint8_t)lround(alpha * (24 + 225 * text));
            pixel[3] = (uint8_t)lround(alpha * 255);
        }
    }
}
