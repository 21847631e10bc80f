/* Websockets at the door. The session is ours, the socket in it the connector's. */
#include <stdlib.h>

#include "api/door_inside.h"
#include "base/memory.h"

enum { CLOSE_NOT_TEXT = 1003, CLOSE_DISK = 1011 };

struct visitor {
    struct inbound_socket inbound;
    struct door *door;
    struct server_socket *socket;  // NULL: not open yet
};

static struct visitor *get_visitor(struct inbound_socket *inbound)
{
    return container_of(inbound, struct visitor, inbound);
}

/* ---- what connectors want ---- */

static bool send_text(struct inbound_socket *inbound, const char *text, size_t len)
{
    struct visitor *visitor = get_visitor(inbound);
    return visitor->socket && server_socket_send_text(visitor->socket, text, len);
}

static void acknowledge(struct inbound_socket *inbound, const char *text, size_t len)
{
    struct visitor *visitor = get_visitor(inbound);
    struct ticket *ticket = door_wait(visitor->door);
    ticket->socket = visitor->socket;
    buffer_add(&ticket->text, text, len);
}

static void close_it(struct inbound_socket *inbound, int code, const char *reason)
{
    struct visitor *visitor = get_visitor(inbound);
    if (visitor->socket)
        server_socket_close(visitor->socket, code, reason);
}

static const struct inbound_wire wire = {.send = send_text, .acknowledge = acknowledge, .close = close_it};

/* ---- what the server says ---- */

static int accept_visitor(void *data, const struct server_request *request, void **session)
{
    struct door *door = data;
    const char *kind = "";
    struct connector *connector = door_find(door, server_request_path(request), "/ws/", &kind);
    if (!connector)
        return 404;
    if (!door_allows_origin(door, server_request_header(request, "origin")))
        return 403;
    struct visitor *visitor = xcalloc(1, sizeof(*visitor));
    visitor->door = door;
    int status = inbound_attach(&visitor->inbound, connector, kind, &wire);
    if (status) {
        free(visitor);
        return status;
    }
    *session = visitor;
    return 0;
}

static void handle_open(void *data, struct server_socket *socket)
{
    struct visitor *visitor = server_socket_session(socket);
    visitor->socket = socket;
    if (visitor->inbound.connector) {
        inbound_opened(&visitor->inbound);
    } else {
        server_socket_close(socket, 1001, "this source was ended");
    }
}

static void handle_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct visitor *visitor = server_socket_session(socket);
    if (door_is_full(visitor->door)) {
        server_socket_close(socket, CLOSE_DISK, "the disk refuses: come back later, and send again what was not acknowledged");
    } else if (is_text) {
        inbound_received(&visitor->inbound, bytes, len);
    } else {
        server_socket_close(socket, CLOSE_NOT_TEXT, "text frames only");
    }
}

static void handle_close(void *data, struct server_socket *socket, void *session, int code)
{
    struct visitor *visitor = session;
    struct ticket *ticket;
    if (!visitor)
        return;
    list_for_each(ticket, &visitor->door->tickets, link) {
        if (ticket->socket == visitor->socket)
            ticket->socket = NULL;
    }
    inbound_detach(&visitor->inbound);
    free(visitor);
}

const struct server_protocol door_protocol = {
    .name = NULL, .accept = accept_visitor, .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
};
