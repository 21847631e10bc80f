/* The door: tokens, origins, bounds, acknowledgements that are true, sources that go while something is connected. */
#include "desk.h"

#include <signal.h>
#include <sys/resource.h>

#include "api/door.h"
#include "base/clock.h"
#include "relay/captions.h"
#include "rehearsal/rehearsal.h"
#include "relay/sources.h"

#define TOKEN "Zm9vYmFyLXRva2VuLTAxMjM0NQ"
#define TOKEN_2 "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

struct porch {
    struct desk desk;
    struct door *door;
};

static void begin(struct porch *porch, const char *sources)
{
    struct error err = {0};
    static const char *const origins[] = {"https://captions.example"};
    *porch = (struct porch){0};
    desk_init(&porch->desk);
    json_t *entries = sources ? json_parse(sources, strlen(sources), &err) : NULL;
    porch->desk.relay_options.sources = entries;
    desk_start(&porch->desk);
    json_decref(entries);
    porch->door = door_create(porch->desk.kit.loop, porch->desk.relay,
                              &(struct door_options){.listen = "127.0.0.1:0", .origins = origins, .origin_count = 1}, &err);
    if (!porch->door)
        fail_msg("%s", err.text);
}

static void end(struct porch *porch)
{
    door_destroy(porch->door);
    desk_fini(&porch->desk);
}

#define ONE_SOURCE "[{\"connector\":\"door\",\"name\":\"tools\",\"token\":\"" TOKEN "\"}]"

static struct exchange result;

static const char *send_raw(struct porch *porch, const char *text, size_t len)
{
    exchange(&porch->desk.kit, door_port(porch->door), text, len, &result);
    return result.answer;
}

static const char *request(struct porch *porch, const char *method, const char *path, const char *headers, const char *body)
{
    char *text = xasprintf("%s %s HTTP/1.1\r\nHost: anything.example\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
                           method, path, headers, strlen(body), body);
    const char *answer = send_raw(porch, text, strlen(text));
    free(text);
    return answer;
}

static void assert_status(const char *answer, int status)
{
    int found = 0;
    sscanf(answer, "HTTP/1.1 %d", &found);
    if (found != status)
        fail_msg("status %d instead of %d:\n%s", found, status, answer);
}

static void assert_has(const char *answer, const char *words)
{
    if (!answer || !strstr(answer, words))
        fail_msg("\"%s\" is not in the answer:\n%s", words, answer ? answer : "nothing came");
}

static const char *post(struct porch *porch, const char *body)
{
    return request(porch, "POST", "/in/" TOKEN "/generic", "Content-Type: application/json\r\n", body);
}

static size_t count_committed(struct porch *porch)
{
    struct journal_health health;
    journal_get_health(porch->desk.relay->journal, &health);
    return health.committed;
}

static void test_post(void **state)
{
    struct porch porch;
    begin(&porch, ONE_SOURCE);
    static const char first[] = "{\"kind\":\"chat\",\"platform\":\"owncast\",\"native_id\":\"a1\",\"author\":{\"id\":\"7\",\"name\":"
                                "\"سارا\"},\"text\":\"سلام 👋\",\"source\":\"twitch:forged\"}";
    const char *answer = post(&porch, first);
    assert_status(answer, 200);
    assert_has(answer, "{\"type\":\"ack\",\"result\":\"accepted\",\"native_id\":\"a1\"}");
    assert_int_equal(count_committed(&porch), 1);  // what is acknowledged survives kill -9
    const struct message *message = queue_find(porch.desk.relay->queue, queue_last_id(porch.desk.relay->queue));
    assert_non_null(message);
    assert_string_equal(message->is.platform.data, "owncast");
    assert_string_equal(message->is.source.data, "door:tools");
    assert_string_equal(message->is.text.data, "سلام 👋");
    // Sent again, because the sender was not sure.
    answer = post(&porch, first);
    assert_status(answer, 200);
    assert_has(answer, "\"result\":\"duplicate\",\"native_id\":\"a1\"");
    assert_int_equal(queue_last_id(porch.desk.relay->queue), message->id);
    answer = post(&porch, "{\"kind\":\"chat\",\"native_id\":\"a2\",\"author\":{\"id\":7}}");
    assert_status(answer, 400);
    assert_has(answer, "\"result\":\"refused\",\"native_id\":\"a2\",\"key\":\"author.id\",\"reason\":\"expected a string\"");
    answer = post(&porch, "[{\"kind\":\"chat\",\"native_id\":\"a3\",\"text\":\"x\"},{\"kind\":\"huh\",\"ref\":12},"
                          "{\"kind\":\"chat\",\"native_id\":\"a1\",\"platform\":\"owncast\"}]");
    assert_status(answer, 200);
    assert_has(answer, "[{\"type\":\"ack\",\"result\":\"accepted\",\"native_id\":\"a3\"},{\"type\":\"ack\",\"result\":\"refused\",\"ref\":12");
    assert_has(answer, "{\"type\":\"ack\",\"result\":\"duplicate\",\"native_id\":\"a1\"}]");
    assert_status(post(&porch, "not json"), 400);
    assert_status(post(&porch, ""), 400);
    end(&porch);
}

