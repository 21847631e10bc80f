/* The painted code is libqrencode's matrix, module for module, dark on light with its quiet zone. */
#include "stage.h"

#include <qrencode.h>

#include "qr_view.h"

/* The panel's left, and its side: the light px around the middle row. */
static uint32_t at(const struct view *view, int x, int y)
{
    return canvas_pixels(view_canvas(view))[(size_t)y * canvas_stride(view_canvas(view)) / 4 + (size_t)x];
}

static void find_code(const struct view *view, int *left, int *top, int *right)
{
    const struct canvas *canvas = view_canvas(view);
    *left = *right = *top = -1;
    for (int y = 0; y < canvas_height(canvas); y++) {
        for (int x = 0; x < canvas_width(canvas); x++) {
            if (at(view, x, y) != 0xff000000)
                continue;
            *top = *top < 0 ? y : *top;
            *left = *left < 0 || x < *left ? x : *left;
            *right = x > *right ? x : *right;
        }
    }
}

static bool has_matrix(const struct view *view, const char *text, QRecLevel level)
{
    int left, top, right;
    QRcode *code = QRcode_encodeString(text, 0, level, QR_MODE_8, 1);
    find_code(view, &left, &top, &right);
    int module = (right + 1 - left) / code->width;
    bool is_same = module >= 2 && module * code->width == right + 1 - left;
    for (int i = 0; is_same && i < code->width * code->width; i++) {
        int x = left + i % code->width * module, y = top + i / code->width * module;
        uint32_t expected = code->data[i] & 1 ? 0xff000000 : 0xffffffff;
        is_same = at(view, x, y) == expected && at(view, x + module - 1, y + module - 1) == expected;
    }
    for (int i = 1; is_same && i <= 4 * module; i++)
        is_same = at(view, left - i, top + 10) == 0xffffffff && at(view, right + i, top + 10) == 0xffffffff &&
            at(view, left + 10, top - i) == 0xffffffff;
    QRcode_free(code);
    return is_same;
}

static void test_matrix(void **state)
{
    for (size_t i = 0; i < QR_TEXTS; i++) {
        struct view *view = make_qr_view(qr_texts[i].text, qr_texts[i].width, qr_texts[i].height);
        bool is_any = false;
        for (int level = QR_ECLEVEL_L; level <= QR_ECLEVEL_H; level++)
            is_any |= has_matrix(view, qr_texts[i].text, (QRecLevel)level);
        if (!is_any)
            fail_msg("%s: the picture is no code for it", qr_texts[i].text);
        view_destroy(view);
    }
}

/* A short text has room for the most correction. */
static void test_level_by_room(void **state)
{
    struct view *view = make_qr_view("https://a.example/1", 1920, 1080);
    assert_true(has_matrix(view, "https://a.example/1", QR_ECLEVEL_H));
    view_destroy(view);
}

static void test_too_long(void **state)
{
    char text[3000] = "";
    memset(text, 'x', 2900);
    struct view *view = make_qr_view(text, 1920, 1080);
    assert_true(is_blank(view));
    // The other cards go on, and a shorter text brings it back.
    apply(view, "{'qr':{'id':1,'text':'short'},'question':{'id':1,'text':'Why?'}}", 100, true);
    view_paint(view, 100);
    assert_false(find_card(view, "qr:1")->is_skipped);
    assert_true(has_matrix(view, "short", QR_ECLEVEL_H));
    view_destroy(view);
    view = make_qr_view("", 1920, 1080);
    assert_true(is_blank(view));
    view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix), cmocka_unit_test(test_level_by_room), cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
