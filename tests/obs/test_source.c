/* test_source.c - what the source asks of libobs, and when: a picture once, damage only, nothing at rest, nothing while unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "fake_libobs.h"
#include "frame/frame.h"
#include "obs/source.h"

enum { WIDTH = 320, HEIGHT = 200, PATIENCE_MS = 10000 };

static char folder[] = "/tmp/antiphon-obs-XXXXXX";

/* ---- a view and a source ---- */

struct view {
    struct frame_writer *writer;
    int32_t width, height;
    uint32_t *pixels;
};

static struct view open_view(const char *name)
{
    struct error err = {0};
    char *path = frame_socket_path(name, &err);
    struct view view = {frame_writer_create(&(struct frame_writer_options){path, WIDTH, HEIGHT}, &err), WIDTH, HEIGHT,
                        xcalloc(WIDTH * HEIGHT, 4)};
    if (!view.writer)
        fail_msg("%s", err.text);
    free(path);
    return view;
}

static void close_view(struct view *view)
{
    frame_writer_destroy(view->writer);
    free(view->pixels);
}

static void paint(struct view *view, struct frame_box box, uint32_t color)
{
    for (int32_t y = box.top; y < box.bottom; y++) {
        for (int32_t x = box.left; x < box.right; x++)
            view->pixels[y * view->width + x] = color + (uint32_t)(x ^ y);
    }
}

static void publish(struct view *view, const struct frame_box *damage, size_t count)
{
    frame_writer_publish(view->writer, view->pixels, (size_t)view->width * 4, damage, count);
}

struct shown {
    struct obs_source self;
    void *data;
};

static void show(struct shown *shown, const char *view)
{
    *shown = (struct shown){.self = {.is_showing = true}};
    shown->data = source_info.create(&(struct obs_data){view}, &shown->self);
}

static void tick(struct shown *shown)
{
    source_info.video_tick(shown->data, 0.016f);
    fake.inside++;
    fake.shown = NULL;
    source_info.video_render(shown->data, NULL);
    fake.inside--;
}

static bool is_equal(const struct view *view)
{
    return fake.shown && fake.shown->width == (uint32_t)view->width && fake.shown->height == (uint32_t)view->height &&
           memcmp(fake.shown->pixels, view->pixels, (size_t)view->width * (size_t)view->height * 4) == 0;
}

/* Until the source draws the view's very pixels. */
static void wait_for(struct shown *shown, struct view *view)
{
    for (int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS; clock_monotonic_ms() < end_ms; usleep(1000)) {
        frame_writer_handle(view->writer);
        frame_writer_beat(view->writer);
        tick(shown);
        if (is_equal(view))
            return;
    }
    fail_msg("the source does not show the view; it says: %s", fake.log);
}

static const struct frame_box card = {40, 30, 140, 90};

/* A source that shows the view "main", with a card on it. */
static struct view open_shown(struct shown *shown)
{
    struct view view = open_view("main");
    paint(&view, card, 0xff204060);
    publish(&view, NULL, 0);
    show(shown, "main");
    wait_for(shown, &view);
    return view;
}

static void test_damage_only(void **state)
{
    struct shown shown;
    show(&shown, "main");
    for (int i = 0; i < 100; i++)
        tick(&shown);
    assert_int_equal(fake.entered + fake.drawn, 0);
    assert_int_equal(source_info.get_width(shown.data), 0);

    struct view view = open_view("main");
    paint(&view, card, 0xff204060);
    publish(&view, NULL, 0);
    wait_for(&shown, &view);
    assert_int_equal(fake.uploads, 1);
    assert_int_equal(source_info.get_width(shown.data), WIDTH);
    assert_int_equal(source_info.get_height(shown.data), HEIGHT);

    const struct frame_box boxes[2] = {{50, 40, 60, 50}, {300, 150, 320, 200}};
    paint(&view, boxes[0], 0x80402010);
    paint(&view, boxes[1], 0xff445566);
    size_t before_px = fake.uploaded_px;
    publish(&view, boxes, 2);
    wait_for(&shown, &view);
    assert_int_equal(fake.uploads, 3);
    assert_int_equal(fake.copies, 2);
    assert_int_equal(fake.uploaded_px - before_px, 10 * 10 + 20 * 50);
    assert_int_equal(fake.textures, 1);

    struct fake before = fake;
    for (int i = 0; i < 1000; i++)
        tick(&shown);
    assert_int_equal(fake.uploads, before.uploads);
    assert_int_equal(fake.entered, before.entered);
    assert_int_equal(fake.drawn, before.drawn + 1000);
    source_info.destroy(shown.data);
    assert_int_equal(fake.textures, 0);
    close_view(&view);
}

