/* The door connector behind a wire of the test's: acknowledgements, and what is written to programs that are connected. */
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector_impl.h"
#include "connector/inbound.h"

#define TOKEN "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define CONFIG "{\"connector\":\"door\",\"token\":\"" TOKEN "\"}"

/* A program at the other end. */
struct peer {
    struct inbound_socket inbound;
    char frames[16][512];
    size_t count;
    int close_code;
};

static bool take_frame(struct inbound_socket *inbound, const char *text, size_t len)
{
    struct peer *peer = container_of(inbound, struct peer, inbound);
    assert_true(peer->count < 16 && len < 512);
    snprintf(peer->frames[peer->count++], 512, "%.*s", (int)len, text);
    return true;
}

static void take_ack(struct inbound_socket *inbound, const char *text, size_t len)
{
    take_frame(inbound, text, len);
}

static void take_close(struct inbound_socket *inbound, int code, const char *reason)
{
    container_of(inbound, struct peer, inbound)->close_code = code;
}

static const struct inbound_wire wire = {.send = take_frame, .acknowledge = take_ack, .close = take_close};

static void come(struct peer *peer, struct stage *stage, const char *kind)
{
    *peer = (struct peer){0};
    assert_int_equal(inbound_attach(&peer->inbound, stage->connector, kind, &wire), 0);
    inbound_opened(&peer->inbound);
}

static void say(struct peer *peer, const char *text)
{
    inbound_received(&peer->inbound, text, strlen(text));
}

static void assert_frame(const struct peer *peer, size_t index, const char *expected)
{
    if (index >= peer->count || strcmp(peer->frames[index], expected) != 0)
        fail_msg("frame %zu: %s instead of %s", index, index < peer->count ? peer->frames[index] : "none", expected);
}

/* ---- results ---- */

static struct {
    size_t count;
    enum connector_outcome outcome;
    char text[256], native_id[64];
} last;

static void take_result(void *data, const struct connector_result *result)
{
    last.count++;
    last.outcome = result->outcome;
    snprintf(last.text, sizeof(last.text), "%s", result->text);
    snprintf(last.native_id, sizeof(last.native_id), "%s", result->native_id);
}

static bool has_result(void *data)
{
    return last.count >= *(size_t *)data;
}

static void wait_result(struct stage *stage, size_t count, enum connector_outcome outcome, const char *words)
{
    stage_until(stage, "a result", has_result, &count);
    assert_int_equal(last.outcome, outcome);
    if (!strstr(last.text, words))
        fail_msg("\"%s\" does not contain \"%s\"", last.text, words);
}

static void begin(struct stage *stage)
{
    memset(&last, 0, sizeof(last));
    stage_init(stage);
    stage_start(stage, NULL, CONFIG);
    stage->connector->options.on_result = take_result;
}

static bool has_frame(void *data)
{
    return ((struct peer *)data)->count > 0;
}

static void write_line(struct stage *stage, const char *text, const char *reply_to)
{
    connector_act(stage->connector, &(struct connector_act){.kind = CONNECTOR_SAY, .text = text, .native_id = reply_to});
}

/* ---- tests ---- */

