/* test_login.c - logins against a small server on loopback that answers what each case wants, and remembers what was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/login.h"
#include "net/form.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/server.h"

enum { REQUESTS_MAX = 64, ANSWERS_MAX = 16, LIMIT_MS = 20000 };

/* Answers are given in turn; the last one stays. */
struct route {
    const char *path;
    struct answer { int status; const char *body; } answers[ANSWERS_MAX];
    size_t given;
};

struct world {
    struct loop *loop;
    struct server *server;
    struct logins *logins;
    struct route routes[8];
    struct { char path[200], body[1200], authorization[200]; int64_t at_ms; } requests[REQUESTS_MAX];
    size_t request_count;
    char *stored;            // what save() got last
    size_t saves;
    bool is_disk_full;
    char stored_when_used[600];  // what was stored when the newest access token was first seen by a listener
    struct login_listener listener;
    size_t told;
    struct timer limit, check;
    bool (*condition)(struct world *world);
    bool is_late;
};

static struct world *the_world;

static const struct answer *next_answer(struct route *route)
{
    const struct answer *answer = &route->answers[route->given];
    if (route->given + 1 < ANSWERS_MAX && route->answers[route->given + 1].status)
        route->given++;
    return answer;
}

static void handle_request(void *data, struct server_request *request)
{
    struct world *world = data;
    const char *path = server_request_path(request), *authorization = server_request_header(request, "authorization");
    size_t len;
    const char *body = server_request_body(request, &len);
    assert_true(world->request_count < REQUESTS_MAX);
    size_t i = world->request_count++;
    snprintf(world->requests[i].path, sizeof(world->requests[i].path), "%s", path);
    snprintf(world->requests[i].body, sizeof(world->requests[i].body), "%s", body ? body : "");
    snprintf(world->requests[i].authorization, sizeof(world->requests[i].authorization), "%s", authorization ? authorization : "");
    world->requests[i].at_ms = clock_monotonic_ms();
    for (struct route *route = world->routes; route->path; route++) {
        if (strcmp(route->path, path) == 0) {
            const struct answer *answer = next_answer(route);
            if (answer->status < 0)
                return;  // never
            server_respond(request, answer->status, "application/json", NULL, 0, answer->body, strlen(answer->body));
            return;
        }
    }
    server_respond_text(request, 404, "not found");
}

static char *load(void *data, const char *platform)
{
    return xstrdup(((struct world *)data)->stored);
}

static bool save(void *data, const char *platform, const char *json, struct error *err)
{
    struct world *world = data;
    if (world->is_disk_full)
        return error_set(err, ERROR_SYSTEM, "secrets.json: No space left on device");
    free(world->stored);
    world->stored = xstrdup(json);
    world->saves++;
    return true;
}

static void handle_change(void *data, struct login *login)
{
    struct world *world = data;
    const char *token = login_token(login);
    world->told++;
    // The promise: whoever is given a token finds it on the disk.
    if (token)
        assert_non_null(strstr(world->stored ? world->stored : "", token));
}

static void check(void *data)
{
    struct world *world = data;
    if (world->condition(world)) {
        loop_stop(world->loop);
    } else {
        timer_start(&world->check, 2);
    }
}

static void give_up(void *data)
{
    struct world *world = data;
    world->is_late = true;
    loop_stop(world->loop);
}

static struct login *login_of(struct world *world)
{
    for (size_t i = 0;; i++) {
        struct login *login = logins_at(world->logins, i);
        if (*login_client_id(login))
            return login;
    }
}

static void until(struct world *world, const char *what, bool (*condition)(struct world *world))
{
    struct error err = {0};
    world->condition = condition;
    world->is_late = false;
    timer_start(&world->limit, LIMIT_MS);
    timer_start(&world->check, 0);
    assert_true(loop_run(world->loop, &err));
    timer_stop(&world->limit);
    timer_stop(&world->check);
    if (world->is_late)
        fail_msg("waited in vain for: %s; \"%s\"", what, login_text(login_of(world)));
}

