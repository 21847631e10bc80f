#include "net/server_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

/*
 * Head and body are written by ourselves: libwebsockets' own helpers know no chunked answers and close the
 * connection instead.
 */

enum { PIECE_BYTES = 32 << 10, STREAM_BYTES_MAX = 8 << 20, COOKIE_BYTES = 4096 };

static const struct {
    enum lws_token_indexes token;
    enum server_method method;
} methods[] = {
    {WSI_TOKEN_GET_URI, METHOD_GET}, {WSI_TOKEN_HEAD_URI, METHOD_HEAD}, {WSI_TOKEN_POST_URI, METHOD_POST},
    {WSI_TOKEN_PUT_URI, METHOD_PUT}, {WSI_TOKEN_PATCH_URI, METHOD_PATCH}, {WSI_TOKEN_DELETE_URI, METHOD_DELETE},
    {WSI_TOKEN_OPTIONS_URI, METHOD_OPTIONS},
};

const char *status_text(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
    }
}

/* --- Life --- */

static void free_kept(struct kept *kept)
{
    while (kept) {
        struct kept *next = kept->next;
        free(kept->name);
        free(kept->value);
        free(kept);
        kept = next;
    }
}

/* A header's value; NULL: absent. The caller frees. */
static char *copy_token(struct lws *wsi, enum lws_token_indexes token)
{
    int len = lws_hdr_total_length(wsi, token);
    if (len <= 0)
        return NULL;
    char *text = xmalloc((size_t)len + 1);
    if (lws_hdr_copy(wsi, text, len + 1, token) < 0)
        text[0] = '\0';
    return text;
}

