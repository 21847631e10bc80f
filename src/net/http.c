#include "net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/memory.h"
#include "net/inside.h"
#include "net/proxy.h"
#include "net/resolver.h"
#include "net/url.h"

/*
 * libcurl tells which descriptors and which timer it wants; the loop watches them. Within libcurl's callbacks data is
 * only put aside: owners hear of it in deliver(), outside of libcurl, where they may start and cancel requests.
 */

enum {
    CONNECT_TIMEOUT_MS = 10000, TIMEOUT_MS = 30000, BODY_BYTES = 4 << 20, HEAD_BYTES_MAX = 64 << 10,
    KEEPALIVE_IDLE_S = 30, KEEPALIVE_STEP_S = 10,
};

struct http_engine {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;
    struct list requests;  // struct http_request
};

struct http_socket {
    struct http_engine *engine;
    curl_socket_t fd;
    struct watch *watch;
};

struct http_request {
    struct list link;  // in engine.requests
    struct http_engine *engine;
    struct http_options options;  // strings owned, limits filled in
    struct url url;
    struct proxy proxy;
    char *label;  // for errors
    struct resolver_query *query;
    CURL *easy;  // NULL: not begun
    struct curl_slist *headers, *resolve;
    char error_text[CURL_ERROR_SIZE];
    struct timer deadline;
    int redirects_left;
    struct buffer head;     // header lines of the last answer, a NUL behind each
    struct buffer body;     // of an answer that is kept whole
    struct buffer pending;  // of a stream, not yet delivered
    char *content_type;
    int status;
    bool has_head, is_status_told, is_too_long, is_late, is_ended, is_paused;
    CURLcode code;          // once is_ended
    struct error error;     // a failure before libcurl had it
};

/* --- Answers, within libcurl --- */

static bool is_streaming(const struct http_request *request)
{
    return request->options.on_data && request->status >= 200 && request->status < 300;
}

