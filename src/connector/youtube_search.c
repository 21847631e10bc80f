/*
 * youtube_search.c - which broadcast to read: the given video while it runs, else the channel's newest.
 * A channel's broadcast is found by its list of uploads (1 unit) and their states (1 unit); search.list would cost a
 * hundred, or one of a bucket of a hundred calls a day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/youtube_find.h"
#include "connector/youtube_inside.h"
#include "net/http.h"

enum {
    UPLOADS_COUNT = 15,
    SEARCH_MS = 15 * 60 * 1000,  // between calls of search.list
    THRIFTY_FACTOR = 4,          // slower when half of the day's budget is gone
};

static const char *who(const struct youtube *youtube)
{
    if (youtube->wanted_channel)
        return youtube->wanted_channel;
    return youtube->is_following && youtube->channel ? youtube->channel : youtube->wanted_video;
}

static void begin_url(struct youtube *youtube, const char *path)
{
    youtube_url_begin(&youtube->url, youtube->api_url, path);
}

static void add(struct youtube *youtube, const char *name, const char *value)
{
    youtube_url_add(&youtube->url, name, value);
}

static void wait_for_broadcast(struct youtube *youtube)
{
    bool is_thrifty = youtube_quota_used(youtube->quota, clock_unix_ms()) > 0.5;
    int64_t delay_ms = youtube->wait_ms * (is_thrifty ? THRIFTY_FACTOR : 1);
    if (youtube->has_no_uploads && delay_ms < SEARCH_MS)
        delay_ms = SEARCH_MS;
    youtube_later(youtube, random_jitter(delay_ms, 5), youtube_find);
    connector_set_state(&youtube->base, CONNECTOR_WAITING, youtube->is_following
        ? "the broadcast is over; waiting for the next one of %s" : "waiting for %s to go live", who(youtube));
}

/* The answer as JSON, to be freed; NULL: it was a failure and is dealt with. */
static json_t *take_answer(struct youtube *youtube, const struct http_result *result)
{
    youtube->request = NULL;
    struct error err = result->error;
    json_t *answer = err.code == ERROR_NONE ? json_parse(result->body, result->len, &err) : NULL;
    if (answer) {
        backoff_reset(&youtube->backoff);
        return answer;
    }
    struct youtube_failure failure = youtube_explain(result->status, result->body, result->len, err.text);
    if (result->error.code == ERROR_NONE || failure.act == YOUTUBE_NO_STREAM)
        failure.act = YOUTUBE_RETRY;
    youtube_handle_failure(youtube, &failure, youtube_find);
    return NULL;
}

static void use_broadcast(struct youtube *youtube, const struct youtube_broadcast *broadcast)
{
    if (broadcast->channel)
        youtube_set_text(&youtube->channel, broadcast->channel);
    youtube_set_chat(youtube, broadcast->video, broadcast->chat);
    youtube_read_chat(youtube);
}

/* ---- a video ---- */

static void handle_no_video(struct youtube *youtube)
{
    youtube_later(youtube, random_jitter(10 * youtube->wait_ms, 20), youtube_find);
    connector_set_state(&youtube->base, CONNECTOR_FAILED, "video \"%s\": there is none, or it is private",
                        youtube->wanted_video);
}

static void handle_video(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    json_t *answer = take_answer(youtube, result);
    if (!answer)
        return;
    struct youtube_broadcast broadcast;
    const json_t *item = json_array_get(json_object_get(answer, "items"), 0);
    if (youtube_broadcast_choose(answer, youtube->ended_chat, true, &broadcast)) {
        use_broadcast(youtube, &broadcast);
    } else if (!youtube_broadcast_read(item, &broadcast)) {
        handle_no_video(youtube);
    } else {
        youtube_set_text(&youtube->channel, broadcast.channel);
        if (broadcast.is_over && youtube->channel)
            youtube->is_following = true;
        wait_for_broadcast(youtube);
    }
    json_decref(answer);
}

static void ask_video(struct youtube *youtube)
{
    begin_url(youtube, "/videos");
    add(youtube, "part", "snippet,liveStreamingDetails");
    add(youtube, "id", youtube->wanted_video);
    if (youtube_may_call(youtube, YOUTUBE_VIDEOS_LIST, youtube_find))
        youtube_get(youtube, youtube_find, handle_video);
}

/* ---- a channel: its id and uploads, the newest of them, their states ---- */

static void handle_videos(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    json_t *answer = take_answer(youtube, result);
    if (!answer)
        return;
    struct youtube_broadcast broadcast;
    if (youtube_broadcast_choose(answer, youtube->ended_chat, false, &broadcast)) {
        use_broadcast(youtube, &broadcast);
    } else {
        wait_for_broadcast(youtube);
    }
    json_decref(answer);
}

static void ask_videos(struct youtube *youtube, const char *ids)
{
    begin_url(youtube, "/videos");
    add(youtube, "part", "snippet,liveStreamingDetails");
    add(youtube, "id", ids);
    if (youtube_may_call(youtube, YOUTUBE_VIDEOS_LIST, youtube_find))
        youtube_get(youtube, youtube_find, handle_videos);
}

