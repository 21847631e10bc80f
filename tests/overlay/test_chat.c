/* The chat box: lines join, move, leave and are deleted; what is copied is what would have been painted. */
#include "stage.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

enum { WIDTH = 1280, HEIGHT = 720, TOLD = 20 };

static const char *const words[] = {
    "hello everyone, what a lovely evening it is today", "سلام به همه! این آهنگ را از کجا پیدا کردید؟", "主播好！今天玩什么游戏呢？",
    "short", "هل ستلعب Minecraft (نسخة 1.20) اليوم؟", "a line that is much longer than the box is wide, and so needs a second row at least",
};

static json_t *make_line(int id)
{
    char name[24], author[24];
    snprintf(name, sizeof(name), "viewer_%d", id % 7);
    snprintf(author, sizeof(author), "%d", id % 7);
    return json_pack("{sis{ssssss}ssss}", "id", id, "author", "name", name, "id", author, "color", "#1E90FF", "platform",
        "twitch", "text", words[id % 6]);
}

/* Lines from … to, of which the relay tells the last 20. */
static json_t *make_chat(int from, int to)
{
    json_t *lines = json_array();
    for (int id = to - from < TOLD ? from : to - TOLD + 1; id <= to; id++)
        json_array_append_new(lines, make_line(id));
    return json_pack("{so}", "chat", lines);
}

static void tell(struct view *view, int from, int to, int64_t now_ms, bool at_once)
{
    json_t *state = make_chat(from, to);
    view_apply(view, state, now_ms, at_once);
    json_decref(state);
}

static int64_t settle(struct view *view, int64_t now_ms)
{
    for (int i = 0; i < 600 && view_paint(view, now_ms); i++)
        now_ms += 16;
    assert_false(view_paint(view, now_ms));
    return now_ms;
}

static void assert_same(const struct view *view, const struct view *other, const char *what)
{
    if (memcmp(canvas_pixels(view_canvas(view)), canvas_pixels(view_canvas(other)), WIDTH * HEIGHT * 4) != 0)
        fail_msg("%s: another picture than one painted whole", what);
}

/* Copied, moved and painted in parts: in the end it is what a fresh view paints. */
static void test_same_as_painted_whole(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "fa");
    int64_t now_ms = 0;
    int last = 0;
    static const int steps[] = {1, 1, 2, 1, 5, 1, 3, 30, 1};
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        last += steps[i];
        tell(view, 1, last, now_ms, false);
        for (int frame = 0; frame < 3 + (int)i; frame++, now_ms += 16)
            view_paint(view, now_ms);
        if (i % 3 == 1)
            continue;  // the next one comes while this one still moves
        now_ms = settle(view, now_ms);
        struct view *fresh = make_view(WIDTH, HEIGHT, "fa");
        tell(fresh, 1, last, 0, true);
        view_paint(fresh, 0);
        assert_same(view, fresh, "after lines");
        view_destroy(fresh);
    }
    view_destroy(view);
}

/* Each line is laid out once, and many changes between two frames are one. */
static void test_each_line_once(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 4, 0, true);
    view_paint(view, 0);
    struct view_stats before = view_stats(view);
    tell(view, 1, 5, 1000, false);
    int64_t now_ms = settle(view, 1000);
    uint64_t one = view_stats(view).layouts - before.layouts;
    assert_in_range(one, 1, 3);
    before = view_stats(view);
    for (int last = 6; last <= 2000; last++)
        tell(view, 1, last, now_ms, false);
    assert_int_equal(view_stats(view).layouts, before.layouts);
    view_paint(view, now_ms);
    assert_in_range(view_stats(view).layouts - before.layouts, 1, 12 * one);
    view_destroy(view);
}

