/* Shapes against a naive reference that looks at 16 x 16 points in each px. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "golden.h"
#include "painter/painter.h"

enum { SIDE = 120, POINTS = 16 };

static struct painter *painter;

static int setup(void **state)
{
    painter = painter_create();
    return 0;
}

static int teardown(void **state)
{
    painter_destroy(painter);
    return 0;
}

static struct canvas *blank(void)
{
    struct canvas *canvas = canvas_create(painter, SIDE, SIDE, NULL);
    assert_non_null(canvas);
    return canvas;
}

static int channel(const struct canvas *canvas, int x, int y, int shift)
{
    return (int)(canvas_pixels(canvas)[y * canvas_width(canvas) + x] >> shift & 0xff);
}

static int alpha(const struct canvas *canvas, int x, int y)
{
    return channel(canvas, x, y, 24);
}

static bool is_inside(const struct shape *shape, float inset, float x, float y)
{
    const struct box *box = &shape->box;
    float left = (float)box->x + inset, top = (float)box->y + inset;
    float right = (float)(box->x + box->width) - inset, bottom = (float)(box->y + box->height) - inset;
    float shorter = fminf((float)box->width, (float)box->height);
    if (x < left || x >= right || y < top || y >= bottom)
        return false;
    bool is_right = x > (left + right) / 2, is_bottom = y > (top + bottom) / 2;
    if (shape->square >> (2 * is_bottom + is_right) & 1)
        return true;
    int wanted = shape->has_corners ? shape->corner_px[2 * is_bottom + is_right] : shape->radius_px;
    float whole = fminf((float)wanted, floorf(shorter / 2)), radius = fmaxf(whole - inset, 0);
    if (shape->is_cut) {
        // The inner line runs `inset` away from the outer one.
        float from_side = (is_right ? right - x : x - left) + inset, from_end = (is_bottom ? bottom - y : y - top) + inset;
        return whole <= 0 || from_side + from_end >= whole + inset * 1.41421f;
    }
    float dx = is_right ? x - (right - radius) : left + radius - x;
    float dy = is_bottom ? y - (bottom - radius) : top + radius - y;
    return dx <= 0 || dy <= 0 || dx * dx + dy * dy <= radius * radius;
}

/* border_px 0: the filled shape. */
static int reference(const struct shape *shape, float border_px, int x, int y)
{
    int hits = 0;
    for (int i = 0; i < POINTS * POINTS; i++) {
        float at_x = (float)x + ((float)(i % POINTS) + 0.5f) / POINTS, at_y = (float)y + ((float)(i / POINTS) + 0.5f) / POINTS;
        hits += is_inside(shape, 0, at_x, at_y) && !(border_px > 0 && is_inside(shape, border_px, at_x, at_y));
    }
    return hits * 255 / (POINTS * POINTS);
}

static void check(const struct canvas *canvas, const char *name, const struct shape *shape, float border_px)
{
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            int expected = reference(shape, border_px, x, y), got = alpha(canvas, x, y);
            if (abs(expected - got) > 8)  // a slanted edge through the middles of points: half a row of them
                fail_msg("%s: at %d,%d expected alpha %d, got %d", name, x, y, expected, got);
        }
    }
}

static const struct {
    const char *name;
    struct shape shape;
} shapes[] = {
    {"square", {{10, 10, 60, 40}, 0, 0}},
    {"round", {{10, 10, 60, 40}, 12, 0}},
    {"pill", {{3, 7, 100, 21}, 99, 0}},
    {"disc", {{20, 20, 64, 64}, 32, 0}},
    {"tiny", {{5, 5, 3, 3}, 8, 0}},
    {"cut by the edge", {{-20, -9, 90, 50}, 16, 0}},
    {"larger than the canvas", {{-50, -50, 300, 300}, 40, 0}},
    {"one square corner", {{10, 10, 60, 60}, 20, CORNER_TOP_RIGHT}},
    {"round only above", {{10, 10, 60, 60}, 20, CORNER_BOTTOM_LEFT | CORNER_BOTTOM_RIGHT}},
    {"four radii", {{10, 10, 80, 60}, .has_corners = true, .corner_px = {4, 28, 0, 16}}},
    {"four radii, the other way", {{10, 10, 60, 80}, .has_corners = true, .corner_px = {28, 4, 16, 30}}},
    {"cut corners", {{10, 10, 80, 60}, 18, .is_cut = true}},
    {"two cut corners", {{10, 10, 80, 60}, .has_corners = true, .corner_px = {0, 24, 24, 0}, .is_cut = true}},
};

