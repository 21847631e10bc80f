#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "rehearsal/login.h"
#include "rehearsal/side.h"
#include "rehearsal/youtube_chat.h"
#include "rehearsal/youtube_frame.h"
#include "rehearsal/youtube_web.h"
#include "rehearsal/youtube_write.h"

/*
 * YouTube's Data API as a key holder sees it: https://developers.google.com/youtube/v3/live (August 2026). The chat is
 * a log; a page token is a place in it, good for the method that gave it only, since nobody promises more.
 */

enum {
    HISTORY = 75, PAGE_ITEMS = 500, HISTORY_PAGE_ITEMS = 50, POLL_MS = 2000, LIST_MIN = 200, LIST_MAX = 2000,
    LIST_USUAL = 500, COST_CHAT = 5, COST_READ = 1, SEARCHES_A_DAY = 100, VIDEOS_MAX = 32,
};

#define CHANNEL_ID "UCrehearsal0000000000000"
#define UPLOADS_ID "UUrehearsal0000000000000"
#define HANDLE "@rehearsal"

struct youtube_side {
    struct side base;
    struct youtube_chat *chat;         // of the newest broadcast
    struct youtube_chat *web;          // the same as the web page has it
    char *videos[VIDEOS_MAX];          // owned; the newest is the last
    int64_t starts_ms[VIDEOS_MAX], ends_ms[VIDEOS_MAX];  // Unix; end 0: live
    size_t video_count;
    struct list streams;               // struct stream
    struct timer batch_timer;
    int64_t quota_used, searches, last_list_ms;
    uint64_t lists, stream_count;
};

struct stream {
    struct list link;  // in youtube_side.streams
    struct youtube_side *side;
    struct server_request *request;
    uint64_t next;     // place in the log
    bool has_begun;
    struct timer life;
};

static struct youtube_side *get_side(struct side *base)
{
    return container_of(base, struct youtube_side, base);
}

/* --- Answers --- */

static void respond(struct server_request *request, int status, struct buffer *body)
{
    server_respond(request, status, "application/json; charset=UTF-8", NULL, 0, body->data ? body->data : "", body->len);
    buffer_fini(body);
}

static void fail(struct server_request *request, int status, const char *domain, const char *reason, const char *text)
{
    struct buffer body = {0};
    buffer_printf(&body, "{\"error\":{\"code\":%d,\"message\":\"%s\",\"errors\":[{\"message\":\"%s\",\"domain\":\"%s\","
                  "\"reason\":\"%s\"}]}}\n", status, text, text, domain, reason);
    respond(request, status, &body);
}

/* A refused call costs as well. */
static bool charge(struct youtube_side *side, struct server_request *request, int units)
{
    side->quota_used += units;
    if (side->quota_used <= side_number(&side->base, "quota"))
        return true;
    fail(request, 403, "youtube.quota", "quotaExceeded",
         "The request cannot be completed because you have exceeded your quota.");
    return false;
}

static bool is_ended(const struct youtube_side *side)
{
    return side->ends_ms[side->video_count - 1] != 0;
}

/* --- Pages --- */

static void add_time(struct buffer *out, const char *key, int64_t unix_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(unix_ms, text);
    buffer_printf(out, ",\"%s\":\"%s\"", key, text);
}

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
    if (is_ended(side) && to == end)
        add_time(out, "offlineAt", side->ends_ms[side->video_count - 1]);
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
        if (is_alive && is_ended(side))
            end_stream(stream);
    }
}

static void want_batch(struct youtube_side *side)
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
        fail(request, 400, "youtube.parameter", "liveChatIdRequired", "The liveChatId parameter is required.");
        return false;
    }
    if (strcmp(chat_id, youtube_chat_id(side->chat)) != 0) {
        if (youtube_chat_was(side->chat, chat_id))
            fail(request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
        else
            fail(request, 404, "youtube.liveChat", "liveChatNotFound", "The live chat that you are trying to retrieve cannot be found.");
        return false;
    }
    uint64_t end = youtube_chat_end(side->chat), first = youtube_chat_first(side->chat);
    *from = end - first > HISTORY ? end - HISTORY : first;
    if (!token || !*token)
        return true;
    if (youtube_chat_read_token(side->chat, kind, token, from) && *from >= first && *from <= end)
        return true;
    fail(request, 400, "youtube.parameter", "pageTokenInvalid", "The page token is invalid.");
    return false;
}

