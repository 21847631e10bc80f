/*
 * Social Stream Ninja by the relay server (the rehearsal's, strict as the real one) and to a server of our own, to which the
 * test comes as the extension does.
 */
#include "stage.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector_impl.h"
#include "net/server.h"
#include "net/websocket.h"
#include "rehearsal/rehearsal.h"

struct hall {
    struct stage stage;
    struct rehearsal *rehearsal;
};

static struct {
    size_t count;
    enum connector_outcome outcome;
    char text[256];
} last;

static void take_result(void *data, const struct connector_result *result)
{
    last.count++;
    last.outcome = result->outcome;
    snprintf(last.text, sizeof(last.text), "%s", result->text);
}

static bool has_result(void *data)
{
    return last.count > 0;
}

static void begin(struct hall *hall)
{
    struct error err = {0};
    memset(&last, 0, sizeof(last));
    stage_init(&hall->stage);
    hall->rehearsal = rehearsal_create(hall->stage.loop, &(struct rehearsal_options){.starts_at_once = true}, &err);
    if (!hall->rehearsal)
        fail_msg("%s", err.text);
}

static void start(struct hall *hall, const char *cursor, const char *session)
{
    stage_start(&hall->stage, cursor, "{\"connector\":\"socialstream\",\"session\":\"%s\",\"url\":\"ws://127.0.0.1:%u/socialstream\"}",
                session, rehearsal_port(hall->rehearsal));
    hall->stage.connector->options.on_result = take_result;
}

static void end(struct hall *hall)
{
    stage_stop(&hall->stage);
    rehearsal_destroy(hall->rehearsal);
    stage_fini(&hall->stage);
}

/* A message of the show, sent now. */
static void play(struct hall *hall, const char *json)
{
    struct error err = {0};
    json_t *object = json_parse(json, strlen(json), &err);
    struct message *message = message_from_json(object, &err);
    if (!message)
        fail_msg("%s", err.text);
    rehearsal_say(hall->rehearsal, message);
    message_unref(message);
    json_decref(object);
}

static int64_t count_of(struct hall *hall, const char *key)
{
    json_t *state = rehearsal_state(hall->rehearsal);
    int64_t count = json_get_int(json_object_get(state, "socialstream"), key, -1);
    json_decref(state);
    return count;
}

static bool has_joins(void *data)
{
    return count_of(data, "joins") >= 2;
}

static void test_both_directions(void **state)
{
    struct hall hall;
    begin(&hall);
    start(&hall, NULL, "rehearsal-session");
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    stage_until(&hall.stage, "both joins", has_joins, &hall);
    assert_int_equal(hall.stage.gap_count, 0);
    play(&hall, "{\"kind\":\"chat\",\"platform\":\"socialstream\",\"native_id\":\"a1\",\"author\":{\"id\":\"7\",\"name\":\"سارا\",\"roles\":[\"moderator\"]},"
                "\"text\":\"Kappa <سلام> & \\\"晚上好\\\"\",\"emotes\":[{\"id\":\"25\",\"name\":\"Kappa\",\"from\":0,\"to\":5,\"url\":\"https://e.example/25\"}]}");
    play(&hall, "{\"kind\":\"gift\",\"platform\":\"socialstream\",\"native_id\":\"g1\",\"author\":{\"name\":\"أحمد\"},\"money\":{\"micros\":5250000,\"currency\":\"EUR\"},\"text\":\"bravo\"}");
    play(&hall, "{\"kind\":\"delete\",\"platform\":\"socialstream\",\"target\":{\"native_id\":\"a1\"}}");
    stage_until_messages(&hall.stage, 3);
    const struct message_draft *is = &hall.stage.messages[0]->is;
    assert_string_equal(is->platform.data, "picarto");
    assert_string_equal(is->source.data, "socialstream:ninja");
    assert_string_equal(is->text.data, "Kappa <سلام> & \"晚上好\"");
    assert_int_equal(is->emote_count, 1);
    assert_string_equal(is->emotes[0].url.data, "https://e.example/25");
    assert_int_equal(is->author.roles, ROLE_MODERATOR);
    assert_int_equal(hall.stage.messages[1]->is.money.micros, 5250000);
    assert_string_equal(hall.stage.messages[2]->is.target.native_id.data, is->native_id.data);

    // What we write is handed on, and comes back as somebody's chat.
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "سلام به همه 👋"});
    stage_until(&hall.stage, "a result", has_result, NULL);
    assert_int_equal(last.outcome, CONNECTOR_ACCEPTED);
    stage_until_messages(&hall.stage, 4);
    assert_string_equal(hall.stage.messages[3]->is.text.data, "سلام به همه 👋");
    assert_true(hall.stage.messages[3]->is.is_own);
    assert_false(hall.stage.messages[0]->is.is_own);

    rehearsal_fault(hall.rehearsal, "notab", "socialstream", 0, NULL);
    last.count = 0;
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "nobody"});
    stage_until(&hall.stage, "a result", has_result, NULL);
    assert_int_equal(last.outcome, CONNECTOR_DROPPED);
    const char *why = NULL;
    assert_false(connector_can(hall.stage.connector, CONNECTOR_BAN, &why));
    end(&hall);
}

