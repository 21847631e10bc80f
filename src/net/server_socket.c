#include "net/server_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { REASON_BYTES = 123, FIRST_RING = 16 };

/* --- Payloads --- */

struct payload *payload_create(const char *bytes, size_t len)
{
    struct payload *payload = xmalloc(sizeof(*payload) + LWS_PRE + len + 1);
    payload->references = 1;
    payload->len = len;
    if (len)
        memcpy(payload->bytes + LWS_PRE, bytes, len);
    payload->bytes[LWS_PRE + len] = '\0';
    return payload;
}

struct payload *payload_ref(struct payload *payload)
{
    payload->references++;
    return payload;
}

void payload_unref(struct payload *payload)
{
    if (payload && --payload->references == 0)
        free(payload);
}

size_t payload_len(const struct payload *payload)
{
    return payload->len;
}

const char *payload_bytes(const struct payload *payload)
{
    return (const char *)payload->bytes + LWS_PRE;
}

/* --- The queue of a socket --- */

static void grow_ring(struct server_socket *socket)
{
    size_t size = socket->ring_size ? socket->ring_size * 2 : FIRST_RING;
    struct item *ring = xcalloc(size, sizeof(*ring));
    for (size_t i = 0; i < socket->count; i++)
        ring[i] = socket->ring[(socket->first + i) % socket->ring_size];
    free(socket->ring);
    socket->ring = ring;
    socket->ring_size = size;
    socket->first = 0;
}

static struct item pop_item(struct server_socket *socket)
{
    struct item item = socket->ring[socket->first];
    socket->first = (socket->first + 1) % socket->ring_size;
    socket->count--;
    socket->bytes -= item.payload->len;
    return item;
}

static void drop_items(struct server_socket *socket)
{
    while (socket->count > 0)
        payload_unref(pop_item(socket).payload);
}

static void handle_overflow(struct server_socket *socket)
{
    const struct server_protocol *protocol = socket->protocol;
    drop_items(socket);
    if (!protocol->on_overflow || socket->is_in_overflow) {
        server_socket_close(socket, 1013, "too slow");
        return;
    }
    socket->is_in_overflow = true;
    protocol->on_overflow(socket->connection->server->options.data, socket);
    socket->is_in_overflow = false;
}

static bool push(struct server_socket *socket, struct payload *payload, bool is_binary)
{
    if (socket->is_closing)
        return false;
    const struct server_options *options = &socket->connection->server->options;
    bool is_full = socket->count >= options->queue_count_max ||
                   (socket->count > 0 && socket->bytes + payload->len > options->queue_bytes_max);
    if (is_full) {
        handle_overflow(socket);
        return false;
    }
    if (socket->count == socket->ring_size)
        grow_ring(socket);
    socket->ring[(socket->first + socket->count++) % socket->ring_size] = (struct item){payload_ref(payload), is_binary};
    socket->bytes += payload->len;
    lws_callback_on_writable(socket->connection->wsi);
    return true;
}

bool server_socket_send(struct server_socket *socket, struct payload *payload)
{
    return push(socket, payload, false);
}

bool server_socket_send_binary(struct server_socket *socket, struct payload *payload)
{
    return push(socket, payload, true);
}

bool server_socket_send_text(struct server_socket *socket, const char *text, size_t len)
{
    struct payload *payload = payload_create(text, len);
    bool ok = push(socket, payload, false);
    payload_unref(payload);
    return ok;
}

int socket_write(struct connection *connection)
{
    struct server_socket *socket = connection->socket;
    if (!socket)
        return -1;
    for (int i = 0; i < SERVER_WRITES_A_TURN && socket->count > 0; i++) {
        struct item item = pop_item(socket);
        int len = (int)item.payload->len;
        int taken = lws_write(connection->wsi, item.payload->bytes + LWS_PRE, item.payload->len,
                              item.is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
        payload_unref(item.payload);
        if (taken < len)
            return -1;
        if (lws_send_pipe_choked(connection->wsi))
            break;
    }
    if (socket->count > 0) {
        lws_callback_on_writable(connection->wsi);
    } else if (socket->is_closing) {
        lws_close_reason(connection->wsi, (enum lws_close_status)socket->close_code,
                         (unsigned char *)socket->close_reason, strlen(socket->close_reason));
        return -1;
    }
    return 0;
}

/* --- Coming and going --- */

static const struct server_protocol *find_protocol(const struct server *server, const char *name, size_t len)
{
    for (size_t i = 0; i < server->options.protocol_count; i++) {
        const struct server_protocol *protocol = &server->options.protocols[i];
        bool is_it = name ? protocol->name && strlen(protocol->name) == len && strncmp(protocol->name, name, len) == 0
                          : !protocol->name;
        if (is_it)
            return protocol;
    }
    return NULL;
}

/* libwebsockets answers with the first of the client's list that it knows: this is the same one. */
static const struct server_protocol *choose_protocol(const struct server *server, const char *offered)
{
    if (!offered)
        return find_protocol(server, NULL, 0);
    const struct server_protocol *found = NULL;
    for (const char *at = offered; *at && !found;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ", \t");
        if (len > 0)
            found = find_protocol(server, at, len);
        at += len;
    }
    return found;
}

