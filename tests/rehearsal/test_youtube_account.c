/* test_youtube_account.c - the YouTube connector against the rehearsed platform: writing with a login, and the web page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "connector/login.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"

enum { LIMIT_MS = 15000, MESSAGES_MAX = 64 };

struct hall {
    struct loop *loop;
    struct rehearsal *rehearsal;
    struct logins *logins;
    struct connector *connector;
    struct message *messages[MESSAGES_MAX];
    size_t message_count, results;
    enum connector_outcome outcome;
    char text[256], native_id[96];
    struct timer limit, check;
    bool (*condition)(struct hall *hall);
    bool is_late;
};

static void deliver(void *data, struct message *message)
{
    struct hall *hall = data;
    assert_true(hall->message_count < MESSAGES_MAX);
    hall->messages[hall->message_count++] = message_ref(message);
}

static void handle_result(void *data, const struct connector_result *result)
{
    struct hall *hall = data;
    hall->results++;
    hall->outcome = result->outcome;
    snprintf(hall->text, sizeof(hall->text), "%s", result->text);
    snprintf(hall->native_id, sizeof(hall->native_id), "%s", result->native_id);
}

static char *load(void *data, const char *platform)
{
    return strcmp(platform, "youtube") == 0 ? xstrdup(
        "{\"client_id\":\"rehearsal-client\",\"access_token\":\"rehearsal-youtube-token\",\"account_id\":\"UCrehearsal0000000000000\","
        "\"account_name\":\"@rehearsal\",\"obtained_ms\":1,\"expires_ms\":99999999999999}") : NULL;
}

static bool save(void *data, const char *platform, const char *json, struct error *err)
{
    return true;
}

static void check(void *data)
{
    struct hall *hall = data;
    if (hall->condition(hall)) {
        loop_stop(hall->loop);
    } else {
        timer_start(&hall->check, 2);
    }
}

static void give_up(void *data)
{
    struct hall *hall = data;
    hall->is_late = true;
    loop_stop(hall->loop);
}

static void until(struct hall *hall, const char *what, bool (*condition)(struct hall *hall))
{
    hall->condition = condition;
    hall->is_late = false;
    timer_start(&hall->limit, LIMIT_MS);
    timer_start(&hall->check, 0);
    assert_true(loop_run(hall->loop, NULL));
    timer_stop(&hall->limit);
    timer_stop(&hall->check);
    if (hall->is_late)
        fail_msg("waited in vain for: %s; \"%s\"", what, connector_health(hall->connector)->text);
}

static bool is_live(struct hall *hall)
{
    return connector_health(hall->connector)->state == CONNECTOR_LIVE;
}

static bool has_result(struct hall *hall)
{
    return hall->results > 0;
}

static bool has_message(struct hall *hall)
{
    return hall->message_count > 0;
}

static bool has_two(struct hall *hall)
{
    return hall->message_count > 1;
}

/* more: further members of the source, "" for none; is_web: by the page. */
static void begin(struct hall *hall, bool is_web)
{
    struct error err = {0};
    *hall = (struct hall){.loop = loop_create(&err)};
    timer_init(&hall->limit, hall->loop, give_up, hall);
    timer_init(&hall->check, hall->loop, check, hall);
    hall->rehearsal = rehearsal_create(hall->loop, &(struct rehearsal_options){0}, &err);
    if (!hall->rehearsal)
        fail_msg("%s", err.text);
    json_t *addresses = rehearsal_addresses(hall->rehearsal);
    hall->logins = logins_create(&(struct logins_options){.loop = hall->loop, .load = load, .save = save});
    assert_true(logins_configure(hall->logins, json_object_get(addresses, "logins"), &err));
    json_t *config = json_pack("{s:s,s:s,s:s,s:O}", "connector", "youtube", "video", "rehearsal01", "api_key", "rehearsal-key", "api_url",
                               json_object_get(addresses, "youtube"));
    if (is_web) {
        json_object_set_new(config, "method", json_string("web"));
        json_object_set_new(config, "web_url", json_sprintf("http://127.0.0.1:%d/youtube/web", rehearsal_port(hall->rehearsal)));
        json_object_set_new(config, "poll_ms", json_integer(20));
    }
    hall->connector = connector_create(config, &(struct connector_options){
        .loop = hall->loop, .logins = hall->logins, .deliver = deliver, .on_result = handle_result, .data = hall}, &err);
    if (!hall->connector)
        fail_msg("%s", err.text);
    json_decref(config);
    json_decref(addresses);
    connector_start(hall->connector);
    until(hall, "the chat", is_live);
}