static int set_up(void **state)
{
    struct error err = {0};
    struct world *world = the_world = xcalloc(1, sizeof(*world));
    world->loop = loop_create(&err);
    world->server = server_create(world->loop, &(struct server_options){.on_request = handle_request, .data = world}, &err);
    if (!world->server)
        fail_msg("%s", err.text);
    timer_init(&world->limit, world->loop, give_up, world);
    timer_init(&world->check, world->loop, check, world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    login_remove_listener(&world->listener);
    logins_destroy(world->logins);
    server_destroy(world->server);
    timer_stop(&world->limit);
    timer_stop(&world->check);
    loop_destroy(world->loop);
    free(world->stored);
    free(world);
    return 0;
}

/* Begins with what is stored; platform's endpoints are this server. */
static struct login *begin(struct world *world, const char *platform, const char *more)
{
    struct error err = {0};
    char text[400];
    int port = server_port(world->server);
    int len = snprintf(text, sizeof(text), "{\"%s\":{\"client_id\":\" my-client\\n\",\"url\":\"http://127.0.0.1:%d/o/\","
                       "\"api_url\":\"http://127.0.0.1:%d/api\"%s}}", platform, port, port, more);
    json_t *config = json_parse(text, (size_t)len, &err);
    world->logins = logins_create(&(struct logins_options){.loop = world->loop, .load = load, .save = save, .data = world});
    struct login *login = logins_find(world->logins, platform);
    world->listener = (struct login_listener){.fn = handle_change, .data = world};
    login_add_listener(login, &world->listener);
    if (!logins_configure(world->logins, config, &err))
        fail_msg("%s", err.text);
    json_decref(config);
    return login;
}

/* An account of an earlier life whose token began and ends so many ms from now. */
static void store(struct world *world, int64_t begins_ms, int64_t ends_ms)
{
    int64_t now_ms = clock_unix_ms();
    free(world->stored);
    world->stored = xasprintf("{\"client_id\":\"my-client\",\"access_token\":\"old-access\",\"refresh_token\":\"old-refresh\","
                              "\"scopes\":\"user:read:chat user:write:chat\",\"account_id\":\"42\",\"account_name\":\"anna\","
                              "\"obtained_ms\":%lld,\"expires_ms\":%lld}", (long long)(now_ms + begins_ms),
                              (long long)(now_ms + ends_ms));
}

static size_t count(const struct world *world, const char *path)
{
    size_t found = 0;
    for (size_t i = 0; i < world->request_count; i++)
        found += strcmp(world->requests[i].path, path) == 0;
    return found;
}

/* The body of the last request to path. */
static const char *body_of(const struct world *world, const char *path)
{
    for (size_t i = world->request_count; i-- > 0;) {
        if (strcmp(world->requests[i].path, path) == 0)
            return world->requests[i].body;
    }
    fail_msg("%s was not asked", path);
    return NULL;
}

static void assert_field(const char *body, const char *name, const char *value)
{
    char *got = form_find(body, strlen(body), name);
    if (!got || strcmp(got, value) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\" in %s", name, got ? got : "(none)", value, body);
    free(got);
}

static bool has_prompt(struct world *world)
{
    return login_prompt(login_of(world)) != NULL;
}

static bool is_idle(struct world *world)
{
    return login_state(login_of(world)) != LOGIN_ASKING;
}

static bool knows_account(struct world *world)
{
    return login_state(login_of(world)) == LOGIN_READY && *login_account_id(login_of(world)) &&
           strstr(login_text(login_of(world)), "logged in as");
}

/* The first word comes with what is stored, the second with the platform's answer. */
static bool is_validated(struct world *world)
{
    return world->told >= 2 && count(world, "/o/validate") > 0;
}

static bool is_revoked(struct world *world)
{
    return login_state(login_of(world)) == LOGIN_REVOKED;
}

static bool has_remedy(struct world *world)
{
    return *login_remedy(login_of(world)) != '\0';
}

static bool has_new_token(struct world *world)
{
    const char *token = login_token(login_of(world));
    return token && strcmp(token, "new-access") == 0;
}

#define TWITCH_CODE \
    "{\"device_code\":\"dev1\",\"expires_in\":1800,\"interval\":0,\"user_code\":\"ABCDEFGH\"," \
    "\"verification_uri\":\"https://www.twitch.tv/activate?device-code=ABCDEFGH\"}"
#define TWITCH_TOKEN \
    "{\"access_token\":\"new-access\",\"expires_in\":14400,\"refresh_token\":\"new-refresh\"," \
    "\"scope\":[\"user:read:chat\",\"user:write:chat\"],\"token_type\":\"bearer\"}"
#define TWITCH_VALID \
    "{\"client_id\":\"my-client\",\"login\":\"anna\",\"scopes\":[\"user:read:chat\"],\"user_id\":\"42\",\"expires_in\":14000}"
#define PENDING {400, "{\"status\":400,\"message\":\"authorization_pending\"}"}

/* ---- logging in with a code ---- */

static void test_device_flow(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    world->routes[0] = (struct route){"/o/device", {{200, TWITCH_CODE}}};
    world->routes[1] = (struct route){"/o/token", {PENDING, PENDING, {503, "later"}, {200, TWITCH_TOKEN}}};
    world->routes[2] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    struct login *login = begin(world, "twitch", "");
    assert_int_equal(login_state(login), LOGIN_NONE);
    assert_null(login_token(login));
    assert_true(login_start(login, &err));
    until(world, "a code", has_prompt);
    assert_string_equal(login_prompt(login)->user_code, "ABCDEFGH");
    assert_string_equal(login_prompt(login)->url, "https://www.twitch.tv/activate?device-code=ABCDEFGH");
    const char *asked = body_of(world, "/o/device");
    assert_field(asked, "client_id", "my-client");  // pasted with blanks around it
    assert_non_null(strstr(asked, "scopes="));
    until(world, "an account", knows_account);
    assert_int_equal(count(world, "/o/token"), 4);
    assert_field(body_of(world, "/o/token"), "device_code", "dev1");
    assert_field(body_of(world, "/o/token"), "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    assert_string_equal(login_token(login), "new-access");
    assert_string_equal(login_account_id(login), "42");
    assert_string_equal(login_account_name(login), "anna");
    assert_true(login_has_scope(login, "user:read:chat"));
    assert_false(login_has_scope(login, "user:read"));
    assert_false(login_has_scope(login, "user:write:chat"));  // the platform's last word
    assert_string_equal(world->requests[world->request_count - 1].authorization, "OAuth new-access");
    assert_non_null(strstr(world->stored, "new-refresh"));
}

static void test_slow_down(void **state)
{
    struct world *world = *state;
    world->routes[0] = (struct route){"/o/device/code", {{200, "{\"device_code\":\"d\",\"user_code\":\"AB-CD\",\"interval\":0,"
        "\"expires_in\":1800,\"verification_url\":\"https://www.google.com/device\"}"}}};
    world->routes[1] = (struct route){"/o/token", {{428, "{\"error\":\"authorization_pending\"}"}, {403, "{\"error\":\"slow_down\"}"},
        {200, "{\"access_token\":\"new-access\",\"expires_in\":3599,\"refresh_token\":\"r\",\"scope\":\"a b\"}"}}};
    world->routes[2] = (struct route){"/api/channels", {{200, "{\"items\":[{\"id\":\"UCanna\",\"snippet\":{\"title\":\"آنا\",\"customUrl\":\"@anna\"}}]}"}}};
    struct login *login = begin(world, "youtube", ",\"client_secret\":\"shh-secret\"");
    assert_true(login_start(login, NULL));
    until(world, "an account", knows_account);
    assert_string_equal(login_account_name(login), "@anna");
    assert_field(body_of(world, "/o/token"), "client_secret", "shh-secret");
    assert_true(login_has_scope(login, "b"));
    // Five seconds more after slow_down, and not before.
    size_t last = 0, before = 0;
    for (size_t i = 0; i < world->request_count; i++) {
        if (strcmp(world->requests[i].path, "/o/token") == 0)
            before = last, last = i;
    }
    assert_true(world->requests[last].at_ms - world->requests[before].at_ms >= 4990);
}

static void test_code_refused(void **state)
{
    static const struct {
        int status;
        const char *body, *says;
    } cases[] = {
        {400, "{\"status\":400,\"message\":\"invalid device code\"}", "not logged in: the code was not used in time"},
        {403, "{\"error\":\"access_denied\"}", "not logged in: it was declined"},
        {400, "{\"error\":\"expired_token\"}", "not logged in: the code was not used in time"},
        {200, "{\"access_token\":\"has blank\"}", "Twitch answered with a token that cannot be one"},
        {200, "{}", "Twitch answered without a token"},
        {400, "{\"status\":400,\"message\":\"invalid client\"}", "Twitch: invalid client"},
    };
    struct world *world = *state;
    struct login *login = begin(world, "twitch", "");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        world->routes[0] = (struct route){"/o/device", {{200, TWITCH_CODE}}};
        world->routes[1] = (struct route){"/o/token", {PENDING, {cases[i].status, cases[i].body}}};
        assert_true(login_start(login, NULL));
        until(world, "the end", is_idle);
        if (strncmp(login_text(login), cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: \"%s\"", cases[i].body, login_text(login));
        assert_null(login_token(login));
        assert_int_equal(login_state(login), LOGIN_NONE);
    }
}

static void test_no_code(void **state)
{
    static const struct answer cases[] = {
        {400, "{\"status\":400,\"message\":\"invalid client\"}"}, {500, "oops"}, {200, "<html>hotel</html>"}, {200, "{}"},
        {200, "{\"device_code\":\"d\",\"user_code\":\"A\\u001b[2J\",\"verification_uri\":\"https://x\"}"},
        {200, "{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":\"javascript:alert(1)\"}"},
    };
    struct world *world = *state;
    struct login *login = begin(world, "twitch", "");
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        world->routes[0] = (struct route){"/o/device", {cases[i]}};
        assert_true(login_start(login, NULL));
        until(world, "the end", is_idle);
        assert_null(login_prompt(login));
        assert_true(strlen(login_text(login)) > 10);
    }
}

static void test_code_dies(void **state)
{
    struct world *world = *state;
    world->routes[0] = (struct route){"/o/device", {{200, "{\"device_code\":\"d\",\"user_code\":\"A\",\"expires_in\":1,\"interval\":0,"
                                                          "\"verification_uri\":\"https://x\"}"}}};
    world->routes[1] = (struct route){"/o/token", {PENDING}};
    struct login *login = begin(world, "twitch", "");
    assert_true(login_start(login, NULL));
    // Nobody comes: the end of its life ends it.
    until(world, "the end", is_idle);
    assert_non_null(strstr(login_text(login), "not used in time"));
}

static void test_cancel(void **state)
{
    struct world *world = *state;
    world->routes[0] = (struct route){"/o/device", {{200, TWITCH_CODE}}};
    world->routes[1] = (struct route){"/o/token", {PENDING}};
    struct login *login = begin(world, "twitch", "");
    assert_true(login_start(login, NULL));
    until(world, "a code", has_prompt);
    login_cancel(login);
    assert_int_equal(login_state(login), LOGIN_NONE);
    assert_string_equal(login_text(login), "nobody is logged in");
}

/* ---- the life of a token ---- */

static void test_loads_and_validates(void **state)
{
    struct world *world = *state;
    store(world, -1000000, 10000000);
    world->routes[0] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    struct login *login = begin(world, "twitch", "");
    assert_string_equal(login_token(login), "old-access");
    assert_string_equal(login_account_id(login), "42");
    until(world, "validated", is_validated);
    assert_int_equal(count(world, "/o/validate"), 1);
    assert_int_equal(count(world, "/o/token"), 0);
}

static void test_renews_before_the_end(void **state)
{
    struct world *world = *state;
    store(world, -1000000, 60000);  // within the margin
    world->routes[0] = (struct route){"/o/token", {{200, TWITCH_TOKEN}}};
    world->routes[1] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    begin(world, "twitch", "");
    until(world, "a new token", has_new_token);
    assert_field(body_of(world, "/o/token"), "grant_type", "refresh_token");
    assert_field(body_of(world, "/o/token"), "refresh_token", "old-refresh");
    assert_non_null(strstr(world->stored, "new-refresh"));
    until(world, "validated", knows_account);
}

static void test_stored_before_used(void **state)
{
    struct world *world = *state;
    store(world, -1000000, -1);
    world->is_disk_full = true;
    world->routes[0] = (struct route){"/o/token", {{200, TWITCH_TOKEN}, {400, "{\"status\":400,\"message\":\"Invalid refresh token\"}"}}};
    world->routes[1] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    struct login *login = begin(world, "twitch", "");
    until(world, "the refusal of the disk", has_remedy);
    assert_null(login_token(login));
    assert_int_equal(login_state(login), LOGIN_WAITING);
    assert_non_null(strstr(login_text(login), "not stored, so not used yet"));
    world->is_disk_full = false;
    until(world, "a new token", has_new_token);
    assert_int_equal(count(world, "/o/token"), 1);  // the refresh token worked once; it was not tried twice
    assert_non_null(strstr(world->stored, "new-refresh"));
}

static void test_revoked(void **state)
{
    struct world *world = *state;
    store(world, -1000000, -1);
    world->routes[0] = (struct route){"/o/token", {{400, "{\"status\":400,\"message\":\"Invalid refresh token\"}"}}};
    struct login *login = begin(world, "twitch", "");
    until(world, "the end", is_revoked);
    assert_null(login_token(login));
    assert_string_equal(login_remedy(login), "antiphon login twitch");
    assert_string_equal(login_account_name(login), "anna");
    assert_null(strstr(world->stored, "old-refresh"));
    // The next life knows it without asking.
    logins_reload(world->logins);
    assert_int_equal(login_state(login), LOGIN_REVOKED);
    assert_int_equal(world->request_count, 1);
}

static bool was_asked_twice(struct world *world)
{
    return count(world, "/o/token") >= 2;
}

static void test_trouble_is_not_revocation(void **state)
{
    static const struct answer troubles[] = {{503, "busy"}, {429, "{\"message\":\"Too Many Requests\"}"}, {403, "<html>hotel</html>"},
                                             {200, "<html>sign in to the hotel</html>"}, {200, "{\"access_token\":7}"}};
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(troubles); i++) {
        store(world, -1000000, -1);
        world->request_count = 0;
        world->routes[0] = (struct route){"/o/token", {troubles[i], {200, TWITCH_TOKEN}}};
        world->routes[1] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
        begin(world, "twitch", "");
        until(world, "another attempt", was_asked_twice);
        until(world, "a new token", has_new_token);
        login_remove_listener(&world->listener);
        logins_destroy(world->logins);
        world->logins = NULL;
    }
}

