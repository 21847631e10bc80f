/*
 * http.h - HTTP requests that we make: plain ones with bounds, and streams that stay open for hours.
 * libcurl's multi handle, driven by the loop; names are resolved by resolver.h, so a hanging name stops nothing.
 * http:// and https:// only. Error texts never hold path or query of the URL: keys live there. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/header.h"

struct http_request;
struct loop;
struct url;

/* What came back. Borrowed until on_done returns. */
struct http_result {
    int status;               // 0: no answer came
    const char *body;         // NUL-terminated behind len; of a stream only if the status was not 2xx
    size_t len;
    const char *content_type; // "" if none
    /*
     * ERROR_NONE: a whole 2xx answer. Else AGAIN (network, timeout, 408, 429, 5xx, a stream cut off), DENIED (401,
     * 403, 407, a certificate that does not fit), DATA (other statuses, a body over the limit), SYSTEM.
     */
    struct error error;
    const struct http_request *request;  // for http_result_header()
};

struct http_options {
    const char *url;
    const char *method;  // NULL: GET, or POST if there is a body
    const struct net_header *headers;  // copied
    size_t header_count;
    const char *body;    // copied; NULL: none. Give the content-type among the headers
    size_t body_len;
    const char *ca_file;         // PEM, trusted besides the system's; NULL: none
    const char *proxy;           // as in proxy.h, for any host; NULL: none but what the environment names
    int redirects_max;           // 0: none. Never followed when headers or a body were given
    /*
     * Optional. Asked of the URL and of each redirect's, before its name is looked up (address NULL) and then of each of
     * its addresses (numeric; not behind a proxy, which looks up names itself). False: it is not connected to, and if
     * nothing is left the request ends with ERROR_DENIED. For addresses that strangers wrote.
     */
    bool (*may_connect)(void *data, const struct url *url, const char *address);
    int64_t connect_timeout_ms;  // 0: 10000
    int64_t timeout_ms;          // in all, of a stream: until its headers; 0: 30000
    int64_t silence_timeout_ms;  // of a stream: ended after so long without a byte of body; 0: never
    size_t body_bytes_max;       // 0: 4 MiB; of a stream: of a body that is no 2xx
    /*
     * Makes it a stream: gets the body of a 2xx answer as it arrives, never twice, in pieces that mean nothing.
     * Reading stops while this runs, so the peer is slowed to what the loop can take.
     */
    void (*on_data)(void *data, const char *bytes, size_t len);
    void (*on_status)(void *data, int status);  // optional: the headers have come
    /* Required. Exactly once unless cancelled before; the request is gone when it returns. */
    void (*on_done)(void *data, const struct http_result *result);
    void *data;
};

/* Begins; all news comes later, in other turns of the loop. NULL: the URL or the proxy's is not one. */
struct http_request *http_start(struct loop *loop, const struct http_options *options, struct error *err);

/* No callback comes any more. Also from within the request's own callbacks, except on_done. Accepts NULL. */
void http_cancel(struct http_request *request);

/* A header of the answer (the last one of that name), from on_status on; name in any case. NULL: absent. */
const char *http_header(const struct http_request *request, const char *name);
const char *http_result_header(const struct http_result *result, const char *name);

/* Stops and resumes reading; the peer waits meanwhile. */
void http_pause(struct http_request *request, bool is_paused);
