#include "net/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/inside.h"

struct wire {
    int fd;
    SSL_CTX *context;
    SSL *ssl;  // NULL: plain
    bool is_up, is_broken;
};

/* --- TLS --- */

static bool is_number(const char *name)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool create_context(struct wire *wire, const char *ca_file, struct error *err)
{
    wire->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(wire->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(wire->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(wire->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Many servers hang up without TLS's goodbye. Lines have their own ends: nothing can be cut off unseen.
    SSL_CTX_set_options(wire->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_default_verify_paths(wire->context);
    if (!ca_file)
        return true;
    // A server's own certificate in that file pins it, whoever signed it.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(wire->context), X509_V_FLAG_PARTIAL_CHAIN);
    return SSL_CTX_load_verify_locations(wire->context, ca_file, NULL) == 1 ||
           error_set(err, ERROR_SYSTEM, "%s: cannot be read as certificates", ca_file);
}

static bool create_tls(struct wire *wire, const struct wire_tls *tls, struct error *err)
{
    if (!create_context(wire, tls->ca_file, err)) {
        ERR_clear_error();
        return false;
    }
    wire->ssl = SSL_new(wire->context);
    SSL_set_fd(wire->ssl, wire->fd);
    X509_VERIFY_PARAM *param = SSL_get0_param(wire->ssl);
    if (is_number(tls->name)) {
        X509_VERIFY_PARAM_set1_ip_asc(param, tls->name);
    } else {
        SSL_set_tlsext_host_name(wire->ssl, tls->name);
        X509_VERIFY_PARAM_set1_host(param, tls->name, 0);
    }
    return true;
}

static enum wire_result fail(struct wire *wire, struct error *err)
{
    long verdict = SSL_get_verify_result(wire->ssl);
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);
    wire->is_broken = true;
    if (!wire->is_up && verdict != X509_V_OK)
        error_set(err, ERROR_DENIED, "the certificate is refused: %s; " CERTIFICATE_WAY_OUT, X509_verify_cert_error_string(verdict));
    else if (reason)
        error_set(err, ERROR_AGAIN, "TLS: %s", reason);
    else
        error_errno(err, "TLS");
    if (err && err->code == ERROR_SYSTEM)
        err->code = ERROR_AGAIN;
    ERR_clear_error();
    return WIRE_FAILED;
}

/* The error queue is the thread's: libcurl and libwebsockets use it too, so it is left empty. */
static enum wire_result explain_tls(struct wire *wire, int returned, struct error *err)
{
    switch (SSL_get_error(wire->ssl, returned)) {
    case SSL_ERROR_WANT_READ: return WIRE_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return WIRE_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return WIRE_ENDED;
    default: return fail(wire, err);
    }
}

/* --- Plain --- */

static enum wire_result explain_plain(ssize_t returned, enum wire_result otherwise, struct error *err)
{
    if (returned == 0)
        return WIRE_ENDED;
    if (errno == EAGAIN || errno == EINTR)
        return otherwise;
    error_errno(err, "the connection was lost");
    if (err)
        err->code = ERROR_AGAIN;
    return WIRE_FAILED;
}

/* --- The door --- */

struct wire *wire_create(int fd, const struct wire_tls *tls, struct error *err)
{
    struct wire *wire = xcalloc(1, sizeof(*wire));
    wire->fd = fd;
    if (!tls || create_tls(wire, tls, err))
        return wire;
    wire_destroy(wire);
    return NULL;
}

void wire_destroy(struct wire *wire)
{
    if (!wire)
        return;
    if (wire->ssl && wire->is_up && !wire->is_broken)
        SSL_shutdown(wire->ssl);
    SSL_free(wire->ssl);
    SSL_CTX_free(wire->context);
    ERR_clear_error();
    close(wire->fd);
    free(wire);
}

int wire_fd(const struct wire *wire)
{
    return wire->fd;
}

enum wire_result wire_handshake(struct wire *wire, struct error *err)
{
    if (!wire->ssl)
        return WIRE_DONE;
    ERR_clear_error();
    int returned = SSL_connect(wire->ssl);
    if (returned != 1)
        return explain_tls(wire, returned, err);
    wire->is_up = true;
    return WIRE_DONE;
}

enum wire_result wire_read(struct wire *wire, void *bytes, size_t size, size_t *done, struct error *err)
{
    if (!wire->ssl) {
        ssize_t got = recv(wire->fd, bytes, size, 0);
        *done = got > 0 ? (size_t)got : 0;
        return got > 0 ? WIRE_DONE : explain_plain(got, WIRE_WANTS_READ, err);
    }
    ERR_clear_error();
    int returned = SSL_read_ex(wire->ssl, bytes, size, done);
    return returned == 1 ? WIRE_DONE : explain_tls(wire, returned, err);
}

enum wire_result wire_write(struct wire *wire, const void *bytes, size_t len, size_t *done, struct error *err)
{
    if (!wire->ssl) {
        ssize_t put = send(wire->fd, bytes, len, MSG_NOSIGNAL);
        *done = put > 0 ? (size_t)put : 0;
        return put > 0 ? WIRE_DONE : explain_plain(put, WIRE_WANTS_WRITE, err);
    }
    ERR_clear_error();
    int returned = SSL_write_ex(wire->ssl, bytes, len, done);
    return returned == 1 ? WIRE_DONE : explain_tls(wire, returned, err);
}

bool wire_has_more(const struct wire *wire)
{
    return wire->ssl && SSL_has_pending(wire->ssl);
}
