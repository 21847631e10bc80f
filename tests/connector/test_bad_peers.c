/*
 * test_bad_peers.c - peers that are none, one table for all platforms: ten megabytes in one frame or answer, a server
 * that takes the connection and says nothing, and a certificate of a stranger. Each must end in a state with words.
 * They are tried side by side, as silence takes as long as its limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector.h"
#include "connector/login.h"
#include "net/loop.h"
#include "net/server.h"
#include "rehearsal/rehearsal.h"

enum { LARGE_BYTES = 10 * 1024 * 1024, LIMIT_MS = 50000, CHECK_MS = 5, WORDS_BYTES = 512 };

enum fault { LARGE, SILENT, STRANGER, FAULTS };

/* In the configuration `s is "s" with TLS, `p the bad peer's port, `r the rehearsal's. */
static const struct platform {
    const char *name, *config;
    const char *says[FAULTS];  // within some state
} platforms[] = {
    {"discord", "{\"connector\":\"discord\",\"channel\":\"1\",\"token\":\"a\",\"api_url\":\"http`s://127.0.0.1:`p\"}",
     {"a message is longer than 8388608 bytes (again", "no answer in time (again", "certificate problem"}},
    {"facebook", "{\"connector\":\"facebook\",\"page\":\"1\",\"access_token\":\"a\",\"api_url\":\"http`s://127.0.0.1:`p\","
     "\"stream_url\":\"http`s://127.0.0.1:`p\"}",
     {"the answer is longer than 4194304 bytes (again", "no answer in time (again", "certificate problem"}},
    {"kick", "{\"connector\":\"kick\",\"channel\":\"anna\",\"chatroom_id\":1,\"channel_id\":2,\"url\":\"ws`s://127.0.0.1:`p\","
     "\"api_url\":\"http`s://127.0.0.1:`p\",\"site_url\":\"http`s://127.0.0.1:`p\"}",
     {"a message is longer than 1048576 bytes (again", "no answer within 15.0 s (again", "the certificate is refused"}},
    {"reddit", "{\"connector\":\"reddit\",\"thread\":\"1abcde\",\"client_id\":\"a\",\"client_secret\":\"b\","
     "\"api_url\":\"http`s://127.0.0.1:`p\",\"token_url\":\"http`s://127.0.0.1:`p/token\"}",
     {"the answer is longer than 8388608 bytes (again", "no answer in time (again", "certificate problem"}},
    {"twitch EventSub", "{\"connector\":\"twitch\",\"channel\":\"rehearsal\",\"url\":\"ws://127.0.0.1:`r/\","
     "\"api_url\":\"http://127.0.0.1:`r/twitch/helix\",\"eventsub_url\":\"ws`s://127.0.0.1:`p/\"}",
     {"a message is longer than 1048576 bytes (again", "no answer within 15.0 s (again", "the certificate is refused"}},
};

enum { PLATFORMS = ARRAY_LENGTH(platforms) };

/* One platform's connection. */
struct caller {
    struct connector *connector;
    const char *says;
    bool has_said;
    char last[WORDS_BYTES];
};

struct world {
    struct loop *loop;
    struct rehearsal *rehearsal;
    struct logins *logins;
    struct server *server;
    int listener;  // of the silent peer, -1: none; nobody accepts there but the kernel
    uint16_t port;
    struct caller callers[PLATFORMS];
    struct timer check, limit;
    char *large;
};

/* ---- the peers ---- */

static void handle_request(void *data, struct server_request *request)
{
    struct world *world = data;
    char answer[100];
    int len = snprintf(answer, sizeof(answer), "{\"url\":\"ws://127.0.0.1:%u\",\"shards\":1}", world->port);
    if (strstr(server_request_path(request), "/gateway/bot"))  // it is the socket behind it that is large
        server_respond(request, 200, "application/json", NULL, 0, answer, (size_t)len);
    else
        server_respond(request, 200, "application/json", NULL, 0, world->large, LARGE_BYTES);
}

static int accept_socket(void *data, const struct server_request *request, void **session)
{
    return 0;
}

static void greet(void *data, struct server_socket *socket)
{
    struct world *world = data;
    server_socket_send_text(socket, world->large, LARGE_BYTES);
}

static void ignore_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
}

static void open_server(struct world *world, bool is_tls)
{
    static const struct server_protocol protocol = {.accept = accept_socket, .on_open = greet, .on_message = ignore_message};
    struct error err = {0};
    const char *data = getenv("ANTIPHON_TEST_DATA");
    char cert[256], key[256];
    snprintf(cert, sizeof(cert), "%s/tls/server.pem", data);
    snprintf(key, sizeof(key), "%s/tls/server.key", data);
    world->server = server_create(world->loop, &(struct server_options){
        .on_request = handle_request, .protocols = &protocol, .protocol_count = 1, .queue_bytes_max = 64 << 20,
        .cert_file = is_tls ? cert : NULL, .key_file = is_tls ? key : NULL, .data = world}, &err);
    if (!world->server)
        fail_msg("%s", err.text);
    world->port = server_port(world->server);
}

static void open_silence(struct world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    world->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(world->listener, 64), 0);
    getsockname(world->listener, (struct sockaddr *)&address, &len);
    world->port = ntohs(address.sin_port);
}

/* ---- the login that Twitch's events need ---- */

