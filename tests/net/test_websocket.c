#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/resolver.h"
#include "net/server.h"
#include "net/websocket.h"

/*
 * A client and a server in one loop. The server's sub-protocols: "echo" sends back, "flood" fills its queue until it
 * overflows, "bye" closes with 4001, "abort" drops the connection, none at all echoes as well.
 */
struct fixture {
    struct kit kit;
    struct server *server;
    char url[64];
    char unix_path[64];
    struct server_socket *peer;  // the last that opened
    int opened, closed, close_code, overflows, floods;
    void *last_session;
    char path_seen[64], header_seen[64], host_seen[64];
};

struct client {
    struct fixture *fixture;
    struct websocket *websocket;
    int opens, messages, closes, stop_after;  // messages; 0: at the close
    bool destroy_in_message;
    struct buffer last;
    bool last_is_text;
    struct websocket_close end;
    char reason[128];
};

/* --- The server's side --- */

static int accept_any(void *data, const struct server_request *request, void **session)
{
    struct fixture *fixture = data;
    const char *header = server_request_header(request, "x-token"), *host = server_request_header(request, "host");
    snprintf(fixture->path_seen, sizeof(fixture->path_seen), "%s", server_request_path(request));
    snprintf(fixture->header_seen, sizeof(fixture->header_seen), "%s", header ? header : "");
    snprintf(fixture->host_seen, sizeof(fixture->host_seen), "%s", host ? host : "");
    *session = fixture;
    if (strcmp(fixture->path_seen, "/secret") == 0)
        return 403;
    return strcmp(fixture->path_seen, "/busy") == 0 ? 503 : 0;
}

static void open_peer(void *data, struct server_socket *socket)
{
    struct fixture *fixture = data;
    fixture->opened++;
    fixture->peer = socket;
}

static void echo(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct payload *payload = payload_create(bytes, len);
    if (is_text)
        server_socket_send(socket, payload);
    else
        server_socket_send_binary(socket, payload);
    payload_unref(payload);
}

static void close_peer(void *data, struct server_socket *socket, void *session, int code)
{
    struct fixture *fixture = data;
    fixture->closed++;
    fixture->close_code = code;
    fixture->last_session = session;
    if (fixture->peer == socket)
        fixture->peer = NULL;
}

static void flood(void *data, struct server_socket *socket)
{
    struct fixture *fixture = data;
    open_peer(data, socket);
    struct payload *payload = payload_create("flood", 5);
    while (fixture->overflows == 0 && fixture->floods < 1000) {
        fixture->floods++;
        server_socket_send(socket, payload);
    }
    payload_unref(payload);
}

static void take_overflow(void *data, struct server_socket *socket)
{
    struct fixture *fixture = data;
    fixture->overflows++;
    server_socket_send_text(socket, "snapshot", 8);
}

static void say_bye(void *data, struct server_socket *socket)
{
    open_peer(data, socket);
    server_socket_send_text(socket, "last words", 10);
    server_socket_close(socket, 4001, "bye — خدا نگهدار");
}

static void drop(void *data, struct server_socket *socket)
{
    open_peer(data, socket);
    server_socket_abort(socket);
}

static const struct server_protocol protocols[] = {
    {.name = "echo", .accept = accept_any, .on_open = open_peer, .on_message = echo, .on_close = close_peer},
    {.name = "flood", .accept = accept_any, .on_open = flood, .on_overflow = take_overflow, .on_close = close_peer},
    {.name = "bye", .accept = accept_any, .on_open = say_bye, .on_close = close_peer},
    {.name = "abort", .accept = accept_any, .on_open = drop, .on_close = close_peer},
    {.name = NULL, .accept = accept_any, .on_open = open_peer, .on_message = echo, .on_close = close_peer},
};

static void handle_request(void *data, struct server_request *request)
{
    server_respond_text(request, 404, "no pages here");
}

