/* relay.h - as much of a relay as an overlay needs: says welcome, tells one state, keeps what is reported. */
#pragma once

#include <stdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "net/loop.h"
#include "net/server.h"
#include "overlay/overlay.h"
#include "stage.h"

enum { WAIT_MS = 20000 };

struct relay {
    struct loop *loop;
    struct server *server;
    struct server_socket *socket;  // the overlay's; NULL: it is away
    char folder[32], *path;
    const char *token;              // over TCP with this token; NULL: over the Unix socket
    const char *revision, *on_air, *questions;  // JSON with ' for "; questions NULL: none
    char *have;                     // of the last hello; NULL: none
    char *applied;                  // revision last reported
    json_t *missing, *skipped, *preview;
    json_t *replies;                // array, all of them
    int hellos, previews;
    // what is waited for
    bool (*is_done)(void *data);
    void *data;
    struct timer timer;
    int64_t until_ms;
};

static inline void relay_send(struct relay *relay, const char *text)
{
    json_t *value = parse(text);
    char *plain = json_dumps(value, JSON_COMPACT);
    server_socket_send_text(relay->socket, plain, strlen(plain));
    free(plain);
    json_decref(value);
}

static inline void relay_tell(struct relay *relay, const char *type)
{
    char *text = xasprintf("{'type':'%s','revision':'%s','on_air':%s,'questions':%s}", type, relay->revision,
        relay->on_air, relay->questions ? relay->questions : "[]");
    relay_send(relay, text);
    free(text);
}

static void take_hello(struct relay *relay, const json_t *message)
{
    free(relay->have);
    relay->have = xstrdup(json_get_text(message, "have"));
    relay->hellos++;
    relay_send(relay, "{'type':'welcome','version':'0','role':'owner','revision':'x:0'}");
    relay_tell(relay, "snapshot");
}

static void take_report(struct relay *relay, json_t *message)
{
    const json_t *applied = json_object_get(message, "applied");
    if (applied) {
        free(relay->applied);
        relay->applied = xstrdup(json_get_text(applied, "revision"));
        json_decref(relay->missing);
        json_decref(relay->skipped);
        relay->missing = json_incref(json_object_get(message, "missing"));
        relay->skipped = json_incref(json_object_get(message, "skipped"));
    }
    json_t *preview = json_object_get(message, "preview");
    if (preview) {
        json_decref(relay->preview);
        relay->preview = json_incref(preview);
        relay->previews++;
    }
}

static void relay_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct relay *relay = data;
    json_t *message = json_parse(bytes, len, NULL);
    const char *type = json_get_text(message, "type");
    assert_non_null(type);
    if (strcmp(type, "hello") == 0)
        take_hello(relay, message);
    else if (strcmp(type, "reply") == 0)
        json_array_append(relay->replies, message);
    else
        take_report(relay, message);
    json_decref(message);
}

static int relay_accept(void *data, const struct server_request *request, void **session)
{
    const struct relay *relay = data;
    const char *sent = server_request_header(request, "authorization");
    if (strcmp(server_request_path(request), "/api/v1/socket") != 0)
        return 404;
    return !relay->token || (sent && strcmp(sent, relay->token) == 0) ? 0 : 401;
}

static void relay_open(void *data, struct server_socket *socket)
{
    ((struct relay *)data)->socket = socket;
}

static void relay_close(void *data, struct server_socket *socket, void *session, int code)
{
    ((struct relay *)data)->socket = NULL;
}

static void relay_request(void *data, struct server_request *request)
{
    server_respond_text(request, 404, "no");
}

static const struct server_protocol relay_protocol = {
    .name = "antiphon.v1", .accept = relay_accept, .on_open = relay_open, .on_message = relay_message,
    .on_close = relay_close,
};

static inline void relay_listen(struct relay *relay)
{
    struct error err = {0};
    relay->server = server_create(relay->loop, &(struct server_options){
        .is_unix_only = !relay->token, .unix_path = relay->path, .on_request = relay_request, .protocols = &relay_protocol,
        .protocol_count = 1, .data = relay, .message_bytes_max = 1 << 22,
    }, &err);
    if (!relay->server)
        fail_msg("%s", err.text);
}

static inline void relay_hang_up(struct relay *relay)
{
    server_destroy(relay->server);
    relay->server = NULL;
}

/* Call relay_listen() next. */
static inline void relay_start(struct relay *relay, const char *on_air)
{
    *relay = (struct relay){.revision = "x:1", .on_air = on_air, .replies = json_array()};
    strcpy(relay->folder, "/tmp/antiphon-test-XXXXXX");
    assert_non_null(mkdtemp(relay->folder));
    relay->path = xasprintf("%s/relay.sock", relay->folder);
    struct error err = {0};
    relay->loop = loop_create(&err);
    if (!relay->loop)
        fail_msg("%s", err.text);
}

static inline void relay_stop(struct relay *relay)
{
    server_destroy(relay->server);
    loop_destroy(relay->loop);
    free(relay->have);
    free(relay->applied);
    json_decref(relay->missing);
    json_decref(relay->skipped);
    json_decref(relay->preview);
    json_decref(relay->replies);
    char *command = xasprintf("rm -rf %s", relay->folder);
    assert_int_equal(system(command), 0);
    free(command);
    free(relay->path);
}

static void relay_look(void *data)
{
    struct relay *relay = data;
    if (relay->is_done(relay->data) || clock_monotonic_ms() > relay->until_ms)
        loop_stop(relay->loop);
    else
        timer_start(&relay->timer, 10);
}

/* Serves until is_done() says so. False: it never did. */
static inline bool relay_serve_until(struct relay *relay, bool (*is_done)(void *data), void *data)
{
    relay->is_done = is_done;
    relay->data = data;
    relay->until_ms = clock_monotonic_ms() + WAIT_MS;
    timer_init(&relay->timer, relay->loop, relay_look, relay);
    timer_start(&relay->timer, 0);
    assert_true(loop_run(relay->loop, NULL));
    timer_stop(&relay->timer);
    return is_done(data);
}

/* An overlay process of its own. */
static inline pid_t spawn_overlay(const struct overlay_options *options)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that failed leaves nothing behind
    struct error err = {0};
    bool is_good = overlay_run(options, &err);
    if (!is_good)
        fprintf(stderr, "overlay: %s\n", err.text);
    _exit(is_good ? 0 : 1);
}

/* How it ended, as waitpid() tells. */
static inline int end_overlay(pid_t pid, int signal_number)
{
    int status = 0;
    if (signal_number)
        kill(pid, signal_number);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}
