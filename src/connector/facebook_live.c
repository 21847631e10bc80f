/*
 * facebook_live.c - reading a live video's comments. The stream sends what is written after it was opened, at most 100 a
 * second, and knows no replay: pages fill in what was written before, what it left out, edits and removals. Where the
 * stream is not to be had, pages alone are read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/facebook_inside.h"
#include "connector/fields.h"
#include "net/http.h"
#include "net/sse.h"

enum {
    PAGE_ITEMS = 100, PAGES_MAX = 100, DOUBTS_MAX = 5, STREAM_FAILURES_MAX = 3, CURSOR_MS = 1000,
    STREAM_AGAIN_MS = 10 * 60 * 1000, MUTE_MS = 5 * 60 * 1000, EVENT_BYTES_MAX = 256 * 1024,
};

#define FIELDS "id,from{id,name},message,created_time,permalink_url,attachment,parent{id},is_hidden"

static void open_stream(struct facebook *facebook);
static void catch_up(struct facebook *facebook);
static void read_newest(struct facebook *facebook);
static void ask_doubt(struct facebook *facebook);

static bool is_polling(const struct facebook *facebook)
{
    return facebook->method == FACEBOOK_POLL ||
           (facebook->method == FACEBOOK_AUTO && clock_monotonic_ms() < facebook->stream_again_ms);
}

static void say_live(struct facebook *facebook)
{
    connector_set_state(&facebook->base, CONNECTOR_LIVE, is_polling(facebook) ? "polling the comments of %s"
                        : "reading the comments of %s", facebook->video);
}

static void note_alive(struct facebook *facebook, int64_t alive_ms)
{
    if (alive_ms > facebook->alive_ms)
        facebook->alive_ms = alive_ms;
    if (facebook->alive_ms - facebook->cursor_ms >= CURSOR_MS)
        facebook_give_cursor(facebook);
}

void facebook_hang_up(struct facebook *facebook)
{
    http_cancel(facebook->call);
    http_cancel(facebook->stream);
    facebook->call = facebook->stream = NULL;
    facebook->is_streaming = facebook->is_caught_up = false;
    timer_stop(&facebook->timer);
}

/* ---- what comes next ---- */

/* After pages were read: the stream's own pace, or the polls'. */
static void go_on(struct facebook *facebook)
{
    backoff_reset(&facebook->backoff);
    say_live(facebook);
    if (facebook->is_streaming) {
        facebook_later(facebook, facebook_slowed_ms(facebook, facebook->watch_ms), read_newest);
    } else if (is_polling(facebook)) {
        facebook_later(facebook, facebook_slowed_ms(facebook, facebook->poll_ms), read_newest);
    } else {
        facebook_later(facebook, 0, open_stream);
    }
}

/* ---- pages ---- */

static void begin_page(struct facebook *facebook, const char *order)
{
    facebook_path(facebook, "/%s/comments", facebook->video);
    facebook_add(facebook, "fields", FIELDS);
    facebook_add(facebook, "filter", "stream");
    if (!facebook->is_filtered)
        facebook_add(facebook, "live_filter", "no_filter");
    facebook_add(facebook, "order", order);
    facebook_add(facebook, "limit", "100");
}

/* True: the call failed, and it was seen to. Some videos do not accept live_filter: asked again without it. */
static bool has_failed(struct facebook *facebook, const struct graph_failure *failure, facebook_step again)
{
    if (!failure)
        return false;
    if (failure->act == GRAPH_PARAMETER && !facebook->is_filtered) {
        facebook->is_filtered = true;
        facebook_later(facebook, 0, again);
    } else {
        facebook_fail(facebook, failure, failure->act == GRAPH_RETRY || failure->act == GRAPH_SLOWER ? again : facebook_find);
    }
    return true;
}

static bool read_page(struct facebook *facebook, const json_t *page, bool is_newest)
{
    struct error err = {0};
    bool is_good = facebook_reader_page(&facebook->reader, page, is_newest, &err);
    if (!is_good)
        connector_end_frame(&facebook->base, &err);  // counted; the page's other comments were read
    return is_good;
}

static void handle_missed(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    if (has_failed(facebook, failure, catch_up))
        return;
    const json_t *paging = json_object_get(answer, "paging");
    const char *after = json_get_text(json_object_get(paging, "cursors"), "after");
    int64_t asked_ms = clock_unix_ms();
    read_page(facebook, answer, false);
    bool is_last = json_array_size(json_object_get(answer, "data")) < PAGE_ITEMS || !after;
    if (!is_last && ++facebook->pages < PAGES_MAX) {
        facebook_set_text(&facebook->after, after);
        catch_up(facebook);
        return;
    }
    if (!is_last)
        connector_gap(&facebook->base, facebook->reader.last_ms, asked_ms, "more was written than can be fetched again");
    facebook->is_caught_up = true;
    note_alive(facebook, asked_ms);
    go_on(facebook);
}

