#include "proxy_peer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "net/http.h"
#include "net/lines.h"
#include "net/proxy.h"
#include "net/resolver.h"
#include "net/server.h"
#include "net/websocket.h"

/* Servers on loopback, a proxy before them, and a resolver that knows no name but the proxy's: it must not be asked. */
struct fixture {
    struct kit kit;
    struct server *plain, *secure;
    struct peer lines_plain, lines_secure;
    char ca[256], cert[256], key[256];
    int strange_names;
    struct websocket *websocket;
    struct lines *lines;
    int64_t timeout_ms;
    bool got_text, ended;
    struct error error;
    char *long_text;
    size_t received;
};

enum { LONG_BYTES = 700000 };

static void answer_proxy(void *data, const char *name, struct resolver_answer *answer)
{
    struct fixture *fixture = data;
    if (strcmp(name, "proxy.example") == 0) {
        strcpy(answer->addresses[answer->count++], "127.0.0.1");
        return;
    }
    fixture->strange_names++;
    error_set(&answer->error, ERROR_DENIED, "%s: the proxy was to resolve this", name);
}

static int accept_any(void *data, const struct server_request *request, void **session)
{
    return 0;
}

/* Bigger than what the tunnel holds, so that it must wait for its reader. */
static void greet(void *data, struct server_socket *socket)
{
    struct fixture *fixture = data;
    server_socket_send_text(socket, "hello", 5);
    server_socket_send_text(socket, fixture->long_text, LONG_BYTES);
}

static void echo(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    server_socket_send_text(socket, bytes, len);
}

static const struct server_protocol protocol = {
    .name = "greet", .accept = accept_any, .on_open = greet, .on_message = echo};

static void handle_request(void *data, struct server_request *request)
{
    server_respond_text(request, 200, "hello");
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    fixture.timeout_ms = 15000;
    kit_init(&fixture.kit);
    resolver_set_lookup(fixture.kit.loop, answer_proxy, &fixture);
    fixture.long_text = xmalloc(LONG_BYTES);
    for (size_t i = 0; i < LONG_BYTES; i++)
        fixture.long_text[i] = (char)('a' + i * 2654435761u % 26);
    const char *data = getenv("ANTIPHON_TEST_DATA");
    snprintf(fixture.ca, sizeof(fixture.ca), "%s/tls/ca.pem", data);
    snprintf(fixture.cert, sizeof(fixture.cert), "%s/tls/server.pem", data);
    snprintf(fixture.key, sizeof(fixture.key), "%s/tls/server.key", data);
    struct server_options options = {.on_request = handle_request, .protocols = &protocol, .protocol_count = 1,
                                     .data = &fixture, .message_bytes_max = 4 << 20};
    struct error err = {0};
    fixture.plain = server_create(fixture.kit.loop, &options, &err);
    options.cert_file = fixture.cert;
    options.key_file = fixture.key;
    fixture.secure = server_create(fixture.kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    fixture.lines_plain = (struct peer){.greeting = "hello\r\n"};
    fixture.lines_secure = (struct peer){.greeting = "hello\r\n", .cert = fixture.cert, .key = fixture.key};
    peer_start(&fixture.lines_plain);
    peer_start(&fixture.lines_secure);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    websocket_destroy(fixture->websocket);
    lines_destroy(fixture->lines);
    peer_stop(&fixture->lines_plain);
    peer_stop(&fixture->lines_secure);
    server_destroy(fixture->plain);
    server_destroy(fixture->secure);
    kit_fini(&fixture->kit);
    free(fixture->long_text);
    return 0;
}

/* --- Three kinds of clients, each plain and with TLS --- */

static void finish(struct fixture *fixture, const struct error *error)
{
    fixture->error = *error;
    fixture->ended = true;
    loop_stop(fixture->kit.loop);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct fixture *fixture = data;
    fixture->got_text = result->status == 200 && strcmp(result->body, "hello\n") == 0;
    finish(fixture, &result->error);
}

/* "hello", the long text, and our own long text back. */
static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct fixture *fixture = data;
    if (len == LONG_BYTES && memcmp(bytes, fixture->long_text, len) == 0)
        fixture->received++;
    if (len == 5 && memcmp(bytes, "hello", 5) == 0)
        assert_true(websocket_send(fixture->websocket, fixture->long_text, LONG_BYTES, NULL));
    fixture->got_text = fixture->received == 2;
    if (fixture->got_text)
        loop_stop(fixture->kit.loop);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    finish(data, &end->error);
}

