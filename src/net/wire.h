/*
 * wire.h - a connected socket, plain or with TLS on it (OpenSSL): what lines.h reads and writes. Nothing blocks.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;
struct wire;

enum wire_result {
    WIRE_DONE,
    WIRE_WANTS_READ,   // call again when the socket is readable
    WIRE_WANTS_WRITE,  // or writable: TLS may want the other direction than it was asked for
    WIRE_ENDED,        // the peer has said all it will
    WIRE_FAILED,       // err says why
};

struct wire_tls {
    const char *name;     // for SNI, and the certificate is to be of this name or address
    const char *ca_file;  // PEM, trusted besides the system's, be it a self-signed certificate itself; NULL: none
};

/* Owns fd from now on, also if it fails. tls NULL: plain. NULL: the file of certificates cannot be read. */
struct wire *wire_create(int fd, const struct wire_tls *tls, struct error *err);
void wire_destroy(struct wire *wire);  // says goodbye if it may; accepts NULL

int wire_fd(const struct wire *wire);

/* Of a plain wire done at once. A certificate that does not fit is ERROR_DENIED. */
enum wire_result wire_handshake(struct wire *wire, struct error *err);

/* WIRE_DONE: *done bytes went, at least one. */
enum wire_result wire_read(struct wire *wire, void *bytes, size_t size, size_t *done, struct error *err);
enum wire_result wire_write(struct wire *wire, const void *bytes, size_t len, size_t *done, struct error *err);

/* Bytes are here already of which the socket tells nothing. */
bool wire_has_more(const struct wire *wire);
