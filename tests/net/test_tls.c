#include "kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "net/resolver.h"
#include "net/server.h"
#include "net/websocket.h"

/* One server with a certificate for relay.example; clients that trust its CA, or do not, under the right name or not. */
struct fixture {
    struct kit kit;
    struct server *server;
    char ca[256];
    bool got_text;
    struct error error;
    bool ended;
    struct websocket *websocket;
};

static void answer_local(void *data, const char *name, struct resolver_answer *answer)
{
    strcpy(answer->addresses[answer->count++], "127.0.0.1");
}

static int accept_any(void *data, const struct server_request *request, void **session)
{
    return 0;
}

static void greet(void *data, struct server_socket *socket)
{
    server_socket_send_text(socket, "hello", 5);
}

static const struct server_protocol protocol = {.name = "greet", .accept = accept_any, .on_open = greet};

static void handle_request(void *data, struct server_request *request)
{
    server_respond_text(request, 200, "hello");
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    kit_init(&fixture.kit);
    resolver_set_lookup(fixture.kit.loop, answer_local, NULL);
    const char *data = getenv("ANTIPHON_TEST_DATA");
    assert_non_null(data);
    char cert[256], key[256];
    snprintf(fixture.ca, sizeof(fixture.ca), "%s/tls/ca.pem", data);
    snprintf(cert, sizeof(cert), "%s/tls/server.pem", data);
    snprintf(key, sizeof(key), "%s/tls/server.key", data);
    struct server_options options = {.on_request = handle_request, .protocols = &protocol, .protocol_count = 1,
                                     .cert_file = cert, .key_file = key, .data = &fixture};
    struct error err = {0};
    fixture.server = server_create(fixture.kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    websocket_destroy(fixture->websocket);
    server_destroy(fixture->server);
    kit_fini(&fixture->kit);
    return 0;
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct fixture *fixture = data;
    fixture->got_text = len == 5 && memcmp(bytes, "hello", 5) == 0;
    loop_stop(fixture->kit.loop);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct fixture *fixture = data;
    fixture->error = end->error;
    fixture->ended = true;
    loop_stop(fixture->kit.loop);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct fixture *fixture = data;
    fixture->got_text = result->status == 200 && strcmp(result->body, "hello\n") == 0;
    fixture->error = result->error;
    fixture->ended = true;
    loop_stop(fixture->kit.loop);
}

static const struct {
    const char *name, *host;
    bool is_trusted, is_good;
} cases[] = {
    {"right name, trusted", "relay.example", true, true},
    {"address in the certificate", "127.0.0.1", true, true},
    {"wrong name", "other.example", true, false},
    {"unknown CA", "relay.example", false, false},
};

static void check(const struct fixture *fixture, const char *name, bool is_good)
{
    bool ok = is_good ? fixture->got_text && fixture->error.code == ERROR_NONE
                      : !fixture->got_text && fixture->ended && fixture->error.code == ERROR_DENIED &&
                            strstr(fixture->error.text, "ca_file");  // the way out
    if (!ok)
        fail_msg("%s: error %s: %s", name, error_code_name(fixture->error.code), fixture->error.text);
    print_message("%s: %s\n", name, fixture->error.text);
}

static void test_websockets(void **state)
{
    struct fixture *fixture = *state;
    static const struct websocket_handler handler = {.on_message = handle_message, .on_close = handle_close};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char url[128];
        snprintf(url, sizeof(url), "wss://%s:%u/", cases[i].host, server_port(fixture->server));
        struct websocket_options options = {.url = url, .protocol = "greet", .handler = &handler, .data = fixture,
                                            .ca_file = cases[i].is_trusted ? fixture->ca : NULL};
        fixture->got_text = fixture->ended = false;
        fixture->error = (struct error){0};
        struct error err = {0};
        fixture->websocket = websocket_create(fixture->kit.loop, &options, &err);
        assert_string_equal(err.text, "");
        kit_run(&fixture->kit);
        check(fixture, cases[i].name, cases[i].is_good);
        websocket_destroy(fixture->websocket);
        fixture->websocket = NULL;
    }
}

static void test_requests(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char url[128];
        snprintf(url, sizeof(url), "https://%s:%u/", cases[i].host, server_port(fixture->server));
        struct http_options options = {.url = url, .on_done = handle_done, .data = fixture,
                                       .ca_file = cases[i].is_trusted ? fixture->ca : NULL};
        fixture->got_text = fixture->ended = false;
        fixture->error = (struct error){0};
        struct error err = {0};
        assert_non_null(http_start(fixture->kit.loop, &options, &err));
        kit_run(&fixture->kit);
        check(fixture, cases[i].name, cases[i].is_good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_websockets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