static int set_up_with(void **state, size_t protocol_count)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    kit_init(&fixture.kit);
    snprintf(fixture.unix_path, sizeof(fixture.unix_path), "/tmp/antiphon-test-%d.sock", (int)getpid());
    struct server_options options = {.on_request = handle_request, .protocols = protocols, .data = &fixture,
                                     .protocol_count = protocol_count, .queue_count_max = 50,
                                     .message_bytes_max = 4 << 20, .unix_path = fixture.unix_path};
    struct error err = {0};
    fixture.server = server_create(fixture.kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    snprintf(fixture.url, sizeof(fixture.url), "ws://127.0.0.1:%u", server_port(fixture.server));
    *state = &fixture;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, sizeof(protocols) / sizeof(protocols[0]));
}

static int set_up_strict(void **state)
{
    return set_up_with(state, 1);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    server_destroy(fixture->server);
    kit_fini(&fixture->kit);
    return 0;
}

/* --- The client's side --- */

static void handle_open(void *data)
{
    struct client *client = data;
    client->opens++;
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct client *client = data;
    buffer_clear(&client->last);
    buffer_add(&client->last, bytes, len);
    client->last_is_text = is_text;
    client->messages++;
    if (client->destroy_in_message) {
        websocket_destroy(client->websocket);
        client->websocket = NULL;
    }
    if (client->messages == client->stop_after)
        loop_stop(client->fixture->kit.loop);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct client *client = data;
    client->closes++;
    client->end = *end;
    snprintf(client->reason, sizeof(client->reason), "%s", end->reason);
    websocket_destroy(client->websocket);
    client->websocket = NULL;
    if (client->stop_after == 0)
        loop_stop(client->fixture->kit.loop);
}

static const struct websocket_handler handler = {handle_open, handle_message, handle_close};

static void start(struct client *client, struct fixture *fixture, const char *path, struct websocket_options options)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", fixture->url, path);
    client->fixture = fixture;
    if (!options.url)
        options.url = url;
    options.handler = &handler;
    options.data = client;
    struct error err = {0};
    client->websocket = websocket_create(fixture->kit.loop, &options, &err);
    assert_string_equal(err.text, "");
}

static void finish(struct client *client)
{
    websocket_destroy(client->websocket);
    buffer_fini(&client->last);
}

/* Turns until the client is open. */
static void wait_open(struct client *client)
{
    while (client->opens == 0 && client->closes == 0)
        kit_turn(&client->fixture->kit, 5);
    assert_int_equal(client->opens, 1);
}

/* --- Good connections --- */

static void test_echo_of_all_sizes(void **state)
{
    struct fixture *fixture = *state;
    const size_t sizes[] = {0, 1, 125, 126, 4095, 4096, 4097, 65535, 65536, 1 << 20, (1 << 20) + 1};
    struct client client = {0};
    start(&client, fixture, "/chat?key=1", (struct websocket_options){
        .protocol = "echo", .message_bytes_max = 2 << 20,
        .headers = (struct net_header[]){{"x-token", "tøken"}}, .header_count = 1});
    wait_open(&client);
    char *bytes = xmalloc(2 << 20);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t at = 0; at < sizes[i]; at++)
            bytes[at] = (char)('a' + (at * 31 + i) % 26);
        bool is_text = i % 2 == 0;
        client.stop_after = client.messages + 1;
        assert_true(is_text ? websocket_send(client.websocket, bytes, sizes[i], NULL)
                            : websocket_send_binary(client.websocket, bytes, sizes[i], NULL));
        kit_run(&fixture->kit);
        assert_int_equal(client.last.len, sizes[i]);
        assert_int_equal(client.last_is_text, is_text);
        assert_true(sizes[i] == 0 || memcmp(client.last.data, bytes, sizes[i]) == 0);
    }
    assert_string_equal(fixture->path_seen, "/chat");
    assert_string_equal(fixture->header_seen, "tøken");
    assert_string_equal(fixture->host_seen, fixture->url + 5);  // with its port
    assert_true(clock_monotonic_ms() - websocket_alive_ms(client.websocket) < 5000);
    assert_int_equal(websocket_queued_bytes(client.websocket), 0);
    free(bytes);
    finish(&client);
}