static void test_wrong_client(void **state)
{
    struct world *world = *state;
    store(world, -1000000, -1);
    world->routes[0] = (struct route){"/o/token", {{401, "{\"error\":\"invalid_client\",\"error_description\":\"The OAuth client was not found.\"}"},
                                                  {200, "{\"access_token\":\"new-access\",\"expires_in\":3599}"}}};
    struct login *login = begin(world, "youtube", ",\"client_secret\":\"shh-secret\"");
    until(world, "words", has_remedy);
    assert_non_null(strstr(login_remedy(login), "check logins.youtube"));
    assert_int_equal(login_state(login), LOGIN_WAITING);
    assert_non_null(strstr(world->stored, "old-refresh"));  // nothing is thrown away for a slip in the configuration
    logins_reload(world->logins);                           // it is mended: not only in ten minutes
    until(world, "a new token", has_new_token);
}

/* An address that is none cannot even be asked; when it is mended, it is. */
static void test_wrong_address(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    store(world, -1000000, -1);
    world->routes[0] = (struct route){"/o/token", {{200, TWITCH_TOKEN}}};
    world->routes[1] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    begin(world, "twitch", ",\"url\":\"id.example\"");
    assert_non_null(strstr(login_text(login_of(world)), "logins.twitch.url: the address is not a URL"));
    json_t *config = json_pack("{s:{s:s,s:o}}", "twitch", "client_id", "my-client", "url",
                               json_sprintf("http://127.0.0.1:%d/o", server_port(world->server)));
    assert_true(logins_configure(world->logins, config, &err));
    json_decref(config);
    until(world, "a new token", has_new_token);
}

