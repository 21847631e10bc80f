/* test_kick_live.c - the Kick connector against its side of the rehearsal: socket, site, API and webhooks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "gate.h"

#define QUICK "\"ping_ms\":100,\"dead_ms\":200,\"join_ms\":1000"
#define SCOPES "user:read channel:read chat:write moderation:ban moderation:chat_message:manage events:subscribe"

static const struct message *last(const struct gate *gate)
{
    return gate->stage.messages[gate->stage.message_count - 1];
}

static int set_up(void **state)
{
    *state = xcalloc(1, sizeof(struct gate));
    return 0;
}

static int tear_down(void **state)
{
    struct gate *gate = *state;
    for (size_t i = 0; i < gate->stage.state_count; i++) {
        assert_null(strstr(gate->stage.states[i], "rehearsal-token"));
        assert_null(strstr(gate->stage.states[i], GATE_TOKEN));
    }
    gate_fini(gate);
    free(gate);
    return 0;
}

static void join(struct gate *gate, const char *more)
{
    gate_start(gate, NULL, more, "");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
}

static void test_reads(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    join(gate, QUICK);
    assert_true(stage_said(&gate->stage, "live: joined kick.com/rehearsal"));
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"7\",\"name\":\"Sara_P\",\"badges\":[\"subscriber/3\"]},"
             "\"text\":\"سلام KEKW\",\"emotes\":[{\"id\":\"37226\",\"name\":\"KEKW\",\"from\":9,\"to\":13}]}");
    gate_say(gate, "{\"kind\":\"gift\",\"author\":{\"id\":\"7\",\"name\":\"Sara_P\"},\"money\":{\"unit\":\"kicks\",\"units\":500,\"item\":\"Rage Quit\"}}");
    gate_say(gate, "{\"kind\":\"raid\",\"author\":{\"id\":\"8\",\"name\":\"NightOwl\"},\"detail\":{\"viewers\":42}}");
    gate_say(gate, "{\"kind\":\"ban\",\"target\":{\"author_id\":\"7\",\"seconds\":600}}");
    stage_until_messages(&gate->stage, 4);
    assert_string_equal(gate->stage.messages[0]->is.text.data, "سلام KEKW");
    assert_int_equal(gate->stage.messages[0]->is.emote_count, 1);
    assert_int_equal(gate->stage.messages[0]->is.author.months, 3);
    assert_int_equal(gate->stage.messages[1]->is.money.units, 500);
    assert_int_equal(gate->stage.messages[2]->is.kind, MESSAGE_RAID);
    assert_int_equal(last(gate)->is.target.seconds, 600);
    assert_int_equal(gate->stage.gap_count, 0);
}

/* Silence is asked about, answered, and no reason to reconnect. */
static bool was_quiet(void *data)
{
    struct gate *gate = data;
    return clock_unix_ms() - connector_health(gate->stage.connector)->since_ms > 350;
}

static void test_pings(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", (const char *const[]){"kick.activity_s=1", NULL});
    join(gate, QUICK);
    stage_until(&gate->stage, "a quiet while", was_quiet, gate);
    assert_int_equal(connector_health(gate->stage.connector)->state, CONNECTOR_LIVE);
    assert_int_equal(gate_count(gate, "subscribed"), 1);
    assert_int_equal(gate_count(gate, "pongs_missed"), 0);
}

static bool is_back(void *data)
{
    struct gate *gate = data;
    return connector_health(gate->stage.connector)->reconnects > 0 &&
           connector_health(gate->stage.connector)->state == CONNECTOR_LIVE;
}

/* A server that says nothing any more: found out by the unanswered ping, and a gap. */
static void test_silent_peer(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    join(gate, QUICK);
    gate_fault(gate, "hang");
    stage_until_state(&gate->stage, CONNECTOR_CONNECTING);
    assert_true(stage_said(&gate->stage, "connecting: Kick's chat server: no sign of life (4201)"));
    gate_fault(gate, "resume");
    stage_until(&gate->stage, "the return", is_back, gate);
    assert_int_equal(gate->stage.gap_count, 1);
    assert_non_null(strstr(gate->stage.gaps[0].reason, "no sign of life"));
}

static void test_never_lets_in(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_fault(gate, "stall");
    gate_start(gate, NULL, "\"join_ms\":100", "");
    stage_until(&gate->stage, "a second attempt", was_quiet, gate);
    assert_true(stage_said(&gate->stage, "connecting: Kick's chat server: it did not let us into the chat in time"));
    gate_fault(gate, "resume");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    assert_int_equal(gate->stage.gap_count, 0);
}

