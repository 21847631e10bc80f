/*
 * youtube_chat.c - reading a chat: by the stream, which pushes, or by polling the list where the stream is not to
 * be had. Page tokens are not shared between the two (whether one could is undocumented): a change begins with the
 * history, and the relay takes each id once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/youtube_inside.h"
#include "net/http.h"

enum {
    SILENCE_MS = 10 * 60 * 1000,       // a stream without a byte for so long is taken for dead
    STALE_MS = 5 * 60 * 1000,          // resumed items older than this are history: no alert comes so late
    POLL_MS_QUIET = 10000,
    QUIET_PAGES = 3,
    STREAM_AGAIN_MS = 10 * 60 * 1000,  // while polling
    STREAM_FAILURES_MAX = 3,
};

static void read_stream(struct youtube *youtube);
static void read_list(struct youtube *youtube);

static void begin_url(struct youtube *youtube, const char *path)
{
    youtube_url_begin(&youtube->url, youtube->api_url, path);
    youtube_url_add(&youtube->url, "liveChatId", youtube->chat);
    youtube_url_add(&youtube->url, "part", "id,snippet,authorDetails");
    if (youtube->token)
        youtube_url_add(&youtube->url, "pageToken", youtube->token);
}

void youtube_begin_reading(struct youtube *youtube, int64_t server_ms)
{
    struct youtube_reader *reader = &youtube->reader;
    if (youtube->since_ms == 0)
        youtube->since_ms = server_ms;
    reader->history_before_ms = youtube->since_ms;
    if (youtube->alive_ms > 0 && server_ms - STALE_MS > reader->history_before_ms)
        reader->history_before_ms = server_ms - STALE_MS;
    reader->oldest_ms = 0;
    if (!youtube->token && reader->last_ms > 0) {
        youtube->expected_ms = reader->last_ms;
        youtube->expected_alive_ms = youtube->alive_ms;
    }
    youtube_scan_reset(&youtube->scan);
    youtube->page_items = 0;
    youtube->has_stream_failure = false;
}

static int64_t month_of(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = strstr(names, name);
    return at ? (at - names) / 3 + 1 : 1;
}

/* "Sun, 22 Nov 2026 18:20:45 GMT" (RFC 9110, 5.6.7) → Unix ms; 0: something else. */
static int64_t parse_date(const char *text)
{
    int day, year, hour, minute, second;
    char month[4], iso[32];
    int64_t unix_ms = 0;
    if (!text || sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute, &second) != 6)
        return 0;
    int len = snprintf(iso, sizeof(iso), "%04d-%02d-%02dT%02d:%02d:%02dZ", year, (int)month_of(month), day, hour,
                       minute, second);
    clock_parse_rfc3339(iso, (size_t)len, &unix_ms);
    return unix_ms;
}

/* A clock that is far from YouTube's is ours: theirs stamps the messages. */
static int64_t server_time_ms(const char *date)
{
    int64_t server_ms = parse_date(date);
    return server_ms > 0 ? server_ms : clock_unix_ms();
}

static void say_live(struct youtube *youtube)
{
    youtube->failures = 0;
    if (youtube->channel)
        connector_set_channel(&youtube->base, youtube->channel);
    connector_set_state(&youtube->base, CONNECTOR_LIVE, youtube->is_listing ? "polling the chat of %s"
                        : "reading the chat of %s", youtube->video ? youtube->video : youtube->chat);
}

/* What came is read in pieces; what it said about the chat is acted on between them. */
static bool feed(struct youtube *youtube, const char *bytes, size_t len, struct error *err)
{
    youtube->alive_ms = clock_unix_ms();
    youtube->first_error = (struct error){0};
    return youtube_scan_feed(&youtube->scan, bytes, len, err);
}

static void fail(struct youtube *youtube, const struct youtube_failure *failure)
{
    if (failure->act == YOUTUBE_ENDED)
        youtube_reader_end(&youtube->reader, youtube->chat, clock_unix_ms());
    youtube_handle_failure(youtube, failure, youtube_read_chat);
}

/* ---- the stream ---- */

static void handle_status(void *data, int status)
{
    struct youtube *youtube = data;
    if (status < 200 || status > 299)
        return;
    youtube->connected_ms = clock_monotonic_ms();
    youtube_begin_reading(youtube, server_time_ms(http_header(youtube->request, "date")));
    say_live(youtube);
}

/* Ends the request under way from within its callbacks. */
static void hang_up(struct youtube *youtube)
{
    http_cancel(youtube->request);
    youtube->request = NULL;
}

static void back_off(struct youtube *youtube, const char *why)
{
    char again[32];
    int64_t delay_ms = youtube_backoff_ms(youtube);
    youtube_later(youtube, delay_ms, youtube_read_chat);
    connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "%s (%s)", why,
                        connector_again_text(delay_ms, again));
}

/* The bytes make no sense: the same place again, and if that does not help, without the token. */
static void handle_nonsense(struct youtube *youtube, const struct error *err)
{
    hang_up(youtube);
    youtube->base.health.dropped++;
    if (++youtube->failures >= STREAM_FAILURES_MAX)
        youtube_set_text(&youtube->token, NULL);
    back_off(youtube, err->text);
}

static void handle_data(void *data, const char *bytes, size_t len)
{
    struct youtube *youtube = data;
    struct error err = {0};
    if (!feed(youtube, bytes, len, &err)) {
        handle_nonsense(youtube, &err);
    } else if (youtube->has_stream_failure) {
        hang_up(youtube);
        fail(youtube, &youtube->stream_failure);
    } else if (youtube->reader.is_ended && youtube_scan_is_between(&youtube->scan)) {
        hang_up(youtube);
        youtube_end_broadcast(youtube);
    }
}