static char *load(void *data, const char *platform)
{
    long long now_ms = clock_unix_ms();
    if (strcmp(platform, "twitch") != 0)
        return NULL;
    return xasprintf("{\"client_id\":\"rehearsal-client\",\"access_token\":\"rehearsal-twitch-token\",\"refresh_token\":"
                     "\"rehearsal-twitch-refresh\",\"scopes\":\"user:read:chat\",\"account_id\":\"700100200\",\"account_name\":"
                     "\"rehearsal\",\"obtained_ms\":%lld,\"expires_ms\":%lld}", now_ms - 3600000, now_ms + 3 * 3600000);
}

static bool save(void *data, const char *platform, const char *json, struct error *err)
{
    return true;
}

static void log_in(struct world *world)
{
    struct error err = {0};
    world->logins = logins_create(&(struct logins_options){.loop = world->loop, .load = load, .save = save, .data = world});
    json_t *config = json_pack("{s:{s:s,s:o}}", "twitch", "client_id", "rehearsal-client", "url",
                               json_sprintf("http://127.0.0.1:%d/login/twitch", rehearsal_port(world->rehearsal)));
    if (!logins_configure(world->logins, config, &err))
        fail_msg("%s", err.text);
    json_decref(config);
}

/* ---- the callers ---- */

static void take_health(void *data, const struct connector_health *health)
{
    struct caller *caller = data;
    snprintf(caller->last, sizeof(caller->last), "%s: %s", connector_state_name(health->state), health->text);
    caller->has_said = caller->has_said || strstr(caller->last, caller->says);
}

static void take_message(void *data, struct message *message)
{
}

static void take_gap(void *data, int64_t from_ms, int64_t to_ms, const char *reason)
{
}

static void take_cursor(void *data, const char *cursor)
{
}

static json_t *config_of(const struct world *world, const struct platform *platform, enum fault fault)
{
    struct buffer out = {0};
    for (const char *at = platform->config; *at; at++) {
        if (*at != '`')
            buffer_add_char(&out, *at);
        else if (*++at == 's')
            buffer_add_string(&out, fault == STRANGER ? "s" : "");
        else
            buffer_printf(&out, "%u", *at == 'p' ? world->port : rehearsal_port(world->rehearsal));
    }
    json_t *config = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(config);
    buffer_fini(&out);
    return config;
}

static void call(struct world *world, size_t place, enum fault fault)
{
    struct caller *caller = &world->callers[place];
    struct error err = {0};
    json_t *config = config_of(world, &platforms[place], fault);
    *caller = (struct caller){.says = platforms[place].says[fault]};
    caller->connector = connector_create(config, &(struct connector_options){
        .loop = world->loop, .logins = world->logins, .deliver = take_message, .on_health = take_health, .on_gap = take_gap,
        .on_cursor = take_cursor, .data = caller}, &err);
    if (!caller->connector)
        fail_msg("%s: %s", platforms[place].name, err.text);
    json_decref(config);
    connector_start(caller->connector);
}

/* ---- waiting ---- */

static void handle_check(void *data)
{
    struct world *world = data;
    bool all = true;
    for (size_t i = 0; i < PLATFORMS; i++)
        all = all && world->callers[i].has_said;
    if (all)
        loop_stop(world->loop);
    else
        timer_start(&world->check, CHECK_MS);
}

static void handle_limit(void *data)
{
    loop_stop(((struct world *)data)->loop);
}

static void try(struct world *world, enum fault fault)
{
    struct error err = {0};
    for (size_t i = 0; i < PLATFORMS; i++)
        call(world, i, fault);
    timer_start(&world->limit, LIMIT_MS);
    timer_start(&world->check, 0);
    if (!loop_run(world->loop, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < PLATFORMS; i++)
        connector_destroy(world->callers[i].connector);
    for (size_t i = 0; i < PLATFORMS; i++) {
        if (!world->callers[i].has_said)
            fail_msg("%s: \"%s\", expected \"%s\"", platforms[i].name, world->callers[i].last, world->callers[i].says);
    }
}

/* ---- the tests ---- */

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    struct error err = {0};
    world->listener = -1;
    world->loop = loop_create(&err);
    world->rehearsal = world->loop ? rehearsal_create(world->loop, &(struct rehearsal_options){.as = "twitch"}, &err) : NULL;
    if (!world->rehearsal)
        fail_msg("%s", err.text);
    world->large = xcalloc(LARGE_BYTES, 1);
    memset(world->large, ' ', LARGE_BYTES);
    timer_init(&world->check, world->loop, handle_check, world);
    timer_init(&world->limit, world->loop, handle_limit, world);
    log_in(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    timer_stop(&world->check);
    timer_stop(&world->limit);
    logins_destroy(world->logins);
    rehearsal_destroy(world->rehearsal);
    server_destroy(world->server);
    if (world->listener >= 0)
        close(world->listener);
    loop_destroy(world->loop);
    free(world->large);
    free(world);
    return 0;
}

static void test_large(void **state)
{
    open_server(*state, false);
    try(*state, LARGE);
}

static void test_silent(void **state)
{
    open_silence(*state);
    try(*state, SILENT);
}

static void test_stranger(void **state)
{
    open_server(*state, true);
    try(*state, STRANGER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_large), TEST(test_stranger), TEST(test_silent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