static void test_google_keeps_its_refresh_token(void **state)
{
    struct world *world = *state;
    store(world, -1000000, -1);
    world->routes[0] = (struct route){"/o/token", {{200, "{\"access_token\":\"new-access\",\"expires_in\":3599}"}}};
    begin(world, "youtube", ",\"client_secret\":\"shh-secret\"");
    until(world, "a new token", has_new_token);
    assert_non_null(strstr(world->stored, "old-refresh"));
}

static void test_denied(void **state)
{
    struct world *world = *state;
    store(world, -1000000, 10000000);
    world->routes[0] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    world->routes[1] = (struct route){"/o/token", {{200, TWITCH_TOKEN}}};
    struct login *login = begin(world, "twitch", "");
    until(world, "validated", is_validated);
    assert_true(login_denied(login, "one-of-before"));  // somebody is late
    assert_int_equal(count(world, "/o/token"), 0);
    assert_true(login_denied(login, "old-access"));
    until(world, "a new token", has_new_token);
    assert_false(login_denied(login, "new-access"));  // refused at once: another one will not help
    assert_false(login_denied(NULL, "x"));
}

static void test_validation_finds_it_dead(void **state)
{
    struct world *world = *state;
    store(world, -1000000, 10000000);
    world->routes[0] = (struct route){"/o/validate", {{401, "{\"status\":401,\"message\":\"invalid access token\"}"}}};
    world->routes[1] = (struct route){"/o/token", {{400, "{\"status\":400,\"message\":\"Invalid refresh token\"}"}}};
    begin(world, "twitch", "");
    until(world, "the end", is_revoked);
    assert_int_equal(count(world, "/o/validate"), 1);
    assert_int_equal(count(world, "/o/token"), 1);
}