static void test_unseen(void **state)
{
    struct shown shown;
    struct view view = open_shown(&shown);

    shown.self.is_showing = false;
    tick(&shown);
    frame_writer_handle(view.writer);
    assert_int_equal(frame_writer_readers(view.writer), 0);
    assert_int_equal(fake.textures, 0);
    assert_null(fake.shown);
    struct fake before = fake;
    paint(&view, card, 0xff808080);
    publish(&view, &card, 1);
    for (int i = 0; i < 100; i++)
        tick(&shown);
    assert_int_equal(fake.entered, before.entered);

    /* What was taken off the air meanwhile is in no frame. */
    shown.self.is_showing = true;
    for (int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS; !fake.shown && clock_monotonic_ms() < end_ms; usleep(1000)) {
        frame_writer_handle(view.writer);
        tick(&shown);
    }
    assert_true(is_equal(&view));
    source_info.destroy(shown.data);
    close_view(&view);
}

static void test_restarts_and_sizes(void **state)
{
    struct view view = open_view("main");
    struct shown shown;
    show(&shown, "main");
    paint(&view, card, 0xff204060);
    publish(&view, NULL, 0);
    wait_for(&shown, &view);

    view.width = 100;
    view.height = 120;
    memset(view.pixels, 0x77, 100 * 120 * 4);
    assert_true(frame_writer_resize(view.writer, 100, 120, NULL));
    publish(&view, NULL, 0);
    wait_for(&shown, &view);
    assert_int_equal(source_info.get_width(shown.data), 100);

    close_view(&view);
    tick(&shown);
    assert_non_null(fake.shown);  // the last picture stays a while
    view = open_view("main");
    paint(&view, (struct frame_box){0, 0, 5, 5}, 0xff000000);
    publish(&view, NULL, 0);
    wait_for(&shown, &view);
    assert_int_equal(source_info.get_height(shown.data), HEIGHT);
    source_info.destroy(shown.data);
    close_view(&view);
}

static void test_several(void **state)
{
    struct view main = open_view("main"), tall = open_view("tall");
    struct shown a, b, c;
    paint(&main, card, 0xff112233);
    paint(&tall, card, 0xff665544);
    publish(&main, NULL, 0);
    publish(&tall, NULL, 0);
    show(&a, "main");
    show(&b, "main");
    show(&c, "tall");
    wait_for(&a, &main);
    wait_for(&b, &main);
    wait_for(&c, &tall);
    source_info.update(c.data, &(struct obs_data){"main"});
    wait_for(&c, &main);
    frame_writer_handle(tall.writer);
    assert_int_equal(frame_writer_readers(tall.writer), 0);

    source_info.get_properties(a.data);
    assert_int_equal(fake.list_count, 2);
    assert_string_equal(fake.info, "StateLive");
    source_info.update(c.data, &(struct obs_data){"../main"});
    tick(&c);
    assert_null(fake.shown);
    assert_non_null(strstr(fake.log, "a view's name has"));
    source_info.get_properties(c.data);
    assert_string_equal(fake.info, "StateBadName");
    source_info.update(c.data, &(struct obs_data){"tall"});
    wait_for(&c, &tall);
    source_info.destroy(a.data);
    source_info.destroy(b.data);
    source_info.destroy(c.data);
    close_view(&main);
    close_view(&tall);
    assert_int_equal(fake.textures, 0);
}