static void test_fill(void **state)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        struct canvas *canvas = blank();
        canvas_fill(canvas, &shapes[i].shape, &(struct fill){.color = {1, 1, 1, 1}});
        check(canvas, shapes[i].name, &shapes[i].shape, 0);
        canvas_destroy(canvas);
    }
}

static void test_border(void **state)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        if (shapes[i].shape.square || shapes[i].shape.box.width < 8)
            continue;
        for (int width = 1; width <= 3; width += 2) {
            struct canvas *canvas = blank();
            canvas_border(canvas, &shapes[i].shape, width, (struct color){1, 1, 1, 1});
            check(canvas, shapes[i].name, &shapes[i].shape, (float)width);
            canvas_destroy(canvas);
        }
    }
}

static void check_premultiplied(const struct canvas *canvas)
{
    for (int i = 0; i < canvas_width(canvas) * canvas_height(canvas); i++) {
        uint32_t pixel = canvas_pixels(canvas)[i], a = pixel >> 24;
        assert_true((pixel >> 16 & 0xff) <= a && (pixel >> 8 & 0xff) <= a && (pixel & 0xff) <= a);
    }
}

static void test_gradient(void **state)
{
    const struct fill fill = {{0.1f, 0.2f, 0.3f, 0.5f}, {0.9f, 0.0f, 0.4f, 1}, true, false};
    struct canvas *canvas = blank();
    canvas_fill(canvas, &(struct shape){{0, 0, SIDE, SIDE}, 10, 0}, &fill);
    for (int y = 20; y < SIDE - 20; y++) {
        struct color at = color_mix(fill.color, fill.to, ((float)y + 0.5f) / SIDE);
        for (int x = 0; x < SIDE; x++) {
            assert_true(fabsf((float)alpha(canvas, x, y) - at.a * 255) <= 1);
            assert_true(fabsf((float)channel(canvas, x, y, 16) - at.r * at.a * 255) <= 1);
        }
    }
    check_premultiplied(canvas);
    // The dither hits the mean of a row closer than one step of 8 bits.
    double sum = 0;
    for (int x = 0; x < SIDE; x++)
        sum += channel(canvas, x, 57, 16);
    struct color at = color_mix(fill.color, fill.to, 57.5f / SIDE);
    assert_true(fabs(sum / SIDE - (double)(at.r * at.a) * 255) < 0.3);
    canvas_destroy(canvas);
}

static void test_shadow(void **state)
{
    const struct shape shape = {{40, 40, 40, 40}, 8, 0};
    struct canvas *canvas = blank();
    canvas_shadow(canvas, &shape, &(struct shadow){{0, 0, 0, 1}, 24, 0, 0});
    assert_int_equal(alpha(canvas, 60, 60), 0);  // not under the box itself
    assert_int_equal(alpha(canvas, 60, 40), 0);
    assert_in_range(alpha(canvas, 60, 38), 90, 140);  // about half at the edge
    assert_int_equal(alpha(canvas, 60, 15), 0);
    for (int y = 17; y < 39; y++) {
        assert_true(alpha(canvas, 60, y) <= alpha(canvas, 60, y + 1) || y == 39);
        assert_int_equal(alpha(canvas, 60, y), alpha(canvas, 60, SIDE - 1 - y));
        assert_true(abs(alpha(canvas, 60, y) - alpha(canvas, y, 60)) <= 1);  // rounded across first, then down
    }
    canvas_destroy(canvas);
}

static void test_polygon(void **state)
{
    // A square ring: even-odd leaves the hole.
    const struct point points[] = {{10, 10}, {90.5f, 10}, {90.5f, 90}, {10, 90}, {10, 10},
        {30, 30}, {60, 30}, {60, 60}, {30, 60}, {30, 30}};
    struct canvas *canvas = blank();
    canvas_polygon(canvas, points, sizeof(points) / sizeof(*points), (struct color){1, 1, 1, 1});
    assert_int_equal(alpha(canvas, 20, 20), 255);
    assert_int_equal(alpha(canvas, 45, 45), 0);
    assert_int_equal(alpha(canvas, 75, 45), 255);
    assert_in_range(alpha(canvas, 90, 45), 126, 129);
    assert_int_equal(alpha(canvas, 9, 45), 0);
    assert_int_equal(alpha(canvas, 45, 91), 0);
    canvas_polygon(canvas, (struct point[]){{NAN, 0}, {1, 1}, {0, INFINITY}, {NAN, 0}}, 4, (struct color){1, 1, 1, 1});
    canvas_destroy(canvas);
}

