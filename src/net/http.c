#include "net/http_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/inside.h"
#include "net/resolver.h"

enum { CONNECT_TIMEOUT_MS = 10000, TIMEOUT_MS = 30000, BODY_BYTES = 4 << 20 };

static bool is_redirect(const struct http_request *request)
{
    return request->redirects_left > 0 && request->status >= 300 && request->status < 400 && request->status != 304;
}

/* --- The end of a request --- */

void http_request_free(struct http_request *request)
{
    list_remove(&request->link);
    timer_stop(&request->deadline);
    resolver_cancel(request->query);
    http_curl_drop(request);
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
    case CURLE_SSL_ISSUER_ERROR: error_set(error, ERROR_DENIED, "%s; " CERTIFICATE_WAY_OUT, text); break;
    case CURLE_SSL_CACERT_BADFILE: error_set(error, ERROR_DENIED, "%s", text); break;
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
    http_request_free(request);
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
    http_curl_drop(request);
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

void http_deliver(struct http_engine *engine)
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
    if (request->error.code != ERROR_NONE)
        ;  // known already: it was not even begun
    else if (request->has_head && options->on_data)
        error_set(&request->error, ERROR_AGAIN, "silent for %.1f s", (double)options->silence_timeout_ms / 1000);
    else
        error_set(&request->error, ERROR_AGAIN, "no answer in time");
    request->is_late = request->is_ended = true;
    http_deliver(request->engine);
}

/* Ended before libcurl had it; the owner hears of it. */
static void give_up(struct http_request *request)
{
    request->is_late = request->is_ended = true;
    http_deliver(request->engine);
}

static bool may_connect(const struct http_request *request, const char *address)
{
    const struct http_options *options = &request->options;
    return !options->may_connect || options->may_connect(options->data, &request->url, address);
}

static void forbid(struct http_request *request)
{
    error_set(&request->error, ERROR_DENIED, "this is no address that may be connected to");
}

static void handle_addresses(void *data, const struct resolver_answer *answer)
{
    struct http_request *request = data;
    request->query = NULL;
    if (answer->count == 0) {
        request->error = answer->error;
        give_up(request);
        return;
    }
    // "host:port:address,address": libcurl then asks nobody, and has all addresses to try.
    struct buffer entry = {0};
    bool is_proxied = request->proxy.kind != PROXY_NONE;
    const char *host = is_proxied ? request->proxy.host : request->url.host;
    buffer_printf(&entry, "%s:%u:", host, is_proxied ? request->proxy.port : request->url.port);
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        bool is_v6 = strchr(answer->addresses[i], ':') != NULL;
        if (!is_proxied && !may_connect(request, answer->addresses[i]))
            continue;
        buffer_printf(&entry, "%s%s%s%s", count++ ? "," : "", is_v6 ? "[" : "", answer->addresses[i], is_v6 ? "]" : "");
    }
    char *text = buffer_take(&entry);
    if (strchr(host, ':') == NULL)
        request->resolve = curl_slist_append(NULL, text);
    free(text);
    if (count > 0) {
        http_curl_start(request);
        return;
    }
    forbid(request);
    give_up(request);
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
    http_curl_start(request);
}

static bool begin(struct http_request *request)
{
    struct loop *loop = request->engine->loop;
    if (!may_connect(request, NULL)) {
        forbid(request);
        timer_start(&request->deadline, 0);
        return true;
    }
    if (request->proxy.kind != PROXY_NONE) {
        request->query = resolver_ask(loop, request->proxy.host, handle_addresses, request);
        return true;
    }
    request->query = !url_is_local(&request->url) && is_behind_proxy()
        ? resolver_ask(loop, "127.0.0.1", handle_addresses_of_proxy, request)
        : resolver_ask(loop, request->url.host, handle_addresses, request);
    return true;
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
        http_request_free(request);
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
        http_request_free(request);
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