static void test_other_client(void **state)
{
    struct world *world = *state;
    free(world->stored);
    world->stored = xstrdup("{\"client_id\":\"another\",\"access_token\":\"a\",\"refresh_token\":\"b\",\"expires_ms\":9999999999999}");
    struct login *login = begin(world, "twitch", "");
    assert_int_equal(login_state(login), LOGIN_NONE);
    assert_null(login_token(login));
}

static void test_client_changes(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    store(world, -1000000, 10000000);
    world->routes[0] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    struct login *login = begin(world, "twitch", "");
    assert_non_null(login_token(login));
    json_t *config = json_pack("{s:{s:s}}", "twitch", "client_id", "another");
    assert_true(logins_configure(world->logins, config, &err));
    json_decref(config);
    assert_null(login_token(login));
    assert_true(logins_configure(world->logins, NULL, &err));
    assert_int_equal(login_state(login), LOGIN_NONE);
}

static void test_taken_up_from_the_disk(void **state)
{
    struct world *world = *state;
    world->routes[0] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
    struct login *login = begin(world, "twitch", "");
    assert_null(login_token(login));
    store(world, 0, 10000000);  // `antiphon login` was run
    logins_reload(world->logins);
    assert_string_equal(login_token(login), "old-access");
}

static void test_broken_store(void **state)
{
    static const char *const cases[] = {"", "{", "[]", "null", "{\"access_token\":{},\"expires_ms\":\"x\"}", "{\"access_token\":\"a\"}"};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct world *world = *state;
        free(world->stored);
        world->stored = xstrdup(cases[i]);
        struct login *login = begin(world, "twitch", "");
        assert_null(login_token(login));
        login_remove_listener(&world->listener);
        logins_destroy(world->logins);
        world->logins = NULL;
    }
}

