/* test_facebook_live.c - the Facebook connector against its side of the rehearsal: stream, pages, errors, writing. */
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

#define QUICK "\"poll_ms\":20,\"watch_ms\":50,\"look_ms\":20,\"silence_ms\":400"

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
    for (size_t i = 0; i < gate->stage.state_count; i++)
        assert_null(strstr(gate->stage.states[i], "rehearsal-page-token"));
    gate_fini(gate);
    free(gate);
    return 0;
}

static void begin(struct gate *gate, const char *const *settings, const char *more)
{
    gate_init(gate, "facebook", settings);
    gate_start(gate, NULL, more, "");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
}

static void say(struct gate *gate, const char *id, const char *text)
{
    gate_say(gate, "{\"kind\":\"chat\",\"native_id\":\"%s\",\"author\":{\"id\":\"7\",\"name\":\"سارا\"},\"text\":\"%s\"}", id, text);
}

static size_t count_kind(const struct gate *gate, enum message_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < gate->stage.message_count; i++)
        count += gate->stage.messages[i]->is.kind == kind;
    return count;
}

static void test_streams(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, QUICK);
    assert_true(stage_said(&gate->stage, "live: reading the comments of 91193607567"));
    say(gate, "one", "سلام از اصفهان 😂");
    say(gate, "two", "大家好");
    stage_until_messages(&gate->stage, 2);
    assert_string_equal(gate->stage.messages[0]->is.text.data, "سلام از اصفهان 😂");
    assert_string_equal(last(gate)->is.author.name.data, "سارا");
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"104000000000001\",\"name\":\"Rehearsal\"},\"text\":\"me\"}");
    stage_until_messages(&gate->stage, 3);
    assert_int_equal(last(gate)->is.author.roles, ROLE_BROADCASTER);
    assert_int_equal(gate->stage.gap_count, 0);
}

static bool has_edit(void *data)
{
    return count_kind(data, MESSAGE_EDIT) == 1;
}

static bool has_delete(void *data)
{
    return count_kind(data, MESSAGE_DELETE) == 1;
}

static bool was_reply_read(void *data)
{
    return stage_has_text(&((struct gate *)data)->stage, "an answer");
}

/* The stream tells neither answers nor edits nor removals: the pages beside it do. */
static void test_watches(void **state)
{
    struct gate *gate = *state;
    char old[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(clock_unix_ms(), old);
    begin(gate, NULL, QUICK);
    say(gate, "first", "first");
    gate_say(gate, "{\"kind\":\"chat\",\"reply_to\":{\"native_id\":\"first\"},\"author\":{\"id\":\"8\",\"name\":\"a\"},\"text\":\"an answer\"}");
    stage_until(&gate->stage, "the answer", was_reply_read, gate);
    gate_say(gate, "{\"kind\":\"edit\",\"target\":{\"native_id\":\"first\"},\"text\":\"edited\"}");
    stage_until(&gate->stage, "the edit", has_edit, gate);
    assert_string_equal(last(gate)->is.text.data, "edited");
    assert_int_equal(count_kind(gate, MESSAGE_CHAT), 2);
    assert_int_equal(gate->stage.gap_count, 0);
}

static bool is_three_seconds_later(void *data)
{
    return clock_unix_ms() - *(int64_t *)data >= 4200;
}

/* A comment that pages do not have any more is asked for by itself before it is taken for removed. */
static void test_notices_removal(void **state)
{
    struct gate *gate = *state;
    int64_t begun_ms = clock_unix_ms();
    begin(gate, NULL, QUICK);
    say(gate, "oldest", "oldest");
    stage_until_messages(&gate->stage, 1);
    begun_ms = clock_unix_ms() - 2000;
    stage_until(&gate->stage, "some seconds", is_three_seconds_later, &begun_ms);
    say(gate, "gone", "to be removed");
    stage_until_messages(&gate->stage, 2);
    begun_ms = clock_unix_ms() - 1000;
    stage_until(&gate->stage, "some seconds", is_three_seconds_later, &begun_ms);
    say(gate, "newest", "newest");
    gate_say(gate, "{\"kind\":\"delete\",\"target\":{\"native_id\":\"gone\"}}");
    stage_until(&gate->stage, "the removal", has_delete, gate);
    assert_string_equal(last(gate)->is.target.native_id.data, gate->stage.messages[1]->is.native_id.data);
}

static bool has_streams(void *data)
{
    return gate_count(data, "streams") >= 2;
}

/* What is written while the stream is away comes by pages: no gap. */
static void test_recovers(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, QUICK);
    say(gate, "before", "before");
    stage_until_messages(&gate->stage, 1);
    gate_fault(gate, "drop");
    say(gate, "between", "between");
    stage_until(&gate->stage, "another stream", has_streams, gate);
    say(gate, "after", "after");
    stage_until_messages(&gate->stage, 3);
    assert_true(stage_has_text(&gate->stage, "between"));
    assert_int_equal(gate->stage.gap_count, 0);
    gate_fault(gate, "reconnect");
    say(gate, "later", "later");
    stage_until_messages(&gate->stage, 4);
    assert_int_equal(count_kind(gate, MESSAGE_CHAT), 4);
}