static void test_who_may_come_in(void **state)
{
    struct porch porch;
    begin(&porch, ONE_SOURCE);
    static const struct {
        const char *method, *path, *headers;
        int status;
    } cases[] = {
        {"POST", "/in/" TOKEN "/generic", "", 200},
        {"POST", "/in/" TOKEN, "", 200},
        {"POST", "/in/" TOKEN "/", "", 200},
        {"POST", "/in/" TOKEN "/nosuch", "", 404},
        {"POST", "/in/" TOKEN "x/generic", "", 404},
        {"POST", "/in/" TOKEN_2 "/generic", "", 404},
        {"POST", "/in//generic", "", 404},
        {"POST", "/in/", "", 404},
        {"POST", "/", "", 404},
        {"POST", "/ws/" TOKEN "/generic", "", 404},
        {"GET", "/api/v1/health", "", 404},
        {"GET", "/index.html", "", 404},
        {"GET", "/in/" TOKEN "/generic", "", 405},
        {"DELETE", "/in/" TOKEN "/generic", "", 405},
        {"POST", "/in/" TOKEN "/generic", "Origin: https://evil.example\r\n", 403},
        {"POST", "/in/" TOKEN "/generic", "Origin: null\r\n", 403},
        {"POST", "/in/" TOKEN "/generic", "Origin: http://127.0.0.1.evil.example\r\n", 403},
        {"POST", "/in/" TOKEN "/generic", "Origin: https://captions.example\r\n", 200},
        {"POST", "/in/" TOKEN "/generic", "Origin: chrome-extension://abcdef\r\n", 200},
        {"POST", "/in/" TOKEN "/generic", "Origin: http://localhost:5500\r\n", 200},
        {"OPTIONS", "/in/" TOKEN "/captions", "Origin: https://captions.example\r\n", 204},
        {"OPTIONS", "/in/" TOKEN_2 "/captions", "Origin: https://captions.example\r\n", 404},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const char *answer = request(&porch, cases[i].method, cases[i].path, cases[i].headers, "{\"kind\":\"chat\",\"text\":\"x\"}");
        int status = 0;
        sscanf(answer, "HTTP/1.1 %d", &status);
        if (status != cases[i].status)
            fail_msg("%s %s %s: %d instead of %d", cases[i].method, cases[i].path, cases[i].headers, status, cases[i].status);
    }
    const char *answer = request(&porch, "POST", "/in/" TOKEN, "Origin: https://captions.example\r\n", "{\"kind\":\"chat\"}");
    assert_has(answer, "access-control-allow-origin: https://captions.example");
    // A wrong token and a wrong path are told apart by nobody.
    char *wrong = xstrdup(request(&porch, "POST", "/in/" TOKEN_2 "/generic", "", "{}"));
    assert_string_equal(strstr(wrong, "\r\n\r\n"), strstr(request(&porch, "POST", "/huh", "", "{}"), "\r\n\r\n"));
    free(wrong);
    end(&porch);
}

static void test_bounds(void **state)
{
    struct porch porch;
    begin(&porch, ONE_SOURCE);
    size_t len = 300 * 1024;
    char *body = xmalloc(len + 1);
    memset(body, 'a', len);
    body[len] = '\0';
    assert_status(post(&porch, body), 413);
    for (size_t i = 0; i < 200; i++)
        body[i] = '[';
    body[200] = '\0';
    const char *answer = post(&porch, body);
    assert_status(answer, 400);
    assert_has(answer, "deeper than");
    char *long_id = xasprintf("{\"kind\":\"chat\",\"native_id\":\"%.*s\"}", 4096, body + 256);
    assert_has(post(&porch, long_id), "\"key\":\"native_id\"");
    assert_status(post(&porch, "{\"kind\":\"chat\",\"text\":\"half \xd8\"}"), 400);
    assert_has(post(&porch, "{\"kind\":\"chat\",\"time_ms\":99999999999999999999}"), "\"refused\"");
    free(long_id);
    free(body);
    end(&porch);
}

