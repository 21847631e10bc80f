/* test_youtube_live.c - the YouTube connector against a small server of the Data API on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "net/server.h"
#include "stage.h"

enum { REQUESTS_MAX = 256 };

struct api {
    struct stage stage;
    struct server *server;
    struct server_request *stream;  // open; NULL: none
    char requests[REQUESTS_MAX][400];  // "path?query"
    size_t request_count, stream_count;
    // What is answered. NULL: 404 without words.
    const char *videos, *channels, *uploads, *search, *list;
    int stream_status;              // 0: 200 and open
    const char *stream_body;        // of a stream_status, or sent first
    bool ends_stream_at_once;
};

#define ERROR_BODY(code, reason) \
    "{\"error\":{\"code\":" code ",\"message\":\"m\",\"errors\":[{\"reason\":\"" reason "\"}]}}"
#define VIDEO(id, chat) \
    "{\"items\":[{\"id\":\"" id "\",\"snippet\":{\"channelId\":\"UCanna000000000000000000\"}," \
    "\"liveStreamingDetails\":{\"activeLiveChatId\":\"" chat "\",\"actualStartTime\":\"2026-11-22T10:00:00Z\"}}]}"
#define VIDEO_WITHOUT_CHAT \
    "{\"items\":[{\"id\":\"dQw4w9WgXcQ\",\"snippet\":{\"liveBroadcastContent\":\"upcoming\"},\"liveStreamingDetails\":{}}]}"

static void stream_gone(void *data)
{
    ((struct api *)data)->stream = NULL;
}

static void open_stream(struct api *api, struct server_request *request)
{
    api->stream_count++;
    if (api->stream_status) {
        server_respond(request, api->stream_status, "application/json", NULL, 0, api->stream_body,
                       api->stream_body ? strlen(api->stream_body) : 0);
        return;
    }
    server_stream_begin(request, 200, "application/json", NULL, 0);
    api->stream = request;
    server_request_on_gone(request, stream_gone, api);
    if (api->stream_body)
        server_stream_send(request, api->stream_body, strlen(api->stream_body));
    if (api->ends_stream_at_once) {
        api->stream = NULL;
        server_stream_end(request);
    }
}

static void answer(struct server_request *request, const char *body)
{
    if (body) {
        int status = strncmp(body, "{\"error\":{\"code\":", 17) == 0 ? atoi(body + 17) : 200;
        server_respond(request, status, "application/json", NULL, 0, body, strlen(body));
    } else {
        server_respond_text(request, 404, "not found");
    }
}

static void handle_request(void *data, struct server_request *request)
{
    struct api *api = data;
    const char *path = server_request_path(request);
    assert_true(api->request_count < REQUESTS_MAX);
    snprintf(api->requests[api->request_count++], 400, "%s?%s", path, server_request_query(request));
    assert_non_null(server_request_argument(request, "key"));
    assert_string_equal(server_request_argument(request, "key"), "secret-key");
    if (strcmp(path, "/v3/liveChat/messages/stream") == 0) {
        open_stream(api, request);
    } else {
        answer(request, strcmp(path, "/v3/videos") == 0 ? api->videos
                      : strcmp(path, "/v3/channels") == 0 ? api->channels
                      : strcmp(path, "/v3/playlistItems") == 0 ? api->uploads
                      : strcmp(path, "/v3/search") == 0 ? api->search
                      : strcmp(path, "/v3/liveChat/messages") == 0 ? api->list : NULL);
    }
}

static int set_up(void **state)
{
    struct error err = {0};
    struct api *api = xcalloc(1, sizeof(*api));
    stage_init(&api->stage);
    api->server = server_create(api->stage.loop, &(struct server_options){.on_request = handle_request, .data = api}, &err);
    if (!api->server)
        fail_msg("%s", err.text);
    api->videos = VIDEO("dQw4w9WgXcQ", "CHAT1");
    *state = api;
    return 0;
}

static int tear_down(void **state)
{
    struct api *api = *state;
    stage_stop(&api->stage);
    for (size_t i = 0; i < api->stage.state_count; i++)
        assert_null(strstr(api->stage.states[i], "secret-key"));
    server_destroy(api->server);
    stage_fini(&api->stage);
    free(api);
    return 0;
}

static void start(struct api *api, const char *cursor, const char *more)
{
    stage_start(&api->stage, cursor,
                "{\"connector\":\"youtube\",\"api_key\":\"secret-key\",\"api_url\":\"http://127.0.0.1:%d/v3\","
                "\"wait_ms\":30,\"poll_ms\":30,\"settled_ms\":0,%s}", server_port(api->server), more);
}

#define BY_VIDEO "\"video\":\"dQw4w9WgXcQ\""
#define BY_CHANNEL "\"channel\":\"@anna\""

/* A page with chat items "id" written at time_ms; token NULL: none. */
static char *page(const char *token, int64_t time_ms, const char *const *ids, size_t count)
{
    struct buffer out = {0};
    char published[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(time_ms, published);
    buffer_add_string(&out, "{\"kind\":\"youtube#liveChatMessageListResponse\",\"items\":[");
    for (size_t i = 0; i < count; i++)
        buffer_printf(&out, "%s{\"id\":\"%s\",\"snippet\":{\"type\":\"textMessageEvent\",\"publishedAt\":\"%s\","
                      "\"displayMessage\":\"text %s\"}}", i ? "," : "", ids[i], published, ids[i]);
    buffer_add_string(&out, "]");
    if (token)
        buffer_printf(&out, ",\"nextPageToken\":\"%s\"", token);
    buffer_add_string(&out, "}");
    return buffer_take(&out);
}

static void send_text(struct api *api, const char *text)
{
    assert_non_null(api->stream);
    assert_true(server_stream_send(api->stream, text, strlen(text)));
}

static void send_page(struct api *api, const char *token, const char *const *ids, size_t count)
{
    char *text = page(token, clock_unix_ms(), ids, count);
    send_text(api, text);
    send_text(api, ",\r\n");
    free(text);
}

#define IDS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static bool has_stream(void *data)
{
    return ((struct api *)data)->stream != NULL;
}

static bool was_asked(void *data)
{
    return ((struct api *)data)->stream_count > 0;
}

static void until_stream(struct api *api)
{
    stage_until(&api->stage, "a stream", has_stream, api);
    stage_until_state(&api->stage, CONNECTOR_LIVE);
}

static size_t count_requests(const struct api *api, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < api->request_count; i++)
        count += strstr(api->requests[i], part) != NULL;
    return count;
}

