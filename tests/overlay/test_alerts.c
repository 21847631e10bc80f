/* Alerts stand in line: one after the other, each once, with quiet between; streaks count; what is deleted is gone. */
#include "stage.h"

#include <stdio.h>

enum { WIDTH = 1280, HEIGHT = 720 };

static int alerted;
static char last_kind[32];

static void note_alert(void *data, const char *kind)
{
    alerted++;
    snprintf(last_kind, sizeof(last_kind), "%s", kind);
}

static struct view *make_alert_view(const char *language)
{
    alerted = 0;
    struct error err = {0};
    struct view *view = view_create(&(struct view_options){.name = "main", .width_px = WIDTH, .height_px = HEIGHT,
        .language = language, .painter = painter, .text = engine, .alerted = note_alert}, &err);
    if (!view)
        fail_msg("%s", err.text);
    return view;
}

/* "5 6:3" are alerts 5 and 6, the latter of a streak that counts 3; 6 is told with the id 1006. By author n. */
static json_t *make_state(const char *list)
{
    json_t *alerts = json_array();
    int id, count, used;
    for (const char *at = list; sscanf(at, "%d%n", &id, &used) == 1; at += used) {
        count = 1;
        int more = 0;
        if (sscanf(at + used, ":%d%n", &count, &more) == 1)
            used += more;
        char author[16];
        snprintf(author, sizeof(author), "%d", id);
        json_array_append_new(alerts, json_pack("{sisisssssss{ssss}s{sisisiss*ss}}", "id", count > 1 ? id + 1000 : id, "first", id,
            "kind", "gift", "text", "thank you", "platform", "twitch", "author", "name", "Anna", "id", author, "money",
            "micros", 0, "units", 0, "count", count, "streak", count > 1 ? "open" : NULL, "item", "Rose"));
    }
    return json_pack("{so}", "alerts", alerts);
}

static void tell(struct view *view, const char *list, int64_t now_ms)
{
    json_t *state = make_state(list);
    assert_non_null(state);
    view_apply(view, state, now_ms, false);
    json_decref(state);
}

/* The id of the alert that is shown, or is on its way in; 0: none. */
static int shown(const struct view *view)
{
    const struct node *node;
    int id = 0;
    list_for_each(node, &view_scene(view)->nodes, link) {
        if (strncmp(node->id, "alert:", 6) == 0 && node->state == NODE_SHOWN) {
            assert_int_equal(id, 0);  // never two
            id = atoi(node->id + 6);
        }
    }
    return id;
}

/* Paints as the timer would, and leaves out what nobody asked for. Returns when it stopped. */
static int64_t run_until(struct view *view, int64_t now_ms, int64_t end_ms)
{
    while (now_ms < end_ms) {
        if (view_paint(view, now_ms)) {
            now_ms += 16;
            continue;
        }
        int64_t wake_ms = view_wake_ms(view);
        if (wake_ms == 0 || wake_ms >= end_ms)
            return end_ms;
        now_ms = wake_ms > now_ms ? wake_ms : now_ms + 16;
    }
    return now_ms;
}

static void test_one_after_the_other(void **state)
{
    struct view *view = make_alert_view("en");
    tell(view, "", 0);
    tell(view, "1 2 3", 1000);
    assert_int_equal(shown(view), 1);
    int64_t begun[4] = {0}, ended[4] = {0}, now_ms = 1000;
    for (int before = 0; now_ms < 40000; now_ms += 16) {
        view_paint(view, now_ms);
        int now = shown(view);
        if (now != before && now)
            begun[now] = now_ms;
        if (now != before && before)
            ended[before] = now_ms;
        before = now;
    }
    for (int i = 1; i <= 3; i++) {
        assert_true(ended[i] - begun[i] >= 3000);       // long enough to be read
        assert_true(ended[i] - begun[i] < 9000);
        if (i > 1)
            assert_true(begun[i] - ended[i - 1] >= 700);  // quiet
    }
    assert_int_equal(alerted, 3);
    assert_string_equal(last_kind, "gift");
    assert_true(is_blank(view));
    assert_int_equal(view_wake_ms(view), 0);
    view_destroy(view);
}

/* What stood in the first state was shown by whoever was here before; a returning relay tells the same again. */
static void test_none_twice(void **state)
{
    struct view *view = make_alert_view("en");
    tell(view, "1 2", 0);
    assert_int_equal(shown(view), 0);
    tell(view, "1 2 3", 100);
    assert_int_equal(shown(view), 3);
    run_until(view, 100, 20000);
    tell(view, "1 2 3", 20000);
    tell(view, "2 3", 20100);
    tell(view, "1 2 3", 20200);
    assert_int_equal(shown(view), 0);
    assert_int_equal(alerted, 1);
    // Panic, and back: what came meanwhile is not shown late.
    view_apply(view, NULL, 21000, true);
    tell(view, "1 2 3 4", 22000);
    assert_int_equal(shown(view), 0);
    tell(view, "2 3 4 5", 23000);
    assert_int_equal(shown(view), 5);
    view_destroy(view);
}

static void test_streak_counts_in_place(void **state)
{
    struct view *view = make_alert_view("fa");
    tell(view, "", 0);
    tell(view, "7:2", 1000);
    int64_t now_ms = run_until(view, 1000, 2000);
    const struct node *node = find_card(view, "alert:7");
    assert_non_null(node);
    for (int count = 3; count < 40; count++) {
        char list[16];
        snprintf(list, sizeof(list), "7:%d", count);
        tell(view, list, now_ms);
        now_ms = run_until(view, now_ms, now_ms + 400);
        assert_ptr_equal(find_card(view, "alert:7"), node);
    }
    assert_int_equal(alerted, 1);
    run_until(view, now_ms, now_ms + 10000);
    tell(view, "7:41", now_ms + 10000);
    assert_int_equal(shown(view), 0);
    assert_int_equal(alerted, 1);
    view_destroy(view);
}

