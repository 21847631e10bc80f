#include "net/server_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

/*
 * We listen and accept ourselves and hand the sockets to libwebsockets: so a busy port is an error with its reason,
 * port 0 and a Unix socket beside TCP are plain, and too many connections or descriptors are ours to handle.
 */

enum {
    BODY_BYTES = 1 << 20, MESSAGE_BYTES = 256 << 10, QUEUE_COUNT = 1024, QUEUE_BYTES = 8 << 20, CONNECTIONS = 512,
    PING_S = 20, HANGUP_AFTER_PING_S = 10, BACKLOG = 128, ACCEPTS_A_TURN = 32, TIRED_MS = 1000, PORT_RETRY_MS = 2000, IO_TIMEOUT_S = 20,
    RX_BYTES = 4096,
};

struct listener {
    struct list link;  // in server.listeners
    struct server *server;
    int fd;
    bool is_unix;
    struct watch *watch;  // NULL: resting, see rest()
    struct timer rest;
};

/* --- Accepting --- */

static void handle_incoming(void *data);

static void handle_rested(void *data)
{
    struct listener *listener = data;
    listener->watch = loop_watch_fd(listener->server->loop, listener->fd, handle_incoming, listener);
}

/* Out of descriptors the waiting connection stays readable: without a rest the loop would spin. */
static void rest(struct listener *listener, const char *reason)
{
    log_warn("net/server", "no connection accepted for %d ms: %s", TIRED_MS, reason);
    loop_unwatch(listener->watch);
    listener->watch = NULL;
    timer_start(&listener->rest, TIRED_MS);
}

static void describe_peer(struct connection *connection, const struct sockaddr_storage *address, socklen_t len)
{
    if (connection->is_unix ||
        getnameinfo((const struct sockaddr *)address, len, connection->peer, sizeof(connection->peer), NULL, 0,
                    NI_NUMERICHOST) != 0)
        strcpy(connection->peer, connection->is_unix ? "unix" : "unknown");
}

static void adopt(struct listener *listener, int fd, const struct sockaddr_storage *address, socklen_t len)
{
    struct server *server = listener->server;
    struct connection *connection = xcalloc(1, sizeof(*connection));
    connection->server = server;
    connection->is_unix = listener->is_unix;
    describe_peer(connection, address, len);
    list_append(&server->connections, &connection->link);
    server->connection_count++;
    if (!listener->is_unix)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    lws_adopt_desc_t adoption = {
        .vh = server->vhost, .fd = {.sockfd = fd}, .opaque = connection,
        .type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET | (listener->is_unix ? 0 : LWS_ADOPT_ALLOW_SSL)};
    // On failure the descriptor is closed and the connection freed, with the wsi.
    struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
    if (wsi)
        connection->wsi = wsi;
}

