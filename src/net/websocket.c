#include "net/websocket.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/dial.h"
#include "net/inside.h"
#include "net/resolver.h"
#include "net/url.h"

enum {
    OPEN_TIMEOUT_MS = 15000, PING_S = 20, HANGUP_AFTER_PING_S = 10, MESSAGE_BYTES = 1 << 20, QUEUE_COUNT = 1024,
    QUEUE_BYTES = 4 << 20, WRITES_A_TURN = 16, REASON_BYTES = 123, GOODBYE_S = 2,
};

enum state { STATE_CONNECTING, STATE_OPEN, STATE_ENDED };

struct outgoing {
    struct list link;  // in websocket.queue
    size_t len;
    enum lws_write_protocol type;
    unsigned char bytes[];  // LWS_PRE of room, then the message: a client's write masks it in place
};

/*
 * A connection of libwebsockets finds its websocket by the opaque pointer. Whoever gives up first lets go of it: the
 * pointer becomes NULL, and what libwebsockets still has to say about that connection concerns nobody.
 */
struct websocket {
    struct loop *loop;
    struct websocket_options options;  // strings and headers owned; limits filled in
    struct url url;
    char *label;  // for errors
    struct lws_vhost *vhost;
    const lws_retry_bo_t *policy;
    enum state state;
    struct lws *wsi;  // NULL: none under way
    struct dial *dial;      // by way of a proxy
    struct tunnel *tunnel;  // then
    struct resolver_query *query;
    struct resolver_answer addresses;
    size_t next_address;
    struct timer open_timer, next_timer;
    struct buffer incoming;
    struct list queue;
    size_t queue_count, queue_bytes;
    bool is_closing, has_answer;
    bool is_in_connect, has_failed;  // a callback within lws_client_connect_via_info() only leaves a note
    char cause[200];                 // of the attempt that failed
    int close_code;
    char close_reason[REASON_BYTES * 3 + 1];
    int http_status;
    int64_t alive_ms;
    struct error error;  // what we ourselves found wrong; code NONE: nothing
};

static void drop_queue(struct websocket *ws)
{
    struct outgoing *out, *next;
    list_for_each_safe(out, next, &ws->queue, link)
        free(out);
    list_init(&ws->queue);
    ws->queue_count = ws->queue_bytes = 0;
}

/*
 * An open connection says goodbye at its next writeable. One that still connects must run into its own timeout:
 * killing it leaves a timer of 4.1.6 behind.
 */
static void let_go(struct websocket *ws)
{
    struct lws *wsi = ws->wsi;
    ws->wsi = NULL;
    if (!wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    if (ws->state != STATE_OPEN)
        return;
    lws_set_wsi_user(wsi, (void *)(intptr_t)ws->options.goodbye_code);  // all that is left of us: see handle_abandoned()
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, GOODBYE_S);
    lws_callback_on_writable(wsi);
}

static void describe_end(struct websocket *ws, struct websocket_close *end, const char *otherwise)
{
    if (ws->error.code != ERROR_NONE)
        end->error = ws->error;
    else if (!end->was_open)
        error_set(&end->error, ERROR_AGAIN, "%s", otherwise);
    else if (ws->is_closing)
        error_set(&end->error, ERROR_NONE, "closed by us");
    else if (ws->close_code)
        error_set(&end->error, ERROR_AGAIN, "closed by the other side with %d%s%.200s", ws->close_code,
                  ws->close_reason[0] ? ": " : "", ws->close_reason);
    else
        error_set(&end->error, ERROR_AGAIN, "the connection was lost");
    error_prefix(&end->error, "%s", ws->label);
}

/* The one way to the end. The owner may destroy the websocket in on_close. */
static void finish(struct websocket *ws, const char *otherwise)
{
    if (ws->state == STATE_ENDED)
        return;
    struct websocket_close end = {.was_open = ws->state == STATE_OPEN, .http_status = ws->http_status};
    let_go(ws);
    ws->state = STATE_ENDED;
    resolver_cancel(ws->query);
    ws->query = NULL;
    dial_cancel(ws->dial);
    ws->dial = NULL;
    tunnel_let_go(ws->tunnel);
    timer_stop(&ws->open_timer);
    timer_stop(&ws->next_timer);
    drop_queue(ws);
    end.code = end.was_open ? (ws->close_code ? ws->close_code : 1006) : 0;
    end.reason = ws->close_reason;
    describe_end(ws, &end, otherwise);
    ws->options.handler->on_close(ws->options.data, &end);
}

