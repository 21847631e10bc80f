#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "rehearsal/youtube_chat.h"
#include "rehearsal/youtube_inside.h"
#include "rehearsal/youtube_write.h"

/* The chat is a log; a page token is a place in it, good for the method that gave it only, since nobody promises more. */

enum {
    HISTORY = 75, PAGE_ITEMS = 500, HISTORY_PAGE_ITEMS = 50, POLL_MS = 2000, LIST_MIN = 200, LIST_MAX = 2000,
    LIST_USUAL = 500, COST_CHAT = 5,
};

struct stream {
    struct list link;  // in youtube_side.streams
    struct youtube_side *side;
    struct server_request *request;
    uint64_t next;     // place in the log
    bool has_begun;
    struct timer life;
};

/* --- Pages --- */

/* From *next on; moves it behind what the page holds. kind: 'S' stream, 'L' list. */
static void add_page(const struct youtube_side *side, char kind, uint64_t *next, size_t items_max, struct buffer *out)
{
    uint64_t end = youtube_chat_end(side->chat), from = *next;
    uint64_t to = end - from > items_max ? from + items_max : end;
    char token[YOUTUBE_TOKEN_BYTES];
    youtube_chat_make_token(side->chat, kind, to, token);
    buffer_printf(out, "{\"kind\":\"youtube#liveChatMessageListResponse\",\"etag\":\"p%llu\",", (unsigned long long)to);
    if (kind == 'L')
        buffer_printf(out, "\"pollingIntervalMillis\":%d,", POLL_MS);
    buffer_printf(out, "\"pageInfo\":{\"totalResults\":%d,\"resultsPerPage\":%d},\"nextPageToken\":\"%s\"", (int)(to - from),
                  (int)(to - from), token);
    if (youtube_is_ended(side) && to == end)
        youtube_add_time(out, "offlineAt", side->ends_ms[side->video_count - 1]);
    buffer_add_string(out, ",\"items\":[");
    for (uint64_t i = from; i < to; i++) {
        if (i > from)
            buffer_add_char(out, ',');
        size_t len;
        const char *item = youtube_chat_item(side->chat, i, &len);
        buffer_add(out, item, len);
    }
    buffer_add_string(out, "]}");
    *next = to;
}

/* --- Streams --- */

static void stream_free(struct stream *stream)
{
    list_remove(&stream->link);
    timer_stop(&stream->life);
    free(stream);
}

static void handle_stream_gone(void *data)
{
    stream_free(data);
}

/* One element; false: the client takes no more, and the stream is gone. */
static bool send_page(struct stream *stream, size_t items_max)
{
    struct buffer page = {0};
    buffer_add_string(&page, stream->has_begun ? ",\r\n" : "[");
    add_page(stream->side, 'S', &stream->next, items_max, &page);
    stream->has_begun = true;
    bool ok = server_stream_send(stream->request, page.data, page.len);
    buffer_fini(&page);
    if (!ok) {
        server_stream_abort(stream->request);
        stream_free(stream);
    }
    return ok;
}

static void end_stream(void *data)
{
    struct stream *stream = data;
    server_stream_send(stream->request, stream->has_begun ? "]\n" : "[]\n", stream->has_begun ? 2 : 3);
    server_stream_end(stream->request);
    stream_free(stream);
}

static void send_batch(void *data)
{
    struct youtube_side *side = data;
    if (side->base.fault == FAULT_STALL || side->base.fault == FAULT_HANG)
        return;
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &side->streams, link) {
        bool is_alive = true;
        while (is_alive && stream->next < youtube_chat_end(side->chat))
            is_alive = send_page(stream, PAGE_ITEMS);
        if (is_alive && youtube_is_ended(side))
            end_stream(stream);
    }
}

void youtube_live_want_batch(struct youtube_side *side)
{
    if (!timer_is_running(&side->batch_timer))
        timer_start(&side->batch_timer, side_number(&side->base, "batch_ms"));
}

static void start_stream(struct youtube_side *side, struct server_request *request, uint64_t from)
{
    struct stream *stream = xcalloc(1, sizeof(*stream));
    stream->side = side;
    stream->request = request;
    stream->next = from;
    list_append(&side->streams, &stream->link);
    side->stream_count++;
    timer_init(&stream->life, rehearsal_loop(side->base.rehearsal), end_stream, stream);
    timer_start(&stream->life, side_number(&side->base, "stream_ms"));
    server_request_on_gone(request, handle_stream_gone, stream);
    server_stream_begin(request, 200, "application/json; charset=UTF-8", NULL, 0);
    bool is_alive = true;
    do
        is_alive = send_page(stream, HISTORY_PAGE_ITEMS);
    while (is_alive && stream->next < youtube_chat_end(side->chat));
    side_client_came(&side->base);
}

