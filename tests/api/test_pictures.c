/* What overlays report, and cards that they draw before they go on air. */
#include "desk.h"

#include "relay/on_air.h"

#define OVERLAY "{\"type\":\"hello\",\"client\":\"overlay\",\"name\":\"studio\",\"topics\":[\"on_air\",\"desk\"]}"

struct room {
    struct desk desk;
    struct caller panel, overlay;
};

static const char *const own[] = {"twitch"};
static const struct on_air_view views[] = {
    {.name = "main"},
    {.name = "quiet", .platforms = own, .platform_count = 1, .foreign = ON_AIR_FOREIGN_HIDDEN},
    {.name = "shy", .platforms = own, .platform_count = 1, .foreign = ON_AIR_FOREIGN_ANONYMOUS},
    {.name = "subtitles", .cards = ON_AIR_CAPTIONS},
};

static void begin(struct room *room)
{
    *room = (struct room){0};
    desk_init(&room->desk);
    room->desk.relay_options.views = views;
    room->desk.relay_options.view_count = sizeof(views) / sizeof(*views);
    desk_start(&room->desk);
    caller_open(&room->panel, &room->desk, NULL);
    caller_open(&room->overlay, &room->desk, OVERLAY);
}

static void end(struct room *room)
{
    caller_close(&room->panel);
    if (room->overlay.websocket)
        caller_close(&room->overlay);
    desk_fini(&room->desk);
}

static int64_t add_question(struct room *room, const char *platform, const char *text)
{
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)desk_say(&room->desk, platform, "anna", text));
    return caller_must_id(&room->panel, "question.pick", members);
}

/* The panel asks; the order that reaches the overlay. */
static json_t *ask(struct room *room, const char *members)
{
    char *text = xasprintf("{\"type\":\"command\",\"ref\":\"a\",\"command\":\"card.preview\",%s}", members);
    caller_say(&room->panel, text);
    free(text);
    return caller_wait(&room->overlay, "command");
}

static void answer(struct room *room, const json_t *order, const char *rest)
{
    char *text = xasprintf("{\"type\":\"reply\",\"ref\":%lld,%s}", (long long)json_get_int(order, "ref", 0), rest);
    caller_say(&room->overlay, text);
    free(text);
}

static void test_card(void **state)
{
    struct room room;
    char members[160];
    begin(&room);
    int64_t id = add_question(&room, "twitch", "What does it mean?");
    snprintf(members, sizeof(members), "\"id\":%lld,\"text\":\"What does it mean to you?\",\"view\":\"main\"", (long long)id);
    json_t *order = ask(&room, members);
    assert_string_equal(json_get_text(order, "view"), "main");
    assert_string_equal(json_get_text(order, "kind"), "question");
    const json_t *card = json_object_get(order, "card");
    assert_string_equal(json_get_text(card, "text"), "What does it mean to you?");
    assert_string_equal(json_get_text(card, "platform"), "twitch");
    assert_int_equal(json_get_int(card, "id", 0), id);
    answer(&room, order, "\"ok\":true,\"result\":{\"png\":\"iVBORw==\",\"width\":4,\"box\":[1,2,3,4],\"is_cut\":true,\"read_ms\":3000,"
           "\"evil\":\"x\",\"missing\":[{\"text\":\"\\ue000\",\"script\":\"Zzzz\",\"evil\":1}]}");
    json_decref(order);
    json_t *reply = caller_wait(&room.panel, "reply");
    json_t *expected = json_loads("{\"png\":\"iVBORw==\",\"width\":4,\"box\":[1,2,3,4],\"is_cut\":true,\"read_ms\":3000,"
                                  "\"missing\":[{\"text\":\"\\ue000\",\"script\":\"Zzzz\"}]}", 0, NULL);
    assert_true(json_equal(json_object_get(reply, "result"), expected));
    json_decref(expected);
    json_decref(reply);

    order = ask(&room, "\"poll\":{\"question\":\"Next?\",\"options\":[\"Yes\",{\"text\":\"No\",\"text2\":\"نه\"}],\"x\":1},\"view\":\"main\"");
    assert_string_equal(json_get_text(order, "kind"), "poll");
    card = json_object_get(order, "card");
    assert_int_equal(json_array_size(json_object_get(card, "options")), 2);
    assert_null(json_object_get(card, "x"));
    answer(&room, order, "\"ok\":false,\"error\":{\"code\":\"data\",\"text\":\"this overlay does not paint that view\"}");
    json_decref(order);
    reply = caller_wait(&room.panel, "reply");
    assert_string_equal(json_get_text(json_object_get(reply, "error"), "text"), "card.preview: this overlay does not paint that view");
    json_decref(reply);
    end(&room);
}

