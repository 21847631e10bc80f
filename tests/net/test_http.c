#include "exchange.h"
#include "peer.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "net/http.h"
#include "net/resolver.h"
#include "net/server.h"

enum { BIG = 3 << 20 };

struct fixture {
    struct kit kit;
    struct server *server;
    char url[64];
    struct server_request *stream;  // open, of /stream
    int gone;
    char *big;
};

struct client {
    struct fixture *fixture;
    struct http_request *request;
    int done, data_calls, status_told, cancel_at;
    bool is_slow;
    struct buffer data, body;
    int status;
    struct error error;
    char type[64], header[64];
};

/* --- The server's side --- */

static void handle_gone(void *data)
{
    struct fixture *fixture = data;
    fixture->gone++;
    fixture->stream = NULL;
}

static void open_stream(struct fixture *fixture, struct server_request *request)
{
    fixture->stream = request;
    server_request_on_gone(request, handle_gone, fixture);
    server_stream_begin(request, 200, "application/json", NULL, 0);
    server_stream_send(request, "[{}", 3);
}

static void handle_request(void *data, struct server_request *request)
{
    struct fixture *fixture = data;
    const char *path = server_request_path(request), *header = server_request_header(request, "x-key");
    size_t len;
    const char *body = server_request_body(request, &len);
    const struct net_header location[] = {{"location", "/plain"}};
    char text[256];
    int status = atoi(path + 1);
    snprintf(text, sizeof(text), "%d %s key=%s", (int)server_request_method(request), path, header ? header : "-");
    if (strcmp(path, "/stream") == 0) {
        open_stream(fixture, request);
    } else if (strcmp(path, "/hang") == 0) {
        server_request_on_gone(request, handle_gone, fixture);
    } else if (strcmp(path, "/abort") == 0) {
        server_stream_abort(request);
    } else if (strcmp(path, "/big") == 0) {
        server_respond(request, 200, "application/octet-stream", NULL, 0, fixture->big, BIG);
    } else if (strcmp(path, "/echo") == 0) {
        server_respond(request, 200, server_request_header(request, "content-type"), NULL, 0, body, len);
    } else if (strcmp(path, "/redirect") == 0) {
        server_respond(request, 302, NULL, location, 1, "", 0);
    } else if (strcmp(path, "/loop") == 0) {
        server_respond(request, 302, NULL, (const struct net_header[]){{"location", "/loop"}}, 1, "", 0);
    } else if (status >= 200) {
        server_respond(request, status, "text/plain", (const struct net_header[]){{"x-rate", "5"}, {"x-rate", "6"}}, 2,
                       "words", 5);
    } else {
        server_respond(request, 200, "text/plain; charset=utf-8", NULL, 0, text, strlen(text));
    }
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){0};
    kit_init(&fixture.kit);
    fixture.big = xmalloc(BIG);
    for (size_t i = 0; i < BIG; i++)
        fixture.big[i] = (char)(i * 2654435761u >> 13);
    struct server_options options = {.on_request = handle_request, .data = &fixture};
    struct error err = {0};
    fixture.server = server_create(fixture.kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    snprintf(fixture.url, sizeof(fixture.url), "http://127.0.0.1:%u", server_port(fixture.server));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    server_destroy(fixture->server);
    kit_fini(&fixture->kit);
    free(fixture->big);
    return 0;
}

/* --- The client's side --- */

static void handle_status(void *data, int status)
{
    ((struct client *)data)->status_told = status;
}

static void handle_data(void *data, const char *bytes, size_t len)
{
    struct client *client = data;
    buffer_add(&client->data, bytes, len);
    if (++client->data_calls == client->cancel_at) {
        http_cancel(client->request);
        client->request = NULL;
    }
    loop_stop(client->fixture->kit.loop);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct client *client = data;
    client->request = NULL;
    client->done++;
    client->status = result->status;
    client->error = result->error;
    buffer_add(&client->body, result->body, result->len + 1);
    client->body.len--;
    snprintf(client->type, sizeof(client->type), "%s", result->content_type);
    const char *header = http_result_header(result, "X-Rate");
    snprintf(client->header, sizeof(client->header), "%s", header ? header : "");
    loop_stop(client->fixture->kit.loop);
}