/* No replay: what is said while nobody hears is lost, and the gap says from when to when. */
static void test_reconnect(void **state)
{
    struct hall hall;
    begin(&hall);
    start(&hall, NULL, "rehearsal-session");
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    stage_until(&hall.stage, "both joins", has_joins, &hall);
    play(&hall, "{\"kind\":\"chat\",\"platform\":\"socialstream\",\"native_id\":\"b1\",\"text\":\"before\"}");
    stage_until_messages(&hall.stage, 1);
    rehearsal_fault(hall.rehearsal, "drop", "socialstream", 0, NULL);
    stage_until_gaps(&hall.stage, 1);
    assert_true(hall.stage.gaps[0].from_ms > 0 && hall.stage.gaps[0].to_ms >= hall.stage.gaps[0].from_ms);
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    assert_int_equal(connector_health(hall.stage.connector)->reconnects, 1);
    rehearsal_fault(hall.rehearsal, "garbage", "socialstream", 0, NULL);
    play(&hall, "{\"kind\":\"chat\",\"platform\":\"socialstream\",\"native_id\":\"b2\",\"text\":\"after\"}");
    stage_until_messages(&hall.stage, 2);

    // Another life: it goes on where the cursor says, with a gap.
    char cursor[1024];
    stage_stop(&hall.stage);
    snprintf(cursor, sizeof(cursor), "%s", hall.stage.cursor);
    assert_non_null(strstr(cursor, "alive_ms"));
    start(&hall, cursor, "rehearsal-session");
    stage_until_gaps(&hall.stage, 2);
    assert_string_equal(hall.stage.gaps[1].reason, "we were not running");
    end(&hall);
}

/* A session that nobody has is not refused: it is silent. */
static void test_wrong_session(void **state)
{
    struct hall hall;
    begin(&hall);
    start(&hall, NULL, "another-session");
    stage_until(&hall.stage, "both joins", has_joins, &hall);
    assert_int_equal(count_of(&hall, "strangers"), 2);
    play(&hall, "{\"kind\":\"chat\",\"platform\":\"socialstream\",\"native_id\":\"c1\",\"text\":\"not for us\"}");
    connector_act(hall.stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"});
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    assert_int_equal(hall.stage.message_count, 0);
    end(&hall);
}

/* ---- refusals ---- */

static int refusal;

static void refuse(void *data, struct server_request *request)
{
    server_respond_text(request, refusal, "%s", "no");
}

static int refuse_guest(void *data, const struct server_request *request, void **session)
{
    return refusal;
}

static bool has_said(void *data)
{
    struct stage *stage = data;
    const struct connector_health *health = connector_health(stage->connector);
    return strstr(health->text, "again in") || health->state == CONNECTOR_FAILED;
}

static void test_refusals(void **state)
{
    static const int statuses[] = {401, 403, 404, 429, 500};
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
        struct stage stage;
        struct error err = {0};
        stage_init(&stage);
        refusal = statuses[i];
        static const struct server_protocol protocol = {.accept = refuse_guest};
        struct server *server = server_create(stage.loop, &(struct server_options){
            .on_request = refuse, .protocols = &protocol, .protocol_count = 1}, &err);
        stage_start(&stage, NULL, "{\"connector\":\"socialstream\",\"session\":\"abcdefgh\",\"url\":\"ws://127.0.0.1:%u\"}", server_port(server));
        stage_until(&stage, "a refusal", has_said, &stage);
        const struct connector_health *health = connector_health(stage.connector);
        bool is_denied = refusal == 401 || refusal == 403;
        if ((health->state == CONNECTOR_FAILED && *health->remedy) != is_denied)
            fail_msg("%d: %s: %s (%s)", refusal, connector_state_name(health->state), health->text, health->remedy);
        if (!strstr(health->text, refusal == 500 ? "again" : "again in"))
            fail_msg("%d: %s", refusal, health->text);
        stage_stop(&stage);
        server_destroy(server);
        stage_fini(&stage);
    }
}

