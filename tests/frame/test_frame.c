/* test_frame.c - the frame stream between an honest writer and its readers. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"

static char folder[] = "/tmp/antiphon-frame-XXXXXX";

static char *socket_name(void)
{
    static int count;
    return xasprintf("%s/frames-%d.sock", folder, count++);
}

static struct frame_writer *make_writer(const char *path, int32_t width, int32_t height)
{
    struct error err = {0};
    struct frame_writer *writer = frame_writer_create(
        &(struct frame_writer_options){.path = path, .width_px = width, .height_px = height}, &err);
    if (!writer)
        fail_msg("%s", err.text);
    return writer;
}

static struct frame_reader *make_reader(const char *path)
{
    return frame_reader_create(&(struct frame_reader_options){.path = path});
}

/* A canvas with one visible box of one colour. */
static uint8_t *paint(int32_t width, int32_t height, struct frame_box box, uint32_t bgra)
{
    uint32_t *pixels = xcalloc((size_t)width * (size_t)height, 4);
    for (int32_t y = box.top; y < box.bottom; y++) {
        for (int32_t x = box.left; x < box.right; x++)
            pixels[y * width + x] = bgra;
    }
    return (uint8_t *)pixels;
}

static uint32_t pixel_at(const struct frame_picture *picture, int32_t x, int32_t y)
{
    uint32_t value;
    memcpy(&value, picture->pixels + (size_t)y * picture->stride_bytes + 4 * (size_t)x, 4);
    return value;
}

static bool poll_until_news(struct frame_reader *reader, struct frame_writer *writer)
{
    int64_t limit_ms = clock_monotonic_ms() + 10000;
    while (clock_monotonic_ms() < limit_ms) {
        if (writer)
            frame_writer_handle(writer);
        if (frame_reader_poll(reader))
            return true;
        struct pollfd fds[] = {{.fd = frame_reader_fd(reader), .events = POLLIN},
                               {.fd = writer ? frame_writer_fd(writer) : -1, .events = POLLIN}};
        poll(fds, 2, frame_reader_wait_ms(reader));
    }
    return false;
}

static void test_one_picture(void **state)
{
    char *path = socket_name();
    struct frame_writer *writer = make_writer(path, 70, 20);
    struct frame_reader *reader = make_reader(path);
    struct frame_box box = {5, 3, 60, 10};
    uint8_t *pixels = paint(70, 20, box, 0x80102030);
    assert_int_equal(frame_reader_state(reader), FRAME_NONE);
    assert_null(frame_reader_picture(reader));
    frame_writer_publish(writer, pixels, 70 * 4, NULL, 0);
    assert_true(poll_until_news(reader, writer));
    const struct frame_picture *picture = frame_reader_picture(reader);
    assert_int_equal(frame_reader_state(reader), FRAME_LIVE);
    assert_string_equal(frame_reader_trouble(reader), "");
    assert_int_equal(picture->width_px, 70);
    assert_int_equal(picture->height_px, 20);
    assert_int_equal(picture->sequence, 1);
    assert_false(picture->is_empty);
    assert_int_equal(picture->rows[2].count, 0);
    assert_int_equal(picture->rows[3].count, 1);
    assert_int_equal(picture->rows[3].spans[0].from, 5);
    assert_int_equal(picture->rows[3].spans[0].to, 60);
    assert_int_equal(pixel_at(picture, 5, 3), 0x80102030);
    assert_int_equal(pixel_at(picture, 60, 3), 0);
    assert_false(frame_reader_poll(reader));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    frame_reader_destroy(reader);
    frame_writer_destroy(writer);
    assert_int_not_equal(stat(path, &info), 0);
    free(pixels);
    free(path);
}

/* Random boxes come and go; some pictures are skipped; the reader's copy is always the canvas. */
static void test_damage_keeps_pictures_equal(void **state)
{
    enum { WIDTH = 301, HEIGHT = 47 };
    char *path = socket_name();
    struct frame_writer *writer = make_writer(path, WIDTH, HEIGHT);
    struct frame_reader *reader = make_reader(path);
    uint32_t *canvas = xcalloc(WIDTH * HEIGHT, 4);
    unsigned seed = 7;
    frame_writer_publish(writer, canvas, WIDTH * 4, NULL, 0);
    assert_true(poll_until_news(reader, writer));
    assert_true(frame_reader_picture(reader)->is_empty);
    for (int round = 0; round < 2000; round++) {
        struct frame_box boxes[20];
        size_t count = 1 + (unsigned)rand_r(&seed) % (round % 50 == 0 ? 20 : 3);
        for (size_t i = 0; i < count; i++) {
            int32_t x = rand_r(&seed) % WIDTH, y = rand_r(&seed) % HEIGHT;
            boxes[i] = (struct frame_box){x, y, x + 1 + rand_r(&seed) % 90, y + 1 + rand_r(&seed) % 20};
            uint32_t colour = rand_r(&seed) % 2 ? 0 : 0xff000000 | (uint32_t)round;
            for (int32_t v = y; v < boxes[i].bottom && v < HEIGHT; v++) {
                for (int32_t u = x; u < boxes[i].right && u < WIDTH; u++)
                    canvas[v * WIDTH + u] = colour;
            }
        }
        frame_writer_publish(writer, canvas, WIDTH * 4, boxes, count);
        if (rand_r(&seed) % 4 == 0 || (round > 1000 && round % 40 != 0))
            continue;
        assert_true(frame_reader_poll(reader));
        const struct frame_picture *picture = frame_reader_picture(reader);
        for (int32_t y = 0; y < HEIGHT; y++)
            assert_memory_equal(picture->pixels + (size_t)y * picture->stride_bytes, canvas + y * WIDTH, WIDTH * 4);
    }
    frame_reader_destroy(reader);
    frame_writer_destroy(writer);
    free(canvas);
    free(path);
}

