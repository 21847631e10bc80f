#include "api/passing.h"

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/command.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { PASSED_MAX = 32 };

/* A command that waits for its answer. */
struct passed {
    uint64_t number;  // 0: free
    struct client *client;
    const char *whom;
    struct reply *reply;
    json_t *(*take)(const json_t *result);
    int64_t until_ms;  // monotonic
};

struct passing {
    struct api *api;
    struct passed passed[PASSED_MAX];
    uint64_t last_number;
    struct timer timer;  // to the first that is late
};

static void end_passed(struct passed *passed, const char *what)
{
    struct reply *reply = passed->reply;
    struct error err;
    error_set(&err, ERROR_AGAIN, "%s %s", passed->whom, what);
    *passed = (struct passed){0};
    reply_failed(reply, &err);
}

static void start_timer(struct passing *passing)
{
    int64_t first_ms = 0;
    for (size_t i = 0; i < PASSED_MAX; i++) {
        const struct passed *passed = &passing->passed[i];
        if (passed->number != 0 && (first_ms == 0 || passed->until_ms < first_ms))
            first_ms = passed->until_ms;
    }
    int64_t wait_ms = first_ms - clock_monotonic_ms();
    if (first_ms != 0)
        timer_start(&passing->timer, wait_ms > 0 ? wait_ms : 0);
}

static void handle_timer(void *data)
{
    struct passing *passing = data;
    int64_t now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < PASSED_MAX; i++) {
        struct passed *passed = &passing->passed[i];
        if (passed->number != 0 && passed->until_ms <= now_ms)
            end_passed(passed, "did not answer: look at its log");
    }
    start_timer(passing);
}

struct passing *passing_create(struct api *api)
{
    struct passing *passing = xcalloc(1, sizeof(*passing));
    passing->api = api;
    timer_init(&passing->timer, api->loop, handle_timer, passing);
    return passing;
}

void passing_destroy(struct passing *passing)
{
    if (!passing)
        return;
    timer_stop(&passing->timer);
    for (size_t i = 0; i < PASSED_MAX; i++) {
        if (passing->passed[i].number != 0)
            reply_failed(passing->passed[i].reply, &(struct error){ERROR_AGAIN, "the relay is ending"});
    }
    free(passing);
}

static struct passed *find_free(struct passing *passing)
{
    for (size_t i = 0; i < PASSED_MAX; i++) {
        if (passing->passed[i].number == 0)
            return &passing->passed[i];
    }
    return NULL;
}

bool passing_send(struct passing *passing, const struct passing_order *order, struct error *err)
{
    struct passed *passed = find_free(passing);
    if (!passed)
        return error_set(err, ERROR_AGAIN, "%d commands wait for their answers already", PASSED_MAX);
    *passed = (struct passed){++passing->last_number, order->client, order->whom, order->reply, order->take,
                              clock_monotonic_ms() + order->patience_ms};
    json_object_set_new(order->message, "type", json_string("command"));
    json_object_set_new(order->message, "ref", json_integer((json_int_t)passed->number));
    char *text = json_dumps(order->message, JSON_COMPACT);
    struct buffer json = {0};
    buffer_add_string(&json, text ? text : "{}");
    client_send_json(order->client, &json);
    buffer_fini(&json);
    free(text);
    start_timer(passing);
    return true;
}

static void read_error(const struct passed *passed, const json_t *message, struct error *err)
{
    static const enum error_code codes[] = {ERROR_AGAIN, ERROR_DENIED, ERROR_DATA, ERROR_SYSTEM};
    const json_t *error = json_object_get(message, "error");
    const char *code = json_get_text(error, "code"), *text = json_get_text(error, "text");
    error_set(err, ERROR_SYSTEM, "%s%s", text ? "" : passed->whom, text ? text : " refused without a reason");
    for (size_t i = 0; code && i < ARRAY_LENGTH(codes); i++) {
        if (strcmp(code, error_code_name(codes[i])) == 0)
            err->code = codes[i];
    }
}

static void give(const struct passed *passed, const json_t *message)
{
    if (json_get_bool(message, "ok", false)) {
        reply_done(passed->reply, passed->take ? passed->take(json_object_get(message, "result")) : NULL);
        return;
    }
    struct error err;
    read_error(passed, message, &err);
    reply_failed(passed->reply, &err);
}

void passing_handle_reply(struct passing *passing, struct client *client, const json_t *message)
{
    uint64_t number = (uint64_t)json_get_int(message, "ref", 0);
    for (size_t i = 0; i < PASSED_MAX && number != 0; i++) {
        if (passing->passed[i].number != number || passing->passed[i].client != client)
            continue;
        struct passed passed = passing->passed[i];
        passing->passed[i] = (struct passed){0};
        give(&passed, message);
        return;
    }
}

void passing_forget_client(struct passing *passing, const struct client *client)
{
    for (size_t i = 0; i < PASSED_MAX; i++) {
        if (passing->passed[i].number != 0 && passing->passed[i].client == client)
            end_passed(&passing->passed[i], "went away before it answered");
    }
}