static void handle_incoming(void *data)
{
    struct listener *listener = data;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage address;
        socklen_t len = sizeof(address);
        int fd = accept4(listener->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        // Strangers may fill TCP's share; the user's own overlay and video come in by the Unix socket all the same.
        bool is_full = !listener->is_unix && listener->server->connection_count >= listener->server->options.connections_max;
        if (fd >= 0 && is_full) {
            close(fd);
        } else if (fd >= 0) {
            adopt(listener, fd, &address, len);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            rest(listener, strerror(errno));
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

/* --- Listening --- */

static void add_listener(struct server *server, int fd, bool is_unix)
{
    struct listener *listener = xcalloc(1, sizeof(*listener));
    listener->server = server;
    listener->fd = fd;
    listener->is_unix = is_unix;
    timer_init(&listener->rest, server->loop, handle_rested, listener);
    list_append(&server->listeners, &listener->link);
    handle_rested(listener);
}

static bool explain_bind(const char *address, uint16_t port, struct error *err)
{
    int reason = errno;
    error_errno(err, "cannot listen on %s:%u", address, port);
    if (reason == EADDRINUSE)
        error_set(err, ERROR_DENIED, "cannot listen on %s:%u: another program holds this port (perhaps antiphon itself, "
                  "started twice); end it or choose another port", address, port);
    else if (reason == EADDRNOTAVAIL)
        error_set(err, ERROR_DENIED, "cannot listen on %s:%u: this machine has no such address; 127.0.0.1 always works",
                  address, port);
    else if (reason == EACCES)
        error_set(err, ERROR_DENIED, "cannot listen on %s:%u: ports below 1024 are not for ordinary users; choose a "
                  "higher one", address, port);
    return false;
}

static bool listen_tcp(struct server *server, struct error *err)
{
    const char *address = server->options.address;
    if (strcmp(address, "localhost") == 0)
        address = "127.0.0.1";
    char port[8];
    snprintf(port, sizeof(port), "%u", server->options.port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(address, port, &hints, &found) != 0)
        return error_set(err, ERROR_DATA, "cannot listen on \"%s\": expected a numeric address, such as 127.0.0.1 or 0.0.0.0",
                         address);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    if (!ok)
        explain_bind(address, server->options.port, err);
    int reason = errno;
    freeaddrinfo(found);
    if (!ok) {
        if (fd >= 0)
            close(fd);
        errno = reason;  // listen_or_wait() looks at it
        return false;
    }
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    getsockname(fd, (struct sockaddr *)&bound, &len);
    server->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                     : ((struct sockaddr_in *)&bound)->sin_port);
    add_listener(server, fd, false);
    return true;
}

static void handle_port_retry(void *data)
{
    struct server *server = data;
    struct error err;
    if (listen_tcp(server, &err)) {
        log_info("net/server", "port %u is free now: listening on %s", server->port, server->options.address);
    } else {
        timer_start(&server->port_retry, PORT_RETRY_MS);
    }
}

/* What needs no port must not wait for one: chats are read and journalled while another program holds it. */
static bool listen_or_wait(struct server *server, struct error *err)
{
    struct error unwanted = {0};
    err = err ? err : &unwanted;
    if (listen_tcp(server, err))
        return true;
    if (errno != EADDRINUSE || !server->options.waits_for_port)
        return false;
    log_error("net/server", "%s. All else goes on; the port is tried again every %d s", err->text, PORT_RETRY_MS / 1000);
    timer_start(&server->port_retry, PORT_RETRY_MS);
    return true;
}

/* A socket that nobody listens on refuses at once: what a killed program left behind. */
static bool is_dead(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return dead;
}

/* Between bind and listen nobody can connect, so the mode is set in time. */
static bool listen_unix(struct server *server, struct error *err)
{
    const char *path = server->options.unix_path;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(err, ERROR_DATA, "%s: a socket's path has at most %zu bytes; choose a shorter folder", path,
                         sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0 && !ok && errno == EADDRINUSE && is_dead(&address)) {
        unlink(path);
        ok = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    }
    if (!ok && fd >= 0 && errno == EADDRINUSE)
        error_set(err, ERROR_DENIED, "%s: another program listens there (perhaps antiphon itself, started twice)", path);
    else if (!ok)
        error_errno(err, "%s", path);
    else if (chmod(path, 0600) != 0 || listen(fd, BACKLOG) != 0)
        ok = error_errno(err, "%s", path);
    if (!ok) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    add_listener(server, fd, true);
    return true;
}

/* --- libwebsockets' callbacks --- */

static void connection_free(struct connection *connection)
{
    request_gone(connection);
    socket_gone(connection);
    if (connection->server)
        connection->server->connection_count--;
    list_remove(&connection->link);
    free(connection);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY: break;
    default: return 0;
    }
    struct connection *connection = lws_get_opaque_user_data(wsi);
    if (!connection)
        return 0;
    connection->wsi = wsi;
    if (reason == LWS_CALLBACK_WSI_DESTROY) {
        lws_set_opaque_user_data(wsi, NULL);
        connection_free(connection);
        return 0;
    }
    if (!connection->server)
        return -1;
    switch (reason) {
    case LWS_CALLBACK_HTTP: return request_begin(connection);
    case LWS_CALLBACK_HTTP_BODY: return request_body(connection, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return request_complete(connection);
    case LWS_CALLBACK_HTTP_WRITEABLE: return request_write(connection);
    case LWS_CALLBACK_CLOSED_HTTP: request_gone(connection); return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return socket_accept(connection);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return connection->socket ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED: socket_open(connection); return 0;
    case LWS_CALLBACK_RECEIVE: return socket_receive(connection, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return socket_write(connection);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: socket_peer_closes(connection, in, len); return 0;
    default: socket_gone(connection); return 0;
    }
}

/* --- The door --- */

/* The first stands for HTTP and for websockets without sub-protocol; socket_accept() guards it. */
static struct lws_protocols *make_protocols(struct server *server)
{
    size_t count = server->options.protocol_count;
    struct lws_protocols *protocols = xcalloc(count + 2, sizeof(*protocols));
    size_t used = 0;
    protocols[used++] = (struct lws_protocols){.name = "http", .callback = callback, .rx_buffer_size = RX_BYTES};
    for (size_t i = 0; i < count; i++) {
        const char *name = server->options.protocols[i].name;
        if (name)
            protocols[used++] = (struct lws_protocols){.name = name, .callback = callback, .rx_buffer_size = RX_BYTES};
    }
    return protocols;
}

static bool create_vhost(struct server *server, struct error *err)
{
    const struct server_options *options = &server->options;
    const char *const files[] = {options->cert_file, options->key_file};
    for (int i = 0; i < 2; i++) {
        if (files[i] && access(files[i], R_OK) != 0)
            return error_errno(err, "%s", files[i]);
    }
    struct lws_protocols *protocols = make_protocols(server);
    loop_free_later(server->loop, protocols);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER, .protocols = protocols, .vhost_name = "server", .alpn = "http/1.1",
        .ssl_cert_filepath = options->cert_file, .ssl_private_key_filepath = options->key_file,
        .timeout_secs = IO_TIMEOUT_S, .keepalive_timeout = 30,
        .options = options->cert_file ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
        .retry_and_idle_policy = options->idle_ping_s > 0
            ? loop_idle_policy(server->loop, options->idle_ping_s, options->idle_hangup_s)
            : loop_idle_policy(server->loop, 0, 0)};
    loop_last_complaint();
    server->vhost = lws_create_vhost(loop_context(server->loop), &info);
    return server->vhost || error_set(err, ERROR_SYSTEM, "%s: cannot serve with this certificate and key: %s",
                                      options->cert_file ? options->cert_file : "server", loop_last_complaint());
}

static size_t or_usual(size_t value, size_t usual)
{
    return value ? value : usual;
}

static void copy_options(struct server *server, const struct server_options *from)
{
    struct server_options *options = &server->options;
    *options = *from;
    options->address = xstrdup(from->address ? from->address : "127.0.0.1");
    options->unix_path = xstrdup(from->unix_path);
    options->cert_file = xstrdup(from->cert_file);
    options->key_file = xstrdup(from->key_file);
    options->body_bytes_max = or_usual(from->body_bytes_max, BODY_BYTES);
    options->message_bytes_max = or_usual(from->message_bytes_max, MESSAGE_BYTES);
    options->queue_count_max = or_usual(from->queue_count_max, QUEUE_COUNT);
    options->queue_bytes_max = or_usual(from->queue_bytes_max, QUEUE_BYTES);
    options->connections_max = or_usual(from->connections_max, CONNECTIONS);
    options->idle_ping_s = from->idle_ping_s ? from->idle_ping_s : PING_S;
    options->idle_hangup_s = from->idle_hangup_s ? from->idle_hangup_s : options->idle_ping_s + HANGUP_AFTER_PING_S;
}

struct server *server_create(struct loop *loop, const struct server_options *options, struct error *err)
{
    struct server *server = xcalloc(1, sizeof(*server));
    server->loop = loop;
    list_init(&server->listeners);
    list_init(&server->connections);
    timer_init(&server->port_retry, loop, handle_port_retry, server);
    copy_options(server, options);
    if (create_vhost(server, err) && (options->is_unix_only || listen_or_wait(server, err)) &&
        (!options->unix_path || listen_unix(server, err)))
        return server;
    server_destroy(server);
    return NULL;
}

static void close_listeners(struct server *server)
{
    struct listener *listener, *next;
    list_for_each_safe(listener, next, &server->listeners, link) {
        loop_unwatch(listener->watch);
        timer_stop(&listener->rest);
        close(listener->fd);
        if (listener->is_unix)
            unlink(server->options.unix_path);
        free(listener);
    }
}

void server_destroy(struct server *server)
{
    if (!server)
        return;
    timer_stop(&server->port_retry);
    close_listeners(server);
    struct connection *connection, *next;
    list_for_each_safe(connection, next, &server->connections, link) {
        request_gone(connection);
        socket_gone(connection);
        connection->server = NULL;
        list_remove(&connection->link);
    }
    if (server->vhost)
        lws_vhost_destroy(server->vhost);
    free((char *)server->options.address);
    free((char *)server->options.unix_path);
    free((char *)server->options.cert_file);
    free((char *)server->options.key_file);
    free(server);
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}