static void test_codes(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    join(gate, QUICK);
    gate_fault(gate, "reconnect");  // 4200: at once
    stage_until(&gate->stage, "the return", is_back, gate);
    gate_fault(gate, "over");       // 4100: after a second at least
    stage_until_state(&gate->stage, CONNECTOR_CONNECTING);
    assert_true(stage_said(&gate->stage, "connecting: Kick's chat server: Over capacity (4100) (again in 1 s)"));
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    gate_fault(gate, "rotated");    // 4001: not like this
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(gate->stage.connector)->remedy, "app_key"));
    assert_int_equal(gate->stage.gap_count, 2);
}

static void test_unknown_key(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_start(gate, NULL, "\"app_key\":\"0000\"", "");
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(gate->stage.connector)->remedy, "app_key"));
}

static void test_refused(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_fault(gate, "refuse");
    gate_start(gate, NULL, QUICK, "");
    stage_until(&gate->stage, "an attempt", was_quiet, gate);
    assert_int_equal(connector_health(gate->stage.connector)->state, CONNECTOR_CONNECTING);
    gate_fault(gate, "resume");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
}

static void test_garbage_goes_by(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    join(gate, QUICK);
    gate_fault(gate, "garbage");
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"7\",\"name\":\"x\"},\"text\":\"after\"}");
    stage_until_messages(&gate->stage, 1);
    assert_int_equal(connector_health(gate->stage.connector)->dropped, 1);
    assert_true(stage_has_text(&gate->stage, "after"));
}

/* ---- the site ---- */

static void test_site_is_closed(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_start(gate, NULL, QUICK, "chatroom_id,channel_id");
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(gate->stage.connector)->remedy, "https://kick.com/api/v2/channels/rehearsal"));
    assert_non_null(strstr(connector_health(gate->stage.connector)->text, "chatroom_id"));
}

static void test_site_is_open(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", (const char *const[]){"kick.site=open", NULL});
    gate_start(gate, NULL, QUICK, "chatroom_id,channel_id");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    assert_non_null(strstr(gate->stage.cursor, "\"chatroom_id\":4567890,\"channel_id\":4321098"));
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"7\",\"name\":\"x\",\"badges\":[\"vip\",\"subscriber/5\"]},\"text\":\"a\"}");
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"7\",\"name\":\"x\",\"badges\":[\"subscriber/9\"]},\"text\":\"b\"}");
    stage_until_messages(&gate->stage, 2);
    assert_string_equal(gate->stage.messages[0]->is.author.badge_images[1].data, "https://files.kick.com/badges/1");
    assert_string_equal(gate->stage.messages[1]->is.author.badge_images[0].data, "https://files.kick.com/badges/6");
}

static void test_site_knows_no_such(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", (const char *const[]){"kick.site=open", NULL});
    gate_start(gate, NULL, "\"channel\":\"nobody\"", "chatroom_id,channel_id");
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&gate->stage, "failed: kick.com knows no channel \"nobody\""));
}

/* What was written while we were away comes from the site's history, and the gap is told all the same. */
static void test_fills_the_gap(void **state)
{
    struct gate *gate = *state;
    char cursor[160];
    gate_init(gate, "kick", (const char *const[]){"kick.site=open", NULL});
    snprintf(cursor, sizeof(cursor), "{\"alive_ms\":%lld,\"chatroom_id\":4567890,\"channel_id\":4321098}",
             (long long)clock_unix_ms() - 5000);
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"7\",\"name\":\"x\"},\"text\":\"missed\"}");
    gate_start(gate, cursor, QUICK, "chatroom_id,channel_id");
    stage_until_messages(&gate->stage, 1);
    assert_string_equal(last(gate)->is.text.data, "missed");
    assert_false(last(gate)->is.is_history);
    assert_int_equal(gate->stage.gap_count, 1);
    assert_string_equal(gate->stage.gaps[0].reason, "we were not running");
}

/* ---- writing ---- */

static bool can_say(void *data)
{
    struct gate *gate = data;
    return connector_can(gate->stage.connector, CONNECTOR_SAY, NULL);
}

static void begin_writing(struct gate *gate, const char *token)
{
    gate_init(gate, "kick", (const char *const[]){"kick.writes_max=2", NULL});
    gate_log_in(gate, token, SCOPES, "123456789", "rehearsal");
    join(gate, QUICK);
}

