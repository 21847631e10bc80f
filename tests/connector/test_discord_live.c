/* test_discord_live.c - Discord's gateway and API, played by the rehearsal: sessions, close codes, history, writing. */
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
#include "connector/connector.h"
#include "hall.h"

/* setting: NULL: none. more: of the source's configuration, ",\"key\":value", or "". */
static void open_hall(struct hall *hall, const char *setting, const char *more)
{
    const char *const settings[] = {"discord.heartbeat_ms=200", setting};
    hall_open(hall, "discord", settings, ARRAY_LENGTH(settings));
    int port = rehearsal_port(hall->rehearsal);
    snprintf(hall->config, sizeof(hall->config), "{\"connector\":\"discord\",\"channel\":\"3000000000000000000\",\"token\":"
             "\"rehearsal-token\\n\",\"api_url\":\"http://127.0.0.1:%d/discord/api\",\"webhook\":"
             "\"http://127.0.0.1:%d/discord/api/webhooks/6000000000000000000/rehearsal-hook\"%s}", port, port, more);
}

static void begin(struct hall *hall, const char *setting)
{
    open_hall(hall, setting, "");
    stage_start(&hall->stage, NULL, "%s", hall->config);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
}

static void say(struct hall *hall, const char *text)
{
    hall_say(hall, "{\"kind\":\"chat\",\"platform\":\"discord\",\"native_id\":\"w%d\",\"author\":{\"id\":\"117\",\"login\":"
             "\"niloufar\",\"name\":\"نیلوفر\",\"roles\":[\"moderator\"]},\"text\":\"%s\"}", ++hall->said, text);
}

/* The state said last names the channel: the servers have been told. */
static bool is_settled(void *data)
{
    struct hall *hall = data;
    return strstr(connector_health(hall->stage.connector)->text, "#rehearsal") != NULL;
}

static void test_messages(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    stage_until(&hall.stage, "the channel's name", is_settled, &hall);
    say(&hall, "سلام 😂");
    hall_say(&hall, "{\"kind\":\"chat\",\"platform\":\"discord\",\"native_id\":\"a\",\"author\":{\"id\":\"118\",\"name\":\"阿明\",\"roles\":"
             "[\"broadcaster\"]},\"text\":\"你好\",\"reply_to\":{\"native_id\":\"w1\"}}");
    stage_until_messages(&hall.stage, 2);
    const struct message *first = hall.stage.messages[0], *second = hall.stage.messages[1];
    assert_string_equal(first->is.text.data, "سلام 😂");
    assert_string_equal(first->is.author.name.data, "نیلوفر");
    assert_int_equal(first->is.author.roles, ROLE_MODERATOR);
    assert_string_equal(second->is.reply_to.native_id.data, first->is.native_id.data);
    assert_string_equal(second->is.reply_to.text.data, "سلام 😂");
    assert_int_equal(second->is.author.roles, ROLE_BROADCASTER);
    hall_say(&hall, "{\"kind\":\"edit\",\"platform\":\"discord\",\"author\":{\"id\":\"117\"},\"text\":\"سلام!\",\"target\":{\"native_id\":\"w1\"}}");
    hall_say(&hall, "{\"kind\":\"delete\",\"platform\":\"discord\",\"target\":{\"native_id\":\"a\"}}");
    stage_until_messages(&hall.stage, 4);
    assert_int_equal(hall.stage.messages[2]->is.kind, MESSAGE_EDIT);
    assert_string_equal(hall.stage.messages[2]->is.target.native_id.data, first->is.native_id.data);
    assert_int_equal(hall.stage.messages[3]->is.kind, MESSAGE_DELETE);
    assert_string_equal(hall.stage.messages[3]->is.target.native_id.data, second->is.native_id.data);
    hall_close(&hall);
}

/* Whatever ends a connection but not the session: what was said meanwhile comes by the resume, and no gap. */
static void test_resumes(void **state)
{
    static const char *const faults[] = {"drop", "reconnect", "close4000", "close4001", "close4008", "garbage"};
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "before");
    stage_until_messages(&hall.stage, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        hall_fault(&hall, faults[i], 0);
        say(&hall, "meanwhile");
        if (i + 1 < ARRAY_LENGTH(faults))
            hall_until_counted(&hall, "resumes", (int64_t)i + 1);
        stage_until_messages(&hall.stage, i + 2);
    }
    assert_int_equal(hall_counted(&hall, "identifies"), 1);
    assert_int_equal(hall.stage.gap_count, 0);
    assert_int_equal(connector_health(hall.stage.connector)->dropped, 1);
    hall_close(&hall);
}