static void test_reads_and_resumes(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    assert_true(stage_said(&api->stage, "live: reading the chat of dQw4w9WgXcQ"));
    assert_non_null(strstr(api->requests[1], "liveChatId=CHAT1&part=id,snippet,authorDetails&key="));
    send_text(api, "[");
    send_page(api, "TOKEN1", IDS("a", "b"));
    stage_until_messages(&api->stage, 2);
    assert_string_equal(api->stage.messages[1]->is.text.data, "text b");
    assert_false(api->stage.messages[1]->is.is_history);
    assert_non_null(strstr(api->stage.cursor, "\"token\":\"TOKEN1\""));
    // The server ends the stream as it does now and then: at once again, from the token on.
    struct server_request *stream = api->stream;
    api->stream = NULL;
    server_stream_end(stream);
    until_stream(api);
    assert_non_null(strstr(api->requests[api->request_count - 1], "pageToken=TOKEN1"));
    send_text(api, "[");
    send_page(api, "TOKEN2", IDS("c"));
    stage_until_messages(&api->stage, 3);
    assert_int_equal(count_requests(api, "/videos"), 1);
    assert_int_equal(api->stage.gap_count, 0);
}

static void test_cut_in_an_item(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    send_text(api, "[");
    send_page(api, "TOKEN1", IDS("a"));
    send_text(api, "{\"items\":[{\"id\":\"b\",\"snippet\":{\"type\":\"textMess");
    stage_until_messages(&api->stage, 1);
    struct server_request *stream = api->stream;
    api->stream = NULL;
    server_stream_abort(stream);
    until_stream(api);
    assert_non_null(strstr(api->requests[api->request_count - 1], "pageToken=TOKEN1"));
    send_text(api, "[");
    send_page(api, "TOKEN2", IDS("b"));
    stage_until_messages(&api->stage, 2);
    assert_int_equal(connector_health(api->stage.connector)->dropped, 0);
    assert_int_equal(api->stage.gap_count, 0);
}

static void test_history(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    char *old = page("TOKEN1", clock_unix_ms() - 60000, IDS("old"));
    send_text(api, "[");
    send_text(api, old);
    send_page(api, "TOKEN2", IDS("new"));
    free(old);
    stage_until_messages(&api->stage, 2);
    assert_true(api->stage.messages[0]->is.is_history);
    assert_false(api->stage.messages[1]->is.is_history);
}