static void test_new_writer_does_not_flash(void **state)
{
    char *path = socket_name();
    struct frame_writer *writer = make_writer(path, 70, 20);
    struct frame_reader *reader = make_reader(path);
    uint8_t *pixels = paint(70, 20, (struct frame_box){0, 0, 70, 20}, 0xff111111);
    frame_writer_publish(writer, pixels, 70 * 4, NULL, 0);
    assert_true(poll_until_news(reader, writer));
    uint64_t generation = frame_reader_picture(reader)->generation;
    frame_writer_destroy(writer);
    frame_reader_poll(reader);
    assert_int_equal(pixel_at(frame_reader_picture(reader), 1, 1), 0xff111111);
    writer = make_writer(path, 40, 30);
    int64_t limit_ms = clock_monotonic_ms() + 10000;
    while (frame_writer_readers(writer) == 0 && clock_monotonic_ms() < limit_ms) {
        frame_writer_handle(writer);
        frame_reader_poll(reader);
        assert_int_equal(pixel_at(frame_reader_picture(reader), 1, 1), 0xff111111);
    }
    uint8_t *other = paint(40, 30, (struct frame_box){0, 0, 40, 30}, 0xff222222);
    frame_writer_publish(writer, other, 40 * 4, NULL, 0);
    assert_true(poll_until_news(reader, writer));
    assert_int_equal(pixel_at(frame_reader_picture(reader), 1, 1), 0xff222222);
    assert_int_equal(frame_reader_picture(reader)->width_px, 40);
    assert_true(frame_reader_picture(reader)->generation > generation);
    frame_reader_destroy(reader);
    frame_writer_destroy(writer);
    free(pixels);
    free(other);
    free(path);
}

static void test_resize(void **state)
{
    char *path = socket_name();
    struct frame_writer *writer = make_writer(path, 70, 20);
    struct frame_reader *reader = make_reader(path);
    struct error err = {0};
    uint8_t *pixels = paint(200, 100, (struct frame_box){0, 0, 200, 100}, 0xff333333);
    frame_writer_publish(writer, pixels, 200 * 4, NULL, 0);
    assert_true(poll_until_news(reader, writer));
    assert_true(frame_writer_resize(writer, 200, 100, &err));
    frame_reader_poll(reader);
    assert_int_equal(frame_reader_picture(reader)->width_px, 70);
    assert_false(frame_writer_resize(writer, 0, 100, &err));
    frame_writer_publish(writer, pixels, 200 * 4, &(struct frame_box){3, 3, 4, 4}, 1);
    assert_true(poll_until_news(reader, writer));
    assert_int_equal(frame_reader_picture(reader)->width_px, 200);
    assert_int_equal(pixel_at(frame_reader_picture(reader), 199, 99), 0xff333333);
    frame_reader_destroy(reader);
    frame_writer_destroy(writer);
    free(pixels);
    free(path);
}

static void test_silence(void **state)
{
    char *path = socket_name();
    struct frame_writer *writer = make_writer(path, 70, 20);
    struct frame_reader *reader =
        frame_reader_create(&(struct frame_reader_options){.path = path, .stale_ms = 60, .keep_ms = 60});
    uint8_t *pixels = paint(70, 20, (struct frame_box){0, 0, 70, 20}, 0xff111111);
    frame_writer_publish(writer, pixels, 70 * 4, NULL, 0);
    assert_true(poll_until_news(reader, writer));
    assert_int_equal(frame_reader_state(reader), FRAME_LIVE);
    assert_true(poll_until_news(reader, writer));
    assert_int_equal(frame_reader_state(reader), FRAME_STALE);
    assert_int_equal(pixel_at(frame_reader_picture(reader), 1, 1), 0xff111111);
    assert_true(poll_until_news(reader, writer));
    assert_int_equal(frame_reader_state(reader), FRAME_NONE);
    assert_null(frame_reader_picture(reader));
    assert_string_not_equal(frame_reader_trouble(reader), "");
    frame_writer_beat(writer);
    assert_true(poll_until_news(reader, writer));
    assert_int_equal(frame_reader_state(reader), FRAME_LIVE);
    assert_int_equal(pixel_at(frame_reader_picture(reader), 1, 1), 0xff111111);
    frame_reader_destroy(reader);
    frame_writer_destroy(writer);
    free(pixels);
    free(path);
}