static void test_drawing(void **state)
{
    static const struct {
        const char *name, *technique;
        bool is_linear;
        enum gs_color_space space;
        size_t filters;
    } cases[] = {
        {"straight onto the picture", "AsIs", true, GS_CS_SRGB, 0},
        {"collected for a crop", "Light", false, GS_CS_SRGB, 0},
        {"collected for a filter", "Light", true, GS_CS_SRGB, 1},
        {"a picture in light", "Light", true, GS_CS_SRGB_16F, 0},
    };
    struct shown shown;
    struct view view = open_shown(&shown);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        print_message("%s\n", cases[i].name);
        fake.is_linear = cases[i].is_linear;
        fake.space = cases[i].space;
        shown.self.filters = cases[i].filters;
        fake.is_srgb = i % 2 == 0;
        tick(&shown);
        assert_string_equal(fake.drawn_with, cases[i].technique);
        assert_int_equal(fake.was_srgb, strcmp(cases[i].technique, "Light") == 0);
        assert_int_equal(fake.is_srgb, i % 2 == 0);
        assert_int_equal(fake.blend_source, GS_BLEND_ONE);
        assert_int_equal(fake.blend_ground, GS_BLEND_INVSRCALPHA);
        assert_int_equal(fake.blend_depth, 0);
    }
    /* Nothing on air: nothing is drawn. */
    memset(view.pixels, 0, WIDTH * HEIGHT * 4);
    publish(&view, &card, 1);
    tick(&shown);
    assert_null(fake.shown);
    source_info.destroy(shown.data);
    close_view(&view);
}

/* The card is full: said once, nothing is drawn, and the next picture is tried again. */
static void test_full_card(void **state)
{
    struct shown shown;
    struct view view = open_shown(&shown);
    fake.is_full = true;
    paint(&view, card, 0xff555555);
    publish(&view, &card, 1);
    tick(&shown);
    assert_null(fake.shown);
    fake.is_full = false;
    paint(&view, card, 0xff666666);
    publish(&view, &card, 1);
    wait_for(&shown, &view);
    source_info.destroy(shown.data);
    close_view(&view);
}

/* Who sends nonsense at the view's place is not believed, and an honest overlay is found afterwards. */
static void test_nonsense(void **state)
{
    struct shown shown;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *path = frame_socket_path("main", NULL);
    strcpy(address.sun_path, path);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 4), 0);
    show(&shown, "main");
    tick(&shown);
    int fd = accept(listener, NULL, NULL);
    char noise[4096];
    memset(noise, 0xa5, sizeof(noise));
    assert_int_equal(send(fd, noise, sizeof(noise), 0), sizeof(noise));
    for (int i = 0; i < 10; i++)
        tick(&shown);
    assert_null(fake.shown);
    close(fd);
    close(listener);
    unlink(path);
    free(path);
    struct view view = open_view("main");
    paint(&view, card, 0xff204060);
    publish(&view, NULL, 0);
    wait_for(&shown, &view);
    source_info.destroy(shown.data);
    close_view(&view);
}

static int forget(void **state)
{
    fake = (struct fake){.is_linear = true};
    return 0;
}

int main(void)
{
    assert_non_null(mkdtemp(folder));
    char *ours = xasprintf("%s/antiphon", folder);
    mkdir(ours, 0700);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_damage_only, forget), cmocka_unit_test_setup(test_unseen, forget),
        cmocka_unit_test_setup(test_restarts_and_sizes, forget), cmocka_unit_test_setup(test_several, forget),
        cmocka_unit_test_setup(test_drawing, forget), cmocka_unit_test_setup(test_full_card, forget),
        cmocka_unit_test_setup(test_nonsense, forget),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char *command = xasprintf("rm -rf '%s'", folder);
    if (system(command) != 0)
        failed++;
    free(command);
    free(ours);
    return failed;
}