static bool is_redirect(const struct http_request *request)
{
    return request->redirects_left > 0 && request->status >= 300 && request->status < 400 && request->status != 304;
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

/* --- The end of a request --- */

static void drop_easy(struct http_request *request)
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

static void request_free(struct http_request *request)
{
    list_remove(&request->link);
    timer_stop(&request->deadline);
    resolver_cancel(request->query);
    drop_easy(request);
    url_fini(&request->url);
    proxy_fini(&request->proxy);
    for (size_t i = 0; i < request->options.header_count; i++) {
        free((char *)request->options.headers[i].name);
        free((char *)request->options.headers[i].value);
    }
    free((struct net_header *)request->options.headers);
    free((char *)request->options.method);
    free((char *)request->options.body);
    free((char *)request->options.ca_file);
    free(request->label);
    free(request->content_type);
    buffer_fini(&request->head);
    buffer_fini(&request->body);
    buffer_fini(&request->pending);
    free(request);
}

/* The proxy wants another login, or forbids it: a person must act. */
static bool is_refused_by_proxy(const struct http_request *request)
{
    long status = 0, socks = 0;
    if (!request->easy)
        return false;
    curl_easy_getinfo(request->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    curl_easy_getinfo(request->easy, CURLINFO_PROXY_ERROR, &socks);
    return status == 407 || status == 403 || socks == CURLPX_USER_REJECTED || socks == CURLPX_NO_AUTH ||
           socks == CURLPX_REPLY_NOT_ALLOWED;
}

static void explain_transfer(const struct http_request *request, struct error *error)
{
    const char *text = request->error_text[0] ? request->error_text : curl_easy_strerror(request->code);
    switch (request->code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: error_set(error, ERROR_DENIED, "%s", text); break;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT: error_set(error, ERROR_SYSTEM, "%s", text); break;
    default: error_set(error, is_refused_by_proxy(request) ? ERROR_DENIED : ERROR_AGAIN, "%s", text);
    }
}

static void explain_status(int status, struct error *error)
{
    if (status >= 200 && status < 300)
        return;
    enum error_code code = status == 401 || status == 403 || status == 407    ? ERROR_DENIED
                           : status == 408 || status == 429 || status >= 500 ? ERROR_AGAIN
                                                                             : ERROR_DATA;
    error_set(error, code, "the server answered with HTTP status %d", status);
}

static void explain(const struct http_request *request, struct error *error)
{
    if (request->error.code != ERROR_NONE)
        *error = request->error;
    else if (request->is_too_long)
        error_set(error, ERROR_DATA, "the answer is longer than %zu bytes", request->options.body_bytes_max);
    else if (request->code != CURLE_OK)
        explain_transfer(request, error);
    else if (!request->has_head)
        error_set(error, ERROR_AGAIN, "the answer was cut off within its headers");  // for curl it is whole, and empty
    else
        explain_status(request->status, error);
    if (error->code != ERROR_NONE)
        error_prefix(error, "%s", request->label);
}

static void report_end(struct http_request *request)
{
    list_remove(&request->link);
    timer_stop(&request->deadline);
    buffer_add_char(&request->body, '\0');
    struct http_result result = {.status = request->has_head ? request->status : 0, .body = request->body.data, .len = request->body.len - 1,
                                 .request = request};
    const char *type = http_header(request, "content-type");
    request->content_type = xstrdup(type ? type : "");
    result.content_type = request->content_type;
    explain(request, &result.error);
    request->options.on_done(request->options.data, &result);
    request_free(request);
}

/* --- Begin, and begin again --- */

static bool begin(struct http_request *request);

static bool follow(struct http_request *request)
{
    char *to = NULL;
    curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_URL, &to);
    struct url url = {0};
    if (!to || !url_parse(to, "http https", &url, NULL)) {
        url_fini(&url);
        return false;
    }
    drop_easy(request);
    url_fini(&request->url);
    free(request->label);
    request->url = url;
    request->label = url_label(&url);
    request->redirects_left--;
    buffer_clear(&request->body);
    request->status = 0;
    request->has_head = request->is_ended = false;
    return begin(request);
}

/* From its headers on a stream has no other deadline. */
static void watch_silence(struct http_request *request)
{
    if (request->options.silence_timeout_ms)
        timer_start(&request->deadline, request->options.silence_timeout_ms);
    else
        timer_stop(&request->deadline);
}

/* One piece of news. The owner may free any request meanwhile, also this one. */
static bool deliver_one(struct http_request *request)
{
    if (request->has_head && !request->is_status_told && !is_redirect(request)) {
        request->is_status_told = true;
        if (request->options.on_data)
            watch_silence(request);
        if (request->options.on_status) {
            request->options.on_status(request->options.data, request->status);
            return true;
        }
    }
    if (request->pending.len > 0) {
        struct buffer data = request->pending;
        request->pending = (struct buffer){0};
        watch_silence(request);
        request->options.on_data(request->options.data, data.data, data.len);
        buffer_fini(&data);
        return true;
    }
    if (request->is_ended) {
        if (request->code != CURLE_OK || request->is_late || !is_redirect(request) || !follow(request))
            report_end(request);
        return true;
    }
    return false;
}

static void deliver(struct http_engine *engine)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(engine->multi, &left))) {
        struct http_request *request;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        request->is_ended = true;
        request->code = message->data.result;
    }
    for (bool again = true; again;) {
        again = false;
        struct http_request *request;
        list_for_each(request, &engine->requests, link) {
            if (deliver_one(request)) {
                again = true;  // from the start: the list may be another one
                break;
            }
        }
    }
}

static void handle_deadline(void *data)
{
    struct http_request *request = data;
    const struct http_options *options = &request->options;
    if (request->has_head && options->on_data)
        error_set(&request->error, ERROR_AGAIN, "silent for %.1f s", (double)options->silence_timeout_ms / 1000);
    else
        error_set(&request->error, ERROR_AGAIN, "no answer in time");
    request->is_late = request->is_ended = true;
    deliver(request->engine);
}

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

static void start_transfer(struct http_request *request)
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

/* "host:port:address,address": libcurl then asks nobody, and has all addresses to try. */
static void handle_addresses(void *data, const struct resolver_answer *answer)
{
    struct http_request *request = data;
    request->query = NULL;
    if (answer->count == 0) {
        request->error = answer->error;
        request->is_late = request->is_ended = true;
        deliver(request->engine);
        return;
    }
    struct buffer entry = {0};
    bool is_proxied = request->proxy.kind != PROXY_NONE;
    const char *host = is_proxied ? request->proxy.host : request->url.host;
    buffer_printf(&entry, "%s:%u:", host, is_proxied ? request->proxy.port : request->url.port);
    for (size_t i = 0; i < answer->count; i++) {
        bool is_v6 = strchr(answer->addresses[i], ':') != NULL;
        buffer_printf(&entry, "%s%s%s%s", i ? "," : "", is_v6 ? "[" : "", answer->addresses[i], is_v6 ? "]" : "");
    }
    char *text = buffer_take(&entry);
    if (strchr(host, ':') == NULL)
        request->resolve = curl_slist_append(NULL, text);
    free(text);
    start_transfer(request);
}

