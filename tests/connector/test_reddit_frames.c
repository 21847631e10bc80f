/* test_reddit_frames.c - recorded pages of a thread and what they become; many comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("reddit", 16);
}

/* Each comment once, over pages that all hold it. */
static void test_many(void **state)
{
    enum { COUNT = 5000 };
    struct buffer page = {0};
    buffer_add_string(&page, "{\"kind\":\"Listing\",\"data\":{\"children\":[");
    for (int i = 0; i < COUNT; i++)
        buffer_printf(&page, "%s{\"kind\":\"t1\",\"data\":{\"id\":\"m%x\",\"body\":\"number %d\",\"author\":\"a\",\"created_utc\":1795371645.0}}",
                      i ? "," : "", 0x10000 + i, i);
    buffer_add_string(&page, "]}}\n");
    size_t len = page.len;
    char *copy = malloc(len);
    memcpy(copy, page.data, len);
    buffer_add(&page, copy, len);
    free(copy);
    struct buffer out = decode_frames("reddit", page.data, page.len);
    size_t lines = 0;
    for (size_t i = 0; i < out.len; i++)
        lines += out.data[i] == '\n';
    assert_int_equal(lines, COUNT);
    buffer_fini(&out);
    buffer_fini(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
