#include "peer.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/lines.h"
#include "net/resolver.h"

struct client {
    struct kit kit;
    struct lines *lines;
    struct buffer told;  // each line and "\n"; cut ones with "…"
    int count, stop_after;
    int opens, closes, idles;
    const char *first_words;  // sent at once
    bool destroy_at_line;
    struct lines_close end;
};

static void handle_open(void *data)
{
    struct client *client = data;
    client->opens++;
    if (client->first_words)
        assert_true(lines_send(client->lines, client->first_words, strlen(client->first_words), NULL));
}

static void handle_line(void *data, const char *text, size_t len, bool is_cut)
{
    struct client *client = data;
    assert_int_equal(text[len], '\0');
    buffer_add(&client->told, text, len);
    buffer_add_string(&client->told, is_cut ? "…\n" : "\n");
    client->count++;
    if (client->destroy_at_line) {
        lines_destroy(client->lines);
        client->lines = NULL;
    }
    if (client->count == client->stop_after)
        loop_stop(client->kit.loop);
}

static void handle_idle(void *data)
{
    struct client *client = data;
    if (++client->idles == 3)
        loop_stop(client->kit.loop);
}

static void handle_close(void *data, const struct lines_close *end)
{
    struct client *client = data;
    client->closes++;
    client->end = *end;
    lines_destroy(client->lines);
    client->lines = NULL;
    loop_stop(client->kit.loop);
}

static const struct lines_handler handler = {handle_open, handle_line, handle_idle, handle_close};

static void answer_local(void *data, const char *name, struct resolver_answer *answer)
{
    if (strcmp(name, "two.example") == 0)
        strcpy(answer->addresses[answer->count++], "::1");  // where nobody listens
    if (strcmp(name, "nowhere.example") != 0)
        strcpy(answer->addresses[answer->count++], "127.0.0.1");
    else
        error_set(&answer->error, ERROR_DENIED, "no such name");
}

static void begin(struct client *client)
{
    *client = (struct client){0};
    kit_init(&client->kit);
    resolver_set_lookup(client->kit.loop, answer_local, NULL);
}

static void start(struct client *client, const char *host, uint16_t port, struct lines_options options)
{
    struct error err = {0};
    options.host = host;
    options.port = port;
    options.handler = &handler;
    options.data = client;
    client->lines = lines_create(client->kit.loop, &options, &err);
    assert_string_equal(err.text, "");
}

static void end(struct client *client)
{
    lines_destroy(client->lines);
    buffer_fini(&client->told);
    kit_fini(&client->kit);
}

static void expect(const struct client *client, const char *name, const char *told)
{
    size_t len = strlen(told);
    if (client->told.len != len || (len && memcmp(client->told.data, told, len) != 0))
        fail_msg("%s: told \"%.*s\"", name, (int)client->told.len, client->told.data);
}

#define TEN "0123456789"
static const struct {
    const char *name, *sent, *told;
} cases[] = {
    {"nothing", "", ""},
    {"LF and CRLF", "a\nb\r\n\r\n\nc\n", "a\nb\n\n\nc\n"},
    {"a CR within stays", "a\rb\r\r\n", "a\rb\r\n"},
    {"without an end", "a\nrest", "a\n"},
    {"Persian, Chinese, emoji", "سلام\n你好🎉\r\n", "سلام\n你好🎉\n"},
    {"broken UTF-8 as it came", "\xd8\n\xff\xfe\n", "\xd8\n\xff\xfe\n"},
    {"exactly the limit", TEN TEN "\n" TEN TEN "\r\n", TEN TEN "\n" TEN TEN "\n"},
    {"one above", TEN TEN "x\nnext\n", TEN TEN "…\nnext\n"},
    {"one above with CR", TEN TEN "x\r\nnext\n", TEN TEN "…\nnext\n"},
    {"far above, told once", TEN TEN TEN TEN TEN TEN "\nnext\n", TEN TEN "…\nnext\n"},
    {"above without an end", "a\n" TEN TEN TEN, "a\n" TEN TEN "…\n"},
};

