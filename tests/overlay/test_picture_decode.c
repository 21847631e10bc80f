/* Pictures' files: what is looked at before decoding, frames over one another, sizes and corners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/str.h"
#include "overlay/picture_decode.h"
#include "overlay/picture_file.h"
#include "overlay/png.h"
#include "pictures_made.h"

/* STR() is no constant where a table is filled. */
#define LIT(literal) {literal, sizeof(literal) - 1}

static const uint32_t red = 0xffff0000, green = 0xff00ff00, blue = 0xff0000ff, none = 0;

static struct buffer read_data(const char *name)
{
    char path[600];
    struct buffer out = {0};
    struct error err = {0};
    snprintf(path, sizeof(path), "%s/tests/data/pictures/%s", getenv("ANTIPHON_SOURCE_ROOT"), name);
    if (!file_read(path, 1 << 20, &out, &err))
        fail_msg("%s", err.text);
    return out;
}

/* ---- looking */

static const struct {
    const char *name;
    enum picture_type type;
    int width, height;
    size_t frames;
} sound[] = {
    {"still.png", PICTURE_PNG, 12, 6, 1},       {"still.jpg", PICTURE_JPEG, 12, 6, 1},
    {"progressive.jpg", PICTURE_JPEG, 12, 6, 1}, {"still.webp", PICTURE_WEBP, 12, 6, 1},
    {"still.gif", PICTURE_GIF, 12, 6, 1},       {"moving.gif", PICTURE_GIF, 8, 8, 4},
    {"moving.webp", PICTURE_WEBP, 8, 8, 4},     {"alpha.webp", PICTURE_WEBP, 8, 8, 2},
    {"plain.gif", PICTURE_GIF, 16, 21, 1},      {"interlaced.gif", PICTURE_GIF, 16, 21, 1},
};

static void test_sound(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sound); i++) {
        struct buffer bytes = read_data(sound[i].name);
        struct picture_file file;
        struct error err = {0};
        if (!picture_file_look(&file, bytes.data, bytes.len, &err))
            fail_msg("%s: %s", sound[i].name, err.text);
        assert_int_equal(file.type, sound[i].type);
        assert_int_equal(file.width_px, sound[i].width);
        assert_int_equal(file.height_px, sound[i].height);
        assert_int_equal(file.frame_count, sound[i].frames);
        buffer_fini(&bytes);
    }
}

/* Cut anywhere, a file is refused, or stands still, or has fewer frames; and nothing dies of it. */
static void test_cut(void **state)
{
    const struct picture_size size = {8, 8, false, 0, false};
    for (size_t i = 0; i < ARRAY_LENGTH(sound); i++) {
        struct buffer bytes = read_data(sound[i].name);
        for (size_t len = 0; len < bytes.len; len++) {
            char *cut = xmalloc(len + 1);  // so that a sanitizer sees a byte too far
            memcpy(cut, bytes.data, len);
            struct picture_frames frames;
            struct error err = {0};
            bool is_good = picture_decode(cut, len, &size, &frames, 1, &err);
            if (is_good && sound[i].type != PICTURE_GIF)
                fail_msg("%s cut to %zu bytes is taken", sound[i].name, len);
            assert_true(is_good || err.text[0]);
            picture_frames_fini(&frames);
            free(cut);
        }
        buffer_fini(&bytes);
    }
}

