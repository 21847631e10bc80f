/* test_instagram_frames.c - recorded deliveries of Instagram, and what must come of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("instagram", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests_name("instagram_frames", tests, NULL, NULL);
}
