/* test_instagram_live.c - the Instagram connector against its side of the rehearsal, at a door. */
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
#include "gate.h"
#include "net/signature.h"

static const struct message *last(const struct gate *gate)
{
    return gate->stage.messages[gate->stage.message_count - 1];
}

static int set_up(void **state)
{
    struct gate *gate = xcalloc(1, sizeof(*gate));
    gate_init(gate, "instagram", NULL);
    *state = gate;
    return 0;
}

static int tear_down(void **state)
{
    struct gate *gate = *state;
    for (size_t i = 0; i < gate->stage.state_count; i++)
        assert_null(strstr(gate->stage.states[i], "rehearsal-"));
    gate_fini(gate);
    free(gate);
    return 0;
}

static bool is_verified(void *data)
{
    return gate_count(data, "verified") == 1;
}

static void begin(struct gate *gate)
{
    gate_start(gate, NULL, "", "");
    gate_open_door(gate);
    stage_until(&gate->stage, "the challenge", is_verified, gate);
}

static void test_reads(void **state)
{
    struct gate *gate = *state;
    begin(gate);
    assert_true(stage_said(&gate->stage, "waiting: Meta knows this address"));
    gate_say(gate, "{\"kind\":\"chat\",\"author\":{\"id\":\"232323232\",\"login\":\"aming\"},\"text\":\"你好 🎉 سلام\"}");
    stage_until_messages(&gate->stage, 1);
    assert_string_equal(last(gate)->is.text.data, "你好 🎉 سلام");
    assert_string_equal(last(gate)->is.author.login.data, "aming");
    assert_int_equal(connector_health(gate->stage.connector)->state, CONNECTOR_LIVE);
    assert_int_equal(gate_count(gate, "failed"), 0);
}

static void test_wrong_challenge(void **state)
{
    struct gate *gate = *state;
    gate_start(gate, NULL, "\"verify_token\":\"another\"", "");
    gate_knock(gate, "GET", "?hub.mode=subscribe&hub.challenge=7&hub.verify_token=rehearsal-verify-token", NULL, NULL);
    assert_int_equal(gate->status, 403);
    gate_knock(gate, "GET", "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=another", NULL, NULL);
    assert_int_equal(gate->status, 200);
    assert_string_equal(gate->answer, "1158201444");
    gate_knock(gate, "GET", "", NULL, NULL);
    assert_int_equal(gate->status, 403);
}

static void knock(struct gate *gate, const char *body, const char *secret, int status)
{
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES], header[160];
    signature_hmac_sha256(secret, strlen(secret), body, strlen(body), digest);
    signature_to_hex(digest, hex);
    snprintf(header, sizeof(header), "X-Hub-Signature-256: sha256=%s", hex);
    gate_knock(gate, "POST", "", body, (const char *const[]){header, NULL});
    if (gate->status != status)
        fail_msg("%s: status %d, expected %d", body, gate->status, status);
}

#define BODY "{\"object\":\"instagram\",\"entry\":[{\"id\":\"%s\",\"time\":1795371645,\"changes\":[{\"field\":\"live_comments\"," \
             "\"value\":{\"id\":\"1\",\"text\":\"x\"}}]}]}"

static void test_forged(void **state)
{
    struct gate *gate = *state;
    char ours[400], others[400];
    snprintf(ours, sizeof(ours), BODY, "17841405822304914");
    snprintf(others, sizeof(others), BODY, "99");
    gate_start(gate, NULL, "", "");
    gate_knock(gate, "POST", "", ours, NULL);
    assert_int_equal(gate->status, 401);
    knock(gate, ours, "not the secret", 401);
    assert_int_equal(gate->stage.message_count, 0);
    assert_int_equal(connector_health(gate->stage.connector)->state, CONNECTOR_WAITING);
    knock(gate, others, "rehearsal-app-secret", 200);
    assert_int_equal(gate->stage.message_count, 0);  // another account of the same app
    knock(gate, ours, "rehearsal-app-secret", 200);
    assert_int_equal(gate->stage.message_count, 1);
    // Signed, and no JSON: counted, and not asked for again.
    knock(gate, "{\"entry\":", "rehearsal-app-secret", 200);
    assert_int_equal(connector_health(gate->stage.connector)->dropped, 1);
}

