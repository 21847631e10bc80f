#include "kit.h"

#include <stdio.h>
#include <zlib.h>

#include "base/memory.h"
#include "net/base64.h"
#include "net/inflate.h"

#define LINE "سلام 你好 🎉 "
enum { LINES = 20 };

/* Packed by Python's zlib, not by the library that unpacks here in the same build. */
#define GZIP "H4sIAAAAAAACA7ux+WbLjeU3WxWe7F3wdOlehQ/z+zoVbowKDiZBAPuiAQukAQAA"
#define ZLIB "eJy7sflmy43lN1sVnuxd8HTpXoUP8/s6FW6MCg4mQQAMJgqM"
#define RAW "u7H5ZsuN5TdbFZ7sXfB06V6FD/P7OhVujAoOJkEA"

static const struct {
    const char *name, *packed;
    enum inflate_format format;
    size_t limit;
    size_t cut;         // bytes left out at the end
    const char *error;  // NULL: it unpacks
} cases[] = {
    {"gzip", GZIP, INFLATE_WRAPPED, 8 << 20, 0, NULL},
    {"zlib", ZLIB, INFLATE_WRAPPED, 8 << 20, 0, NULL},
    {"raw", RAW, INFLATE_RAW, 8 << 20, 0, NULL},
    {"exactly the limit", GZIP, INFLATE_WRAPPED, 420, 0, NULL},
    {"one above the limit", GZIP, INFLATE_WRAPPED, 419, 0, "unpacks to more than 419 bytes"},
    {"cut off", GZIP, INFLATE_WRAPPED, 420, 9, "the packed bytes are cut off after 39"},
    {"nothing", "", INFLATE_WRAPPED, 420, 0, "the packed bytes are cut off after 0"},
    {"not packed", "aGVsbG8gd29ybGQ=", INFLATE_WRAPPED, 420, 0, "not packed as promised: incorrect header check"},
    {"raw where a wrapper is due", RAW, INFLATE_WRAPPED, 420, 0, "not packed as promised"},
    {"a wrapper where raw is due", ZLIB, INFLATE_RAW, 420, 0, "not packed as promised"},
};

static void test_bytes(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct buffer packed = {0}, out = {0};
        struct error err = {0};
        assert_true(base64_decode(&packed, cases[i].packed, strlen(cases[i].packed)));
        buffer_add_string(&out, "before ");
        bool ok = inflate_bytes(cases[i].format, packed.data, packed.len - cases[i].cut, cases[i].limit, &out, &err);
        if (ok != !cases[i].error || (!ok && !strstr(err.text, cases[i].error)))
            fail_msg("%s: %s", cases[i].name, err.text);
        assert_int_equal(out.len, 7 + (ok ? LINES * strlen(LINE) : 0));
        for (size_t k = 0; ok && k < LINES; k++)
            assert_memory_equal(out.data + 7 + k * strlen(LINE), LINE, strlen(LINE));
        buffer_fini(&packed);
        buffer_fini(&out);
    }
}

static void test_members(void **state)
{
    struct buffer packed = {0}, out = {0};
    assert_true(base64_decode(&packed, "H4sIAAAAAAACA8vPS1UAAElhrCMEAAAAH4sIAAAAAAACAyspzwcAZorKEQMAAAA=", 64));
    buffer_add(&packed, "\0\0rest", 6);
    assert_true(inflate_bytes(INFLATE_WRAPPED, packed.data, packed.len, 100, &out, NULL));
    assert_int_equal(out.len, 7);
    assert_memory_equal(out.data, "one two", 7);
    buffer_fini(&packed);
    buffer_fini(&out);
}

/* 64 MB of zeros in 64 KB: refused at the limit, with no more memory than that. */
static void test_bomb(void **state)
{
    z_stream zlib = {0};
    static unsigned char zeros[1 << 20];
    struct buffer bomb = {0}, out = {0};
    deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    for (int i = 0; i < 64; i++) {
        zlib.next_in = zeros;
        zlib.avail_in = sizeof(zeros);
        zlib.next_out = (Bytef *)buffer_reserve(&bomb, 8192);
        zlib.avail_out = 8192;
        deflate(&zlib, i == 63 ? Z_FINISH : Z_NO_FLUSH);
        bomb.len += 8192 - zlib.avail_out;
    }
    deflateEnd(&zlib);
    struct error err = {0};
    assert_false(inflate_bytes(INFLATE_WRAPPED, bomb.data, bomb.len, INFLATE_USUAL_MAX, &out, &err));
    assert_int_equal(err.code, ERROR_DATA);
    assert_string_equal(err.text, "unpacks to more than 8388608 bytes");
    assert_int_equal(out.len, 0);
    assert_true(out.capacity <= 2 * INFLATE_USUAL_MAX + 32768);
    buffer_fini(&bomb);
    buffer_fini(&out);
}

/* As Discord's zlib-stream: each message ends with a sync flush, the window goes on. */
static void test_stream(void **state)
{
    z_stream zlib = {0};
    deflateInit(&zlib, Z_DEFAULT_COMPRESSION);
    struct inflate_stream *stream = inflate_create(INFLATE_WRAPPED, 64);
    struct buffer out = {0};
    struct error err = {0};
    for (int i = 0; i < 50; i++) {
        unsigned char packed[256];
        char text[64];
        snprintf(text, sizeof(text), "%d سلام 你好 🎉", i);
        zlib.next_in = (Bytef *)text;
        zlib.avail_in = (uInt)strlen(text);
        zlib.next_out = packed;
        zlib.avail_out = sizeof(packed);
        deflate(&zlib, Z_SYNC_FLUSH);
        size_t len = sizeof(packed) - zlib.avail_out, cut = len * (size_t)i / 50;
        assert_true(inflate_next(stream, packed, cut, &out, &err));
        assert_true(inflate_next(stream, packed + cut, len - cut, &out, &err));
        assert_int_equal(out.len, strlen(text));
        assert_memory_equal(out.data, text, out.len);
        buffer_clear(&out);
    }
    assert_false(inflate_next(stream, "\xff\xff\xff\xff\xff", 5, &out, &err));
    assert_non_null(strstr(err.text, "not packed as promised"));
    assert_false(inflate_next(stream, "", 0, &out, &err));
    assert_string_equal(err.text, "nothing more can be unpacked");
    deflateEnd(&zlib);
    inflate_destroy(stream);
    inflate_destroy(NULL);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes), cmocka_unit_test(test_members),
        cmocka_unit_test(test_bomb), cmocka_unit_test(test_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
