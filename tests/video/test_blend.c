/* test_blend.c - layers against the formula: every format, matrix, range, siting and odd size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "reference.h"
#include "video/blend.h"
#include "video/blend_kernels.h"
#include "video/blend_layer.h"
#include "video/composition.h"
#include "video/scale.h"

static const char *const formats[] = {
    "I420", "YV12", "NV12", "NV21", "YUY2", "UYVY", "YVYU", "VYUY", "Y42B", "NV16", "NV61", "Y444", "NV24", "A420",
    "AYUV", "VUYA", "P010_10LE", "I420_10LE", "I422_10LE", "Y444_10LE", "BGRx", "RGBx", "xRGB", "xBGR", "BGRA",
    "RGBA", "ARGB", "ABGR", "RGB", "BGR", "GRAY8",
};

static const char *const colorimetries[] = {
    "bt601", "bt709", "bt2020",
    "1:4:16:4",  // full range, BT.601
    "1:3:5:1",   // full range, BT.709
    "1:6:13:7",  // full range, BT.2020
};

static const struct {
    int width, height;
} sizes[] = {{33, 17}, {1, 1}, {2, 2}, {3, 5}, {64, 36}, {131, 7}, {200, 40}};

static bool make_info(GstVideoInfo *info, const char *format, int width, int height, const char *rest)
{
    g_autofree char *text = g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=25/1,%s", format, width,
                                            height, rest);
    g_autoptr(GstCaps) caps = gst_caps_from_string(text);
    return gst_video_info_from_caps(info, caps);
}

static struct blend_picture view(const struct canvas *canvas)
{
    return (struct blend_picture){canvas->pixels, (size_t)canvas->width * 4, canvas->rows};
}

static void apply(const struct blend_layer *layer, const GstVideoInfo *info, GstBuffer *buffer)
{
    GstVideoFrame frame;
    assert_true(gst_video_frame_map(&frame, info, buffer, GST_MAP_READWRITE));
    assert_true(blend_layer_apply(layer, &frame));
    gst_video_frame_unmap(&frame);
}

static struct blend_layer *finish(const struct blend_maker *maker)
{
    struct blend_layer *layer = blend_layer_create();
    assert_true(blend_maker_finish(maker, layer));
    return layer;
}

static struct blend_layer *make_layer(const GstVideoInfo *info, const struct canvas *canvas)
{
    struct blend_maker *maker = blend_maker_create(info);
    struct blend_picture picture = view(canvas);
    assert_non_null(maker);
    blend_maker_update(maker, &picture);
    struct blend_layer *layer = finish(maker);
    blend_maker_destroy(maker);
    return layer;
}

static void check(const GstVideoInfo *info, const struct canvas *canvas, const char *name)
{
    struct blend_layer *layer = make_layer(info, canvas);
    GstBuffer *before = reference_noise(info, 3), *after = gst_buffer_copy_deep(before);
    apply(layer, info, after);
    char where[256] = "frame cannot be mapped";
    if (!reference_agrees(canvas, info, before, after, where))
        fail_msg("%s %dx%d: %s", name, info->width, info->height, where);
    gst_buffer_unref(before);
    gst_buffer_unref(after);
    blend_layer_destroy(layer);
}

static void check_sizes(const char *format, const char *rest)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        GstVideoInfo info;
        struct canvas canvas;
        g_autofree char *name = g_strdup_printf("%s %s", format, rest);
        if (!make_info(&info, format, sizes[i].width, sizes[i].height, rest))
            fail_msg("%s: no such video", name);
        if (!blend_is_supported(&info))
            fail_msg("%s: not supported", name);
        canvas_init(&canvas, sizes[i].width, sizes[i].height);
        canvas_scribble(&canvas, (unsigned)i);
        check(&info, &canvas, name);
        canvas_fini(&canvas);
    }
}

static void test_formats(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++)
        check_sizes(formats[i], "interlace-mode=progressive");
}

static void test_colorimetry(void **state)
{
    static const char *const some[] = {"I420", "NV12", "YUY2", "Y444", "P010_10LE", "I420_10LE"};
    for (size_t i = 0; i < ARRAY_LENGTH(some); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(colorimetries); j++) {
            g_autofree char *rest = g_strdup_printf("colorimetry=(string)%s", colorimetries[j]);
            check_sizes(some[i], rest);
        }
    }
}

static void test_siting(void **state)
{
    static const char *const some[] = {"I420", "NV12", "UYVY", "P010_10LE", "I420_10LE"};
    static const char *const rests[] = {
        "chroma-site=mpeg2",
        "chroma-site=jpeg",
        "chroma-site=cosited",
        "chroma-site=v-cosited",
        "chroma-site=mpeg2,interlace-mode=interleaved",
        "chroma-site=jpeg,interlace-mode=interleaved",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(some); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(rests); j++)
            check_sizes(some[i], rests[j]);
    }
}

/* Every alpha over every video sample, grey and colour: where rounding would show. */
static void test_every_value(void **state)
{
    static const char *const some[] = {"I420", "NV12", "P010_10LE", "I422_10LE", "BGRx"};
    for (size_t i = 0; i < ARRAY_LENGTH(some); i++) {
        GstVideoInfo info;
        struct canvas canvas;
        assert_true(make_info(&info, some[i], 512, 64, "colorimetry=(string)1:3:5:1"));
        canvas_init(&canvas, 512, 64);
        for (int x = 0; x < 512; x++) {
            uint8_t level = x % 2 ? 255 : 0;
            canvas_fill(&canvas, (struct frame_box){x, 0, x + 1, 32}, level, level, level, (uint8_t)(x / 2));
            canvas_fill(&canvas, (struct frame_box){x, 32, x + 1, 64}, level, 0, (uint8_t)x, (uint8_t)(x / 2));
        }
        check(&info, &canvas, some[i]);
        canvas_fini(&canvas);
    }
}

