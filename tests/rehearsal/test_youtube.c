#include "../net/kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "net/http.h"
#include "rehearsal/rehearsal.h"

struct client {
    struct kit kit;
    struct rehearsal *rehearsal;
    struct http_request *request;
    struct buffer body;
    int status;
    bool is_done;
    struct error error;
};

static void handle_data(void *data, const char *bytes, size_t len)
{
    struct client *client = data;
    buffer_add(&client->body, bytes, len);
    loop_stop(client->kit.loop);
}

static void handle_done(void *data, const struct http_result *result)
{
    struct client *client = data;
    client->request = NULL;
    client->is_done = true;
    client->status = result->status;
    client->error = result->error;
    buffer_add(&client->body, result->body, result->len);
    loop_stop(client->kit.loop);
}

/* more: another setting, NULL: none. */
static void start(struct client *client, const char *more)
{
    const char *const settings[] = {"youtube.batch_ms=5", more};
    const struct rehearsal_options options = {.settings = settings, .setting_count = more ? 2 : 1};
    memset(client, 0, sizeof(*client));
    kit_init(&client->kit);
    struct error err = {0};
    client->rehearsal = rehearsal_create(client->kit.loop, &options, &err);
    assert_string_equal(err.text, "");
}

static void finish(struct client *client)
{
    http_cancel(client->request);
    rehearsal_destroy(client->rehearsal);
    kit_fini(&client->kit);
    buffer_fini(&client->body);
}

static void begin(struct client *client, const char *target, bool is_stream)
{
    char url[512];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", rehearsal_port(client->rehearsal), target);
    http_cancel(client->request);
    buffer_clear(&client->body);
    client->is_done = false;
    struct http_options options = {.url = url, .on_done = handle_done, .data = client,
                                   .on_data = is_stream ? handle_data : NULL};
    client->request = http_start(client->kit.loop, &options, NULL);
    assert_non_null(client->request);
}

/* A whole answer as JSON; the caller calls json_decref(). */
static json_t *get(struct client *client, const char *target, int status)
{
    begin(client, target, false);
    while (!client->is_done)
        kit_run(&client->kit);
    if (client->status != status)
        fail_msg("%s: status %d: %.*s", target, client->status, (int)client->body.len, client->body.data);
    json_t *answer = json_parse(client->body.data, client->body.len, NULL);
    assert_non_null(answer);
    return answer;
}

static void get_error(struct client *client, const char *target, int status, const char *reason)
{
    json_t *answer = get(client, target, status);
    const json_t *error = json_object_get(answer, "error");
    assert_int_equal(json_get_int(error, "code", 0), status);
    const char *got = json_get_text(json_array_get(json_object_get(error, "errors"), 0), "reason");
    if (!got || strcmp(got, reason) != 0)
        fail_msg("%s: reason %s", target, got);
    json_decref(answer);
}

static void say(struct client *client, int number)
{
    char json[256], text[32];
    snprintf(text, sizeof(text), "number %d", number);
    snprintf(json, sizeof(json), "{\"kind\":\"chat\",\"platform\":\"youtube\",\"native_id\":\"%d\",\"text\":\"%s\","
             "\"author\":{\"id\":\"UC1\",\"name\":\"@a\"}}", number, text);
    json_t *object = json_parse(json, strlen(json), NULL);
    struct message *message = message_from_json(object, NULL);
    rehearsal_say(client->rehearsal, message);
    message_unref(message);
    json_decref(object);
}

static const char *chat_of(struct client *client, char id[64])
{
    json_t *state = rehearsal_state(client->rehearsal);
    snprintf(id, 64, "%s", json_get_text(json_object_get(state, "youtube"), "chat"));
    json_decref(state);
    return id;
}

#define BASE "/youtube/v3"

static const char *target_of(struct client *client, const char *method, const char *more)
{
    static char target[400];
    char id[64];
    snprintf(target, sizeof(target), BASE "%s?part=id,snippet,authorDetails&key=rehearsal-key&liveChatId=%s%s", method,
             chat_of(client, id), more);
    return target;
}

/* --- The broadcast is found --- */