/* --- Connecting --- */

/* One address did not work. The next one is tried from the loop, not from within libwebsockets' callback. */
static void handle_failed_attempt(struct websocket *ws, const char *text)
{
    ws->wsi = NULL;
    ws->has_failed = true;
    if (text != ws->cause)
        snprintf(ws->cause, sizeof(ws->cause), "%s", text);
    if (ws->is_in_connect)
        return;
    if (!ws->has_answer && ws->next_address < ws->addresses.count)
        timer_start(&ws->next_timer, 0);
    else
        finish(ws, ws->cause);
}

static void connect_next(void *data)
{
    struct websocket *ws = data;
    const struct url *url = &ws->url;
    const char *number = ws->addresses.addresses[ws->next_address++];
    const char *address = ws->tunnel ? tunnel_address(ws->tunnel) : number;
    char *unix_address = url->host ? NULL : xasprintf("+%s", ws->options.url + strlen("unix:"));
    // A Host with a port is right, but it is also the name that a certificate is checked against.
    const char *host = !url->host ? "localhost" : url->is_tls ? url->host : strstr(ws->label, "://") + 3;
    struct lws_client_connect_info info = {
        .context = loop_context(ws->loop), .vhost = ws->vhost, .address = unix_address ? unix_address : address,
        .port = url->port, .host = host, .path = url->target, .origin = ws->options.origin, .alpn = "http/1.1",
        .protocol = ws->options.protocol, .local_protocol_name = "websocket", .pwsi = &ws->wsi,
        .opaque_user_data = ws, .retry_and_idle_policy = ws->policy,
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (url->is_tls ? LCCSCF_USE_SSL : 0)};
    ws->wsi = NULL;
    ws->is_in_connect = true;
    ws->has_failed = false;
    ws->cause[0] = '\0';
    loop_last_complaint();
    struct lws *wsi = lws_client_connect_via_info(&info);
    free(unix_address);
    ws->is_in_connect = false;
    if (!wsi || ws->has_failed)
        handle_failed_attempt(ws, ws->cause[0] ? ws->cause : "cannot connect");
}

static void handle_addresses(void *data, const struct resolver_answer *answer)
{
    struct websocket *ws = data;
    ws->query = NULL;
    ws->addresses = *answer;
    if (answer->count == 0) {
        ws->error = answer->error;
        finish(ws, "");
        return;
    }
    connect_next(ws);
}

/* A socket to the host: libwebsockets gets it by way of a tunnel. */
static void handle_dialled(void *data, int fd, const struct error *error)
{
    struct websocket *ws = data;
    ws->dial = NULL;
    ws->error = *error;
    if (fd >= 0)
        ws->tunnel = tunnel_create(ws->loop, fd, &ws->tunnel, &ws->error);
    if (!ws->tunnel) {
        finish(ws, "");
        return;
    }
    ws->addresses.count = 1;
    connect_next(ws);
}

static void handle_open_timeout(void *data)
{
    struct websocket *ws = data;
    char text[80];
    snprintf(text, sizeof(text), "no answer within %.1f s", (double)ws->options.open_timeout_ms / 1000);
    finish(ws, text);
}

static int append_headers(struct websocket *ws, struct lws *wsi, unsigned char **at, size_t len)
{
    unsigned char *end = *at + len;
    for (size_t i = 0; i < ws->options.header_count; i++) {
        const struct net_header *header = &ws->options.headers[i];
        char *name = xasprintf("%s:", header->name);
        int failed = lws_add_http_header_by_name(wsi, (unsigned char *)name, (const unsigned char *)header->value,
                                                 (int)strlen(header->value), at, end);
        free(name);
        if (failed) {
            error_set(&ws->error, ERROR_DATA, "the headers are longer than %zu bytes", len);
            return -1;
        }
    }
    return 0;
}

static void handle_status(struct websocket *ws, struct lws *wsi)
{
    int status = (int)lws_http_client_http_response(wsi);
    ws->has_answer = true;
    if (status == 101)
        return;
    ws->http_status = status;
    bool may_pass = status == 408 || status == 429 || status >= 500 || status < 100;
    error_set(&ws->error, may_pass ? ERROR_AGAIN : ERROR_DENIED, "the server refused with HTTP status %d", status);
}