/* A step of the movement paints what is new, not the box. */
static void test_scroll_is_copied(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 3, 0, true);
    view_paint(view, 0);
    const struct node *node = find_card(view, "chat:box");
    struct canvas *layer = node->layer;
    uint64_t paints = node->count.paints;
    tell(view, 1, 4, 1000, false);
    view_paint(view, 1000);
    view_paint(view, 1050);
    assert_ptr_equal(node->layer, layer);
    assert_int_equal(node->count.paints - paints, 1);  // the first step moves nothing yet, and nothing is new
    assert_true(damage_is_empty(&node->damage));
    settle(view, 1060);
    view_destroy(view);
}

static void test_still_costs_nothing(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 6, 0, false);
    int64_t now_ms = settle(view, 0);
    struct view_stats before = view_stats(view);
    tell(view, 1, 6, now_ms, false);
    for (int i = 0; i < 100; i++)
        assert_false(view_paint(view, now_ms + i * 16));
    struct view_stats after = view_stats(view);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_int_equal(view_wake_ms(view), 0);
    view_destroy(view);
}

static const struct {
    const char *name, *ids, *author;
    int left;  // of lines 1 to 4; those of 1, 2, 3, 4 are by authors 1, 2, 3, 4
} removals[] = {
    {"one in the middle", "[3]", NULL, 3},
    {"the newest", "[4]", NULL, 3},
    {"all", "[1, 2, 3, 4]", NULL, 0},
    {"another", "[77]", NULL, 4},
    {"an author", NULL, "{'platform':'twitch','id':'2'}", 3},
    {"another platform's author", NULL, "{'platform':'kick','id':'2'}", 4},
    {"nonsense", "{}", "[]", 4},
};

static size_t count_lines(const struct view *view)
{
    const struct node *node = find_card(view, "chat:box");
    return node ? json_array_size(node->last) : 0;
}

/* With the next frame, also while they enter; and nothing of them is kept. */
static void test_deleted_at_once(void **state)
{
    for (size_t i = 0; i < sizeof(removals) / sizeof(*removals); i++) {
        for (int is_entering = 0; is_entering < 2; is_entering++) {
            struct view *view = make_view(WIDTH, HEIGHT, "en"), *fresh = make_view(WIDTH, HEIGHT, "en");
            tell(view, 1, 2, 0, true);
            view_paint(view, 0);
            tell(view, 1, 4, 100, !is_entering);
            view_paint(view, 116);
            remove_from(view, removals[i].ids, removals[i].author);
            view_paint(view, 120);
            assert_int_equal(count_lines(view), removals[i].left);
            settle(view, 120);
            // The relay's own news of it changes nothing more.
            json_t *rest = json_pack("{sO}", "chat", find_card(view, "chat:box")->last);
            view_apply(fresh, rest, 0, true);
            view_paint(fresh, 0);
            assert_same(view, fresh, removals[i].name);
            view_apply(view, rest, 2000, false);
            settle(view, 2000);
            assert_same(view, fresh, removals[i].name);
            json_decref(rest);
            view_destroy(view);
            view_destroy(fresh);
        }
    }
}

/* Lines that the relay takes off air without naming them, by a clear of the room. */
static void test_cleared(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 6, 0, true);
    view_paint(view, 0);
    apply(view, "{'chat':[]}", 100, false);
    view_paint(view, 116);
    assert_true(is_blank(view));
    view_destroy(view);
}

static char *write_theme(const char *text)
{
    char *path = strdup("/tmp/antiphon-theme-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* They fade after their time, and between it nothing wakes; a line deleted while it fades is gone at once. */
static void test_lines_leave_after_their_time(void **state)
{
    char *path = write_theme("{\"chat\":{\"stay_s\":5}}");
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = WIDTH, .height_px = HEIGHT,
        .theme_path = path, .language = "en", .painter = painter, .text = engine}, &err);
    unlink(path);
    free(path);
    if (!view)
        fail_msg("%s", err.text);
    tell(view, 1, 2, 0, true);
    assert_false(view_paint(view, 0));
    assert_int_equal(view_wake_ms(view), 5000);
    assert_false(view_paint(view, 4990));
    assert_true(view_paint(view, 5000));
    view_paint(view, 5100);
    assert_false(is_blank(view));
    remove_from(view, "[1, 2]", NULL);
    view_paint(view, 5116);
    assert_true(is_blank(view));
    // What has had its time does not come again with the next line.
    tell(view, 1, 3, 6000, false);
    settle(view, 6000);
    assert_false(is_blank(view));
    settle(view, 11000);
    assert_false(view_paint(view, 12000));
    assert_true(is_blank(view));
    view_destroy(view);
}