static char *copy_query(struct lws *wsi)
{
    struct buffer query = {0};
    char part[2048];
    for (int i = 0, len; (len = lws_hdr_copy_fragment(wsi, part, sizeof(part), WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0; i++) {
        if (i > 0)
            buffer_add_char(&query, '&');
        buffer_add(&query, part, (size_t)len);
    }
    return buffer_take(&query);
}

struct server_request *request_create(struct connection *connection)
{
    struct server_request *request = xcalloc(1, sizeof(*request));
    request->connection = connection;
    for (size_t i = 0; i < ARRAY_LENGTH(methods) && !request->path; i++) {
        request->path = copy_token(connection->wsi, methods[i].token);
        if (request->path)
            request->method = methods[i].method;
    }
    if (!request->path)
        request->path = xstrdup("/");
    request->query = copy_query(connection->wsi);
    return request;
}

void request_free(struct server_request *request)
{
    loop_unwatch(request->held);
    free(request->path);
    free(request->query);
    buffer_fini(&request->body);
    buffer_fini(&request->out);
    free_kept(request->headers);
    free_kept(request->cookies);
    free_kept(request->arguments);
    free(request);
}

void request_gone(struct connection *connection)
{
    struct server_request *request = connection->request;
    if (!request)
        return;
    connection->request = NULL;
    if (request->is_delivered && !request->is_answered && request->on_gone)
        request->on_gone(request->gone_data);
    request_free(request);
}

/* --- What it says --- */

static const char *keep(struct kept **kept, const char *name, char *value)
{
    struct kept *item = xcalloc(1, sizeof(*item));
    item->name = xstrdup(name);
    item->value = value;
    item->next = *kept;
    *kept = item;
    return value;
}

static const struct kept *find_kept(const struct kept *kept, const char *name)
{
    while (kept && strcmp(kept->name, name) != 0)
        kept = kept->next;
    return kept;
}

enum server_method server_request_method(const struct server_request *request)
{
    return request->method;
}

const char *server_request_path(const struct server_request *request)
{
    return request->path;
}

const char *server_request_query(const struct server_request *request)
{
    return request->query;
}

const char *server_request_argument(struct server_request *request, const char *name)
{
    const struct kept *known = find_kept(request->arguments, name);
    if (known)
        return known->value;
    char part[4096];
    size_t name_len = strlen(name);
    struct lws *wsi = request->connection->wsi;
    for (int i = 0, len; (len = lws_hdr_copy_fragment(wsi, part, sizeof(part), WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0; i++) {
        if ((size_t)len >= name_len && strncmp(part, name, name_len) == 0 &&
            (part[name_len] == '=' || part[name_len] == '\0'))
            return keep(&request->arguments, name, xstrdup(part[name_len] ? part + name_len + 1 : ""));
    }
    return NULL;
}

/* Headers that libwebsockets has a token for, and the rest, are stored apart. */
static char *find_header(struct lws *wsi, const char *name)
{
    char with_colon[128];
    int len = snprintf(with_colon, sizeof(with_colon), "%s:", name);
    if (len <= 1 || len >= (int)sizeof(with_colon))
        return NULL;
    for (int token = 0; token < WSI_TOKEN_COUNT; token++) {
        const unsigned char *known = lws_token_to_string((enum lws_token_indexes)token);
        if (known && strcmp((const char *)known, with_colon) == 0)
            return copy_token(wsi, (enum lws_token_indexes)token);
    }
    int size = lws_hdr_custom_length(wsi, with_colon, len);
    if (size < 0)
        return NULL;
    char *value = xmalloc((size_t)size + 1);
    if (lws_hdr_custom_copy(wsi, value, size + 1, with_colon, len) < 0)
        value[0] = '\0';
    return value;
}

const char *server_request_header(const struct server_request *request, const char *name)
{
    const struct kept *known = find_kept(request->headers, name);
    if (known)
        return known->value;
    char *value = find_header(request->connection->wsi, name);
    return value ? keep(&((struct server_request *)request)->headers, name, value) : NULL;
}

const char *server_request_cookie(const struct server_request *request, const char *name)
{
    const struct kept *known = find_kept(request->cookies, name);
    if (known)
        return known->value;
    char value[COOKIE_BYTES];
    size_t len = sizeof(value);
    if (lws_http_cookie_get(request->connection->wsi, name, value, &len) != 0)
        return NULL;
    return keep(&((struct server_request *)request)->cookies, name, xstrndup(value, len < sizeof(value) ? len : 0));
}

const char *server_request_body(const struct server_request *request, size_t *len)
{
    *len = request->body.len;
    return request->body.data ? request->body.data : "";
}

const char *server_request_peer(const struct server_request *request)
{
    return request->connection->peer;
}

bool server_request_is_unix(const struct server_request *request)
{
    return request->connection->is_unix;
}

void server_request_on_gone(struct server_request *request, void (*fn)(void *data), void *data)
{
    request->on_gone = fn;
    request->gone_data = data;
}

void server_request_set_data(struct server_request *request, void *data)
{
    request->data = data;
}

void *server_request_data(const struct server_request *request)
{
    return request->data;
}

/* --- Coming in --- */

static void handle_held(void *data, int events)
{
    struct connection *connection = data;
    if (events & LOOP_HANGUP) {
        request_gone(connection);
        lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        return;
    }
    watch_set_events(connection->request->held, LOOP_HANGUP);
    lws_rx_flow_control(connection->wsi, 1);
    lws_callback_on_writable(connection->wsi);
}

/*
 * Between a request and the end of its answer libwebsockets 4.1.6 polls for input and takes none: a peer that hangs
 * up, or that sends its next request, would make the loop spin. So its input is off meanwhile, and we look for the
 * hang-up. With the input off it does not write either: it is on from when the socket takes bytes until it got them.
 */
static void hold(struct server_request *request)
{
    struct connection *connection = request->connection;
    lws_rx_flow_control(connection->wsi, 0);
    int events = LOOP_HANGUP | (request->out.len > 0 ? LOOP_WRITABLE : 0);
    request->held = loop_watch_events(connection->server->loop, lws_get_socket_fd(connection->wsi), events, handle_held,
                                      connection);
}

static void want_write(struct server_request *request)
{
    if (request->held)
        watch_set_events(request->held, LOOP_HANGUP | LOOP_WRITABLE);
    else
        lws_callback_on_writable(request->connection->wsi);
}

static void hand_over(struct server_request *request)
{
    struct connection *connection = request->connection;
    struct server *server = connection->server;
    request->is_delivered = true;
    lws_set_timeout(connection->wsi, NO_PENDING_TIMEOUT, 0);
    server->options.on_request(server->options.data, request);
    if (connection->request == request && (!request->is_answered || request->out.len > PIECE_BYTES))
        hold(request);
}

static int refuse(struct server_request *request, int status, const char *text)
{
    request->must_close = true;
    request->is_delivered = true;
    server_respond_text(request, status, "%s", text);
    return 0;
}

static int refuse_body(struct server_request *request)
{
    const struct server_options *options = &request->connection->server->options;
    if (!options->refuse_body)
        return refuse(request, 413, "the body is too large");
    request->must_close = true;
    request->is_delivered = true;
    options->refuse_body(options->data, request, request->body_bytes_max);
    return 0;
}

static size_t body_bytes_max(const struct server_request *request)
{
    const struct server_options *options = &request->connection->server->options;
    size_t limit = options->limit_body ? options->limit_body(options->data, request) : options->body_bytes_max;
    return limit < options->body_bytes_max ? limit : options->body_bytes_max;
}

/*
 * A POST without a length has no body (RFC 9112, 6.3), yet libwebsockets expects 100 MB of it: such a connection ends
 * with its answer. Chunked request bodies it does not read at all.
 */
int request_begin(struct connection *connection)
{
    if (connection->request)
        return -1;
    struct server_request *request = connection->request = request_create(connection);
    struct lws *wsi = connection->wsi;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return refuse(request, 411, "a body needs a Content-Length");
    const char *length = server_request_header(request, "content-length");
    long long expected = length ? strtoll(length, NULL, 10) : 0;
    if (expected < 0)
        return refuse(request, 400, "the Content-Length is not a number of bytes");
    request->body_bytes_max = body_bytes_max(request);
    if ((unsigned long long)expected > request->body_bytes_max)
        return refuse_body(request);
    if (expected > 0 && request->method != METHOD_GET && request->method != METHOD_HEAD)
        return 0;  // request_complete() goes on
    request->must_close = request->method != METHOD_GET && request->method != METHOD_HEAD;
    hand_over(request);
    return 0;
}

int request_body(struct connection *connection, const void *bytes, size_t len)
{
    struct server_request *request = connection->request;
    if (!request || request->is_delivered)
        return 0;
    if (request->body.len + len > request->body_bytes_max)
        return -1;
    buffer_add(&request->body, bytes, len);
    return 0;
}

int request_complete(struct connection *connection)
{
    struct server_request *request = connection->request;
    if (!request || request->is_delivered)
        return 0;
    buffer_add_char(&request->body, '\0');
    request->body.len--;
    hand_over(request);
    return 0;
}

/* --- Going out --- */

int request_write(struct connection *connection)
{
    struct server_request *request = connection->request;
    if (!request)
        return 0;
    struct lws *wsi = connection->wsi;
    size_t left = request->out.len - request->out_at;
    bool is_last = request->is_answered && left <= PIECE_BYTES;
    if (left > 0) {
        size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;
        unsigned char *at = (unsigned char *)request->out.data + request->out_at;
        if (lws_write(wsi, at, piece, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)piece)
            return -1;
        request->out_at += piece;
    }
    if (request->out_at == request->out.len)
        request->out_at = request->out.len = 0;
    if (!is_last) {
        // What libwebsockets could not send at once (4,116 bytes, or a full socket) it keeps; with the input off it would
        // neither send that nor rest.
        if (lws_partial_buffered(wsi)) {
            lws_callback_on_writable(wsi);
            return 0;
        }
        if (request->held)
            lws_rx_flow_control(wsi, 0);
        if (request->out.len > 0)
            want_write(request);
        return 0;
    }
    bool must_close = request->must_close, was_held = request->held != NULL;
    connection->request = NULL;
    request_free(request);
    if (was_held && !must_close)
        lws_rx_flow_control(wsi, 1);
    return lws_http_transaction_completed(wsi) || must_close ? -1 : 0;
}

/* Line ends in a value would begin a header of somebody else's. */
static void add_header(struct buffer *out, const char *name, const char *value)
{
    buffer_add_string(out, name);
    buffer_add_string(out, ": ");
    for (; *value; value++)
        buffer_add_char(out, *value == '\r' || *value == '\n' ? ' ' : *value);
    buffer_add_string(out, "\r\n");
}

static void add_head(struct server_request *request, int status, const char *content_type,
                     const struct net_header *headers, size_t header_count)
{
    struct buffer *out = &request->out;
    buffer_printf(out, "HTTP/1.1 %d %s\r\n", status, status_text(status));
    if (content_type)
        add_header(out, "content-type", content_type);
    for (size_t i = 0; i < header_count; i++)
        add_header(out, headers[i].name, headers[i].value);
    if (request->must_close)
        add_header(out, "connection", "close");
}

void server_respond(struct server_request *request, int status, const char *content_type,
                    const struct net_header *headers, size_t header_count, const char *body, size_t len)
{
    add_head(request, status, content_type, headers, header_count);
    bool may_have_body = status != 204 && status != 304 && status >= 200;
    if (may_have_body)
        buffer_printf(&request->out, "content-length: %zu\r\n", len);
    buffer_add_string(&request->out, "\r\n");
    if (may_have_body && request->method != METHOD_HEAD)
        buffer_add(&request->out, body, len);
    request->is_answered = true;
    want_write(request);
}

void server_respond_json(struct server_request *request, int status, const struct net_header *headers,
                         size_t header_count, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    const char *shown = text ? text : "{}";  // nothing we make fails to be written, but for a text that is no UTF-8
    server_respond(request, status, "application/json", headers, header_count, shown, strlen(shown));
    free(text);
    json_decref(body);
}

void server_respond_text(struct server_request *request, int status, const char *format, ...)
{
    struct buffer body = {0};
    va_list args;
    va_start(args, format);
    char *text = NULL;
    if (vasprintf(&text, format, args) >= 0) {
        buffer_add_string(&body, text);
        free(text);
    }
    va_end(args);
    buffer_add_char(&body, '\n');
    server_respond(request, status, "text/plain; charset=utf-8", NULL, 0, body.data, body.len);
    buffer_fini(&body);
}

void server_stream_begin(struct server_request *request, int status, const char *content_type,
                         const struct net_header *headers, size_t header_count)
{
    add_head(request, status, content_type, headers, header_count);
    buffer_add_string(&request->out, "transfer-encoding: chunked\r\n\r\n");
    request->is_stream = true;
    want_write(request);
}

bool server_stream_send(struct server_request *request, const char *bytes, size_t len)
{
    if (len == 0 || request->method == METHOD_HEAD)
        return true;
    if (request->out.len - request->out_at + len > STREAM_BYTES_MAX)
        return false;
    if (request->out_at > 0) {
        buffer_consume(&request->out, request->out_at);
        request->out_at = 0;
    }
    buffer_printf(&request->out, "%zx\r\n", len);
    buffer_add(&request->out, bytes, len);
    buffer_add_string(&request->out, "\r\n");
    want_write(request);
    return true;
}

void server_stream_end(struct server_request *request)
{
    if (request->method != METHOD_HEAD)
        buffer_add_string(&request->out, "0\r\n\r\n");
    request->is_answered = true;
    want_write(request);
}

void server_stream_abort(struct server_request *request)
{
    struct connection *connection = request->connection;
    connection->request = NULL;
    request_free(request);
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}