static void test_lines(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct peer peer = {.greeting = cases[i].sent, .closes = true};
        struct client client;
        begin(&client);
        peer_start(&peer);
        start(&client, "127.0.0.1", peer.port, (struct lines_options){.line_bytes_max = 20});
        kit_run(&client.kit);
        expect(&client, cases[i].name, cases[i].told);
        assert_int_equal(client.opens, 1);
        assert_int_equal(client.closes, 1);
        assert_true(client.end.was_open);
        assert_int_equal(client.end.error.code, ERROR_AGAIN);
        assert_non_null(strstr(client.end.error.text, ": the server closed the connection"));
        peer_stop(&peer);
        end(&client);
    }
}

/* 3 MB in pieces as the system cuts them: every line once, in order; the longest within the limit. */
static void test_much(void **state)
{
    struct buffer sent = {0};
    for (int i = 0; sent.len < 3 << 20; i++)
        buffer_printf(&sent, "%d %.*s\r\n", i, i % 50, "سلامسلامسلامسلامسلامسلامسلامسلام");
    struct peer peer = {.greeting = sent.data, .greeting_len = sent.len, .closes = true};
    struct client client;
    begin(&client);
    peer_start(&peer);
    start(&client, "127.0.0.1", peer.port, (struct lines_options){0});
    kit_run(&client.kit);
    size_t out = 0;
    for (size_t i = 0; i < sent.len; i++) {
        if (sent.data[i] != '\r')
            sent.data[out++] = sent.data[i];
    }
    assert_int_equal(client.told.len, out);
    assert_memory_equal(client.told.data, sent.data, out);
    peer_stop(&peer);
    buffer_fini(&sent);
    end(&client);
}