/* ---- leaving ---- */

static bool is_forgotten;

static void handle_forgotten(void *data, const struct error *err)
{
    is_forgotten = true;
    assert_true((err == NULL) == *(bool *)data);
}

static bool was_forgotten(struct world *world)
{
    return is_forgotten;
}

static void test_forget(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 2; i++) {
        bool is_revoked_there = i == 0;
        store(world, -1000000, 10000000);
        world->routes[0] = (struct route){"/o/revoke", {{is_revoked_there ? 200 : 503, ""}}};
        world->routes[1] = (struct route){"/o/validate", {{200, TWITCH_VALID}}};
        struct login *login = begin(world, "twitch", "");
        is_forgotten = false;
        login_forget(login, handle_forgotten, &is_revoked_there);
        assert_null(world->stored);
        assert_null(login_token(login));
        until(world, "the answer", was_forgotten);
        assert_field(body_of(world, "/o/revoke"), "token", "old-access");
        login_remove_listener(&world->listener);
        logins_destroy(world->logins);
        world->logins = NULL;
    }
}

/* ---- the browser ---- */

static int browser_status;

static void handle_browser(void *data, const struct http_result *result)
{
    browser_status = result->status;
}

static bool has_browser_answer(struct world *world)
{
    return browser_status != 0;
}

