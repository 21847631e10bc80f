/*
 * test_tiktok_x_bad.c - peers that answer badly: each HTTP status has its own reaction in words, a frame of many megabytes
 * costs a connection and no more, and a server that accepts and says nothing is given up. A small server plays them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/server.h"
#include "stage.h"

struct answer {
    const char *name, *path;  // of the request that is answered badly
    int status;
    const char *header, *value, *body;
    enum connector_state state;
    const char *says;
};

struct peer {
    struct stage stage;
    struct server *server;
    const struct answer *answer;
    int requests, sockets;
};

static const char room[] = "{\"statusCode\":0,\"data\":{\"user\":{\"roomId\":\"7\"},\"liveRoom\":{\"status\":2}}}";

static void handle_request(void *data, struct server_request *request)
{
    struct peer *peer = data;
    const struct answer *answer = peer->answer;
    peer->requests++;
    if (!answer || !strstr(server_request_path(request), answer->path)) {
        server_respond(request, 200, "application/json", NULL, 0, room, sizeof(room) - 1);
        return;
    }
    if (answer->status == 0)
        return;  // accepted, and not a word
    struct net_header header = {answer->header, answer->value};
    server_respond(request, answer->status, "application/json", &header, answer->header ? 1 : 0, answer->body, strlen(answer->body));
}

static int accept_socket(void *data, const struct server_request *request, void **session)
{
    return 0;
}

/* The first one gets a frame beyond all bounds, the others a good one. */
static void greet(void *data, struct server_socket *socket)
{
    static const char good[] = "{\"event\":\"chat\",\"data\":{\"comment\":\"good\",\"userId\":\"1\",\"msgId\":\"1\"}}";
    enum { LARGE = 10 * 1024 * 1024 };
    struct peer *peer = data;
    if (peer->sockets++ > 0) {
        server_socket_send_text(socket, good, sizeof(good) - 1);
        return;
    }
    char *large = malloc(LARGE);
    memset(large, ' ', LARGE);
    server_socket_send_text(socket, large, LARGE);
    free(large);
}

static void ignore_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
}

static const struct server_protocol protocol = {.accept = accept_socket, .on_open = greet, .on_message = ignore_message};

static int set_up(void **state)
{
    struct peer *peer = xcalloc(1, sizeof(*peer));
    struct error err = {0};
    stage_init(&peer->stage);
    peer->server = server_create(peer->stage.loop, &(struct server_options){
        .on_request = handle_request, .protocols = &protocol, .protocol_count = 1, .queue_bytes_max = 32 << 20, .data = peer}, &err);
    if (!peer->server)
        fail_msg("%s", err.text);
    *state = peer;
    return 0;
}

static int tear_down(void **state)
{
    struct peer *peer = *state;
    stage_stop(&peer->stage);
    server_destroy(peer->server);
    stage_fini(&peer->stage);
    free(peer);
    return 0;
}

static void start_webcast(struct peer *peer)
{
    int port = server_port(peer->server);
    stage_start(&peer->stage, NULL, "{\"connector\":\"tiktok\",\"channel\":\"anna\",\"method\":\"webcast\",\"unofficial\":true,\"sign_key\":\"k\","
                "\"site_url\":\"http://127.0.0.1:%d\",\"sign_url\":\"http://127.0.0.1:%d\"}", port, port);
}

static void start_x(struct peer *peer)
{
    stage_start(&peer->stage, NULL, "{\"connector\":\"x\",\"hashtag\":\"a\",\"bearer\":\"b\",\"api_url\":\"http://127.0.0.1:%d\"}",
                server_port(peer->server));
}

static void try(struct peer *peer, const struct answer *answer, void (*start)(struct peer *))
{
    peer->answer = answer;
    peer->stage.state_count = 0;
    start(peer);
    stage_until_state(&peer->stage, answer->state);
    if (!stage_said(&peer->stage, answer->says))
        fail_msg("%s: %s", answer->name, peer->stage.states[peer->stage.state_count - 1]);
    stage_stop(&peer->stage);
}

#define SIGN "/webcast/fetch"

