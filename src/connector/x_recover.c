/*
 * x_recover.c - what was missed while the stream was down: looked for by a search from the last known post on, while the
 * new stream is open already. Where that is not to be had (the plan, the cap, too many pages) it is a gap.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "connector/x_inside.h"
#include "net/form.h"
#include "net/http.h"

enum { PAGES_MAX = 5 };

static void search_page(struct x *x, const char *next_token);

static void finish(struct x *x, bool is_complete)
{
    x->is_recovering = false;
    if (!is_complete)
        connector_gap(&x->base, x->missed.from_ms, x->missed.to_ms, x->loss ? x->loss : "we were not running");
    x_give_cursor(x);
}

static void handle_page(void *data, const struct http_result *result)
{
    struct x *x = data;
    struct x_report report;
    struct error err = {0};
    x->search = NULL;
    if (result->error.code != ERROR_NONE) {
        finish(x, false);
        return;
    }
    bool is_good = x_read(&x->reader, result->body, result->len, &report, &err);
    x->reader.posts += report.count;  // billed as well
    x_count_posts(x);
    if (is_good && report.type != X_PROBLEM && report.next_token[0]) {
        search_page(x, report.next_token);
    } else {
        finish(x, is_good && report.type != X_PROBLEM);
    }
}

static void search_page(struct x *x, const char *next_token)
{
    struct error err = {0};
    struct buffer url = {0};
    if (++x->pages > PAGES_MAX || x->month_posts >= x->post_cap) {
        finish(x, false);
        return;
    }
    buffer_printf(&url, "%s/2/tweets/search/recent?query=", x->api_url);
    form_escape(&url, x->query, strlen(x->query));
    buffer_printf(&url, "&since_id=%s&max_results=100&" X_POST_FIELDS, x->missed.since);
    if (next_token) {
        buffer_add_string(&url, "&next_token=");
        form_escape(&url, next_token, strlen(next_token));
    }
    buffer_add_char(&url, '\0');
    char *login = xasprintf("Bearer %s", x->bearer);
    struct net_header headers[] = {{"Authorization", login}};
    struct http_options options = {.url = url.data, .headers = headers, .header_count = 1, .on_done = handle_page, .data = x};
    connector_fill_http(&x->base, &options);
    http_cancel(x->search);
    x->search = http_start(x->base.options.loop, &options, &err);
    if (!x->search)
        finish(x, false);
    free(login);
    buffer_fini(&url);
}

static void begin_search(void *data)
{
    struct x *x = data;
    x->pages = 0;
    search_page(x, NULL);
}

/* The search's index is behind the stream: what was posted just now is not in it yet. */
void x_recover(struct x *x, int64_t from_ms)
{
    if (!x->is_recovering) {  // else the stream went down again: what that looked for is looked for again
        memcpy(x->missed.since, x->reader.last_id, sizeof(x->missed.since));
        x->missed.from_ms = from_ms;
    }
    timer_stop(&x->search_timer);
    http_cancel(x->search);
    x->search = NULL;
    x->missed.to_ms = clock_unix_ms();
    x->is_recovering = true;
    if (x->method == X_POSTS && x->may_search && x->missed.since[0]) {
        timer_init(&x->search_timer, x->base.options.loop, begin_search, x);
        timer_start(&x->search_timer, x->search_ms);
    } else {
        finish(x, false);
    }
}
