/*
 * Gradients: a ramp of colours, read along a line through the box (CSS Images 3, linear-gradient(): at 0 and 1 the line is
 * left by the box's corners). Straight ones are a strip that repeats; slanted ones are made px by px, only where the clip lets
 * them be seen.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "painter/private.h"

enum { DITHER_SIDE = 8, RAMP = 1024 };

bool fill_is_gradient(const struct fill *fill)
{
    return fill->stop_count > 1 || fill->is_gradient;
}

struct color fill_at(const struct fill *fill, float at)
{
    if (fill->stop_count < 2)
        return fill->is_gradient ? color_mix(fill->color, fill->to, at) : fill->color;
    const struct fill_stop *stops = fill->stops;
    size_t next = 0;
    while (next < fill->stop_count && stops[next].at < at)
        next++;
    if (next == 0 || next == fill->stop_count)
        return stops[next == 0 ? 0 : next - 1].color;
    float way = stops[next].at - stops[next - 1].at;
    return color_mix(stops[next - 1].color, stops[next].color, way > 0 ? (at - stops[next - 1].at) / way : 1);
}

struct fill fill_mirrored(const struct fill *fill)
{
    struct fill mirrored = *fill;
    mirrored.angle = -fill->angle;
    if (fill->is_horizontal) {
        mirrored.color = fill->to;
        mirrored.to = fill->color;
    }
    return mirrored;
}

/* Bayer's 8 x 8 matrix, 0..63: breaks up the bands that 8 bits leave in a dark gradient. */
static float threshold(int x, int y)
{
    unsigned value = 0;
    for (int bit = 0; bit < 3; bit++) {
        unsigned a = ((unsigned)x >> bit ^ (unsigned)y >> bit) & 1, b = (unsigned)y >> bit & 1;
        value |= (a << 1 | b) << (2 * (2 - bit));
    }
    return ((float)value + 0.5f) / 64;
}

/* Multiplied by alpha, 0..255. */
struct tone {
    float a, r, g, b;
};

static struct tone tone_at(const struct fill *fill, float at)
{
    struct color color = fill_at(fill, at);
    return (struct tone){color.a * 255, color.r * color.a * 255, color.g * color.a * 255, color.b * color.a * 255};
}

static uint32_t dithered(const struct tone *tone, float limit)
{
    return (uint32_t)(tone->a + limit) << 24 | (uint32_t)(tone->r + limit) << 16 | (uint32_t)(tone->g + limit) << 8 |
        (uint32_t)(tone->b + limit);
}

/* CSS's direction as a step: to the right and down. Straight ones exactly, or a strip could not be told. */
static void direction(const struct fill *fill, float *dx, float *dy)
{
    float angle = fill->stop_count > 1 ? fill->angle : fill->is_horizontal ? 90 : 180;
    *dx = sinf(angle * (float)M_PI / 180);
    *dy = -cosf(angle * (float)M_PI / 180);
    *dx = fabsf(*dx) < 1e-4f ? 0 : *dx;
    *dy = fabsf(*dy) < 1e-4f ? 0 : *dy;
}

/* A strip 8 px across and as long as the box, repeated sideways; empty outside [from, to), where nobody will see it. */
static pixman_image_t *strip_create(const struct fill *fill, int length, bool is_level, bool is_back, int from, int to)
{
    if (length > CANVAS_SIDE_MAX)
        return NULL;
    int width = is_level ? length : DITHER_SIDE, height = is_level ? DITHER_SIDE : length;
    pixman_image_t *strip = pixman_image_create_bits(PIXMAN_a8r8g8b8, width, height, NULL, 0);
    if (!strip)
        return NULL;
    uint32_t *pixels = pixman_image_get_data(strip);
    ptrdiff_t stride = pixman_image_get_stride(strip) / 4;
    for (int i = from > 0 ? from : 0; i < to && i < length; i++) {
        float at = ((float)i + 0.5f) / (float)length;
        struct tone tone = tone_at(fill, is_back ? 1 - at : at);
        for (int j = 0; j < DITHER_SIDE; j++) {
            int x = is_level ? i : j, y = is_level ? j : i;
            pixels[y * stride + x] = dithered(&tone, threshold(x, y));
        }
    }
    pixman_image_set_repeat(strip, PIXMAN_REPEAT_NORMAL);
    return strip;
}

/* The part `area` of a box's slanted gradient. */
static void fill_slanted(pixman_image_t *image, const struct fill *fill, const struct box *box, const struct box *area,
    float dx, float dy)
{
    struct tone ramp[RAMP];
    for (int i = 0; i < RAMP; i++)
        ramp[i] = tone_at(fill, ((float)i + 0.5f) / RAMP);
    float limits[DITHER_SIDE * DITHER_SIDE];
    for (int i = 0; i < DITHER_SIDE * DITHER_SIDE; i++)
        limits[i] = threshold(i % DITHER_SIDE, i / DITHER_SIDE);
    float length = fabsf((float)box->width * dx) + fabsf((float)box->height * dy);
    for (int y = 0; y < area->height; y++) {
        uint32_t *row = pixman_image_get_data(image) + (ptrdiff_t)y * pixman_image_get_stride(image) / 4;
        int from_left = area->x - box->x, from_top = area->y - box->y + y;
        float down = ((float)from_top + 0.5f - (float)box->height / 2) * dy;
        for (int x = 0; x < area->width; x++) {
            float across = ((float)(from_left + x) + 0.5f - (float)box->width / 2) * dx;
            int at = (int)(((across + down) / length + 0.5f) * RAMP);
            at = at < 0 ? 0 : at < RAMP ? at : RAMP - 1;
            row[x] = dithered(&ramp[at], limits[((from_left + x) & 7) | (from_top & 7) << 3]);
        }
    }
}

pixman_image_t *gradient_create(const struct canvas *canvas, const struct fill *fill, const struct box *box, int *origin_x,
    int *origin_y)
{
    float dx, dy;
    const struct box *clip = &canvas->clip;
    direction(fill, &dx, &dy);
    *origin_x = box->x;
    *origin_y = box->y;
    if (dy == 0)
        return strip_create(fill, box->width, true, dx < 0, clip->x - box->x, clip->x + clip->width - box->x);
    if (dx == 0)
        return strip_create(fill, box->height, false, dy < 0, clip->y - box->y, clip->y + clip->height - box->y);
    struct box area = box_intersect(box, clip);
    pixman_image_t *image = box_is_empty(&area) ? NULL
        : pixman_image_create_bits(PIXMAN_a8r8g8b8, area.width, area.height, NULL, 0);
    if (!image)
        return NULL;
    fill_slanted(image, fill, box, &area, dx, dy);
    *origin_x = area.x;
    *origin_y = area.y;
    return image;
}