static void test_refused(void **state)
{
    static const char *const others[] = {"I420_10BE", "I420_12LE", "GBR_10LE", "A420_10LE", "NV12_10LE32", "v210",
                                         "Y210", "Y410", "RGB16", "YUV9", "Y41B", "P016_LE", "NV12_4L4"};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        GstVideoInfo info;
        assert_true(make_info(&info, others[i], 64, 36, "interlace-mode=progressive"));
        if (blend_is_supported(&info))
            fail_msg("%s", others[i]);
    }
    GstVideoInfo info;
    assert_true(make_info(&info, "I420", 9000, 36, "interlace-mode=progressive"));
    assert_false(blend_is_supported(&info));
}

/* Boxes come and go; a layer that was told of each must show what a new one shows. */
static void test_marked_rows(void **state)
{
    static const char *const some[] = {"I420", "YUY2", "P010_10LE", "BGRA"};
    static const char *const rests[] = {"chroma-site=mpeg2", "chroma-site=cosited", "interlace-mode=interleaved"};
    unsigned seed = 11;
    for (size_t n = 0; n < ARRAY_LENGTH(some) * ARRAY_LENGTH(rests); n++) {
        GstVideoInfo info;
        struct canvas canvas;
        assert_true(make_info(&info, some[n % 4], 151, 45, rests[n / 4]));
        canvas_init(&canvas, 151, 45);
        struct blend_maker *maker = blend_maker_create(&info);
        struct blend_layer *kept = blend_layer_create();
        GstBuffer *before = reference_noise(&info, 5);
        for (int round = 0; round < 60; round++) {
            int32_t x = rand_r(&seed) % 151, y = rand_r(&seed) % 45;
            struct frame_box box = {x, y, x + 1 + rand_r(&seed) % 90, y + 1 + rand_r(&seed) % 9};
            if (rand_r(&seed) % 3 == 0)
                canvas_noise(&canvas, box, &seed);
            else
                canvas_fill(&canvas, box, 200, 30, 60, rand_r(&seed) % 2 ? 0 : 130);
            struct blend_picture picture = view(&canvas);
            struct blend_layer *fresh = make_layer(&info, &canvas);
            blend_maker_mark(maker, box.top, box.bottom);
            blend_maker_update(maker, &picture);
            assert_true(blend_maker_finish(maker, kept));
            assert_int_equal(blend_layer_is_empty(kept), blend_layer_is_empty(fresh));
            GstBuffer *a = gst_buffer_copy_deep(before), *b = gst_buffer_copy_deep(before);
            apply(fresh, &info, a);
            apply(kept, &info, b);
            GstMapInfo map;
            gst_buffer_map(a, &map, GST_MAP_READ);
            if (gst_buffer_memcmp(b, 0, map.data, map.size) != 0)
                fail_msg("%s %s, round %d", some[n % 4], rests[n / 4], round);
            gst_buffer_unmap(a, &map);
            gst_buffer_unref(a);
            gst_buffer_unref(b);
            blend_layer_destroy(fresh);
        }
        gst_buffer_unref(before);
        blend_layer_destroy(kept);
        blend_maker_destroy(maker);
        canvas_fini(&canvas);
    }
}

