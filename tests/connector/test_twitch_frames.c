/* test_twitch_frames.c - recorded lines and what they become; lines too long, and many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "connector/connector.h"
#include "connector/tag_value.h"
#include "connector/twitch_line.h"
#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("twitch", 30);
}

static struct str repeat(char c, size_t len)
{
    char *text = xmalloc(len);
    memset(text, c, len);
    return (struct str){text, len};
}

static void test_long_lines(void **state)
{
    static const char before[] = "@id=1 :a!a@a PRIVMSG #anna :";
    static const struct {
        size_t len;
        const char *begins;
    } cases[] = {
        {TWITCH_LINE_BYTES_MAX, "{\"v\":1,\"kind\":\"chat\""},
        {TWITCH_LINE_BYTES_MAX + 1, "! 1: an IRC line of 16385 bytes; at most 16384 are read\n"},
        {1024 * 1024, "! 1: an IRC line of 1048576 bytes; at most 16384 are read\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct str line = repeat('x', cases[i].len);
        memcpy((char *)line.data, before, sizeof(before) - 1);
        struct buffer out = decode_frames("twitch", line.data, line.len);
        assert_memory_equal(out.data, cases[i].begins, strlen(cases[i].begins));
        buffer_fini(&out);
        free((char *)line.data);
    }
}

static void test_parts_of_a_line(void **state)
{
    static const char text[] = "@id=7;room-id=;mod :nick!user@host CMD a b :c d";
    struct twitch_line line;
    assert_true(twitch_line_parse(&line, text, sizeof(text) - 1, NULL));
    assert_true(str_equal(line.nick, STR("nick")));
    assert_true(str_equal(line.command, STR("CMD")));
    assert_int_equal(line.param_count, 3);
    assert_true(str_equal(line.params[2], STR("c d")));
    assert_true(str_equal(twitch_line_trailing(&line, 3), STR("c d")));
    assert_int_equal(twitch_line_trailing(&line, 4).len, 0);
    assert_int_equal(twitch_line_int(&line, TAG_ID, 0), 7);
    assert_true(twitch_line_has(&line, TAG_ROOM_ID));
    assert_true(twitch_line_has(&line, TAG_MOD));
    assert_false(twitch_line_has(&line, TAG_BITS));
    assert_int_equal(twitch_line_int(&line, TAG_BITS, -1), -1);
}

static void test_many_params(void **state)
{
    static const char text[] = "CMD 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17";
    struct twitch_line line;
    assert_true(twitch_line_parse(&line, text, sizeof(text) - 1, NULL));
    assert_int_equal(line.param_count, TWITCH_PARAMS_MAX);
    assert_true(str_equal(line.params[14], STR("15 16 17")));
}

static void test_unescape(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""}, {"plain", "plain"}, {"a\\sb", "a b"}, {"\\:", ";"}, {"\\\\s", "\\s"}, {"\\r\\n", "\r\n"},
        {"\\x", "x"}, {"end\\", "end"}, {"\\\\", "\\"}, {"\\\\\\", "\\"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char out[16];
        size_t len = tag_value_unescape(str_from(cases[i].in), out);
        assert_int_equal(len, strlen(cases[i].out));
        assert_memory_equal(out, cases[i].out, len);
    }
}

/* Every tag finds its own place, however the table was built. */
static void test_every_tag(void **state)
{
    static const char *const names[] = {
#define X(name, text) text,
        TWITCH_TAGS(X)
#undef X
    };
    for (size_t tag = 0; tag < TAG_COUNT; tag++) {
        char text[128];
        int len = snprintf(text, sizeof(text), "@%s=v%zu CMD", names[tag], tag);
        struct twitch_line line;
        assert_true(twitch_line_parse(&line, text, (size_t)len, NULL));
        char value[16];
        snprintf(value, sizeof(value), "v%zu", tag);
        if (!str_equal(twitch_line_tag(&line, (enum twitch_tag)tag), str_from(value)))
            fail_msg("%s", names[tag]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_parts_of_a_line),
        cmocka_unit_test(test_many_params),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_every_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
