#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "painter/private.h"

static uint16_t to_16(float value)
{
    return (uint16_t)lrintf(fminf(fmaxf(value, 0), 1) * 65535);
}

pixman_color_t premultiply(struct color color)
{
    return (pixman_color_t){
        to_16(color.r * color.a), to_16(color.g * color.a), to_16(color.b * color.a), to_16(color.a),
    };
}

pixman_image_t *solid_create(struct color color)
{
    pixman_color_t value = premultiply(color);
    return pixman_image_create_solid_fill(&value);
}

bool color_parse(const char *text, struct color *color)
{
    size_t len = text ? strlen(text) : 0;
    if ((len != 7 && len != 9) || text[0] != '#' || strspn(text + 1, "0123456789abcdefABCDEF") != len - 1)
        return false;
    unsigned long value = strtoul(text + 1, NULL, 16);
    if (len == 7)
        value = value << 8 | 0xff;
    *color = (struct color){
        (float)(value >> 24 & 0xff) / 255, (float)(value >> 16 & 0xff) / 255, (float)(value >> 8 & 0xff) / 255,
        (float)(value & 0xff) / 255,
    };
    return true;
}

struct color color_mix(struct color from, struct color to, float at)
{
    return (struct color){
        from.r + (to.r - from.r) * at, from.g + (to.g - from.g) * at, from.b + (to.b - from.b) * at,
        from.a + (to.a - from.a) * at,
    };
}

static float to_linear(float value)
{
    return value <= 0.04045f ? value / 12.92f : powf((value + 0.055f) / 1.055f, 2.4f);
}

float color_luminance(struct color color)
{
    return 0.2126f * to_linear(color.r) + 0.7152f * to_linear(color.g) + 0.0722f * to_linear(color.b);
}

bool box_is_empty(const struct box *box)
{
    return box->width <= 0 || box->height <= 0;
}

struct box box_intersect(const struct box *a, const struct box *b)
{
    int x = a->x > b->x ? a->x : b->x;
    int y = a->y > b->y ? a->y : b->y;
    int right = a->x + a->width < b->x + b->width ? a->x + a->width : b->x + b->width;
    int bottom = a->y + a->height < b->y + b->height ? a->y + a->height : b->y + b->height;
    if (right <= x || bottom <= y)
        return (struct box){0};
    return (struct box){x, y, right - x, bottom - y};
}

struct box box_union(const struct box *a, const struct box *b)
{
    if (box_is_empty(a))
        return *b;
    if (box_is_empty(b))
        return *a;
    int x = a->x < b->x ? a->x : b->x;
    int y = a->y < b->y ? a->y : b->y;
    int right = a->x + a->width > b->x + b->width ? a->x + a->width : b->x + b->width;
    int bottom = a->y + a->height > b->y + b->height ? a->y + a->height : b->y + b->height;
    return (struct box){x, y, right - x, bottom - y};
}

struct box box_grow(const struct box *box, int by_px)
{
    return (struct box){box->x - by_px, box->y - by_px, box->width + 2 * by_px, box->height + 2 * by_px};
}
