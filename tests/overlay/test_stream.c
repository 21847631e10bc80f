/* A question becomes pixels in shared memory, painted by the view's own timer, which stops when all is still. */
#include "stage.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "net/loop.h"

struct watcher {
    struct loop *loop;
    struct view *view;
    struct frame_reader *reader;
    struct timer timer;
    int64_t until_ms;
    bool is_seen;
};

static bool has_pixel(const struct frame_picture *picture)
{
    for (int y = 0; y < picture->height_px; y++) {
        if (picture->rows[y].count > 0)
            return true;
    }
    return false;
}

static void look(void *data)
{
    struct watcher *watcher = data;
    frame_reader_poll(watcher->reader);
    const struct frame_picture *picture = frame_reader_picture(watcher->reader);
    watcher->is_seen = picture && frame_reader_state(watcher->reader) == FRAME_LIVE && has_pixel(picture);
    if ((watcher->is_seen && view_is_still(watcher->view)) || clock_monotonic_ms() > watcher->until_ms)
        loop_stop(watcher->loop);
    else
        timer_start(&watcher->timer, 5);
}

static void test_stream(void **state)
{
    char folder[] = "/tmp/antiphon-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/frames-main.sock", folder);
    struct error err = {0};
    struct watcher watcher = {.loop = loop_create(&err), .until_ms = clock_monotonic_ms() + 10000};
    watcher.view = view_create(&(struct view_options){.name = "main", .width_px = 640, .height_px = 360,
        .painter = painter, .text = engine, .loop = watcher.loop, .frames_path = path}, &err);
    if (!watcher.view)
        fail_msg("%s", err.text);
    watcher.reader = frame_reader_create(&(struct frame_reader_options){.path = path});
    timer_init(&watcher.timer, watcher.loop, look, &watcher);
    timer_start(&watcher.timer, 0);
    apply(watcher.view, "{'question':{'id':1,'text':'Hello?'}}", clock_monotonic_ms(), false);
    assert_false(view_is_still(watcher.view));
    assert_true(loop_run(watcher.loop, &err));
    assert_true(watcher.is_seen);
    assert_true(view_is_still(watcher.view));
    const struct frame_picture *picture = frame_reader_picture(watcher.reader);
    const struct canvas *canvas = view_canvas(watcher.view);
    for (int y = 0; y < 360; y++)
        assert_memory_equal(picture->pixels + (size_t)y * picture->stride_bytes,
            (const char *)canvas_pixels(canvas) + (size_t)y * canvas_stride(canvas), 640 * 4);
    timer_stop(&watcher.timer);
    frame_reader_destroy(watcher.reader);
    view_destroy(watcher.view);
    loop_destroy(watcher.loop);
    unlink(path);
    rmdir(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stream)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