static void test_writes(void **state)
{
    struct gate *gate = *state;
    begin_writing(gate, "rehearsal-token");
    stage_until(&gate->stage, "the user's id", can_say, gate);
    uint64_t act = gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "خوش آمدید", .native_id = "3f0c2b1e"});
    stage_until_results(&gate->stage, 1);
    stage_until_messages(&gate->stage, 1);
    assert_int_equal(gate->stage.results[0].act, act);
    assert_int_equal(gate->stage.results[0].outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(gate->stage.results[0].native_id, last(gate)->is.native_id.data);
    assert_true(last(gate)->is.is_own);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "to be dropped"});
    stage_until_results(&gate->stage, 2);
    assert_int_equal(gate->stage.results[1].outcome, CONNECTOR_DROPPED);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "3f0c2b1e-77a4-4a35-8a5d-0d4b8a2f6c11"});
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "987654", .seconds = 90, .text = "spam"});
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "987655"});
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_UNBAN, .author_id = "987655"});
    stage_until_results(&gate->stage, 6);
    stage_until_messages(&gate->stage, 5);
    for (size_t i = 2; i < 6; i++)
        assert_int_equal(gate->stage.results[i].outcome, CONNECTOR_ACCEPTED);
    const json_t *writes = rehearsal_writes(gate->rehearsal, "kick");
    assert_int_equal(json_get_int(json_array_get(writes, 3), "seconds", 0), 120);  // whole minutes, rounded up
    assert_int_equal(gate->stage.messages[1]->is.kind, MESSAGE_DELETE);
    assert_int_equal(gate->stage.messages[4]->is.kind, MESSAGE_UNBAN);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "no number"});
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_CLEAR});
    stage_until_results(&gate->stage, 8);
    assert_int_equal(gate->stage.results[6].outcome, CONNECTOR_UNABLE);
    assert_int_equal(gate->stage.results[7].outcome, CONNECTOR_UNABLE);
}

static void test_writes_too_fast(void **state)
{
    struct gate *gate = *state;
    begin_writing(gate, "rehearsal-token");
    stage_until(&gate->stage, "the user's id", can_say, gate);
    gate_fault(gate, "quota");
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "later"});
    stage_until(&gate->stage, "a refusal", was_quiet, gate);
    assert_int_equal(gate->stage.result_count, 0);
    gate_fault(gate, "resume");  // it is tried again after Retry-After
    stage_until_results(&gate->stage, 1);
    assert_int_equal(gate->stage.results[0].outcome, CONNECTOR_ACCEPTED);
}

static void test_needs_login(void **state)
{
    struct gate *gate = *state;
    const char *why;
    gate_init(gate, "kick", NULL);
    join(gate, QUICK);
    assert_false(connector_can(gate->stage.connector, CONNECTOR_SAY, &why));
    assert_non_null(strstr(why, "antiphon login kick"));
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"});
    stage_until_results(&gate->stage, 1);
    assert_int_equal(gate->stage.results[0].outcome, CONNECTOR_UNABLE);
}

/* ---- webhooks ---- */

static bool has_knocked(void *data)
{
    struct gate *gate = data;
    return gate->requests >= 2 && gate_count(gate, "waiting") == 0;
}

static void test_webhooks(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_log_in(gate, "rehearsal-token", SCOPES, "123456789", "rehearsal");
    gate_open_door(gate);
    gate_start(gate, NULL, "\"read\":\"webhook\",\"token\":\"" GATE_TOKEN "\"", "");
    assert_int_equal(connector_health(gate->stage.connector)->state, CONNECTOR_WAITING);
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"7\",\"name\":\"阿明\"},\"text\":\"你好\"}");
    gate_say(gate, "{\"kind\":\"follow\",\"author\":{\"id\":\"7\",\"name\":\"阿明\"}}");
    stage_until_messages(&gate->stage, 2);
    assert_int_equal(last(gate)->is.kind, MESSAGE_FOLLOW);
    // The fifth comes twice, under the same message id.
    for (int i = 3; i <= 6; i++)
        gate_say(gate, "{\"kind\":\"follow\",\"author\":{\"id\":\"%d\",\"name\":\"viewer%d\"}}", i, i);
    stage_until_messages(&gate->stage, 6);
    assert_int_equal(gate->requests, 7);
    assert_string_equal(last(gate)->is.author.name.data, "viewer6");
    assert_int_equal(gate_count(gate, "failed"), 0);
}

