#include "../net/kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "chat/message.h"
#include "net/websocket.h"
#include "rehearsal/rehearsal.h"

/* A plain IRC client that keeps every line; the rehearsal plays nothing but what the test says. */
struct client {
    struct kit kit;
    struct rehearsal *rehearsal;
    struct websocket *websocket;
    struct buffer heard;
    bool is_open, is_closed, answers_pings;
    int close_code;
    const char *awaited;
};

static void handle_open(void *data)
{
    struct client *client = data;
    client->is_open = true;
    loop_stop(client->kit.loop);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct client *client = data;
    assert_true(is_text);
    buffer_add(&client->heard, bytes, len);
    assert_memory_equal(bytes + len - 2, "\r\n", 2);
    if (client->answers_pings && memmem(bytes, len, "PING :tmi.twitch.tv", 19))
        websocket_send(client->websocket, "PONG :tmi.twitch.tv\r\n", 21, NULL);
    if (client->awaited && memmem(client->heard.data, client->heard.len, client->awaited, strlen(client->awaited)))
        loop_stop(client->kit.loop);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct client *client = data;
    client->is_closed = true;
    client->close_code = end->code;
    websocket_destroy(client->websocket);
    client->websocket = NULL;
    loop_stop(client->kit.loop);
}

static void connect_client(struct client *client)
{
    static const struct websocket_handler handler = {handle_open, handle_message, handle_close};
    char url[64];
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", rehearsal_port(client->rehearsal));
    struct websocket_options options = {.url = url, .handler = &handler, .data = client};
    websocket_destroy(client->websocket);
    client->is_open = client->is_closed = false;
    buffer_clear(&client->heard);
    client->websocket = websocket_create(client->kit.loop, &options, NULL);
    assert_non_null(client->websocket);
    kit_run(&client->kit);
}

