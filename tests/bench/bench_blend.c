/*
 * bench_blend.c - one card over 1080p, ours against gst_video_overlay_composition_blend(), in one program.
 * hot: the same frame again and again. cold: nothing of frame or overlay is in a cache any more.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gst/video/video.h>

#include "base/clock.h"
#include "base/memory.h"
#include "frame/rows.h"
#include "video/blend.h"
#include "video/blend_kernels.h"

enum { WIDTH = 1920, HEIGHT = 1080, CARD_WIDTH = 900, CARD_HEIGHT = 200, LEFT = 101, TOP = 811, RADIUS = 24 };

/* ---- the card ---- */

static double coverage(int x, int y)
{
    double dx = fmax(fmax(RADIUS - x - 0.5, x + 0.5 - (CARD_WIDTH - RADIUS)), 0);
    double dy = fmax(fmax(RADIUS - y - 0.5, y + 0.5 - (CARD_HEIGHT - RADIUS)), 0);
    return fmin(fmax(RADIUS + 0.5 - hypot(dx, dy), 0), 1);
}

/* Strokes of two pixels with soft edges, in lines of words: what a question looks like to a blend. */
static double ink(int x, int y)
{
    int line = (y - 60) / 44, v = (y - 60) % 44, u = x - 40, word = u / 90;
    if (y < 60 || line > 2 || u < 0 || x > CARD_WIDTH - 40 || v > 28 || u % 90 > 76)
        return 0;
    int phase = (u + word * 3 + line * 5) % 11;
    bool is_bar = v % 13 < 2;
    return is_bar ? 1 : phase < 2 ? 1 : phase == 2 || phase == 10 ? 0.4 : 0;
}

static void paint(uint8_t *pixels, size_t stride, bool is_whole)
{
    for (int y = 0; y < CARD_HEIGHT; y++) {
        for (int x = 0; x < CARD_WIDTH; x++) {
            double shape = coverage(x, y), text = ink(x, y), alpha = shape * (0.82 + 0.18 * text);
            uint8_t *pixel = is_whole ? pixels + (size_t)(TOP + y) * stride + 4 * (size_t)(LEFT + x)
                                      : pixels + (size_t)y * stride + 4 * (size_t)x;
            pixel[0] = (uint8_t)lround(alpha * (60 + 190 * text));
            pixel[1] = (uint8_t)lround(alpha * (32 + 215 * text));
            pixel[2] = (uint8_t)lround(alpha * (24 + 225 * text));
            pixel[3] = (uint8_t)lround(alpha * 255);
        }
    }
}

/* ---- the two ways ---- */

struct bench {
    GstVideoInfo info;
    GstBuffer *buffer;
    GstVideoFrame frame;
    struct blend_layer *layer;
    GstVideoOverlayComposition *composition;
    uint8_t *pixels;
    struct frame_row *rows;
    double convert_ms;
};

static void make_composition(struct bench *bench)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, CARD_WIDTH * CARD_HEIGHT * 4, NULL);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    paint(map.data, CARD_WIDTH * 4, false);
    gst_buffer_unmap(buffer, &map);
    gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, CARD_WIDTH,
                              CARD_HEIGHT);
    GstVideoOverlayRectangle *rectangle = gst_video_overlay_rectangle_new_raw(
        buffer, LEFT, TOP, CARD_WIDTH, CARD_HEIGHT, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    bench->composition = gst_video_overlay_composition_new(rectangle);
    gst_video_overlay_rectangle_unref(rectangle);
    gst_buffer_unref(buffer);
}

