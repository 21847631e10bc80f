/* Laid out text in pixels: coverage takes the colour, bitmaps keep theirs, the outline lies around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/error.h"
#include "painter/painter.h"
#include "text/text.h"

enum { WIDTH = 200, HEIGHT = 80 };

static struct painter *painter;
static struct text_engine *engine;
static struct canvas *canvas;

static int setup(void **state)
{
    painter = painter_create();
    engine = text_engine_create(&(struct text_engine_options){.is_without_system = true, .is_unhinted = true}, NULL);
    canvas = canvas_create(painter, WIDTH, HEIGHT, NULL);
    return engine ? 0 : -1;
}

static int teardown(void **state)
{
    canvas_destroy(canvas);
    text_engine_destroy(engine);
    painter_destroy(painter);
    return 0;
}

static struct box visible(void)
{
    struct box all = {0};
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        struct box one = {i % WIDTH, i / WIDTH, 1, 1};
        if (canvas_pixels(canvas)[i])
            all = box_union(&all, &one);
    }
    return all;
}

static const struct {
    const char *name, *text;
} texts[] = {{"Latin", "Hxg"}, {"Arabic", "سلام"}, {"Devanagari", "हिन्दी"}};

static void test_color(void **state)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = str_from(texts[i].text),
            .size_px = 32});
        canvas_clear(canvas);
        canvas_text(canvas, layout, 20, 10, (struct color){1, 0.5f, 0, 1});
        struct box box = visible();
        // The ink is where the layout says, and nowhere else.
        assert_int_equal(box.x, 20 + layout->ink.x_px);
        assert_int_equal(box.y, 10 + layout->ink.y_px);
        assert_int_equal(box.width, layout->ink.width_px);
        assert_int_equal(box.height, layout->ink.height_px);
        int solid = 0;
        for (int j = 0; j < WIDTH * HEIGHT; j++) {
            uint32_t pixel = canvas_pixels(canvas)[j];
            solid += pixel >> 24 == 255;
            assert_int_equal(pixel >> 16 & 0xff, pixel >> 24);  // red is full, so it equals alpha
            assert_int_equal(pixel & 0xff, 0);
        }
        assert_true(solid > 20);
        text_layout_destroy(layout);
    }
}

static void test_outline(void **state)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = str_from(texts[i].text),
            .size_px = 32, .outline_px = 3});
        canvas_clear(canvas);
        canvas_text(canvas, layout, 20, 12, (struct color){1, 1, 1, 1});
        struct box inner = visible();
        canvas_text_outline(canvas, layout, 20, 12, (struct color){0, 0, 0, 1});
        struct box outer = visible();
        assert_in_range(inner.x - outer.x, 2, 4);
        assert_in_range(inner.y - outer.y, 2, 4);
        assert_in_range(outer.width - inner.width, 4, 8);
        assert_in_range(outer.height - inner.height, 4, 8);
        text_layout_destroy(layout);
    }
}

static void test_clip(void **state)
{
    struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = STR("Clipped"), .size_px = 32});
    pixman_region32_t region;
    pixman_region32_init_rect(&region, 40, 0, 10, HEIGHT);
    canvas_clear(canvas);
    canvas_set_clip(canvas, &region);
    canvas_text(canvas, layout, 20, 10, (struct color){1, 1, 1, 0.5f});
    canvas_set_clip(canvas, NULL);
    pixman_region32_fini(&region);
    struct box box = visible();
    assert_true(box.x >= 40 && box.x + box.width <= 50 && box.width > 0);
    text_layout_destroy(layout);
}

/* A soft shadow reaches its blur beyond the outlines, fades outwards, and has no colour of the letters. */
static void test_shadow(void **state)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = str_from(texts[i].text),
            .size_px = 32, .outline_px = 2});
        canvas_clear(canvas);
        canvas_text_outline(canvas, layout, 40, 16, (struct color){0, 0, 0, 1});
        struct box inner = visible();
        canvas_clear(canvas);
        canvas_text_shadow(canvas, layout, 40, 16, &(struct shadow){.color = {1, 0, 0, 0.8f}, .blur_px = 9, .dx = 2, .dy = 3});
        struct box outer = visible();
        assert_in_range(inner.x + 2 - outer.x, 5, 9);
        assert_in_range(inner.y + 3 - outer.y, 5, 9);
        int most = 0;
        for (int k = 0; k < WIDTH * HEIGHT; k++) {
            int alpha = (int)(canvas_pixels(canvas)[k] >> 24);
            most = alpha > most ? alpha : most;
            assert_int_equal(canvas_pixels(canvas)[k] & 0xffff, 0);
        }
        assert_in_range(most, 60, 205);
        int edge = (int)(canvas_pixels(canvas)[(size_t)outer.y * WIDTH + (size_t)(outer.x + outer.width / 2)] >> 24);
        assert_true(edge < 16);
        text_layout_destroy(layout);
    }
}

/* The name takes its colour, the words keep theirs; nothing is drawn twice. */
static void test_spans(void **state)
{
    const struct text_span name = {0, 4, false, true};
    struct text_layout *layout = text_layout_create(engine, &(struct text_options){.text = STR("Anna سلام"),
        .size_px = 32, .spans = &name, .span_count = 1});
    canvas_clear(canvas);
    canvas_text(canvas, layout, 10, 10, (struct color){1, 1, 1, 1});
    struct box whole = visible();
    canvas_clear(canvas);
    canvas_text_span(canvas, layout, 10, 10, 0, (struct color){1, 0, 0, 1});
    struct box red = visible();
    canvas_text_span(canvas, layout, 10, 10, -1, (struct color){0, 0, 1, 1});
    struct box both = visible();
    assert_memory_equal(&both, &whole, sizeof(both));
    assert_true(red.width < whole.width);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        assert_int_equal(canvas_pixels(canvas)[i] >> 8 & 0xff, 0);
    text_layout_destroy(layout);
}

static void test_part(void **state)
{
    struct canvas *from = canvas_create(painter, 40, 40, NULL);
    canvas_fill(from, &(struct shape){{0, 20, 40, 10}, 0, 0}, &(struct fill){.color = {1, 1, 1, 1}});
    canvas_clear(canvas);
    canvas_draw_part(canvas, from, &(struct box){5, 25, 10, 15}, 100, 50);
    struct box box = visible();
    const struct box expected = {100, 50, 10, 5};
    assert_memory_equal(&box, &expected, sizeof(box));
    canvas_destroy(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_color), cmocka_unit_test(test_outline), cmocka_unit_test(test_shadow),
        cmocka_unit_test(test_spans), cmocka_unit_test(test_part), cmocka_unit_test(test_clip),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