/* 60 s without a byte (0.4 here): a look by pages, and a new stream. */
static void test_silence(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, "\"poll_ms\":20,\"watch_ms\":60000,\"look_ms\":20,\"silence_ms\":300");
    stage_until(&gate->stage, "another stream", has_streams, gate);
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    assert_int_equal(connector_health(gate->stage.connector)->reconnects, 0);
}

static void test_new_life(void **state)
{
    struct gate *gate = *state;
    char cursor[1024];
    begin(gate, NULL, QUICK);
    say(gate, "before", "before");
    stage_until_messages(&gate->stage, 1);
    stage_stop(&gate->stage);
    snprintf(cursor, sizeof(cursor), "%s", gate->stage.cursor);
    say(gate, "meanwhile", "meanwhile");
    gate_start(gate, cursor, QUICK, "");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    say(gate, "now", "now");
    stage_until_messages(&gate->stage, 4);  // "before" comes again within its second: the relay takes it once
    assert_true(stage_has_text(&gate->stage, "meanwhile"));
    assert_int_equal(gate->stage.gap_count, 0);
}

static bool has_polls(void *data)
{
    return gate_count(data, "polls") > 3;
}

static void test_polls(void **state)
{
    struct gate *gate = *state;
    begin(gate, (const char *const[]){"facebook.stream=closed", NULL}, QUICK ",\"method\":\"poll\"");
    assert_true(stage_said(&gate->stage, "live: polling the comments of"));
    say(gate, "one", "polled");
    stage_until_messages(&gate->stage, 1);
    stage_until(&gate->stage, "more polls", has_polls, gate);
    assert_int_equal(gate->stage.message_count, 1);
    assert_int_equal(gate_count(gate, "streams"), 0);
}

static void test_falls_back_to_polls(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "facebook", (const char *const[]){"facebook.stream=closed", NULL});
    gate_start(gate, NULL, QUICK, "");
    stage_until_state(&gate->stage, CONNECTOR_LIVE);
    assert_true(stage_said(&gate->stage, "connecting: the stream fails"));
    say(gate, "one", "polled");
    stage_until_messages(&gate->stage, 1);
}

static void test_filter_is_refused(void **state)
{
    struct gate *gate = *state;
    begin(gate, (const char *const[]){"facebook.live_filter=refused", NULL}, QUICK ",\"method\":\"poll\"");
    say(gate, "one", "without a filter");
    stage_until_messages(&gate->stage, 1);
}

static void test_token_is_over(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, QUICK);
    gate_fault(gate, "revoked");
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(gate->stage.connector)->text, "Session has expired"));
    assert_non_null(strstr(connector_health(gate->stage.connector)->remedy, "new Page access token"));
}

