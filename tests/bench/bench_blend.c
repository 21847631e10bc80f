/*
 * bench_blend.c - one card over 1080p, ours against gst_video_overlay_composition_blend(), in one program.
 * hot: the same frame again and again. cold: nothing of frame or overlay is in a cache any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gst/video/video.h>

#include "base/clock.h"
#include "base/memory.h"
#include "frame/rows.h"
#include "cards.h"
#include "video/blend.h"

enum { WIDTH = 1920, HEIGHT = 1080, CARD_WIDTH = 900, CARD_HEIGHT = 200, LEFT = 101, TOP = 811 };

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
    card_paint(map.data, CARD_WIDTH * 4, CARD_WIDTH, CARD_HEIGHT);
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
    card_paint(bench->pixels + (TOP * WIDTH + LEFT) * 4, WIDTH * 4, CARD_WIDTH, CARD_HEIGHT);
    for (int y = 0; y < HEIGHT; y++)
        rows_scan(bench->pixels + (size_t)y * WIDTH * 4, WIDTH, &bench->rows[y]);
    struct blend_picture picture = {bench->pixels, WIDTH * 4, bench->rows};
    struct blend_maker *maker = blend_maker_create(&bench->info);
    bench->layer = blend_layer_create();
    blend_maker_update(maker, &picture);
    blend_maker_mark(maker, TOP, TOP + CARD_HEIGHT);
    int64_t begin_ns = clock_monotonic_ns();
    blend_maker_update(maker, &picture);
    blend_maker_finish(maker, bench->layer);
    bench->convert_ms = (double)(clock_monotonic_ns() - begin_ns) / 1e6;
    blend_maker_destroy(maker);
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
    print_format("i420_10", GST_VIDEO_FORMAT_I420_10LE, false);
    return 0;
}
