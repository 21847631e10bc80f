#include "overlay/ground.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"none", "light", "dark", "busy"};

bool ground_parse(const char *text, struct ground *ground)
{
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            ground->kind = (enum ground_kind)i;
            return true;
        }
    }
    ground->kind = GROUND_PLAIN;
    return color_parse(text, &ground->color) && ground->color.a == 1;
}

/* 0..1, without a pattern that an eye finds: Bob Jenkins's one-at-a-time over the two numbers. */
static float grain(int x, int y)
{
    uint32_t hash = 0, values[2] = {(uint32_t)x, (uint32_t)y};
    for (int i = 0; i < 8; i++) {
        hash += values[i / 4] >> (i % 4 * 8) & 0xff;
        hash += hash << 10;
        hash ^= hash >> 6;
    }
    hash += hash << 3;
    hash ^= hash >> 11;
    return (float)((hash + (hash << 15)) >> 8) / 16777216;
}

static struct color blend(struct color color, struct color over, float weight)
{
    return color_mix(color, over, fminf(fmaxf(weight, 0), 1));
}

/* A light of that radius around a place; 1 in its middle. */
static float light(float x, float y, float at_x, float at_y, float radius)
{
    float dx = (x - at_x) / radius, dy = (y - at_y) / radius;
    return expf(-(dx * dx + dy * dy));
}

static struct color light_room(float x, float y)
{
    const struct color wall = {0.93f, 0.92f, 0.90f, 1}, window = {1, 1, 1, 1}, shelf = {0.78f, 0.74f, 0.68f, 1};
    struct color color = blend(wall, window, light(x, y, 0.25f, 0.2f, 0.5f));
    return blend(color, shelf, light(x, y, 1.4f, 1.0f, 0.5f) * 0.8f);
}

static struct color dark_stage(float x, float y)
{
    const struct color night = {0.035f, 0.035f, 0.05f, 1}, blue = {0.10f, 0.12f, 0.24f, 1}, red = {0.20f, 0.07f, 0.09f, 1};
    struct color color = blend(night, blue, light(x, y, 0.4f, 0.1f, 0.6f));
    return blend(color, red, light(x, y, 1.3f, 0.9f, 0.5f));
}

/* Panels in loud colours, slanted edges, lamps: what lies behind a card changes several times under one word. */
static struct color busy_game(float x, float y)
{
    static const struct color panels[] = {{0.10f, 0.45f, 0.28f, 1}, {0.88f, 0.72f, 0.30f, 1}, {0.16f, 0.30f, 0.62f, 1},
        {0.80f, 0.28f, 0.24f, 1}, {0.93f, 0.93f, 0.88f, 1}, {0.14f, 0.12f, 0.20f, 1}};
    int column = (int)floorf((x + 0.35f * y) * 6.5f), row = (int)floorf((y - 0.2f * x) * 7.5f + 40);
    struct color color = panels[(int)(grain(column, row) * 5.99f)];
    float wave = 0.5f + 0.5f * sinf(x * 41 + 3 * sinf(y * 17)) * cosf(y * 37);
    color = blend(color, (struct color){0.05f, 0.08f, 0.05f, 1}, wave * 0.45f);
    for (int i = 0; i < 7; i++)
        color = blend(color, (struct color){1, 0.97f, 0.85f, 1},
            light(x, y, grain(i, 7) * 1.8f, grain(i, 9), 0.03f + 0.03f * grain(i, 11)) * 0.95f);
    return color;
}

static uint32_t pack(struct color color, float noise)
{
    uint32_t pixel = 0xff000000;
    const float channels[] = {color.b, color.g, color.r};
    for (int i = 0; i < 3; i++)
        pixel |= (uint32_t)lrintf(fminf(fmaxf(channels[i] + noise, 0), 1) * 255) << (8 * i);
    return pixel;
}

uint32_t ground_at(const struct ground *ground, int x, int y, int width_px, int height_px)
{
    // As far down as the shorter side is long: a tall view sees more of it, not another one.
    float shorter = (float)(width_px < height_px ? width_px : height_px);
    float at_x = (float)x / shorter, at_y = (float)y / shorter, noise = grain(x, y) - 0.5f;
    switch (ground->kind) {
    case GROUND_NONE: return 0;
    case GROUND_LIGHT: return pack(light_room(at_x, at_y), noise * 0.012f);
    case GROUND_DARK: return pack(dark_stage(at_x, at_y), noise * 0.015f);
    case GROUND_BUSY: return pack(busy_game(at_x, at_y), noise * 0.10f);
    case GROUND_PLAIN: return pack(ground->color, 0);
    }
    return 0;
}
