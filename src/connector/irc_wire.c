#include "connector/irc_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/irc_address.h"
#include "connector/irc_line.h"
#include "net/lines.h"
#include "net/websocket.h"

/* Above a line of 1 MB, so that one such message is one bad frame and not a lost connection. */
enum { FRAME_BYTES_MAX = 4 << 20 };

struct irc_wire {
    struct lines *lines;          // one of these two
    struct websocket *websocket;
    const struct irc_wire_handler *handler;
    void *data;
};

static void handle_open(void *data)
{
    struct irc_wire *wire = data;
    wire->handler->on_open(wire->data);
}

/* ---- TCP and TLS ---- */

static void handle_line(void *data, const char *text, size_t len, bool is_cut)
{
    struct irc_wire *wire = data;
    wire->handler->on_line(wire->data, text, len, is_cut);
}

static void handle_lines_close(void *data, const struct lines_close *end)
{
    struct irc_wire *wire = data;
    wire->handler->on_close(wire->data, &end->error);
}

static const struct lines_handler lines_handler = {
    .on_open = handle_open, .on_line = handle_line, .on_close = handle_lines_close};

static bool open_lines(struct irc_wire *wire, const struct connector *base, const struct irc_address *address,
                       int64_t open_ms, struct error *err)
{
    struct lines_options options = {
        .host = address->host, .port = address->port, .is_tls = address->way == IRC_BY_TLS, .ca_file = base->ca_file,
        .proxy = base->proxy, .open_timeout_ms = open_ms, .line_bytes_max = IRC_LINE_BYTES_MAX,
        .handler = &lines_handler, .data = wire};
    wire->lines = lines_create(base->options.loop, &options, err);
    return wire->lines != NULL;
}

/* ---- websocket: one line a message, without its end ---- */

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct irc_wire *wire = data;
    while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        len--;
    size_t kept = len < IRC_LINE_BYTES_MAX ? len : IRC_LINE_BYTES_MAX;
    wire->handler->on_line(wire->data, bytes, kept, kept < len);
}

static void handle_websocket_close(void *data, const struct websocket_close *end)
{
    struct irc_wire *wire = data;
    wire->handler->on_close(wire->data, &end->error);
}

static const struct websocket_handler websocket_handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_websocket_close};

/* Servers want an Origin, and many allow any: a web client's of their own is the likeliest. */
static bool open_websocket(struct irc_wire *wire, const struct connector *base, const struct irc_address *address,
                           const char *origin, int64_t open_ms, struct error *err)
{
    char *own = xasprintf("https://%s", address->host);
    struct websocket_options options = {
        .url = address->url, .protocol = "text.ircv3.net, text.inspircd.org", .is_protocol_loose = true,
        .origin = origin ? origin : own, .open_timeout_ms = open_ms, .message_bytes_max = FRAME_BYTES_MAX,
        .handler = &websocket_handler, .data = wire};
    connector_fill_websocket(base, &options);
    wire->websocket = websocket_create(base->options.loop, &options, err);
    free(own);
    return wire->websocket != NULL;
}

/* ---- the door ---- */

struct irc_wire *irc_wire_create(const struct connector *base, const struct irc_address *address, const char *origin,
                                 int64_t open_ms, const struct irc_wire_handler *handler, void *data,
                                 struct error *err)
{
    struct irc_wire *wire = xcalloc(1, sizeof(*wire));
    wire->handler = handler;
    wire->data = data;
    bool ok = address->way == IRC_BY_WEBSOCKET ? open_websocket(wire, base, address, origin, open_ms, err)
                                               : open_lines(wire, base, address, open_ms, err);
    if (ok)
        return wire;
    free(wire);
    return NULL;
}

void irc_wire_destroy(struct irc_wire *wire)
{
    if (!wire)
        return;
    lines_destroy(wire->lines);
    websocket_destroy(wire->websocket);
    free(wire);
}

bool irc_wire_send(struct irc_wire *wire, const char *text, size_t len, struct error *err)
{
    return wire->lines ? lines_send(wire->lines, text, len, err) : websocket_send(wire->websocket, text, len, err);
}