static void test_other_frame_is_untouched(void **state)
{
    GstVideoInfo info, other;
    struct canvas canvas;
    assert_true(make_info(&info, "I420", 64, 36, "interlace-mode=progressive"));
    assert_true(make_info(&other, "I420", 62, 36, "interlace-mode=progressive"));
    canvas_init(&canvas, 64, 36);
    canvas_scribble(&canvas, 1);
    struct blend_layer *layer = blend_layer_create();
    assert_true(blend_layer_is_empty(layer));
    blend_layer_destroy(layer);
    layer = make_layer(&info, &canvas);
    assert_false(blend_layer_is_empty(layer));
    GstBuffer *buffer = reference_noise(&other, 1);
    GstVideoFrame frame;
    assert_true(gst_video_frame_map(&frame, &other, buffer, GST_MAP_READWRITE));
    assert_false(blend_layer_apply(layer, &frame));
    gst_video_frame_unmap(&frame);
    gst_buffer_unref(buffer);
    blend_layer_destroy(layer);
    canvas_fini(&canvas);
}

/* A colour above its alpha is what a hostile writer sends: it may look wrong, but nothing wraps round. */
static void test_impossible_pixels(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        GstVideoInfo info;
        struct canvas canvas, honest;
        unsigned seed = 5;
        assert_true(make_info(&info, formats[i], 65, 9, "interlace-mode=progressive"));
        canvas_init(&canvas, 65, 9);
        canvas_init(&honest, 65, 9);
        canvas_fill(&canvas, (struct frame_box){0, 0, 65, 9}, 255, 255, 255, 255);
        for (int p = 0; p < 65 * 9 * 4; p++)
            canvas.pixels[p] = (uint8_t)rand_r(&seed);
        canvas_fill(&honest, (struct frame_box){0, 0, 65, 9}, 255, 255, 255, 255);
        for (int p = 0; p < 65 * 9 * 4; p++) {
            uint8_t alpha = canvas.pixels[p | 3];
            honest.pixels[p] = canvas.pixels[p] < alpha ? canvas.pixels[p] : alpha;
        }
        struct blend_layer *layer = make_layer(&info, &canvas);
        GstBuffer *before = reference_noise(&info, 3), *after = gst_buffer_copy_deep(before);
        apply(layer, &info, after);
        char where[256] = "";
        if (!reference_agrees(&honest, &info, before, after, where))
            fail_msg("%s: %s", formats[i], where);
        gst_buffer_unref(before);
        gst_buffer_unref(after);
        blend_layer_destroy(layer);
        canvas_fini(&canvas);
        canvas_fini(&honest);
    }
}