static int check_protocol(struct websocket *ws, struct lws *wsi)
{
    char got[128] = "";
    lws_hdr_copy(wsi, got, sizeof(got), WSI_TOKEN_PROTOCOL);
    if (!ws->options.protocol || ws->options.is_protocol_loose || strcmp(got, ws->options.protocol) == 0)
        return 0;
    error_set(&ws->error, ERROR_DATA, "the server does not speak %s", ws->options.protocol);
    return -1;
}

/* Why a certificate was refused is said in the log only: "SSL error: hostname mismatch (preverify_ok=0;err=62…". */
static void handle_connection_error(struct websocket *ws, const char *text, size_t len)
{
    static const char mark[] = "SSL error: ";
    char cause[200];
    snprintf(cause, sizeof(cause), "%.*s", text ? (int)(len < 180 ? len : 180) : 14, text ? text : "cannot connect");
    const char *complaint = ws->url.is_tls ? loop_last_complaint() : "";
    if (ws->error.code == ERROR_NONE && strncmp(complaint, mark, strlen(mark)) == 0) {
        const char *reason = complaint + strlen(mark);
        size_t reason_len = strcspn(reason, "(");
        reason_len -= reason_len > 0 && reason[reason_len - 1] == ' ';
        error_set(&ws->error, ERROR_DENIED, "the certificate is refused: %.*s; " CERTIFICATE_WAY_OUT, (int)reason_len, reason);
    }
    handle_failed_attempt(ws, cause);
}

static void handle_established(struct websocket *ws)
{
    timer_stop(&ws->open_timer);
    ws->state = STATE_OPEN;
    ws->alive_ms = clock_monotonic_ms();
    if (ws->options.handler->on_open)
        ws->options.handler->on_open(ws->options.data);
}

/* --- Open --- */

static bool is_of(const struct lws *wsi, const struct websocket *ws)
{
    return lws_get_opaque_user_data(wsi) == ws;
}

/* The buffer is ours alone while the handler runs: it may destroy the websocket. */
static void deliver(struct websocket *ws, struct lws *wsi)
{
    struct buffer message = ws->incoming;
    ws->incoming = (struct buffer){0};
    ws->options.handler->on_message(ws->options.data, message.data ? message.data : "", message.len,
                                    !lws_frame_is_binary(wsi));
    if (!is_of(wsi, ws)) {
        buffer_fini(&message);
        return;
    }
    buffer_clear(&message);
    ws->incoming = message;
}

static int handle_receive(struct websocket *ws, struct lws *wsi, const void *in, size_t len)
{
    ws->alive_ms = clock_monotonic_ms();
    bool is_first = lws_is_first_fragment(wsi);
    bool is_last = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);
    if (is_first)
        buffer_clear(&ws->incoming);
    if (ws->is_closing)
        return 0;
    // Never -1 with a reason from here: 4.1.6 then reads the rest of the frame behind the end of its buffer.
    if (ws->incoming.len + len > ws->options.message_bytes_max) {
        error_set(&ws->error, ERROR_DATA, "a message is longer than %zu bytes", ws->options.message_bytes_max);
        buffer_fini(&ws->incoming);
        websocket_close(ws, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL);
        return 0;
    }
    if (is_last)
        lws_validity_confirmed(wsi);
    if (is_first && is_last) {
        ws->options.handler->on_message(ws->options.data, len ? in : "", len, !lws_frame_is_binary(wsi));
        return 0;
    }
    buffer_add(&ws->incoming, in, len);
    if (is_last)
        deliver(ws, wsi);
    return 0;
}

static int handle_writeable(struct websocket *ws, struct lws *wsi)
{
    for (int i = 0; i < WRITES_A_TURN && !list_is_empty(&ws->queue); i++) {
        struct outgoing *out = container_of(ws->queue.next, struct outgoing, link);
        list_remove(&out->link);
        ws->queue_count--;
        ws->queue_bytes -= out->len;
        int taken = lws_write(wsi, out->bytes + LWS_PRE, out->len, out->type);
        bool ok = taken >= (int)out->len;
        free(out);
        if (!ok)
            return -1;
        if (lws_send_pipe_choked(wsi))
            break;
    }
    if (!list_is_empty(&ws->queue)) {
        lws_callback_on_writable(wsi);
    } else if (ws->is_closing) {
        lws_close_reason(wsi, (enum lws_close_status)ws->close_code, (unsigned char *)ws->close_reason,
                         strlen(ws->close_reason));
        return -1;
    }
    return 0;
}