static void test_image(void **state)
{
    const uint8_t rgba[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 128, 9, 9, 9, 0};
    struct image *image = image_create(rgba, 2, 2, 8, NULL);
    struct canvas *canvas = blank();
    canvas_image(canvas, image, &(struct box){10, 10, 40, 40}, 1);
    assert_int_equal(canvas_pixels(canvas)[12 * SIDE + 12], 0xffff0000);
    assert_int_equal(canvas_pixels(canvas)[12 * SIDE + 47], 0xff00ff00);
    assert_int_equal(canvas_pixels(canvas)[47 * SIDE + 12], 0x80000080);
    assert_int_equal(canvas_pixels(canvas)[47 * SIDE + 47], 0);
    canvas_image(canvas, image, &(struct box){60, 10, 2, 2}, 0.5f);
    assert_in_range(alpha(canvas, 60, 10), 127, 128);
    check_premultiplied(canvas);
    canvas_destroy(canvas);
    image_destroy(image);
    assert_null(image_create(rgba, 40000, 1, 8, NULL));
}

static void paint_scene(struct canvas *canvas)
{
    canvas_clear(canvas);
    const struct shape card = {{15, 20, 80, 60}, 14, 0};
    canvas_shadow(canvas, &card, &(struct shadow){{0, 0, 0, 0.6f}, 20, 0, 5});
    canvas_fill(canvas, &card, &(struct fill){{0.1f, 0.1f, 0.3f, 0.8f}, {0, 0, 0, 0.9f}, true, false});
    canvas_border(canvas, &card, 2, (struct color){1, 1, 1, 0.2f});
    canvas_fill(canvas, &(struct shape){{30, 40, 70, 20}, 99, 0}, &(struct fill){.color = {1, 0.5f, 0, 0.7f}});
    const struct point star[] = {{20, 90}, {60, 30}, {100, 95}, {20, 90}};
    canvas_polygon(canvas, star, 4, (struct color){0, 1, 0, 0.5f});
}

/* Whatever part is painted anew, the picture is the one that painting all of it gives. */
static void test_damage_is_exact(void **state)
{
    struct canvas *whole = blank(), *patched = blank();
    paint_scene(whole);
    paint_scene(patched);
    unsigned seed = 7;
    for (int round = 0; round < 300; round++) {
        pixman_region32_t region;
        pixman_region32_init(&region);
        for (int i = 0; i < 3; i++) {
            int x = rand_r(&seed) % SIDE, y = rand_r(&seed) % SIDE;
            pixman_region32_union_rect(&region, &region, x, y, 1 + (unsigned)rand_r(&seed) % 40,
                1 + (unsigned)rand_r(&seed) % 40);
        }
        canvas_set_clip(patched, &region);
        paint_scene(patched);
        canvas_set_clip(patched, NULL);
        pixman_region32_fini(&region);
        assert_memory_equal(canvas_pixels(whole), canvas_pixels(patched), SIDE * SIDE * 4);
    }
    canvas_destroy(whole);
    canvas_destroy(patched);
}

/* All shapes on one sheet, as they were looked at. */
static void test_golden(void **state)
{
    struct canvas *canvas = canvas_create(painter, 420, 200, NULL);
    const struct shape card = {{30, 24, 180, 110}, 24, 0};
    canvas_shadow(canvas, &card, &(struct shadow){{0, 0, 0, 0.55f}, 24, 0, 8});
    canvas_fill(canvas, &card, &(struct fill){{0.11f, 0.11f, 0.18f, 0.93f}, {0.06f, 0.07f, 0.11f, 0.96f}, true, false});
    canvas_border(canvas, &card, 1, (struct color){1, 1, 1, 0.1f});
    canvas_fill(canvas, &(struct shape){{50, 50, 6, 60}, 6, 0},
        &(struct fill){{1, 0.73f, 0.37f, 1}, {1, 0.48f, 0.35f, 1}, true, false});
    canvas_fill(canvas, &(struct shape){{70, 56, 120, 40}, 14, CORNER_TOP_RIGHT | CORNER_BOTTOM_RIGHT},
        &(struct fill){{0.7f, 0.33f, 0.18f, 1}, {0.78f, 0.4f, 0.17f, 1}, true, true});
    canvas_border(canvas, &(struct shape){{240, 24, 90, 60}, 30, 0}, 5, (struct color){1, 1, 1, 1});
    canvas_fill(canvas, &(struct shape){{345, 24, 60, 60}, 30, 0}, &(struct fill){.color = {0, 0.6f, 1, 0.5f}});
    const struct point star[] = {{285, 100}, {303, 150}, {260, 118}, {310, 118}, {267, 150}, {285, 100}};
    canvas_polygon(canvas, star, sizeof(star) / sizeof(*star), (struct color){1, 1, 0, 1});
    const uint8_t checks[] = {255, 0, 0, 255, 0, 255, 0, 128, 0, 0, 255, 255, 255, 255, 255, 0};
    struct image *image = image_create(checks, 2, 2, 8, NULL);
    canvas_image(canvas, image, &(struct box){345, 100, 60, 60}, 1);
    image_destroy(image);
    golden_check("painter", "shapes", canvas_pixels(canvas), 420, 420, 200);
    canvas_destroy(canvas);
}