static const struct {
    const char *name;
    struct str bytes;
    const char *expected;
} unsound[] = {
    {"nothing", LIT(""), "empty"},
    {"HTML", LIT("<!DOCTYPE html><html>"), "looks like HTML"},
    {"HTML behind blanks", LIT("\n\n  <html>"), "looks like HTML"},
    {"SVG", LIT("<svg xmlns='http://www.w3.org/2000/svg'/>"), "looks like SVG"},
    {"XML", LIT("<?xml version='1.0'?><svg/>"), "XML or SVG"},
    {"JSON", LIT("{\"error\":404}"), "looks like JSON"},
    {"AVIF", LIT("\0\0\0\x1c" "ftypavif"), "AVIF"},
    {"noise", LIT("\x01\x02\x03\x04"), "no PNG, JPEG, WebP or GIF"},
    {"PNG bomb", LIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0\0\0\xe9\x45\x6f\xed\0\0\0\0IEND\xae\x42\x60\x82"),
        "30000 x 30000 px"},
    {"PNG beyond 2^31", LIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x02\0\0\0\x5d\x94\xb9\x69\0\0\0\0IEND\xae\x42\x60\x82"),
        "px"},
    {"PNG of nothing", LIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\0\x08\x02\0\0\0\xb4\xe9\xeb\x45\0\0\0\0IEND\xae\x42\x60\x82"), "0 x 0 px"},
    {"JPEG bomb", LIT("\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x11\0\x02\x11\0\x03\x11\0\xff\xd9"), "65535 x 65535 px"},
    {"JPEG without a picture", LIT("\xff\xd8\xff\xe0\0\x04" "ab\xff\xd9"), "no picture"},
    {"WebP bomb", LIT("RIFF\x12\0\0\0WEBPVP8L\x05\0\0\0\x2f\xff\xff\xff\x0f\0"), "16384 x 16384 px"},
    {"WebP, another size inside", LIT("RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x07\0\0\x07\0\0VP8L\x05\0\0\0\x2f\xff\xff\xff\x0f\0"),
        "cut off"},
    {"GIF bomb", LIT("GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;"), "65535 x 65535 px"},
    {"GIF, a frame of another size", LIT("GIF89a\x08\0\x08\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;"), "65535 x 65535 px"},
    {"GIF, codes larger than any", LIT("GIF89a\x08\0\x08\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\xff\x02\x44\x01\0;"), "cut off"},
    {"GIF, codes of nothing known", LIT("GIF89a\x08\0\x08\0\0\0\0,\0\0\0\0\x08\0\x08\0\0\x02\x06\xff\xff\xff\xff\xff\xff\0;"),
        "the GIF is damaged"},
    {"GIF without a frame", LIT("GIF89a\x08\0\x08\0\0\0\0;"), "cut off"},
};

static void test_unsound(void **state)
{
    const struct picture_size size = {8, 8, false, 0, false};
    for (size_t i = 0; i < ARRAY_LENGTH(unsound); i++) {
        struct picture_frames frames;
        struct error err = {0};
        if (picture_decode(unsound[i].bytes.data, unsound[i].bytes.len, &size, &frames, 1, &err))
            fail_msg("%s is taken", unsound[i].name);
        if (!strstr(err.text, unsound[i].expected))
            fail_msg("%s: %s", unsound[i].name, err.text);
    }
}

/* ---- frames */

static uint32_t at(const struct picture_frames *frames, size_t frame, int x, int y)
{
    return frames->pixels[frame][y * frames->width_px + x];
}

static const struct {
    const char *name;
    int until_ms[4];
    uint32_t corner[4], middle[4], end[4];  // px 0,0, px 3,3 and px 7,7
} moving[] = {
    {"moving.gif", {200, 250, 350, 650}, {red, red, blue, none}, {red, green, red, red}, {red, red, red, blue}},
    {"moving.webp", {200, 250, 350, 650}, {red, red, blue, none}, {red, green, green, green}, {red, red, red, blue}},
};

static void test_frames(void **state)
{
    const struct picture_size size = {8, 8, false, 0, false};
    for (size_t i = 0; i < ARRAY_LENGTH(moving); i++) {
        struct buffer bytes = read_data(moving[i].name);
        struct picture_frames frames;
        assert_true(picture_decode(bytes.data, bytes.len, &size, &frames, 1, NULL));
        assert_int_equal(frames.count, 4);
        for (size_t f = 0; f < 4; f++) {
            assert_int_equal(frames.until_ms[f], moving[i].until_ms[f]);
            assert_int_equal(at(&frames, f, 0, 0), moving[i].corner[f]);
            assert_int_equal(at(&frames, f, 3, 3), moving[i].middle[f]);
            assert_int_equal(at(&frames, f, 7, 7), moving[i].end[f]);
        }
        picture_frames_fini(&frames);
        buffer_fini(&bytes);
    }
}

/* Whatever order its rows come in, and the same as a decoder of others has it: ImageMagick made both of one gradient. */
static void test_interlaced(void **state)
{
    const struct picture_size size = {16, 21, false, 0, false};
    struct buffer plain = read_data("plain.gif"), interlaced = read_data("interlaced.gif");
    struct picture_frames a, b;
    assert_true(picture_decode(plain.data, plain.len, &size, &a, 1, NULL));
    assert_true(picture_decode(interlaced.data, interlaced.len, &size, &b, 1, NULL));
    assert_memory_equal(a.pixels[0], b.pixels[0], 16 * 21 * 4);
    for (int y = 1; y < 21; y++) {
        assert_true((at(&a, 0, 8, y) >> 16 & 255) < (at(&a, 0, 8, y - 1) >> 16 & 255));
        assert_true((at(&a, 0, 8, y) & 255) > (at(&a, 0, 8, y - 1) & 255));
    }
    picture_frames_fini(&a);
    picture_frames_fini(&b);
    buffer_fini(&plain);
    buffer_fini(&interlaced);
}

/* A lossy frame with its alpha apart, then one that takes its place. */
static void test_alpha(void **state)
{
    const struct picture_size size = {8, 8, false, 0, false};
    struct buffer bytes = read_data("alpha.webp");
    struct picture_frames frames;
    assert_true(picture_decode(bytes.data, bytes.len, &size, &frames, 1, NULL));
    uint32_t first = at(&frames, 0, 4, 4);
    assert_in_range(first >> 24, 126, 129);
    assert_in_range(first >> 16 & 255, 118, 129);
    assert_in_range(first & 255, 0, 8);
    assert_int_equal(at(&frames, 1, 4, 4), red);
    picture_frames_fini(&frames);
    buffer_fini(&bytes);
}

static const struct {
    const char *name;
    struct picture_size size;
    int width, height;
    size_t count;
} sizes[] = {
    {"moving.gif", {8, 8, false, 0, true}, 8, 8, 1},
    {"moving.gif", {16, 4, false, 0, false}, 4, 4, 4},
    {"still.png", {24, 24, false, 0, false}, 24, 12, 1},
    {"still.png", {24, 24, true, 0, false}, 24, 24, 1},
    {"still.jpg", {3, 9, false, 0, false}, 3, 2, 1},
    {"progressive.jpg", {3, 9, true, 2, false}, 3, 9, 1},
    {"still.gif", {0, -5, false, 0, false}, 1, 1, 1},
    {"still.webp", {4, 100000, true, 0, false}, 4, 2048, 1},
};

static void test_sizes(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        struct buffer bytes = read_data(sizes[i].name);
        struct picture_frames frames[2];
        const struct picture_size both[] = {sizes[i].size, {5, 5, true, 0, true}};
        struct error err = {0};
        if (!picture_decode(bytes.data, bytes.len, both, frames, 2, &err))
            fail_msg("%s: %s", sizes[i].name, err.text);
        assert_int_equal(frames[0].width_px, sizes[i].width);
        assert_int_equal(frames[0].height_px, sizes[i].height);
        assert_int_equal(frames[0].count, sizes[i].count);
        assert_int_equal(frames[1].count, 1);
        uint32_t pixel = at(&frames[0], 0, sizes[i].width / 2, sizes[i].height / 2);
        assert_int_equal(pixel >> 24, 255);
        if (strstr(sizes[i].name, "still")) {
            assert_in_range(pixel >> 16 & 255, 0x1c, 0x24);
            assert_in_range(pixel & 255, 0xbc, 0xc4);
        }
        picture_frames_fini(&frames[0]);
        picture_frames_fini(&frames[1]);
        buffer_fini(&bytes);
    }
}