/* ---- kernels: one run, at every alignment and length, whatever is to the left and right of it ---- */

static unsigned get_sample(const uint8_t *at, bool is_wide)
{
    return is_wide ? (unsigned)(at[0] | at[1] << 8) : at[0];
}

/* The sums never exceed the largest sample. */
static void fill_blocks(uint8_t *blocks, size_t bytes, enum blend_kind kind, bool is_wide, unsigned *seed)
{
    for (size_t at = 0; at < bytes; at += BLEND_BLOCK) {
        for (size_t i = 0; i < BLEND_STEP; i += is_wide ? 2 : 1) {
            unsigned most = is_wide ? 65503 : 255, ia = (unsigned)rand_r(seed) % (most + 1);
            unsigned src = (unsigned)rand_r(seed) % (most - ia + 1);
            memcpy(blocks + at + i, &src, is_wide ? 2 : 1);
            memcpy(blocks + at + BLEND_STEP + i, &ia, is_wide ? 2 : 1);
        }
    }
}

static unsigned mix(enum blend_depth depth, unsigned was, unsigned src, unsigned ia)
{
    if (depth == BLEND_BYTES)
        return src + (was * ia + was * ia / 256 + 128) / 256;
    unsigned up = depth == BLEND_LOW_WORDS ? 64 : 1, sum = src + was * up % 65536 * ia / 65536;
    return ((sum < 65503 ? sum : 65503) + 32) / 64 * 64 / up;
}

static void check_run(enum blend_depth depth, enum blend_kind kind, size_t offset, size_t count, unsigned *seed)
{
    static void (*const blends[])(const struct blend_pack *, uint8_t *, ptrdiff_t) = {blend_bytes, blend_high_words,
                                                                                      blend_low_words};
    static _Alignas(64) uint8_t blocks[32 * BLEND_BLOCK];
    static uint8_t was[1024], got[1024];
    const size_t size = depth == BLEND_BYTES ? 1 : 2;
    struct blend_line lines[] = {{0, 1}};
    struct blend_run runs[] = {{(uint32_t)offset, (uint32_t)count, kind}};
    struct blend_pack pack = {.lines = lines, .runs = runs, .blocks = blocks, .line_count = 1};
    fill_blocks(blocks, sizeof(blocks), kind, size == 2, seed);
    for (size_t i = 0; i < sizeof(was); i++)
        was[i] = got[i] = (uint8_t)rand_r(seed);
    blends[depth](&pack, got, 0);
    for (size_t i = 0; i < sizeof(was); i += size) {
        unsigned expected = get_sample(was + i, size == 2);
        size_t n = i - offset;
        if (i >= offset && n < count) {
            const uint8_t *block = blocks + (kind == BLEND_EVEN ? 0 : n / BLEND_STEP * BLEND_BLOCK) + n % BLEND_STEP;
            expected = kind == BLEND_COPY ? blocks[n] : mix(depth, expected, get_sample(block, size == 2),
                                                            get_sample(block + BLEND_STEP, size == 2));
        }
        if (get_sample(got + i, size == 2) != expected)
            fail_msg("depth %d, kind %d, %zu bytes at %zu: byte %zu", depth, kind, count, offset, i);
    }
}

static void test_kernels(void **state)
{
    unsigned seed = 1;
    for (size_t offset = 0; offset < 70; offset += 2) {
        for (size_t count = 2; count <= 200; count += 2) {
            check_run(BLEND_BYTES, BLEND_MIX, offset + count / 2 % 2, count - offset / 2 % 2, &seed);
            check_run(BLEND_BYTES, BLEND_COPY, offset + 1, count - 1, &seed);
            check_run(BLEND_HIGH_WORDS, BLEND_MIX, offset, count, &seed);
            check_run(BLEND_LOW_WORDS, BLEND_MIX, offset, count, &seed);
        }
        for (size_t count = 64; count <= 640; count += 32) {
            check_run(BLEND_BYTES, BLEND_EVEN, offset + 1, count, &seed);
            check_run(BLEND_HIGH_WORDS, BLEND_EVEN, offset, count, &seed);
            check_run(BLEND_LOW_WORDS, BLEND_EVEN, offset, count, &seed);
        }
    }
}

