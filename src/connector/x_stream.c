/*
 * x_stream.c - the filtered stream and the activity stream: one JSON object a line, and an empty line every 20 s at
 * least. X ends them now and then; the first attempt to come back is made at once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "connector/x_inside.h"
#include "net/http.h"

enum { LINE_BYTES_MAX = 1024 * 1024 };

static x_step first_step(const struct x *x)
{
    return x->method == X_POSTS ? x_check_rules : x_subscribe;
}

static void hang_up(struct x *x)
{
    http_cancel(x->request);
    x->request = NULL;
}

static void lose(struct x *x, const char *why)
{
    free(x->loss);
    x->loss = xasprintf("connection lost: %s", why);
}

/* X ends the stream by an object in it: at once again, or later if it says that we are one too many. */
static void handle_problem(struct x *x, const struct x_report *report)
{
    char words[32];
    int64_t wait_ms = x->network_wait_ms;
    lose(x, report->problem);
    hang_up(x);
    if (report->is_too_many) {
        x->limit_wait_ms = x->limit_wait_ms ? x->limit_wait_ms * 2 : 60 * 1000;
        wait_ms = x->limit_wait_ms < 15 * 60 * 1000 ? x->limit_wait_ms : 15 * 60 * 1000;
    }
    x->network_wait_ms = x->network_wait_ms + 250 < 16000 ? x->network_wait_ms + 250 : 16000;
    x_later(x, wait_ms, first_step(x));
    connector_set_state(&x->base, CONNECTOR_CONNECTING, "X ended the stream: %s (%s)", report->problem,
                        connector_again_text(wait_ms, words));
}

/* ---- lines ---- */

static void handle_end(struct x *x)
{
    x->reader.is_ended = false;
    connector_set_state(&x->base, CONNECTOR_LIVE, "listening to X; the broadcast is over");
}

/* False: the stream was ended. */
static bool read_line(struct x *x, const char *line, size_t len)
{
    struct x_report report;
    struct error err = {0};
    x_read(&x->reader, line, len, &report, &err);  // counted and logged there
    if (report.type == X_PROBLEM) {
        handle_problem(x, &report);
        return false;
    }
    x_calm(x);  // it works
    if (x->reader.is_ended)
        handle_end(x);
    x_count_posts(x);
    if (x->method == X_POSTS && x->month_posts >= x->post_cap) {
        lose(x, "post_cap was reached");
        hang_up(x);
        x_may_read(x);
        return false;
    }
    return true;
}

/* A line too long is one bad frame: its rest is passed over. */
static void keep(struct x *x, const char *bytes, size_t len)
{
    struct error err = {0};
    if (x->is_line_too_long)
        return;
    if (x->line.len + len > LINE_BYTES_MAX) {
        x->is_line_too_long = true;
        buffer_clear(&x->line);
        error_set(&err, ERROR_DATA, "a line of more than %d bytes", LINE_BYTES_MAX);
        connector_begin_frame(&x->base, err.text, strlen(err.text));
        connector_end_frame(&x->base, &err);
        return;
    }
    buffer_add(&x->line, bytes, len);
}

static bool end_line(struct x *x)
{
    size_t len = x->line.len;
    bool is_good = true;
    if (len > 0 && x->line.data[len - 1] == '\r')
        len--;
    if (len > 0 && !x->is_line_too_long)
        is_good = read_line(x, x->line.data, len);
    x->is_line_too_long = false;
    buffer_clear(&x->line);
    return is_good;
}

static void handle_data(void *data, const char *bytes, size_t len)
{
    struct x *x = data;
    const char *at = bytes, *end = bytes + len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        keep(x, at, (size_t)((newline ? newline : end) - at));
        if (!newline)
            break;
        if (!end_line(x))
            return;
        at = newline + 1;
    }
    x_note_alive(x);
}

/* ---- the connection ---- */

static void handle_status(void *data, int status)
{
    struct x *x = data;
    if (status < 200 || status > 299)
        return;
    int64_t from_ms = x->alive_ms;
    x->alive_ms = clock_unix_ms();
    x->reader.is_history = false;
    connector_set_state(&x->base, CONNECTOR_LIVE, x->method == X_POSTS ? "listening to X for %s" : "listening to X for user %s",
                        x->method == X_POSTS ? x->query : x->user_id);
    bool is_sent_again = x->asked_backfill && x->alive_ms - from_ms <= x->backfill_minutes * 60 * 1000;
    if (from_ms > 0 && !is_sent_again)
        x_recover(x, from_ms);
    x_give_cursor(x);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct x *x = data;
    bool was_open = result->status >= 200 && result->status <= 299;
    x->request = NULL;
    if (!was_open && x->asked_backfill && (result->status == 400 || result->status == 403)) {
        x->is_backfill_refused = true;  // not in this plan: without it then
        x_later(x, 0, x_open_stream);
        return;
    }
    if (!was_open) {
        x_handle_failure(x, result, first_step(x));
        return;
    }
    char words[32];
    const char *why = result->error.code == ERROR_NONE ? "X ended the stream" : result->error.text;
    lose(x, why);
    int64_t wait_ms = x->network_wait_ms;
    x->network_wait_ms = wait_ms + 250 < 16000 ? wait_ms + 250 : 16000;
    x_later(x, wait_ms, first_step(x));
    connector_set_state(&x->base, CONNECTOR_CONNECTING, "%s (%s)", why, connector_again_text(wait_ms, words));
}

void x_open_stream(struct x *x)
{
    struct error err = {0};
    bool is_posts = x->method == X_POSTS;
    x->asked_backfill = x->backfill_minutes > 0 && !x->is_backfill_refused && x->alive_ms > 0;
    buffer_clear(&x->url);
    buffer_printf(&x->url, "%s%s", x->api_url, is_posts ? "/2/tweets/search/stream?" X_POST_FIELDS : "/2/activity/stream");
    if (x->asked_backfill)
        buffer_printf(&x->url, "%cbackfill_minutes=%lld", is_posts ? '&' : '?', (long long)x->backfill_minutes);
    buffer_add_char(&x->url, '\0');
    char *login = xasprintf("Bearer %s", x->bearer);
    struct net_header headers[] = {{"Authorization", login}};
    struct http_options options = {
        .url = x->url.data, .headers = headers, .header_count = 1, .silence_timeout_ms = x->silence_ms,
        .on_status = handle_status, .on_data = handle_data, .on_done = handle_done, .data = x};
    connector_fill_http(&x->base, &options);
    buffer_clear(&x->line);
    x->is_line_too_long = false;
    x->request = http_start(x->base.options.loop, &options, &err);
    if (!x->request)
        connector_set_state(&x->base, CONNECTOR_FAILED, "api_url: %s", err.text);
    free(login);
}
