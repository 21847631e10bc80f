/*
 * test_x_live.c - the X connector against the rehearsal's API: rules, streams and their ends, what was missed and how it
 * is made up for, a broadcast's chat pushed and polled, refusals in words. "slow": cut again and again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "hall.h"

static int set_up(void **state)
{
    static const char *const settings[] = {"x.alive_ms=100"};
    struct hall *hall = xcalloc(1, sizeof(*hall));
    hall_open(hall, "x", settings, ARRAY_LENGTH(settings));
    *state = hall;
    return 0;
}

static int set_up_poor(void **state)
{
    static const char *const settings[] = {"x.alive_ms=100", "x.search=0"};
    struct hall *hall = xcalloc(1, sizeof(*hall));
    hall_open(hall, "x", settings, ARRAY_LENGTH(settings));
    *state = hall;
    return 0;
}

static int set_up_rich(void **state)
{
    static const char *const settings[] = {"x.alive_ms=100", "x.backfill=1", "x.search=0"};
    struct hall *hall = xcalloc(1, sizeof(*hall));
    hall_open(hall, "x", settings, ARRAY_LENGTH(settings));
    *state = hall;
    return 0;
}

static int tear_down(void **state)
{
    struct hall *hall = *state;
    hall_close(hall);
    free(hall);
    return 0;
}

static void start(struct hall *hall, const char *cursor, const char *more)
{
    stage_start(&hall->stage, cursor, "{\"connector\":\"x\",\"api_url\":\"http://127.0.0.1:%d/x\",\"poll_ms\":30,\"wait_ms\":50,\"search_ms\":30%s}",
                rehearsal_port(hall->rehearsal), more);
}

#define POSTS ",\"hashtag\":\"#\u067e\u0631\u0633\u0634\",\"bearer\":\" rehearsal-bearer\\n\""
#define ACTIVITY ",\"method\":\"activity\",\"user_id\":\"1111111111111111111\",\"bearer\":\"rehearsal-bearer\",\"user_token\":\"rehearsal-user\""
#define BROADCAST ",\"method\":\"broadcast\",\"user_token\":\"rehearsal-user\""

static void say(struct hall *hall, int number, const char *text)
{
    hall_say(hall, "{\"kind\":\"chat\",\"platform\":\"x\",\"native_id\":\"p%d\",\"author\":{\"id\":\"5\",\"login\":\"sara\","
             "\"name\":\"سارا\",\"roles\":[\"verified\"]},\"text\":\"%s\"}", number, text);
}

static bool has_dropped(void *data)
{
    return connector_health(((struct stage *)data)->connector)->dropped > 0;
}

/* ---- posts ---- */

static void test_reads(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "بازی بعدی؟ <3 & more");
    stage_until_messages(&hall->stage, 1);
    const struct message_draft *is = &hall->stage.messages[0]->is;
    assert_int_equal(is->kind, MESSAGE_QUESTION);
    assert_string_equal(is->text.data, "بازی بعدی؟ <3 & more");
    assert_string_equal(is->author.name.data, "سارا");
    assert_true(is->author.roles & ROLE_VERIFIED);
    assert_true(is->time_ms > 0);
    assert_string_equal(is->source.data, "x:#پرسش");
    assert_int_equal(connector_health(hall->stage.connector)->budget.limit, 10000);
    assert_int_equal(connector_health(hall->stage.connector)->budget.left, 9999);
    assert_int_equal(hall->stage.gap_count, 0);
}

/* Ours is known by its tag: it is found again, replaced when it changed, and another program's stays. */
static void test_rules(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    stage_stop(&hall->stage);
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_int_equal(hall_counted(hall, "rules_made"), 1);
    stage_stop(&hall->stage);
    start(hall, NULL, ",\"hashtag\":\"other\",\"bearer\":\"rehearsal-bearer\"");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_int_equal(hall_counted(hall, "rules_made"), 2);
    // The same question under another name: "DuplicateRule", and its posts are taken.
    stage_stop(&hall->stage);
    start(hall, NULL, ",\"query\":\"#other -is:retweet\",\"as\":\"chat\",\"bearer\":\"rehearsal-bearer\"");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_int_equal(hall_counted(hall, "rules_made"), 2);
    say(hall, 1, "x");
    stage_until_messages(&hall->stage, 1);
    assert_int_equal(hall->stage.messages[0]->is.kind, MESSAGE_CHAT);
}