/* more: another setting, NULL: none. */
static void start(struct client *client, const char *more)
{
    const char *const settings[] = {"twitch.channel=barg_e_sabz", "twitch.pong_ms=60", more};
    const struct rehearsal_options options = {.settings = settings, .setting_count = more ? 3 : 2};
    memset(client, 0, sizeof(*client));
    client->answers_pings = true;
    kit_init(&client->kit);
    struct error err = {0};
    client->rehearsal = rehearsal_create(client->kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    connect_client(client);
    assert_true(client->is_open);
}

static void finish(struct client *client)
{
    websocket_destroy(client->websocket);
    rehearsal_destroy(client->rehearsal);
    kit_fini(&client->kit);
    buffer_fini(&client->heard);
}

static void say(struct client *client, const char *text)
{
    assert_true(websocket_send(client->websocket, text, strlen(text), NULL));
}

static bool has_heard(const struct client *client, const char *text)
{
    return client->heard.len > 0 && memmem(client->heard.data, client->heard.len, text, strlen(text));
}

static void await(struct client *client, const char *text)
{
    client->awaited = text;
    if (!has_heard(client, text))
        kit_run(&client->kit);
    if (!has_heard(client, text))
        fail_msg("\"%s\" did not come, but: %.*s", text, (int)client->heard.len, client->heard.data);
    client->awaited = NULL;
}

/* What the server says to a PING comes behind all that it had to say before. */
static void await_silence(struct client *client)
{
    static int count;
    char ping[64], pong[32];
    snprintf(pong, sizeof(pong), ":mark%d\r\n", ++count);
    snprintf(ping, sizeof(ping), "PING %s", pong);
    say(client, ping);
    await(client, pong);
}

static void log_in(struct client *client)
{
    say(client, "CAP REQ :twitch.tv/tags twitch.tv/commands\r\n");
    say(client, "PASS SCHMOOPIIE\r\nNICK justinfan84213\r\n");
    await(client, " 376 justinfan84213 :>\r\n");
}

static void log_in_and_join(struct client *client)
{
    log_in(client);
    say(client, "JOIN #barg_e_sabz\r\n");
    await(client, "ROOMSTATE #barg_e_sabz\r\n");
}

static void play(struct client *client, const char *json)
{
    struct error err = {0};
    json_t *object = json_parse(json, strlen(json), &err);
    struct message *message = message_from_json(object, &err);
    assert_string_equal(err.text, "");
    rehearsal_say(client->rehearsal, message);
    message_unref(message);
    json_decref(object);
}

static void play_text(struct client *client, const char *text)
{
    char json[512];
    snprintf(json, sizeof(json), "{\"kind\":\"chat\",\"platform\":\"twitch\",\"native_id\":\"%s\",\"text\":\"%s\","
             "\"author\":{\"id\":\"1\",\"login\":\"a\",\"name\":\"A\"}}", text, text);
    play(client, json);
}

/* --- The handshake --- */

static void test_handshake(void **state)
{
    static const char *const lines[] = {
        ":tmi.twitch.tv CAP * ACK :twitch.tv/tags twitch.tv/commands\r\n",
        ":tmi.twitch.tv 001 justinfan84213 :Welcome, GLHF!\r\n", " 002 ", " 003 ", " 004 ", " 375 ", " 372 ", " 376 ",
        ":justinfan84213!justinfan84213@justinfan84213.tmi.twitch.tv JOIN #barg_e_sabz\r\n",
        ":justinfan84213.tmi.twitch.tv 353 justinfan84213 = #barg_e_sabz :justinfan84213\r\n",
        ":justinfan84213.tmi.twitch.tv 366 justinfan84213 #barg_e_sabz :End of /NAMES list\r\n",
        "@emote-only=0;followers-only=-1;r9k=0;room-id=700100200;slow=0;subs-only=0 :tmi.twitch.tv ROOMSTATE #barg_e_sabz\r\n",
    };
    struct client client;
    start(&client, NULL);
    log_in_and_join(&client);
    const char *at = client.heard.data;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        buffer_add_char(&client.heard, '\0');
        client.heard.len--;
        const char *found = strstr(at, lines[i]);
        if (!found)
            fail_msg("%s is missing, or in another place", lines[i]);
        at = found;
    }
    finish(&client);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *says, *expected;
    } cases[] = {
        {"CAP REQ :twitch.tv/tags draft/chathistory\r\n", "CAP * NAK :twitch.tv/tags draft/chathistory\r\n"},
        {"PASS oauth:wrong\r\nNICK somebody\r\n", "NOTICE * :Login authentication failed\r\n"},
        {"NICK justinfan\r\n", "NOTICE * :Login authentication failed\r\n"},
        {"NICK justinfan1\r\nNONSENSE x\r\n", " 421 justinfan1 NONSENSE :Unknown command\r\n"},
        {"PING :with spaces\r\n", ":tmi.twitch.tv PONG tmi.twitch.tv :with spaces\r\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client client;
        start(&client, NULL);
        say(&client, cases[i].says);
        await(&client, cases[i].expected);
        if (strstr(cases[i].expected, "NOTICE")) {
            while (!client.is_closed)
                kit_run(&client.kit);
        }
        finish(&client);
    }
}

static void test_silence_about_unknown_channels(void **state)
{
    struct client client;
    start(&client, NULL);
    log_in(&client);
    size_t before = client.heard.len;
    say(&client, "JOIN #nobody,#Barg_e_sabz,barg_e_sabz\r\nPRIVMSG #barg_e_sabz :may I\r\n");
    play_text(&client, "unheard");
    await_silence(&client);
    client.heard.data[client.heard.len - 1] = '\0';
    assert_null(strstr(client.heard.data + before, "JOIN"));
    assert_null(strstr(client.heard.data + before, "unheard"));
    finish(&client);
}

static void test_join_burst(void **state)
{
    struct client client;
    start(&client, NULL);
    log_in(&client);
    say(&client, "JOIN #1,#2,#3,#4,#5,#6,#7,#8,#9,#10,#11,#12,#13,#14,#15,#16,#17,#18,#19,#20\r\n");
    say(&client, "JOIN #barg_e_sabz\r\n");  // the 21st in ten seconds
    await_silence(&client);
    assert_false(has_heard(&client, "ROOMSTATE"));
    json_t *now = rehearsal_state(client.rehearsal);
    assert_int_equal(json_get_int(json_object_get(now, "twitch"), "joins_refused", 0), 1);
    json_decref(now);
    finish(&client);
}

