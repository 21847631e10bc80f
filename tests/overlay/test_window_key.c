/* A picture on a key colour: every pixel is the key or a card, and no card is near the key. */
#include "stage.h"

#include <math.h>

#include "overlay/window_key.h"

static struct color unpack(uint32_t pixel)
{
    return (struct color){(float)(pixel >> 16 & 0xff) / 255, (float)(pixel >> 8 & 0xff) / 255, (float)(pixel & 0xff) / 255, 1};
}

static uint32_t premultiply(uint32_t color, uint32_t alpha)
{
    uint32_t out = alpha << 24;
    for (int shift = 0; shift < 24; shift += 8)
        out |= ((color >> shift & 0xff) * alpha + 127) / 255 << shift;
    return out;
}

static const char *const keys[] = {"#00FF00", "#FF00FF", "#0000FF", "#00B140", "#0047BB", "#FF0000"};

/* Every colour in steps of 17, at every opacity: none is nearer than promised, and what is half clear is the key itself. */
static void test_all_colors(void **state)
{
    for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
        struct color key = {0};
        assert_true(color_parse(keys[k], &key));
        assert_true(window_key_is_strong(key));
        for (uint32_t i = 0; i < 16 * 16 * 16; i++) {
            uint32_t own = (i >> 8) * 17 << 16 | (i >> 4 & 15) * 17 << 8 | (i & 15) * 17;
            for (uint32_t alpha = 0; alpha < 256; alpha += 51) {
                uint32_t from = premultiply(own, alpha), to;
                window_key_row(&from, &to, 1, key);
                if (alpha < 128)
                    assert_true(window_key_distance(unpack(to), key) < 0.005f);
                else if (window_key_distance(unpack(to), key) < WINDOW_KEY_DISTANCE)
                    fail_msg("%s: %06x at %u became %06x", keys[k], own, alpha, to & 0xffffff);
                assert_int_equal(to >> 24, 255);
            }
        }
    }
}

/* What is far from the key keeps its colour exactly, and gray stays gray. */
static void test_untouched(void **state)
{
    static const uint32_t colors[] = {0xff000000, 0xffffffff, 0xff808080, 0xffb4532f, 0xff1b1d2f, 0xff9146ff, 0xffff0033};
    struct color key = {0, 1, 0, 1};
    for (size_t i = 0; i < sizeof(colors) / sizeof(*colors); i++) {
        uint32_t to;
        window_key_row(&colors[i], &to, 1, key);
        assert_int_equal(to, colors[i]);
    }
}

/* As OBS's "Color Key" with its usual similarity 80 and smoothness 50 sees it: 0 taken out, 1 kept. */
static float kept(uint32_t pixel, struct color key)
{
    struct color own = unpack(pixel);
    float distance = sqrtf((own.r - key.r) * (own.r - key.r) + (own.g - key.g) * (own.g - key.g) +
        (own.b - key.b) * (own.b - key.b));
    return fminf(1, fmaxf(0, (distance - 0.08f) / 0.05f));
}

/* A whole view with its shadows, rounded corners and letters: after keying no pixel is kept in part, so none has a fringe. */
static void test_fringe(void **state)
{
    struct view *view = make_view(960, 540, "en");
    apply(view, "{'question':{'id':1,'text':'Green, گرین, and green again?','author':{'name':'Verde','color':'#00FF00'},"
        "'platform':'kick'},'poll':{'id':2,'question':'Key?','options':[{'text':'yes','votes':3},{'text':'no','votes':1}],"
        "'total':4,'state':'open'}}", 0, true);
    view_paint(view, 0);
    const struct canvas *canvas = view_canvas(view);
    size_t count = canvas_stride(canvas) / 4 * (size_t)canvas_height(canvas), whole = 0;
    uint32_t *keyed = malloc(count * sizeof(*keyed));
    for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
        struct color key = {0};
        color_parse(keys[k], &key);
        window_key_row(canvas_pixels(canvas), keyed, count, key);
        for (size_t i = 0; i < count; i++) {
            float share = kept(keyed[i], key);
            if (share > 0 && share < 1)
                fail_msg("%s: %06x is kept by %.2f", keys[k], keyed[i] & 0xffffff, (double)share);
            whole += share == 1;
        }
    }
    assert_true(whole > count / 2);
    free(keyed);
    view_destroy(view);
}

static void test_weak_keys(void **state)
{
    static const char *const weak[] = {"#000000", "#FFFFFF", "#808080", "#8A8070"};
    for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
        struct color key = {0};
        color_parse(weak[i], &key);
        assert_false(window_key_is_strong(key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_colors), cmocka_unit_test(test_untouched),
        cmocka_unit_test(test_fringe), cmocka_unit_test(test_weak_keys)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
