/*
 * test_tiktok_live.c - the TikTok connector against the rehearsal's TikFinity, TikTok and sign server: joining, losses and
 * what they cost, streaks and likes over time, refusals in words. "slow": under load, cut again and again.
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
    static const char *const settings[] = {"tiktok.sign_limit=100", "tiktok.retry_after=7"};
    struct hall *hall = xcalloc(1, sizeof(*hall));
    hall_open(hall, "tiktok", settings, ARRAY_LENGTH(settings));
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

static void start_app(struct hall *hall, const char *cursor, const char *more)
{
    stage_start(&hall->stage, cursor, "{\"connector\":\"tiktok\",\"channel\":\"rehearsal\",\"url\":\"ws://127.0.0.1:%d/tiktok/app\"%s}",
                rehearsal_port(hall->rehearsal), more);
}

static void start_webcast(struct hall *hall, const char *cursor, const char *more)
{
    int port = rehearsal_port(hall->rehearsal);
    stage_start(&hall->stage, cursor, "{\"connector\":\"tiktok\",\"channel\":\"@rehearsal\",\"method\":\"webcast\",\"unofficial\":true,"
                "\"site_url\":\"http://127.0.0.1:%d/tiktok\",\"sign_url\":\"http://127.0.0.1:%d/tiktok/sign\","
                "\"sign_key\":\" rehearsal-key\\n\",\"sign_ms\":20,\"wait_ms\":50,\"heartbeat_ms\":40%s}", port, port, more);
}

#define CHAT "{\"kind\":\"chat\",\"platform\":\"tiktok\",\"native_id\":\"%s\",\"author\":{\"id\":\"5\",\"login\":\"sara\",\"name\":\"سارا\"},\"text\":\"%s\"}"

static bool has_dropped(void *data)
{
    return connector_health(((struct stage *)data)->connector)->dropped > 0;
}

/* ---- TikFinity ---- */

