/*
 * irc_wire.h - lines to and from an IRC server, by TCP, TLS or websocket alike. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connector;
struct error;
struct irc_address;
struct irc_wire;

struct irc_wire_handler {
    void (*on_open)(void *data);
    /* One line without its end. is_cut: it was too long, and this is its beginning. */
    void (*on_line)(void *data, const char *text, size_t len, bool is_cut);
    /* Exactly once unless it is destroyed before; the last call of all. */
    void (*on_close)(void *data, const struct error *why);
};

/*
 * Begins to connect. Certificates and proxy are the connector's. origin: of a websocket; NULL: the server's own. NULL:
 * the address is none. The handler's functions may destroy it.
 */
struct irc_wire *irc_wire_create(const struct connector *base, const struct irc_address *address, const char *origin,
                                 int64_t open_ms, const struct irc_wire_handler *handler, void *data,
                                 struct error *err);
void irc_wire_destroy(struct irc_wire *wire);  // accepts NULL

bool irc_wire_send(struct irc_wire *wire, const char *text, size_t len, struct error *err);