/* The server ends each stream now and then: at once again, unless it lived too short a life. */
static void handle_stream_end(struct youtube *youtube)
{
    if (clock_monotonic_ms() - youtube->connected_ms >= youtube->settled_ms) {
        backoff_reset(&youtube->backoff);
        youtube_later(youtube, 0, youtube_read_chat);
        return;
    }
    youtube_later(youtube, youtube_backoff_ms(youtube), youtube_read_chat);
}

static void poll_for_a_while(struct youtube *youtube, const char *why)
{
    youtube->is_listing = true;
    youtube->stream_again_ms = clock_monotonic_ms() + STREAM_AGAIN_MS;
    youtube->failures = 0;
    youtube_set_text(&youtube->token, NULL);
    youtube_later(youtube, 0, youtube_read_chat);
    connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "the stream fails (%s); polling instead", why);
}

static void handle_stream_done(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    bool was_open = result->status >= 200 && result->status <= 299;
    youtube->request = NULL;
    if (was_open && result->error.code == ERROR_NONE) {
        handle_stream_end(youtube);
        return;
    }
    if (was_open) {
        // Cut off: nothing is lost, the token says where we were.
        if (clock_monotonic_ms() - youtube->connected_ms >= youtube->settled_ms)
            backoff_reset(&youtube->backoff);
        back_off(youtube, result->error.text);
        return;
    }
    struct youtube_failure failure = youtube_explain(result->status, result->body, result->len, result->error.text);
    bool is_servers = result->status >= 500 && ++youtube->failures >= STREAM_FAILURES_MAX;
    if ((failure.act == YOUTUBE_NO_STREAM || is_servers) && youtube->method == YOUTUBE_AUTO) {
        poll_for_a_while(youtube, failure.text);
    } else {
        fail(youtube, &failure);
    }
}

static void read_stream(struct youtube *youtube)
{
    struct error err = {0};
    struct youtube_credential credential;
    begin_url(youtube, "/liveChat/messages/stream");
    if (!youtube_may_call(youtube, YOUTUBE_CHAT_STREAM, youtube_read_chat) ||
        !youtube_authorize(youtube, youtube_read_chat, &credential))
        return;
    struct http_options options = {
        .url = youtube->url.data, .silence_timeout_ms = SILENCE_MS, .headers = &credential.header,
        .header_count = credential.value ? 1 : 0,
        .on_status = handle_status, .on_data = handle_data, .on_done = handle_stream_done, .data = youtube};
    connector_fill_http(&youtube->base, &options);
    youtube->request = http_start(youtube->base.options.loop, &options, &err);
    free(credential.value);
    if (!youtube->request)
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "api_url: %s", err.text);
}

/* ---- the list ---- */

static int64_t poll_interval_ms(struct youtube *youtube)
{
    // YouTube's own interval is a rate limit, not one that the quota survives.
    int64_t interval_ms = youtube->interval_ms > youtube->poll_ms ? youtube->interval_ms : youtube->poll_ms;
    if (youtube->empty_pages >= QUIET_PAGES && interval_ms < POLL_MS_QUIET)
        interval_ms = POLL_MS_QUIET;
    if (youtube_quota_used(youtube->quota, clock_unix_ms()) > 0.8)
        interval_ms *= 3;
    return interval_ms;
}

static void handle_list(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    struct error err = {0};
    youtube->request = NULL;
    if (result->error.code != ERROR_NONE) {
        struct youtube_failure failure = youtube_explain(result->status, result->body, result->len, result->error.text);
        if (failure.act == YOUTUBE_NO_STREAM)
            failure.act = YOUTUBE_FIND_AGAIN;
        fail(youtube, &failure);
        return;
    }
    youtube_begin_reading(youtube, server_time_ms(http_result_header(result, "date")));
    bool is_good = feed(youtube, result->body, result->len, &err);
    if (!is_good || !youtube_scan_is_between(&youtube->scan)) {
        back_off(youtube, is_good ? "a page that does not end" : err.text);
        return;
    }
    backoff_reset(&youtube->backoff);
    say_live(youtube);
    if (youtube->reader.is_ended) {
        youtube_end_broadcast(youtube);
    } else {
        youtube_later(youtube, poll_interval_ms(youtube), youtube_read_chat);
    }
}

static void read_list(struct youtube *youtube)
{
    begin_url(youtube, "/liveChat/messages");
    if (youtube_may_call(youtube, YOUTUBE_CHAT_LIST, youtube_read_chat))
        youtube_get(youtube, youtube_read_chat, handle_list);
}

void youtube_read_chat(struct youtube *youtube)
{
    if (youtube->method == YOUTUBE_WEB) {
        youtube_web_read_chat(youtube);
        return;
    }
    bool is_due = youtube->is_listing && clock_monotonic_ms() >= youtube->stream_again_ms;
    if (youtube->method == YOUTUBE_LIST) {
        youtube->is_listing = true;
    } else if (is_due) {
        youtube->is_listing = false;
        youtube_set_text(&youtube->token, NULL);
    }
    if (youtube->base.health.state != CONNECTOR_LIVE)
        connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "connecting to the chat of %s",
                            youtube->video ? youtube->video : youtube->chat);
    if (youtube->is_listing) {
        read_list(youtube);
    } else {
        read_stream(youtube);
    }
}