static void test_new_life(void **state)
{
    struct api *api = *state;
    char cursor[256];
    int64_t now_ms = clock_unix_ms();
    snprintf(cursor, sizeof(cursor), "{\"chat\":\"CHAT1\",\"video\":\"dQw4w9WgXcQ\",\"token\":\"TOKEN9\",\"since_ms\":%lld,"
             "\"last_ms\":%lld,\"alive_ms\":%lld}", (long long)(now_ms - 100000), (long long)(now_ms - 3000),
             (long long)(now_ms - 2000));
    start(api, cursor, BY_VIDEO);
    until_stream(api);
    assert_int_equal(api->request_count, 1);
    assert_non_null(strstr(api->requests[0], "pageToken=TOKEN9"));
    // Written while we were away: late, but no history.
    char *missed = page("TOKEN10", now_ms - 1000, IDS("missed"));
    send_text(api, "[");
    send_text(api, missed);
    free(missed);
    stage_until_messages(&api->stage, 1);
    assert_false(api->stage.messages[0]->is.is_history);
    assert_int_equal(api->stage.gap_count, 0);
}

static void test_stale_token(void **state)
{
    struct api *api = *state;
    int64_t now_ms = clock_unix_ms();
    char cursor[256];
    snprintf(cursor, sizeof(cursor), "{\"chat\":\"CHAT1\",\"token\":\"OLD\",\"since_ms\":1,\"last_ms\":%lld,\"alive_ms\":%lld}",
             (long long)(now_ms - 60000), (long long)(now_ms - 50000));
    api->stream_status = 400;
    api->stream_body = ERROR_BODY("400", "pageTokenInvalid");
    start(api, cursor, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_CONNECTING);
    stage_until(&api->stage, "an answer", was_asked, api);
    api->stream_status = 0;
    api->stream_body = NULL;
    until_stream(api);
    assert_null(strstr(api->requests[api->request_count - 1], "pageToken"));
    // The history begins later than what we had: between lies a gap.
    char *history = page("NEW", now_ms - 20000, IDS("h"));
    send_text(api, "[");
    send_text(api, history);
    free(history);
    stage_until_gaps(&api->stage, 1);
    assert_true(api->stage.gaps[0].from_ms <= now_ms - 50000);
    assert_int_equal(api->stage.gaps[0].to_ms, now_ms - 20000);
}