/* What the browser does after consent; returns the page's status. */
static int come_back(struct world *world, const char *redirect, const char *query)
{
    char *url = xasprintf("%s?%s", redirect, query);
    browser_status = 0;
    assert_non_null(http_start(world->loop, &(struct http_options){.url = url, .on_done = handle_browser}, NULL));
    until(world, "the page", has_browser_answer);
    free(url);
    return browser_status;
}

static void test_browser_flow(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    world->routes[0] = (struct route){"/o/token", {{200, "{\"access_token\":\"new-access\",\"token_type\":\"Bearer\","
        "\"refresh_token\":\"new-refresh\",\"expires_in\":7200,\"scope\":\"chat:write user:read\"}"}}};
    world->routes[1] = (struct route){"/api/users", {{200, "{\"data\":[{\"user_id\":123456789,\"name\":\"barg_e_sabz\"}],\"message\":\"OK\"}"}}};
    struct login *login = begin(world, "kick", ",\"client_secret\":\"shh-secret\",\"port\":0");
    if (!login_start(login, &err))
        fail_msg("%s", err.text);
    const char *url = login_prompt(login)->url, *query = strchr(url, '?') + 1;
    assert_string_equal(login_prompt(login)->user_code, "");
    assert_field(query, "response_type", "code");
    assert_field(query, "code_challenge_method", "S256");
    assert_field(query, "client_id", "my-client");
    assert_non_null(strstr(query, "user%3Aread%20channel%3Aread"));
    char *redirect = form_find(query, strlen(query), "redirect_uri"), *echo = form_find(query, strlen(query), "state");
    assert_true(strncmp(redirect, "http://localhost:", 17) == 0);
    // An answer that somebody else made up is refused, and changes nothing.
    assert_int_equal(come_back(world, redirect, "code=evil&state=wrong"), 400);
    assert_int_equal(come_back(world, redirect, "code=evil"), 400);
    assert_int_equal(world->request_count, 0);
    char *good = xasprintf("code=the-code%%2F1&state=%s", echo);
    assert_int_equal(come_back(world, redirect, good), 200);
    until(world, "an account", knows_account);
    const char *asked = body_of(world, "/o/token");
    assert_field(asked, "grant_type", "authorization_code");
    assert_field(asked, "code", "the-code/1");
    assert_field(asked, "redirect_uri", redirect);
    assert_field(asked, "client_secret", "shh-secret");
    char *verifier = form_find(asked, strlen(asked), "code_verifier");
    assert_int_equal(strlen(verifier), 43);
    assert_string_equal(login_account_id(login), "123456789");
    assert_string_equal(login_account_name(login), "barg_e_sabz");
    free(verifier), free(good), free(redirect), free(echo);
}

