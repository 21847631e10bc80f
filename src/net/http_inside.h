/*
 * http_inside.h - a request as http.c (its life: names, answer, redirect, end) and http_curl.c (libcurl: the engine and one
 * transfer) share it; nobody else includes it. Thread: the loop's.
 */
#pragma once

#include <curl/curl.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/proxy.h"
#include "net/url.h"

struct resolver_query;

struct http_engine {
    struct loop *loop;
    CURLM *multi;
    struct timer timer;
    struct list requests;  // struct http_request
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

/* libcurl has something new: owners hear of it, and may start and cancel any request, also the one that came along. */
void http_deliver(struct http_engine *engine);

/* Its owner hears nothing any more. */
void http_request_free(struct http_request *request);

/* Hands the request to libcurl, as its label, url, proxy, resolve and options say. A failure comes by the deadline. */
void http_curl_start(struct http_request *request);
void http_curl_drop(struct http_request *request);  // also one that has not begun