/* Everything since the newest comment that we have, the oldest first. */
static void catch_up(struct facebook *facebook)
{
    char since[24];
    snprintf(since, sizeof(since), "%lld", (long long)(facebook->reader.last_ms / 1000 - 1));
    begin_page(facebook, "chronological");
    facebook_add(facebook, "since", since);
    if (facebook->after)
        facebook_add(facebook, "after", facebook->after);
    facebook_call(facebook, handle_missed);
}

static void begin_catching_up(struct facebook *facebook)
{
    facebook->pages = 0;
    facebook_set_text(&facebook->after, NULL);
    catch_up(facebook);
}

static int64_t oldest_of(const json_t *items)
{
    const json_t *last = json_array_get(items, json_array_size(items) - 1);
    return field_time_ms(last, "created_time");
}

static void handle_newest(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    if (has_failed(facebook, failure, read_newest))
        return;
    const json_t *items = json_object_get(answer, "data");
    int64_t last_ms = facebook->reader.last_ms;
    // A full page that does not reach back to what we have leaves a hole, which is to be filled first.
    if (json_array_size(items) >= PAGE_ITEMS && last_ms > 0 && oldest_of(items) > last_ms) {
        begin_catching_up(facebook);
        return;
    }
    read_page(facebook, answer, true);
    facebook->is_caught_up = true;
    note_alive(facebook, clock_unix_ms() - 1000);
    facebook->doubts = 0;
    ask_doubt(facebook);
}

static void read_newest(struct facebook *facebook)
{
    begin_page(facebook, "reverse_chronological");
    facebook_call(facebook, handle_newest);
}

/* ---- removals, and the end ---- */

static void warn_if_mute(struct facebook *facebook, int64_t viewers)
{
    bool is_long = clock_unix_ms() - facebook->since_ms >= MUTE_MS;
    if (viewers <= 0 || facebook->base.health.messages > 0 || !is_long)
        return;
    connector_set_remedy(&facebook->base, "if people do write: an app in development mode shows its own testers' comments only, "
                         "until it has passed Meta's App Review");
    connector_set_state(&facebook->base, CONNECTOR_LIVE, "reading the comments of %s: %lld viewers and no comment so far",
                        facebook->video, (long long)viewers);
}

static void handle_status(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    struct str status = field_text(answer, "status");
    if (has_failed(facebook, failure, read_newest))
        return;
    if (status.len > 0 && !str_equal(status, STR("LIVE"))) {
        facebook_over(facebook);
        return;
    }
    go_on(facebook);
    warn_if_mute(facebook, json_get_int(answer, "live_views", 0));
}

/* Every second time while all goes well, and always when the stream has ended. */
static void ask_status(struct facebook *facebook)
{
    bool is_due = ++facebook->ticks % (is_polling(facebook) ? 10 : 2) == 0 ||
                  (!facebook->is_streaming && !is_polling(facebook));
    if (!is_due) {
        go_on(facebook);
        return;
    }
    facebook_path(facebook, "/%s", facebook->video);
    facebook_add(facebook, "fields", "status,live_views");
    facebook_call(facebook, handle_status);
}

static void handle_doubt(struct facebook *facebook, const json_t *answer, const struct graph_failure *failure)
{
    const char *id = facebook_reader_doubt(&facebook->reader);
    bool is_gone = failure && failure->act == GRAPH_UNKNOWN;
    if (failure && !is_gone) {
        ask_status(facebook);  // another time
        return;
    }
    char *asked = xstrdup(id);
    facebook_reader_settle(&facebook->reader, asked, !is_gone && !json_get_bool(answer, "is_hidden", false));
    free(asked);
    ask_doubt(facebook);
}

static void ask_doubt(struct facebook *facebook)
{
    const char *id = facebook_reader_doubt(&facebook->reader);
    if (!id || facebook->doubts++ >= DOUBTS_MAX) {
        ask_status(facebook);
        return;
    }
    facebook_path(facebook, "/%s", id);
    facebook_add(facebook, "fields", "id,is_hidden");
    facebook_call(facebook, handle_doubt);
}

/* ---- the stream ---- */

