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
#include "connector/login.h"
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
    const char *writes;             // answer to POST and DELETE
    const char *web_page, *web_next, *web_live;
    int web_status;                 // of get_live_chat; 0: 200
    bool login_may_read;            // the stream is open to a token, whatever stream_status says
    struct logins *logins;
    int64_t times_ms[REQUESTS_MAX];
    char write_body[1000], write_authorization[100], read_authorization[100], first_web_body[1000];
    struct result {
        enum connector_outcome outcome;
        char native_id[64], text[256];
    } result;
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
    if (api->stream_status && !(api->login_may_read && server_request_header(request, "authorization"))) {
        server_respond(request, api->stream_status, "application/json", NULL, 0, api->stream_body,
                       api->stream_body ? strlen(api->stream_body) : 0);
        return;
    }
    server_stream_begin(request, 200, "application/json", NULL, 0);
    api->stream = request;
    server_request_on_gone(request, stream_gone, api);
    if (api->stream_body && !api->stream_status)
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

static void answer_write(struct api *api, struct server_request *request)
{
    size_t len;
    const char *body = server_request_body(request, &len);
    snprintf(api->write_body, sizeof(api->write_body), "%s", body ? body : "");
    snprintf(api->write_authorization, sizeof(api->write_authorization), "%s", server_request_header(request, "authorization"));
    if (server_request_method(request) == METHOD_DELETE && api->writes[2] != 'e') {
        server_respond(request, 204, "application/json", NULL, 0, "", 0);
    } else {
        answer(request, api->writes);
    }
}

static void answer_web(struct api *api, struct server_request *request)
{
    const char *path = server_request_path(request);
    size_t len;
    const char *sent = server_request_body(request, &len), *body = api->web_live;
    assert_non_null(server_request_header(request, "user-agent"));
    assert_non_null(server_request_header(request, "cookie"));
    if (strstr(path, "get_live_chat") && api->request_count < 4 && !*api->first_web_body)
        snprintf(api->first_web_body, sizeof(api->first_web_body), "%s", sent);
    if (strstr(path, "get_live_chat") && api->web_status) {
        server_respond_text(request, api->web_status, "no");
        return;
    }
    if (strstr(path, "get_live_chat"))
        body = api->web_next;
    else if (strcmp(path, "/web/live_chat") == 0)
        body = api->web_page;
    answer(request, body);
}

