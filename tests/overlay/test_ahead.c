/* Cards before they go on air: drawn beside the view, and asked for by a relay. */
#include "stage.h"

#include <signal.h>

#include "base/clock.h"
#include "frame/frame.h"
#include "overlay/card_picture.h"
#include "overlay/reading.h"
#include "relay.h"

#define PERSIAN "این آهنگ برای شما چه معنایی دارد؟"

/* ---- drawing */

static struct card_picture draw(const struct view *view, const char *kind, const char *card)
{
    struct card_picture picture;
    struct error err = {0};
    json_t *json = parse(card);
    if (!card_picture_draw(&picture, &view_scene(view)->stage, kind, json, &err))
        fail_msg("%s", err.text);
    json_decref(json);
    return picture;
}

static void assert_png(const struct card_picture *picture)
{
    assert_true(picture->png.len > 100 && picture->png.len <= CARD_PNG_BYTES_MAX);
    assert_memory_equal(picture->png.data, "\x89PNG\r\n\x1a\n", 8);
}

static bool is_same(const struct card_picture *a, const struct card_picture *b)
{
    return a->png.len == b->png.len && memcmp(a->png.data, b->png.data, a->png.len) == 0;
}

static void test_is_the_card_itself(void **state)
{
    struct view *view = make_view(1920, 1080, "fa");
    struct card_picture picture = draw(view, "question", "{'id':7,'text':'" PERSIAN "','author':{'name':'نیلوفر'},'platform':'twitch'}");
    struct card_picture other = draw(view, "question", "{'id':7,'text':'" PERSIAN " !','author':{'name':'نیلوفر'},'platform':'twitch'}");
    assert_png(&picture);
    assert_false(is_same(&picture, &other));
    assert_int_equal(picture.missing.len, 0);
    assert_false(picture.is_cut || picture.is_shrunk);
    // The view has painted nothing and has no card; and where the card goes then is where it was said to go.
    assert_int_equal(view_stats(view).frames, 0);
    assert_true(list_is_empty(&view_scene(view)->nodes));
    apply(view, "{'question':{'id':7,'text':'" PERSIAN "','author':{'name':'نیلوفر'},'platform':'twitch'}}", 0, true);
    view_paint(view, 0);
    const struct node *node = find_card(view, "question:7");
    assert_memory_equal(&node->box, &picture.box, sizeof(struct box));
    assert_int_equal(canvas_width(node->layer), picture.width_px);
    card_picture_fini(&picture);
    card_picture_fini(&other);
    view_destroy(view);
}

static void test_poll(void **state)
{
    struct view *view = make_view(640, 360, "en");
    struct card_picture picture = draw(view, "poll", "{'question':'Next game?','options':[{'text':'Chess','votes':0},{'text':'Go','votes':0}],'state':'open'}");
    assert_png(&picture);
    assert_false(picture.is_cut);
    card_picture_fini(&picture);
    view_destroy(view);
}

static void test_tells_what_is_wrong(void **state)
{
    struct view *view = make_view(640, 360, "en");
    // Two lines, so that it is laid out several times: each missing character is told once.
    struct card_picture picture = draw(view, "question", "{'text':'\xee\x80\x80 \xee\x80\x81 once again \xee\x80\x80 and what does this song mean to all of you who came tonight?'}");
    uint32_t scalars[2];
    assert_int_equal(picture.missing.len, sizeof(scalars));
    memcpy(scalars, picture.missing.data, sizeof(scalars));
    assert_int_equal(scalars[0], 0xe000);
    assert_int_equal(scalars[1], 0xe001);
    card_picture_fini(&picture);

    char *text = xcalloc(1, 4000);
    for (int i = 0; i < 300; i++)
        strcat(text, "many words ");
    char *card = xasprintf("{'text':'%s'}", text);
    picture = draw(view, "question", card);
    assert_true(picture.is_cut && picture.is_shrunk);
    assert_true(picture.read_ms > 100 * 1000);
    card_picture_fini(&picture);
    free(card);
    free(text);
    view_destroy(view);
}

/* 10 kB of text, towers of marks, overrides, nothing at all, and what is no card: a picture or a refusal, and quickly. */
static void test_hostile(void **state)
{
    struct view *view = make_view(1280, 720, "en");
    struct buffer zalgo = {0}, endless = {0};
    buffer_add_string(&zalgo, "{'text':'Z");
    for (int i = 0; i < 5000; i++)
        buffer_add_string(&zalgo, "\xcc\x8d");
    buffer_add_string(&zalgo, "','author':{'name':'\xe2\x80\xae\xe2\x81\xa6 evil','color':'#zzzzzz'},'platform':''}");
    buffer_add(&zalgo, "", 1);
    buffer_add_string(&endless, "{'text':'");
    for (int i = 0; i < 10000; i++)
        buffer_add_char(&endless, 'M');
    buffer_add_string(&endless, "'}");
    buffer_add(&endless, "", 1);
    const char *const cards[] = {zalgo.data, endless.data, "{}", "{'text':7,'author':[],'platform':{}}",
        "{'text':'\\u0000\\u0007\\ufeff\\u2028','author':{'name':''}}"};
    int64_t began_ms = clock_monotonic_ms();
    for (size_t i = 0; i < sizeof(cards) / sizeof(*cards); i++) {
        struct card_picture picture = draw(view, "question", cards[i]);
        assert_png(&picture);
        assert_true(picture.box.width <= 1280 + 200 && picture.box.height <= 720 + 200);
        card_picture_fini(&picture);
    }
    assert_true(clock_monotonic_ms() - began_ms < 10000);
    static const char *const refused[] = {"question ", "", "nonsense"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        struct card_picture picture;
        struct error err = {0};
        json_t *card = json_object();
        assert_false(card_picture_draw(&picture, &view_scene(view)->stage, refused[i], card, &err));
        card_picture_fini(&picture);
        json_decref(card);
    }
    buffer_fini(&zalgo);
    buffer_fini(&endless);
    view_destroy(view);
}