static void test_refused_rule(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, ",\"query\":\"(#a\",\"bearer\":\"rehearsal-bearer\"");
    stage_until_state(&hall->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&hall->stage, "failed: X does not take the rule \"(#a\": the rehearsal takes no brackets"));
}

/* What was written while the stream was down is found by a search: no gap. */
static void test_recovers(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    stage_until_messages(&hall->stage, 1);
    hall_fault(hall, "reconnect", 0);
    for (int i = 2; i <= 251; i++)
        say(hall, i, "missed");
    stage_until_messages(&hall->stage, 251);
    say(hall, 300, "last");
    stage_until_messages(&hall->stage, 252);
    assert_true(stage_said(&hall->stage, "connecting: X ended the stream: This stream has been disconnected upstream"));
    assert_int_equal(hall->stage.gap_count, 0);
    assert_int_equal(hall_counted(hall, "searches"), 3);
}

static void test_new_life(void **state)
{
    struct hall *hall = *state;
    char cursor[1024];
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    stage_until_messages(&hall->stage, 1);
    stage_stop(&hall->stage);
    snprintf(cursor, sizeof(cursor), "%s", hall->stage.cursor);
    say(hall, 2, "while away");
    start(hall, cursor, POSTS);
    stage_until_messages(&hall->stage, 2);
    assert_string_equal(hall->stage.messages[1]->is.text.data, "while away");
    assert_int_equal(hall->stage.gap_count, 0);
    assert_int_equal(connector_health(hall->stage.connector)->budget.left, 9998);
}

static void test_gap_without_search(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    stage_until_messages(&hall->stage, 1);
    int64_t before_ms = clock_unix_ms();
    hall_fault(hall, "drop", 0);
    stage_until_gaps(&hall->stage, 1);
    assert_true(hall->stage.gaps[0].from_ms <= before_ms && hall->stage.gaps[0].to_ms >= before_ms);
}

static void test_backfill(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS ",\"backfill_minutes\":5");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    stage_until_messages(&hall->stage, 1);
    hall_fault(hall, "drop", 0);
    say(hall, 2, "missed");
    stage_until_messages(&hall->stage, 3);  // the first one again, under the same key
    assert_string_equal(hall->stage.messages[1]->is.event_key.data, hall->stage.messages[0]->is.event_key.data);
    assert_string_equal(hall->stage.messages[2]->is.text.data, "missed");
    assert_int_equal(hall->stage.gap_count, 0);
}

static void test_backfill_refused(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS ",\"backfill_minutes\":5");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    stage_until_messages(&hall->stage, 1);
    hall_fault(hall, "drop", 0);
    stage_until_gaps(&hall->stage, 1);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
}

static void test_silence(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS ",\"silence_ms\":300");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_fault(hall, "stall", 1200);
    stage_until_state(&hall->stage, CONNECTOR_CONNECTING);
}

static void test_garbage(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_fault(hall, "garbage", 0);
    stage_until(&hall->stage, "a dropped frame", has_dropped, &hall->stage);
    say(hall, 1, "after it");
    stage_until_messages(&hall->stage, 1);
    assert_int_equal(hall->stage.gap_count, 0);
}