static void test_talk(void **state)
{
    struct peer peer = {.greeting = "hello\r\n"};
    struct client client;
    begin(&client);
    client.first_words = "سلام";
    client.stop_after = 2;
    peer_start(&peer);
    start(&client, "two.example", peer.port, (struct lines_options){.queue_bytes_max = 64});
    struct error err = {0};
    assert_false(lines_send(client.lines, "early", 5, &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    assert_int_equal(lines_alive_ms(client.lines), 0);
    kit_run(&client.kit);
    expect(&client, "talk", "hello\nyou said سلام\n");  // the peer sends the CR back, and it is dropped
    assert_true(clock_monotonic_ms() - lines_alive_ms(client.lines) < 10000);
    assert_false(lines_send(client.lines, "a\nQUIT", 6, &err));
    assert_int_equal(err.code, ERROR_DATA);
    assert_false(lines_send(client.lines, "a\0b", 3, &err));
    assert_false(lines_send(client.lines, TEN TEN TEN TEN TEN TEN TEN, 70, &err));
    assert_int_equal(err.code, ERROR_AGAIN);
    assert_true(lines_send(client.lines, "bye", 3, &err));
    assert_int_equal(lines_queued_bytes(client.lines), 5);
    lines_close(client.lines);
    assert_false(lines_send(client.lines, "late", 4, &err));
    kit_run(&client.kit);
    assert_int_equal(client.closes, 1);
    assert_int_equal(client.end.error.code, ERROR_NONE);
    peer_stop(&peer);
    assert_string_equal(peer.heard, "سلام\r\nbye\r\n");
    end(&client);
}

static void test_destroy_within(void **state)
{
    struct peer peer = {.greeting = "one\ntwo\n", .closes = true};
    struct client client;
    begin(&client);
    client.destroy_at_line = true;
    client.stop_after = 1;
    peer_start(&peer);
    start(&client, "127.0.0.1", peer.port, (struct lines_options){0});
    kit_run(&client.kit);
    expect(&client, "destroyed", "one\n");
    assert_int_equal(client.closes, 0);
    peer_stop(&peer);
    end(&client);
}

static void test_idle(void **state)
{
    struct peer peer = {.greeting = "hello\n"};
    struct client client;
    begin(&client);
    peer_start(&peer);
    start(&client, "127.0.0.1", peer.port, (struct lines_options){.idle_ms = 30});
    kit_run(&client.kit);
    assert_int_equal(client.idles, 3);
    assert_int_equal(client.closes, 0);
    peer_stop(&peer);
    end(&client);
}

/* How it may fail, and what is said then. */
static void test_failures(void **state)
{
    static const struct {
        const char *name, *host;
        struct peer peer;
        bool is_tls, is_closed_port;
        enum error_code code;
        const char *words;
    } failures[] = {
        {"no such name", "nowhere.example", {0}, false, false, ERROR_DENIED, "no such name"},
        {"nobody listens", "irc.example", {0}, false, true, ERROR_AGAIN, "Connection refused"},
        {"TLS to a plain server", "irc.example", {.greeting = "NOTICE * :hello\r\n"}, true, false, ERROR_AGAIN, "TLS: "},
        {"TLS to one that hangs", "irc.example", {.hangs = true}, true, false, ERROR_AGAIN, "no answer within 0.4 s"},
        {"TLS to one that hangs up", "irc.example", {.closes = true}, true, false, ERROR_AGAIN, ""},
        {"reset", "irc.example", {.greeting = "x\n", .resets = true}, false, false, ERROR_AGAIN, ""},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(failures); i++) {
        struct peer peer = failures[i].peer;
        struct client client;
        begin(&client);
        peer_start(&peer);
        uint16_t port = peer.port;
        if (failures[i].is_closed_port)
            peer_stop(&peer);
        start(&client, failures[i].host, port, (struct lines_options){.is_tls = failures[i].is_tls, .open_timeout_ms = 400});
        kit_run(&client.kit);
        print_message("%s: %s\n", failures[i].name, client.end.error.text);
        if (client.end.error.code != failures[i].code || !strstr(client.end.error.text, failures[i].words))
            fail_msg("%s: %s", failures[i].name, client.end.error.text);
        assert_non_null(strstr(client.end.error.text, failures[i].host));
        assert_int_equal(client.closes, 1);
        if (!failures[i].is_closed_port)
            peer_stop(&peer);
        end(&client);
    }
    struct client client;
    struct error err = {0};
    begin(&client);
    struct lines_options none = {.handler = &handler}, no_file = {.host = "a", .port = 1, .ca_file = "/nowhere.pem"};
    assert_null(lines_create(client.kit.loop, &none, &err));
    assert_null(lines_create(client.kit.loop, &no_file, &err));
    assert_string_equal(err.text, "/nowhere.pem: No such file or directory");
    end(&client);
}

static void test_tls(void **state)
{
    static const struct {
        const char *name, *host, *tls_name;
        bool is_trusted, is_pinned, is_good;
    } certificates[] = {
        {"right name, trusted", "relay.example", NULL, true, false, true},
        {"address in the certificate", "127.0.0.1", NULL, true, false, true},
        {"another name, told", "irc.example", "relay.example", true, false, true},
        {"pinned by itself", "relay.example", NULL, false, true, true},
        {"wrong name", "irc.example", NULL, true, false, false},
        {"wrong name, pinned", "irc.example", NULL, false, true, false},
        {"unknown CA", "relay.example", NULL, false, false, false},
    };
    const char *data = getenv("ANTIPHON_TEST_DATA");
    char ca[256], cert[256], key[256];
    snprintf(ca, sizeof(ca), "%s/tls/ca.pem", data);
    snprintf(cert, sizeof(cert), "%s/tls/server.pem", data);
    snprintf(key, sizeof(key), "%s/tls/server.key", data);
    for (size_t i = 0; i < ARRAY_LENGTH(certificates); i++) {
        struct peer peer = {.greeting = "hello\n", .cert = cert, .key = key};
        struct client client;
        begin(&client);
        client.first_words = "سلام";
        client.stop_after = 2;
        peer_start(&peer);
        start(&client, certificates[i].host, peer.port, (struct lines_options){
            .is_tls = true, .tls_name = certificates[i].tls_name,
            .ca_file = certificates[i].is_trusted ? ca : certificates[i].is_pinned ? cert : NULL});
        kit_run(&client.kit);
        print_message("%s: %s\n", certificates[i].name, client.end.error.text);
        if (certificates[i].is_good) {
            expect(&client, certificates[i].name, "hello\nyou said سلام\n");
            lines_close(client.lines);
            kit_run(&client.kit);
        } else {
            assert_int_equal(client.opens, 0);
            assert_int_equal(client.end.error.code, ERROR_DENIED);
            assert_non_null(strstr(client.end.error.text, "the certificate is refused: "));
            assert_non_null(strstr(client.end.error.text, "ca_file"));
        }
        peer_stop(&peer);
        if (certificates[i].is_good && strcmp(certificates[i].host, "127.0.0.1") != 0)
            assert_string_equal(peer.sni, "relay.example");
        end(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_much),     cmocka_unit_test(test_talk),
        cmocka_unit_test(test_idle),  cmocka_unit_test(test_failures), cmocka_unit_test(test_tls),
        cmocka_unit_test(test_destroy_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