static void test_replies(void **state)
{
    struct stage stage;
    struct peer peer;
    const char *why = NULL;
    begin(&stage);
    assert_false(connector_can(stage.connector, CONNECTOR_SAY, &why));
    assert_non_null(strstr(why, "no program is connected"));
    write_line(&stage, "nobody hears", NULL);
    wait_result(&stage, 1, CONNECTOR_UNABLE, "no program");

    come(&peer, &stage, "generic");
    assert_true(connector_can(stage.connector, CONNECTOR_SAY, &why));
    assert_false(connector_can(stage.connector, CONNECTOR_BAN, &why));
    write_line(&stage, "سلام به همه 👋", "a1");
    stage_until(&stage, "the line", has_frame, &peer);
    json_t *frame = json_parse(peer.frames[0], strlen(peer.frames[0]), NULL);
    assert_string_equal(json_get_text(frame, "type"), "say");
    assert_string_equal(json_get_text(frame, "text"), "سلام به همه 👋");
    assert_string_equal(json_get_text(frame, "reply_to"), "a1");
    char answer[128];
    snprintf(answer, sizeof(answer), "{\"type\":\"said\",\"ref\":\"%s\",\"result\":\"accepted\",\"native_id\":\"n7\"}", json_get_text(frame, "ref"));
    json_decref(frame);
    say(&peer, "{\"type\":\"said\",\"ref\":\"999\",\"result\":\"dropped\"}");  // of nothing that runs: changes nothing
    say(&peer, answer);
    wait_result(&stage, 2, CONNECTOR_ACCEPTED, "");
    assert_string_equal(last.native_id, "n7");
    // Our own words, as they come back.
    say(&peer, "{\"kind\":\"chat\",\"native_id\":\"n7\",\"text\":\"سلام به همه 👋\"}");
    assert_int_equal(stage.message_count, 1);
    assert_true(stage.messages[0]->is.is_own);

    peer.count = 0;
    write_line(&stage, "no", NULL);
    stage_until(&stage, "the second line", has_frame, &peer);
    frame = json_parse(peer.frames[0], strlen(peer.frames[0]), NULL);
    snprintf(answer, sizeof(answer), "{\"type\":\"said\",\"ref\":\"%s\",\"result\":\"dropped\",\"reason\":\"slow mode\"}", json_get_text(frame, "ref"));
    json_decref(frame);
    say(&peer, answer);
    wait_result(&stage, 3, CONNECTOR_DROPPED, "slow mode");
    inbound_detach(&peer.inbound);
    stage_fini(&stage);
}

static void test_hello(void **state)
{
    struct stage stage;
    struct peer first, second, deaf;
    const char *why = NULL;
    begin(&stage);
    come(&first, &stage, "");
    come(&second, &stage, "generic");
    come(&deaf, &stage, "captions");  // takes nothing, whatever it is
    say(&first, "{\"type\":\"hello\",\"can\":[\"say\",\"ban\",\"clear\",\"fly\"]}");
    assert_frame(&first, 0, "{\"type\":\"ack\",\"result\":\"accepted\"}");
    say(&second, "{\"type\":\"hello\",\"can\":[]}");
    assert_true(connector_can(stage.connector, CONNECTOR_BAN, &why));
    assert_false(connector_can(stage.connector, CONNECTOR_CLEAR, &why));
    connector_act(stage.connector, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "7", .seconds = 60});
    wait_result(&stage, 1, CONNECTOR_UNABLE, "no program that is connected can do this");
    connector_act(stage.connector, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "7", .text = "spam"});
    first.count = 0;
    stage_until(&stage, "the ban", has_frame, &first);
    assert_non_null(strstr(first.frames[0], "\"type\":\"ban\""));
    assert_non_null(strstr(first.frames[0], "\"author_id\":\"7\""));
    inbound_detach(&first.inbound);  // before it answers
    wait_result(&stage, 2, CONNECTOR_UNSURE, "went away");
    say(&second, "{\"type\":\"hello\"}");
    assert_non_null(strstr(second.frames[1], "\"refused\",\"key\":\"can\""));
    say(&second, "{\"type\":\"huh\"}");
    assert_non_null(strstr(second.frames[2], "\"key\":\"type\""));
    // The source ends: everybody is told to go.
    stage_stop(&stage);
    assert_int_equal(second.close_code, 1001);
    assert_int_equal(deaf.close_code, 1001);
    inbound_detach(&second.inbound);
    inbound_detach(&deaf.inbound);
    stage_fini(&stage);
}

static void test_kinds_by_websocket(void **state)
{
    struct stage stage;
    struct peer peer;
    begin(&stage);
    come(&peer, &stage, "ssn");
    say(&peer, "{\"type\":\"kick\",\"chatname\":\"小明\",\"chatmessage\":\"晚上好\",\"textonly\":true}");
    assert_frame(&peer, 0, "{\"type\":\"ack\",\"result\":\"accepted\"}");
    assert_int_equal(stage.message_count, 1);
    assert_string_equal(stage.messages[0]->is.platform.data, "kick");
    say(&peer, "{\"chatmessage\":\"x\"}");
    assert_non_null(strstr(peer.frames[1], "\"result\":\"refused\",\"reason\":\"a message without type"));
    inbound_detach(&peer.inbound);
    come(&peer, &stage, "nosuch");
    assert_int_equal(peer.close_code, 1008);
    say(&peer, "{}");
    assert_int_equal(peer.count, 0);
    inbound_detach(&peer.inbound);
    stage_fini(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_kinds_by_websocket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