static void start(struct client *client, struct fixture *fixture, const char *path, struct http_options options)
{
    char url[128];
    snprintf(url, sizeof(url), "%s%s", fixture->url, path);
    client->fixture = fixture;
    if (!options.url)
        options.url = url;
    options.on_done = handle_done;
    options.data = client;
    struct error err = {0};
    client->request = http_start(fixture->kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(client->done, 0);
}

static void finish(struct client *client)
{
    http_cancel(client->request);
    buffer_fini(&client->data);
    buffer_fini(&client->body);
}

/* --- Plain requests --- */

static void test_plain_requests(void **state)
{
    static const struct net_header key[] = {{"x-key", "s3cret"}, {"content-type", "text/x-mine"}};
    static const struct {
        const char *path, *method, *body, *answer;
        int status;
        enum error_code code;
        int redirects;
        size_t headers;
    } cases[] = {
        {"/plain?a=1", NULL, NULL, "1 /plain key=-", 200, ERROR_NONE, 0, 0},
        {"/plain", NULL, NULL, "1 /plain key=s3cret", 200, ERROR_NONE, 0, 1},
        {"/plain", "DELETE", NULL, "6 /plain key=s3cret", 200, ERROR_NONE, 0, 1},
        {"/plain", "HEAD", NULL, "", 200, ERROR_NONE, 0, 0},
        {"/echo", NULL, "{\"a\":1}", "{\"a\":1}", 200, ERROR_NONE, 0, 2},
        {"/echo", "PUT", "x", "x", 200, ERROR_NONE, 0, 2},
        {"/echo", NULL, "", "", 200, ERROR_NONE, 0, 2},
        {"/204", NULL, NULL, "", 204, ERROR_NONE, 0, 0},
        {"/304", NULL, NULL, "", 304, ERROR_DATA, 0, 0},
        {"/401", NULL, NULL, "words", 401, ERROR_DENIED, 0, 0},
        {"/403", NULL, NULL, "words", 403, ERROR_DENIED, 0, 0},
        {"/404", NULL, NULL, "words", 404, ERROR_DATA, 0, 0},
        {"/429", NULL, NULL, "words", 429, ERROR_AGAIN, 0, 0},
        {"/503", NULL, NULL, "words", 503, ERROR_AGAIN, 0, 0},
        {"/abort", NULL, NULL, "", 0, ERROR_AGAIN, 0, 0},
        {"/redirect", NULL, NULL, "", 302, ERROR_DATA, 0, 0},
        {"/redirect", NULL, NULL, "1 /plain key=-", 200, ERROR_NONE, 2, 0},
        {"/redirect", NULL, NULL, "", 302, ERROR_DATA, 2, 1},  // a key goes nowhere else
        {"/loop", NULL, NULL, "", 302, ERROR_DATA, 4, 0},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct client client = {0};
        start(&client, fixture, cases[i].path, (struct http_options){
            .method = cases[i].method, .body = cases[i].body, .body_len = cases[i].body ? strlen(cases[i].body) : 0,
            .headers = key, .header_count = cases[i].headers, .redirects_max = cases[i].redirects});
        kit_run(&fixture->kit);
        bool ok = client.done == 1 && client.status == cases[i].status && client.error.code == cases[i].code &&
                  strcmp(client.body.data, cases[i].answer) == 0 && !strstr(client.error.text, cases[i].path);
        if (!ok)
            fail_msg("case %zu, %s: status %d, error %s: %s, body %s", i, cases[i].path, client.status,
                     error_code_name(client.error.code), client.error.text, client.body.data);
        if (strcmp(cases[i].path, "/404") == 0)
            assert_string_equal(client.header, "6");  // the last of two
        finish(&client);
    }
}

static void test_big_bodies_and_bounds(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/big", (struct http_options){0});
    kit_run(&fixture->kit);
    assert_int_equal(client.error.code, ERROR_NONE);
    assert_int_equal(client.body.len, BIG);
    assert_memory_equal(client.body.data, fixture->big, BIG);
    assert_string_equal(client.type, "application/octet-stream");
    finish(&client);
    client = (struct client){0};
    start(&client, fixture, "/big", (struct http_options){.body_bytes_max = BIG - 1});
    kit_run(&fixture->kit);
    assert_int_equal(client.error.code, ERROR_DATA);
    assert_non_null(strstr(client.error.text, "longer than"));
    finish(&client);
}

static void test_no_answer(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    int64_t begin = clock_monotonic_ms();
    start(&client, fixture, "/hang?key=hidden", (struct http_options){.timeout_ms = 200});
    kit_run(&fixture->kit);
    assert_in_range(clock_monotonic_ms() - begin, 199, 3000);
    assert_int_equal(client.error.code, ERROR_AGAIN);
    assert_null(strstr(client.error.text, "hidden"));
    while (fixture->gone == 0)
        kit_turn(&fixture->kit, 5);
    finish(&client);
    client = (struct client){0};
    start(&client, fixture, "", (struct http_options){.url = "http://127.0.0.1:1/?key=hidden"});
    kit_run(&fixture->kit);
    assert_int_equal(client.error.code, ERROR_AGAIN);
    assert_null(strstr(client.error.text, "hidden"));
    assert_non_null(strstr(client.error.text, "http://127.0.0.1:1"));
    finish(&client);
}

struct stump {
    int listener;
    const char *answer;
};

/* Reads the request, says what it has to say and hangs up in the ordinary way. */
static void *serve_stump(void *data)
{
    const struct stump *stump = data;
    char bytes[4096];
    int fd = accept(stump->listener, NULL, NULL);
    if (recv(fd, bytes, sizeof(bytes), 0) > 0)
        send(fd, stump->answer, strlen(stump->answer), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

/* Cut within the headers, it is no answer, whatever status its first line gave; cut in the body likewise. */
static void test_cut_off(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 403 Forbidden\r\nContent-Ty", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        uint16_t port;
        struct stump stump = {peer_listen(&port), answers[i]};
        pthread_t thread;
        char url[64];
        assert_int_equal(pthread_create(&thread, NULL, serve_stump, &stump), 0);
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
        struct client client = {0};
        start(&client, fixture, "", (struct http_options){.url = url});
        kit_run(&fixture->kit);
        if (client.error.code != ERROR_AGAIN)
            fail_msg("answer %zu: %d %s", i, client.status, client.error.text);
        assert_true(client.status == 0 || i >= 3);
        finish(&client);
        pthread_join(thread, NULL);
        close(stump.listener);
    }
}

/* Half of them are cancelled while under way; none of those reports, all of the others do. */
static void test_many_at_once(void **state)
{
    struct fixture *fixture = *state;
    enum { MANY = 40 };
    static struct client clients[MANY];
    memset(clients, 0, sizeof(clients));
    for (int i = 0; i < MANY; i++)
        start(&clients[i], fixture, i % 4 == 3 ? "/hang" : "/plain", (struct http_options){0});
    kit_turn(&fixture->kit, 1);
    for (int i = 1; i < MANY; i += 2) {
        http_cancel(clients[i].request);
        clients[i].request = NULL;
    }
    int done = 0;
    while (done < MANY / 2) {
        kit_turn(&fixture->kit, 5);
        done = 0;
        for (int i = 0; i < MANY; i += 2)
            done += clients[i].done;
    }
    for (int i = 0; i < MANY; i++)
        finish(&clients[i]);
}

static void test_bad_addresses(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {"ws://127.0.0.1/", "", "file:///etc/passwd", "http://", "ftp://x/", "nonsense s3cret"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error err = {0};
        struct http_options options = {.url = bad[i], .on_done = handle_done};
        assert_null(http_start(fixture->kit.loop, &options, &err));
        assert_int_equal(err.code, ERROR_DATA);
        assert_null(strstr(err.text, "s3cret"));
    }
}

static atomic_int gate;

static void hang(void *data, const char *name, struct resolver_answer *answer)
{
    while (!atomic_load(&gate))
        usleep(2000);
    strcpy(answer->addresses[answer->count++], "127.0.0.1");
}

/* libcurl would wait for its resolver's thread when such a request ends; the loop must not. */
static void test_hanging_name(void **state)
{
    struct fixture *fixture = *state;
    resolver_set_lookup(fixture->kit.loop, hang, NULL);
    struct client client = {0}, other = {0};
    int64_t begin = clock_monotonic_ms();
    start(&client, fixture, "", (struct http_options){.url = "https://hang.example/", .timeout_ms = 100});
    start(&other, fixture, "/plain", (struct http_options){0});
    kit_run(&fixture->kit);
    assert_int_equal(other.done, 1);
    assert_in_range(clock_monotonic_ms() - begin, 0, 90);
    kit_run(&fixture->kit);
    assert_int_equal(client.done, 1);
    assert_in_range(clock_monotonic_ms() - begin, 99, 1500);
    atomic_store(&gate, 1);
    finish(&client);
    finish(&other);
}

/* --- Streams --- */

static void test_stream_arrives_piece_by_piece(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/stream", (struct http_options){.on_data = handle_data, .on_status = handle_status});
    kit_run(&fixture->kit);
    assert_int_equal(client.status_told, 200);
    for (int i = 0; i < 5; i++) {
        size_t before = client.data.len;
        assert_true(server_stream_send(fixture->stream, ",\r\n{}", 5));
        kit_run(&fixture->kit);
        assert_int_equal(client.data.len, before + 5);
    }
    assert_true(server_stream_send(fixture->stream, fixture->big, BIG));
    while (client.data.len < 28 + BIG)
        kit_run(&fixture->kit);
    assert_memory_equal(client.data.data + 28, fixture->big, BIG);
    server_stream_end(fixture->stream);
    kit_run(&fixture->kit);
    assert_int_equal(client.done, 1);
    assert_int_equal(client.error.code, ERROR_NONE);
    assert_int_equal(client.body.len, 0);
    finish(&client);
}

/* One piece of more than the 4 KB that libwebsockets sends at a time, and then nothing: all of it arrives. */
static void test_stream_of_one_larger_piece(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/stream", (struct http_options){.on_data = handle_data, .on_status = handle_status});
    while (client.data.len < 3)
        kit_turn(&fixture->kit, 20);
    for (size_t len = 4000, all = 3; len < 40000; len = len * 3 / 2) {
        all += len;
        assert_true(server_stream_send(fixture->stream, fixture->big, len));
        while (client.data.len < all)
            kit_turn(&fixture->kit, 20);
    }
    server_stream_end(fixture->stream);
    kit_run(&fixture->kit);
    finish(&client);
}

static void test_stream_is_cut(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/stream", (struct http_options){.on_data = handle_data});
    kit_run(&fixture->kit);
    server_stream_abort(fixture->stream);
    kit_run(&fixture->kit);
    assert_int_equal(client.done, 1);
    assert_int_equal(client.error.code, ERROR_AGAIN);
    finish(&client);
    client = (struct client){0};
    start(&client, fixture, "/stream", (struct http_options){.on_data = handle_data, .silence_timeout_ms = 150});
    kit_run(&fixture->kit);
    kit_run(&fixture->kit);
    assert_int_equal(client.done, 1);
    assert_non_null(strstr(client.error.text, "silent for 0.1"));
    finish(&client);
}

static void test_stream_refused(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/403", (struct http_options){.on_data = handle_data, .on_status = handle_status});
    kit_run(&fixture->kit);
    assert_int_equal(client.status_told, 403);
    assert_int_equal(client.data_calls, 0);
    assert_string_equal(client.body.data, "words");
    assert_int_equal(client.error.code, ERROR_DENIED);
    finish(&client);
}

static void test_stream_cancelled_in_its_data(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {.cancel_at = 1};
    start(&client, fixture, "/stream", (struct http_options){.on_data = handle_data});
    while (fixture->gone == 0)
        kit_turn(&fixture->kit, 5);
    assert_int_equal(client.data_calls, 1);
    assert_int_equal(client.done, 0);
    finish(&client);
}

/* A paused stream fills the pipes and then the server's bound, and loses nothing when it goes on. */
static void test_stream_paused(void **state)
{
    struct fixture *fixture = *state;
    struct client client = {0};
    start(&client, fixture, "/stream", (struct http_options){.on_data = handle_data});
    kit_run(&fixture->kit);
    http_pause(client.request, true);
    size_t sent = 3;
    for (int i = 0; i < 100 && server_stream_send(fixture->stream, fixture->big, BIG); i++, sent += BIG)
        kit_turn(&fixture->kit, 2);
    assert_in_range(sent, BIG, 30 * (size_t)BIG);
    size_t held = client.data.len;
    kit_turn(&fixture->kit, 30);
    assert_int_equal(client.data.len, held);
    http_pause(client.request, false);
    while (client.data.len < sent)
        kit_run(&fixture->kit);
    assert_memory_equal(client.data.data + 3, fixture->big, BIG);
    finish(&client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plain_requests),
        TEST(test_big_bodies_and_bounds),
        TEST(test_no_answer),
        TEST(test_cut_off),
        TEST(test_many_at_once),
        TEST(test_bad_addresses),
        TEST(test_hanging_name),
        TEST(test_stream_arrives_piece_by_piece),
        TEST(test_stream_of_one_larger_piece),
        TEST(test_stream_is_cut),
        TEST(test_stream_refused),
        TEST(test_stream_cancelled_in_its_data),
        TEST(test_stream_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