static void test_answers(void **state)
{
    struct gate *gate = *state;
    const char *why;
    begin(gate);
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "سلام", .native_id = "17865799348089039"});
    stage_until_results(&gate->stage, 1);
    stage_until_messages(&gate->stage, 1);
    assert_int_equal(gate->stage.results[0].outcome, CONNECTOR_ACCEPTED);
    assert_true(last(gate)->is.is_own);
    assert_string_equal(last(gate)->is.reply_to.native_id.data, "17865799348089039");
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "to nobody"});
    stage_until_results(&gate->stage, 2);
    assert_int_equal(gate->stage.results[1].outcome, CONNECTOR_UNABLE);
    assert_false(connector_can(gate->stage.connector, CONNECTOR_BAN, &why));
}

static void test_answers_need_a_token(void **state)
{
    struct gate *gate = *state;
    gate_start(gate, NULL, "\"access_token\":\"wrong\"", "");
    gate_act(gate, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x", .native_id = "17865799348089039"});
    stage_until_results(&gate->stage, 1);
    assert_int_equal(gate->stage.results[0].outcome, CONNECTOR_UNABLE);
    assert_non_null(strstr(gate->stage.results[0].text, "instagram_manage_comments"));
    stage_stop(&gate->stage);
    const char *why;
    gate_start(gate, NULL, "", "access_token");
    assert_false(connector_can(gate->stage.connector, CONNECTOR_SAY, &why));
    assert_non_null(strstr(why, "access_token"));
}

/* Meta repeats for 36 hours what it could not deliver: only what is older is lost. */
static void test_gap_after_36_hours(void **state)
{
    struct gate *gate = *state;
    char cursor[60];
    int64_t now_ms = clock_unix_ms(), hour_ms = 3600 * 1000;
    snprintf(cursor, sizeof(cursor), "{\"alive_ms\":%lld}", (long long)(now_ms - 35 * hour_ms));
    gate_start(gate, cursor, "", "");
    stage_stop(&gate->stage);
    assert_int_equal(gate->stage.gap_count, 0);
    snprintf(cursor, sizeof(cursor), "{\"alive_ms\":%lld}", (long long)(now_ms - 40 * hour_ms));
    gate_start(gate, cursor, "", "");
    assert_int_equal(gate->stage.gap_count, 1);
    assert_true(llabs(gate->stage.gaps[0].to_ms - (now_ms - 36 * hour_ms)) < 10000);
}

static void check_refused(const char *key, const char *value, const char *part)
{
    struct error err = {0};
    json_t *config = json_pack("{s:s, s:s, s:s, s:s, s:s}", "connector", "instagram", "account", "17841405822304914", "token",
                               GATE_TOKEN, "app_secret", "s", "verify_token", "v");
    json_object_set_new(config, key, json_string(value));
    char *source = connector_source_id(config, &err);
    if (source || !strstr(err.text, part))
        fail_msg("%s \"%s\": \"%s\"", key, value, err.text);
    json_decref(config);
}

static void test_configuration(void **state)
{
    check_refused("account", "@aming", "account \"@aming\"");
    check_refused("token", "short", "token");
    check_refused("app_secret", "", "app_secret");
    check_refused("app_secret", "a b", "app_secret");
    check_refused("verify_token", " \n", "verify_token");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reads), TEST(test_wrong_challenge), TEST(test_forged), TEST(test_answers), TEST(test_answers_need_a_token),
        TEST(test_gap_after_36_hours), TEST(test_configuration),
    };
    return cmocka_run_group_tests_name("instagram_live", tests, NULL, NULL);
}