static void test_browser_declined_and_pasted(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    world->routes[0] = (struct route){"/o/token", {{200, "{\"access_token\":\"new-access\",\"refresh_token\":\"r\",\"expires_in\":7200}"}}};
    struct login *login = begin(world, "kick", ",\"client_secret\":\"shh-secret\",\"port\":0");
    assert_false(login_answer(login, "http://localhost:1/callback?code=a&state=b", &err));
    assert_true(login_start(login, &err));
    const char *query = strchr(login_prompt(login)->url, '?') + 1;
    char *echo = form_find(query, strlen(query), "state");
    char *address = xasprintf("http://localhost:1/callback?error=access_denied&state=%s", echo);
    assert_false(login_answer(login, address, &err));
    assert_non_null(strstr(login_text(login), "it was declined"));
    free(address), free(echo);
    // A browser on another machine ends at an address that shows nothing: it is pasted.
    assert_true(login_start(login, &err));
    query = strchr(login_prompt(login)->url, '?') + 1;
    echo = form_find(query, strlen(query), "state");
    address = xasprintf("http://localhost:1/callback?code=pasted&state=%s#top\n", echo);
    assert_true(login_answer(login, address, &err));
    until(world, "a new token", has_new_token);
    assert_field(body_of(world, "/o/token"), "code", "pasted");
    free(address), free(echo);
}

/* ---- words ---- */

static void test_configuration(void **state)
{
    static const struct {
        const char *config, *says;
    } cases[] = {
        {"{\"twitch\":{\"client_id\":\"a\"}}", ""},
        {"{}", ""},
        {"{\"tiktok\":{}}", "logins.tiktok: there is no such login"},
        {"{\"twitch\":7}", "logins.twitch: expected an object"},
        {"{\"twitch\":{}}", "logins.twitch.client_id: missing"},
        {"{\"twitch\":{\"client_id\":\"a b\"}}", "logins.twitch.client_id: expected one word"},
        {"{\"twitch\":{\"client_id\":\"a\",\"port\":1}}", "logins.twitch.port: there is no such key"},
        {"{\"youtube\":{\"client_id\":\"a\"}}", "logins.youtube.client_secret: missing"},
        {"{\"kick\":{\"client_id\":\"a\",\"client_secret\":\"b\",\"port\":99999}}", "logins.kick.port: expected"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *config = json_loads(cases[i].config, 0, NULL);
        bool ok = logins_check(config, &err);
        if (ok != (*cases[i].says == '\0') || strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: \"%s\"", cases[i].config, err.text);
        json_decref(config);
    }
}

static void test_description_holds_no_token(void **state)
{
    struct world *world = *state;
    store(world, -1000000, 10000000);
    struct login *login = begin(world, "youtube", ",\"client_secret\":\"shh-secret\"");
    json_t *object = login_describe(login);
    char *text = json_dumps(object, JSON_COMPACT);
    assert_non_null(strstr(text, "\"account\":\"anna\""));
    assert_non_null(strstr(text, "\"state\":\"ready\""));
    const char *secrets[] = {"old-access", "old-refresh", "shh-secret", "my-client"};
    for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++)
        assert_null(strstr(text, secrets[i]));
    free(text);
    json_decref(object);
}

static void test_not_configured(void **state)
{
    struct world *world = *state;
    struct error err = {0};
    begin(world, "twitch", "");
    assert_false(login_start(logins_find(world->logins, "kick"), &err));
    assert_non_null(strstr(err.text, "logins.kick.client_id is missing"));
    assert_null(logins_find(world->logins, "tiktok"));
    assert_null(login_token(NULL));
    assert_string_equal(login_account_id(NULL), "");
    assert_false(login_has_scope(NULL, "x"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_device_flow), TEST(test_slow_down), TEST(test_code_refused), TEST(test_no_code), TEST(test_code_dies),
        TEST(test_cancel), TEST(test_loads_and_validates), TEST(test_renews_before_the_end), TEST(test_stored_before_used),
        TEST(test_revoked), TEST(test_trouble_is_not_revocation), TEST(test_wrong_client), TEST(test_wrong_address),
        TEST(test_google_keeps_its_refresh_token), TEST(test_denied), TEST(test_validation_finds_it_dead),
        TEST(test_other_client), TEST(test_client_changes), TEST(test_taken_up_from_the_disk), TEST(test_broken_store), TEST(test_forget),
        TEST(test_browser_flow), TEST(test_browser_declined_and_pasted), TEST(test_configuration),
        TEST(test_description_holds_no_token), TEST(test_not_configured),
    };
    cmocka_set_test_filter(getenv("TEST_FILTER"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
