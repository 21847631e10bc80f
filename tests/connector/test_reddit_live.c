/* test_reddit_live.c - a thread of Reddit's, played by the rehearsal: pages, names, edits, tokens, refusals, cursor. */
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

static void open_hall(struct hall *hall, const char *setting)
{
    const char *const settings[] = {"reddit.poll_ms=30", "reddit.requests_max=100000", setting};
    hall_open(hall, "reddit", settings, ARRAY_LENGTH(settings));
    json_t *addresses = rehearsal_addresses(hall->rehearsal);
    const json_t *sources = json_object_get(addresses, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++) {
        json_t *source = json_array_get(sources, i);
        if (strcmp(json_get_text(source, "connector"), "reddit") != 0)
            continue;
        json_object_set_new(source, "closed_ms", json_integer(50));
        size_t len = json_dumpb(source, hall->config, sizeof(hall->config) - 1, JSON_COMPACT);
        assert_in_range(len, 1, sizeof(hall->config) - 1);
    }
    json_decref(addresses);
    assert_string_not_equal(hall->config, "");
}

static void start(struct hall *hall, const char *cursor)
{
    stage_start(&hall->stage, cursor, "%s", hall->config);
}

static void begin(struct hall *hall, const char *setting)
{
    open_hall(hall, setting);
    start(hall, NULL);
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
}

static void say(struct hall *hall, const char *text)
{
    hall_say(hall, "{\"kind\":\"chat\",\"platform\":\"reddit\",\"native_id\":\"w%d\",\"author\":{\"id\":\"117\",\"login\":"
             "\"niloufar\",\"name\":\"niloufar\"},\"text\":\"%s\"}", ++hall->said, text);
}

static void test_comments(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "سلام 😂");
    hall_say(&hall, "{\"kind\":\"chat\",\"platform\":\"reddit\",\"native_id\":\"a\",\"author\":{\"login\":\"host\",\"roles\":[\"broadcaster\"]},"
             "\"text\":\"你好\",\"reply_to\":{\"native_id\":\"w1\"}}");
    stage_until_messages(&hall.stage, 2);
    const struct message *first = hall.stage.messages[0], *second = hall.stage.messages[1];
    assert_string_equal(first->is.text.data, "سلام 😂");
    assert_false(first->is.is_history);
    assert_string_equal(second->is.reply_to.native_id.data, first->is.native_id.data);
    assert_int_equal(second->is.author.roles, ROLE_BROADCASTER);
    hall_say(&hall, "{\"kind\":\"edit\",\"platform\":\"reddit\",\"text\":\"سلام!\",\"target\":{\"native_id\":\"w1\"}}");
    stage_until_messages(&hall.stage, 3);
    assert_int_equal(hall.stage.messages[2]->is.kind, MESSAGE_EDIT);
    assert_string_equal(hall.stage.messages[2]->is.target.native_id.data, first->is.native_id.data);
    // The one stays as "[deleted]" because it has an answer, the other is just not there any more.
    hall_say(&hall, "{\"kind\":\"delete\",\"platform\":\"reddit\",\"target\":{\"native_id\":\"w1\"}}");
    hall_say(&hall, "{\"kind\":\"delete\",\"platform\":\"reddit\",\"target\":{\"native_id\":\"a\"}}");
    stage_until_messages(&hall.stage, 5);
    assert_int_equal(hall.stage.messages[3]->is.kind, MESSAGE_DELETE);
    assert_int_equal(hall.stage.messages[4]->is.kind, MESSAGE_DELETE);
    assert_string_not_equal(hall.stage.messages[3]->is.target.native_id.data, hall.stage.messages[4]->is.target.native_id.data);
    assert_int_equal(hall_counted(&hall, "tokens"), 1);
    hall_close(&hall);
}

/* What was there before us is history, as far as the first page shows it. */
static void test_history(void **state)
{
    struct hall hall;
    open_hall(&hall, NULL);
    json_t *line = json_pack("{s:s, s:s, s:s, s:{s:s}}", "kind", "chat", "platform", "reddit", "text", "earlier", "author", "login", "a");
    struct message *message = message_from_json(line, NULL);
    for (int i = 0; i < 150; i++)
        rehearsal_say(hall.rehearsal, message);
    message_unref(message);
    json_decref(line);
    int64_t begun_s = clock_unix_ms() / 1000;
    while (clock_unix_ms() / 1000 == begun_s)  // comments have whole seconds only
        continue;
    start(&hall, NULL);
    stage_until_messages(&hall.stage, 100);
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    say(&hall, "now");
    stage_until_messages(&hall.stage, 101);
    for (size_t i = 0; i < 100; i++)
        assert_true(hall.stage.messages[i]->is.is_history);
    assert_string_equal(hall.stage.messages[100]->is.text.data, "now");
    hall_close(&hall);
}