/* ---- our own server ---- */

struct extension {
    struct stage *stage;
    struct websocket *websocket;
    bool is_open, is_closed;
    int code, http_status;
    char frame[1024];
};

static void handle_open(void *data)
{
    ((struct extension *)data)->is_open = true;
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct extension *extension = data;
    snprintf(extension->frame, sizeof(extension->frame), "%.*s", (int)len, bytes);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct extension *extension = data;
    extension->is_closed = true;
    extension->code = end->code;
    extension->http_status = end->http_status;
}

static const struct websocket_handler handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close};

static bool is_settled(void *data)
{
    const struct extension *extension = data;
    return extension->is_open || extension->is_closed;
}

static bool is_closed(void *data)
{
    return ((struct extension *)data)->is_closed;
}

static bool has_frame(void *data)
{
    return ((struct extension *)data)->frame[0] != '\0';
}

static void come(struct extension *extension, struct stage *stage, uint16_t port, const char *path, const char *origin)
{
    char url[128];
    *extension = (struct extension){.stage = stage};
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u%s", port, path);
    extension->websocket = websocket_create(stage->loop, &(struct websocket_options){
        .url = url, .origin = origin, .handler = &handler, .data = extension}, NULL);
    stage_until(stage, "an answer to the extension", is_settled, extension);
}

static void tell(struct extension *extension, const char *text)
{
    assert_true(websocket_send(extension->websocket, text, strlen(text), NULL));
}

/* A port that was free a moment ago. */
static uint16_t find_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

static bool can_say(void *data)
{
    return connector_can(((struct stage *)data)->connector, CONNECTOR_SAY, NULL);
}