static void test_group_opacity(void **state)
{
    struct canvas *group = blank(), *canvas = blank();
    canvas_fill(group, &(struct shape){{0, 0, 50, 50}, 0, 0}, &(struct fill){.color = {1, 0, 0, 1}});
    canvas_fill(group, &(struct shape){{10, 10, 50, 50}, 0, 0}, &(struct fill){.color = {0, 0, 1, 1}});
    canvas_draw(canvas, group, 5, 5, 0.5f);
    uint32_t over = canvas_pixels(canvas)[30 * SIDE + 30];
    assert_in_range(over >> 24, 127, 128);
    assert_int_equal(over >> 16 & 0xff, 0);  // the red below does not shine through
    assert_int_equal(alpha(canvas, 2, 2), 0);
    canvas_destroy(group);
    canvas_destroy(canvas);
}

static void test_limits(void **state)
{
    struct error err = {0};
    assert_null(canvas_create(painter, 0, 10, &err));
    assert_null(canvas_create(painter, 32767, 10, &err));
    assert_non_null(strstr(err.text, "32766"));
    struct canvas *wide = canvas_create(painter, 32766, 1, NULL);
    canvas_fill(wide, &(struct shape){{0, 0, 32766, 1}, 0, 0}, &(struct fill){.color = {1, 1, 1, 1}});
    assert_int_equal(canvas_pixels(wide)[32765], 0xffffffff);
    canvas_fill(wide, &(struct shape){{-100000, -5, 900000, 90}, 30, 0},
        &(struct fill){{1, 1, 1, 1}, {0, 0, 0, 1}, true, true});  // a strip too long: left out
    canvas_shadow(wide, &(struct shape){{0, 0, 900000, 90}, 30, 0}, &(struct shadow){{0, 0, 0, 1}, 9000, 0, 0});
    canvas_destroy(wide);
}

static void test_colors(void **state)
{
    struct color color = {0};
    assert_true(color_parse("#ff800040", &color));
    assert_true(color.r == 1 && fabsf(color.g - 0.502f) < 0.01f && fabsf(color.a - 0.25f) < 0.01f);
    assert_true(color_parse("#FFFFFF", &color) && color.a == 1);
    const char *bad[] = {NULL, "", "#", "ffffff", "#fffff", "#ggffff", "#fffffffff", "red", "#12345 "};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(color_parse(bad[i], &color));
    assert_true(color_luminance((struct color){1, 1, 1, 1}) > 0.999f);
    assert_true(color_luminance((struct color){0, 0, 1, 1}) < 0.08f);
}

static struct color color_of(uint32_t pixel)
{
    return (struct color){(float)(pixel >> 16 & 0xff) / 255, (float)(pixel >> 8 & 0xff) / 255, (float)(pixel & 0xff) / 255,
        (float)(pixel >> 24) / 255};
}