/* What its destination's filters hide is not drawn, and nobody's name goes to an overlay that must not show it. */
static void test_filters(void **state)
{
    struct room room;
    char members[96];
    begin(&room);
    int64_t id = add_question(&room, "youtube", "Who are you?");
    snprintf(members, sizeof(members), "\"id\":%lld,\"view\":\"quiet\"", (long long)id);
    json_t *reply = caller_ask(&room.panel, "card.preview", members);
    assert_string_equal(json_get_text(json_object_get(reply, "result"), "hidden"), "platform");
    json_decref(reply);
    snprintf(members, sizeof(members), "\"id\":%lld,\"view\":\"subtitles\"", (long long)id);
    reply = caller_ask(&room.panel, "card.preview", members);
    assert_string_equal(json_get_text(json_object_get(reply, "result"), "hidden"), "card");
    json_decref(reply);
    snprintf(members, sizeof(members), "\"id\":%lld,\"view\":\"shy\"", (long long)id);
    json_t *order = ask(&room, members);
    assert_null(json_object_get(json_object_get(order, "card"), "author"));
    assert_null(json_object_get(json_object_get(order, "card"), "platform"));
    answer(&room, order, "\"ok\":true,\"result\":{}");
    json_decref(order);
    json_decref(caller_wait(&room.panel, "reply"));
    end(&room);
}

static void test_refusals(void **state)
{
    struct room room;
    begin(&room);
    char *huge = xcalloc(1, 2200), *members;
    memset(huge, 'x', 2100);
    members = xasprintf("\"text\":\"%s\",\"view\":\"main\"", huge);
    caller_refused(&room.panel, "card.preview", members, "2000 are the most");
    free(members);
    members = xasprintf("\"poll\":{\"options\":[\"%s\",\"b\"]},\"view\":\"main\"", huge);
    caller_refused(&room.panel, "card.preview", members, "2 to 10 texts");
    free(members);
    free(huge);
    caller_refused(&room.panel, "card.preview", "\"view\":\"main\"", "a text, a poll or a card is expected");
    caller_refused(&room.panel, "card.preview", "\"view\":\"main\",\"text\":\"a\",\"poll\":{}", "a text, a poll or a card is expected");
    caller_refused(&room.panel, "card.preview", "\"view\":\"main\",\"id\":4711", "there is no question 4711");
    caller_refused(&room.panel, "card.preview", "\"view\":\"none\",\"text\":\"a\"", "there is no view \"none\"");
    caller_refused(&room.panel, "card.preview", "\"text\":\"a\"", "view is missing");

    // It goes away before it answers; then there is none.
    json_decref(ask(&room, "\"text\":\"a\",\"view\":\"main\""));
    caller_close(&room.overlay);
    room.overlay.websocket = NULL;
    json_t *reply = caller_wait(&room.panel, "reply");
    assert_string_equal(json_get_text(json_object_get(reply, "error"), "text"), "card.preview: the overlay went away before it answered");
    assert_string_equal(json_get_text(json_object_get(reply, "error"), "code"), "again");
    json_decref(reply);
    caller_refused(&room.panel, "card.preview", "\"view\":\"main\",\"text\":\"a\"", "no overlay is connected: is it running?");
    end(&room);
}

static json_t *wait_overlay(struct caller *panel, int64_t count)
{
    while (true) {
        json_t *event = caller_wait(panel, "overlay");
        if (json_get_int(json_object_get(event, "overlay"), "count", -1) == count)
            return event;
        json_decref(event);
    }
}

/* The last of several pictures is always sent, and with its overlay all of them are gone. */
static void test_pictures(void **state)
{
    struct room room;
    begin(&room);
    json_decref(wait_overlay(&room.panel, 1));
    for (int i = 0; i < 5; i++)
        caller_say(&room.overlay, "{\"type\":\"report\",\"preview\":{\"view\":\"main\",\"png\":\"b2xk\"}}");
    caller_say(&room.overlay, "{\"type\":\"report\",\"preview\":{\"view\":\"main\",\"png\":\"bmV3\",\"is_empty\":true}}");
    caller_say(&room.overlay, "{\"type\":\"report\",\"preview\":{\"view\":\"main\",\"png\":\"no base64!\"}}");
    json_t *event = caller_wait(&room.panel, "preview");
    assert_string_equal(json_get_text(event, "png"), "b2xk");
    json_decref(event);
    event = caller_wait(&room.panel, "preview");
    assert_string_equal(json_get_text(event, "png"), "bmV3");
    assert_true(json_get_bool(event, "is_empty", false));
    json_decref(event);
    caller_close(&room.overlay);
    room.overlay.websocket = NULL;
    event = caller_wait(&room.panel, "preview");
    assert_null(json_object_get(event, "png"));
    assert_true(json_get_int(event, "lost_ms", 0) > 0);
    json_decref(event);
    event = wait_overlay(&room.panel, 0);
    assert_true(json_get_int(json_object_get(event, "overlay"), "lost_ms", 0) > 0);
    json_decref(event);
    end(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
