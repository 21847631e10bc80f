/*
 * render STATE.json OUT.png [LANGUAGE [WIDTH HEIGHT]] - one view's on-air state as a picture, to be looked at.
 * The picture stands on a test background, so that shadows and edges show; "-" as LANGUAGE: en.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "overlay/png.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"

/* A studio, roughly: light on one side, so that both ends of contrast are seen. */
static uint32_t background(int x, int y, int width, int height)
{
    float at = (float)x / (float)width, down = (float)y / (float)height;
    float light = 0.25f + 0.6f * at - 0.25f * down + 0.06f * sinf((float)x * 0.02f) * cosf((float)y * 0.017f);
    light = fminf(fmaxf(light, 0.05f), 0.95f);
    return 0xff000000 | (uint32_t)(light * 235) << 16 | (uint32_t)(light * 215 + 10) << 8 | (uint32_t)(light * 190 + 25);
}

static uint32_t over(uint32_t top, uint32_t below)
{
    uint32_t out = 0xff000000, a = 255 - (top >> 24);
    for (int shift = 0; shift < 24; shift += 8)
        out |= ((top >> shift & 0xff) + ((below >> shift & 0xff) * a + 127) / 255) << shift;
    return out;
}

static bool write_picture(const struct view *view, const char *path, struct error *err)
{
    const struct canvas *canvas = view_canvas(view);
    int width = canvas_width(canvas), height = canvas_height(canvas);
    uint32_t *pixels = calloc((size_t)width * (size_t)height, 4);
    for (int y = 0; pixels && y < height; y++) {
        for (int x = 0; x < width; x++)
            pixels[y * width + x] = over(canvas_pixels(canvas)[y * width + x], background(x, y, width, height));
    }
    struct buffer png = {0};
    bool is_good = pixels && png_write(pixels, width, height, (size_t)width * 4, &png) &&
        file_write_atomic(path, png.data, png.len, 0644, err);
    buffer_fini(&png);
    free(pixels);
    return is_good;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct buffer text = {0};
    if (argc < 3 || !file_read(argv[1], 1 << 20, &text, &err)) {
        fprintf(stderr, "render: %s\n", argc < 3 ? "STATE.json OUT.png [LANGUAGE [WIDTH HEIGHT]]" : err.text);
        return 2;
    }
    json_t *state = json_parse(text.data, text.len, &err);
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){0}, &err);
    struct painter *painter = painter_create();
    struct view *view = state && engine ? view_create(&(struct view_options){
        .name = "main", .width_px = argc > 5 ? atoi(argv[4]) : 1920, .height_px = argc > 5 ? atoi(argv[5]) : 1080,
        .language = argc > 3 && strcmp(argv[3], "-") != 0 ? argv[3] : NULL, .painter = painter, .text = engine,
        .theme_path = getenv("THEME"),
    }, &err) : NULL;
    bool is_good = view != NULL;
    if (view) {
        int64_t from = clock_monotonic_ns();
        view_apply(view, state, 0, true);
        view_paint(view, 0);
        printf("%.2f ms\n", (double)(clock_monotonic_ns() - from) / 1e6);
        is_good = write_picture(view, argv[2], &err);
    }
    if (!is_good)
        fprintf(stderr, "render: %s\n", err.text);
    view_destroy(view);
    painter_destroy(painter);
    text_engine_destroy(engine);
    json_decref(state);
    buffer_fini(&text);
    return is_good ? 0 : 1;
}
