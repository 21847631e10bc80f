#include "exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/server.h"

/* Answers what it was asked, so that a test sees what the handler saw. */
static void handle_request(void *data, struct server_request *request)
{
    static const char *const methods[] = {"OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    const char *path = server_request_path(request);
    if (strncmp(path, "/files/", 7) == 0) {
        server_respond_file(request, data, path + 6, NULL, 0);
        return;
    }
    if (strcmp(path, "/chunks") == 0) {
        server_stream_begin(request, 200, "text/plain", NULL, 0);
        server_stream_send(request, "one", 3);
        server_stream_send(request, "", 0);
        server_stream_send(request, "twenty-three characters", 23);
        server_stream_end(request);
        return;
    }
    if (strcmp(path, "/abort") == 0) {
        server_stream_abort(request);
        return;
    }
    if (strcmp(path, "/empty") == 0) {
        server_respond(request, 204, NULL, NULL, 0, "", 0);
        return;
    }
    size_t len;
    const char *body = server_request_body(request, &len);
    const char *argument = server_request_argument(request, "name"), *cookie = server_request_cookie(request, "sid");
    const char *known = server_request_header(request, "origin"), *custom = server_request_header(request, "x-my-thing");
    const struct net_header headers[] = {{"x-answer", "split\r\nx-evil: 1"}};
    char answer[1024];
    snprintf(answer, sizeof(answer), "%s %s argument=%s cookie=%s origin=%s custom=%s body=%zu:%.20s",
             methods[server_request_method(request)], path, argument ? argument : "-", cookie ? cookie : "-",
             known ? known : "-", custom ? custom : "-", len, body);
    server_respond(request, 200, "text/plain", headers, 1, answer, strlen(answer));
}

struct fixture {
    struct kit kit;
    struct server *server;
    char folder[64];
};

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    kit_init(&fixture.kit);
    strcpy(fixture.folder, "/tmp/antiphon-server-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    char path[200];
    snprintf(path, sizeof(path), "%s/sub", fixture.folder);
    assert_int_equal(mkdir(path, 0700), 0);
    put_file(fixture.folder, "index.html", "<p>hello");
    put_file(fixture.folder, "sub/app.js", "let x;");
    put_file(fixture.folder, ".secret", "hidden");
    snprintf(path, sizeof(path), "%s/link.txt", fixture.folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    struct server_options options = {.on_request = handle_request, .data = fixture.folder, .body_bytes_max = 10000};
    struct error err = {0};
    fixture.server = server_create(fixture.kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    server_destroy(fixture->server);
    kit_fini(&fixture->kit);
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", fixture->folder);
    return system(command);
}

#define END " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"

static const struct {
    const char *name, *request, *status, *contains;
} cases[] = {
    {"plain GET", "GET /a%20b?x=1&name=v%26w" END "\r\n", "200 OK", "GET /a b argument=v&w cookie=- "},
    {"headers", "GET /" END "origin: http://o\r\nx-my-thing: 7\r\ncookie: a=1; sid=abc; b=2\r\n\r\n", "200",
     "cookie=abc origin=http://o custom=7"},
    {"no header is forged", "GET /" END "\r\n", "200", "x-answer: split  x-evil: 1\r\n"},
    {"HEAD has no body", "HEAD /" END "\r\n", "200", "\r\n\r\n"},
    {"POST", "POST /p" END "content-length: 5\r\n\r\nhello", "200", "POST /p argument=- cookie=- origin=- custom=- body=5:hello"},
    {"POST of length 0", "POST /p" END "content-length: 0\r\n\r\n", "200", "body=0:"},
    {"POST without length", "POST /p" END "\r\n", "200", "body=0:"},
    {"PUT", "PUT /p" END "content-length: 2\r\n\r\nhi", "200", "PUT /p argument=- cookie=- origin=- custom=- body=2:hi"},
    {"PATCH", "PATCH /p" END "content-length: 2\r\n\r\nhi", "200", "PATCH /p"},
    {"DELETE", "DELETE /p" END "\r\n", "200", "DELETE /p"},
    {"OPTIONS", "OPTIONS /p" END "\r\n", "200", "OPTIONS /p"},
    {"body too large", "POST /p" END "content-length: 10001\r\n\r\n", "413", "too large"},
    {"chunked body", "POST /p" END "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "411", "Content-Length"},
    {"negative length", "POST /p" END "content-length: -5\r\n\r\n", "400", ""},
    {"no content", "GET /empty" END "\r\n", "204", "\r\n\r\n"},
    {"chunks", "GET /chunks" END "\r\n", "200", "transfer-encoding: chunked\r\n\r\n3\r\none\r\n17\r\ntwenty-three characters\r\n0\r\n\r\n"},
    {"index", "GET /files/" END "\r\n", "200", "<p>hello"},
    {"policy", "GET /files/index.html" END "\r\n", "200", "content-security-policy: default-src 'self'"},
    {"file below", "GET /files/sub/app.js" END "\r\n", "200", "content-type: text/javascript"},
    {"no climbing", "GET /files/../../../etc/passwd" END "\r\n", "", ""},
    {"no coded climbing", "GET /files/..%2f..%2f..%2fetc/passwd" END "\r\n", "", ""},
    {"no link", "GET /files/link.txt" END "\r\n", "404", ""},
    {"no dot file", "GET /files/.secret" END "\r\n", "404", ""},
    {"no folder", "GET /files/sub" END "\r\n", "404", ""},
};

static void test_answers(void **state)
{
    struct fixture *fixture = *state;
    static struct exchange result;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *request = cases[i].request;
        exchange(&fixture->kit, server_port(fixture->server), request, strlen(request), &result);
        const char *status = result.len > 9 ? result.answer + 9 : "(nothing)";
        bool ok = strncmp(status, cases[i].status, strlen(cases[i].status)) == 0 &&
                  strstr(result.answer, cases[i].contains) && !strstr(result.answer, "root:") && result.was_closed;
        if (strcmp(cases[i].name, "HEAD has no body") == 0)
            ok = ok && strcmp(result.answer + result.len - 4, "\r\n\r\n") == 0;
        if (!ok)
            fail_msg("%s: got %s", cases[i].name, result.answer);
    }
}

/* None of these may end the server, and each gets an end: an answer or a close. */
static void test_bad_requests(void **state)
{
    struct fixture *fixture = *state;
    static struct exchange result;
    static char long_header[40000], garbage[3000];
    int len = snprintf(long_header, sizeof(long_header), "GET / HTTP/1.1\r\nhost: x\r\nx-long: ");
    memset(long_header + len, 'a', sizeof(long_header) - (size_t)len);
    memcpy(long_header + sizeof(long_header) - 4, "\r\n\r\n", 4);
    for (size_t i = 0; i < sizeof(garbage); i++)
        garbage[i] = (char)(i * 7 + i / 5);
    const struct {
        const char *bytes;
        size_t len;
    } bad[] = {{long_header, sizeof(long_header)}, {garbage, sizeof(garbage)}, {"\r\n\r\n\r\n", 6},
               {"GET\r\n\r\n", 7}, {"BREW /pot HTTP/1.1\r\nconnection: close\r\n\r\n", 41}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        exchange(&fixture->kit, server_port(fixture->server), bad[i].bytes, bad[i].len, &result);
        if (!result.was_closed)
            fail_msg("bad request %zu is still open", i);
    }
    const char *good = "GET /still-here" END "\r\n";
    exchange(&fixture->kit, server_port(fixture->server), good, strlen(good), &result);
    assert_non_null(strstr(result.answer, "GET /still-here"));
}

static void test_connection_is_kept(void **state)
{
    struct fixture *fixture = *state;
    static struct exchange result;
    const char *request = "GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\nGET /3" END "\r\n";
    exchange(&fixture->kit, server_port(fixture->server), request, strlen(request), &result);
    for (const char *const *path = (const char *const[]){"GET /1", "GET /2", "GET /3", NULL}; *path; path++)
        assert_non_null(strstr(result.answer, *path));
}

static void test_abort_ends_without_an_answer(void **state)
{
    struct fixture *fixture = *state;
    static struct exchange result;
    const char *request = "GET /abort" END "\r\n";
    exchange(&fixture->kit, server_port(fixture->server), request, strlen(request), &result);
    assert_true(result.was_closed);
    assert_int_equal(result.len, 0);
}

static void test_busy_port(void **state)
{
    struct fixture *fixture = *state;
    struct server_options options = {.on_request = handle_request, .port = server_port(fixture->server)};
    struct error err = {0};
    assert_null(server_create(fixture->kit.loop, &options, &err));
    char place[32];
    snprintf(place, sizeof(place), "127.0.0.1:%u", options.port);
    assert_non_null(strstr(err.text, place));
    assert_non_null(strstr(err.text, "another program"));
    options = (struct server_options){.on_request = handle_request, .address = "no-number"};
    assert_null(server_create(fixture->kit.loop, &options, &err));
    assert_non_null(strstr(err.text, "numeric address"));
    options = (struct server_options){.on_request = handle_request, .address = "203.0.113.7"};
    assert_null(server_create(fixture->kit.loop, &options, &err));
    assert_non_null(strstr(err.text, "no such address"));
    options = (struct server_options){.on_request = handle_request, .cert_file = "/nonexistent.pem", .key_file = "/x"};
    assert_null(server_create(fixture->kit.loop, &options, &err));
    assert_non_null(strstr(err.text, "/nonexistent.pem"));
}

static void test_unix_socket(void **state)
{
    struct fixture *fixture = *state;
    char path[200];
    snprintf(path, sizeof(path), "%s/relay.sock", fixture->folder);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);  // what a killed relay leaves
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
    close(dead);
    struct server_options options = {.on_request = handle_request, .is_unix_only = true, .unix_path = path};
    struct error err = {0};
    struct server *server = server_create(fixture->kit.loop, &options, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(server_port(server), 0);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_null(server_create(fixture->kit.loop, &options, &err));  // a living one is not pushed aside
    assert_non_null(strstr(err.text, "another program listens"));
    server_destroy(server);
    assert_int_not_equal(stat(path, &about), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connection_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abort_ends_without_an_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_busy_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unix_socket, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