static void handle_request(void *data, struct server_request *request)
{
    struct api *api = data;
    const char *path = server_request_path(request);
    const char *authorization = server_request_header(request, "authorization");
    assert_true(api->request_count < REQUESTS_MAX);
    api->times_ms[api->request_count] = clock_monotonic_ms();
    snprintf(api->requests[api->request_count++], 400, "%s?%s", path, server_request_query(request));
    if (strncmp(path, "/web/", 5) == 0) {
        answer_web(api, request);
        return;
    }
    if (server_request_method(request) != METHOD_GET) {
        answer_write(api, request);
        return;
    }
    if (authorization) {
        snprintf(api->read_authorization, sizeof(api->read_authorization), "%s", authorization);
        assert_null(server_request_argument(request, "key"));
    } else {
        assert_non_null(server_request_argument(request, "key"));
        assert_string_equal(server_request_argument(request, "key"), "secret-key");
    }
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
    logins_destroy(api->logins);
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

static void drop_message(void *data, struct message *message) {}

static bool has_spent(void *data)
{
    return connector_health(data)->budget.limit > 0;
}

static bool was_looked_at(void *data)
{
    return count_requests(data, "/live") >= 2;
}

static bool was_refused(void *data)
{
    return count_requests(data, "get_live_chat") >= 1;
}

struct web_pages {
    struct api *api;
    size_t before;
};

static bool has_more_pages(void *data)
{
    const struct web_pages *pages = data;
    return count_requests(pages->api, "/web/live_chat") > pages->before;
}

/* ---- writing, with a login ---- */

static char *load_login(void *data, const char *platform)
{
    return strcmp(platform, "youtube") == 0 ? xstrdup(
        "{\"client_id\":\"c\",\"access_token\":\"the-token\",\"refresh_token\":\"r\",\"account_id\":\"UCme\",\"account_name\":\"@me\","
        "\"obtained_ms\":1,\"expires_ms\":99999999999999}") : NULL;
}

static bool save_login(void *data, const char *platform, const char *json, struct error *err)
{
    return true;
}

/* Logged in as @me, at a login server that nobody asks. */
static void log_in(struct api *api)
{
    json_t *config = json_pack("{s:{s:s,s:s,s:s,s:s}}", "youtube", "client_id", "c", "client_secret", "shh-secret", "url",
                               "http://127.0.0.1:1", "api_url", "http://127.0.0.1:1");
    api->logins = logins_create(&(struct logins_options){.loop = api->stage.loop, .load = load_login, .save = save_login});
    assert_true(logins_configure(api->logins, config, NULL));
    json_decref(config);
    api->stage.logins = api->logins;
}

static bool has_result(void *data)
{
    return ((struct api *)data)->stage.result_count > 0;
}

static const struct result *act(struct api *api, const struct connector_act *act)
{
    api->stage.result_count = 0;
    connector_act(api->stage.connector, act);
    stage_until(&api->stage, "a result", has_result, api);
    api->result = (struct result){.outcome = api->stage.results[0].outcome};
    snprintf(api->result.native_id, 64, "%s", api->stage.results[0].native_id);
    snprintf(api->result.text, 256, "%s", api->stage.results[0].text);
    return &api->result;
}

static void test_writes(void **state)
{
    struct api *api = *state;
    const char *why_not = NULL;
    log_in(api);
    start(api, NULL, BY_VIDEO);
    assert_false(connector_can(api->stage.connector, CONNECTOR_SAY, &why_not));
    until_stream(api);
    assert_true(connector_can(api->stage.connector, CONNECTOR_SAY, &why_not));
    api->writes = "{\"id\":\"LCC.new\"}";
    const struct result *result = act(api, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "سلام"});
    assert_int_equal(result->outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(result->native_id, "LCC.new");
    assert_non_null(strstr(api->write_body, "\"liveChatId\":\"CHAT1\""));
    assert_non_null(strstr(api->write_body, "\"messageText\":\"سلام\""));
    assert_string_equal(api->write_authorization, "Bearer the-token");
    // What we wrote comes back as chat: marked.
    send_text(api, "[");
    send_page(api, "T", IDS("LCC.new"));
    stage_until_messages(&api->stage, 1);
    assert_true(api->stage.messages[0]->is.is_own);
    // 5 + 1 for reading, 50 for writing.
    const struct connector_health *health = connector_health(api->stage.connector);
    assert_string_equal(health->budget.name, "units");
    assert_int_equal(health->budget.left, 10000 - 56);
    assert_true(health->budget.resets_ms > clock_unix_ms());
}

static void test_moderates(void **state)
{
    struct api *api = *state;
    log_in(api);
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    api->writes = "{\"id\":\"ban1\"}";
    const struct result *result =
        act(api, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "UCspam", .seconds = 60});
    assert_int_equal(result->outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(result->native_id, "");
    assert_non_null(strstr(api->write_body, "\"banDurationSeconds\":\"60\""));
    assert_non_null(strstr(api->write_body, "\"channelId\":\"UCspam\""));
    result = act(api, &(struct connector_act){.kind = CONNECTOR_UNBAN, .author_id = "UCother"});
    assert_int_equal(result->outcome, CONNECTOR_UNABLE);
    result = act(api, &(struct connector_act){.kind = CONNECTOR_UNBAN, .author_id = "UCspam"});
    assert_int_equal(result->outcome, CONNECTOR_ACCEPTED);
    assert_non_null(strstr(api->requests[api->request_count - 1], "/liveChat/bans?id=ban1"));
    result = act(api, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "LCC.x"});
    assert_int_equal(result->outcome, CONNECTOR_ACCEPTED);
    assert_non_null(strstr(api->requests[api->request_count - 1], "/liveChat/messages?id=LCC.x"));
}