static void test_reading(void **state)
{
    static const struct {
        const char *text;
        int64_t least_ms, most_ms;
    } cases[] = {
        {"", 3000, 3000},
        {"Hello?", 3000, 3000},
        {"What does this song mean to you, and why did you choose it for tonight?", 5000, 6500},
        {"這首歌對你有什麼意義？這首歌對你有什麼意義？", 5000, 5600},
        {"a\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d\xcc\x8d", 3000, 3000},
        {"\xff\xfe broken", 3000, 3000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_in_range(reading_ms(str_from(cases[i].text)), cases[i].least_ms, cases[i].most_ms);
}

/* ---- the process */

struct scene_of {
    struct relay relay;
    struct overlay_view view;
    struct overlay_options options;
    struct frame_reader *reader;
    char *frames_path, *url;
    int answers;  // waited for
};

static bool is_settled(void *data)
{
    struct scene_of *scene = data;
    frame_reader_poll(scene->reader);
    // The first picture may be of the view before it was told anything.
    return !json_get_bool(scene->relay.preview, "is_empty", true) && frame_reader_picture(scene->reader) && frame_reader_state(scene->reader) == FRAME_LIVE;
}

static bool has_answers(void *data)
{
    struct scene_of *scene = data;
    return (int)json_array_size(scene->relay.replies) >= scene->answers;
}

static const json_t *find_reply(const struct scene_of *scene, int ref)
{
    size_t i;
    json_t *reply;
    json_array_foreach(scene->relay.replies, i, reply) {
        if (json_get_int(reply, "ref", 0) == ref)
            return reply;
    }
    fail_msg("no reply to %d", ref);
    return NULL;
}

static const char *refusal(const struct scene_of *scene, int ref)
{
    const json_t *reply = find_reply(scene, ref);
    assert_false(json_get_bool(reply, "ok", true));
    return json_get_text(json_object_get(reply, "error"), "text");
}

#define ASK(ref, view, kind, card) \
    "{'type':'command','ref':" #ref ",'command':'card.preview','view':'" view "','kind':'" kind "','card':" card "}"

static void test_process(void **state)
{
    struct scene_of scene = {0};
    relay_start(&scene.relay, "{'views':{'main':{'question':{'id':1,'text':'On air','message':1}}},'is_blank':false}");
    relay_listen(&scene.relay);
    scene.frames_path = xasprintf("%s/frames-main.sock", scene.relay.folder);
    scene.url = xasprintf("unix:%s", scene.relay.path);
    scene.view = (struct overlay_view){.name = "main", .width_px = 640, .height_px = 360};
    scene.options = (struct overlay_options){.relay = scene.url, .views = &scene.view, .view_count = 1,
        .frames_folder = scene.relay.folder};
    scene.reader = frame_reader_create(&(struct frame_reader_options){.path = scene.frames_path});
    pid_t pid = spawn_overlay(&scene.options);
    assert_true(relay_serve_until(&scene.relay, is_settled, &scene));
    uint64_t sequence = frame_reader_picture(scene.reader)->sequence;
    int previews = scene.relay.previews;

    relay_send(&scene.relay, ASK(1, "main", "question", "{'id':12,'text':'Ahead \xee\x80\x80?'}"));
    relay_send(&scene.relay, ASK(2, "other", "question", "{'text':'Nowhere'}"));
    relay_send(&scene.relay, ASK(3, "main", "hologram", "{}"));
    relay_send(&scene.relay, "{'type':'command','ref':4,'command':'output.stop','name':'youtube'}");
    relay_send(&scene.relay, ASK(5, "main", "question", "7"));
    scene.answers = 5;
    assert_true(relay_serve_until(&scene.relay, has_answers, &scene));
    const json_t *result = json_object_get(find_reply(&scene, 1), "result");
    assert_memory_equal(json_get_text(result, "png"), "iVBORw0KGgo", 11);
    assert_int_equal(json_get_int(result, "view_width", 0), 640);
    assert_int_equal(json_array_size(json_object_get(result, "box")), 4);
    assert_int_equal(json_array_size(json_object_get(result, "missing")), 1);
    assert_non_null(strstr(refusal(&scene, 2), "does not paint"));
    assert_non_null(strstr(refusal(&scene, 3), "no such card"));
    assert_non_null(strstr(refusal(&scene, 4), "card.preview alone"));
    assert_non_null(strstr(refusal(&scene, 5), "an object"));

    // More than it takes at once is refused, and a deleted question is drawn for nobody.
    for (int i = 0; i < 20; i++)
        relay_send(&scene.relay, ASK(6, "main", "question", "{'id':12,'text':'Again and again'}"));
    relay_send(&scene.relay, "{'type':'question_removed','id':12}");
    scene.answers = 25;
    assert_true(relay_serve_until(&scene.relay, has_answers, &scene));

    // All that while, the view's picture is the one that it was.
    frame_reader_poll(scene.reader);
    assert_int_equal(frame_reader_picture(scene.reader)->sequence, sequence);
    assert_int_equal(scene.relay.previews, previews);
    int status = end_overlay(pid, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    frame_reader_destroy(scene.reader);
    relay_stop(&scene.relay);
    free(scene.frames_path);
    free(scene.url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_is_the_card_itself, make_stage, drop_stage),
        cmocka_unit_test_setup_teardown(test_poll, make_stage, drop_stage),
        cmocka_unit_test_setup_teardown(test_tells_what_is_wrong, make_stage, drop_stage),
        cmocka_unit_test_setup_teardown(test_hostile, make_stage, drop_stage),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