static void test_cap(void **state)
{
    struct hall *hall = *state;
    char cursor[1024];
    start(hall, NULL, POSTS ",\"post_cap\":2");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    say(hall, 2, "two");
    stage_until_state(&hall->stage, CONNECTOR_WAITING);
    assert_true(stage_said(&hall->stage, "waiting: the 2 posts of this month (post_cap) are read; goes on at 20"));
    assert_int_equal(hall_counted(hall, "streams"), 0);
    // The next life knows it too, and asks nothing.
    stage_stop(&hall->stage);
    snprintf(cursor, sizeof(cursor), "%s", hall->stage.cursor);
    hall->stage.state_count = 0;
    start(hall, cursor, POSTS ",\"post_cap\":2");
    stage_until_state(&hall->stage, CONNECTOR_WAITING);
    assert_int_equal(hall_counted(hall, "streams_opened"), 1);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *fault, *more, *says;
        enum connector_state state;
    } cases[] = {
        {NULL, ",\"hashtag\":\"a\",\"bearer\":\"wrong\"", "failed: X does not accept the token (401): Unauthorized", CONNECTOR_FAILED},
        {NULL, ",\"hashtag\":\"a\",\"bearer\":\"rehearsal-bearer\",\"api_url\":\"http://127.0.0.1:9\"", "connecting: ", CONNECTOR_CONNECTING},
        {"full", POSTS, "waiting: another connection of this app is open, and X allows one", CONNECTOR_WAITING},
        {"denied", BROADCAST, "failed: X does not accept the token (401)", CONNECTOR_FAILED},
        {NULL, ",\"method\":\"broadcast\",\"user_token\":\"wrong\"", "failed: X does not accept the token (401)", CONNECTOR_FAILED},
    };
    struct hall *hall = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        hall->stage.state_count = 0;
        if (cases[i].fault)
            hall_fault(hall, cases[i].fault, 0);
        start(hall, NULL, cases[i].more);
        stage_until_state(&hall->stage, cases[i].state);
        if (!stage_said(&hall->stage, cases[i].says))
            fail_msg("%s: %s", cases[i].says, hall->stage.states[hall->stage.state_count - 1]);
        stage_stop(&hall->stage);
        hall_fault(hall, "resume", 0);
    }
}

static bool said_limit(void *data)
{
    return stage_said(data, "connecting: Too Many Requests (again in 60 s)");
}

static void test_limit(void **state)
{
    struct hall *hall = *state;
    hall_fault(hall, "limit", 0);
    start(hall, NULL, POSTS);
    stage_until(&hall->stage, "the limit in words", said_limit, &hall->stage);
}

/* ---- broadcasts ---- */

static void test_pushed(void **state)
{
    struct hall *hall = *state;
    start(hall, NULL, ACTIVITY);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "大家好");
    stage_until_messages(&hall->stage, 1);
    assert_int_equal(hall->stage.messages[0]->is.kind, MESSAGE_CHAT);
    hall_fault(hall, "end", 0);
    stage_until_messages(&hall->stage, 2);
    assert_int_equal(hall->stage.messages[1]->is.kind, MESSAGE_END);
    hall_fault(hall, "drop", 0);
    stage_until_gaps(&hall->stage, 1);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);  // subscribed once only: 409 would do as well
}

static void test_polled(void **state)
{
    struct hall *hall = *state;
    for (int i = 1; i <= 3; i++)
        say(hall, i, "before");
    start(hall, NULL, BROADCAST);
    stage_until_messages(&hall->stage, 3);
    assert_true(hall->stage.messages[0]->is.is_history);
    assert_true(hall->stage.messages[0]->is.time_ms <= hall->stage.messages[2]->is.time_ms);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 4, "سلام");
    size_t before = hall->stage.message_count;
    stage_until_messages(&hall->stage, before + 1);
    assert_true(stage_has_text(&hall->stage, "سلام"));
    hall_fault(hall, "end", 0);
    stage_until_state(&hall->stage, CONNECTOR_WAITING);
    assert_int_equal(hall->stage.messages[hall->stage.message_count - 1]->is.kind, MESSAGE_END);
    hall_fault(hall, "restart", 0);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_int_equal(hall->stage.gap_count, 0);
}