static void get_stream(struct youtube_side *side, struct server_request *request)
{
    uint64_t from;
    if (!charge(side, request, COST_CHAT) || !find_place(side, request, 'S', &from))
        return;
    if (is_ended(side) && from == youtube_chat_end(side->chat))
        fail(request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
    else
        start_stream(side, request, from);
    if (is_ended(side))
        want_batch(side);
}

static void get_list(struct youtube_side *side, struct server_request *request)
{
    uint64_t from;
    side->lists++;
    if (!charge(side, request, COST_CHAT))
        return;
    const char *wish = server_request_argument(request, "maxResults");
    long items_max = wish ? strtol(wish, NULL, 10) : LIST_USUAL;
    if (items_max < LIST_MIN || items_max > LIST_MAX) {
        fail(request, 400, "global", "invalidParameter", "maxResults: acceptable values are 200 to 2000, inclusive.");
        return;
    }
    if (!find_place(side, request, 'L', &from))
        return;
    int64_t now_ms = clock_monotonic_ms(), since_ms = now_ms - side->last_list_ms;
    side->last_list_ms = now_ms;
    if (since_ms < POLL_MS / 2 && server_request_argument(request, "pageToken")) {
        fail(request, 403, "youtube.liveChat", "rateLimitExceeded", "The request was sent too quickly after the previous request.");
        return;
    }
    if (is_ended(side) && from == youtube_chat_end(side->chat)) {
        fail(request, 403, "youtube.liveChat", "liveChatEnded", "The specified live chat is no longer live.");
        return;
    }
    struct buffer body = {0};
    add_page(side, 'L', &from, (size_t)items_max, &body);
    respond(request, 200, &body);
    side_client_came(&side->base);
}

/* --- Finding the broadcast --- */

static bool is_in_list(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; at && *at;) {
        size_t part = strcspn(at, ",");
        if (part == len && strncmp(at, word, len) == 0)
            return true;
        at += part + (at[part] == ',');
    }
    return false;
}

static void add_video(const struct youtube_side *side, size_t i, struct buffer *out)
{
    bool is_live = side->ends_ms[i] == 0;
    buffer_add_string(out, "{\"kind\":\"youtube#video\",\"etag\":\"v\",\"id\":");
    buffer_add_json(out, side->videos[i], strlen(side->videos[i]));
    buffer_printf(out, ",\"snippet\":{\"channelId\":\"" CHANNEL_ID "\",\"title\":\"Rehearsal\",\"channelTitle\":\"Rehearsal\","
                  "\"liveBroadcastContent\":\"%s\"},\"liveStreamingDetails\":{\"concurrentViewers\":\"42\"", is_live ? "live" : "none");
    add_time(out, "actualStartTime", side->starts_ms[i]);
    add_time(out, "scheduledStartTime", side->starts_ms[i]);
    if (is_live)
        buffer_printf(out, ",\"activeLiveChatId\":\"%s\"", youtube_chat_id(side->chat));
    else
        add_time(out, "actualEndTime", side->ends_ms[i]);
    buffer_add_string(out, "}}");
}

static void end_list(struct server_request *request, struct buffer *body, int count)
{
    buffer_printf(body, "],\"pageInfo\":{\"totalResults\":%d,\"resultsPerPage\":%d}}\n", count, count);
    respond(request, 200, body);
}

static void get_videos(struct youtube_side *side, struct server_request *request)
{
    const char *ids = server_request_argument(request, "id");
    struct buffer body = {0};
    int count = 0;
    if (!charge(side, request, COST_READ))
        return;
    buffer_add_string(&body, "{\"kind\":\"youtube#videoListResponse\",\"etag\":\"r\",\"items\":[");
    for (size_t i = 0; i < side->video_count; i++) {
        if (!is_in_list(ids, side->videos[i]))
            continue;
        if (count++ > 0)
            buffer_add_char(&body, ',');
        add_video(side, i, &body);
    }
    end_list(request, &body, count);
}