/* ---- what other tools send ---- */

static struct caption_shown shown_of(struct porch *porch, const char *track)
{
    const struct caption_track *found = captions_find(porch->desk.relay->captions, track);
    if (!found)
        fail_msg("there is no track \"%s\"", track);
    return caption_track_shown(found, clock_unix_ms());
}

static void assert_line(struct porch *porch, const char *track, size_t index, const char *text)
{
    struct caption_shown shown = shown_of(porch, track);
    assert_true(index < shown.count);
    if (!str_equal(shown.lines[index], str_from(text)))
        fail_msg("line %zu: \"%.*s\" instead of \"%s\"", index, (int)shown.lines[index].len, shown.lines[index].data, text);
}

static void test_captions(void **state)
{
    struct porch porch;
    begin(&porch, ONE_SOURCE);
    const char *path = "/in/" TOKEN "/captions";
    assert_status(request(&porch, "POST", path, "", "{\"transcript\":\"hello everyone\",\"sequence\":0}"), 204);
    assert_line(&porch, "door:tools und", 0, "hello everyone");
    // The same again, because the tool was not sure, is not the same line twice.
    assert_status(request(&porch, "POST", path, "", "{\"transcript\":\"hello everyone\",\"sequence\":0}"), 204);
    assert_int_equal(shown_of(&porch, "door:tools und").count, 1);
    // What is being said grows in its place, until it is final.
    static const char *const growing[] = {"مرحبا", "مرحبا بالجميع", "مرحبا بالجميع اليوم"};
    for (size_t i = 0; i < 3; i++) {
        char *body = xasprintf("{\"text\":\"%s\",\"lang\":\"ar\",\"is_final\":%s,\"id\":\"utt-17\"}", growing[i],
                               i == 2 ? "true" : "false");
        assert_status(request(&porch, "POST", path, "", body), 204);
        free(body);
        assert_int_equal(shown_of(&porch, "door:tools ar").count, 1);
        assert_line(&porch, "door:tools ar", 0, growing[i]);
    }
    assert_status(request(&porch, "POST", path, "", "{\"text\":\"ثم\",\"lang\":\"ar\",\"is_final\":false,\"id\":\"utt-17\"}"), 204);
    assert_line(&porch, "door:tools ar", 1, "ثم");  // under an id that was final: a line of its own
    // Plain text, as Zoom sends it: it puts its arguments behind the address as if there were some already.
    const char *answer = request(&porch, "POST", "/in/" TOKEN "/captions&seq=7&lang=en-US", "Content-Type: text/plain\r\n", "So, welcome back");
    assert_status(answer, 200);
    assert_line(&porch, "door:tools en-US", 0, "So, welcome back");
    // YouTube's form; the same seq is a repetition. The answer is our clock.
    static const char timed[] = "2026-11-22T10:00:06.873\nسلام به همه\n2026-11-22T10:00:09.030 region:reg1#cue1\n歡迎<br>各位\n";
    for (int i = 0; i < 2; i++) {
        answer = request(&porch, "POST", "/in/" TOKEN "/captions?cid=abcd&seq=41&lang=fa", "", timed);
        assert_status(answer, 200);
    }
    const char *time = strstr(answer, "\r\n\r\n") + 4;
    assert_int_equal(strlen(time), 24);
    assert_int_equal(time[10], 'T');
    assert_int_equal(shown_of(&porch, "door:tools fa").count, 3);
    assert_line(&porch, "door:tools fa", 0, "سلام به همه");
    assert_line(&porch, "door:tools fa", 1, "歡迎");
    assert_line(&porch, "door:tools fa", 2, "各位");
    assert_status(request(&porch, "POST", "/in/" TOKEN "/captions?cid=abcd&seq=42", "", ""), 200);  // a heartbeat
    assert_status(request(&porch, "POST", path, "", "{\"sequence\":3}"), 400);
    assert_status(request(&porch, "POST", path, "", "half \xd8"), 400);
    end(&porch);
}