static void test_native_poll(void **state)
{
    struct api *api = *state;
    log_in(api);
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    api->writes = "{\"id\":\"LCC.poll\"}";
    const char *options[] = {"شطرنج", "圍棋"};
    const struct result *result = act(api, &(struct connector_act){
        .kind = CONNECTOR_POLL_START, .text = "بازی بعدی؟", .options = options, .option_count = 2});
    assert_int_equal(result->outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(result->native_id, "LCC.poll");
    assert_non_null(strstr(api->write_body, "{\"optionText\":\"圍棋\"}"));
    result = act(api, &(struct connector_act){.kind = CONNECTOR_POLL_START, .text = "one?", .options = options, .option_count = 1});
    assert_int_equal(result->outcome, CONNECTOR_UNABLE);
    result = act(api, &(struct connector_act){.kind = CONNECTOR_POLL_END});
    assert_int_equal(result->outcome, CONNECTOR_ACCEPTED);
    assert_non_null(strstr(api->requests[api->request_count - 1], "/transition?id=LCC.poll&status=closed"));
}

static void test_writes_refused(void **state)
{
    static const struct {
        const char *body;
        enum connector_outcome outcome;
        const char *says;
    } cases[] = {
        {ERROR_BODY("403", "forbidden"), CONNECTOR_DROPPED, "YouTube: this account may not"},
        {ERROR_BODY("400", "messageTextInvalid"), CONNECTOR_DROPPED, "YouTube does not take this text"},
        {ERROR_BODY("404", "liveChatUserNotFound"), CONNECTOR_DROPPED, "YouTube: there is no such channel"},
        {ERROR_BODY("500", "backendError"), CONNECTOR_UNSURE, "m"},
        {ERROR_BODY("403", "liveChatEnded"), CONNECTOR_DROPPED, "the chat is over"},
        {ERROR_BODY("403", "quotaExceeded"), CONNECTOR_UNABLE, "the API key's quota"},
    };
    struct api *api = *state;
    log_in(api);
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        api->writes = cases[i].body;
        const struct result *result = act(api, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"});
        if (result->outcome != cases[i].outcome || strncmp(result->text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: %d \"%s\"", cases[i].body, (int)result->outcome, result->text);
    }
    // Parked: nothing is asked any more.
    size_t before = api->request_count;
    assert_int_equal(act(api, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"})->outcome, CONNECTOR_UNABLE);
    assert_int_equal(api->request_count, before);
}

static void test_writes_leave_room_to_read(void **state)
{
    struct api *api = *state;
    const char *why_not = NULL;
    log_in(api);
    start(api, NULL, BY_VIDEO ",\"daily_quota\":100");
    until_stream(api);
    assert_true(connector_can(api->stage.connector, CONNECTOR_SAY, &why_not));   // 50 of 94
    assert_false(connector_can(api->stage.connector, CONNECTOR_TIMEOUT, &why_not));  // 200
    assert_non_null(strstr(why_not, "quota"));
}

static void test_cannot_write_without_login(void **state)
{
    struct api *api = *state;
    const char *why_not = NULL;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    assert_false(connector_can(api->stage.connector, CONNECTOR_SAY, &why_not));
    assert_non_null(strstr(why_not, "antiphon login youtube"));
    assert_false(connector_can(api->stage.connector, CONNECTOR_CLEAR, &why_not));
}

/* ---- reading with a login ---- */

static void test_private_chat_by_login(void **state)
{
    struct api *api = *state;
    log_in(api);
    api->stream_status = 403;
    api->stream_body = ERROR_BODY("403", "forbidden");
    api->login_may_read = true;
    start(api, NULL, BY_VIDEO);
    until_stream(api);
    assert_true(stage_said(&api->stage, "connecting: the key may not read this chat; the account of @me is tried"));
}

static void test_reads_by_login_alone(void **state)
{
    struct api *api = *state;
    start(api, NULL, BY_VIDEO ",\"login\":true");
    stage_until_state(&api->stage, CONNECTOR_FAILED);
    assert_string_equal(connector_health(api->stage.connector)->remedy, "antiphon login youtube");
    assert_int_equal(api->request_count, 0);
    stage_stop(&api->stage);
    log_in(api);
    start(api, NULL, BY_VIDEO ",\"login\":true");
    until_stream(api);
    assert_string_equal(api->read_authorization, "Bearer the-token");
}

/* ---- the budget ---- */

static void test_shared_budget(void **state)
{
    struct api *api = *state;
    struct stage other;
    struct error err = {0};
    start(api, NULL, BY_VIDEO ",\"daily_quota\":11");  // 1 + 5
    until_stream(api);
    json_t *config = json_pack("{s:s,s:s,s:s,s:s,s:i}", "connector", "youtube", "api_key", "secret-key", "video", "aaaaaaaaaaa",
                               "api_url", "http://127.0.0.1:1", "daily_quota", 11);
    other = api->stage;
    struct connector_options options = {.loop = api->stage.loop, .deliver = drop_message, .data = &other};
    struct connector *connector = connector_create(config, &options, &err);
    json_decref(config);
    connector_start(connector);
    stage_until(&api->stage, "the other's first call", has_spent, connector);
    assert_int_equal(connector_health(connector)->budget.left, 11 - 6 - 1);
    connector_destroy(connector);
}

static void test_slower_behind_eighty_percent(void **state)
{
    struct api *api = *state;
    char *first = page("L1", clock_unix_ms(), IDS("a"));
    api->list = first;
    start(api, NULL, BY_VIDEO ",\"method\":\"list\",\"daily_quota\":61");  // 1 + 12 polls; 80 % behind the tenth
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    stage_stop(&api->stage);
    free(first);
    assert_int_equal(api->request_count, 13);
    int64_t early_ms = api->times_ms[9] - api->times_ms[8], late_ms = api->times_ms[12] - api->times_ms[11];
    assert_true(early_ms < 80);  // poll_ms is 30
    assert_true(late_ms >= 90);
}

/* ---- the web page ---- */

#define WEB_PAGE(actions) \
    "<html><script>ytcfg.set({\"INNERTUBE_API_KEY\":\"web-key\",\"INNERTUBE_CONTEXT_CLIENT_VERSION\":\"2.2026\",\"VISITOR_DATA\":\"vis\"});" \
    "</script><script>window[\"ytInitialData\"] = {\"contents\":{\"liveChatRenderer\":{\"continuations\":[{\"timedContinuationData\":" \
    "{\"continuation\":\"TOP\",\"timeoutMs\":9999}}],\"header\":{\"liveChatHeaderRenderer\":{\"viewSelector\":{\"sortFilterSubMenuRenderer\":" \
    "{\"subMenuItems\":[{\"continuation\":{\"reloadContinuationData\":{\"continuation\":\"TOP\"}}},{\"continuation\":" \
    "{\"reloadContinuationData\":{\"continuation\":\"ALL\"}}}]}}}},\"actions\":[" actions "]}}};</script></html>"
#define WEB_CHAT(id, text) \
    "{\"addChatItemAction\":{\"item\":{\"liveChatTextMessageRenderer\":{\"id\":\"" id "\",\"timestampUsec\":\"99999999999000000\"," \
    "\"message\":{\"runs\":[{\"text\":\"" text "\"}]}}}}}"
#define WEB_NEXT(actions) \
    "{\"continuationContents\":{\"liveChatContinuation\":{\"continuations\":[{\"timedContinuationData\":{\"timeoutMs\":10," \
    "\"continuation\":\"NEXT\"}}],\"actions\":[" actions "]}}}"

static void start_web(struct api *api, const char *what)
{
    stage_start(&api->stage, NULL, "{\"connector\":\"youtube\",\"method\":\"web\",\"web_url\":\"http://127.0.0.1:%d/web\",\"wait_ms\":30,"
                "\"poll_ms\":20,\"refused_ms\":40,%s}", server_port(api->server), what);
}

static bool asked_next(void *data)
{
    return count_requests(data, "get_live_chat") >= 2;
}

static void test_web_reads(void **state)
{
    struct api *api = *state;
    api->web_page = WEB_PAGE(WEB_CHAT("w1", "from the page"));
    api->web_next = WEB_NEXT(WEB_CHAT("w2", "سلام"));
    start_web(api, BY_VIDEO);
    stage_until_messages(&api->stage, 2);
    stage_until(&api->stage, "a second question", asked_next, api);
    assert_true(stage_has_text(&api->stage, "from the page"));
    assert_true(stage_has_text(&api->stage, "سلام"));
    assert_true(stage_said(&api->stage, "live: reading the web page's chat of dQw4w9WgXcQ"));
    assert_non_null(strstr(api->requests[0], "/web/live_chat?is_popout=1&v=dQw4w9WgXcQ"));
    assert_non_null(strstr(api->requests[1], "get_live_chat?key=web-key"));
    assert_non_null(strstr(api->first_web_body, "\"continuation\":\"ALL\""));  // not the top chat, which hides messages
    assert_non_null(strstr(api->first_web_body, "\"visitorData\":\"vis\""));
    const char *why_not = NULL;
    log_in(api);
    assert_false(connector_can(api->stage.connector, CONNECTOR_SAY, &why_not));
}

static void test_web_channel(void **state)
{
    struct api *api = *state;
    api->web_live = "<html><link rel=\"canonical\" href=\"https://www.youtube.com/@anna\"></html>";
    start_web(api, BY_CHANNEL);
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    api->web_page = WEB_PAGE("");
    api->web_next = WEB_NEXT(WEB_CHAT("w1", "here"));
    api->web_live = "<html><link rel=\"canonical\" href=\"https://www.youtube.com/watch?v=live0000001\"><p>\"isUpcoming\":true</html>";
    api->request_count = 0;
    stage_until(&api->stage, "another look", was_looked_at, api);
    assert_int_equal(count_requests(api, "live_chat"), 0);  // it is of next week
    api->web_live = "<html><link rel=\"canonical\" href=\"https://www.youtube.com/watch?v=live0000001\"></html>";
    stage_until_messages(&api->stage, 1);
    assert_int_equal(connector_health(api->stage.connector)->state, CONNECTOR_LIVE);
}

static void test_web_ends(void **state)
{
    struct api *api = *state;
    api->web_page = WEB_PAGE(WEB_CHAT("w1", "a"));
    api->web_next = "{\"responseContext\":{}}";
    start_web(api, BY_VIDEO);
    stage_until_messages(&api->stage, 1);
    api->web_page = "<script>\"INNERTUBE_API_KEY\":\"k\",\"INNERTUBE_CONTEXT_CLIENT_VERSION\":\"2\",ytInitialData = {\"contents\":{}};</script>";
    stage_until_state(&api->stage, CONNECTOR_WAITING);
    assert_int_equal(api->stage.messages[api->stage.message_count - 1]->is.kind, MESSAGE_END);
}

static void test_web_page_changed(void **state)
{
    struct api *api = *state;
    api->web_page = "<html>something new</html>";
    start_web(api, BY_VIDEO);
    stage_until_state(&api->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&api->stage, "failed: YouTube's page is not as it was"));
    assert_non_null(strstr(connector_health(api->stage.connector)->remedy, "api_key"));
}

static void test_web_refused_and_old(void **state)
{
    struct api *api = *state;
    api->web_page = WEB_PAGE("");
    api->web_status = 403;
    start_web(api, BY_VIDEO);
    stage_until(&api->stage, "a refusal", was_refused, api);
    api->web_status = 400;  // another version: the page is read again
    size_t pages = count_requests(api, "/web/live_chat");
    stage_until(&api->stage, "the page again", has_more_pages, &(struct web_pages){api, pages});
    api->web_status = 0;
    api->web_next = WEB_NEXT(WEB_CHAT("w1", "again"));
    stage_until_messages(&api->stage, 1);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_reads_and_resumes), TEST(test_cut_in_an_item), TEST(test_history), TEST(test_new_life),
        TEST(test_stale_token), TEST(test_waits_for_chat), TEST(test_finds_channel), TEST(test_follows_next_broadcast),
        TEST(test_ended_by_error), TEST(test_quota), TEST(test_own_budget), TEST(test_falls_back_to_list),
        TEST(test_refusals_in_words), TEST(test_no_such_video), TEST(test_nonsense), TEST(test_error_inside_stream),
        TEST(test_cannot_write_without_login), TEST(test_private_chat_by_login), TEST(test_reads_by_login_alone),
        TEST(test_shared_budget), TEST(test_slower_behind_eighty_percent), TEST(test_writes),
        TEST(test_writes_leave_room_to_read),
    };
    // Writing keeps the pace of earnest, and the page's reader backs off as it does then.
    const struct CMUnitTest slow_tests[] = {
        TEST(test_moderates), TEST(test_native_poll), TEST(test_writes_refused), TEST(test_web_reads), TEST(test_web_channel),
        TEST(test_web_ends), TEST(test_web_page_changed), TEST(test_web_refused_and_old),
    };
    return argc > 1 ? cmocka_run_group_tests(slow_tests, NULL, NULL) : cmocka_run_group_tests(tests, NULL, NULL);
}
