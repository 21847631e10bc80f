/* test_kick_frames.c - recorded frames of Kick, by the socket and by webhooks, and what must come of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("kick", 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
    };
    return cmocka_run_group_tests_name("kick_frames", tests, NULL, NULL);
}