static void test_own_server(void **state)
{
    struct stage stage;
    struct extension chat, command, stranger;
    uint16_t port = find_port();
    memset(&last, 0, sizeof(last));
    stage_init(&stage);
    stage_start(&stage, NULL, "{\"connector\":\"socialstream\",\"session\":\"s3cret\",\"listen\":\"127.0.0.1:%u\"}", port);
    stage.connector->options.on_result = take_result;
    stage_until_state(&stage, CONNECTOR_WAITING);
    // A page of anybody's, and one that does not know our session.
    come(&stranger, &stage, port, "/", "https://evil.example");
    assert_int_equal(stranger.http_status, 403);
    websocket_destroy(stranger.websocket);
    come(&stranger, &stage, port, "/", "chrome-extension://abc");
    tell(&stranger, "{\"join\":\"s3cre\",\"out\":4,\"in\":3}");
    stage_until(&stage, "a goodbye", is_closed, &stranger);
    assert_int_equal(stranger.code, 1008);
    websocket_destroy(stranger.websocket);
    come(&stranger, &stage, port, "/join/wrong/3/4", NULL);
    assert_int_equal(stranger.http_status, 403);
    websocket_destroy(stranger.websocket);
    assert_false(can_say(&stage));

    come(&chat, &stage, port, "/", "chrome-extension://abc");
    tell(&chat, "{\"join\":\"s3cret\",\"out\":4,\"in\":3}");
    stage_until_state(&stage, CONNECTOR_LIVE);
    tell(&chat, "{\"type\":\"kick\",\"chatname\":\"小明\",\"chatmessage\":\"晚上好 <img src=\\\"https://e.example/1\\\" alt=\\\":w:\\\">\"}");
    stage_until_messages(&stage, 1);
    assert_string_equal(stage.messages[0]->is.text.data, "晚上好 :w:");
    assert_false(can_say(&stage));  // the other socket has not come
    come(&command, &stage, port, "/join/s3cret/1/2", NULL);
    stage_until(&stage, "the command socket", can_say, &stage);
    connector_act(stage.connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "hi"});
    stage_until(&stage, "the command", has_frame, &command);
    assert_string_equal(command.frame, "{\"action\":\"sendChat\",\"target\":null,\"value\":\"hi\",\"get\":\"antiphon-1\"}");
    tell(&command, "{\"callback\":{\"get\":\"antiphon-1\",\"result\":{\"ok\":true,\"status\":\"accepted\"}}}");
    stage_until(&stage, "a result", has_result, NULL);
    assert_int_equal(last.outcome, CONNECTOR_ACCEPTED);

    // It goes and comes back: a gap. That we go is none.
    websocket_destroy(chat.websocket);
    stage_until_state(&stage, CONNECTOR_CONNECTING);
    assert_int_equal(stage.gap_count, 0);
    come(&chat, &stage, port, "/join/s3cret/3/4", NULL);
    stage_until_gaps(&stage, 1);
    assert_non_null(strstr(stage.gaps[0].reason, "went away"));
    stage_stop(&stage);
    assert_int_equal(stage.gap_count, 1);
    websocket_destroy(chat.websocket);
    websocket_destroy(command.websocket);
    stage_fini(&stage);
}

/* A frame of 10 MB ends its connection and nothing else. */
static void test_too_large(void **state)
{
    struct stage stage;
    struct extension chat;
    uint16_t port = find_port();
    size_t len = 10 << 20;
    char *large = malloc(len);
    memset(large, 'a', len);
    stage_init(&stage);
    stage_start(&stage, NULL, "{\"connector\":\"socialstream\",\"session\":\"s3cret\",\"listen\":\"127.0.0.1:%u\"}", port);
    stage_until_state(&stage, CONNECTOR_WAITING);
    come(&chat, &stage, port, "/join/s3cret/3/4", NULL);
    stage_until_state(&stage, CONNECTOR_LIVE);
    websocket_send(chat.websocket, large, len, NULL);
    if (!chat.is_closed) {  // the queue of our client may have been too small for it
        char *half = xasprintf("\"%.*s\"", 300 * 1024, large);
        websocket_send(chat.websocket, half, strlen(half), NULL);
        free(half);
    }
    stage_until(&stage, "a goodbye", is_closed, &chat);
    stage_until_state(&stage, CONNECTOR_CONNECTING);
    websocket_destroy(chat.websocket);
    free(large);
    stage_fini(&stage);
}

static void test_configuration(void **state)
{
    static const struct {
        const char *config, *words;
    } cases[] = {
        {"{\"connector\":\"socialstream\"}", "session"},
        {"{\"connector\":\"socialstream\",\"session\":\"  \"}", "session: expected"},
        {"{\"connector\":\"socialstream\",\"session\":\"a b\"}", "blank"},
        {"{\"connector\":\"socialstream\",\"session\":\"a/b\"}", "session: expected"},
        {"{\"connector\":\"socialstream\",\"session\":\"abc\",\"name\":\"My Ninja\"}", "name: expected"},
        {"{\"connector\":\"socialstream\",\"session\":\" abc\\n\"}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *config = json_parse(cases[i].config, strlen(cases[i].config), NULL);
        char *id = connector_source_id(config, &err);
        if (!id != !!cases[i].words || (cases[i].words && !strstr(err.text, cases[i].words)))
            fail_msg("%s: %s", cases[i].config, err.text);
        free(id);
        json_decref(config);
    }
}

int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions), cmocka_unit_test(test_reconnect), cmocka_unit_test(test_wrong_session),
        cmocka_unit_test(test_refusals),        cmocka_unit_test(test_own_server), cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
