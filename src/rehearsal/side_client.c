#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "rehearsal/inside.h"

/* The websockets of all sides on one port: a path finds the side, and the faults hold for all alike. */

enum { PROTOCOLS_MAX = 16 };

struct held {  // what a held message begins with
    size_t len;
    bool is_text;
};

/* --- Sending --- */

static void hold(struct side_client *client, const void *bytes, size_t len, bool is_text)
{
    const struct held head = {len, is_text};
    buffer_add(&client->held, &head, sizeof(head));
    buffer_add(&client->held, bytes, len);
}

void side_client_send_payload(struct side_client *client, struct payload *payload, bool is_text)
{
    enum fault_state fault = client->side->fault;
    if (fault == FAULT_HANG || !client->socket)
        return;
    if (fault == FAULT_STALL)
        hold(client, payload_bytes(payload), payload_len(payload), is_text);
    else if (is_text)
        server_socket_send(client->socket, payload);
    else
        server_socket_send_binary(client->socket, payload);
}

static void send_bytes(struct side_client *client, const void *bytes, size_t len, bool is_text)
{
    struct payload *payload = payload_create(bytes, len);
    side_client_send_payload(client, payload, is_text);
    payload_unref(payload);
}

void side_client_send(struct side_client *client, const char *text, size_t len)
{
    send_bytes(client, text, len, true);
}

void side_client_send_binary(struct side_client *client, const void *bytes, size_t len)
{
    send_bytes(client, bytes, len, false);
}

void side_client_printf(struct side_client *client, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    send_bytes(client, text, (size_t)len, true);
    free(text);
}

void side_client_close(struct side_client *client, int code, const char *reason)
{
    if (client->socket)
        server_socket_close(client->socket, code, reason);
}

void side_broadcast(struct side *side, bool (*wants)(const struct side_client *client), const char *bytes, size_t len,
                    bool is_text)
{
    struct payload *payload = payload_create(bytes, len);
    struct side_client *client, *next;
    list_for_each_safe(client, next, &side->clients, link) {
        if (!wants || wants(client))
            side_client_send_payload(client, payload, is_text);
    }
    payload_unref(payload);
}

void side_drop_clients(struct side *side)
{
    struct side_client *client, *next;
    list_for_each_safe(client, next, &side->clients, link)
        server_socket_abort(client->socket);
}

void side_release_held(struct side *side)
{
    struct side_client *client, *next;
    list_for_each_safe(client, next, &side->clients, link) {
        struct buffer held = client->held;
        client->held = (struct buffer){0};
        for (size_t at = 0; at < held.len;) {
            struct held head;
            memcpy(&head, held.data + at, sizeof(head));
            send_bytes(client, held.data + at + sizeof(head), head.len, head.is_text);
            at += sizeof(head) + head.len;
        }
        buffer_fini(&held);
    }
}

/* --- The server's side of it --- */

/* Websockets at a path of no side's own go to the one that takes all others. */
static struct side *find_side(const struct rehearsal *rehearsal, const char *path)
{
    const char *rest;
    struct side *side = rehearsal_route(rehearsal, path, &rest);
    for (size_t i = 0; !side && rehearsal->sides[i]; i++) {
        if (rehearsal->sides[i]->impl->is_root)
            side = rehearsal->sides[i];
    }
    return side;
}

static int accept_client(void *data, const struct server_request *request, void **session)
{
    struct side *side = find_side(data, server_request_path(request));
    int status = 403;
    if (!side || !side->impl->accept)
        return 404;
    if (side->fault == FAULT_REFUSE)
        return 503;
    struct side_client *client = side->impl->accept(side, request, &status);
    if (!client)
        return status;
    client->side = side;
    list_init(&client->link);
    *session = client;
    return 0;
}

static void handle_open(void *data, struct server_socket *socket)
{
    struct side_client *client = server_socket_session(socket);
    client->socket = socket;
    list_append(&client->side->clients, &client->link);
    if (client->side->impl->open)
        client->side->impl->open(client);
}

static void handle_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct side_client *client = server_socket_session(socket);
    if (client->side->fault != FAULT_HANG)
        client->side->impl->receive(client, bytes, len, is_text);
}

/* Platforms drop who does not read. */
static void handle_overflow(void *data, struct server_socket *socket)
{
    server_socket_abort(socket);
}

static void handle_close(void *data, struct server_socket *socket, void *session, int code)
{
    struct side_client *client = session;
    list_remove(&client->link);
    client->socket = NULL;
    client->close_code = code;
    buffer_fini(&client->held);
    client->side->impl->close(client);
}

static const struct server_protocol model = {
    .accept = accept_client, .on_open = handle_open, .on_message = handle_message, .on_overflow = handle_overflow,
    .on_close = handle_close,
};

static void add_protocol(struct server_protocol *protocols, size_t *count, const char *name)
{
    for (size_t i = 1; i < *count; i++) {
        if (strcmp(protocols[i].name, name) == 0)
            return;
    }
    if (*count < PROTOCOLS_MAX) {
        protocols[*count] = model;
        protocols[(*count)++].name = name;
    }
}

const struct server_protocol *side_protocols(size_t *count)
{
    static struct server_protocol protocols[PROTOCOLS_MAX];
    protocols[0] = model;
    *count = 1;
    for (size_t i = 0; side_at(i); i++) {
        const char *const *name = side_at(i)->subprotocols;
        for (; name && *name; name++)
            add_protocol(protocols, count, *name);
    }
    return protocols;
}