static void test_finding(void **state)
{
    struct client client;
    start(&client, NULL);
    char id[64];
    json_t *videos = get(&client, BASE "/videos?part=snippet,liveStreamingDetails&id=other,rehearsal01&key=rehearsal-key", 200);
    const json_t *video = json_array_get(json_object_get(videos, "items"), 0);
    assert_int_equal(json_array_size(json_object_get(videos, "items")), 1);
    assert_string_equal(json_get_text(json_object_get(video, "liveStreamingDetails"), "activeLiveChatId"), chat_of(&client, id));
    json_t *channels = get(&client, BASE "/channels?part=contentDetails&forHandle=@rehearsal&key=rehearsal-key", 200);
    const json_t *channel = json_array_get(json_object_get(channels, "items"), 0);
    const char *uploads = json_get_text(json_object_get(json_object_get(channel, "contentDetails"), "relatedPlaylists"), "uploads");
    char target[200];
    snprintf(target, sizeof(target), BASE "/playlistItems?part=contentDetails&playlistId=%s&key=rehearsal-key", uploads);
    json_t *uploads_page = get(&client, target, 200);
    assert_int_equal(json_array_size(json_object_get(uploads_page, "items")), 1);
    json_t *nobody = get(&client, BASE "/channels?part=id&forHandle=@nobody&key=rehearsal-key", 200);
    assert_int_equal(json_array_size(json_object_get(nobody, "items")), 0);
    json_decref(nobody);
    json_decref(uploads_page);
    json_decref(channels);
    json_decref(videos);
    finish(&client);
}

static void test_errors(void **state)
{
    struct client client;
    start(&client, NULL);
    get_error(&client, BASE "/videos?part=id&id=x", 403, "forbidden");
    get_error(&client, BASE "/videos?part=id&id=x&key=wrong", 400, "badRequest");
    get_error(&client, BASE "/videos?id=x&key=rehearsal-key", 400, "missingRequiredParameter");
    get_error(&client, BASE "/liveChat/messages?part=id&key=rehearsal-key", 400, "liveChatIdRequired");
    get_error(&client, BASE "/liveChat/messages/stream?part=id&key=rehearsal-key&liveChatId=KicKnone", 404, "liveChatNotFound");
    get_error(&client, target_of(&client, "/liveChat/messages", "&pageToken=nonsense"), 400, "pageTokenInvalid");
    get_error(&client, target_of(&client, "/liveChat/messages", "&maxResults=5"), 400, "invalidParameter");
    begin(&client, BASE "/streamList?key=rehearsal-key&part=id", false);
    while (!client.is_done)
        kit_run(&client.kit);
    assert_int_equal(client.status, 404);
    finish(&client);
}

static void test_quota(void **state)
{
    struct client client;
    start(&client, "youtube.quota=11");
    for (int i = 0; i < 2; i++)
        json_decref(get(&client, target_of(&client, "/liveChat/messages", ""), 200));
    json_decref(get(&client, BASE "/videos?part=id&id=x&key=rehearsal-key", 200));
    get_error(&client, target_of(&client, "/liveChat/messages/stream", ""), 403, "quotaExceeded");
    get_error(&client, BASE "/videos?part=id&id=x&key=rehearsal-key", 403, "quotaExceeded");
    assert_true(rehearsal_fault(client.rehearsal, "resume", "youtube", 0, NULL));
    json_decref(get(&client, BASE "/videos?part=id&id=x&key=rehearsal-key", 200));
    assert_true(rehearsal_fault(client.rehearsal, "quota", "youtube", 0, NULL));
    get_error(&client, BASE "/videos?part=id&id=x&key=rehearsal-key", 403, "quotaExceeded");
    finish(&client);
}

/* --- Streams --- */

/* Reads whole elements of `[{…},\r\n{…}` and counts the numbered messages in them; the newest token is kept. */
struct reading {
    int next;        // the number expected
    bool is_broken;  // out of order, twice, or lost
    char token[64];
};

static void read_elements(struct reading *reading, const struct buffer *body)
{
    json_error_t problem;
    const char *at = body->data, *end = body->data + body->len;
    while (at < end) {
        while (at < end && strchr("[],\r\n", *at))
            at++;
        if (at == end)
            return;
        json_t *page = json_loadb(at, (size_t)(end - at), JSON_DISABLE_EOF_CHECK, &problem);
        if (!page)
            return;  // the rest has not come yet
        at += problem.position;
        snprintf(reading->token, sizeof(reading->token), "%s", json_get_text(page, "nextPageToken"));
        size_t index;
        const json_t *item;
        json_array_foreach (json_object_get(page, "items"), index, item) {
            int number = -1;
            sscanf(json_get_text(json_object_get(item, "snippet"), "displayMessage"), "number %d", &number);
            reading->is_broken = reading->is_broken || number != reading->next++;
        }
        json_decref(page);
    }
}

/* However often the response ends, is dropped or cut: with the token of the last whole element nothing is missing. */
static void test_resume_without_loss(void **state)
{
    enum { MESSAGES = 200 };
    struct client client;
    start(&client, "youtube.stream_ms=50");
    struct reading reading = {0};
    int said = 0, rounds = 0;
    while (reading.next < MESSAGES) {
        char more[100] = "";
        if (reading.token[0])
            snprintf(more, sizeof(more), "&pageToken=%s", reading.token);
        begin(&client, target_of(&client, "/liveChat/messages/stream", more), true);
        for (int i = 0; i < 25 && said < MESSAGES; i++)
            say(&client, said++);
        while (!client.is_done) {
            kit_run(&client.kit);
            if (rounds % 3 == 1 && said < MESSAGES)
                say(&client, said++);
            if (rounds % 3 == 2)
                rehearsal_fault(client.rehearsal, "drop", "youtube", 0, NULL);
        }
        read_elements(&reading, &client.body);
        assert_false(reading.is_broken);
        rounds++;
    }
    assert_true(rounds > 3);
    assert_memory_equal(client.body.data, "[{", 2);
    finish(&client);
}

