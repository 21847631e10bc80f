#include "rehearsal/youtube_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/login.h"
#include "rehearsal/youtube_chat.h"
#include "rehearsal/youtube_frame.h"
#include "rehearsal/youtube_web.h"
#include "rehearsal/youtube_write.h"

enum { COST_READ = 1, SEARCHES_A_DAY = 100 };

#define CHANNEL_ID "UCrehearsal0000000000000"
#define UPLOADS_ID "UUrehearsal0000000000000"
#define HANDLE "@rehearsal"

/* --- Answers --- */

void youtube_respond(struct server_request *request, int status, struct buffer *body)
{
    server_respond(request, status, "application/json; charset=UTF-8", NULL, 0, body->data ? body->data : "", body->len);
    buffer_fini(body);
}

bool youtube_charge(struct youtube_side *side, struct server_request *request, int units)
{
    side->quota_used += units;
    if (side->quota_used <= side_number(&side->base, "quota"))
        return true;
    youtube_fail(request, 403, "youtube.quota", "quotaExceeded",
                 "The request cannot be completed because you have exceeded your quota.");
    return false;
}

void youtube_add_time(struct buffer *out, const char *key, int64_t unix_ms)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(unix_ms, text);
    buffer_printf(out, ",\"%s\":\"%s\"", key, text);
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
    youtube_add_time(out, "actualStartTime", side->starts_ms[i]);
    youtube_add_time(out, "scheduledStartTime", side->starts_ms[i]);
    if (is_live)
        buffer_printf(out, ",\"activeLiveChatId\":\"%s\"", youtube_chat_id(side->chat));
    else
        youtube_add_time(out, "actualEndTime", side->ends_ms[i]);
    buffer_add_string(out, "}}");
}

static void end_list(struct server_request *request, struct buffer *body, int count)
{
    buffer_printf(body, "],\"pageInfo\":{\"totalResults\":%d,\"resultsPerPage\":%d}}\n", count, count);
    youtube_respond(request, 200, body);
}

static void get_videos(struct youtube_side *side, struct server_request *request)
{
    const char *ids = server_request_argument(request, "id");
    struct buffer body = {0};
    int count = 0;
    if (!youtube_charge(side, request, COST_READ))
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
    if (!youtube_charge(side, request, COST_READ))
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
    if (!youtube_charge(side, request, COST_READ))
        return;
    if (!playlist || strcmp(playlist, UPLOADS_ID) != 0) {
        youtube_fail(request, 404, "youtube.playlistItem", "playlistNotFound", "The playlist cannot be found.");
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
        youtube_charge(side, request, 1);
        return;
    }
    bool is_found = channel && strcmp(channel, CHANNEL_ID) == 0 && event && strcmp(event, "live") == 0 &&
                    !youtube_is_ended(side);
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
    {"/liveChat/messages", youtube_live_get_list}, {"/liveChat/messages/stream", youtube_live_get_stream},
};

static bool is_allowed(struct youtube_side *side, struct server_request *request)
{
    const char *key = server_request_argument(request, "key"), *header = server_request_header(request, "x-goog-api-key");
    key = key ? key : header;
    const char *token = login_side_token(request);
    if (token && login_side_knows(side->base.rehearsal, "youtube", token))
        return true;
    if (token)
        youtube_fail(request, 401, "global", "authError", "Invalid Credentials");
    else if (server_request_method(request) != METHOD_GET)
        youtube_fail(request, 401, "global", "authError",
                     "Request is missing required authentication credential. Expected OAuth 2 access token.");
    else if (!key || !*key)
        youtube_fail(request, 403, "global", "forbidden", "The request is missing a valid API key.");
    else if (strcmp(key, side_text(&side->base, "api_key")) != 0)
        youtube_fail(request, 400, "global", "badRequest", "API key not valid. Please pass a valid API key.");
    else if (!server_request_argument(request, "part"))
        youtube_fail(request, 400, "global", "missingRequiredParameter",
                     "No filter selected: the part parameter is required.");
    else
        return true;
    return false;
}

static bool charge_side(struct side *base, struct server_request *request, int units)
{
    return youtube_charge(youtube_side_of(base), request, units);
}

static void refuse(struct side *base, struct server_request *request)
{
    youtube_fail(request, 503, "global", "backendError", "The service is currently unavailable.");
}

static bool route(struct side *base, struct server_request *request, const char *path)
{
    static const char prefix[] = "/v3", web[] = "/web";
    struct youtube_side *side = youtube_side_of(base);
    if (strncmp(path, web, sizeof(web) - 1) == 0) {
        struct youtube_web page = {side->web, side->videos[side->video_count - 1], youtube_is_ended(side)};
        bool is_there = youtube_web_request(&page, request, path + sizeof(web) - 1);
        if (is_there)
            side_client_came(base);
        return is_there;
    }
    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
        return false;
    path += sizeof(prefix) - 1;
    if (server_request_method(request) != METHOD_GET) {
        struct youtube_desk desk = {base, request, youtube_chat_id(side->chat), youtube_is_ended(side), charge_side};
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
    if (youtube_is_ended(side))
        return;
    side->ends_ms[side->video_count - 1] = clock_unix_ms();
    youtube_live_want_batch(side);
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
    struct youtube_side *side = youtube_side_of(base);
    struct buffer item = {0};
    if (!youtube_is_ended(side) && youtube_frame_write(message, youtube_chat_id(side->chat), &item)) {
        side_note(base, message);
        youtube_chat_add(side->chat, item.data, item.len);
        add_web(side, message);
        youtube_live_want_batch(side);
        if (message->is.kind == MESSAGE_END)
            finish_broadcast(side);
    } else {
        base->skipped++;
    }
    buffer_fini(&item);
}

/* A new broadcast: another video, another chat; the old one is over. */
static void restart(struct youtube_side *side)
{
    if (side->video_count == YOUTUBE_VIDEOS_MAX)
        return;
    finish_broadcast(side);
    youtube_live_resume(&side->base);
    youtube_live_reconnect(&side->base);  // also those that a fault held back: their places mean nothing in the new chat
    size_t i = side->video_count++;
    side->videos[i] = i == 0 ? xstrdup(side_room(&side->base, "video")) : xasprintf("%.9s%02zu", side_room(&side->base, "video"), i);
    side->starts_ms[i] = clock_unix_ms();
    youtube_chat_restart(side->chat);
    youtube_chat_restart(side->web);
}

static bool special(struct side *base, const char *fault)
{
    struct youtube_side *side = youtube_side_of(base);
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
    struct youtube_side *side = youtube_side_of(base);
    youtube_live_fini(side);
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
    struct youtube_side *side = youtube_side_of(base);
    side->videos[0] = xstrdup(side_room(base, "video"));
    side->starts_ms[0] = clock_unix_ms();
    side->video_count = 1;
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct youtube_side *side = xcalloc(1, sizeof(*side));
    youtube_live_init(side, rehearsal_loop(rehearsal));
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
    .describe = describe, .drop = youtube_live_drop, .garbage = youtube_live_garbage,
    .reconnect = youtube_live_reconnect, .resume = youtube_live_resume,
    .special = special, .specials = "quota, end, restart",
};
