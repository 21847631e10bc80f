/* youtube_page.c - pages and their items, as the scanner cuts them: read, counted, the cursor taken. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "connector/youtube_inside.h"

static void keep_error(struct youtube *youtube, const struct error *err)
{
    if (youtube->first_error.code == ERROR_NONE)
        youtube->first_error = *err;
}

static void handle_item(void *data, const char *text, size_t len)
{
    struct youtube *youtube = data;
    struct error err = {0};
    youtube->page_items++;
    if (!connector_begin_frame(&youtube->base, text, len))
        return;
    if (!youtube_reader_read_text(&youtube->reader, text, len, &err))
        keep_error(youtube, &err);
    connector_end_frame(&youtube->base, &err);
}

static void handle_refused(void *data, const struct error *err)
{
    struct youtube *youtube = data;
    keep_error(youtube, err);
    connector_begin_frame(&youtube->base, err->text, strlen(err->text));
    connector_end_frame(&youtube->base, err);
}

static void read_page_time(struct youtube *youtube, const json_t *page)
{
    const char *offline = json_get_text(page, "offlineAt");
    int64_t time_ms = 0;
    if (!offline)
        return;
    clock_parse_rfc3339(offline, strlen(offline), &time_ms);
    youtube_reader_end(&youtube->reader, youtube->chat ? youtube->chat : "", time_ms);
}

/*
 * We come back without a token: the history that is sent must reach back to what we had. If it begins later, what
 * lies between is lost.
 */
void youtube_check_overlap(struct youtube *youtube)
{
    int64_t oldest_ms = youtube->reader.oldest_ms, now_ms = clock_unix_ms();
    if (youtube->expected_ms == 0)
        return;
    if (oldest_ms == 0) {
        connector_gap(&youtube->base, youtube->expected_alive_ms, now_ms, "YouTube resumed without a history");
    } else if (oldest_ms > youtube->expected_ms) {
        connector_gap(&youtube->base, youtube->expected_alive_ms, oldest_ms, "YouTube's history does not reach back");
    }
    youtube->expected_ms = 0;
}

static void read_poll(struct youtube *youtube, const json_t *page)
{
    const json_t *poll = json_object_get(page, "activePollItem");
    struct error err = {0};
    if (json_is_object(poll) && !youtube_reader_read(&youtube->reader, poll, &err))
        keep_error(youtube, &err);
}

/* A recording may hold an item by itself. */
static void read_bare_item(struct youtube *youtube, const json_t *item)
{
    struct error err = {0};
    if (!youtube_reader_read(&youtube->reader, item, &err))
        keep_error(youtube, &err);
}

static void read_page(struct youtube *youtube, const json_t *page, const char *text, size_t len)
{
    if (json_object_get(page, "error")) {
        youtube->stream_failure = youtube_explain(0, text, len, "YouTube sent an error without words");
        youtube->has_stream_failure = true;
        error_set(&youtube->first_error, ERROR_AGAIN, "YouTube's error %s: %s", youtube->stream_failure.reason,
                  youtube->stream_failure.text);
        return;
    }
    if (json_object_get(page, "snippet")) {
        read_bare_item(youtube, page);
        return;
    }
    read_poll(youtube, page);
    read_page_time(youtube, page);
    youtube->interval_ms = json_get_int(page, "pollingIntervalMillis", 0);
    youtube_check_overlap(youtube);
    youtube->empty_pages = youtube->page_items > 0 ? 0 : youtube->empty_pages + 1;
    const char *token = json_get_text(page, "nextPageToken");
    if (token && *token)
        youtube_set_text(&youtube->token, token);
}

static void handle_page(void *data, const char *text, size_t len)
{
    struct youtube *youtube = data;
    struct error err = {0};
    if (!connector_begin_frame(&youtube->base, text, len))
        return;
    json_t *page = json_parse_repaired(text, len, &err);
    if (page) {
        read_page(youtube, page, text, len);
    } else {
        keep_error(youtube, &err);
    }
    connector_end_frame(&youtube->base, &err);
    json_decref(page);
    youtube->page_items = 0;
    if (youtube->base.options.loop)
        youtube_give_cursor(youtube);
}

const struct youtube_scan_handler youtube_scan_handler = {
    .on_item = handle_item, .on_page = handle_page, .on_refused = handle_refused,
};