/* Along CSS's line: at the corners it leaves through stand its ends, in the middle its middle. */
static void test_slanted_gradient(void **state)
{
    const struct fill fill = {.stops = {{0, {1, 0, 0, 1}}, {0.5f, {0, 1, 0, 1}}, {1, {0, 0, 1, 1}}}, .stop_count = 3, .angle = 135};
    struct canvas *canvas = blank(), *part = blank();
    const struct shape shape = {{10, 10, 100, 60}, 0, 0};
    canvas_fill(canvas, &shape, &fill);
    for (int y = 10; y < 70; y++) {
        for (int x = 10; x < 110; x++) {
            float at = (((float)x - 59.5f) + ((float)y - 39.5f)) / 160 + 0.5f;
            struct color expected = fill_at(&fill, at), got = color_of(canvas_pixels(canvas)[y * SIDE + x]);
            if (fabsf(expected.r - got.r) > 0.015f || fabsf(expected.g - got.g) > 0.015f || fabsf(expected.b - got.b) > 0.015f)
                fail_msg("at %d,%d: %.2f %.2f %.2f expected, got %.2f %.2f %.2f", x, y, expected.r, expected.g, expected.b, got.r,
                    got.g, got.b);
        }
    }
    // Painted in two parts it is the same picture: the dither must not hang on the clip.
    for (int i = 0; i < 2; i++) {
        pixman_region32_t clip;
        pixman_region32_init_rect(&clip, i ? 37 : 0, 0, i ? SIDE : 37, SIDE);
        canvas_set_clip(part, &clip);
        canvas_fill(part, &shape, &fill);
        pixman_region32_fini(&clip);
    }
    assert_memory_equal(canvas_pixels(canvas), canvas_pixels(part), (size_t)SIDE * SIDE * 4);
    canvas_destroy(part);
    canvas_destroy(canvas);
}

static void test_mirrored_gradient(void **state)
{
    const struct fill fills[] = {
        {{1, 0, 0, 1}, {0, 0, 1, 1}, true, true},
        {.stops = {{0, {1, 0, 0, 1}}, {1, {0, 0, 1, 1}}}, .stop_count = 2, .angle = 60},
    };
    for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++) {
        struct canvas *canvas = blank(), *other = blank();
        struct fill mirrored = fill_mirrored(&fills[i]);
        canvas_fill(canvas, &(struct shape){{0, 0, SIDE, SIDE}, 0, 0}, &fills[i]);
        canvas_fill(other, &(struct shape){{0, 0, SIDE, SIDE}, 0, 0}, &mirrored);
        for (int at = 0; at < SIDE; at += 7)
            assert_true(abs(channel(canvas, at, 30, 16) - channel(other, SIDE - 1 - at, 30, 16)) <= 3);
        canvas_destroy(other);
        canvas_destroy(canvas);
    }
}

static int count_parts(const struct canvas *canvas, int y)
{
    int parts = 0;
    for (int x = 1; x < SIDE; x++)
        parts += alpha(canvas, x, y) > 127 && alpha(canvas, x - 1, y) <= 127;
    return parts;
}

static void test_dashes(void **state)
{
    struct canvas *canvas = blank();
    canvas_border_dashed(canvas, &(struct shape){{10, 10, 100, 60}, 12, 0}, 2, (struct color){1, 1, 1, 1}, 8, 6);
    assert_int_equal(count_parts(canvas, 10), 5);   // 76 px between the corners: five dashes, the outer ones join them
    assert_int_equal(alpha(canvas, 22, 10), 255);
    assert_int_equal(alpha(canvas, 97, 10), 255);
    assert_int_equal(alpha(canvas, 60, 40), 0);
    for (int x = 0; x < SIDE; x++)
        assert_int_equal(alpha(canvas, x, 10), alpha(canvas, SIDE - 1 - x, 10));
    canvas_destroy(canvas);
}

static void test_patterns(void **state)
{
    static const int covered[] = {25, 25, 5, 44};  // percent of a tile: 2 of 8; 2 of 8; a disc of 2; 1 - 6/8 squared
    for (int kind = PATTERN_STRIPES; kind <= PATTERN_GRID; kind++) {
        struct canvas *canvas = blank();
        canvas_pattern(canvas, &(struct shape){{0, 0, 96, 96}, 0, 0}, &(struct pattern){(enum pattern_kind)kind,
            {1, 1, 1, 1}, 8, 2});
        int sum = 0;
        for (int i = 0; i < 96 * 96; i++)
            sum += alpha(canvas, i % 96, i / 96);
        int percent = sum / 255 * 100 / (96 * 96);
        if (abs(percent - covered[kind]) > 2)
            fail_msg("pattern %d covers %d %%, %d expected", kind, percent, covered[kind]);
        assert_int_equal(alpha(canvas, 5, 3), alpha(canvas, 13, 11));
        assert_int_equal(alpha(canvas, 97, 3), 0);
        canvas_destroy(canvas);
    }
}

