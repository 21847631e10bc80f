/* test_layout.c - lines, runs and masks through the door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "text/text.h"

static void test_latin(void **state)
{
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&(struct text_engine_options){0}, &err);
    assert_non_null(engine);
    struct text_layout *layout = text_layout_create(engine,
        &(struct text_options){.text = STR("one two three"), .size_px = 36, .width_px = 150});
    assert_int_equal(layout->line_count, 2);
    struct text_mask *mask = text_mask_ref(layout->lines[0].runs[0].mask);
    text_layout_destroy(layout);
    text_engine_destroy(engine);
    assert_int_equal(mask->format, TEXT_MASK_A8);
    text_mask_unref(mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_latin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