static void bench_init(struct bench *bench, GstVideoFormat format)
{
    gst_video_info_set_format(&bench->info, format, WIDTH, HEIGHT);
    bench->buffer = gst_buffer_new_allocate(NULL, bench->info.size, NULL);
    gst_buffer_memset(bench->buffer, 0, 120, bench->info.size);
    gst_video_frame_map(&bench->frame, &bench->info, bench->buffer, GST_MAP_READWRITE);
    bench->pixels = xcalloc(WIDTH * HEIGHT, 4);
    bench->rows = xcalloc(HEIGHT, sizeof(bench->rows[0]));
    paint(bench->pixels, WIDTH * 4, true);
    for (int y = 0; y < HEIGHT; y++)
        rows_scan(bench->pixels + (size_t)y * WIDTH * 4, WIDTH, &bench->rows[y]);
    struct blend_picture picture = {bench->pixels, WIDTH * 4, bench->rows};
    bench->layer = blend_layer_create(&bench->info);
    blend_layer_update(bench->layer, &picture);
    blend_layer_mark(bench->layer, TOP, TOP + CARD_HEIGHT);
    int64_t begin_ns = clock_monotonic_ns();
    blend_layer_update(bench->layer, &picture);
    bench->convert_ms = (double)(clock_monotonic_ns() - begin_ns) / 1e6;
    make_composition(bench);
}

static void bench_fini(struct bench *bench)
{
    gst_video_overlay_composition_unref(bench->composition);
    blend_layer_destroy(bench->layer);
    free(bench->pixels);
    free(bench->rows);
    gst_video_frame_unmap(&bench->frame);
    gst_buffer_unref(bench->buffer);
}

static void blend_ours(struct bench *bench)
{
    blend_layer_apply(bench->layer, &bench->frame);
}

static void blend_theirs(struct bench *bench)
{
    gst_video_overlay_composition_blend(bench->composition, &bench->frame);
}

/* ---- time ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* More than any cache holds. */
static void evict(void)
{
    enum { BYTES = 96 << 20 };
    static uint8_t *waste;
    waste = waste ? waste : xmalloc(BYTES);
    for (size_t i = 0; i < BYTES; i += 64)
        waste[i]++;
}

/* The median of many; each cold one is measured alone. */
static double measure(struct bench *bench, void (*blend)(struct bench *), bool is_cold, int rounds)
{
    double *times = xcalloc((size_t)rounds, sizeof(times[0]));
    for (int i = 0; i < rounds; i++) {
        if (is_cold)
            evict();
        int64_t begin_ns = clock_monotonic_ns();
        blend(bench);
        times[i] = (double)(clock_monotonic_ns() - begin_ns) / 1e6;
    }
    qsort(times, (size_t)rounds, sizeof(times[0]), by_size);
    double median = times[rounds / 2];
    free(times);
    return median;
}

static void print_format(const char *name, GstVideoFormat format, bool is_compared)
{
    struct bench bench = {0};
    bench_init(&bench, format);
    double hot = measure(&bench, blend_ours, false, 2000), cold = measure(&bench, blend_ours, true, 30);
    printf("blend_%s %.4f ms\n", name, hot);
    printf("blend_%s_cold %.4f ms\n", name, cold);
    printf("convert_%s %.4f ms\n", name, bench.convert_ms);
    if (is_compared) {
        double their_hot = measure(&bench, blend_theirs, false, 60), their_cold = measure(&bench, blend_theirs, true, 20);
        printf("composition_%s %.4f ms\n", name, their_hot);
        printf("composition_%s_cold %.4f ms\n", name, their_cold);
        printf("blend_%s_ratio %.1f times\n", name, their_hot / hot);
        printf("blend_%s_ratio_cold %.1f times\n", name, their_cold / cold);
    }
    bench_fini(&bench);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    print_format("i420", GST_VIDEO_FORMAT_I420, true);
    print_format("nv12", GST_VIDEO_FORMAT_NV12, true);
    print_format("yuy2", GST_VIDEO_FORMAT_YUY2, true);
    print_format("bgrx", GST_VIDEO_FORMAT_BGRx, true);
    print_format("p010", GST_VIDEO_FORMAT_P010_10LE, false);
    printf("blend_kernels_are_%s 1 yes\n", blend_kernels_get()->name);
    return 0;
}