/* The session is gone: the channel is read again, and nothing is lost. */
static void test_reads_again(void **state)
{
    static const char *const faults[] = {"close4009", "close4007", "invalid"};
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "before");
    stage_until_messages(&hall.stage, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        char text[32];
        hall_fault(&hall, faults[i], 0);
        snprintf(text, sizeof(text), "meanwhile %zu", i);
        say(&hall, text);
        hall_until_counted(&hall, "identifies", (int64_t)i + 2);
        hall_until_counted(&hall, "requests", 2 + (int64_t)i);
        stage_until_state(&hall.stage, CONNECTOR_LIVE);
        stage_until_text(&hall.stage, text);
    }
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

/* Another life of ours: resumed by the cursor, and read again where the session is gone. */
static void test_cursor(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "one");
    stage_until_messages(&hall.stage, 1);
    stage_stop(&hall.stage);
    char cursor[1024];
    snprintf(cursor, sizeof(cursor), "%s", hall.stage.cursor);
    say(&hall, "two");
    stage_start(&hall.stage, cursor, "%s", hall.config);
    stage_until_messages(&hall.stage, 2);
    assert_string_equal(hall.stage.messages[1]->is.text.data, "two");
    assert_int_equal(hall_counted(&hall, "identifies"), 1);
    assert_int_equal(hall_counted(&hall, "resumes"), 1);
    stage_stop(&hall.stage);
    snprintf(cursor, sizeof(cursor), "%s", hall.stage.cursor);
    hall_fault(&hall, "forget", 0);
    say(&hall, "three");
    stage_start(&hall.stage, cursor, "%s", hall.config);
    stage_until_text(&hall.stage, "three");
    assert_int_equal(hall_counted(&hall, "invalid"), 1);
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

/* The history refuses us: then it is a gap, from the last moment that was heard. */
static void test_gap(void **state)
{
    struct hall hall;
    char cursor[96];
    int64_t now_ms = clock_unix_ms();
    open_hall(&hall, NULL, "");
    snprintf(cursor, sizeof(cursor), "{\"alive_ms\":%lld}", (long long)now_ms - 60000);
    char *channel = strstr(hall.config, "3000000000000000000");
    channel[0] = '4';  // one that the bot cannot see
    stage_start(&hall.stage, cursor, "%s", hall.config);
    stage_until_gaps(&hall.stage, 1);
    assert_true(hall.stage.gaps[0].from_ms <= now_ms - 60000 && hall.stage.gaps[0].from_ms > now_ms - 62000);
    assert_true(hall.stage.gaps[0].to_ms >= now_ms);
    assert_non_null(strstr(hall.stage.gaps[0].reason, "Unknown Channel (10003)"));
    stage_until_state(&hall.stage, CONNECTOR_FAILED);
    assert_true(stage_said(&hall.stage, "failed: the bot does not see channel 4000000000000000000"));
    assert_non_null(strstr(connector_health(hall.stage.connector)->remedy, "View Channel"));
    hall_close(&hall);
}

/* The peer takes everything and says nothing: noticed by the heartbeat, not by TCP. */
static void test_zombie(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "before");
    stage_until_messages(&hall.stage, 1);
    hall_fault(&hall, "hang", 0);
    say(&hall, "into the void");
    stage_until_state(&hall.stage, CONNECTOR_CONNECTING);
    assert_true(stage_said(&hall.stage, "connecting: no answer to a heartbeat"));
    hall_fault(&hall, "resume", 0);
    stage_until_messages(&hall.stage, 2);
    assert_true(stage_has_text(&hall.stage, "into the void"));
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

static void test_says_nothing(void **state)
{
    struct hall hall;
    open_hall(&hall, NULL, ",\"answer_ms\":100");
    stage_start(&hall.stage, NULL, "%s", hall.config);
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    hall_fault(&hall, "drop", 0);
    hall_fault(&hall, "hang", 0);
    hall_until_counted(&hall, "clients", 1);
    stage_until_said(&hall.stage, "connecting: Discord does not greet us");
    hall_close(&hall);
}

