#include "net/http_inside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/inside.h"

/*
 * libcurl tells which descriptors and which timer it wants; the loop watches them. Within libcurl's callbacks data is
 * only put aside: owners hear of it in http_deliver(), outside of libcurl, where they may start and cancel requests.
 */

enum { HEAD_BYTES_MAX = 64 << 10, KEEPALIVE_IDLE_S = 30, KEEPALIVE_STEP_S = 10 };

struct http_socket {
    struct http_engine *engine;
    curl_socket_t fd;
    struct watch *watch;
};

/* --- Answers, within libcurl --- */

static bool is_streaming(const struct http_request *request)
{
    return request->options.on_data && request->status >= 200 && request->status < 300;
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
    struct http_request *request = data;
    size_t len = size * count;
    if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
        buffer_clear(&request->head);
    if (request->head.len + len > HEAD_BYTES_MAX)
        return 0;
    size_t text_len = len;
    while (text_len > 0 && strchr("\r\n ", line[text_len - 1]))
        text_len--;
    buffer_add(&request->head, line, text_len);
    buffer_add_char(&request->head, '\0');
    long status = 0;
    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    request->status = (int)status;
    request->has_head = len <= 2 && status >= 200;
    return len;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    struct http_request *request = data;
    size_t len = size * count;
    if (is_streaming(request)) {
        buffer_add(&request->pending, bytes, len);
        return len;
    }
    if (request->body.len + len > request->options.body_bytes_max) {
        request->is_too_long = true;
        return 0;
    }
    buffer_add(&request->body, bytes, len);
    return len;
}

/* --- One transfer --- */

static void set_request(struct http_request *request)
{
    CURL *easy = request->easy;
    const struct http_options *options = &request->options;
    bool is_head = options->method && strcmp(options->method, "HEAD") == 0;
    for (size_t i = 0; i < options->header_count; i++) {
        char *line = xasprintf("%s: %s", options->headers[i].name, options->headers[i].value);
        request->headers = curl_slist_append(request->headers, line);
        free(line);
    }
    request->headers = curl_slist_append(request->headers, "Expect:");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    if (options->body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, options->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body_len);
    }
    if (is_head)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (options->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, options->method);
    if (options->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    if (!options->on_data)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // of a stream it would only hold data back
}

static void set_proxy(struct http_request *request)
{
    CURL *easy = request->easy;
    const struct proxy *proxy = &request->proxy;
    if (proxy->kind == PROXY_NONE) {
        if (url_is_local(&request->url))
            curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
        return;
    }
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy->label);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (proxy->user) {
        curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy->user);
        curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy->password ? proxy->password : "");
    }
}

static void set_wire(struct http_request *request)
{
    CURL *easy = request->easy;
    char *url = xasprintf("%s%s", request->label, request->url.target);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    free(url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "antiphon/" ANTIPHON_VERSION);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error_text);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->options.connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_STEP_S);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    if (request->resolve)
        curl_easy_setopt(easy, CURLOPT_RESOLVE, request->resolve);
    set_proxy(request);
}

void http_curl_start(struct http_request *request)
{
    request->easy = curl_easy_init();
    if (!request->easy) {
        error_set(&request->error, ERROR_SYSTEM, "libcurl gives no handle");
        timer_start(&request->deadline, 0);
        return;
    }
    request->error_text[0] = '\0';
    set_wire(request);
    set_request(request);
    curl_multi_add_handle(request->engine->multi, request->easy);
    if (request->is_paused)
        curl_easy_pause(request->easy, CURLPAUSE_RECV);
}

void http_curl_drop(struct http_request *request)
{
    if (request->easy) {
        curl_multi_remove_handle(request->engine->multi, request->easy);
        curl_easy_cleanup(request->easy);
    }
    curl_slist_free_all(request->headers);
    curl_slist_free_all(request->resolve);
    request->easy = NULL;
    request->headers = request->resolve = NULL;
}

/* --- libcurl's wishes --- */

static void handle_socket(void *data, int events)
{
    const struct http_socket *socket = data;
    struct http_engine *engine = socket->engine;
    int running, mask = (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(engine->multi, socket->fd, mask, &running);
    http_deliver(engine);
}

static void handle_timer(void *data)
{
    struct http_engine *engine = data;
    int running;
    curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    http_deliver(engine);
}

static int want_timer(CURLM *multi, long timeout_ms, void *data)
{
    struct http_engine *engine = data;
    if (timeout_ms < 0)
        timer_stop(&engine->timer);
    else
        timer_start(&engine->timer, timeout_ms);
    return 0;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    struct http_engine *engine = data;
    struct http_socket *socket = socket_data;
    int events = (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0);
    if (what == CURL_POLL_REMOVE) {
        if (socket) {
            loop_unwatch(socket->watch);
            free(socket);
        }
        curl_multi_assign(engine->multi, fd, NULL);
    } else if (socket) {
        watch_set_events(socket->watch, events);
    } else {
        socket = xcalloc(1, sizeof(*socket));
        socket->engine = engine;
        socket->fd = fd;
        socket->watch = loop_watch_events(engine->loop, fd, events, handle_socket, socket);
        curl_multi_assign(engine->multi, fd, socket);
    }
    return 0;
}

static void init_library(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
}

struct http_engine *http_engine_create(struct loop *loop)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_library);
    struct http_engine *engine = xcalloc(1, sizeof(*engine));
    engine->loop = loop;
    list_init(&engine->requests);
    timer_init(&engine->timer, loop, handle_timer, engine);
    engine->multi = curl_multi_init();
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
    return engine;
}

void http_engine_destroy(struct http_engine *engine)
{
    while (!list_is_empty(&engine->requests))
        http_request_free(container_of(engine->requests.next, struct http_request, link));
    curl_multi_cleanup(engine->multi);
    timer_stop(&engine->timer);
    free(engine);
}