/* --- The chat's two methods --- */

/* Where the request wants to begin; false: it was answered with an error. */
static bool find_place(struct youtube_side *side, struct server_request *request, char kind, uint64_t *from)
{
    const char *chat_id = server_request_argument(request, "liveChatId"), *token = server_request_argument(request, "pageToken");
    if (!chat_id || !*chat_id) {
        youtube_fail(request, 400, "youtube.parameter", "liveChatIdRequired", "The liveChatId parameter is required.");
        return false;
    }
    if (strcmp(chat_id, youtube_chat_id(side->chat)) != 0) {
        if (youtube_chat_was(side->chat, chat_id))
            youtube_fail(request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
        else
            youtube_fail(request, 404, "youtube.liveChat", "liveChatNotFound",
                         "The live chat that you are trying to retrieve cannot be found.");
        return false;
    }
    uint64_t end = youtube_chat_end(side->chat), first = youtube_chat_first(side->chat);
    *from = end - first > HISTORY ? end - HISTORY : first;
    if (!token || !*token)
        return true;
    if (youtube_chat_read_token(side->chat, kind, token, from) && *from >= first && *from <= end)
        return true;
    youtube_fail(request, 400, "youtube.parameter", "pageTokenInvalid", "The page token is invalid.");
    return false;
}

void youtube_live_get_stream(struct youtube_side *side, struct server_request *request)
{
    uint64_t from;
    if (!youtube_charge(side, request, COST_CHAT) || !find_place(side, request, 'S', &from))
        return;
    if (youtube_is_ended(side) && from == youtube_chat_end(side->chat))
        youtube_fail(request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
    else
        start_stream(side, request, from);
    if (youtube_is_ended(side))
        youtube_live_want_batch(side);
}

void youtube_live_get_list(struct youtube_side *side, struct server_request *request)
{
    uint64_t from;
    side->lists++;
    if (!youtube_charge(side, request, COST_CHAT))
        return;
    const char *wish = server_request_argument(request, "maxResults");
    long items_max = wish ? strtol(wish, NULL, 10) : LIST_USUAL;
    if (items_max < LIST_MIN || items_max > LIST_MAX) {
        youtube_fail(request, 400, "global", "invalidParameter",
                     "maxResults: acceptable values are 200 to 2000, inclusive.");
        return;
    }
    if (!find_place(side, request, 'L', &from))
        return;
    int64_t now_ms = clock_monotonic_ms(), since_ms = now_ms - side->last_list_ms;
    side->last_list_ms = now_ms;
    if (since_ms < POLL_MS / 2 && server_request_argument(request, "pageToken")) {
        youtube_fail(request, 403, "youtube.liveChat", "rateLimitExceeded",
                     "The request was sent too quickly after the previous request.");
        return;
    }
    if (youtube_is_ended(side) && from == youtube_chat_end(side->chat)) {
        youtube_fail(request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
        return;
    }
    struct buffer body = {0};
    add_page(side, 'L', &from, (size_t)items_max, &body);
    youtube_respond(request, 200, &body);
    side_client_came(&side->base);
}

/* --- Faults --- */

void youtube_live_drop(struct side *base)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &youtube_side_of(base)->streams, link) {
        server_stream_abort(stream->request);
        stream_free(stream);
    }
}

void youtube_live_garbage(struct side *base)
{
    static const char noise[] = "{\"kind\":nonsense,\"items\":[{\"id\":\xff}]}";
    struct stream *stream;
    list_for_each(stream, &youtube_side_of(base)->streams, link) {
        server_stream_send(stream->request, stream->has_begun ? ",\r\n" : "[", stream->has_begun ? 3 : 1);
        stream->has_begun = true;
        server_stream_send(stream->request, noise, sizeof(noise) - 1);
    }
}

void youtube_live_reconnect(struct side *base)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &youtube_side_of(base)->streams, link)
        end_stream(stream);
}

void youtube_live_resume(struct side *base)
{
    send_batch(youtube_side_of(base));
}

void youtube_live_init(struct youtube_side *side, struct loop *loop)
{
    list_init(&side->streams);
    timer_init(&side->batch_timer, loop, send_batch, side);
}

void youtube_live_fini(struct youtube_side *side)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &side->streams, link)
        stream_free(stream);
    timer_stop(&side->batch_timer);
}