static void get_channels(struct youtube_side *side, struct server_request *request)
{
    const char *id = server_request_argument(request, "id"), *handle = server_request_argument(request, "forHandle");
    bool is_ours = (id && is_in_list(id, CHANNEL_ID)) ||
                   (handle && strcmp(handle[0] == '@' ? handle + 1 : handle, HANDLE + 1) == 0);
    if (!charge(side, request, COST_READ))
        return;
    struct buffer body = {0};
    buffer_add_string(&body, "{\"kind\":\"youtube#channelListResponse\",\"etag\":\"r\",\"items\":[");
    if (is_ours)
        buffer_add_string(&body, "{\"kind\":\"youtube#channel\",\"etag\":\"c\",\"id\":\"" CHANNEL_ID "\",\"snippet\":{\"title\":"
                          "\"Rehearsal\",\"customUrl\":\"" HANDLE "\"},\"contentDetails\":{\"relatedPlaylists\":{\"likes\":\"\","
                          "\"uploads\":\"" UPLOADS_ID "\"}}}");
    end_list(request, &body, is_ours);
}

static void get_playlist(struct youtube_side *side, struct server_request *request)
{
    const char *playlist = server_request_argument(request, "playlistId");
    if (!charge(side, request, COST_READ))
        return;
    if (!playlist || strcmp(playlist, UPLOADS_ID) != 0) {
        fail(request, 404, "youtube.playlistItem", "playlistNotFound", "The playlist cannot be found.");
        return;
    }
    struct buffer body = {0};
    buffer_add_string(&body, "{\"kind\":\"youtube#playlistItemListResponse\",\"etag\":\"r\",\"items\":[");
    for (size_t i = side->video_count; i-- > 0;) {
        struct buffer id = {0};
        buffer_add_json(&id, side->videos[i], strlen(side->videos[i]));
        buffer_printf(&body, "{\"kind\":\"youtube#playlistItem\",\"snippet\":{\"resourceId\":{\"videoId\":%.*s}},"
                      "\"contentDetails\":{\"videoId\":%.*s}}%s", (int)id.len, id.data, (int)id.len, id.data, i ? "," : "");
        buffer_fini(&id);
    }
    end_list(request, &body, (int)side->video_count);
}

static void get_search(struct youtube_side *side, struct server_request *request)
{
    const char *channel = server_request_argument(request, "channelId"), *event = server_request_argument(request, "eventType");
    if (++side->searches > SEARCHES_A_DAY) {
        side->quota_used = side_number(&side->base, "quota");
        charge(side, request, 1);
        return;
    }
    bool is_found = channel && strcmp(channel, CHANNEL_ID) == 0 && event && strcmp(event, "live") == 0 && !is_ended(side);
    struct buffer body = {0};
    buffer_add_string(&body, "{\"kind\":\"youtube#searchListResponse\",\"etag\":\"r\",\"items\":[");
    if (is_found) {
        buffer_add_string(&body, "{\"kind\":\"youtube#searchResult\",\"id\":{\"kind\":\"youtube#video\",\"videoId\":");
        const char *video = side->videos[side->video_count - 1];
        buffer_add_json(&body, video, strlen(video));
        buffer_add_string(&body, "},\"snippet\":{\"channelId\":\"" CHANNEL_ID "\",\"liveBroadcastContent\":\"live\"}}");
    }
    end_list(request, &body, is_found);
}

/* --- Routing --- */

static const struct {
    const char *path;
    void (*get)(struct youtube_side *side, struct server_request *request);
} routes[] = {
    {"/videos", get_videos}, {"/channels", get_channels}, {"/playlistItems", get_playlist}, {"/search", get_search},
    {"/liveChat/messages", get_list}, {"/liveChat/messages/stream", get_stream},
};