static const struct websocket_handler socket_handler = {.on_message = handle_message, .on_close = handle_close};

static void handle_lines_open(void *data)
{
    struct fixture *fixture = data;
    lines_send(fixture->lines, "hi", 2, NULL);
}

static void handle_line(void *data, const char *text, size_t len, bool is_cut)
{
    struct fixture *fixture = data;
    fixture->received++;
    fixture->got_text = fixture->received == 2 && strcmp(text, "you said hi") == 0;
    if (fixture->got_text)
        loop_stop(fixture->kit.loop);
}

static void handle_lines_close(void *data, const struct lines_close *end)
{
    finish(data, &end->error);
}

static const struct lines_handler lines_handler = {
    .on_open = handle_lines_open, .on_line = handle_line, .on_close = handle_lines_close};

enum kind { HTTP, HTTPS, WS, WSS, LINES, LINES_TLS, KINDS };
static const char *const kind_names[KINDS] = {"http", "https", "ws", "wss", "lines", "lines with TLS"};

static void start(struct fixture *fixture, enum kind kind, const char *host, const char *proxy)
{
    char url[128];
    bool is_tls = kind % 2;
    uint16_t port = kind >= LINES ? (is_tls ? fixture->lines_secure.port : fixture->lines_plain.port)
                                  : server_port(is_tls ? fixture->secure : fixture->plain);
    struct error err = {0};
    snprintf(url, sizeof(url), "%s://%s:%u/", kind_names[kind], host, port);
    fixture->got_text = fixture->ended = false;
    fixture->error = (struct error){0};
    fixture->received = 0;
    if (kind <= HTTPS) {
        struct http_options options = {.url = url, .on_done = handle_done, .data = fixture, .ca_file = fixture->ca,
                                       .proxy = proxy, .timeout_ms = fixture->timeout_ms};
        http_start(fixture->kit.loop, &options, &err);
    } else if (kind <= WSS) {
        struct websocket_options options = {.url = url, .protocol = "greet", .handler = &socket_handler, .data = fixture,
                                            .ca_file = fixture->ca, .proxy = proxy, .open_timeout_ms = fixture->timeout_ms};
        fixture->websocket = websocket_create(fixture->kit.loop, &options, &err);
    } else {
        struct lines_options options = {.host = host, .port = port, .is_tls = is_tls, .handler = &lines_handler,
                                        .data = fixture, .ca_file = fixture->ca, .proxy = proxy,
                                        .open_timeout_ms = fixture->timeout_ms};
        fixture->lines = lines_create(fixture->kit.loop, &options, &err);
    }
    assert_string_equal(err.text, "");
}

static void drop(struct fixture *fixture)
{
    websocket_destroy(fixture->websocket);
    lines_destroy(fixture->lines);
    fixture->websocket = NULL;
    fixture->lines = NULL;
}

static const struct {
    const char *name, *scheme, *login, *user, *password, *host;
} ways[] = {
    {"CONNECT", "http", "", NULL, NULL, "relay.example"},
    {"CONNECT with login", "http", "n%69loufar:p%40ss%3Aw@", "niloufar", "p@ss:w", "relay.example"},
    {"SOCKS 5", "socks5h", "", NULL, NULL, "relay.example"},
    {"SOCKS 5 with login", "socks5h", "n%69loufar:p%40ss%3Aw@", "niloufar", "p@ss:w", "relay.example"},
    {"SOCKS 5 to a number", "socks5h", "", NULL, NULL, "127.0.0.1"},
    {"CONNECT to a number", "http", "", NULL, NULL, "127.0.0.1"},
};