static void test_kofi_token(void **state)
{
    struct porch porch;
    begin(&porch, "[{\"connector\":\"door\",\"token\":\"" TOKEN "\",\"kofi_token\":\"c1a2\"}]");
    static const char form[] = "data=%%7B%%22verification_token%%22%%3A%%22%s%%22%%2C%%22message_id%%22%%3A%%22m1%%22%%2C%%22type%%22%%3A%%22Donation%%22"
                               "%%2C%%22is_public%%22%%3Atrue%%2C%%22amount%%22%%3A%%223.00%%22%%2C%%22currency%%22%%3A%%22USD%%22%%7D";
    static const struct {
        const char *token;
        uint64_t messages;
    } cases[] = {{"c1a3", 0}, {"", 0}, {"c1a2c1a2", 0}, {"c1a2", 1}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char body[512];
        snprintf(body, sizeof(body), form, cases[i].token);
        assert_status(request(&porch, "POST", "/in/" TOKEN "/kofi", "Content-Type: application/x-www-form-urlencoded\r\n", body), 204);
        const struct source *source = sources_find(porch.desk.relay->sources, "door:door");
        const struct connector_health *health = connector_health(source->connector);
        assert_int_equal(health->messages, cases[i].messages);
        assert_int_equal(health->dropped, cases[i].messages ? i : i + 1);
    }
    end(&porch);
}

/* Two things whose names begin alike, or name nothing alone, are two. */
static void test_ids_that_look_alike(void **state)
{
    struct porch porch;
    begin(&porch, ONE_SOURCE);
    static const struct {
        const char *kind, *head;
        int id_len;
        const char *tail;
    } cases[] = {
        {"owncast", "{\"type\":\"CHAT\",\"eventData\":{\"id\":\"", 300, "\",\"rawBody\":\"hi\",\"user\":{\"id\":\"u\"}}}"},
        {"owncast", "{\"type\":\"CHAT\",\"eventData\":{\"id\":\"", 4096, "\",\"rawBody\":\"hi\",\"user\":{\"id\":\"u\"}}}"},
        {"wxlivespy", "{\"events\":[{\"decoded_type\":\"comment\",\"seq\":4,\"msg_id\":\"", 3, "\",\"content\":\"晚上好\"}]}"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t before = queue_last_id(porch.desk.relay->queue);
        for (int k = 1; k <= 2; k++) {
            char *body = xasprintf("%s%0*d%s", cases[i].head, cases[i].id_len, k, cases[i].tail);
            char *path = xasprintf("/in/" TOKEN "/%s", cases[i].kind);
            assert_status(request(&porch, "POST", path, "", body), 204);
            free(body);
            free(path);
        }
        if (queue_last_id(porch.desk.relay->queue) != before + 2)
            fail_msg("%s: %d of 2 came", cases[i].kind, (int)(queue_last_id(porch.desk.relay->queue) - before));
    }
    end(&porch);
}

/* ---- websockets ---- */

static void handle_open(void *data)
{
    struct caller *caller = data;
    caller->is_open = true;
    loop_stop(caller->desk->kit.loop);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct caller *caller = data;
    json_array_append_new(caller->inbox, json_parse(bytes, len, NULL));
    loop_stop(caller->desk->kit.loop);
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct caller *caller = data;
    caller->is_closed = true;
    caller->http_status = end->http_status;
    caller->code = end->code;
    loop_stop(caller->desk->kit.loop);
}

static const struct websocket_handler handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close};

static void call(struct caller *caller, struct porch *porch, const char *path, const char *origin)
{
    struct error err = {0};
    char url[256];
    *caller = (struct caller){.desk = &porch->desk, .inbox = json_array()};
    snprintf(url, sizeof(url), "ws://127.0.0.1:%u%s", door_port(porch->door), path);
    caller->websocket = websocket_create(porch->desk.kit.loop, &(struct websocket_options){
        .url = url, .origin = origin, .handler = &handler, .data = caller}, &err);
    if (!caller->websocket)
        fail_msg("%s", err.text);
    while (!caller->is_open && !caller->is_closed)
        kit_run(&porch->desk.kit);
}

static void assert_ack(struct caller *caller, const char *result, const char *id)
{
    json_t *ack = caller_wait(caller, "ack");
    assert_string_equal(json_get_text(ack, "result"), result);
    if (id)
        assert_string_equal(json_get_text(ack, "native_id"), id);
    json_decref(ack);
}