static bool is_allowed(struct youtube_side *side, struct server_request *request)
{
    const char *key = server_request_argument(request, "key"), *header = server_request_header(request, "x-goog-api-key");
    key = key ? key : header;
    const char *token = login_side_token(request);
    if (token && login_side_knows(side->base.rehearsal, "youtube", token))
        return true;
    if (token)
        fail(request, 401, "global", "authError", "Invalid Credentials");
    else if (server_request_method(request) != METHOD_GET)
        fail(request, 401, "global", "authError", "Request is missing required authentication credential. Expected OAuth 2 access token.");
    else if (!key || !*key)
        fail(request, 403, "global", "forbidden", "The request is missing a valid API key.");
    else if (strcmp(key, side_text(&side->base, "api_key")) != 0)
        fail(request, 400, "global", "badRequest", "API key not valid. Please pass a valid API key.");
    else if (!server_request_argument(request, "part"))
        fail(request, 400, "global", "missingRequiredParameter", "No filter selected: the part parameter is required.");
    else
        return true;
    return false;
}

static bool charge_side(struct side *base, struct server_request *request, int units)
{
    return charge(get_side(base), request, units);
}

static void refuse(struct side *base, struct server_request *request)
{
    fail(request, 503, "global", "backendError", "The service is currently unavailable.");
}

static bool route(struct side *base, struct server_request *request, const char *path)
{
    static const char prefix[] = "/v3", web[] = "/web";
    struct youtube_side *side = get_side(base);
    if (strncmp(path, web, sizeof(web) - 1) == 0) {
        struct youtube_web page = {side->web, side->videos[side->video_count - 1], is_ended(side)};
        bool is_there = youtube_web_request(&page, request, path + sizeof(web) - 1);
        if (is_there)
            side_client_came(base);
        return is_there;
    }
    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
        return false;
    path += sizeof(prefix) - 1;
    if (server_request_method(request) != METHOD_GET) {
        struct youtube_desk desk = {base, request, youtube_chat_id(side->chat), is_ended(side), charge_side};
        return youtube_write(&desk, path);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(path, routes[i].path) == 0) {
            if (is_allowed(side, request))
                routes[i].get(side, request);
            return true;
        }
    }
    return false;  // /streamList and /liveChat/messages:stream give 404 at YouTube, too
}

/* --- Messages and faults --- */

static void finish_broadcast(struct youtube_side *side)
{
    if (is_ended(side))
        return;
    side->ends_ms[side->video_count - 1] = clock_unix_ms();
    want_batch(side);
}

static void add_web(struct youtube_side *side, const struct message *message)
{
    struct buffer action = {0};
    if (youtube_web_write(message, &action))
        youtube_chat_add(side->web, action.data, action.len);
    buffer_fini(&action);
}

static void say(struct side *base, const struct message *message)
{
    struct youtube_side *side = get_side(base);
    struct buffer item = {0};
    if (!is_ended(side) && youtube_frame_write(message, youtube_chat_id(side->chat), &item)) {
        side_note(base, message);
        youtube_chat_add(side->chat, item.data, item.len);
        add_web(side, message);
        want_batch(side);
        if (message->is.kind == MESSAGE_END)
            finish_broadcast(side);
    } else {
        base->skipped++;
    }
    buffer_fini(&item);
}

static void drop(struct side *base)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &get_side(base)->streams, link) {
        server_stream_abort(stream->request);
        stream_free(stream);
    }
}

static void garbage(struct side *base)
{
    static const char noise[] = "{\"kind\":nonsense,\"items\":[{\"id\":\xff}]}";
    struct stream *stream;
    list_for_each(stream, &get_side(base)->streams, link) {
        server_stream_send(stream->request, stream->has_begun ? ",\r\n" : "[", stream->has_begun ? 3 : 1);
        stream->has_begun = true;
        server_stream_send(stream->request, noise, sizeof(noise) - 1);
    }
}

static void reconnect(struct side *base)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &get_side(base)->streams, link)
        end_stream(stream);
}

static void resume(struct side *base)
{
    send_batch(get_side(base));
}