/* --- While it lasts --- */

static void test_without_capabilities(void **state)
{
    struct client client;
    start(&client, NULL);
    say(&client, "NICK justinfan1\r\nJOIN #barg_e_sabz\r\n");
    await(&client, " 366 ");
    play_text(&client, "plain");
    play(&client, "{\"kind\":\"clear\",\"platform\":\"twitch\"}");
    await(&client, ":a!a@a.tmi.twitch.tv PRIVMSG #barg_e_sabz :plain\r\n");
    await_silence(&client);
    assert_false(has_heard(&client, "@"  "badge-info"));
    assert_false(has_heard(&client, "CLEARCHAT"));
    finish(&client);
}

static void test_nothing_is_replayed(void **state)
{
    struct client client;
    start(&client, NULL);
    play_text(&client, "before");
    log_in_and_join(&client);
    play_text(&client, "first");
    await(&client, ":first\r\n");
    struct error err = {0};
    assert_true(rehearsal_fault(client.rehearsal, "drop", "twitch", 0, &err));
    play_text(&client, "meanwhile");
    while (!client.is_closed)
        kit_run(&client.kit);
    assert_int_equal(client.close_code, 1006);
    connect_client(&client);
    log_in_and_join(&client);
    play_text(&client, "second");
    await(&client, ":second\r\n");
    assert_false(has_heard(&client, "before"));
    assert_false(has_heard(&client, "meanwhile"));
    assert_false(has_heard(&client, ":first"));
    finish(&client);
}

static void test_missing_pong(void **state)
{
    struct client client;
    start(&client, "twitch.ping_ms=60");
    log_in_and_join(&client);
    kit_turn(&client.kit, 300);  // several rounds, all answered
    assert_false(client.is_closed);
    client.answers_pings = false;
    int64_t begin = clock_monotonic_ms();
    while (!client.is_closed)
        kit_run(&client.kit);
    assert_in_range(clock_monotonic_ms() - begin, 1, 5000);
    finish(&client);
}

/* --- Faults --- */

static void test_faults(void **state)
{
    struct client client;
    struct error err = {0};
    start(&client, NULL);
    log_in_and_join(&client);
    assert_true(rehearsal_fault(client.rehearsal, "stall", "twitch", 0, &err));
    play_text(&client, "held");
    kit_turn(&client.kit, 40);
    assert_false(has_heard(&client, "held"));
    assert_true(rehearsal_fault(client.rehearsal, "resume", "twitch", 0, &err));
    await(&client, ":held\r\n");
    assert_true(rehearsal_fault(client.rehearsal, "garbage", "twitch", 0, &err));
    await(&client, "CLEARCHAT #\r\n");
    assert_true(rehearsal_fault(client.rehearsal, "reconnect", "twitch", 0, &err));
    await(&client, ":tmi.twitch.tv RECONNECT\r\n");
    assert_true(rehearsal_fault(client.rehearsal, "refuse", "twitch", 60, &err));
    connect_client(&client);
    assert_true(client.is_closed);
    while (!client.is_open)  // over by itself
        connect_client(&client);
    assert_true(rehearsal_fault(client.rehearsal, "hang", "twitch", 0, &err));
    say(&client, "NICK justinfan1\r\n");
    kit_turn(&client.kit, 40);
    assert_int_equal(client.heard.len, 0);
    assert_false(rehearsal_fault(client.rehearsal, "quota", "twitch", 0, &err));
    assert_false(rehearsal_fault(client.rehearsal, "flood", NULL, 0, &err));
    assert_non_null(strstr(err.text, "flood"));
    finish(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_silence_about_unknown_channels),
        cmocka_unit_test(test_join_burst),
        cmocka_unit_test(test_without_capabilities),
        cmocka_unit_test(test_nothing_is_replayed),
        cmocka_unit_test(test_missing_pong),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