static void handle_peer_close(struct websocket *ws, const unsigned char *in, size_t len)
{
    if (len < 2 || ws->is_closing)
        return;
    ws->close_code = in[0] << 8 | in[1];
    size_t rest = len - 2 < REASON_BYTES ? len - 2 : REASON_BYTES;
    size_t out = utf8_repair((const char *)in + 2, rest, ws->close_reason);
    ws->close_reason[out] = '\0';
}

/* Nobody's any more: no more connecting, no more reading, a proper goodbye where one is due. */
static int handle_abandoned(struct lws *wsi, enum lws_callback_reasons reason)
{
    intptr_t code = (intptr_t)lws_wsi_user(wsi);
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return -1;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        lws_close_reason(wsi, (enum lws_close_status)(code ? code : LWS_CLOSE_STATUS_NORMAL), NULL, 0);
        return -1;
    default: return 0;
    }
}

int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLIENT_CLOSED: break;
    default: return 0;  // among them those with a wsi that is none
    }
    struct websocket *ws = lws_get_opaque_user_data(wsi);
    if (!ws)
        return handle_abandoned(wsi, reason);
    if (ws->wsi != wsi)
        return 0;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return append_headers(ws, wsi, in, len);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: handle_status(ws, wsi); break;
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH: return check_protocol(ws, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: handle_connection_error(ws, in, len); break;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP: handle_failed_attempt(ws, "the server gave no answer"); break;
    case LWS_CALLBACK_CLIENT_ESTABLISHED: handle_established(ws); break;
    case LWS_CALLBACK_CLIENT_RECEIVE: return handle_receive(ws, wsi, in, len);
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG: ws->alive_ms = clock_monotonic_ms(); break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return handle_writeable(ws, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: handle_peer_close(ws, in, len); break;
    default:
        ws->wsi = NULL;
        finish(ws, "");
    }
    return 0;
}

/* --- The door --- */

static void copy_options(struct websocket *ws, const struct websocket_options *from)
{
    struct websocket_options *options = &ws->options;
    *options = *from;
    options->url = xstrdup(from->url);
    options->protocol = xstrdup(from->protocol);
    options->origin = xstrdup(from->origin);
    options->ca_file = options->proxy = NULL;
    struct net_header *headers = xcalloc(from->header_count + 1, sizeof(*headers));
    for (size_t i = 0; i < from->header_count; i++)
        headers[i] = (struct net_header){xstrdup(from->headers[i].name), xstrdup(from->headers[i].value)};
    options->headers = headers;
    options->open_timeout_ms = from->open_timeout_ms ? from->open_timeout_ms : OPEN_TIMEOUT_MS;
    options->message_bytes_max = from->message_bytes_max ? from->message_bytes_max : MESSAGE_BYTES;
    options->queue_count_max = from->queue_count_max ? from->queue_count_max : QUEUE_COUNT;
    options->queue_bytes_max = from->queue_bytes_max ? from->queue_bytes_max : QUEUE_BYTES;
    options->idle_ping_s = from->idle_ping_s ? from->idle_ping_s : PING_S;
    options->idle_hangup_s = from->idle_hangup_s ? from->idle_hangup_s : options->idle_ping_s + HANGUP_AFTER_PING_S;
}

/* A Unix socket needs no name: the address list has one empty entry. */
static bool parse_address(struct websocket *ws, const char *path, struct error *err)
{
    if (strncmp(ws->options.url, "unix:/", 6) != 0) {
        if (!url_parse(ws->options.url, "ws wss", &ws->url, err))
            return false;
        ws->label = url_label(&ws->url);
        return true;
    }
    ws->url.target = xstrdup(path ? path : "/");
    ws->label = xstrdup(ws->options.url);
    ws->addresses.count = 1;
    return true;
}

static bool begin_dial(struct websocket *ws, const char *proxy, struct error *err)
{
    struct dial_options options = {.host = ws->url.host, .port = ws->url.port, .proxy = proxy, .data = ws,
                                   .timeout_ms = ws->options.open_timeout_ms, .on_done = handle_dialled};
    ws->dial = dial_start(ws->loop, &options, err);
    return ws->dial != NULL;
}