static void test_ways(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++) {
        struct proxy_peer proxy = {.user = ways[i].user, .password = ways[i].password};
        proxy_peer_start(&proxy);
        char address[128];
        snprintf(address, sizeof(address), "%s://%sproxy.example:%u", ways[i].scheme, ways[i].login, proxy.port);
        for (enum kind kind = HTTP; kind < KINDS; kind++) {
            start(fixture, kind, ways[i].host, address);
            kit_run(&fixture->kit);
            if (!fixture->got_text || fixture->error.code != ERROR_NONE)
                fail_msg("%s, %s: %s", ways[i].name, kind_names[kind], fixture->error.text);
            drop(fixture);
        }
        kit_turn(&fixture->kit, 20);  // the tunnels' goodbyes
        proxy_peer_stop(&proxy);
        assert_int_equal(proxy.tunnels, KINDS);
        assert_memory_equal(proxy.asked, ways[i].host, strlen(ways[i].host));
    }
    assert_int_equal(fixture->strange_names, 0);
}

static const struct {
    const char *name, *scheme, *login;
    struct proxy_peer proxy;
    enum error_code code;
    const char *words;  // of websockets and lines; libcurl has its own
} refusals[] = {
    {"wrong password", "http", "a:secret1@", {.user = "a", .password = "b"}, ERROR_DENIED, "(HTTP status 407)"},
    {"no password", "http", "", {.user = "a", .password = "b"}, ERROR_DENIED, "(HTTP status 407)"},
    {"forbidden", "http", "", {.refuse = 403}, ERROR_DENIED, "(HTTP status 403)"},
    {"busy", "http", "", {.refuse = 503}, ERROR_AGAIN, "the proxy refused with HTTP status 503"},
    {"silent", "http", "", {.hangs = true}, ERROR_AGAIN, "within 0.3 s"},
    {"wrong password", "socks5h", "a:secret1@", {.user = "a", .password = "b"}, ERROR_DENIED,
     "the proxy refuses user or password"},
    {"no password", "socks5h", "", {.user = "a", .password = "b"}, ERROR_DENIED, "a user and a password"},
    {"forbidden", "socks5h", "", {.refuse = 2}, ERROR_DENIED, "its rules forbid it (SOCKS reply 2)"},
    {"refused", "socks5h", "", {.refuse = 5}, ERROR_AGAIN, "connection refused (SOCKS reply 5)"},
};

static void check_refusal(struct fixture *fixture, size_t i, enum kind kind, uint16_t port)
{
    bool is_right = fixture->ended && fixture->error.code == refusals[i].code &&
                    (kind <= HTTPS || strstr(fixture->error.text, refusals[i].words));
    if (!is_right || strstr(fixture->error.text, "secret1"))
        fail_msg("%s %s, %s: %s: %s", refusals[i].scheme, refusals[i].name, kind_names[kind],
                 error_code_name(fixture->error.code), fixture->error.text);
}

static void test_refusals(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        struct proxy_peer proxy = refusals[i].proxy;
        proxy_peer_start(&proxy);
        fixture->timeout_ms = refusals[i].proxy.hangs ? 300 : 15000;
        char address[128];
        snprintf(address, sizeof(address), "%s://%s127.0.0.1:%u", refusals[i].scheme, refusals[i].login, proxy.port);
        for (enum kind kind = HTTPS; kind < KINDS; kind++) {
            start(fixture, kind, "relay.example", address);
            kit_run(&fixture->kit);
            if (kind == WSS)
                print_message("%s: %s\n", refusals[i].name, fixture->error.text);
            check_refusal(fixture, i, kind, proxy.port);
            drop(fixture);
        }
        proxy_peer_stop(&proxy);
    }
    assert_int_equal(fixture->strange_names, 0);
}

static void test_no_proxy_there(void **state)
{
    struct fixture *fixture = *state;
    uint16_t port;
    close(peer_listen(&port));
    char address[64];
    snprintf(address, sizeof(address), "http://127.0.0.1:%u", port);
    for (enum kind kind = HTTP; kind < KINDS; kind++) {
        start(fixture, kind, "relay.example", address);
        kit_run(&fixture->kit);
        assert_true(fixture->ended);
        assert_int_equal(fixture->error.code, ERROR_AGAIN);
        drop(fixture);
    }
}

