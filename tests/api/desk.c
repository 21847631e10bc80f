#include "desk.h"

#include <ftw.h>

/* --- The relay --- */

void desk_init(struct desk *desk)
{
    *desk = (struct desk){0};
    log_set_level(LOG_ERROR);
    snprintf(desk->folder, sizeof(desk->folder), "/tmp/antiphon-api-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->socket, sizeof(desk->socket), "%s/relay.sock", desk->folder);
    kit_init(&desk->kit);
    desk->relay_options = (struct relay_options){.loop = desk->kit.loop, .data_folder = desk->folder};
    desk->api_options = (struct api_options){.listen = "127.0.0.1:0", .unix_path = desk->socket, .version = "0.1.0"};
}

void desk_start(struct desk *desk)
{
    struct error err = {0};
    desk->relay = relay_create(&desk->relay_options, &err);
    if (!desk->relay)
        fail_msg("%s", err.text);
    desk->api = api_create(desk->kit.loop, desk->relay, &desk->api_options, &err);
    if (!desk->api)
        fail_msg("%s", err.text);
}

void desk_stop(struct desk *desk)
{
    api_destroy(desk->api);
    relay_destroy(desk->relay);
    desk->api = NULL;
    desk->relay = NULL;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    return remove(path);
}

void desk_fini(struct desk *desk)
{
    desk_stop(desk);
    kit_fini(&desk->kit);
    nftw(desk->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void desk_push(struct desk *desk, const struct message_draft *draft)
{
    struct message *message = message_create(draft);
    intake_push(desk->relay->intake, message);
    message_unref(message);
    queue_flush(desk->relay->queue);
}

uint64_t desk_say(struct desk *desk, const char *platform, const char *author, const char *text)
{
    char native_id[32], source[64];
    snprintf(native_id, sizeof(native_id), "n%llu", (unsigned long long)++desk->last_native);
    snprintf(source, sizeof(source), "%s:show", platform);
    struct message_draft draft = {
        .kind = MESSAGE_CHAT,
        .platform = str_from(platform),
        .source = str_from(source),
        .native_id = str_from(native_id),
        .event_key = str_from(native_id),
        .author = {.id = str_from(author), .name = str_from(author)},
        .text = str_from(text),
    };
    desk_push(desk, &draft);
    return queue_last_id(desk->relay->queue);
}

/* --- A client --- */

static void handle_open(void *data)
{
    struct caller *caller = data;
    caller->is_open = true;
    loop_stop(caller->desk->kit.loop);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct caller *caller = data;
    struct error err = {0};
    json_t *message = json_parse(bytes, len, &err);
    if (!message)
        fail_msg("the relay sent no JSON: %s: %.*s", err.text, (int)(len < 200 ? len : 200), bytes);
    json_array_append_new(caller->inbox, message);
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

void caller_connect(struct caller *caller, struct desk *desk, const char *origin, const struct net_header *headers,
                    size_t header_count, bool is_tcp)
{
    struct error err = {0};
    char url[128];
    *caller = (struct caller){.desk = desk, .inbox = json_array()};
    if (is_tcp) {
        snprintf(url, sizeof(url), "ws://127.0.0.1:%u/api/v1/socket", api_port(desk->api));
    } else {
        snprintf(url, sizeof(url), "unix:%s", desk->socket);
    }
    caller->websocket = websocket_create(desk->kit.loop, &(struct websocket_options){
        .url = url, .path = is_tcp ? NULL : "/api/v1/socket", .protocol = "antiphon.v1", .origin = origin,
        .headers = headers, .header_count = header_count, .message_bytes_max = 16 << 20, .handler = &handler, .data = caller}, &err);
    if (!caller->websocket)
        fail_msg("%s", err.text);
    while (!caller->is_open && !caller->is_closed)
        kit_run(&desk->kit);
}

void caller_open(struct caller *caller, struct desk *desk, const char *hello)
{
    caller_connect(caller, desk, NULL, NULL, 0, false);
    if (!caller->is_open)
        fail_msg("not open: status %d, code %d", caller->http_status, caller->code);
    caller_say(caller, hello ? hello : "{\"type\":\"hello\",\"client\":\"program\",\"name\":\"anna\"}");
    json_decref(caller_wait(caller, "welcome"));
}

void caller_close(struct caller *caller)
{
    websocket_destroy(caller->websocket);
    json_decref(caller->inbox);
    *caller = (struct caller){0};
}

void caller_say(struct caller *caller, const char *json)
{
    struct error err = {0};
    if (!websocket_send(caller->websocket, json, strlen(json), &err))
        fail_msg("%s", err.text);
}

bool caller_has(const struct caller *caller, const char *type)
{
    for (size_t i = 0; i < json_array_size(caller->inbox); i++) {
        if (strcmp(json_get_text(json_array_get(caller->inbox, i), "type"), type) == 0)
            return true;
    }
    return false;
}

json_t *caller_wait(struct caller *caller, const char *type)
{
    while (true) {
        while (json_array_size(caller->inbox) > 0) {
            json_t *message = json_incref(json_array_get(caller->inbox, 0));
            json_array_remove(caller->inbox, 0);
            if (strcmp(json_get_text(message, "type"), type) == 0)
                return message;
            json_decref(message);
        }
        if (caller->is_closed)
            fail_msg("closed with %d while waiting for %s", caller->code, type);
        kit_run(&caller->desk->kit);
    }
}

json_t *caller_ask(struct caller *caller, const char *command, const char *members)
{
    char *text = xasprintf("{\"type\":\"command\",\"ref\":%lld,\"command\":\"%s\"%s%s}", (long long)++caller->last_ref,
                           command, *members ? "," : "", members);
    caller_say(caller, text);
    free(text);
    // What else comes meanwhile stays for caller_wait().
    for (size_t i = 0;; i++) {
        while (i >= json_array_size(caller->inbox)) {
            if (caller->is_closed)
                fail_msg("closed with %d while waiting for the reply to %s", caller->code, command);
            kit_run(&caller->desk->kit);
        }
        json_t *message = json_array_get(caller->inbox, i);
        if (strcmp(json_get_text(message, "type"), "reply") == 0) {
            assert_int_equal(json_get_int(message, "ref", 0), caller->last_ref);
            json_incref(message);
            json_array_remove(caller->inbox, i);
            return message;
        }
    }
}

static void must(const json_t *reply, const char *command, const char *members)
{
    if (!json_get_bool(reply, "ok", false))
        fail_msg("%s {%s}: %s", command, members, json_get_text(json_object_get(reply, "error"), "text"));
}

void caller_must(struct caller *caller, const char *command, const char *members)
{
    json_t *reply = caller_ask(caller, command, members);
    must(reply, command, members);
    json_decref(reply);
}

int64_t caller_must_id(struct caller *caller, const char *command, const char *members)
{
    json_t *reply = caller_ask(caller, command, members);
    must(reply, command, members);
    int64_t id = json_get_int(json_object_get(reply, "result"), "id", 0);
    json_decref(reply);
    return id;
}

void caller_refused(struct caller *caller, const char *command, const char *members, const char *words)
{
    json_t *reply = caller_ask(caller, command, members);
    const char *text = json_get_text(json_object_get(reply, "error"), "text");
    if (json_get_bool(reply, "ok", true) || !text)
        fail_msg("%s {%s} was not refused", command, members);
    if (!strstr(text, words))
        fail_msg("%s {%s}: \"%s\" does not contain \"%s\"", command, members, text, words);
    json_decref(reply);
}

/* --- HTTP --- */

struct request {
    struct exchange exchange;
    bool is_done;
};

static void handle_done(void *data)
{
    struct request *request = data;
    request->is_done = true;
    loop_stop(request->exchange.loop);
}

static void *run_request(void *data)
{
    struct request *request = data;
    exchange_run(&request->exchange);
    loop_post(request->exchange.loop, handle_done, request);
    return NULL;
}

const char *desk_http(struct desk *desk, const char *format, ...)
{
    static struct request request;
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    request = (struct request){.exchange = {
        .loop = desk->kit.loop, .port = api_port(desk->api), .request = text, .request_len = (size_t)len}};
    pthread_t thread;
    pthread_create(&thread, NULL, run_request, &request);
    while (!request.is_done)  // websocket clients stop the loop as well
        kit_run(&desk->kit);
    pthread_join(thread, NULL);
    return request.exchange.answer;
}