static void test_two_writers(void **state)
{
    char *path = socket_name();
    struct frame_writer *writer = make_writer(path, 70, 20);
    struct error err = {0};
    struct frame_writer_options options = {.path = path, .width_px = 10, .height_px = 10};
    assert_null(frame_writer_create(&options, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_non_null(strstr(err.text, path));
    frame_writer_destroy(writer);
    /* What a killed writer leaves behind is in nobody's way. */
    pid_t child = fork();
    if (child == 0) {
        frame_writer_create(&options, NULL);
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
    assert_int_equal(access(path, F_OK), 0);
    writer = frame_writer_create(&options, &err);
    assert_non_null(writer);
    frame_writer_destroy(writer);
    free(path);
}

static void test_refused_options(void **state)
{
    static const struct {
        const char *name;
        int32_t width, height;
        int slots;
    } cases[] = {
        {"no width", 0, 10, 0},       {"negative height", 10, -1, 0}, {"too wide", 8193, 10, 0},
        {"two slots", 10, 10, 2},     {"nine slots", 10, 10, 9},      {"more than 1 GiB", 8192, 8192, 8},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *path = socket_name();
        struct error err = {0};
        if (frame_writer_create(&(struct frame_writer_options){path, cases[i].width, cases[i].height, cases[i].slots},
                                &err))
            fail_msg("%s", cases[i].name);
        assert_true(err.text[0] != '\0');
        free(path);
    }
    struct error err = {0};
    assert_null(frame_writer_create(&(struct frame_writer_options){"/nonexistent/x.sock", 10, 10, 0}, &err));
    assert_non_null(strstr(err.text, "/nonexistent/x.sock"));
}

static void test_socket_path(void **state)
{
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    char *path = frame_socket_path("main", NULL);
    assert_string_equal(path, "/run/user/7/antiphon/frames-main.sock");
    free(path);
    static const char *const bad[] = {"", "../x", "a b", "ü"};
    struct error err = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_null(frame_socket_path(bad[i], &err));
    assert_null(frame_socket_path(NULL, &err));
}

static void check_views(const char *const expected[])
{
    char **views = frame_list_views();
    size_t i = 0;
    for (; views[i] && expected[i]; i++)
        assert_string_equal(views[i], expected[i]);
    assert_null(views[i]);
    assert_null(expected[i]);
    frame_free_views(views);
}

/* What a dead writer left behind and what is no socket of ours are no views; without the folder there are none. */
static void test_list_of_views(void **state)
{
    char *runtime = xasprintf("%s/runtime", folder), *ours = xasprintf("%s/antiphon", runtime);
    assert_int_equal(mkdir(runtime, 0700), 0);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    check_views((const char *const[]){NULL});
    assert_int_equal(mkdir(ours, 0700), 0);
    char *tall = frame_socket_path("tall", NULL), *wide = frame_socket_path("wide", NULL);
    struct frame_writer *second = make_writer(wide, 8, 8), *first = make_writer(tall, 8, 8);
    for (size_t i = 0; i < 4; i++) {
        static const char *const others[] = {"frames-.sock", "frames-left.sock", "relay.sock", "frames-a b.sock"};
        char *path = xasprintf("%s/%s", ours, others[i]);
        fclose(fopen(path, "w"));
        free(path);
    }
    check_views((const char *const[]){"tall", "wide", NULL});
    frame_writer_destroy(first);
    check_views((const char *const[]){"wide", NULL});
    frame_writer_destroy(second);
    unsetenv("XDG_RUNTIME_DIR");
    free(tall);
    free(wide);
    free(ours);
    free(runtime);
}

int main(void)
{
    assert_non_null(mkdtemp(folder));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_picture), cmocka_unit_test(test_damage_keeps_pictures_equal),
        cmocka_unit_test(test_new_writer_does_not_flash), cmocka_unit_test(test_resize),
        cmocka_unit_test(test_silence), cmocka_unit_test(test_two_writers),
        cmocka_unit_test(test_refused_options), cmocka_unit_test(test_socket_path),
        cmocka_unit_test(test_list_of_views),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char *command = xasprintf("rm -rf '%s'", folder);
    if (system(command) != 0)
        failed++;
    free(command);
    return failed;
}