/* What a person must do is said, and nothing is tried in a hurry. */
static void test_refusals(void **state)
{
    static const struct {
        const char *setting, *text, *remedy;
    } cases[] = {
        {"discord.token=another", "failed: Discord refuses the bot token", "Reset Token"},
        {"discord.content_intent=0", "failed: Message Content Intent is not switched on", "Message Content Intent"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct hall hall;
        open_hall(&hall, cases[i].setting, "");
        stage_start(&hall.stage, NULL, "%s", hall.config);
        stage_until_state(&hall.stage, CONNECTOR_FAILED);
        assert_true(stage_said(&hall.stage, cases[i].text));
        assert_non_null(strstr(connector_health(hall.stage.connector)->remedy, cases[i].remedy));
        assert_int_equal(hall_counted(&hall, "requests"), 1);
        hall_close(&hall);
    }
    struct hall hall;
    open_hall(&hall, "discord.sessions_left=0", "");
    stage_start(&hall.stage, NULL, "%s", hall.config);
    stage_until_state(&hall.stage, CONNECTOR_WAITING);
    assert_true(stage_said(&hall.stage, "waiting: the bot has no new session left today"));
    assert_int_equal(connector_health(hall.stage.connector)->budget.limit, 1000);
    hall_close(&hall);
}

static void test_close_codes(void **state)
{
    static const struct {
        const char *fault, *text, *remedy;
    } cases[] = {
        {"close4004", "failed: Discord refuses the bot token", "Reset Token"},
        {"close4010", "failed: Discord refuses the connection", "\"api_url\""},
        {"close4011", "failed: the bot is in too many servers", "make a bot of your own"},
        {"close4012", "failed: Discord knows this version", "newer antiphon"},
        {"close4013", "failed: Discord refuses the intents", "what a bot may ask for"},
        {"close4014", "failed: Message Content Intent", "switch on Message Content Intent"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct hall hall;
        begin(&hall, NULL);
        hall_fault(&hall, cases[i].fault, 0);
        stage_until_state(&hall.stage, CONNECTOR_FAILED);
        if (!stage_said(&hall.stage, cases[i].text))
            fail_msg("%s: %s", cases[i].fault, connector_health(hall.stage.connector)->text);
        if (!strstr(connector_health(hall.stage.connector)->remedy, cases[i].remedy))
            fail_msg("%s: %s", cases[i].fault, connector_health(hall.stage.connector)->remedy);
        hall_close(&hall);
    }
}

static void test_history_of_the_first_day(void **state)
{
    struct hall hall;
    open_hall(&hall, NULL, ",\"history_hours\":1");
    for (int i = 0; i < 250; i++)  // three pages
        say(&hall, "an earlier question");
    stage_start(&hall.stage, NULL, "%s", hall.config);
    stage_until_messages(&hall.stage, 250);
    for (size_t i = 0; i < 250; i++) {
        assert_true(hall.stage.messages[i]->is.is_history);
        assert_true(i == 0 || strcmp(hall.stage.messages[i - 1]->is.native_id.data, hall.stage.messages[i]->is.native_id.data) < 0);
    }
    hall_close(&hall);
}

static const struct message *last_message(const struct hall *hall)
{
    return hall->stage.messages[hall->stage.message_count - 1];
}

static void test_writing(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    stage_until(&hall.stage, "the channel's name", is_settled, &hall);
    say(&hall, "a question?");
    stage_until_messages(&hall.stage, 1);
    const char *question = hall.stage.messages[0]->is.native_id.data;

    // By the webhook; it comes back and is known as ours.
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "@everyone سلام"});
    stage_until_results(&hall.stage, 1);
    stage_until_messages(&hall.stage, 2);
    assert_int_equal(hall.stage.results[0].outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(last_message(&hall)->is.native_id.data, hall.stage.results[0].native_id);
    assert_string_equal(last_message(&hall)->is.author.id.data, "6000000000000000000");
    assert_true(last_message(&hall)->is.is_own);

    // An answer is the bot's.
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "yes", .native_id = question});
    stage_until_results(&hall.stage, 2);
    stage_until_messages(&hall.stage, 3);
    assert_string_equal(last_message(&hall)->is.reply_to.native_id.data, question);
    assert_true(last_message(&hall)->is.is_own);

    const char *const options[] = {"شطرنج", "圍棋"};
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_POLL_START, .text = "بازی بعدی؟", .seconds = 60,
                  .options = options, .option_count = 2});
    stage_until_messages(&hall.stage, 4);
    assert_int_equal(last_message(&hall)->is.kind, MESSAGE_POLL);
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = question});
    stage_until_messages(&hall.stage, 5);
    assert_string_equal(last_message(&hall)->is.target.native_id.data, question);
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "117", .text = "spam"});
    stage_until_messages(&hall.stage, 6);
    assert_int_equal(last_message(&hall)->is.kind, MESSAGE_BAN);
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "117", .seconds = 600});
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_UNBAN, .author_id = "117"});
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "../../guilds/1"});
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "12345"});
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_CLEAR});
    stage_until_results(&hall.stage, 10);
    assert_int_equal(hall.stage.results[5].outcome, CONNECTOR_ACCEPTED);
    assert_int_equal(hall.stage.results[6].outcome, CONNECTOR_ACCEPTED);
    assert_int_equal(hall.stage.results[7].outcome, CONNECTOR_DROPPED);
    assert_int_equal(hall.stage.results[8].outcome, CONNECTOR_DROPPED);
    assert_non_null(strstr(hall.stage.results[8].text, "Unknown Message (10008)"));
    assert_int_equal(hall.stage.results[9].outcome, CONNECTOR_UNABLE);

    const json_t *writes = rehearsal_writes(hall.rehearsal, "discord");
    static const char *const acts[] = {"say", "say", "poll_start", "delete", "ban", "timeout", "unban", "delete"};
    assert_int_equal(json_array_size(writes), ARRAY_LENGTH(acts));
    for (size_t i = 0; i < ARRAY_LENGTH(acts); i++)
        assert_string_equal(json_get_text(json_array_get(writes, i), "act"), acts[i]);
    assert_int_equal(json_get_int(json_array_get(writes, 5), "seconds", 0), 600);
    hall_close(&hall);
}

