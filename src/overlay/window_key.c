#include "overlay/window_key.h"

#include <math.h>

struct chroma {
    float cb, cr;
};

static float luma(struct color color)
{
    return 0.2126f * color.r + 0.7152f * color.g + 0.0722f * color.b;
}

static struct chroma chroma_of(struct color color)
{
    float y = luma(color);
    return (struct chroma){(color.b - y) / 1.8556f, (color.r - y) / 1.5748f};
}

static float square(struct chroma chroma)
{
    return chroma.cb * chroma.cb + chroma.cr * chroma.cr;
}

bool window_key_is_strong(struct color key)
{
    return sqrtf(square(chroma_of(key))) > WINDOW_KEY_DISTANCE * 1.2f;
}

float window_key_distance(struct color a, struct color b)
{
    struct chroma at = chroma_of(a), to = chroma_of(b);
    return sqrtf(square((struct chroma){at.cb - to.cb, at.cr - to.cr}));
}

/*
 * Towards gray of the same luma the chroma shrinks in a straight line to 0, which is outside the circle around a strong
 * key: the line leaves the circle at one place, the greater root of a quadratic.
 */
static struct color keep_off(struct color color, struct color key)
{
    struct chroma own = chroma_of(color), to = chroma_of(key);
    const float keep = WINDOW_KEY_DISTANCE + 0.01f;  // so that rounding to 8 bits does not fall back inside
    float a = square(own), b = own.cb * to.cb + own.cr * to.cr, c = square(to) - keep * keep;
    if (c <= 0 || a - 2 * b + square(to) >= keep * keep)
        return color;
    float scale = (b - sqrtf(fmaxf(0, b * b - a * c))) / a, y = luma(color);
    return (struct color){y + (color.r - y) * scale, y + (color.g - y) * scale, y + (color.b - y) * scale, 1};
}

static uint32_t pack(struct color color)
{
    uint32_t r = (uint32_t)(color.r * 255 + 0.5f), g = (uint32_t)(color.g * 255 + 0.5f), b = (uint32_t)(color.b * 255 + 0.5f);
    return 0xff000000u | r << 16 | g << 8 | b;
}

static float channel(uint32_t pixel, int shift, float alpha)
{
    return fminf(1, (float)(pixel >> shift & 0xff) / alpha);
}

void window_key_row(const uint32_t *from, uint32_t *to, size_t count, struct color key)
{
    const uint32_t ground = pack(key);
    uint32_t last = 0, keyed = ground;  // neighbours are mostly alike
    for (size_t i = 0; i < count; i++) {
        if (from[i] != last) {
            float alpha = (float)(from[i] >> 24);
            struct color own = {channel(from[i], 16, alpha), channel(from[i], 8, alpha), channel(from[i], 0, alpha), 1};
            last = from[i];
            keyed = last >> 24 < 128 ? ground : pack(keep_off(own, key));
        }
        to[i] = keyed;
    }
}