static void end(struct hall *hall)
{
    connector_destroy(hall->connector);
    logins_destroy(hall->logins);
    rehearsal_destroy(hall->rehearsal);
    for (size_t i = 0; i < hall->message_count; i++)
        message_unref(hall->messages[i]);
    loop_destroy(hall->loop);
}

static void act(struct hall *hall, const struct connector_act *act)
{
    hall->results = 0;
    connector_act(hall->connector, act);
    until(hall, "a result", has_result);
}

static void test_writes_and_sees_it(void **state)
{
    struct hall hall;
    begin(&hall, false);
    act(&hall, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "خوش آمدید"});
    assert_int_equal(hall.outcome, CONNECTOR_ACCEPTED);
    until(&hall, "the echo", has_message);
    assert_string_equal(hall.messages[0]->is.text.data, "خوش آمدید");
    assert_true(hall.messages[0]->is.is_own);
    assert_string_equal(hall.messages[0]->is.native_id.data, hall.native_id);
    act(&hall, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = hall.native_id});
    assert_int_equal(hall.outcome, CONNECTOR_ACCEPTED);
    until(&hall, "the deletion", has_two);
    assert_int_equal(hall.messages[1]->is.kind, MESSAGE_DELETE);
    act(&hall, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "UCspam", .seconds = 60});
    assert_int_equal(hall.outcome, CONNECTOR_ACCEPTED);
    act(&hall, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "UCrehearsal0000000000000"});
    assert_int_equal(hall.outcome, CONNECTOR_DROPPED);
    assert_non_null(strstr(hall.text, "may not ban here"));
    assert_int_equal(json_array_size(rehearsal_writes(hall.rehearsal, "youtube")), 4);
    end(&hall);
}

static void test_long_text_is_split(void **state)
{
    struct hall hall;
    char text[500];
    begin(&hall, false);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 5 == 4 ? ' ' : 'a';
    text[sizeof(text) - 1] = '\0';
    act(&hall, &(struct connector_act){.kind = CONNECTOR_SAY, .text = text});
    assert_int_equal(hall.outcome, CONNECTOR_ACCEPTED);
    assert_int_equal(json_array_size(rehearsal_writes(hall.rehearsal, "youtube")), 3);
    end(&hall);
}

static void test_poll(void **state)
{
    struct hall hall;
    const char *options[] = {"شطرنج", "圍棋"};
    begin(&hall, false);
    act(&hall, &(struct connector_act){.kind = CONNECTOR_POLL_START, .text = "بازی بعدی؟", .options = options, .option_count = 2});
    assert_int_equal(hall.outcome, CONNECTOR_ACCEPTED);
    until(&hall, "the poll", has_message);
    assert_int_equal(hall.messages[0]->is.kind, MESSAGE_POLL);
    act(&hall, &(struct connector_act){.kind = CONNECTOR_POLL_END, .native_id = hall.native_id});
    assert_int_equal(hall.outcome, CONNECTOR_ACCEPTED);
    end(&hall);
}

static void test_revoked(void **state)
{
    struct hall hall;
    begin(&hall, false);
    assert_true(rehearsal_fault(hall.rehearsal, "revoke", "login", 0, NULL));
    act(&hall, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"});
    assert_int_equal(hall.outcome, CONNECTOR_UNABLE);
    assert_string_equal(hall.text, "antiphon login youtube");
    const char *why_not = NULL;
    assert_false(connector_can(hall.connector, CONNECTOR_SAY, &why_not));
    assert_int_equal(connector_health(hall.connector)->state, CONNECTOR_LIVE);  // reading goes on
    end(&hall);
}

static void test_web_page(void **state)
{
    struct hall hall;
    begin(&hall, true);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("youtube"), .native_id = STR("w1"), .text = STR("سلام از صفحه"),
        .author = {.id = STR("UCsara"), .name = STR("@sara"), .roles = ROLE_MODERATOR}});
    rehearsal_say(hall.rehearsal, message);
    message_unref(message);
    until(&hall, "a message", has_message);
    assert_string_equal(hall.messages[0]->is.text.data, "سلام از صفحه");
    assert_int_equal(hall.messages[0]->is.author.roles, ROLE_MODERATOR);
    assert_true(rehearsal_fault(hall.rehearsal, "end", "youtube", 0, NULL));
    until(&hall, "the end", has_two);
    assert_int_equal(hall.messages[1]->is.kind, MESSAGE_END);
    end(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_and_sees_it), cmocka_unit_test(test_long_text_is_split), cmocka_unit_test(test_poll),
        cmocka_unit_test(test_revoked), cmocka_unit_test(test_web_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