/* Both ways in: what has one id is the relay's to see, what has none is told once. */
static void test_both_ways(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_open_door(gate);
    join(gate, QUICK ",\"token\":\"" GATE_TOKEN "\"");
    gate_say(gate, "{\"kind\":\"gift\",\"author\":{\"id\":\"7\",\"name\":\"Sara_P\"},\"money\":{\"unit\":\"kicks\",\"units\":5}}");
    gate_say(gate, "{\"kind\":\"membership\",\"author\":{\"id\":\"7\",\"name\":\"Sara_P\"},\"detail\":{\"event\":\"new\"}}");
    stage_until(&gate->stage, "the webhooks", has_knocked, gate);
    stage_until_messages(&gate->stage, 2);
    gate_say(gate, "{\"kind\":\"room\",\"detail\":{\"slow_seconds\":5}}");
    stage_until_messages(&gate->stage, 3);
    assert_int_equal(gate->stage.messages[0]->is.kind, MESSAGE_GIFT);
    assert_int_equal(gate->stage.messages[1]->is.kind, MESSAGE_MEMBERSHIP);
    assert_int_equal(gate->stage.messages[2]->is.kind, MESSAGE_ROOM);
    assert_int_equal(gate_count(gate, "failed"), 0);
}

#define BODY "{\"message_id\":\"m\",\"sender\":{\"user_id\":1},\"content\":\"forged\"}"

static void knock(struct gate *gate, int64_t age_ms, const char *signature, int status)
{
    char time[CLOCK_RFC3339_BYTES], stamp[80], proof[120];
    clock_format_rfc3339(clock_unix_ms() - age_ms, time);
    snprintf(stamp, sizeof(stamp), "Kick-Event-Message-Timestamp: %s", time);
    snprintf(proof, sizeof(proof), "Kick-Event-Signature: %s", signature);
    gate_knock(gate, "POST", "", BODY, (const char *const[]){"Kick-Event-Message-Id: 01J", "Kick-Event-Type: chat.message.sent",
                                                             stamp, proof, NULL});
    if (gate->status != status)
        fail_msg("status %d, expected %d: %s", gate->status, status, gate->answer);
}

static void test_forged_webhooks(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_start(gate, NULL, "\"read\":\"webhook\",\"token\":\"" GATE_TOKEN "\"", "");
    gate_knock(gate, "GET", "", NULL, NULL);
    assert_int_equal(gate->status, 405);
    gate_knock(gate, "POST", "", BODY, NULL);
    assert_int_equal(gate->status, 400);
    knock(gate, 6 * 60 * 1000, "QUJD", 400);
    knock(gate, -6 * 60 * 1000, "QUJD", 400);
    for (int i = 0; i < 500 && gate->status != 401; i++) {
        char time[CLOCK_RFC3339_BYTES], stamp[80];
        clock_format_rfc3339(clock_unix_ms(), time);
        snprintf(stamp, sizeof(stamp), "Kick-Event-Message-Timestamp: %s", time);
        gate_knock(gate, "POST", "", BODY, (const char *const[]){"Kick-Event-Message-Id: 01J",
                   "Kick-Event-Type: chat.message.sent", stamp, "Kick-Event-Signature: QUJD", NULL});
        assert_true(gate->status == 401 || gate->status == 503);
    }
    assert_int_equal(gate->status, 401);
    knock(gate, 0, "not base64 at all!", 401);
    assert_int_equal(gate->stage.message_count, 0);
    assert_int_equal(connector_health(gate->stage.connector)->state, CONNECTOR_WAITING);
}

/* Without the key nothing is believed, and what was sent away is a gap. */
static void test_webhooks_without_a_key(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "kick", NULL);
    gate_start(gate, NULL, "\"read\":\"webhook\",\"token\":\"" GATE_TOKEN "\",\"api_url\":\"http://127.0.0.1:1\"", "");
    int64_t from_ms = clock_unix_ms();
    knock(gate, 0, "QUJD", 503);
    knock(gate, 0, "QUJD", 503);
    assert_int_equal(gate->stage.gap_count, 0);
    stage_stop(&gate->stage);
    assert_int_equal(gate->stage.gap_count, 1);
    assert_true(gate->stage.gaps[0].from_ms >= from_ms - 1000 && gate->stage.gaps[0].to_ms >= from_ms);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reads), TEST(test_pings), TEST(test_silent_peer), TEST(test_unknown_key), TEST(test_garbage_goes_by), TEST(test_site_is_closed),
        TEST(test_site_is_open), TEST(test_site_knows_no_such), TEST(test_fills_the_gap), TEST(test_writes),
        TEST(test_needs_login), TEST(test_webhooks), TEST(test_both_ways),
        TEST(test_forged_webhooks), TEST(test_webhooks_without_a_key),
    };
    const struct CMUnitTest slow[] = {
        TEST(test_never_lets_in), TEST(test_codes), TEST(test_refused), TEST(test_writes_too_fast),
    };
    if (argc > 1)
        return cmocka_run_group_tests_name("kick_slow", slow, NULL, NULL);
    return cmocka_run_group_tests_name("kick_live", tests, NULL, NULL);
}