static const struct answer sign_answers[] = {
    {"401", SIGN, 401, NULL, NULL, "{}", CONNECTOR_FAILED, "failed: the sign server does not know the key (401)"},
    {"402", SIGN, 402, NULL, NULL, "{}", CONNECTOR_FAILED, "failed: the sign server wants to be paid (402)"},
    {"403", SIGN, 403, NULL, NULL, "{}", CONNECTOR_FAILED, "failed: the sign server refuses (403)"},
    {"404", SIGN, 404, NULL, NULL, "", CONNECTOR_FAILED, "failed: the sign server knows no such address (404)"},
    {"429", SIGN, 429, "retry-after", "30", "{\"limit_label\":\"day\"}", CONNECTOR_WAITING, "waiting: the sign server's limit is used up: day (again in 30 s)"},
    {"429 without a time", SIGN, 429, NULL, NULL, "not json", CONNECTOR_WAITING, "waiting: the sign server's limit is used up (again in 600 s)"},
    {"429 until a time long gone", SIGN, 429, "x-ratelimit-reset", "1000", "", CONNECTOR_WAITING, "waiting: the sign server's limit is used up (again in 600 s)"},
    {"500", SIGN, 500, NULL, NULL, "<html>", CONNECTOR_CONNECTING, "connecting: "},
    {"nothing", SIGN, 200, NULL, NULL, "", CONNECTOR_FAILED, "failed: the sign server answers with nothing"},
    {"nonsense", SIGN, 200, "x-set-tt-cookie", "a=b", "<html>no protobuf</html>", CONNECTOR_FAILED, "failed: the sign server gives no address"},
    {"no cookie", SIGN, 200, NULL, NULL, "\x52\x0bwss://a.test", CONNECTOR_FAILED, "failed: the sign server gives no address, cookie or room"},
    // Not over an open line to somewhere else, and not to anything but a websocket.
    {"a file", SIGN, 200, "x-set-tt-cookie", "a=b", "\x52\x0d" "file:///etc/x", CONNECTOR_FAILED, "failed: the sign server gives no address"},
    {"no such handle", "/api-live/", 200, NULL, NULL, "{\"statusCode\":10201,\"message\":\"\"}", CONNECTOR_FAILED, "failed: channel \"anna\": TikTok answers with an error (10201)"},
    {"offline", "/api-live/", 200, NULL, NULL, "{\"data\":{\"user\":{\"roomId\":\"7\"},\"liveRoom\":{\"status\":4}}}", CONNECTOR_WAITING, "waiting: @anna is not live; a look every 60 s"},
};

static void test_sign_server(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(sign_answers); i++)
        try(*state, &sign_answers[i], start_webcast);
}

/* A captcha in place of an answer says nothing about the streamer: the sign server is asked by the handle. */
static void test_captcha(void **state)
{
    static const struct answer captcha = {"captcha", "/api-live/", 200, NULL, NULL, "<html>prove that you are no robot", CONNECTOR_FAILED,
                                          "connecting: asking the sign server for the LIVE of @anna"};
    try(*state, &captcha, start_webcast);
}

#define RULES "/stream/rules"

static const struct answer x_answers[] = {
    {"400", RULES, 400, NULL, NULL, "{\"title\":\"Invalid Request\",\"detail\":\"what?\"}", CONNECTOR_FAILED, "failed: X does not understand us (400): what?"},
    {"403", RULES, 403, NULL, NULL, "{\"title\":\"Client Forbidden\",\"detail\":\"not in your plan\"}", CONNECTOR_FAILED, "failed: X refuses (403): not in your plan"},
    {"404", RULES, 404, NULL, NULL, "<html>", CONNECTOR_FAILED, "failed: X knows no such thing (404)"},
    {"420", RULES, 420, NULL, NULL, "", CONNECTOR_CONNECTING, "connecting: "},
    {"500", RULES, 500, NULL, NULL, "oops", CONNECTOR_CONNECTING, "connecting: "},
    {"503", RULES, 503, NULL, NULL, "{\"title\":\"Service Unavailable\"}", CONNECTOR_CONNECTING, "connecting: "},
    {"a redirect", RULES, 302, "location", "http://127.0.0.1:9/", "", CONNECTOR_CONNECTING, "connecting: "},
};

static bool said_wait(void *data)
{
    return stage_said(data, "connecting: ") && strstr(((struct stage *)data)->states[((struct stage *)data)->state_count - 1], "(again in ");
}

static void test_x(void **state)
{
    struct peer *peer = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(x_answers); i++)
        try(peer, &x_answers[i], start_x);
    // What may pass is tried again, and says when.
    peer->answer = &x_answers[4];
    peer->stage.state_count = 0;
    start_x(peer);
    stage_until(&peer->stage, "a wait in words", said_wait, &peer->stage);
    assert_true(strstr(peer->stage.states[peer->stage.state_count - 1], "again in 5 s") != NULL);
}

/* 10 MB in one frame: that connection is closed, the next one is read, and the gap is told. */
static void test_large_frame(void **state)
{
    struct peer *peer = *state;
    stage_start(&peer->stage, NULL, "{\"connector\":\"tiktok\",\"url\":\"ws://127.0.0.1:%d/\"}", server_port(peer->server));
    stage_until_messages(&peer->stage, 1);
    assert_int_equal(peer->sockets, 2);
    assert_int_equal(peer->stage.gap_count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_sign_server), TEST(test_captcha), TEST(test_x), TEST(test_large_frame)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