/* Three parts of a long text, two of them beyond what the channel takes at once. */
static void test_long_text_and_rate(void **state)
{
    struct hall hall;
    begin(&hall, "discord.writes_max=2");
    char *text = xcalloc(1, 4 * 5001);
    for (int i = 0; i < 5000; i++)
        strcat(text + 2 * (size_t)i, i % 100 == 99 ? "  " : "س");
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = text});
    free(text);
    stage_until_results(&hall.stage, 1);
    assert_int_equal(hall.stage.results[0].outcome, CONNECTOR_ACCEPTED);
    stage_until_messages(&hall.stage, 3);
    int limited = 0, accepted = 0;
    const json_t *writes = rehearsal_writes(hall.rehearsal, "discord");
    for (size_t i = 0; i < json_array_size(writes); i++) {
        limited += strcmp(json_get_text(json_array_get(writes, i), "outcome"), "limited") == 0;
        accepted += strcmp(json_get_text(json_array_get(writes, i), "outcome"), "accepted") == 0;
    }
    assert_int_equal(accepted, 3);
    assert_true(limited >= 1);
    hall_close(&hall);
}

static void test_webhook_gone(void **state)
{
    struct hall hall;
    open_hall(&hall, NULL, "");
    memcpy(strstr(hall.config, "rehearsal-hook"), "rehearsal-gone", 14);
    stage_start(&hall.stage, NULL, "%s", hall.config);
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    stage_until(&hall.stage, "the channel's name", is_settled, &hall);
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "one"});
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "two"});
    stage_until_results(&hall.stage, 2);
    assert_int_equal(hall.stage.results[0].outcome, CONNECTOR_DROPPED);
    assert_non_null(strstr(hall.stage.results[0].text, "Unknown Webhook (10015)"));
    assert_int_equal(hall.stage.results[1].outcome, CONNECTOR_ACCEPTED);  // the bot's, from then on
    hall_close(&hall);
}

static void test_configuration(void **state)
{
    static const struct {
        const char *config, *expected;  // expected: a word of the error, or the source's name
    } cases[] = {
        {"{\"connector\":\"discord\",\"channel\":\"3000\",\"token\":\" abc\\n\"}", "discord:3000"},
        {"{\"connector\":\"discord\",\"channel\":\"https://discord.com/channels/2000/3000, 3001 3002\",\"token\":\"abc\"}", "discord:3000"},
        {"{\"connector\":\"discord\",\"channel\":\"#ask\",\"token\":\"abc\"}", "Copy Channel ID"},
        {"{\"connector\":\"discord\",\"channel\":\"\",\"token\":\"abc\"}", "channel"},
        {"{\"connector\":\"discord\",\"channel\":\"3000\",\"token\":\"a b\"}", "token"},
        {"{\"connector\":\"discord\",\"channel\":\"3000\",\"token\":\"\"}", "token"},
        {"{\"connector\":\"discord\",\"channel\":\"3000\"}", "token"},
        {"{\"connector\":\"discord\",\"channel\":\"3000\",\"token\":\"abc\",\"webhook\":\"hello\"}", "webhook"},
        {"{\"connector\":\"discord\",\"channel\":\"3000\",\"token\":\"abc\",\"history_hours\":-1}", "history_hours"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        json_t *config = json_loads(cases[i].config, 0, NULL);
        struct error err = {0};
        char *source = connector_source_id(config, &err);
        if (!strstr(source ? source : err.text, cases[i].expected))
            fail_msg("%s: %s", cases[i].config, source ? source : err.text);
        free(source);
        json_decref(config);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest quick[] = {
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_resumes),
        cmocka_unit_test(test_zombie),
        cmocka_unit_test(test_says_nothing),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_history_of_the_first_day),
        cmocka_unit_test(test_webhook_gone),
    };
    // Discord's own pauses: before a new session, between writes, until all servers have been told.
    const struct CMUnitTest slow[] = {
        cmocka_unit_test(test_reads_again),
        cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_long_text_and_rate),
    };
    return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL) : cmocka_run_group_tests(quick, NULL, NULL);
}