static void test_tokens_are_the_methods_own(void **state)
{
    struct client client;
    start(&client, NULL);
    say(&client, 0);
    json_t *page = get(&client, target_of(&client, "/liveChat/messages", ""), 200);
    assert_int_equal(json_array_size(json_object_get(page, "items")), 1);
    assert_int_equal(json_get_int(page, "pollingIntervalMillis", 0), 2000);
    char more[100];
    snprintf(more, sizeof(more), "&pageToken=%s", json_get_text(page, "nextPageToken"));
    json_decref(page);
    get_error(&client, target_of(&client, "/liveChat/messages/stream", more), 400, "pageTokenInvalid");
    get_error(&client, target_of(&client, "/liveChat/messages", more), 403, "rateLimitExceeded");  // too soon
    finish(&client);
}

static void test_end_and_restart(void **state)
{
    struct client client;
    char old[64], now[64];
    start(&client, NULL);
    say(&client, 0);
    begin(&client, target_of(&client, "/liveChat/messages/stream", ""), true);
    kit_run(&client.kit);
    chat_of(&client, old);
    assert_true(rehearsal_fault(client.rehearsal, "restart", "youtube", 0, NULL));
    while (!client.is_done)
        kit_run(&client.kit);
    assert_int_equal(client.error.code, ERROR_NONE);  // a proper end
    chat_of(&client, now);
    assert_string_not_equal(old, now);
    char target[300];
    snprintf(target, sizeof(target), BASE "/liveChat/messages/stream?part=id&key=rehearsal-key&liveChatId=%s", old);
    get_error(&client, target, 403, "liveChatEnded");
    json_t *videos = get(&client, BASE "/videos?part=id&id=rehearsal01,rehearsal01&key=rehearsal-key", 200);
    const json_t *video = json_array_get(json_object_get(videos, "items"), 0);
    assert_null(json_get_text(json_object_get(video, "liveStreamingDetails"), "activeLiveChatId"));
    assert_non_null(json_get_text(json_object_get(video, "liveStreamingDetails"), "actualEndTime"));
    json_decref(videos);
    assert_true(rehearsal_fault(client.rehearsal, "end", "youtube", 0, NULL));
    get_error(&client, target_of(&client, "/liveChat/messages/stream", ""), 403, "liveChatEnded");
    finish(&client);
}

static void test_stall_and_garbage(void **state)
{
    struct client client;
    start(&client, NULL);
    begin(&client, target_of(&client, "/liveChat/messages/stream", ""), true);
    kit_run(&client.kit);
    assert_true(rehearsal_fault(client.rehearsal, "stall", "youtube", 0, NULL));
    size_t before = client.body.len;
    say(&client, 0);
    kit_turn(&client.kit, 40);
    assert_int_equal(client.body.len, before);
    assert_true(rehearsal_fault(client.rehearsal, "resume", "youtube", 0, NULL));
    while (!memmem(client.body.data, client.body.len, "number 0", 8))
        kit_run(&client.kit);
    assert_true(rehearsal_fault(client.rehearsal, "garbage", "youtube", 0, NULL));
    while (!memmem(client.body.data, client.body.len, "nonsense", 8))
        kit_run(&client.kit);
    finish(&client);
}

/* --- The control --- */

static void test_control(void **state)
{
    struct client client;
    start(&client, NULL);
    json_t *answer = get(&client, "/control/state", 200);
    assert_false(json_get_bool(answer, "started", true));
    json_decref(answer);
    begin(&client, "/control/drop", false);  // a GET changes nothing
    while (!client.is_done)
        kit_run(&client.kit);
    assert_int_equal(client.status, 405);
    say(&client, 7);
    begin(&client, "/control/sent?platform=youtube", false);
    while (!client.is_done)
        kit_run(&client.kit);
    buffer_add_char(&client.body, '\0');
    assert_non_null(strstr(client.body.data, " LCC."));
    assert_non_null(strstr(client.body.data, " chat\n"));
    finish(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_resume_without_loss),
        cmocka_unit_test(test_tokens_are_the_methods_own),
        cmocka_unit_test(test_end_and_restart),
        cmocka_unit_test(test_stall_and_garbage),
        cmocka_unit_test(test_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
