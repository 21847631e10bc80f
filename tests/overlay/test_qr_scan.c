/* A reader that is not ours reads the painted code: zbar, from grey values of the picture as it stands on a video. */
#include "qr_view.h"

#include <zbar.h>

static uint8_t *make_grey(const struct view *view, uint32_t ground)
{
    const struct canvas *canvas = view_canvas(view);
    size_t count = (size_t)canvas_width(canvas) * (size_t)canvas_height(canvas);
    uint8_t *grey = malloc(count);
    for (size_t i = 0; i < count; i++) {
        uint32_t pixel = canvas_pixels(canvas)[i];
        grey[i] = (uint8_t)((pixel >> 8 & 0xff) + ground * (255 - (pixel >> 24)) / 255);
    }
    return grey;
}

static void check_text(const struct view *view, const char *text, uint32_t ground)
{
    const struct canvas *canvas = view_canvas(view);
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    uint8_t *grey = make_grey(view, ground);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)canvas_width(canvas), (unsigned)canvas_height(canvas));
    zbar_image_set_data(image, grey, (unsigned long)canvas_width(canvas) * (unsigned long)canvas_height(canvas), NULL);
    if (zbar_scan_image(scanner, image) != 1)
        fail_msg("%s: zbar finds no code", text);
    const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
    assert_string_equal(zbar_symbol_get_data(symbol), text);
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    free(grey);
}

static void test_reads(void **state)
{
    for (size_t i = 0; i < QR_TEXTS; i++) {
        struct view *view = make_qr_view(qr_texts[i].text, qr_texts[i].width, qr_texts[i].height);
        check_text(view, qr_texts[i].text, 0);
        check_text(view, qr_texts[i].text, 255);
        view_destroy(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reads)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