static void test_waits_for_chat(void **state)
{
    struct api *api = *state;
    api->videos = VIDEO_WITHOUT_CHAT;
    start(api, NULL, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_true(stage_said(&api->stage, "waiting: waiting for dQw4w9WgXcQ to go live"));
    api->videos = VIDEO("dQw4w9WgXcQ", "CHAT1");
    until_stream(api);
}

static void test_finds_channel(void **state)
{
    struct api *api = *state;
    api->channels = "{\"items\":[{\"id\":\"UCanna000000000000000000\",\"contentDetails\":{\"relatedPlaylists\":"
                    "{\"uploads\":\"UUanna000000000000000000\"}}}]}";
    api->uploads = "{\"items\":[{\"contentDetails\":{\"videoId\":\"video000001\"}},{\"contentDetails\":{\"videoId\":\"dQw4w9WgXcQ\"}}]}";
    start(api, NULL, BY_CHANNEL);
    until_stream(api);
    assert_non_null(strstr(api->requests[0], "/v3/channels?part=id,contentDetails&forHandle="));
    assert_non_null(strstr(api->requests[1], "playlistId=UUanna000000000000000000"));
    assert_non_null(strstr(api->requests[2], "id=video000001,dQw4w9WgXcQ"));
    assert_string_equal(connector_source(api->stage.connector), "youtube:@anna");
}

static void test_follows_next_broadcast(void **state)
{
    struct api *api = *state;
    api->uploads = "{\"items\":[{\"contentDetails\":{\"videoId\":\"next0000001\"}}]}";
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    send_text(api, "[");
    send_page(api, "T1", IDS("a"));
    send_text(api, "{\"items\":[],\"offlineAt\":\"2026-11-22T19:00:01.000Z\"}");
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_int_equal(api->stage.messages[1]->is.kind, MESSAGE_END);
    api->stream = NULL;
    api->videos = VIDEO("next0000001", "CHAT2");
    until_stream(api);
    assert_non_null(strstr(api->requests[api->request_count - 1], "liveChatId=CHAT2"));
    assert_null(strstr(api->requests[api->request_count - 1], "pageToken"));
    send_text(api, "[");
    send_page(api, "T1", IDS("b"));
    stage_until_messages(&api->stage, 3);
    assert_int_equal(api->stage.gap_count, 0);
}

static void test_ended_by_error(void **state)
{
    struct api *api = *state;
    api->stream_status = 403;
    api->stream_body = ERROR_BODY("403", "liveChatEnded");
    start(api, NULL, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_int_equal(api->stage.message_count, 1);
    assert_int_equal(api->stage.messages[0]->is.kind, MESSAGE_END);
    assert_string_equal(api->stage.messages[0]->is.event_key.data, "end:CHAT1");
}

static bool is_past(void *data)
{
    return clock_monotonic_ms() > *(int64_t *)data;
}

static void test_quota(void **state)
{
    struct api *api = *state;
    api->videos = ERROR_BODY("403", "quotaExceeded");
    start(api, NULL, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_true(stage_said(&api->stage, "waiting: the API key's quota for today is used up; goes on at 20"));
    int64_t later_ms = clock_monotonic_ms() + 200;  // several times the usual wait
    stage_until(&api->stage, "nothing", is_past, &later_ms);
    assert_int_equal(api->request_count, 1);
    // The next life knows it too.
    char cursor[1024];
    snprintf(cursor, sizeof(cursor), "%s", api->stage.cursor);
    stage_stop(&api->stage);
    api->stage.state_count = 0;
    start(api, cursor, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_int_equal(api->request_count, 1);
}

static void test_own_budget(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO ",\"daily_quota\":5");  // videos.list is 1, the stream would be 5
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_int_equal(api->request_count, 1);
}

static void test_falls_back_to_list(void **state)
{
    struct api *api = *state;
    api->stream_status = 404;
    char *first = page("L1", clock_unix_ms(), IDS("a"));
    api->list = first;
    start(api, NULL, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_LIVE);
    stage_until_messages(&api->stage, 2);  // the same page polled twice
    assert_true(stage_said(&api->stage, "live: polling the chat of dQw4w9WgXcQ"));
    assert_int_equal(api->stream_count, 1);
    assert_non_null(strstr(api->requests[api->request_count - 1], "pageToken=L1"));
    stage_stop(&api->stage);
    free(first);
}

static void test_refusals_in_words(void **state)
{
    static const struct {
        const char *body, *says;
    } cases[] = {
        {ERROR_BODY("403", "liveChatDisabled"), "failed: the chat of this broadcast is switched off"},
        {ERROR_BODY("403", "forbidden"), "failed: the chat is private or for members only"},
        {ERROR_BODY("401", "authError"), "failed: api_key: YouTube does not accept it"},
    };
    struct api *api = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        api->stage.state_count = 0;
        api->stream_status = atoi(cases[i].body + 17);
        api->stream_body = cases[i].body;
        start(api, NULL, BY_VIDEO);
        stage_until_state(&api->stage, CONNECTOR_FAILED);
        if (!stage_said(&api->stage, cases[i].says))
            fail_msg("%s", cases[i].says);
        stage_stop(&api->stage);
    }
}

static void test_no_such_video(void **state)
{
    struct api *api = *state;
    api->videos = "{\"items\":[]}";
    start(api, NULL, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&api->stage, "failed: video \"dQw4w9WgXcQ\": there is none, or it is private"));
}

static bool has_dropped(void *data)
{
    return connector_health(((struct api *)data)->stage.connector)->dropped > 0;
}

static void test_nonsense(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    send_text(api, "<html>");
    stage_until(&api->stage, "a dropped frame", has_dropped, api);
    api->stream = NULL;
    until_stream(api);
    send_text(api, "[{\"items\":[{\"id\":\"x\"},{\"a\":]}]},");
    send_page(api, "T", IDS("a"));
    stage_until_messages(&api->stage, 1);
    assert_int_equal(connector_health(api->stage.connector)->dropped, 3);
}

static void test_error_inside_stream(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    send_text(api, "[" ERROR_BODY("403", "quotaExceeded"));
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_true(stage_said(&api->stage, "waiting: the API key's quota"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_reads_and_resumes), TEST(test_cut_in_an_item), TEST(test_history), TEST(test_new_life),
        TEST(test_stale_token), TEST(test_waits_for_chat), TEST(test_finds_channel), TEST(test_follows_next_broadcast),
        TEST(test_ended_by_error), TEST(test_quota), TEST(test_own_budget), TEST(test_falls_back_to_list),
        TEST(test_refusals_in_words), TEST(test_no_such_video), TEST(test_nonsense), TEST(test_error_inside_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