static void test_wrong_token(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "facebook", NULL);
    gate_start(gate, NULL, "\"access_token\":\"wrong\"", "");
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(gate->stage.connector)->remedy, "new Page access token"));
}

static void test_too_many_calls(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "facebook", (const char *const[]){"facebook.usage=97", NULL});
    gate_fault(gate, "quota");
    gate_start(gate, NULL, QUICK, "");
    stage_until_state(&gate->stage, CONNECTOR_WAITING);
    assert_non_null(strstr(connector_health(gate->stage.connector)->text, "request limit"));
    assert_int_equal(connector_health(gate->stage.connector)->budget.left, 3);
    assert_int_equal(connector_health(gate->stage.connector)->budget.limit, 100);
}

static void test_unknown_video(void **state)
{
    struct gate *gate = *state;
    gate_init(gate, "facebook", NULL);
    gate_start(gate, NULL, QUICK ",\"video\":\"123\"", "");
    stage_until_state(&gate->stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(gate->stage.connector)->remedy, "live video's id"));
}

static bool is_on_the_next(void *data)
{
    struct gate *gate = data;
    return stage_said(&gate->stage, "live: reading the comments of 911936075670002");
}

static void test_follows_next_video(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, QUICK);
    say(gate, "one", "one");
    stage_until_messages(&gate->stage, 1);
    gate_fault(gate, "end");
    stage_until_state(&gate->stage, CONNECTOR_WAITING);
    assert_int_equal(count_kind(gate, MESSAGE_END), 1);
    gate_fault(gate, "restart");
    stage_until(&gate->stage, "the next video", is_on_the_next, gate);
    say(gate, "two", "two");
    stage_until_messages(&gate->stage, 3);
    assert_int_equal(count_kind(gate, MESSAGE_END), 1);
    assert_int_equal(gate->stage.gap_count, 0);
}

static void test_garbage_goes_by(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, QUICK);
    gate_fault(gate, "garbage");
    say(gate, "one", "after");
    stage_until_messages(&gate->stage, 1);
    assert_true(connector_health(gate->stage.connector)->dropped >= 2);
}

static void test_writes(void **state)
{
    struct gate *gate = *state;
    begin(gate, NULL, QUICK);
    say(gate, "one", "one");
    stage_until_messages(&gate->stage, 1);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "خوش آمدید"});
    stage_until_results(&gate->stage, 1);
    stage_until_messages(&gate->stage, 2);
    assert_int_equal(gate->stage.results[0].outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(gate->stage.results[0].native_id, last(gate)->is.native_id.data);
    assert_true(last(gate)->is.is_own);
    const char *id = gate->stage.messages[0]->is.native_id.data;
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "to you", .native_id = id});
    stage_until_results(&gate->stage, 2);
    const json_t *writes = rehearsal_writes(gate->rehearsal, "facebook");
    assert_string_equal(json_get_text(json_array_get(writes, 1), "reply_to"), id);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = id});
    stage_until_results(&gate->stage, 3);
    stage_until(&gate->stage, "the removal", has_delete, gate);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "blocked"});
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "7"});
    stage_until_results(&gate->stage, 5);
    assert_int_equal(gate->stage.results[3].outcome, CONNECTOR_UNABLE);
    assert_int_equal(gate->stage.results[4].outcome, CONNECTOR_UNABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_streams), TEST(test_watches), TEST(test_recovers), TEST(test_silence), TEST(test_new_life), TEST(test_polls),
        TEST(test_filter_is_refused), TEST(test_token_is_over), TEST(test_wrong_token),
        TEST(test_too_many_calls), TEST(test_unknown_video), TEST(test_follows_next_video), TEST(test_garbage_goes_by),
    };
    const struct CMUnitTest slow[] = {TEST(test_writes), TEST(test_notices_removal), TEST(test_falls_back_to_polls)};
    if (argc > 1)
        return cmocka_run_group_tests_name("facebook_slow", slow, NULL, NULL);
    return cmocka_run_group_tests_name("facebook_live", tests, NULL, NULL);
}