/* Pages reach back over a break: nothing is lost. */
static void test_polled_after_a_break(void **state)
{
    struct hall *hall = *state;
    char cursor[1024];
    start(hall, NULL, BROADCAST);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    say(hall, 1, "one");
    stage_until_messages(&hall->stage, 1);
    stage_stop(&hall->stage);
    snprintf(cursor, sizeof(cursor), "%s", hall->stage.cursor);
    for (int i = 2; i <= 601; i++) {
        char text[16];
        snprintf(text, sizeof(text), "#%d", i);
        say(hall, i, text);
    }
    start(hall, cursor, BROADCAST);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    for (int i = 2; i <= 601; i++) {
        char text[16];
        snprintf(text, sizeof(text), "#%d", i);
        if (!stage_has_text(&hall->stage, text))
            fail_msg("%s is missing", text);
    }
    assert_int_equal(hall->stage.gap_count, 0);
}

/* ---- cut again and again ---- */

enum { NUMBERS = 1500, CUTS = 5 };

struct storm {
    struct hall *hall;
    struct timer timer;
    int said, cuts;
    int64_t said_ms[NUMBERS];
};

static void rage(void *data)
{
    static const char *const cuts[] = {"drop", "reconnect"};
    struct storm *storm = data;
    char text[24];
    snprintf(text, sizeof(text), "#%d", storm->said);
    storm->said_ms[storm->said] = clock_unix_ms();
    say(storm->hall, ++storm->said, text);
    bool is_live = connector_health(storm->hall->stage.connector)->state == CONNECTOR_LIVE;
    if (storm->cuts < CUTS && is_live && storm->said > (storm->cuts + 1) * NUMBERS / (CUTS + 2))
        hall_fault(storm->hall, cuts[storm->cuts++ % 2], 0);
    if (storm->said < NUMBERS)
        timer_start(&storm->timer, 3);
}

static bool has_last(void *data)
{
    char text[24];
    snprintf(text, sizeof(text), "#%d", NUMBERS - 1);
    return stage_has_text(data, text);
}

static void test_storm(void **state)
{
    struct hall *hall = *state;
    struct storm *storm = xcalloc(1, sizeof(*storm));
    static int heard[NUMBERS];
    storm->hall = hall;
    start(hall, NULL, POSTS);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    timer_init(&storm->timer, hall->stage.loop, rage, storm);
    timer_start(&storm->timer, 0);
    stage_until(&hall->stage, "the last message", has_last, &hall->stage);
    assert_int_equal(storm->cuts, CUTS);
    for (size_t i = 0; i < hall->stage.message_count; i++)
        heard[atoi(hall->stage.messages[i]->is.text.data + 1)]++;
    for (int i = 0; i < NUMBERS; i++) {
        bool is_in_gap = false;
        for (size_t g = 0; g < hall->stage.gap_count; g++)
            is_in_gap |= storm->said_ms[i] >= hall->stage.gaps[g].from_ms && storm->said_ms[i] <= hall->stage.gaps[g].to_ms + 5;
        if (heard[i] == 0 && !is_in_gap)
            fail_msg("#%d never came, and lies in no gap", i);
    }
    printf("%zu messages of %d, %zu gaps\n", hall->stage.message_count, NUMBERS, hall->stage.gap_count);
    timer_stop(&storm->timer);
    free(storm);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_reads), TEST(test_rules), TEST(test_refused_rule), TEST(test_recovers), TEST(test_new_life),
        cmocka_unit_test_setup_teardown(test_gap_without_search, set_up_poor, tear_down),
        cmocka_unit_test_setup_teardown(test_backfill, set_up_rich, tear_down),
        cmocka_unit_test_setup_teardown(test_backfill_refused, set_up_poor, tear_down),
        TEST(test_silence), TEST(test_garbage), TEST(test_cap), TEST(test_refusals), TEST(test_limit), TEST(test_pushed),
        TEST(test_polled), TEST(test_polled_after_a_break),
    };
    const struct CMUnitTest slow[] = {TEST(test_storm)};
    return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
}