/* ---- boxes of a composition ---- */

static void check_boxes(const struct frame_row *rows, int32_t width, int32_t height)
{
    struct frame_box boxes[COMPOSITION_BOXES];
    size_t count = composition_find_boxes(rows, width, height, boxes);
    uint8_t *seen = g_malloc0((gsize)width * (gsize)height);
    assert_true(count <= COMPOSITION_BOXES);
    for (size_t i = 0; i < count; i++) {
        assert_true(boxes[i].left >= 0 && boxes[i].left < boxes[i].right && boxes[i].right <= width);
        assert_true(boxes[i].top >= 0 && boxes[i].top < boxes[i].bottom && boxes[i].bottom <= height);
        for (int32_t y = boxes[i].top; y < boxes[i].bottom; y++) {
            for (int32_t x = boxes[i].left; x < boxes[i].right; x++)
                assert_int_equal(seen[y * width + x]++, 0);
        }
    }
    for (int32_t y = 0; y < height; y++) {
        for (uint32_t s = 0; s < rows[y].count; s++) {
            for (int32_t x = rows[y].spans[s].from; x < rows[y].spans[s].to; x++)
                assert_int_equal(seen[y * width + x], 1);
        }
    }
    g_free(seen);
}

/* Apart from each other, and around all that is visible, however a writer's spans lie. */
static void test_boxes(void **state)
{
    enum { W = 300, H = 200 };
    static struct frame_row rows[H];
    unsigned seed = 7;
    for (int round = 0; round < 200; round++) {
        unsigned density = 1 + (unsigned)round % 20;
        memset(rows, 0, sizeof(rows));
        for (int y = 0; y < H; y++) {
            unsigned x = (unsigned)rand_r(&seed) % 40;
            while ((unsigned)rand_r(&seed) % 20 < density && rows[y].count < FRAME_ROW_SPANS && x < W) {
                unsigned to = x + 1 + (unsigned)rand_r(&seed) % (round % 2 ? 3 : 60);
                rows[y].spans[rows[y].count++] = (struct frame_span){(uint16_t)x, (uint16_t)(to < W ? to : W)};
                x = to + 1 + (unsigned)rand_r(&seed) % 50;
            }
        }
        check_boxes(rows, W, H);
    }
    memset(rows, 0, sizeof(rows));
    assert_int_equal(composition_find_boxes(rows, W, H, (struct frame_box[COMPOSITION_BOXES]){{0}}), 0);
}

/* ---- scaling ---- */

static void scale_all(const struct canvas *from, int32_t width, int32_t height, struct scaler **scaler)
{
    struct blend_picture picture = view(from);
    int32_t top = 0, bottom = from->height;
    *scaler = scaler_create(from->width, from->height, width, height);
    assert_non_null(*scaler);
    scaler_update(*scaler, &picture, &top, &bottom);
    assert_int_equal(top, 0);
    assert_int_equal(bottom, height);
}