/* "a,b,c" of the items' ids; the caller frees; NULL: none. */
static char *join_ids(const json_t *answer, const char *(*id_of)(const json_t *item))
{
    struct buffer ids = {0};
    const json_t *items = json_object_get(answer, "items");
    for (size_t i = 0; i < json_array_size(items) && i < 50; i++) {
        const char *id = id_of(json_array_get(items, i));
        if (!id)
            continue;
        if (ids.len > 0)
            buffer_add_char(&ids, ',');
        buffer_add_string(&ids, id);
    }
    return ids.len > 0 ? buffer_take(&ids) : NULL;
}

static const char *id_of_upload(const json_t *item)
{
    const char *id = json_get_text(json_object_get(item, "contentDetails"), "videoId");
    return id ? id : json_get_text(json_object_get(json_object_get(item, "snippet"), "resourceId"), "videoId");
}

static const char *id_of_hit(const json_t *item)
{
    return json_get_text(json_object_get(item, "id"), "videoId");
}

static void ask_about(struct youtube *youtube, const json_t *answer, const char *(*id_of)(const json_t *item))
{
    char *ids = join_ids(answer, id_of);
    if (ids) {
        ask_videos(youtube, ids);
    } else {
        wait_for_broadcast(youtube);
    }
    free(ids);
}

static void handle_hits(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    json_t *answer = take_answer(youtube, result);
    if (answer)
        ask_about(youtube, answer, id_of_hit);
    json_decref(answer);
}

static void ask_search(struct youtube *youtube)
{
    begin_url(youtube, "/search");
    add(youtube, "part", "id");
    add(youtube, "channelId", youtube->channel);
    add(youtube, "eventType", "live");
    add(youtube, "type", "video");
    if (youtube_may_call(youtube, YOUTUBE_SEARCH_LIST, youtube_find))
        youtube_get(youtube, youtube_find, handle_hits);
}

static void handle_uploads(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    if (result->status == 404) {  // a channel that never uploaded has no such list
        youtube->request = NULL;
        youtube->has_no_uploads = true;
        ask_search(youtube);
        return;
    }
    json_t *answer = take_answer(youtube, result);
    if (answer)
        ask_about(youtube, answer, id_of_upload);
    json_decref(answer);
}

static void ask_uploads(struct youtube *youtube)
{
    char count[16];
    snprintf(count, sizeof(count), "%d", UPLOADS_COUNT);
    begin_url(youtube, "/playlistItems");
    add(youtube, "part", "contentDetails");
    add(youtube, "playlistId", youtube->uploads);
    add(youtube, "maxResults", count);
    if (youtube_may_call(youtube, YOUTUBE_PLAYLIST_ITEMS_LIST, youtube_find))
        youtube_get(youtube, youtube_find, handle_uploads);
}

/* The list of uploads has the channel's id with UU in place of UC, unless the answer says otherwise. */
static void set_channel(struct youtube *youtube, const char *id, const char *uploads)
{
    youtube_set_text(&youtube->channel, id);
    youtube_set_text(&youtube->uploads, uploads ? uploads : youtube->channel);
    if (!uploads && strncmp(youtube->uploads, "UC", 2) == 0)
        youtube->uploads[1] = 'U';
}

static void handle_channel(void *data, const struct http_result *result)
{
    struct youtube *youtube = data;
    json_t *answer = take_answer(youtube, result);
    if (!answer)
        return;
    const json_t *item = json_array_get(json_object_get(answer, "items"), 0);
    const char *id = json_get_text(item, "id");
    const json_t *lists = json_object_get(json_object_get(item, "contentDetails"), "relatedPlaylists");
    if (id) {
        set_channel(youtube, id, json_get_text(lists, "uploads"));
        youtube_find(youtube);
    } else {
        youtube_later(youtube, random_jitter(10 * youtube->wait_ms, 20), youtube_find);
        connector_set_state(&youtube->base, CONNECTOR_FAILED, "channel \"%s\": there is none of that name", who(youtube));
    }
    json_decref(answer);
}

static void ask_channel(struct youtube *youtube, const char *name)
{
    begin_url(youtube, "/channels");
    add(youtube, "part", "id,contentDetails");
    if (strncmp(name, "user:", 5) == 0) {
        add(youtube, "forUsername", name + 5);
    } else {
        add(youtube, "forHandle", name);
    }
    if (youtube_may_call(youtube, YOUTUBE_CHANNELS_LIST, youtube_find))
        youtube_get(youtube, youtube_find, handle_channel);
}

void youtube_find(struct youtube *youtube)
{
    if (youtube->method == YOUTUBE_WEB) {
        youtube_web_find(youtube);
        return;
    }
    if (youtube->base.health.state != CONNECTOR_WAITING)
        connector_set_state(&youtube->base, CONNECTOR_CONNECTING, "looking for the broadcast of %s", who(youtube));
    if (youtube->wanted_video && !youtube->is_following) {
        ask_video(youtube);
    } else if (!youtube->channel) {
        ask_channel(youtube, youtube->wanted_channel);
    } else if (!youtube->uploads) {
        set_channel(youtube, youtube->channel, NULL);
        ask_uploads(youtube);
    } else if (youtube->has_no_uploads) {
        ask_search(youtube);
    } else {
        ask_uploads(youtube);
    }
}