static void test_scaled(void **state)
{
    struct canvas *small = canvas_create(painter, 20, 10, NULL), *canvas = blank();
    canvas_fill(small, &(struct shape){{0, 0, 20, 10}, 0, 0}, &(struct fill){.color = {1, 1, 1, 1}});
    canvas_draw_scaled(canvas, small, &(struct box){10, 10, 60, 30}, 0.5f);
    assert_true(abs(alpha(canvas, 40, 25) - 128) <= 1);
    assert_int_equal(alpha(canvas, 71, 25), 0);
    assert_int_equal(alpha(canvas, 40, 41), 0);
    canvas_destroy(canvas);
    canvas_destroy(small);
}

/* Each corner throws the shadow of its own radius: the mixed box looks there as the even one. */
static void test_mixed_shadow(void **state)
{
    const struct shadow shadow = {{0, 0, 0, 1}, 12, 0, 0};
    const int radii[] = {0, 24, 0, 24};
    struct canvas *mixed = blank();
    canvas_shadow(mixed, &(struct shape){{20, 20, 80, 80}, .has_corners = true, .corner_px = {0, 24, 0, 24}}, &shadow);
    for (int i = 0; i < 4; i++) {
        struct canvas *even = blank();
        canvas_shadow(even, &(struct shape){{20, 20, 80, 80}, radii[i], 0}, &shadow);
        for (int y = 0; y < 50; y++) {
            for (int x = 0; x < 50; x++) {
                int at_x = i & 1 ? SIDE - 1 - x : x, at_y = i & 2 ? SIDE - 1 - y : y;
                if (alpha(even, at_x, at_y) != alpha(mixed, at_x, at_y))
                    fail_msg("corner %d, at %d,%d: %d, %d expected", i, at_x, at_y, alpha(mixed, at_x, at_y), alpha(even, at_x, at_y));
            }
        }
        canvas_destroy(even);
    }
    canvas_destroy(mixed);
}

static const struct {
    const char *name;
    struct box box;
    int dx, dy;
} scrolls[] = {
    {"up", {10, 10, 30, 30}, 0, -7},
    {"down", {10, 10, 30, 30}, 0, 7},
    {"left", {10, 10, 30, 30}, -3, 0},
    {"right", {10, 10, 30, 30}, 3, 0},
    {"both ways", {10, 10, 30, 30}, 4, 5},
    {"not at all", {10, 10, 30, 30}, 0, 0},
    {"out of the box", {10, 10, 30, 30}, 0, -30},
    {"a box that reaches outside", {-20, -20, 40, 40}, 0, -4},
    {"an empty box", {10, 10, 0, 30}, 0, 1},
};

static uint32_t px_at(const struct canvas *canvas, int x, int y)
{
    return canvas_pixels(canvas)[(size_t)y * canvas_stride(canvas) / 4 + (size_t)x];
}

/* Each px of the box that came from inside it is the one that was there; all others are as before. */
static void test_scroll(void **state)
{
    for (size_t i = 0; i < sizeof(scrolls) / sizeof(*scrolls); i++) {
        struct canvas *before = blank(), *after = blank();
        for (int k = 0; k < SIDE; k++) {
            const struct shape dot = {{k, (k * 7) % SIDE, 5, 4}, 2, 0};
            canvas_fill(before, &dot, &(struct fill){.color = {0.2f, (float)k / SIDE, 0.9f, 1}});
            canvas_fill(after, &dot, &(struct fill){.color = {0.2f, (float)k / SIDE, 0.9f, 1}});
        }
        int dx = scrolls[i].dx, dy = scrolls[i].dy;
        const struct box all = {0, 0, SIDE, SIDE};
        struct box in = box_intersect(&scrolls[i].box, &all), moved = {in.x + dx, in.y + dy, in.width, in.height};
        struct box to = box_intersect(&moved, &in);
        canvas_scroll(after, &scrolls[i].box, dx, dy);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                bool is_moved = x >= to.x && x < to.x + to.width && y >= to.y && y < to.y + to.height;
                if (px_at(after, x, y) != px_at(before, is_moved ? x - dx : x, is_moved ? y - dy : y))
                    fail_msg("%s: another px at %d, %d", scrolls[i].name, x, y);
            }
        }
        canvas_destroy(before);
        canvas_destroy(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill), cmocka_unit_test(test_border), cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_shadow), cmocka_unit_test(test_polygon), cmocka_unit_test(test_image),
        cmocka_unit_test(test_damage_is_exact), cmocka_unit_test(test_golden), cmocka_unit_test(test_group_opacity), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_colors), cmocka_unit_test(test_slanted_gradient), cmocka_unit_test(test_mirrored_gradient),
        cmocka_unit_test(test_dashes), cmocka_unit_test(test_patterns), cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_mixed_shadow), cmocka_unit_test(test_scroll),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
