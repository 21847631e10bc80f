/* Getting in: links, sessions, tokens, roles, Host and Origin. Raw requests over TCP, as a browser or a stranger sends. */
#include "desk.h"

static void begin(struct desk *desk)
{
    desk_init(desk);
    desk->api_options.public_url = "https://desk.example/antiphon";
    desk_start(desk);
}

static void assert_has(const char *answer, const char *words)
{
    assert_non_null(answer);
    if (!strstr(answer, words))
        fail_msg("\"%s\" is not in the answer:\n%s", words, answer);
}

static void assert_status(const char *answer, int status)
{
    int found = 0;
    sscanf(answer, "HTTP/1.1 %d", &found);
    if (found != status)
        fail_msg("status %d instead of %d:\n%s", found, status, answer);
}

static const char *get(struct desk *desk, const char *path, const char *headers)
{
    return desk_http(desk, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n", path, api_port(desk->api), headers);
}

static const char *post(struct desk *desk, const char *path, const char *headers, const char *body)
{
    return desk_http(desk, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", path,
                     api_port(desk->api), headers, strlen(body), body);
}

static const char *own_origin(const struct desk *desk)
{
    static char header[64];
    snprintf(header, sizeof(header), "Origin: http://127.0.0.1:%u\r\n", api_port(desk->api));
    return header;
}

/* Signs in with a new link; the Cookie header, static. */
static const char *sign_in(struct desk *desk, enum api_role role)
{
    static char header[128];
    char *link = api_make_link(desk->api, role, 0), body[128];
    snprintf(body, sizeof(body), "{\"link\":\"%s\"}", strstr(link, "#link=") + 6);
    free(link);
    const char *answer = post(desk, "/api/v1/session", own_origin(desk), body);
    assert_status(answer, 200);
    const char *cookie = strstr(answer, "antiphon_session=");
    assert_non_null(cookie);
    snprintf(header, sizeof(header), "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
    return header;
}

static void test_link_once(void **state)
{
    struct desk desk;
    begin(&desk);
    char *link = api_make_link(desk.api, API_ROLE_MODERATOR, 0), body[128];
    assert_int_equal(strncmp(link, "https://desk.example/antiphon/#link=", 36), 0);
    assert_int_equal(strlen(link), 36 + 43);
    snprintf(body, sizeof(body), "{\"link\":\"%s\"}", link + 36);
    assert_status(get(&desk, "/api/v1/session", ""), 401);
    const char *answer = post(&desk, "/api/v1/session", own_origin(&desk), body);
    assert_status(answer, 200);
    assert_has(answer, "\"role\":\"moderator\"");
    assert_has(answer, "HttpOnly; SameSite=Lax; Secure");
    assert_has(answer, "Path=/antiphon/;");
    answer = post(&desk, "/api/v1/session", own_origin(&desk), body);
    assert_status(answer, 403);
    assert_has(answer, "used already");
    assert_null(strstr(answer, "set-cookie"));
    assert_status(post(&desk, "/api/v1/session", "", "{\"link\":\"x\"}"), 403);
    assert_status(post(&desk, "/api/v1/session", "", "{\"link\":7}"), 403);
    assert_status(post(&desk, "/api/v1/session", "", "not json"), 403);
    free(link);
    desk_fini(&desk);
}

static void test_session_life(void **state)
{
    struct desk desk;
    begin(&desk);
    char cookie[128];
    snprintf(cookie, sizeof(cookie), "%s", sign_in(&desk, API_ROLE_OWNER));
    assert_has(get(&desk, "/api/v1/session", cookie), "\"role\":\"owner\"");
    assert_has(get(&desk, "/antiphon/api/v1/session", cookie), "\"role\":\"owner\"");  // a proxy that keeps the path

    // kill -9 and a new start sign nobody out; the token itself is nowhere on disk.
    journal_wait(desk.relay->journal, 10000);
    desk_stop(&desk);
    char command[256];
    snprintf(command, sizeof(command), "grep -rq '%.40s' %s", strchr(cookie, '=') + 1, desk.folder);
    assert_int_not_equal(system(command), 0);
    desk_start(&desk);
    assert_has(get(&desk, "/api/v1/session", cookie), "\"role\":\"owner\"");

    // What changes something must come from our own page.
    assert_status(post(&desk, "/api/v1/clear", cookie, ""), 403);
    char headers[256];
    snprintf(headers, sizeof(headers), "%sOrigin: https://evil.example\r\n", cookie);
    assert_status(post(&desk, "/api/v1/clear", headers, ""), 403);
    snprintf(headers, sizeof(headers), "%s%s", cookie, own_origin(&desk));
    assert_status(post(&desk, "/api/v1/clear", headers, ""), 200);
    snprintf(headers, sizeof(headers), "%sOrigin: https://desk.example\r\n", cookie);
    assert_status(post(&desk, "/api/v1/clear", headers, ""), 200);

    assert_status(desk_http(&desk, "DELETE /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n",
                            api_port(desk.api), headers), 200);
    assert_status(get(&desk, "/api/v1/session", cookie), 401);
    desk_fini(&desk);
}

static void test_host_and_origin(void **state)
{
    static const struct {
        const char *host, *origin;  // %u: the port
        int status;
    } cases[] = {
        {"127.0.0.1:%u", NULL, 200},
        {"localhost:%u", NULL, 200},
        {"LOCALHOST:%u", NULL, 200},
        {"[::1]:%u", NULL, 200},
        {"desk.example", NULL, 200},
        {"desk.example:443", NULL, 200},
        {"127.0.0.1:%u", "https://desk.example", 200},
        {"127.0.0.1", NULL, 403},
        {"127.0.0.1:1", NULL, 403},
        {"evil.example:%u", NULL, 403},
        {"evil.example", NULL, 403},
        {"desk.example.evil.example", NULL, 403},
        {"desk.example:8080", NULL, 403},
        {"127.0.0.1:%u", "https://evil.example", 403},
        {"127.0.0.1:%u", "http://desk.example", 403},
        {"127.evil.example:%u", NULL, 403},
        {"127.0.0.1:%u", "null", 403},
        {"127.0.0.1:%u", "file://", 403},
        {"127.0.0.1:%u", "https://desk.example.evil.example", 403},
        {"", NULL, 403},
    };
    struct desk desk;
    begin(&desk);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char host[64], origin[96] = "";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(host, sizeof(host), cases[i].host, api_port(desk.api));
#pragma GCC diagnostic pop
        if (cases[i].origin)
            snprintf(origin, sizeof(origin), "Origin: %s\r\n", cases[i].origin);
        const char *answer = desk_http(&desk, "GET /api/v1/health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", host, origin);
        int found = 0;
        sscanf(answer, "HTTP/1.1 %d", &found);
        if (found != cases[i].status && !(cases[i].status == 403 && found == 400))
            fail_msg("Host \"%s\" %s: %d", host, origin, found);
    }
    desk_fini(&desk);
}

static void test_websocket_door(void **state)
{
    struct desk desk;
    begin(&desk);
    char cookie[128], origin[64];
    snprintf(cookie, sizeof(cookie), "%.*s", (int)strcspn(sign_in(&desk, API_ROLE_VIEWER) + 8, "\r"), sign_in(&desk, API_ROLE_VIEWER) + 8);
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%u", api_port(desk.api));
    const struct net_header with_cookie[] = {{"Cookie", cookie}};
    const struct net_header with_bearer[] = {{"Authorization", "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}};
    const struct {
        const char *origin;
        const struct net_header *headers;
        int status;  // 0: open
    } cases[] = {
        {NULL, NULL, 401}, {origin, NULL, 401}, {origin, with_bearer, 401}, {NULL, with_cookie, 403},
        {"https://evil.example", with_cookie, 403}, {origin, with_cookie, 0}, {"https://desk.example", with_cookie, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct caller caller;
        caller_connect(&caller, &desk, cases[i].origin, cases[i].headers, cases[i].headers ? 1 : 0, true);
        if (caller.is_open != (cases[i].status == 0) || caller.http_status != cases[i].status)
            fail_msg("case %zu: open %d, status %d", i, caller.is_open, caller.http_status);
        caller_close(&caller);
    }
    desk_fini(&desk);
}

/* Who signs out in one tab is out in the others too; another session of the same person stays. */
static void test_signed_out_sockets(void **state)
{
    struct desk desk;
    begin(&desk);
    char cookies[2][128], origin[64], headers[256];
    struct caller callers[2];
    snprintf(origin, sizeof(origin), "http://127.0.0.1:%u", api_port(desk.api));
    for (int i = 0; i < 2; i++) {
        const char *header = sign_in(&desk, API_ROLE_VIEWER);
        snprintf(cookies[i], sizeof(cookies[i]), "%.*s", (int)strcspn(header + 8, "\r"), header + 8);
        caller_connect(&callers[i], &desk, origin, &(struct net_header){"Cookie", cookies[i]}, 1, true);
        assert_true(callers[i].is_open);
    }
    snprintf(headers, sizeof(headers), "Cookie: %s\r\n%s", cookies[0], own_origin(&desk));
    assert_status(desk_http(&desk, "DELETE /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s\r\n",
                            api_port(desk.api), headers), 200);
    while (!callers[0].is_closed)
        kit_run(&desk.kit);
    assert_int_equal(callers[0].code, 1008);
    assert_false(callers[1].is_closed);
    caller_close(&callers[0]);
    caller_close(&callers[1]);
    desk_fini(&desk);
}

/* Ten wrong links, and even a right one has to wait. */
static void test_tries_are_counted(void **state)
{
    struct desk desk;
    begin(&desk);
    for (int i = 0; i < 10; i++)
        assert_status(post(&desk, "/api/v1/session", own_origin(&desk), "{\"link\":\"wrong\"}"), 403);
    const char *answer = post(&desk, "/api/v1/session", own_origin(&desk), "{\"link\":\"wrong\"}");
    assert_status(answer, 429);
    assert_has(answer, "retry-after: 6\r\n");
    assert_has(answer, "too many sign-ins failed");
    desk_fini(&desk);
}

/* A stranger's megabyte is refused by its length alone; who has signed in may send it. */
static void test_bodies_of_strangers(void **state)
{
    struct desk desk;
    begin(&desk);
    const char *answer = desk_http(&desk, "POST /api/v1/question.add HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                                   "Content-Length: 900000\r\n\r\n", api_port(desk.api));
    assert_status(answer, 413);
    char headers[256], body[3000] = "{\"text\":\"";
    memset(body + 9, 'a', sizeof(body) - 20);
    strcpy(body + sizeof(body) - 11, "\"} ");
    snprintf(headers, sizeof(headers), "%s%s", sign_in(&desk, API_ROLE_OWNER), own_origin(&desk));
    assert_status(post(&desk, "/api/v1/question.add", "", body), 401);
    answer = post(&desk, "/api/v1/question.add", headers, body);
    assert_null(strstr(answer, " 413 "));
    assert_null(strstr(answer, " 401 "));
    // Its length is believed, and the rest waited for.
    answer = desk_http(&desk, "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s"
                       "Content-Length: 5000\r\n\r\n", api_port(desk.api), own_origin(&desk));
    assert_status(answer, 413);
    desk_fini(&desk);
}

/* A token that is removed lets nobody in any more, and who is in is sent out. */
static void test_removed_token(void **state)
{
    struct desk desk;
    struct caller owner, guest;
    begin(&desk);
    caller_open(&owner, &desk, NULL);
    json_t *reply = caller_ask(&owner, "token.add", "\"role\":\"viewer\",\"name\":\"guest\"");
    char bearer[80];
    snprintf(bearer, sizeof(bearer), "Bearer %s", json_get_text(json_object_get(reply, "result"), "token"));
    json_decref(reply);
    const struct net_header headers[] = {{"Authorization", bearer}};
    caller_connect(&guest, &desk, NULL, headers, 1, true);
    assert_true(guest.is_open);
    caller_say(&guest, "{\"type\":\"hello\",\"client\":\"program\",\"name\":\"somebody else\"}");
    json_t *welcome = caller_wait(&guest, "welcome");
    assert_string_equal(json_get_text(welcome, "name"), "guest");  // not what it calls itself
    assert_string_equal(json_get_text(welcome, "role"), "viewer");
    json_decref(welcome);
    caller_must(&owner, "token.remove", "\"name\":\"guest\"");
    while (!guest.is_closed)
        kit_run(&desk.kit);
    assert_int_equal(guest.code, 1008);
    caller_close(&guest);
    caller_connect(&guest, &desk, NULL, headers, 1, true);
    assert_int_equal(guest.http_status, 401);
    caller_close(&guest);
    caller_close(&owner);
    desk_fini(&desk);
}

static void test_roles(void **state)
{
    struct desk desk;
    begin(&desk);
    struct caller owner;
    caller_open(&owner, &desk, NULL);
    static const struct {
        const char *role, *command, *body;
        int status;
    } cases[] = {
        {"viewer", "say", "{\"text\":\"x\"}", 403}, {"viewer", "source.moderate", "{\"action\":\"clear\",\"source\":\"x\"}", 403},
        {"viewer", "source.poll", "{\"question\":\"x\",\"options\":[]}", 403}, {"viewer", "source.kinds", "{}", 200},
        {"moderator", "say", "{\"text\":\"x\"}", 400}, {"moderator", "source.change", "{\"source\":\"x\",\"config\":{}}", 403},
        {"viewer", "history", "{}", 200},        {"viewer", "clear", "{}", 403},
        {"viewer", "question.add", "{\"text\":\"x\"}", 403}, {"viewer", "invite", "{\"role\":\"owner\"}", 403},
        {"moderator", "clear", "{}", 200},       {"moderator", "question.add", "{\"text\":\"x\"}", 200},
        {"moderator", "invite", "{\"role\":\"owner\"}", 403}, {"moderator", "source.remove", "{\"source\":\"x\"}", 403},
        {"moderator", "erase", "{\"platform\":\"x\",\"author\":\"y\"}", 403}, {"owner", "invite", "{\"role\":\"viewer\"}", 200},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char members[96], header[128], path[64];
        snprintf(members, sizeof(members), "\"role\":\"%s\",\"name\":\"case %zu\"", cases[i].role, i);
        json_t *reply = caller_ask(&owner, "token.add", members);
        const char *token = json_get_text(json_object_get(reply, "result"), "token");
        assert_non_null(token);
        snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", token);
        snprintf(path, sizeof(path), "/api/v1/%s", cases[i].command);
        const char *answer = post(&desk, path, header, cases[i].body);
        assert_status(answer, cases[i].status);
        if (cases[i].status == 403)
            assert_has(answer, "\"code\":\"denied\"");
        json_decref(reply);
        snprintf(members, sizeof(members), "\"name\":\"case %zu\"", i);
        caller_must(&owner, "token.remove", members);
        assert_status(post(&desk, path, header, cases[i].body), 401);
    }
    caller_close(&owner);
    desk_fini(&desk);
}

static void test_one_shot(void **state)
{
    struct desk desk;
    begin(&desk);
    struct caller owner;
    caller_open(&owner, &desk, NULL);
    json_t *reply = caller_ask(&owner, "token.add", "\"role\":\"owner\",\"name\":\"deck\"");
    char header[128];
    snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", json_get_text(json_object_get(reply, "result"), "token"));
    json_decref(reply);
    assert_has(post(&desk, "/api/v1/question.add", header, "{\"text\":\"hello\"}"), "{\"id\":1}");
    assert_has(post(&desk, "/api/v1/next", header, ""), "{\"id\":1,");
    assert_has(post(&desk, "/api/v1/next", header, "{\"after\":1}"), "{\"id\":null}");
    const char *answer = post(&desk, "/api/v1/question.air", header, "{\"id\":99}");
    assert_status(answer, 400);
    assert_has(answer, "question.air: there is no question 99");
    answer = post(&desk, "/api/v1/nonsense", header, "");
    assert_status(answer, 400);
    assert_has(answer, "no command \\\"nonsense\\\"");
    assert_status(post(&desk, "/api/v1/next", header, "[]"), 400);
    assert_status(post(&desk, "/api/v1/next", header, "{\"a\":"), 400);
    assert_status(get(&desk, "/api/v1/next", header), 405);
    answer = post(&desk, "/api/v1/output.start", header, "{\"name\":\"youtube\"}");
    assert_status(answer, 409);
    assert_has(answer, "no video process");
    answer = get(&desk, "/metrics", header);
    assert_status(answer, 200);
    assert_has(answer, "antiphon_questions{state=\"answered\"} 1");
    assert_status(get(&desk, "/metrics", ""), 401);
    assert_has(get(&desk, "/api/v1/health", ""), "{\"ok\":true}");
    assert_status(get(&desk, "/index.html", ""), 404);
    caller_close(&owner);
    desk_fini(&desk);
}

static void test_panel_files(void **state)
{
    struct desk desk;
    desk_init(&desk);
    char panel[96], file[128];
    snprintf(panel, sizeof(panel), "%s/panel", desk.folder);
    snprintf(file, sizeof(file), "%s/index.html", panel);
    assert_int_equal(mkdir(panel, 0700), 0);
    FILE *out = fopen(file, "w");
    fputs("<title>panel</title>", out);
    fclose(out);
    desk.api_options.panel_folder = panel;
    desk_start(&desk);
    const char *answer = get(&desk, "/", "");
    assert_status(answer, 200);
    assert_has(answer, "<title>panel</title>");
    assert_has(answer, "default-src 'self'");
    assert_status(get(&desk, "/../relay.sock", ""), 404);
    assert_status(get(&desk, "/%2e%2e/relay.sock", ""), 404);
    assert_status(post(&desk, "/", "", "x"), 405);
    assert_status(desk_http(&desk, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 403);
    struct stat status;
    assert_int_equal(stat(desk.socket, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    desk_fini(&desk);
}

static void test_bad_options(void **state)
{
    static const struct {
        const char *listen, *public_url, *words;
    } cases[] = {
        {"8470", NULL, "panel.listen \"8470\""},
        {"127.0.0.1:", NULL, "panel.listen"},
        {"127.0.0.1:99999", NULL, "panel.listen"},
        {"127.0.0.1:0", "desk.example", "panel.public_url \"desk.example\""},
        {"127.0.0.1:0", "https://", "panel.public_url"},
        {"127.0.0.1:0", "https://a@b", "panel.public_url"},
    };
    struct desk desk;
    begin(&desk);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        struct api_options options = {.listen = cases[i].listen, .public_url = cases[i].public_url};
        assert_null(api_create(desk.kit.loop, desk.relay, &options, &err));
        if (!strstr(err.text, cases[i].words))
            fail_msg("\"%s\" does not contain \"%s\"", err.text, cases[i].words);
    }
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_once),       cmocka_unit_test(test_session_life),
        cmocka_unit_test(test_host_and_origin), cmocka_unit_test(test_websocket_door),
        cmocka_unit_test(test_signed_out_sockets), cmocka_unit_test(test_tries_are_counted),
        cmocka_unit_test(test_bodies_of_strangers),
        cmocka_unit_test(test_removed_token),   cmocka_unit_test(test_roles),           cmocka_unit_test(test_one_shot),
        cmocka_unit_test(test_panel_files),     cmocka_unit_test(test_bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
