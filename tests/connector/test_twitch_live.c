/* test_twitch_live.c - the Twitch connector against a small IRC-over-websocket server on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/poison.h"
#include "chat/message.h"
#include "net/server.h"
#include "stage.h"

enum { SOCKETS_MAX = 16 };

#define ROOMSTATE "@emote-only=0;followers-only=-1;r9k=0;room-id=1;slow=0;subs-only=0 :tmi.twitch.tv ROOMSTATE #anna\r\n"

struct irc {
    struct stage stage;
    struct server *server;
    struct server_socket *sockets[SOCKETS_MAX];  // in the order they came; NULL: closed
    size_t socket_count, joins, pongs, closes;
    bool is_silent_to_join, is_silent_to_ping;
    const char *login_answer;  // NULL: 001
    char last_line[600];
};

static struct server_socket *newest(const struct irc *irc)
{
    return irc->socket_count ? irc->sockets[irc->socket_count - 1] : NULL;
}

static void say(struct server_socket *socket, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(server_socket_send_text(socket, text, (size_t)len));
}

static int accept_socket(void *data, const struct server_request *request, void **session)
{
    *session = data;
    return 0;
}

static void handle_open(void *data, struct server_socket *socket)
{
    struct irc *irc = data;
    assert_true(irc->socket_count < SOCKETS_MAX);
    irc->sockets[irc->socket_count++] = socket;
}

static void handle_line(struct irc *irc, struct server_socket *socket, const char *line)
{
    snprintf(irc->last_line, sizeof(irc->last_line), "%s", line);
    if (strncmp(line, "NICK justinfan", 14) == 0)
        say(socket, "%s\r\n", irc->login_answer ? irc->login_answer : ":tmi.twitch.tv 001 justinfan1 :Welcome, GLHF!");
    if (strcmp(line, "JOIN #anna") == 0) {
        irc->joins++;
        if (!irc->is_silent_to_join)
            say(socket, ":j!j@j.tmi.twitch.tv JOIN #anna\r\n" ROOMSTATE);
    }
    if (strncmp(line, "PING ", 5) == 0 && !irc->is_silent_to_ping)
        say(socket, ":tmi.twitch.tv PONG tmi.twitch.tv %s\r\n", line + 5);
    if (strcmp(line, "PONG :are you there") == 0)
        irc->pongs++;
}

static void handle_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    char text[600];
    assert_true(is_text && len < sizeof(text));
    memcpy(text, bytes, len);
    text[len] = '\0';
    for (char *save, *line = strtok_r(text, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save))
        handle_line(data, socket, line);
}

static void handle_close(void *data, struct server_socket *socket, void *session, int code)
{
    struct irc *irc = data;
    irc->closes++;
    for (size_t i = 0; i < irc->socket_count; i++) {
        if (irc->sockets[i] == socket)
            irc->sockets[i] = NULL;
    }
}

static void refuse_request(void *data, struct server_request *request)
{
    server_respond_text(request, 404, "only websockets here");
}

static int set_up(void **state)
{
    static const struct server_protocol protocol = {
        .accept = accept_socket, .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
    };
    struct error err = {0};
    struct irc *irc = xcalloc(1, sizeof(*irc));
    stage_init(&irc->stage);
    irc->server = server_create(irc->stage.loop, &(struct server_options){
        .on_request = refuse_request, .protocols = &protocol, .protocol_count = 1, .data = irc}, &err);
    if (!irc->server)
        fail_msg("%s", err.text);
    *state = irc;
    return 0;
}

static int tear_down(void **state)
{
    struct irc *irc = *state;
    stage_stop(&irc->stage);
    server_destroy(irc->server);
    stage_fini(&irc->stage);
    free(irc);
    return 0;
}

static void start(struct irc *irc, const char *cursor)
{
    stage_start(&irc->stage, cursor,
                "{\"connector\":\"twitch\",\"channel\":\"#Anna\",\"url\":\"ws://127.0.0.1:%d\",\"idle_ms\":150,"
                "\"dead_ms\":150,\"join_ms\":400}", server_port(irc->server));
}

#define CHAT(id, text) "@id=" id ";user-id=7;room-id=1 :bo!bo@bo PRIVMSG #anna :" text "\r\n"

static void test_joins_and_delivers(void **state)
{
    struct irc *irc = *state;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    assert_true(stage_said(&irc->stage, "live: joined #anna ("));
    assert_string_equal(connector_source(irc->stage.connector), "twitch:anna");
    say(newest(irc), CHAT("1", "one") CHAT("2", "two") "\r\n" CHAT("3", "three"));
    stage_until_messages(&irc->stage, 4);  // the room's rules came first
    assert_int_equal(irc->stage.messages[0]->is.kind, MESSAGE_ROOM);
    assert_string_equal(irc->stage.messages[3]->is.text.data, "three");
    assert_string_equal(irc->stage.messages[3]->is.source.data, "twitch:anna");
    assert_string_equal(irc->stage.messages[3]->is.event_key.data, "3");
    assert_int_equal(irc->stage.gap_count, 0);
    assert_true(strstr(irc->stage.cursor, "alive_ms") != NULL);
    const struct connector_health *health = connector_health(irc->stage.connector);
    assert_int_equal(health->messages, 4);
    assert_true(health->last_message_ms > 0);
}

static bool has_pong(void *data)
{
    return ((struct irc *)data)->pongs > 0;
}

static void test_answers_ping(void **state)
{
    struct irc *irc = *state;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    say(newest(irc), "PING :are you there\r\n");
    stage_until(&irc->stage, "PONG", has_pong, irc);
}

static void test_reconnects_with_gap(void **state)
{
    struct irc *irc = *state;
    int64_t begin_ms = clock_unix_ms();
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    say(newest(irc), CHAT("1", "before"));
    stage_until_messages(&irc->stage, 2);
    int64_t before_ms = clock_unix_ms();
    server_socket_abort(newest(irc));
    stage_until_gaps(&irc->stage, 1);
    int64_t after_ms = clock_unix_ms();
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    assert_true(irc->stage.gaps[0].from_ms <= before_ms);
    assert_true(irc->stage.gaps[0].from_ms >= begin_ms - 2000);
    assert_true(irc->stage.gaps[0].to_ms >= before_ms && irc->stage.gaps[0].to_ms <= after_ms);
    assert_memory_equal(irc->stage.gaps[0].reason, "connection lost: ", 17);
    assert_int_equal(connector_health(irc->stage.connector)->reconnects, 1);
    say(newest(irc), CHAT("2", "after"));
    stage_until_messages(&irc->stage, 3);  // the same rules again are no message
    assert_true(stage_has_text(&irc->stage, "after"));
}

static bool has_closed(void *data)
{
    return ((struct irc *)data)->closes > 0;
}

static void test_old_life_leaves_gap(void **state)
{
    struct irc *irc = *state;
    start(irc, "{\"alive_ms\":1795312845123}");
    stage_until_gaps(&irc->stage, 1);
    assert_int_equal(irc->stage.gaps[0].from_ms, 1795312845000);
    assert_string_equal(irc->stage.gaps[0].reason, "we were not running");
}

static void test_no_such_channel(void **state)
{
    struct irc *irc = *state;
    irc->is_silent_to_join = true;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&irc->stage, "failed: no answer to JOIN #anna within 0.4 s: is there a channel of that name?"));
    irc->is_silent_to_join = false;
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    assert_int_equal(irc->stage.gap_count, 0);
}

static void test_refused_login(void **state)
{
    struct irc *irc = *state;
    irc->login_answer = ":tmi.twitch.tv NOTICE * :Login authentication failed";
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&irc->stage, "failed: Twitch refuses the login: Login authentication failed"));
    stage_until(&irc->stage, "closed", has_closed, irc);
    assert_int_equal(irc->socket_count, 1);  // no loop
}

static void test_suspended_channel(void **state)
{
    struct irc *irc = *state;
    irc->is_silent_to_join = true;
    start(irc, NULL);
    irc->login_answer = ":tmi.twitch.tv 001 x :hi\r\n@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #anna :This "
                        "channel does not exist or has been suspended.";
    stage_until_state(&irc->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&irc->stage, "failed: #anna is suspended or does not exist"));
}

static void test_dead_link(void **state)
{
    struct irc *irc = *state;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    irc->is_silent_to_ping = true;
    stage_until_state(&irc->stage, CONNECTOR_CONNECTING);
    assert_true(stage_said(&irc->stage, "connecting: no answer to PING within 0.15 s"));
    irc->is_silent_to_ping = false;
    stage_until_gaps(&irc->stage, 1);
}

static bool has_second(void *data)
{
    return ((struct irc *)data)->joins == 2;
}

static void test_reconnect_overlaps(void **state)
{
    struct irc *irc = *state;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    struct server_socket *old = newest(irc);
    say(old, CHAT("1", "one") ":tmi.twitch.tv RECONNECT\r\n");
    stage_until(&irc->stage, "a second JOIN", has_second, irc);
    assert_ptr_not_equal(newest(irc), old);
    // Both bring the same, and each brings what the other does not.
    say(old, CHAT("2", "two") CHAT("3", "only old"));
    say(newest(irc), CHAT("2", "two") CHAT("4", "only new"));
    stage_until(&irc->stage, "the old one dropped", has_closed, irc);
    assert_null(irc->sockets[0]);
    assert_non_null(irc->sockets[1]);
    assert_int_equal(irc->stage.message_count, 5);
    assert_true(stage_has_text(&irc->stage, "only old") && stage_has_text(&irc->stage, "only new"));
    assert_int_equal(irc->stage.gap_count, 0);
    assert_int_equal(connector_health(irc->stage.connector)->state, CONNECTOR_LIVE);
}

static void test_reconnect_closed_too_soon(void **state)
{
    struct irc *irc = *state;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    say(newest(irc), ":tmi.twitch.tv RECONNECT\r\n");
    server_socket_close(newest(irc), 1000, NULL);
    stage_until_gaps(&irc->stage, 1);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
}

static bool has_dropped(void *data)
{
    return connector_health(((struct irc *)data)->stage.connector)->dropped > 0;
}

static void test_huge_line(void **state)
{
    struct irc *irc = *state;
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    char *line = xmalloc(1 << 20);
    memset(line, 'x', 1 << 20);
    assert_true(server_socket_send_text(newest(irc), line, 1 << 20));
    free(line);
    stage_until(&irc->stage, "a dropped frame", has_dropped, irc);
    say(newest(irc), CHAT("2", "still here"));
    stage_until_messages(&irc->stage, 2);
    assert_int_equal(irc->socket_count, 1);
}

static void test_quarantined_line(void **state)
{
    struct irc *irc = *state;
    static const char line[] = "@id=1;user-id=7;room-id=1 :bo!bo@bo PRIVMSG #anna :poison";
    char path[] = "/tmp/antiphon-poison-XXXXXX";
    int fd = mkstemp(path);
    close(fd);
    for (int life = 0; life < 2; life++) {
        struct poison *poison = poison_open(path, NULL);
        assert_true(poison_begin(poison, "twitch:anna", line, sizeof(line) - 1));
        poison_close(poison);  // it ended while it worked on the line: twice is no chance
    }
    irc->stage.poison = poison_open(path, NULL);
    start(irc, NULL);
    stage_until_state(&irc->stage, CONNECTOR_LIVE);
    say(newest(irc), CHAT("0", "good") CHAT("1", "poison") CHAT("2", "also good"));
    stage_until_messages(&irc->stage, 3);
    assert_false(stage_has_text(&irc->stage, "poison"));
    assert_true(stage_has_text(&irc->stage, "also good"));
    assert_int_equal(irc->stage.gap_count, 1);
    assert_int_equal(connector_health(irc->stage.connector)->dropped, 1);
    stage_stop(&irc->stage);
    poison_close(irc->stage.poison);
    unlink(path);
}

static void test_bad_configuration(void **state)
{
    static const struct {
        const char *config, *says;
    } cases[] = {
        {"{}", "connector: missing"},
        {"{\"connector\":\"twich\"}", "connector \"twich\": expected one of \""},
        {"{\"connector\":\"twitch\"}", "channel: missing; the connector \"twitch\" needs it"},
        {"{\"connector\":\"twitch\",\"channel\":7}", "channel: expected a text"},
        {"{\"connector\":\"twitch\",\"channel\":\"an na\"}", "channel \"an na\": expected the channel's login"},
        {"{\"connector\":\"twitch\",\"channel\":\"\"}", "channel \"\": expected the channel's login"},
        {"{\"connector\":\"twitch\",\"channel\":\"anna\",\"chanel\":1}", "chanel: the connector \"twitch\" knows no such key (\"channel\" is meant?); docs/sources/twitch.md"},
        {"{\"connector\":\"twitch\",\"channel\":\"anna\",\"join_ms\":\"x\"}", "join_ms: expected a whole number"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *config = json_loads(cases[i].config, 0, NULL);
        char *id = connector_source_id(config, &err);
        if (id || strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: \"%s\"", cases[i].config, err.text);
        json_decref(config);
    }
}

static void test_pasted_channels(void **state)
{
    static const char *const cases[] = {"anna", "ANNA", "#anna", "@Anna", "https://www.twitch.tv/anna", "twitch.tv/anna/",
                                        "https://m.twitch.tv/Anna?x=1"};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        json_t *config = json_pack("{s:s,s:s}", "connector", "twitch", "channel", cases[i]);
        char *id = connector_source_id(config, NULL);
        assert_non_null(id);
        assert_string_equal(id, "twitch:anna");
        free(id);
        json_decref(config);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Reconnecting takes its seconds: these run by themselves. */
static int run_slow_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_such_channel), TEST(test_dead_link), TEST(test_reconnect_overlaps),
        TEST(test_reconnect_closed_too_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_slow_tests();
    const struct CMUnitTest tests[] = {
        TEST(test_joins_and_delivers), TEST(test_answers_ping),      TEST(test_reconnects_with_gap),
        TEST(test_old_life_leaves_gap), TEST(test_refused_login),    TEST(test_suspended_channel),
        TEST(test_huge_line),          TEST(test_quarantined_line),  cmocka_unit_test(test_bad_configuration),
        cmocka_unit_test(test_pasted_channels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