static int refuse(struct connection *connection, int status)
{
    char head[LWS_PRE + 160];
    int len = snprintf(head + LWS_PRE, sizeof(head) - LWS_PRE,
                       "HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", status, status_text(status));
    lws_write(connection->wsi, (unsigned char *)head + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_FINAL);
    return -1;
}

/* Everything is decided here, where the headers are whole and an HTTP status can still be given. */
int socket_accept(struct connection *connection)
{
    struct server *server = connection->server;
    struct server_request *request = request_create(connection);
    const struct server_protocol *protocol =
        choose_protocol(server, server_request_header(request, "sec-websocket-protocol"));
    void *session = NULL;
    int status = protocol ? protocol->accept(server->options.data, request, &session) : 400;
    request_free(request);
    if (status != 0)
        return refuse(connection, status);
    struct server_socket *socket = connection->socket = xcalloc(1, sizeof(*socket));
    socket->connection = connection;
    socket->protocol = protocol;
    socket->session = session;
    return 0;
}

void socket_open(struct connection *connection)
{
    struct server_socket *socket = connection->socket;
    socket->is_open = true;
    if (socket->protocol->on_open)
        socket->protocol->on_open(connection->server->options.data, socket);
}

void socket_gone(struct connection *connection)
{
    struct server_socket *socket = connection->socket;
    if (!socket)
        return;
    connection->socket = NULL;
    drop_items(socket);
    socket->is_closing = true;  // a send from within on_close goes nowhere
    if (socket->protocol->on_close)
        socket->protocol->on_close(connection->server->options.data, socket->is_open ? socket : NULL, socket->session,
                                   socket->close_code ? socket->close_code : 1006);
    buffer_fini(&socket->incoming);
    free(socket->ring);
    free(socket);
}

int socket_receive(struct connection *connection, const void *bytes, size_t len)
{
    struct server_socket *socket = connection->socket;
    if (!socket)
        return -1;
    struct lws *wsi = connection->wsi;
    const struct server *server = connection->server;
    bool is_last = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);
    if (lws_is_first_fragment(wsi))
        buffer_clear(&socket->incoming);
    if (socket->is_closing)
        return 0;
    // Never -1 with a reason from here: 4.1.6 then reads the rest of the frame behind the end of its buffer.
    if (socket->incoming.len + len > server->options.message_bytes_max) {
        buffer_fini(&socket->incoming);
        if (socket->protocol->on_too_large)
            socket->protocol->on_too_large(server->options.data, socket);
        server_socket_close(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL);
        return 0;
    }
    buffer_add(&socket->incoming, bytes, len);
    if (!is_last)
        return 0;
    lws_validity_confirmed(wsi);
    if (socket->protocol->on_message)
        socket->protocol->on_message(server->options.data, socket, socket->incoming.data ? socket->incoming.data : "",
                                     socket->incoming.len, !lws_frame_is_binary(wsi));
    buffer_clear(&socket->incoming);
    return 0;
}

void socket_peer_closes(struct connection *connection, const unsigned char *bytes, size_t len)
{
    if (connection->socket && len >= 2 && !connection->socket->close_code)
        connection->socket->close_code = bytes[0] << 8 | bytes[1];
}

void *server_socket_session(const struct server_socket *socket)
{
    return socket->session;
}

const char *server_socket_peer(const struct server_socket *socket)
{
    return socket->connection->peer;
}

void server_socket_close(struct server_socket *socket, int code, const char *reason)
{
    if (socket->is_closing)
        return;
    socket->is_closing = true;
    socket->close_code = code;
    size_t len = reason ? strlen(reason) : 0;
    len = len > REASON_BYTES ? utf8_cut(reason, REASON_BYTES) : len;
    memcpy(socket->close_reason, reason ? reason : "", len);
    lws_callback_on_writable(socket->connection->wsi);
}

void server_socket_abort(struct server_socket *socket)
{
    socket->is_closing = true;
    drop_items(socket);
    lws_set_timeout(socket->connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void server_socket_pause(struct server_socket *socket, bool is_paused)
{
    lws_rx_flow_control(socket->connection->wsi, is_paused ? 0 : 1);
}

size_t server_socket_queued_bytes(const struct server_socket *socket)
{
    return socket->bytes;
}