/* A new broadcast: another video, another chat; the old one is over. */
static void restart(struct youtube_side *side)
{
    if (side->video_count == VIDEOS_MAX)
        return;
    finish_broadcast(side);
    send_batch(side);
    reconnect(&side->base);  // also those that a fault held back: their places mean nothing in the new chat
    size_t i = side->video_count++;
    side->videos[i] = i == 0 ? xstrdup(side_room(&side->base, "video")) : xasprintf("%.9s%02zu", side_room(&side->base, "video"), i);
    side->starts_ms[i] = clock_unix_ms();
    youtube_chat_restart(side->chat);
    youtube_chat_restart(side->web);
}

static bool special(struct side *base, const char *fault)
{
    struct youtube_side *side = get_side(base);
    if (strcmp(fault, "quota") == 0)
        side->quota_used = side_number(&side->base, "quota");
    else if (strcmp(fault, "resume") == 0)
        side->quota_used = 0;
    else if (strcmp(fault, "end") == 0)
        finish_broadcast(side);
    else if (strcmp(fault, "restart") == 0)
        restart(side);
    else
        return false;
    return true;
}

static void describe(const struct side *base, json_t *state)
{
    const struct youtube_side *side = container_of(base, struct youtube_side, base);
    json_object_set_new(state, "streams", json_integer((json_int_t)list_count(&side->streams)));
    json_object_set_new(state, "streams_opened", json_integer((json_int_t)side->stream_count));
    json_object_set_new(state, "lists", json_integer((json_int_t)side->lists));
    json_object_set_new(state, "quota_used", json_integer(side->quota_used));
    json_object_set_new(state, "video", json_string(side->videos[side->video_count - 1]));
    json_object_set_new(state, "chat", json_string(youtube_chat_id(side->chat)));
}

static void destroy(struct side *base)
{
    struct youtube_side *side = get_side(base);
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &side->streams, link)
        stream_free(stream);
    timer_stop(&side->batch_timer);
    for (size_t i = 0; i < side->video_count; i++)
        free(side->videos[i]);
    youtube_chat_destroy(side->chat);
    youtube_chat_destroy(side->web);
    free(side);
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "youtube", json_sprintf("http://%s/youtube/v3", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:O}", "connector", "youtube", "video",
                                             side_room(base, "video"), "api_key", side_text(base, "api_key"), "api_url",
                                             json_object_get(addresses, "youtube")));
}

static void start(struct side *base)
{
    struct youtube_side *side = get_side(base);
    side->videos[0] = xstrdup(side_room(base, "video"));
    side->starts_ms[0] = clock_unix_ms();
    side->video_count = 1;
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct youtube_side *side = xcalloc(1, sizeof(*side));
    list_init(&side->streams);
    timer_init(&side->batch_timer, rehearsal_loop(rehearsal), send_batch, side);
    side->chat = youtube_chat_create();
    side->web = youtube_chat_create();
    return &side->base;
}

/* What stands behind "LCC." looks like base64 of a small protobuf. */
static void make_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    uint64_t a, b;
    if (transcript_keep_id(len > 4 && strncmp(word, "LCC.", 4) == 0, word, len, pass, id))
        return;
    transcript_hash_word(word, len, pass, &a, &b);
    snprintf(id, TRANSCRIPT_ID_BYTES, "LCC.EhwKGkN%016llx%012llx", (unsigned long long)a,
             (unsigned long long)(b & 0xffffffffffff));
}

static const struct side_setting settings[] = {
    {"video", "rehearsal01", "the video's id; usual: the transcript's"},
    {"api_key", "rehearsal-key", "the only one that is accepted"},
    {"stream_ms", "120000", "until a response is ended"},
    {"batch_ms", "200", "between two elements of a stream at least"},
    {"quota", "10000", "units a day"},
    {NULL},
};

/* detail.batch: a gift batch is named by the id of its first message. */
const struct side_impl youtube_side = {
    .name = "youtube", .settings = settings, .create = create, .start = start, .destroy = destroy, .say = say,
    .make_id = make_id, .detail_id = "batch", .request = route, .refuse = refuse, .address = address,
    .describe = describe, .drop = drop, .garbage = garbage, .reconnect = reconnect, .resume = resume,
    .special = special, .specials = "quota, end, restart",
};