static const char *const hostile[] = {
    "{'chat':[{}]}", "{'chat':[null,7,'x',[]]}", "{'chat':[{'id':-1,'text':'a'},{'id':-1,'text':'a'}]}",
    "{'chat':[{'id':1,'text':'x','emotes':[{'from':-3,'to':900},{'from':0,'to':1,'url':''}]}]}",
    "{'chat':[{'id':1,'author':{'name':''},'platform':'','text':''}]}",
    "{'chat':[{'id':1,'author':{'name':'\\u202eevil\\u2066','roles':'moderator'},'platform':'?','text':'\\u202e\\n\\n\\n\\n'}]}",
    "{'chat':[{'id':1,'author':{'name':7,'roles':[1,null,'x']},'platform':9,'text':{}}]}",
    "{'chat':{}}", "{'chat':7}", "{'chat':[{'id':1,'is_action':true,'author':{'name':'a','color':'red'},'text':'z\\u0351\\u0351\\u0351\\u0351\\u0351'}]}",
};

static void test_hostile(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "ar");
    int64_t now_ms = 0;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        apply(view, hostile[i], now_ms, i % 3 == 0);
        now_ms = settle(view, now_ms) + 100;
    }
    char *long_name = malloc(5001);
    memset(long_name, 'W', 5000);
    long_name[5000] = '\0';
    json_t *told = json_pack("{s[{sis{ss}ssss}]}", "chat", "id", 3, "author", "name", long_name, "platform", "twitch",
        "text", long_name);
    view_apply(view, told, now_ms, false);
    settle(view, now_ms);
    const struct node *node = find_card(view, "chat:box");
    assert_true(node->drawn.x >= 0 && node->drawn.x + node->drawn.width <= WIDTH);
    json_decref(told);
    free(long_name);
    view_destroy(view);
}

/* An evening of chat: 10,000 lines, ten between two frames, and no memory more at the end than in the middle. */
static void test_flood(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en");
    size_t middle = 0;
    int64_t now_ms = 0;
    for (int last = 10; last <= 10000; last += 10, now_ms += 16) {
        tell(view, 1, last, now_ms, false);
        view_paint(view, now_ms);
        if (last == 5000)
            middle = mallinfo2().uordblks;
    }
    size_t end = mallinfo2().uordblks;
    if (end > middle + 200000)
        fail_msg("%zu bytes at 5,000 lines, %zu at 10,000", middle, end);
    settle(view, now_ms);
    view_destroy(view);
}

/* A line that was edited stands where it stood, once, with its new words. */
static void test_edited(void **state)
{
    struct view *view = make_view(WIDTH, HEIGHT, "en"), *fresh = make_view(WIDTH, HEIGHT, "en");
    tell(view, 1, 2, 0, true);
    int64_t now_ms = settle(view, 0);
    json_t *json = make_chat(1, 2);
    json_object_set_new(json_array_get(json_object_get(json, "chat"), 0), "text", json_string("something else"));
    view_apply(view, json, now_ms, false);
    settle(view, now_ms);
    view_apply(fresh, json, now_ms, true);
    view_paint(fresh, now_ms);
    assert_same(view, fresh, "edited");
    json_decref(json);
    view_destroy(view);
    view_destroy(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_painted_whole), cmocka_unit_test(test_edited), cmocka_unit_test(test_each_line_once),
        cmocka_unit_test(test_scroll_is_copied), cmocka_unit_test(test_still_costs_nothing),
        cmocka_unit_test(test_deleted_at_once), cmocka_unit_test(test_cleared),
        cmocka_unit_test(test_lines_leave_after_their_time), cmocka_unit_test(test_hostile), cmocka_unit_test(test_flood),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