static void test_without_protocol_and_by_unix_socket(void **state)
{
    struct fixture *fixture = *state;
    char unix_url[80];
    snprintf(unix_url, sizeof(unix_url), "unix:%s", fixture->unix_path);
    for (int i = 0; i < 2; i++) {
        struct client client = {.stop_after = 1};
        start(&client, fixture, "/irc", (struct websocket_options){.url = i ? unix_url : NULL, .path = "/irc"});
        wait_open(&client);
        assert_true(websocket_send(client.websocket, "hello", 5, NULL));
        kit_run(&fixture->kit);
        assert_memory_equal(client.last.data, "hello", 5);
        assert_string_equal(fixture->path_seen, "/irc");
        assert_string_equal(server_socket_peer(fixture->peer), i ? "unix" : "127.0.0.1");
        finish(&client);
    }
}

/* The next process is reached without the proxy that the environment names for the world. */
static void test_proxies_are_for_others(void **state)
{
    struct fixture *fixture = *state;
    char unix_url[80];
    snprintf(unix_url, sizeof(unix_url), "unix:%s", fixture->unix_path);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    for (int i = 0; i < 2; i++) {
        struct client client = {0};
        start(&client, fixture, "/", (struct websocket_options){.url = i ? unix_url : NULL, .protocol = "echo"});
        wait_open(&client);
        finish(&client);
    }
    unsetenv("http_proxy");
}

static void test_many_messages_stay_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {.stop_after = 40};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo"});
    wait_open(&client);
    for (int i = 1; i <= 40; i++) {
        char text[16];
        assert_true(websocket_send(client.websocket, text, (size_t)snprintf(text, sizeof(text), "%d", i), NULL));
    }
    kit_run(&fixture->kit);
    assert_memory_equal(client.last.data, "40", 2);
    finish(&client);
}

static void test_destroyed_in_its_own_message(void **state)
{
    struct fixture *fixture = *state;
    static char big[100000];
    struct client client = {.stop_after = 1, .destroy_in_message = true};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo"});
    wait_open(&client);
    assert_true(websocket_send(client.websocket, big, sizeof(big), NULL));
    assert_true(websocket_send(client.websocket, "more", 4, NULL));
    kit_run(&fixture->kit);
    while (fixture->closed == 0)
        kit_turn(&fixture->kit, 5);
    assert_int_equal(fixture->close_code, 1000);  // it said goodbye
    assert_ptr_equal(fixture->last_session, fixture);
    assert_int_equal(client.messages, 1);
    assert_int_equal(client.closes, 0);
    finish(&client);
}

/* --- Ends --- */

static void test_close_codes_of_the_server(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "bye"});
    kit_run(&fixture->kit);
    assert_memory_equal(client.last.data, "last words", 10);
    assert_true(client.end.was_open);
    assert_int_equal(client.end.code, 4001);
    assert_string_equal(client.reason, "bye — خدا نگهدار");
    assert_int_equal(client.end.error.code, ERROR_AGAIN);
    assert_non_null(strstr(client.end.error.text, "4001"));
    assert_int_equal(fixture->close_code, 4001);
    finish(&client);
}

static void test_close_codes_of_the_client(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo"});
    wait_open(&client);
    websocket_close(client.websocket, 4321, "enough");
    assert_false(websocket_send(client.websocket, "x", 1, NULL));
    kit_run(&fixture->kit);
    assert_int_equal(client.end.code, 4321);
    assert_int_equal(client.end.error.code, ERROR_NONE);
    while (fixture->closed == 0)
        kit_turn(&fixture->kit, 5);
    assert_int_equal(fixture->close_code, 4321);
    finish(&client);
}

static void test_dropped_without_a_word(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "abort"});
    kit_run(&fixture->kit);
    assert_int_equal(client.end.code, 1006);
    assert_int_equal(client.closes, 1);
    assert_int_equal(fixture->closed, 1);
    finish(&client);
}

