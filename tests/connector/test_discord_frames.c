/* test_discord_frames.c - recorded frames of the gateway and what they become; a frame of many marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("discord", 14);
}

/* A megabyte of "<" is looked at once, not once for each "<". */
static void test_many_marks(void **state)
{
    enum { LEN = 1 << 20 };
    static const char before[] = "{\"op\":0,\"t\":\"MESSAGE_CREATE\",\"d\":{\"id\":\"1\",\"channel_id\":\"2\",\"content\":\"";
    struct buffer frame = {0};
    buffer_add_string(&frame, before);
    memset(buffer_reserve(&frame, LEN), '<', LEN);
    frame.len += LEN;
    buffer_add_string(&frame, "\"}}\n");
    int64_t start_ms = clock_monotonic_ms();
    struct buffer out = decode_frames("discord", frame.data, frame.len);
    assert_true(out.len > LEN);
    assert_true(clock_monotonic_ms() - start_ms < 5000);
    buffer_fini(&out);
    buffer_fini(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_many_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
