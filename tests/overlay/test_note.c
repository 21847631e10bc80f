/* The host's note: its words stand at once, and it grows when its picture has come. */
#include "stage.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "net/loop.h"
#include "net/signature.h"
#include "overlay/pictures.h"
#include "overlay/png.h"

enum { GREEN = 0xff00c000 };

struct world {
    struct loop *loop;
    struct pictures *pictures;
    struct view *view;
    struct timer timer;
    struct buffer png;
    char hash[SIGNATURE_HEX_BYTES];
    int64_t until_ms, now_ms;
    int height;  // of the card without its picture
};

static void give(void *data)
{
    struct world *world = data;
    pictures_take_own(world->pictures, world->hash, world->png.data, world->png.len, NULL);
}

static void handle_ask(void *data, const char *hash)
{
    struct world *world = data;
    assert_string_equal(hash, world->hash);
    loop_post(world->loop, give, world);
}

static void make_picture(struct world *world, int width, int height)
{
    unsigned char digest[SIGNATURE_BYTES];
    uint32_t *pixels = malloc((size_t)width * (size_t)height * 4);
    for (int i = 0; i < width * height; i++)
        pixels[i] = GREEN;
    assert_true(png_write(pixels, width, height, (size_t)width * 4, &world->png));
    signature_sha256(world->png.data, world->png.len, digest);
    signature_to_hex(digest, world->hash);
    free(pixels);
}

static void open_world(struct world *world, int width, int height, const char *words)
{
    struct error err = {0};
    *world = (struct world){.loop = loop_create(&err), .until_ms = clock_monotonic_ms() + 20000};
    make_picture(world, width, height);
    world->pictures = pictures_open(&(struct pictures_options){.loop = world->loop, .ask_own = handle_ask, .data = world}, &err);
    world->view = view_create(&(struct view_options){.name = "main", .width_px = 1280, .height_px = 720, .painter = painter,
        .text = engine, .pictures = world->pictures}, &err);
    char state[400];
    snprintf(state, sizeof(state), "{'note':{'id':1,%s'picture':'antiphon:%s'}}", words, world->hash);
    apply(world->view, state, 0, true);
    view_paint(world->view, 0);
    world->height = find_card(world->view, "note:1")->card.height;
}

static void close_world(struct world *world)
{
    timer_stop(&world->timer);
    view_destroy(world->view);
    pictures_close(world->pictures);
    loop_destroy(world->loop);
    buffer_fini(&world->png);
}

static void look(void *data)
{
    struct world *world = data;
    view_paint(world->view, world->now_ms += 16);
    bool is_grown = find_card(world->view, "note:1")->card.height != world->height;
    if (is_grown || clock_monotonic_ms() > world->until_ms)
        loop_stop(world->loop);
    else
        timer_start(&world->timer, 2);
}

static void wait_for_picture(struct world *world)
{
    struct error err = {0};
    timer_init(&world->timer, world->loop, look, world);
    timer_start(&world->timer, 0);
    assert_true(loop_run(world->loop, &err));
    for (int i = 0; i < 100; i++)
        view_paint(world->view, world->now_ms += 16);
}

static struct box find_green(const struct view *view)
{
    const struct canvas *canvas = view_canvas(view);
    struct box box = {0};
    for (int i = 0; i < canvas_width(canvas) * canvas_height(canvas); i++) {
        const struct box px = {i % canvas_width(canvas), i / canvas_width(canvas), 1, 1};
        if (canvas_pixels(canvas)[i] == GREEN)
            box = box_is_empty(&box) ? px : box_union(&box, &px);
    }
    return box;
}

static void test_words_do_not_wait(void **state)
{
    struct world world;
    open_world(&world, 600, 300, "'title':'Tonight','text':'Anna plays',");
    assert_false(is_blank(world.view));
    wait_for_picture(&world);
    struct box green = find_green(world.view);
    assert_true(find_card(world.view, "note:1")->card.height > world.height);
    assert_in_range(green.width, 2 * green.height - 4, 2 * green.height + 4);
    // Round: its corner is the card's.
    assert_true(canvas_pixels(view_canvas(world.view))[green.y * 1280 + green.x] != GREEN);
    close_world(&world);
}

static void test_picture_alone(void **state)
{
    struct world world;
    open_world(&world, 300, 900, "");
    assert_true(is_blank(world.view));
    wait_for_picture(&world);
    struct box green = find_green(world.view);
    assert_in_range(green.height, 3 * green.width - 6, 3 * green.width + 6);
    assert_true(green.height <= 720);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words_do_not_wait), cmocka_unit_test(test_picture_alone)};
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