/* Often what we answer meets a socket that is dead already: that is an end at once, and not a loop that spins. */
static void test_reset(void **state)
{
    struct fixture *fixture = *state;
    struct proxy_peer proxy = {.resets = true};
    proxy_peer_start(&proxy);
    char address[64];
    snprintf(address, sizeof(address), "socks5h://127.0.0.1:%u", proxy.port);
    for (int i = 0; i < 50; i++) {
        int64_t start_ms = clock_monotonic_ms();
        start(fixture, LINES, "relay.example", address);
        kit_run(&fixture->kit);
        assert_true(fixture->ended);
        assert_int_equal(fixture->error.code, ERROR_AGAIN);
        assert_true(clock_monotonic_ms() - start_ms < 5000);
        drop(fixture);
    }
    proxy_peer_stop(&proxy);
}

/* The websocket goes at any stage; the loop and its tunnels must live on. */
static void test_destroyed_under_way(void **state)
{
    struct fixture *fixture = *state;
    struct proxy_peer proxy = {0};
    proxy_peer_start(&proxy);
    char address[64];
    snprintf(address, sizeof(address), "socks5h://127.0.0.1:%u", proxy.port);
    for (int ms = 0; ms < 12; ms++) {
        start(fixture, WSS, "relay.example", address);
        kit_turn(&fixture->kit, ms);
        drop(fixture);
        start(fixture, LINES_TLS, "relay.example", address);
        kit_turn(&fixture->kit, ms);
        drop(fixture);
    }
    start(fixture, WSS, "relay.example", address);
    kit_run(&fixture->kit);
    if (!fixture->got_text)
        fail_msg("%s", fixture->error.text);
    proxy_peer_stop(&proxy);  // both ends of the tunnel go
    kit_run(&fixture->kit);
    assert_true(fixture->ended);
    assert_non_null(strstr(fixture->error.text, "the connection was lost"));
}

static const struct {
    const char *text, *error;  // NULL: good
} addresses[] = {
    {NULL, NULL},
    {"", NULL},
    {"http://proxy.example:3128", NULL},
    {"http://proxy.example:3128/", NULL},
    {"socks5h://u:p@[::1]:1080", NULL},
    {"socks5h://proxy.example", "proxy \"socks5h://proxy.example\": the port is missing"},
    {"socks5://a:hunter22@proxy.example:1080", "proxy \"socks5://…@proxy.example:1080\": another kind of proxy"},
    {"https://proxy.example:443", "another kind of proxy"},
    {"proxy.example:3128", "proxy \"proxy.example:3128\": "},
    {"http://a:hunter22@:3128", "proxy \"http://…@:3128\": "},
    {"http://a:hunter22@proxy.example:99999", "proxy \"http://…@proxy.example:99999\": not an address"},
    {"http://a:hunter22@proxy.example:1/path", "there is more behind the port"},
    {"a:hunter22@proxy.example", "proxy \"…@proxy.example\""},
    {"http://a:hun@ter22@proxy .example:1", "proxy \"http://…@proxy .example:1\""},
};

static void test_addresses(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        struct proxy proxy;
        struct error err = {0};
        bool ok = proxy_parse(addresses[i].text, &proxy, &err);
        bool is_right = ok ? !addresses[i].error : addresses[i].error && strstr(err.text, addresses[i].error);
        if (!is_right || strstr(err.text, "ter22") || (!ok && !strstr(err.text, "a proxy is http://host:port or")))
            fail_msg("%s: %s", addresses[i].text, err.text);
        proxy_fini(&proxy);
    }
    struct error err = {0};
    const char *bad = "ftp://proxy.example:21";
    struct http_options http = {.url = "http://127.0.0.1/", .proxy = bad, .on_done = handle_done};
    struct websocket_options socket = {.url = "ws://127.0.0.1/", .proxy = bad, .handler = &socket_handler};
    struct lines_options lines = {.host = "127.0.0.1", .port = 1, .proxy = bad, .handler = &lines_handler};
    assert_null(http_start(fixture->kit.loop, &http, &err));
    assert_non_null(strstr(err.text, "ftp://proxy.example:21"));
    assert_null(websocket_create(fixture->kit.loop, &socket, &err));
    assert_non_null(strstr(err.text, "ftp://proxy.example:21"));
    assert_null(lines_create(fixture->kit.loop, &lines, &err));
    assert_non_null(strstr(err.text, "ftp://proxy.example:21"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_proxy_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_destroyed_under_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
