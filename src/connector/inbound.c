#include "connector/inbound.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"

enum { TOKEN_MIN = 22, TOKEN_MAX = 128, TOKEN_DISTINCT_MIN = 8 };

void inbound_say(struct inbound_answer *answer, int status, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    answer->status = status;
    answer->content_type = NULL;
    buffer_clear(&answer->body);
    if (len < 0)
        return;
    buffer_add(&answer->body, text, (size_t)len);
    buffer_add_char(&answer->body, '\n');
    free(text);
}

/* ---- tokens ---- */

void inbound_make_token(char token[INBOUND_TOKEN_BYTES])
{
    unsigned char bytes[(INBOUND_TOKEN_BYTES - 1) / 2];
    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        token[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        token[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    token[INBOUND_TOKEN_BYTES - 1] = '\0';
}

/* How random a text is cannot be seen; "aaaaaaaaaaaaaaaaaaaaaaaa" can. */
static size_t count_distinct(const char *text)
{
    bool is_there[256] = {false};
    size_t count = 0;
    for (; *text; text++) {
        count += !is_there[(unsigned char)*text];
        is_there[(unsigned char)*text] = true;
    }
    return count;
}

bool inbound_check_token(const char *token, struct error *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = token ? strlen(token) : 0;
    if (len == 0)
        return error_set(err, ERROR_DATA, "token: missing; `antiphon door` makes one and says where to put it");
    if (len < TOKEN_MIN || len > TOKEN_MAX || strspn(token, allowed) != len)
        return error_set(err, ERROR_DATA, "token: expected %d to %d of A-Z, a-z, 0-9, - and _; `antiphon door` makes one",
                         TOKEN_MIN, TOKEN_MAX);
    if (count_distinct(token) < TOKEN_DISTINCT_MIN)
        return error_set(err, ERROR_DATA, "token: can be guessed; `antiphon door` makes a random one");
    return true;
}

const char *connector_token(const struct connector *connector)
{
    const char *token = connector->impl->token ? connector->impl->token((struct connector *)connector) : NULL;
    return token && *token ? token : NULL;
}

bool connector_has_token(const struct connector *connector, const char *given, size_t len)
{
    const char *token = connector_token(connector);
    size_t held = token ? strlen(token) : 0;
    volatile unsigned char differs = held == 0 || held != len;
    for (size_t i = 0; i < len; i++)
        differs |= (unsigned char)((held ? token[i % held] : 0) ^ given[i]);
    return differs == 0;
}

/* ---- requests ---- */

void connector_request(struct connector *connector, const struct inbound_request *request,
                       struct inbound_answer *answer)
{
    if (connector->impl->request) {
        connector->impl->request(connector, request, answer);
    } else {
        inbound_say(answer, 404, "this source takes no requests, only a websocket at /ws/…");
    }
}

/* ---- websockets ---- */

bool connector_takes_sockets(const struct connector *connector)
{
    return connector->impl->socket_receive != NULL;
}

int inbound_attach(struct inbound_socket *socket, struct connector *connector, const char *kind,
                   const struct inbound_wire *wire)
{
    size_t count = 0;
    struct inbound_socket *other;
    *socket = (struct inbound_socket){.wire = wire};
    list_init(&socket->link);
    if (!connector_takes_sockets(connector))
        return 404;
    list_for_each(other, &connector->sockets, link)
        count++;
    if (count >= INBOUND_SOCKETS_MAX)
        return 503;
    socket->connector = connector;
    socket->kind = xstrdup(kind);
    list_append(&connector->sockets, &socket->link);
    return 0;
}

void inbound_opened(struct inbound_socket *socket)
{
    struct connector *connector = socket->connector;
    if (!connector)
        return;
    socket->is_open = true;
    if (connector->impl->socket_open)
        connector->impl->socket_open(connector, socket);
}

void inbound_received(struct inbound_socket *socket, const char *text, size_t len)
{
    if (socket->connector)
        socket->connector->impl->socket_receive(socket->connector, socket, text, len);
}

static void leave(struct inbound_socket *socket)
{
    struct connector *connector = socket->connector;
    socket->connector = NULL;
    list_remove(&socket->link);
    if (connector && socket->is_open && connector->impl->socket_close)
        connector->impl->socket_close(connector, socket);
}

void inbound_detach(struct inbound_socket *socket)
{
    leave(socket);
    free(socket->kind);
    socket->kind = NULL;
}

void connector_end_sockets(struct connector *base)
{
    struct inbound_socket *socket, *next;
    list_for_each_safe(socket, next, &base->sockets, link) {
        leave(socket);
        socket->wire->close(socket, 1001, "this source was ended");
    }
}

const char *inbound_socket_kind(const struct inbound_socket *socket)
{
    return socket->kind;
}

void inbound_socket_set_data(struct inbound_socket *socket, void *data)
{
    socket->data = data;
}

void *inbound_socket_data(const struct inbound_socket *socket)
{
    return socket->data;
}

bool inbound_socket_send(struct inbound_socket *socket, const char *text, size_t len)
{
    return socket->wire->send(socket, text, len);
}

void inbound_socket_acknowledge(struct inbound_socket *socket, const char *text, size_t len)
{
    socket->wire->acknowledge(socket, text, len);
}

void inbound_socket_close(struct inbound_socket *socket, int code, const char *reason)
{
    socket->wire->close(socket, code, reason);
}