static void test_app_reads(void **state)
{
    struct hall *hall = *state;
    start_app(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_true(stage_said(&hall->stage, "waiting: TikFinity is there, and has sent nothing yet"));
    hall_say(hall, CHAT, "7575000000000000001", "سلام 👋");
    hall_say(hall, "{\"kind\":\"follow\",\"platform\":\"tiktok\",\"native_id\":\"f\",\"author\":{\"id\":\"6\",\"name\":\"小美\"}}");
    stage_until_messages(&hall->stage, 2);
    const struct message_draft *is = &hall->stage.messages[0]->is;
    assert_string_equal(is->text.data, "سلام 👋");
    assert_string_equal(is->native_id.data, "7575000000000000001");
    assert_string_equal(is->source.data, "tiktok:rehearsal");
    assert_int_equal(hall->stage.messages[1]->is.kind, MESSAGE_FOLLOW);
    assert_int_equal(hall->stage.gap_count, 0);
}

static void test_app_lost(void **state)
{
    struct hall *hall = *state;
    start_app(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    int64_t before_ms = clock_unix_ms();
    hall_fault(hall, "drop", 0);
    stage_until_gaps(&hall->stage, 1);
    assert_true(hall->stage.gaps[0].from_ms <= before_ms && hall->stage.gaps[0].to_ms >= before_ms);
    assert_non_null(strstr(hall->stage.gaps[0].reason, "connection lost"));
    hall_say(hall, CHAT, "c2", "again");
    stage_until_messages(&hall->stage, 1);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
}

static void test_app_new_life(void **state)
{
    struct hall *hall = *state;
    int64_t alive_ms = clock_unix_ms() - 90000;
    char cursor[64];
    snprintf(cursor, sizeof(cursor), "{\"alive_ms\":%lld}", (long long)alive_ms);
    start_app(hall, cursor, "");
    stage_until_gaps(&hall->stage, 1);
    assert_int_equal(hall->stage.gaps[0].from_ms, alive_ms - alive_ms % 1000);
    assert_string_equal(hall->stage.gaps[0].reason, "we were not running");
}

static void test_app_absent(void **state)
{
    struct hall *hall = *state;
    stage_start(&hall->stage, NULL, "{\"connector\":\"tiktok\",\"url\":\"ws://127.0.0.1:9/\"}");
    stage_until_state(&hall->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&hall->stage, "failed: TikFinity does not answer"));
    assert_non_null(strstr(connector_health(hall->stage.connector)->remedy, "start the TikFinity desktop app"));
    assert_int_equal(hall->stage.gap_count, 0);
}

static void test_app_silent(void **state)
{
    struct hall *hall = *state;
    start_app(hall, NULL, ",\"quiet_ms\":100");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    stage_until_state(&hall->stage, CONNECTOR_WAITING);
    assert_true(stage_said(&hall->stage, "waiting: TikFinity is there, but sends nothing any more"));
    hall_say(hall, CHAT, "c", "x");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
}

static void test_app_garbage(void **state)
{
    struct hall *hall = *state;
    start_app(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_fault(hall, "garbage", 0);
    hall_say(hall, CHAT, "c", "after it");
    stage_until_messages(&hall->stage, 1);
    assert_int_equal(connector_health(hall->stage.connector)->dropped, 1);
    assert_int_equal(hall->stage.gap_count, 0);
}

#define GIFT "{\"kind\":\"gift\",\"platform\":\"tiktok\",\"native_id\":\"g\",\"author\":{\"id\":\"5\",\"name\":\"أحمد\"},\"money\":{\"unit\":\"diamonds\"," \
    "\"units\":%d,\"item\":\"Rose\",\"count\":%d,\"streak\":\"open\"}}"

/* TikTok sometimes never says that a streak is over. */
static void test_streak_without_end(void **state)
{
    struct hall *hall = *state;
    start_app(hall, NULL, ",\"streak_ms\":100");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_say(hall, GIFT, 1, 1);
    hall_say(hall, GIFT, 4, 4);
    stage_until_messages(&hall->stage, 3);
    const struct message_draft *last = &hall->stage.messages[1]->is, *closed = &hall->stage.messages[2]->is;
    assert_true(last->money.is_streak_open);
    assert_false(closed->money.is_streak_open);
    assert_int_equal(closed->money.units, 4);
    assert_string_equal(closed->native_id.data, last->native_id.data);
    assert_string_not_equal(closed->event_key.data, last->event_key.data);
    assert_string_equal(closed->author.name.data, "أحمد");
}

#define LIKE "{\"kind\":\"like\",\"platform\":\"tiktok\",\"native_id\":\"l%d\",\"author\":{\"id\":\"%d\",\"name\":\"x\"},\"detail\":{\"count\":15,\"total\":%d}}"

static void test_likes_summed(void **state)
{
    struct hall *hall = *state;
    start_app(hall, NULL, ",\"likes_ms\":200");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    for (int i = 0; i < 20; i++)
        hall_say(hall, LIKE, i, 5 + i % 2, 100 + i);
    stage_until_messages(&hall->stage, 2);
    int64_t sum = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(hall->stage.messages[i]->is.kind, MESSAGE_LIKE);
        sum += json_get_int(hall->stage.messages[i]->is.detail, "count", 0);
    }
    assert_int_equal(sum, 20 * 15);
}

/* ---- the webcast ---- */

static void test_webcast_reads(void **state)
{
    struct hall *hall = *state;
    hall_say(hall, CHAT, "7575000000000000001", "before you came");
    start_webcast(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_int_equal(hall->stage.message_count, 1);
    assert_true(hall->stage.messages[0]->is.is_history);
    hall_say(hall, CHAT, "7575000000000000002", "你好");
    hall_say(hall, "{\"kind\":\"question\",\"platform\":\"tiktok\",\"native_id\":\"7575000000000000003\",\"author\":{\"id\":\"7\",\"name\":\"نور\"},"
        "\"text\":\"بازی بعدی؟\"}");
    hall_say(hall, "{\"kind\":\"delete\",\"platform\":\"tiktok\",\"target\":{\"native_id\":\"7575000000000000002\"}}");
    stage_until_messages(&hall->stage, 4);
    assert_false(hall->stage.messages[1]->is.is_history);
    assert_int_equal(hall->stage.messages[2]->is.kind, MESSAGE_QUESTION);
    assert_string_equal(hall->stage.messages[2]->is.native_id.data, "7575000000000000003");
    assert_string_equal(hall->stage.messages[3]->is.target.native_id.data, "7575000000000000002");
    hall_until_counted(hall, "acks", 3);
    hall_until_counted(hall, "heartbeats", 3);
    assert_int_equal(hall_counted(hall, "signed"), 1);
    assert_int_equal(hall->stage.gap_count, 0);
    assert_non_null(strstr(hall->stage.cursor, "\"room\":\"7574999999999999999\""));
    assert_non_null(strstr(hall->stage.cursor, "\"cursor\":\"1795354820-"));
}

/* What is sent again is neither told twice nor called history, if it was written while we were away. */
static void test_webcast_lost(void **state)
{
    struct hall *hall = *state;
    start_webcast(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_say(hall, CHAT, "7575000000000000001", "first");
    stage_until_messages(&hall->stage, 1);
    hall_fault(hall, "drop", 0);
    hall_say(hall, CHAT, "7575000000000000002", "while away");
    stage_until_gaps(&hall->stage, 1);
    hall_say(hall, CHAT, "7575000000000000003", "third");
    stage_until_messages(&hall->stage, 3);
    assert_string_equal(hall->stage.messages[1]->is.text.data, "while away");
    assert_false(hall->stage.messages[1]->is.is_history);
    assert_int_equal(hall_counted(hall, "signed"), 2);
    assert_int_equal(hall->stage.message_count, 3);
}

static void test_webcast_hangs(void **state)
{
    struct hall *hall = *state;
    start_webcast(hall, NULL, ",\"quiet_ms\":300");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_fault(hall, "hang", 1500);
    stage_until_state(&hall->stage, CONNECTOR_CONNECTING);
    assert_true(stage_said(&hall->stage, "connecting: TikTok answers no heartbeat any more"));
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    assert_true(hall->stage.gap_count >= 1);
}

static void test_webcast_ends(void **state)
{
    struct hall *hall = *state;
    start_webcast(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_fault(hall, "end", 0);
    stage_until_state(&hall->stage, CONNECTOR_WAITING);
    assert_int_equal(hall->stage.messages[0]->is.kind, MESSAGE_END);
    assert_string_equal(hall->stage.messages[0]->is.event_key.data, "end:7574999999999999999");
    hall_fault(hall, "restart", 0);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_say(hall, CHAT, "7575000000000000009", "in the next one");
    stage_until_messages(&hall->stage, 2);
    assert_int_equal(hall->stage.gap_count, 0);
}

static void test_webcast_garbage(void **state)
{
    struct hall *hall = *state;
    start_webcast(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    hall_fault(hall, "garbage", 0);
    stage_until(&hall->stage, "a dropped frame", has_dropped, &hall->stage);
    hall_say(hall, CHAT, "c", "after it");
    stage_until_messages(&hall->stage, 1);
    assert_int_equal(hall->stage.gap_count, 0);
}

static void test_sign_limit(void **state)
{
    struct hall *hall = *state;
    hall_fault(hall, "quota", 0);
    start_webcast(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_WAITING);
    assert_true(stage_said(&hall->stage, "waiting: the sign server's limit is used up: hour (again in 7 s)"));
}

static void test_blocked(void **state)
{
    struct hall *hall = *state;
    hall_fault(hall, "block", 0);
    start_webcast(hall, NULL, "");
    stage_until_state(&hall->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&hall->stage, "failed: TikTok does not let us in (HTTP 200)"));
    assert_int_equal(hall_counted(hall, "signed"), 1);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *more, *says;
    } cases[] = {
        {",\"sign_key\":\"wrong\"", "failed: the sign server does not know the key (401)"},
        {",\"channel\":\"nobody\"", "failed: channel \"nobody\": TikTok answers user_not_found (19881007)"},
        {",\"sign_url\":\"http://127.0.0.1:9\"", "connecting: "},
    };
    struct hall *hall = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        hall->stage.state_count = 0;
        start_webcast(hall, NULL, cases[i].more);
        stage_until_state(&hall->stage, i < 2 ? CONNECTOR_FAILED : CONNECTOR_CONNECTING);
        if (!stage_said(&hall->stage, cases[i].says))
            fail_msg("%s: %s", cases[i].more, hall->stage.states[hall->stage.state_count - 1]);
        stage_stop(&hall->stage);
    }
}

/* ---- under load, cut again and again ---- */

enum { NUMBERS = 3600, CUTS = 5, LIVES_EACH = NUMBERS / (CUTS + 1) };

struct storm {
    struct hall *hall;
    struct timer timer;
    int said, cuts;
    int64_t said_ms[NUMBERS];
};

static void rage(void *data)
{
    struct storm *storm = data;
    for (int i = 0; i < 3 && storm->said < NUMBERS; i++) {
        char id[24], text[24];
        snprintf(id, sizeof(id), "75750000000%08d", storm->said);
        snprintf(text, sizeof(text), "#%d", storm->said);
        storm->said_ms[storm->said++] = clock_unix_ms();
        hall_say(storm->hall, CHAT, id, text);
    }
    bool is_live = connector_health(storm->hall->stage.connector)->state == CONNECTOR_LIVE;
    if (storm->cuts < CUTS && is_live && storm->said > (storm->cuts + 1) * LIVES_EACH) {
        hall_fault(storm->hall, "drop", 0);
        storm->cuts++;
    }
    if (storm->said < NUMBERS)
        timer_start(&storm->timer, 5);
}

static bool has_last(void *data)
{
    char text[24];
    snprintf(text, sizeof(text), "#%d", NUMBERS - 1);
    return stage_has_text(data, text);
}

static void check_storm(struct hall *hall, struct storm *storm)
{
    static int heard[NUMBERS];
    memset(heard, 0, sizeof(heard));
    for (size_t i = 0; i < hall->stage.message_count; i++)
        heard[atoi(hall->stage.messages[i]->is.text.data + 1)]++;
    int lost = 0;
    for (int i = 0; i < NUMBERS; i++) {
        bool is_in_gap = false;
        for (size_t g = 0; g < hall->stage.gap_count; g++)
            is_in_gap |= storm->said_ms[i] >= hall->stage.gaps[g].from_ms && storm->said_ms[i] <= hall->stage.gaps[g].to_ms + 5;
        if (heard[i] > 1 || (heard[i] == 0 && !is_in_gap))
            fail_msg("#%d came %d times, and lies in %s gap", i, heard[i], is_in_gap ? "a" : "no");
        lost += heard[i] == 0;
    }
    printf("%d of %d lost in %zu gaps\n", lost, NUMBERS, hall->stage.gap_count);
}

static void storm_on(void **state, void (*start)(struct hall *, const char *, const char *), const char *more)
{
    struct hall *hall = *state;
    struct storm *storm = xcalloc(1, sizeof(*storm));
    storm->hall = hall;
    start(hall, NULL, more);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
    timer_init(&storm->timer, hall->stage.loop, rage, storm);
    timer_start(&storm->timer, 0);
    stage_until(&hall->stage, "the last message", has_last, &hall->stage);
    assert_true(storm->cuts >= 3);
    assert_true(hall->stage.gap_count >= 3);
    check_storm(hall, storm);
    timer_stop(&storm->timer);
    free(storm);
}

static void test_app_storm(void **state)
{
    storm_on(state, start_app, "");
}

static void test_webcast_storm(void **state)
{
    storm_on(state, start_webcast, ",\"proved_ms\":0");
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_app_reads), TEST(test_app_lost), TEST(test_app_new_life), TEST(test_app_absent), TEST(test_app_silent),
        TEST(test_app_garbage), TEST(test_streak_without_end), TEST(test_likes_summed), TEST(test_webcast_reads),
        TEST(test_webcast_lost), TEST(test_webcast_hangs), TEST(test_webcast_ends), TEST(test_webcast_garbage),
        TEST(test_sign_limit), TEST(test_blocked), TEST(test_refusals),
    };
    const struct CMUnitTest slow[] = {TEST(test_app_storm), TEST(test_webcast_storm)};
    return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
}