static void test_message_over_the_limit(void **state)
{
    struct fixture *fixture = *state;
    static char big[5000];
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo", .message_bytes_max = 4999});
    wait_open(&client);
    assert_true(websocket_send(client.websocket, big, sizeof(big), NULL));
    kit_run(&fixture->kit);
    assert_int_equal(client.end.error.code, ERROR_DATA);
    assert_non_null(strstr(client.end.error.text, "longer than 4999 bytes"));
    while (fixture->closed == 0)
        kit_turn(&fixture->kit, 5);
    assert_int_equal(fixture->close_code, 1009);
    finish(&client);
    // Far over it: libwebsockets 4.1.6 wrote the rest of the frame behind its buffer when told to close from within.
    static char huge[6 << 20];
    client = (struct client){0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo", .message_bytes_max = 4999});
    wait_open(&client);
    assert_true(websocket_send(client.websocket, huge, 3 << 20, NULL));
    kit_run(&fixture->kit);
    assert_non_null(strstr(client.end.error.text, "longer than 4999 bytes"));
    finish(&client);
    client = (struct client){0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo", .queue_bytes_max = 8 << 20});
    wait_open(&client);
    assert_true(websocket_send(client.websocket, huge, sizeof(huge), NULL));
    kit_run(&fixture->kit);
    assert_int_equal(client.end.code, 1009);
    finish(&client);
}

static void test_full_queues(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo", .queue_count_max = 3});
    wait_open(&client);
    struct error err = {0};
    for (int i = 0; i < 3; i++)
        assert_true(websocket_send(client.websocket, "x", 1, &err));
    assert_false(websocket_send(client.websocket, "x", 1, &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    finish(&client);
    client = (struct client){.stop_after = 1};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "flood"});
    kit_run(&fixture->kit);
    assert_int_equal(fixture->floods, 51);
    assert_int_equal(fixture->overflows, 1);
    assert_memory_equal(client.last.data, "snapshot", 8);  // all that stood before it was dropped
    finish(&client);
}

/* --- Connections that do not come about --- */

static void test_refused_upgrades(void **state)
{
    static const struct {
        const char *path, *protocol;
        int status;
        enum error_code code;
    } cases[] = {{"/secret", "echo", 403, ERROR_DENIED}, {"/busy", "echo", 503, ERROR_AGAIN},
                 {"/", "unheard-of", 400, ERROR_DENIED}, {"/", "http", 400, ERROR_DENIED}, {"/", NULL, 400, ERROR_DENIED}};
    struct fixture *fixture = *state;  // knows "echo" only
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client client = {0};
        start(&client, fixture, cases[i].path, (struct websocket_options){.protocol = cases[i].protocol});
        kit_run(&fixture->kit);
        assert_int_equal(client.opens, 0);
        assert_int_equal(client.closes, 1);
        assert_false(client.end.was_open);
        assert_int_equal(client.end.http_status, cases[i].status);
        assert_int_equal(client.end.error.code, cases[i].code);
        assert_null(strstr(client.end.error.text, "secret"));
        finish(&client);
    }
    assert_int_equal(fixture->opened, 0);
}

static void test_server_without_the_protocol(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "nothing, echo"});
    kit_run(&fixture->kit);
    assert_int_equal(client.end.error.code, ERROR_DATA);
    assert_int_equal(client.closes, 1);
    finish(&client);
}

/* A free port: bound once and given back. */
static uint16_t closed_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    bind(fd, (struct sockaddr *)&address, sizeof(address));
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

static void test_nobody_listens(void **state)
{
    struct fixture *fixture = *state;
    char url[64];
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/?key=hidden", closed_port());
    const char *const urls[] = {url, "unix:/nonexistent/relay.sock"};
    for (int i = 0; i < 2; i++) {
        struct client client = {0};
        start(&client, fixture, "", (struct websocket_options){.url = urls[i]});
        kit_run(&fixture->kit);
        assert_int_equal(client.closes, 1);
        assert_int_equal(client.end.code, 0);
        assert_int_equal(client.end.error.code, ERROR_AGAIN);
        assert_null(strstr(client.end.error.text, "hidden"));
        finish(&client);
    }
}