/* Behind a proxy names are the proxy's to resolve. */
static bool is_behind_proxy(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return true;
    }
    return false;
}

static void handle_addresses_of_proxy(void *data, const struct resolver_answer *answer)
{
    struct http_request *request = data;
    request->query = NULL;
    start_transfer(request);
}

static bool begin(struct http_request *request)
{
    struct loop *loop = request->engine->loop;
    if (request->proxy.kind != PROXY_NONE) {
        request->query = resolver_ask(loop, request->proxy.host, handle_addresses, request);
        return true;
    }
    request->query = !url_is_local(&request->url) && is_behind_proxy()
        ? resolver_ask(loop, "127.0.0.1", handle_addresses_of_proxy, request)
        : resolver_ask(loop, request->url.host, handle_addresses, request);
    return true;
}

/* --- libcurl's wishes --- */

static void handle_socket(void *data, int events)
{
    const struct http_socket *socket = data;
    struct http_engine *engine = socket->engine;
    int running, mask = (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(engine->multi, socket->fd, mask, &running);
    deliver(engine);
}

static void handle_timer(void *data)
{
    struct http_engine *engine = data;
    int running;
    curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    deliver(engine);
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
        request_free(container_of(engine->requests.next, struct http_request, link));
    curl_multi_cleanup(engine->multi);
    timer_stop(&engine->timer);
    free(engine);
}

/* --- The door --- */

static void copy_options(struct http_request *request, const struct http_options *from)
{
    struct http_options *options = &request->options;
    *options = *from;
    options->url = options->proxy = NULL;  // taken apart in request.url and request.proxy
    options->method = xstrdup(from->method);
    options->ca_file = xstrdup(from->ca_file);
    size_t len = from->body ? from->body_len : 0;
    options->body = from->body ? xstrndup("", 0) : NULL;
    if (len > 0) {
        options->body = xrealloc((char *)options->body, len);
        memcpy((char *)options->body, from->body, len);
    }
    struct net_header *headers = xcalloc(from->header_count + 1, sizeof(*headers));
    for (size_t i = 0; i < from->header_count; i++)
        headers[i] = (struct net_header){xstrdup(from->headers[i].name), xstrdup(from->headers[i].value)};
    options->headers = headers;
    options->connect_timeout_ms = from->connect_timeout_ms ? from->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    options->timeout_ms = from->timeout_ms ? from->timeout_ms : TIMEOUT_MS;
    options->body_bytes_max = from->body_bytes_max ? from->body_bytes_max : BODY_BYTES;
}

struct http_request *http_start(struct loop *loop, const struct http_options *options, struct error *err)
{
    struct http_engine *engine = loop_http(loop);
    struct http_request *request = xcalloc(1, sizeof(*request));
    request->engine = engine;
    copy_options(request, options);
    timer_init(&request->deadline, loop, handle_deadline, request);
    list_append(&engine->requests, &request->link);
    if (!url_parse(options->url, "http https", &request->url, err) ||
        !proxy_parse(options->proxy, &request->proxy, err)) {
        request_free(request);
        return NULL;
    }
    request->label = url_label(&request->url);
    bool is_plain = options->header_count == 0 && !options->body;
    request->redirects_left = is_plain ? options->redirects_max : 0;
    timer_start(&request->deadline, request->options.timeout_ms);
    begin(request);
    return request;
}

void http_cancel(struct http_request *request)
{
    if (request)
        request_free(request);
}

/* Resuming takes what libcurl held back from within the call: the loop is to look for it. */
void http_pause(struct http_request *request, bool is_paused)
{
    request->is_paused = is_paused;
    if (!request->easy)
        return;
    curl_easy_pause(request->easy, is_paused ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    if (!is_paused)
        timer_start(&request->engine->timer, 0);
}

const char *http_header(const struct http_request *request, const char *name)
{
    size_t name_len = strlen(name);
    const char *found = NULL, *end = request->head.data + request->head.len;
    for (const char *line = request->head.data; line && line < end; line += strlen(line) + 1) {
        if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':')
            found = line + name_len + 1 + strspn(line + name_len + 1, " \t");
    }
    return found;
}

const char *http_result_header(const struct http_result *result, const char *name)
{
    return http_header(result->request, name);
}