static void test_websocket(void **state)
{
    struct porch porch;
    struct caller caller;
    begin(&porch, ONE_SOURCE);
    call(&caller, &porch, "/ws/" TOKEN "/generic", NULL);
    assert_true(caller.is_open);
    caller_say(&caller, "{\"kind\":\"chat\",\"native_id\":\"w1\",\"text\":\"晚上好\"}");
    assert_ack(&caller, "accepted", "w1");
    assert_true(count_committed(&porch) >= 1);
    caller_say(&caller, "{\"kind\":\"chat\",\"native_id\":\"w1\",\"text\":\"晚上好\"}");
    assert_ack(&caller, "duplicate", "w1");
    caller_say(&caller, "{\"kind\":\"chat\",\"native_id\":7}");
    assert_ack(&caller, "refused", NULL);
    caller_say(&caller, "garbage");
    assert_ack(&caller, "refused", NULL);
    caller_say(&caller, "{\"type\":\"said\",\"ref\":\"1\",\"result\":\"accepted\"}");  // nothing was ever asked of it
    assert_ack(&caller, "accepted", NULL);
    const struct source *source = sources_find(porch.desk.relay->sources, "door:tools");
    assert_int_equal(source->health.state, CONNECTOR_LIVE);
    caller_close(&caller);

    static const struct {
        const char *path, *origin;
        int status;
    } refused[] = {
        {"/ws/" TOKEN_2 "/generic", NULL, 404}, {"/in/" TOKEN "/generic", NULL, 404}, {"/ws/", NULL, 404},
        {"/ws/" TOKEN "/generic", "https://evil.example", 403},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        call(&caller, &porch, refused[i].path, refused[i].origin);
        assert_int_equal(caller.http_status, refused[i].status);
        caller_close(&caller);
    }
    call(&caller, &porch, "/ws/" TOKEN "/nosuch", NULL);
    while (!caller.is_closed)
        kit_run(&porch.desk.kit);
    assert_int_equal(caller.code, 1008);
    caller_close(&caller);
    end(&porch);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk acknowledges nothing; who sends on and on all the same is sent away, before memory is full as well. */
static void test_full_disk(void **state)
{
    struct porch porch;
    struct caller caller;
    begin(&porch, ONE_SOURCE);
    call(&caller, &porch, "/ws/" TOKEN, NULL);
    limit_files(1);
    int said = 0;
    for (; said < 6000 && !caller.is_closed; said++) {
        char text[80];
        snprintf(text, sizeof(text), "{\"kind\":\"chat\",\"native_id\":\"f%d\",\"text\":\"x\"}", said);
        caller_say(&caller, text);
        if (said % 200 == 199)
            kit_turn(&porch.desk.kit, 20);
    }
    for (int i = 0; i < 50 && !caller.is_closed; i++)
        kit_turn(&porch.desk.kit, 20);
    limit_files(RLIM_INFINITY);
    assert_true(caller.is_closed);
    assert_int_equal(caller.code, 1011);
    assert_int_equal(json_array_size(caller.inbox), 0);
    caller_close(&caller);
    end(&porch);
}

/* More than one source can hold: the seventeenth is sent away, and those that are there stay. */
static void test_too_many(void **state)
{
    struct porch porch;
    struct caller callers[17];
    begin(&porch, ONE_SOURCE);
    for (size_t i = 0; i < 17; i++)
        call(&callers[i], &porch, "/ws/" TOKEN, NULL);
    assert_true(callers[15].is_open);
    assert_false(callers[16].is_open);
    assert_int_equal(callers[16].http_status, 503);
    caller_say(&callers[0], "{\"kind\":\"chat\",\"native_id\":\"x\"}");
    assert_ack(&callers[0], "accepted", "x");
    for (size_t i = 0; i < 17; i++)
        caller_close(&callers[i]);
    end(&porch);
}

/* Opened when a source wants it, shut when none does; who is connected is told to go. */
static void test_sources_come_and_go(void **state)
{
    struct porch porch;
    struct caller caller;
    struct error err = {0};
    begin(&porch, NULL);
    assert_int_equal(door_port(porch.door), 0);
    json_t *config = json_pack("{s:s,s:s,s:s}", "connector", "door", "name", "late", "token", TOKEN);
    assert_non_null(relay_add_source(porch.desk.relay, config, &err));
    while (!door_port(porch.door))
        kit_turn(&porch.desk.kit, 1);
    call(&caller, &porch, "/ws/" TOKEN, NULL);
    assert_true(caller.is_open);
    assert_true(relay_remove_source(porch.desk.relay, "door:late", &err));
    while (!caller.is_closed)
        kit_run(&porch.desk.kit);
    caller_close(&caller);
    while (door_port(porch.door))
        kit_turn(&porch.desk.kit, 1);
    json_decref(config);

    // Without a token one is made, that nobody who may look at sources sees.
    config = json_pack("{s:s,s:s}", "connector", "door", "token", "");
    const struct source *source = relay_add_source(porch.desk.relay, config, &err);
    assert_non_null(source);
    assert_string_equal(json_get_text(source->config, "token"), "***");
    assert_int_equal(strlen(json_get_text(json_object_get(porch.desk.relay->written, "door:door"), "token")), 48);
    json_decref(config);

    // So for webhooks that have an address here.
    config = json_pack("{s:s,s:s,s:s,s:s,s:s}", "connector", "instagram", "account", "17841405822304914", "token", "",
                       "app_secret", "appsecret", "verify_token", "words");
    assert_non_null(relay_add_source(porch.desk.relay, config, &err));
    assert_int_equal(strlen(json_get_text(json_object_get(porch.desk.relay->written, "instagram:17841405822304914"), "token")), 48);
    json_decref(config);
    end(&porch);
}

static void test_tokens(void **state)
{
    static const struct {
        const char *token, *words;
    } cases[] = {
        {"", "missing"}, {"short", "expected 22"}, {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "guessed"},
        {"has a blank in it and is long enough", "blank"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *config = json_pack("{s:s,s:s}", "connector", "door", "token", cases[i].token);
        char *id = connector_source_id(config, &err);
        assert_null(id);
        if (!strstr(err.text, cases[i].words) || (*cases[i].token && strstr(err.text, cases[i].token)))
            fail_msg("%s: %s", cases[i].token, err.text);
        json_decref(config);
    }
}

/* ---- a program that is not sure ---- */

static int64_t pushed(const struct rehearsal *rehearsal)
{
    json_t *state = rehearsal_state(rehearsal);
    int64_t count = json_get_int(json_object_get(state, "door"), "pushed", -1);
    json_decref(state);
    return count;
}

/* Each message with its id until it is acknowledged, one in ten twice, and a door that is shut for a while: all once. */
static void test_rehearsed(void **state)
{
    enum { MESSAGES = 60 };
    struct porch porch;
    struct error err = {0};
    char url[128];
    begin(&porch, ONE_SOURCE);
    struct rehearsal *rehearsal = rehearsal_create(porch.desk.kit.loop, &(struct rehearsal_options){0}, &err);
    assert_non_null(rehearsal);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/in/" TOKEN, door_port(porch.door));
    assert_true(rehearsal_set_target(rehearsal, "door", url, &err));
    for (int i = 0; i < MESSAGES; i++) {
        char id[24], text[64];
        snprintf(id, sizeof(id), "r%d", i);
        snprintf(text, sizeof(text), "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 %d", i);
        struct message *message = message_create(&(struct message_draft){
            .kind = MESSAGE_CHAT, .platform = STR("door"), .native_id = str_from(id), .text = str_from(text)});
        rehearsal_say(rehearsal, message);
        message_unref(message);
    }
    while (pushed(rehearsal) < MESSAGES / 2)
        kit_turn(&porch.desk.kit, 2);
    rehearsal_fault(rehearsal, "drop", "door", 0, &err);  // the one under way is sent again
    while (pushed(rehearsal) < MESSAGES + MESSAGES / 10)
        kit_turn(&porch.desk.kit, 2);
    const struct source *source = sources_find(porch.desk.relay->sources, "door:tools");
    struct intake_counts counts;
    intake_get_counts(porch.desk.relay->intake, &counts);
    assert_int_equal(counts.taken, MESSAGES);
    assert_true(source->duplicates >= MESSAGES / 10);
    assert_int_equal(count_committed(&porch), MESSAGES);
    rehearsal_destroy(rehearsal);
    end(&porch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_post),
        cmocka_unit_test(test_who_may_come_in),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_captions),
        cmocka_unit_test(test_kofi_token),
        cmocka_unit_test(test_ids_that_look_alike),
        cmocka_unit_test(test_websocket),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_sources_come_and_go),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_rehearsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