static void test_silent_server(void **state)
{
    struct fixture *fixture = *state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 5), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    char url[64];
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", ntohs(address.sin_port));
    struct client client = {0};
    int64_t begin = clock_monotonic_ms();
    start(&client, fixture, "", (struct websocket_options){.url = url, .open_timeout_ms = 300});
    kit_run(&fixture->kit);
    assert_in_range(clock_monotonic_ms() - begin, 299, 3000);
    assert_int_equal(client.closes, 1);
    assert_non_null(strstr(client.end.error.text, "no answer within 0.3 s"));
    finish(&client);
    close(fd);
}

static void answer_two(void *data, const char *name, struct resolver_answer *answer)
{
    if (strcmp(name, "gone.example") == 0) {
        error_set(&answer->error, ERROR_DENIED, "%s: no such name", name);
        return;
    }
    strcpy(answer->addresses[0], "127.0.0.99");  // nobody listens there
    strcpy(answer->addresses[1], "127.0.0.1");
    answer->count = 2;
}

static void test_names(void **state)
{
    struct fixture *fixture = *state;
    resolver_set_lookup(fixture->kit.loop, answer_two, NULL);
    char url[64];
    snprintf(url, sizeof(url), "ws://two.example:%u/", server_port(fixture->server));
    struct client client = {.stop_after = 1};
    start(&client, fixture, "", (struct websocket_options){.url = url, .protocol = "echo"});
    wait_open(&client);  // by the second address
    assert_int_equal(strncmp(fixture->host_seen, "two.example:", 12), 0);
    finish(&client);
    client = (struct client){0};
    start(&client, fixture, "", (struct websocket_options){.url = "ws://gone.example/"});
    kit_run(&fixture->kit);
    assert_int_equal(client.end.error.code, ERROR_DENIED);
    assert_non_null(strstr(client.end.error.text, "gone.example"));
    finish(&client);
}

static void test_destroyed_while_connecting(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 20; i++) {
        struct client client = {0};
        start(&client, fixture, "/", (struct websocket_options){.protocol = "echo"});
        if (i > 0)
            kit_turn(&fixture->kit, i % 4);
        finish(&client);
        assert_int_equal(client.closes, 0);
    }
    kit_turn(&fixture->kit, 50);
    while (fixture->closed < fixture->opened)
        kit_turn(&fixture->kit, 5);
}

static void test_no_addresses(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {"http://127.0.0.1/", "ws://", "", "wss:", "unix:relative", "ws://[::1/?key=s3cret"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = {0};
        struct websocket_options options = {.url = bad[i], .handler = &handler};
        assert_null(websocket_create(fixture->kit.loop, &options, &err));
        assert_int_equal(err.code, ERROR_DATA);
        assert_null(strstr(err.text, "s3cret"));
    }
}

/* A peer that does not answer pings any more is dropped by both sides. */
static void test_dead_peer(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/", (struct websocket_options){.protocol = "echo", .idle_ping_s = 1, .idle_hangup_s = 2});
    wait_open(&client);
    server_socket_pause(fixture->peer, true);
    kit_run(&fixture->kit);
    assert_int_equal(client.end.code, 1006);
    assert_non_null(strstr(client.end.error.text, "lost"));
    finish(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_echo_of_all_sizes),
        TEST(test_without_protocol_and_by_unix_socket),
        TEST(test_proxies_are_for_others),
        TEST(test_many_messages_stay_in_order),
        TEST(test_destroyed_in_its_own_message),
        TEST(test_close_codes_of_the_server),
        TEST(test_close_codes_of_the_client),
        TEST(test_dropped_without_a_word),
        TEST(test_message_over_the_limit),
        TEST(test_full_queues),
        cmocka_unit_test_setup_teardown(test_refused_upgrades, set_up_strict, tear_down),
        TEST(test_server_without_the_protocol),
        TEST(test_nobody_listens),
        TEST(test_silent_server),
        TEST(test_names),
        TEST(test_destroyed_while_connecting),
        TEST(test_no_addresses),
        TEST(test_dead_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