/* A disc: nothing in the corners, all of it in the middle, half of it at the edge, the same on every side. */
static void test_corners(void **state)
{
    for (int side = 31; side <= 32; side++) {
        const struct picture_size size = {side, side, true, (side + 1) / 2, false};
        struct buffer bytes = read_data("still.png");
        struct picture_frames frames;
        assert_true(picture_decode(bytes.data, bytes.len, &size, &frames, 1, NULL));
        assert_int_equal(at(&frames, 0, 0, 0), none);
        assert_int_equal(at(&frames, 0, side / 2, side / 2) >> 24, 255);
        assert_true(at(&frames, 0, side / 2, 0) >> 24 > 200);
        for (int i = 0; i < side * side; i++)
            assert_int_equal(frames.pixels[0][i], frames.pixels[0][side * side - 1 - i]);
        picture_frames_fini(&frames);
        buffer_fini(&bytes);
    }
}

/* ---- too much of it */

static void test_ten_thousand_frames(void **state)
{
    const struct picture_size size = {32, 32, false, 0, false};
    struct buffer gif = make_gif(10000, 8);
    struct picture_file file;
    assert_true(picture_file_look(&file, gif.data, gif.len, NULL));
    assert_int_equal(file.frame_count, 10000);
    struct picture_frames frames;
    assert_true(picture_decode(gif.data, gif.len, &size, &frames, 1, NULL));
    assert_int_equal(frames.count, 1);
    picture_frames_fini(&frames);
    buffer_fini(&gif);
}

static void test_many_pixels(void **state)
{
    // 500 frames of 2,048 x 1,024 declared in some 10 KB.
    const struct picture_size size = {32, 32, false, 0, false};
    struct buffer gif = make_gif(500, 1024);
    struct picture_frames frames;
    assert_true(picture_decode(gif.data, gif.len, &size, &frames, 1, NULL));
    assert_int_equal(frames.count, 1);
    picture_frames_fini(&frames);
    buffer_fini(&gif);
}

/* Within the file's bounds, but more than one size may take: that one stands still, the small one moves. */
static void test_many_bytes(void **state)
{
    const struct picture_size both[] = {{1000, 1000, false, 0, false}, {20, 20, false, 0, false}};
    struct buffer gif = make_gif(30, 8);
    struct picture_frames frames[2];
    assert_true(picture_decode(gif.data, gif.len, both, frames, 2, NULL));
    assert_int_equal(frames[0].count, 1);
    assert_int_equal(frames[1].count, 30);
    picture_frames_fini(&frames[0]);
    picture_frames_fini(&frames[1]);
    buffer_fini(&gif);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound), cmocka_unit_test(test_cut), cmocka_unit_test(test_unsound),
        cmocka_unit_test(test_frames), cmocka_unit_test(test_interlaced), cmocka_unit_test(test_alpha), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_corners), cmocka_unit_test(test_ten_thousand_frames), cmocka_unit_test(test_many_pixels),
        cmocka_unit_test(test_many_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