/* While only the count moves, only the count is painted. */
static void test_count_paints_its_place(void **state)
{
    struct view *view = make_alert_view("en");
    tell(view, "", 0);
    tell(view, "7:20", 1000);
    run_until(view, 1000, 2500);
    tell(view, "7:29", 2500);
    view_paint(view, 2500);
    struct view_stats before = view_stats(view);
    for (int64_t now_ms = 2516; now_ms < 2900; now_ms += 16)
        view_paint(view, now_ms);
    struct view_stats after = view_stats(view);
    assert_true(after.frames > before.frames);
    assert_true((after.pixels - before.pixels) / (after.frames - before.frames) < 200 * 120);
    view_destroy(view);
}

static void test_over_the_cap(void **state)
{
    struct view *view = make_alert_view("en");
    tell(view, "", 0);
    tell(view, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", 1000);
    int64_t now_ms = 1000;
    int shown_count = 0, before = 0, has_sum = 0;
    for (; now_ms < 200000; now_ms += 50) {
        view_paint(view, now_ms);
        int now = shown(view);
        if (now && now != before)
            shown_count++;
        if (now && strcmp(last_kind, "more") == 0)
            has_sum = 1;
        before = now;
    }
    assert_int_equal(shown_count, 13);  // 12 of 20, and the sum of the others
    assert_true(has_sum);
    assert_true(is_blank(view));
    view_destroy(view);
}

static const struct {
    const char *name, *ids, *author;
    int shown, waits;  // right after it; after the first one's time
} removals[] = {
    {"the one that stands", "[1]", NULL, 0, 2},
    {"one that waits", "[2]", NULL, 1, 3},
    {"all", "[1, 2, 3]", NULL, 0, 0},
    {"by the author", NULL, "{'platform':'twitch','id':'1'}", 0, 2},
    {"a waiting one's author", NULL, "{'platform':'twitch','id':'2'}", 1, 3},
    {"another", "[9]", "{'platform':'kick','id':'1'}", 1, 2},
};

static void test_deleted(void **state)
{
    for (size_t i = 0; i < sizeof(removals) / sizeof(*removals); i++) {
        for (int is_entering = 0; is_entering < 2; is_entering++) {
            struct view *view = make_alert_view("en");
            tell(view, "", 0);
            tell(view, "1 2 3", 1000);
            int64_t now_ms = is_entering ? 1050 : run_until(view, 1000, 2000);
            view_paint(view, now_ms);
            remove_from(view, removals[i].ids, removals[i].author);
            if (shown(view) != removals[i].shown)
                fail_msg("%s: %d stands", removals[i].name, shown(view));
            int64_t end_ms = now_ms + 12000;
            for (now_ms += 16; now_ms < end_ms && (shown(view) == removals[i].shown || !shown(view)); now_ms += 16)
                view_paint(view, now_ms);
            if (shown(view) != removals[i].waits)
                fail_msg("%s: then %d stands, expected %d", removals[i].name, shown(view), removals[i].waits);
            view_destroy(view);
        }
    }
}

/* Taken off by the relay without a word: the room was cleared. */
static void test_what_leaves_the_list(void **state)
{
    struct view *view = make_alert_view("en");
    tell(view, "", 0);
    tell(view, "1 2 3", 1000);
    int64_t now_ms = run_until(view, 1000, 2000);
    tell(view, "", now_ms);
    run_until(view, now_ms, now_ms + 20000);
    assert_int_equal(shown(view), 0);
    assert_int_equal(alerted, 1);
    assert_true(is_blank(view));
    view_destroy(view);
}

static const char *const hostile[] = {
    "{'alerts':[{}]}", "{'alerts':[null,7,'x',[]]}", "{'alerts':{}}", "{'alerts':[{'id':5}]}",
    "{'alerts':[{'id':6,'kind':'gift','money':{'micros':-5,'units':-7,'count':-9,'currency':'\\u202e','item':'\\u202e\\n\\n'}}]}",
    "{'alerts':[{'id':7,'kind':'gift','money':{'micros':9223372036854775807,'count':9223372036854775807,'currency':'USD','item':''}}]}",
    "{'alerts':[{'id':8,'kind':'raid','viewers':9223372036854775807}]}",
    "{'alerts':[{'id':9,'kind':'nothing we know','author':{'name':7},'platform':[],'text':{}}]}",
    "{'alerts':[{'id':10,'kind':'gift','money':{'item':'a','count':9223372036854775807,'streak':'open'}}]}",
    "{'alerts':[{'id':11,'kind':'more','count':-5}]}",
    "{'alert':{'id':1,'kind':'gift'}}", "{'alert':7}",
};

static void test_hostile(void **state)
{
    for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
        struct view *view = make_alert_view("ar");
        tell(view, "", 0);
        apply(view, hostile[i], 100, false);
        run_until(view, 100, 15000);
        view_destroy(view);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other), cmocka_unit_test(test_none_twice),
        cmocka_unit_test(test_streak_counts_in_place), cmocka_unit_test(test_count_paints_its_place),
        cmocka_unit_test(test_over_the_cap), cmocka_unit_test(test_deleted), cmocka_unit_test(test_what_leaves_the_list),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, make_stage, drop_stage);
}
