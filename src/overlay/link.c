#include "overlay/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/backoff.h"
#include "net/loop.h"
#include "net/websocket.h"

enum { MESSAGE_MAX = 8 << 20, WAIT_MAX_MS = 5000 };

struct link {
    struct loop *loop;                   // borrowed
    const struct link_handler *handler;  // borrowed
    void *data;
    char *relay, *token, *ca_file, *name;  // owned
    struct websocket *websocket;         // owned; NULL between attempts
    struct timer timer;                  // to the next attempt
    struct backoff backoff;
    char *revision;                      // owned; NULL: none yet
    bool is_up, is_silent;               // is_silent: the last failure was told already
};

static void connect_now(void *data);

static void say_hello(void *data)
{
    struct link *link = data;
    struct buffer text = {0};
    buffer_add_string(&text, "{\"type\":\"hello\",\"client\":\"overlay\",\"name\":");
    buffer_add_json(&text, link->name, strlen(link->name));
    if (link->revision) {
        buffer_add_string(&text, ",\"have\":");
        buffer_add_json(&text, link->revision, strlen(link->revision));
    }
    buffer_add_string(&text, ",\"topics\":[\"on_air\",\"desk\"]}");
    websocket_send(link->websocket, text.data, text.len, NULL);
    buffer_fini(&text);
}

static void set_up(struct link *link, bool is_up)
{
    if (link->is_up == is_up)
        return;
    link->is_up = is_up;
    link->handler->changed(link->data, is_up);
}

static void take_state(struct link *link, const json_t *message, bool is_snapshot)
{
    const char *revision = json_get_text(message, "revision");
    const json_t *on_air = json_object_get(message, "on_air");
    if (!revision || !json_is_object(on_air)) {
        log_warn("overlay/link", "the relay sent a state without revision or on_air; the last one stays");
        return;
    }
    free(link->revision);
    link->revision = xstrdup(revision);
    link->handler->on_air(link->data, revision, on_air, is_snapshot);
}

static void take_question(struct link *link, const json_t *question)
{
    if (json_is_object(question))
        link->handler->question(link->data, json_get_int(question, "id", 0), question);
}

static void take_snapshot(struct link *link, const json_t *message)
{
    size_t i;
    json_t *question;
    take_state(link, message, true);
    json_array_foreach(json_object_get(message, "questions"), i, question)
        take_question(link, question);
}

static void dispatch(struct link *link, const json_t *message)
{
    const char *type = json_get_text(message, "type");
    if (!type)
        return;
    if (strcmp(type, "welcome") == 0) {
        log_info("overlay/link", "the relay at %s answers", link->relay);
        backoff_reset(&link->backoff);
        link->is_silent = false;
        set_up(link, true);
    } else if (strcmp(type, "snapshot") == 0) {
        take_snapshot(link, message);
    } else if (strcmp(type, "on_air") == 0) {
        take_state(link, message, false);
    } else if (strcmp(type, "question") == 0) {
        take_question(link, json_object_get(message, "question"));
    } else if (strcmp(type, "question_removed") == 0) {
        link->handler->question(link->data, json_get_int(message, "id", 0), NULL);
    } else if (strcmp(type, "removed") == 0) {
        link->handler->removed(link->data, json_object_get(message, "ids"), json_object_get(message, "author"));
    } else if (strcmp(type, "command") == 0) {
        link->handler->command(link->data, message);
    } else if (strcmp(type, "reply") == 0 && link->handler->reply) {
        link->handler->reply(link->data, message);
    }
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct error err = {0};
    json_t *message = json_parse(bytes, len, &err);
    if (!message) {
        log_warn("overlay/link", "the relay sent what is no JSON, left out: %s", err.text);
        return;
    }
    dispatch(data, message);
    json_decref(message);
}

static void retry(struct link *link, const char *why)
{
    if (!link->is_silent)
        log_warn("overlay/link", "%s; trying again", why);
    link->is_silent = true;
    set_up(link, false);
    timer_start(&link->timer, backoff_next_ms(&link->backoff));
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct link *link = data;
    websocket_destroy(link->websocket);
    link->websocket = NULL;
    retry(link, end->error.text);
}

static const struct websocket_handler handler = {say_hello, handle_message, handle_close};

static bool try_connect(struct link *link, struct error *err)
{
    char *bearer = link->token ? xasprintf("Bearer %s", link->token) : NULL;
    link->websocket = websocket_create(link->loop, &(struct websocket_options){
        .url = link->relay, .path = "/api/v1/socket", .protocol = "antiphon.v1", .ca_file = link->ca_file,
        .headers = &(struct net_header){"Authorization", bearer}, .header_count = bearer ? 1 : 0,
        .open_timeout_ms = 5000, .idle_ping_s = 5, .message_bytes_max = MESSAGE_MAX, .handler = &handler, .data = link,
    }, err);
    free(bearer);
    return link->websocket != NULL;
}

static void connect_now(void *data)
{
    struct link *link = data;
    struct error err = {0};
    if (!try_connect(link, &err))
        retry(link, err.text);
}

struct link *link_create(const struct link_options *options, struct error *err)
{
    struct link *link = xcalloc(1, sizeof(*link));
    *link = (struct link){
        .loop = options->loop, .handler = options->handler, .data = options->data, .relay = xstrdup(options->relay),
        .token = xstrdup(options->token), .ca_file = xstrdup(options->ca_file), .name = xstrdup(options->name),
        .backoff = {.first_ms = 250, .limit_ms = WAIT_MAX_MS},
    };
    timer_init(&link->timer, link->loop, connect_now, link);
    if (link->token)
        log_hide(link->token);
    backoff_next_ms(&link->backoff);
    if (!try_connect(link, err)) {
        error_prefix(err, "--relay %s", options->relay);
        link_destroy(link);
        return NULL;
    }
    return link;
}

void link_destroy(struct link *link)
{
    if (!link)
        return;
    timer_stop(&link->timer);
    websocket_destroy(link->websocket);
    free(link->relay);
    free(link->token);
    free(link->ca_file);
    free(link->name);
    free(link->revision);
    free(link);
}

bool link_send(struct link *link, const char *text, size_t len)
{
    return link->is_up && link->websocket && websocket_send(link->websocket, text, len, NULL);
}

void link_forget(struct link *link)
{
    free(link->revision);
    link->revision = NULL;
}

bool link_is_up(const struct link *link)
{
    return link->is_up;
}