static void test_scaling_keeps_surfaces(void **state)
{
    static const struct {
        int32_t from_width, from_height, to_width, to_height;
    } cases[] = {{64, 36, 128, 72}, {64, 36, 33, 17}, {1920, 8, 640, 3}, {3, 3, 100, 100}, {100, 100, 1, 1}, {7, 9, 9, 7}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct canvas canvas;
        struct scaler *scaler;
        canvas_init(&canvas, cases[i].from_width, cases[i].from_height);
        canvas_fill(&canvas, (struct frame_box){0, 0, 8192, 8192}, 200, 100, 50, 128);
        scale_all(&canvas, cases[i].to_width, cases[i].to_height, &scaler);
        struct blend_picture result = scaler_picture(scaler);
        for (int32_t y = 0; y < cases[i].to_height; y++) {
            assert_int_equal(result.rows[y].count, 1);
            assert_int_equal(result.rows[y].spans[0].to, cases[i].to_width);
            for (int32_t x = 0; x < cases[i].to_width; x++)
                assert_memory_equal(result.pixels + (size_t)y * result.stride_bytes + 4 * x, canvas.pixels, 4);
        }
        scaler_destroy(scaler);
        canvas_fini(&canvas);
    }
}

/* A box stays where it was, in proportion, with sharp edges and without a halo outside its reach. */
static void test_scaling_keeps_places(void **state)
{
    struct canvas canvas;
    struct scaler *scaler;
    canvas_init(&canvas, 100, 50);
    canvas_fill(&canvas, (struct frame_box){20, 10, 60, 30}, 255, 255, 255, 255);
    scale_all(&canvas, 200, 100, &scaler);
    struct blend_picture result = scaler_picture(scaler);
    for (int32_t y = 0; y < 100; y++) {
        for (int32_t x = 0; x < 200; x++) {
            int alpha = result.pixels[(size_t)y * result.stride_bytes + 4 * x + 3];
            bool is_inside = x >= 44 && x < 116 && y >= 24 && y < 56;
            bool is_outside = x < 36 || x >= 124 || y < 16 || y >= 64;
            if ((is_inside && alpha < 250) || (is_outside && alpha != 0))
                fail_msg("%d,%d: %d", x, y, alpha);
        }
    }
    assert_true(result.pixels[20 * result.stride_bytes + 4 * 40 + 3] > 127);
    assert_true(result.pixels[19 * result.stride_bytes + 4 * 39 + 3] < 128);
    scaler_destroy(scaler);
    canvas_fini(&canvas);
}

static void test_scaling_by_rows(void **state)
{
    unsigned seed = 3;
    struct canvas canvas;
    struct scaler *kept, *fresh;
    canvas_init(&canvas, 90, 70);
    canvas_scribble(&canvas, 1);
    scale_all(&canvas, 61, 101, &kept);
    for (int round = 0; round < 40; round++) {
        int32_t x = rand_r(&seed) % 90, y = rand_r(&seed) % 70;
        struct frame_box box = {x, y, x + 20, y + 1 + rand_r(&seed) % 9};
        canvas_noise(&canvas, box, &seed);
        struct blend_picture picture = view(&canvas);
        int32_t top = box.top, bottom = box.bottom;
        uint8_t *old = g_memdup2(scaler_picture(kept).pixels, 61 * 101 * 4);
        scaler_update(kept, &picture, &top, &bottom);
        scale_all(&canvas, 61, 101, &fresh);
        struct blend_picture a = scaler_picture(kept), b = scaler_picture(fresh);
        assert_memory_equal(a.pixels, b.pixels, 61 * 101 * 4);
        assert_memory_equal(a.rows, b.rows, 101 * sizeof(a.rows[0]));
        for (int32_t row = 0; row < 101; row++) {
            if (row < top || row >= bottom)
                assert_memory_equal(a.pixels + row * 61 * 4, old + row * 61 * 4, 61 * 4);
        }
        scaler_destroy(fresh);
        g_free(old);
    }
    scaler_destroy(kept);
    canvas_fini(&canvas);
}

int main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_colorimetry),
        cmocka_unit_test(test_siting),
        cmocka_unit_test(test_every_value),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_marked_rows),
        cmocka_unit_test(test_other_frame_is_untouched),
        cmocka_unit_test(test_impossible_pixels),
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_scaling_keeps_surfaces),
        cmocka_unit_test(test_scaling_keeps_places),
        cmocka_unit_test(test_scaling_by_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