/* More than a page between two polls: the rest is named, and asked for. */
static void test_more_than_a_page(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    for (int i = 0; i < 730; i++)
        say(&hall, "many");
    stage_until_messages(&hall.stage, 730);
    say(&hall, "the last");
    stage_until_messages(&hall.stage, 731);
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

static void test_cursor(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "one");
    stage_until_messages(&hall.stage, 1);
    stage_stop(&hall.stage);
    char cursor[1024];
    snprintf(cursor, sizeof(cursor), "%s", hall.stage.cursor);
    for (int i = 0; i < 300; i++)
        say(&hall, "meanwhile");
    start(&hall, cursor);
    stage_until_messages(&hall.stage, 301);
    size_t news = 0;
    for (size_t i = 1; i < hall.stage.message_count; i++)
        news += strcmp(hall.stage.messages[i]->is.text.data, "meanwhile") == 0 && !hall.stage.messages[i]->is.is_history;
    assert_int_equal(news, 300);
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

static void test_more_than_can_be_asked(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "one");
    stage_until_messages(&hall.stage, 1);
    for (int i = 0; i < 1500; i++)
        say(&hall, "flood");
    stage_until_gaps(&hall.stage, 1);
    assert_true(hall.stage.gaps[0].to_ms >= hall.stage.gaps[0].from_ms);
    hall_close(&hall);
}

static void test_closed(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    hall_say(&hall, "{\"kind\":\"end\",\"platform\":\"reddit\"}");
    stage_until_state(&hall.stage, CONNECTOR_WAITING);
    assert_int_equal(hall.stage.messages[0]->is.kind, MESSAGE_END);
    hall_close(&hall);
}

static void test_token_ends(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    hall_fault(&hall, "token", 0);
    say(&hall, "with another token");
    stage_until_messages(&hall.stage, 1);
    assert_int_equal(hall_counted(&hall, "tokens"), 2);
    hall_close(&hall);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *setting, *text, *remedy;
    } cases[] = {
        {"reddit.client_secret=another", "failed: Reddit refuses the app's id and secret", "client_id"},
        {"reddit.refusal=private", "failed: Reddit does not let us read the thread: private", "public"},
        {"reddit.refusal=html", "failed: Reddit blocks this address", "approved app"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct hall hall;
        open_hall(&hall, cases[i].setting);
        if (i == 0)  // the entry has the right one by itself
            memcpy(strstr(hall.config, "\"another\"") + 1, "mistake", 7);
        start(&hall, NULL);
        stage_until_state(&hall.stage, CONNECTOR_FAILED);
        if (!stage_said(&hall.stage, cases[i].text))
            fail_msg("%s", connector_health(hall.stage.connector)->text);
        assert_non_null(strstr(connector_health(hall.stage.connector)->remedy, cases[i].remedy));
        hall_close(&hall);
    }
}

static void test_no_such_thread(void **state)
{
    struct hall hall;
    open_hall(&hall, NULL);
    memcpy(strstr(hall.config, "1abcde"), "1zzzzz", 6);
    start(&hall, NULL);
    stage_until_said(&hall.stage, "failed: there is no thread 1zzzzz");
    hall_close(&hall);
}

/* 5xx and dropped connections: again, and nothing is lost; 429: as long as it says. */
static void test_troubles(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    hall_fault(&hall, "refuse", 0);
    stage_until_said(&hall.stage, "connecting: ");
    say(&hall, "meanwhile");
    hall_fault(&hall, "resume", 0);
    stage_until_text(&hall.stage, "meanwhile");
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
    // The token and the first pages use up the minute.
    open_hall(&hall, "reddit.requests_max=3");
    start(&hall, NULL);
    stage_until_said(&hall.stage, "live: reading r/rehearsal, slowly");
    assert_int_equal(hall_counted(&hall, "limited"), 0);
    assert_false(stage_said(&hall.stage, "connecting: Reddit asks us to read slower"));
    assert_int_equal(connector_health(hall.stage.connector)->budget.limit, 3);
    hall_close(&hall);
}

static void test_configuration(void **state)
{
    static const struct {
        const char *config, *expected;  // a word of the error, or the source's name
    } cases[] = {
        {"{\"connector\":\"reddit\",\"thread\":\"https://www.reddit.com/r/barg/comments/1abcde/title_here/?sort=new\",\"client_id\":\"a\"}", "reddit:1abcde"},
        {"{\"connector\":\"reddit\",\"thread\":\"https://redd.it/1abcde\",\"client_id\":\"a\\n\"}", "reddit:1abcde"},
        {"{\"connector\":\"reddit\",\"thread\":\"t3_1abcde\",\"client_id\":\"a\"}", "reddit:1abcde"},
        {"{\"connector\":\"reddit\",\"thread\":\"1abcde\",\"unofficial\":true}", "reddit:1abcde"},
        {"{\"connector\":\"reddit\",\"thread\":\"1abcde\"}", "approved app"},
        {"{\"connector\":\"reddit\",\"thread\":\"1abcde\",\"client_id\":\"a b\"}", "client_id"},
        {"{\"connector\":\"reddit\",\"thread\":\"r/barg\",\"client_id\":\"a\"}", "thread \"r/barg\""},
        {"{\"connector\":\"reddit\",\"thread\":\"https://www.reddit.com/r/barg/s/AbCd\",\"client_id\":\"a\"}", "/comments/"},
        {"{\"connector\":\"reddit\",\"client_id\":\"a\"}", "thread"},
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
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_more_than_a_page),
        cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_more_than_can_be_asked),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_token_ends),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_such_thread),
    };
    const struct CMUnitTest slow[] = {
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_troubles),
    };
    return argc > 1 ? cmocka_run_group_tests(slow, NULL, NULL) : cmocka_run_group_tests(quick, NULL, NULL);
}