static void handle_event(void *data, const struct sse_event *event)
{
    struct facebook *facebook = data;
    struct error err = {0};
    if (!connector_begin_frame(&facebook->base, event->data, event->len))
        return;
    json_t *comment = json_parse(event->data, event->len, &err);
    if (comment && json_object_get(comment, "id"))
        facebook_reader_comment(&facebook->reader, comment, &err);
    json_decref(comment);
    connector_end_frame(&facebook->base, &err);
}

static void handle_data(void *data, const char *bytes, size_t len)
{
    struct facebook *facebook = data;
    struct error err = {0};
    if (!sse_feed(facebook->sse, bytes, len, &err))
        connector_end_frame(&facebook->base, &err);
    if (facebook->is_caught_up)
        note_alive(facebook, clock_unix_ms());
}

static void handle_open(void *data, int status)
{
    struct facebook *facebook = data;
    if (status < 200 || status > 299)
        return;
    facebook->is_streaming = true;
    facebook->stream_failures = 0;
    say_live(facebook);
    if (facebook->reader.last_ms > 0) {
        begin_catching_up(facebook);
    } else {
        read_newest(facebook);
    }
}

static void poll_for_a_while(struct facebook *facebook, const char *why)
{
    facebook->stream_again_ms = clock_monotonic_ms() + STREAM_AGAIN_MS;
    facebook->stream_failures = 0;
    connector_set_state(&facebook->base, CONNECTOR_CONNECTING, "the stream fails (%s); polling instead", why);
    facebook_later(facebook, 0, read_newest);
}

static void handle_stream_end(void *data, const struct http_result *result)
{
    struct facebook *facebook = data;
    bool was_open = facebook->is_streaming;
    facebook->stream = NULL;
    facebook->is_streaming = facebook->is_caught_up = false;
    http_cancel(facebook->call);
    facebook->call = NULL;
    if (was_open) {
        // Over, silent or cut off: pages tell which, and bring what was missed.
        facebook_later(facebook, 0, read_newest);
        return;
    }
    struct graph_failure failure = graph_explain_result(result);
    bool is_ours = failure.act == GRAPH_LOGIN || failure.act == GRAPH_FORBIDDEN || failure.act == GRAPH_SLOWER;
    if (!is_ours && facebook->method == FACEBOOK_AUTO && ++facebook->stream_failures >= STREAM_FAILURES_MAX) {
        poll_for_a_while(facebook, failure.text);
    } else if (is_ours || facebook->method == FACEBOOK_STREAM) {
        facebook_fail(facebook, &failure, facebook_find);
    } else {
        failure.act = GRAPH_RETRY;
        facebook_fail(facebook, &failure, open_stream);
    }
}

static void open_stream(struct facebook *facebook)
{
    struct error err = {0};
    struct buffer *url = &facebook->url;
    buffer_clear(url);
    buffer_add_string(url, facebook->stream_url);
    buffer_add_char(url, '/');
    buffer_add_string(url, facebook->video);
    buffer_add_string(url, "/live_comments");
    facebook_add(facebook, "comment_rate", "one_hundred_per_second");
    facebook_add(facebook, "live_filter", "no_filter");
    facebook_add(facebook, "fields", "id,from{name,id},message,created_time,attachment");
    facebook_add(facebook, "access_token", facebook->token);
    buffer_add_char(url, '\0');
    sse_destroy(facebook->sse);
    facebook->sse = sse_create(&(struct sse_options){.event_bytes_max = EVENT_BYTES_MAX, .on_event = handle_event,
                                                     .data = facebook});
    struct http_options options = {.url = url->data, .silence_timeout_ms = facebook->silence_ms, .on_status = handle_open,
                                   .on_data = handle_data, .on_done = handle_stream_end, .data = facebook};
    connector_fill_http(&facebook->base, &options);
    facebook->stream = http_start(facebook->base.options.loop, &options, &err);
    if (!facebook->stream)
        connector_set_state(&facebook->base, CONNECTOR_FAILED, "stream_url: %s", err.text);
}

void facebook_begin(struct facebook *facebook, const char *video)
{
    bool is_same = facebook->video && strcmp(facebook->video, video) == 0;
    if (!is_same) {
        facebook_set_text(&facebook->video, video);
        facebook_reader_forget(&facebook->reader);
        facebook->alive_ms = facebook->since_ms = 0;
    }
    if (facebook->since_ms == 0)
        facebook->since_ms = clock_unix_ms();
    facebook->reader.history_before_ms = facebook->since_ms;
    backoff_reset(&facebook->backoff);
    if (facebook->base.health.state != CONNECTOR_LIVE)
        connector_set_state(&facebook->base, CONNECTOR_CONNECTING, "connecting to the comments of %s", video);
    if (is_polling(facebook)) {
        read_newest(facebook);
    } else {
        open_stream(facebook);
    }
}