struct websocket *websocket_create(struct loop *loop, const struct websocket_options *options, struct error *err)
{
    struct websocket *ws = xcalloc(1, sizeof(*ws));
    ws->loop = loop;
    copy_options(ws, options);
    list_init(&ws->queue);
    timer_init(&ws->open_timer, loop, handle_open_timeout, ws);
    timer_init(&ws->next_timer, loop, connect_next, ws);
    ws->policy = loop_idle_policy(loop, ws->options.idle_ping_s, ws->options.idle_hangup_s);
    if (!parse_address(ws, options->path, err))
        goto fail;
    bool is_proxied = ws->url.host && options->proxy && options->proxy[0];
    bool is_local = !ws->url.host || is_proxied || url_is_local(&ws->url);
    ws->vhost = loop_client_vhost(loop, options->ca_file, is_local, err);
    if (!ws->vhost)
        goto fail;
    timer_start(&ws->open_timer, ws->options.open_timeout_ms);
    if (is_proxied && !begin_dial(ws, options->proxy, err))
        goto fail;
    if (is_proxied)
        return ws;
    if (ws->url.host)
        ws->query = resolver_ask(loop, ws->url.host, handle_addresses, ws);
    else
        timer_start(&ws->next_timer, 0);
    return ws;
fail:
    websocket_destroy(ws);
    return NULL;
}

void websocket_destroy(struct websocket *ws)
{
    if (!ws)
        return;
    let_go(ws);
    resolver_cancel(ws->query);
    dial_cancel(ws->dial);
    tunnel_let_go(ws->tunnel);
    timer_stop(&ws->open_timer);
    timer_stop(&ws->next_timer);
    drop_queue(ws);
    buffer_fini(&ws->incoming);
    url_fini(&ws->url);
    for (size_t i = 0; i < ws->options.header_count; i++) {
        free((char *)ws->options.headers[i].name);
        free((char *)ws->options.headers[i].value);
    }
    free((struct net_header *)ws->options.headers);
    free((char *)ws->options.url);
    free((char *)ws->options.protocol);
    free((char *)ws->options.origin);
    free(ws->label);
    free(ws);
}

static bool push(struct websocket *ws, const void *bytes, size_t len, enum lws_write_protocol type, struct error *err)
{
    if (ws->state != STATE_OPEN || ws->is_closing)
        return error_set(err, ERROR_AGAIN, "%s: not connected", ws->label);
    if (ws->queue_count >= ws->options.queue_count_max || ws->queue_bytes + len > ws->options.queue_bytes_max)
        return error_set(err, ERROR_AGAIN, "%s: %zu messages wait to be sent already", ws->label, ws->queue_count);
    struct outgoing *out = xmalloc(sizeof(*out) + LWS_PRE + len);
    out->len = len;
    out->type = type;
    if (len)
        memcpy(out->bytes + LWS_PRE, bytes, len);
    list_append(&ws->queue, &out->link);
    ws->queue_count++;
    ws->queue_bytes += len;
    lws_callback_on_writable(ws->wsi);
    return true;
}

bool websocket_send(struct websocket *ws, const char *text, size_t len, struct error *err)
{
    return push(ws, text, len, LWS_WRITE_TEXT, err);
}

bool websocket_send_binary(struct websocket *ws, const void *bytes, size_t len, struct error *err)
{
    return push(ws, bytes, len, LWS_WRITE_BINARY, err);
}

void websocket_close(struct websocket *ws, int code, const char *reason)
{
    if (ws->state == STATE_ENDED || ws->is_closing)
        return;
    ws->is_closing = true;
    ws->close_code = code;
    size_t len = reason ? strlen(reason) : 0;
    len = len > REASON_BYTES ? utf8_cut(reason, REASON_BYTES) : len;
    memcpy(ws->close_reason, reason ? reason : "", len);
    ws->close_reason[len] = '\0';
    if (ws->state == STATE_OPEN)
        lws_callback_on_writable(ws->wsi);
    else
        timer_start(&ws->open_timer, 0);
}

int64_t websocket_alive_ms(const struct websocket *ws)
{
    return ws->alive_ms;
}

size_t websocket_queued_bytes(const struct websocket *ws)
{
    return ws->queue_bytes;
}
