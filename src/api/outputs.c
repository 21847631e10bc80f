#include "api/outputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/removals.h"

enum {
    OUTPUTS_MAX = 16, VIEWS_MAX = 16, TEXT_BYTES_MAX = 300, MISSING_MAX = 32,
    PREVIEW_BYTES_MAX = 180 * 1024, PREVIEW_MS = 900, PASSED_MAX = 32, PASSED_MS = 10000,
};

struct output {
    char *name;
    json_t *state;          // as clients get it
    struct client *client;  // who reports it; NULL: gone
};

struct preview {
    char *view, *png;  // png NULL: who painted it is gone
    struct client *client;
    int64_t at_ms;  // monotonic
};

/* A command that waits for the video process. */
struct passed {
    uint64_t number;  // 0: free
    struct client *client;
    struct reply *reply;
    int64_t until_ms;
};

struct outputs {
    struct api *api;
    struct output outputs[OUTPUTS_MAX];
    size_t count;
    json_t *input, *overlay;  // NULL: nothing reported
    struct preview previews[VIEWS_MAX];
    size_t preview_count;
    struct passed passed[PASSED_MAX];
    uint64_t last_number;
    struct timer timer;
};

/* --- Copying what is known --- */

static const char *const output_keys[] = {"name", "view", "state", "text", "is_blank", "bitrate_kbps", "dropped",
                                          "frames", "bytes", "restarts", "encoder"};
static const char *const input_keys[] = {"state", "text", "age_ms", "fps", "frames", "live", "repeated", "held", "jumped",
                                         "attempts"};
static const char *const applied_keys[] = {"revision", "at_ms", "age_ms"};
static const char *const missing_keys[] = {"view", "text", "script", "question"};
static const char *const skipped_keys[] = {"view", "card"};

static json_t *copy_known(const json_t *from, const char *const *keys, size_t count)
{
    json_t *to = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(from, keys[i]);
        if (json_is_number(value) || json_is_boolean(value) ||
            (json_is_string(value) && json_string_length(value) <= TEXT_BYTES_MAX))
            json_object_set(to, keys[i], value);
    }
    return to;
}

static void send_event(struct api *api, unsigned topics, const char *type, const char *key, const json_t *value)
{
    struct buffer json = {0};
    char *text = json_dumps(value, JSON_COMPACT);
    buffer_printf(&json, "{\"type\":\"%s\",\"%s\":%s}", type, key, text ? text : "{}");
    api_send(api, topics, &json);
    buffer_fini(&json);
    free(text);
}

/* --- Outputs --- */

static void handle_timer(void *data);

struct outputs *outputs_create(struct api *api)
{
    struct outputs *outputs = xcalloc(1, sizeof(*outputs));
    outputs->api = api;
    timer_init(&outputs->timer, api->loop, handle_timer, outputs);
    return outputs;
}

void outputs_destroy(struct outputs *outputs)
{
    if (!outputs)
        return;
    timer_stop(&outputs->timer);
    for (size_t i = 0; i < outputs->count; i++) {
        free(outputs->outputs[i].name);
        json_decref(outputs->outputs[i].state);
    }
    for (size_t i = 0; i < outputs->preview_count; i++) {
        free(outputs->previews[i].view);
        free(outputs->previews[i].png);
    }
    for (size_t i = 0; i < PASSED_MAX; i++) {
        if (outputs->passed[i].number != 0)
            reply_failed(outputs->passed[i].reply, &(struct error){ERROR_AGAIN, "the relay is ending"});
    }
    json_decref(outputs->input);
    json_decref(outputs->overlay);
    free(outputs);
}

static struct output *find_output(struct outputs *outputs, const char *name)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (strcmp(outputs->outputs[i].name, name) == 0)
            return &outputs->outputs[i];
    }
    return NULL;
}

static void take_output(struct outputs *outputs, struct client *client, const json_t *report)
{
    const char *name = json_get_text(report, "name");
    if (!name || *name == '\0' || strlen(name) > TEXT_BYTES_MAX)
        return;
    struct output *output = find_output(outputs, name);
    if (!output) {
        if (outputs->count == OUTPUTS_MAX)
            return;
        output = &outputs->outputs[outputs->count++];
        *output = (struct output){.name = xstrdup(name)};
    }
    json_t *state = copy_known(report, output_keys, ARRAY_LENGTH(output_keys));
    output->client = client;
    if (json_equal(state, output->state)) {
        json_decref(state);
        return;
    }
    json_decref(output->state);
    output->state = state;
    send_event(outputs->api, TOPIC_OUTPUTS, "output", "output", state);
}

static void take_input(struct outputs *outputs, const json_t *report)
{
    json_decref(outputs->input);
    outputs->input = copy_known(report, input_keys, ARRAY_LENGTH(input_keys));
    send_event(outputs->api, TOPIC_OUTPUTS, "input", "input", outputs->input);
}

/* --- Overlay --- */

static void take_list(json_t *overlay, const json_t *report, const char *key, const char *const *keys, size_t count)
{
    const json_t *reported = json_object_get(report, key);
    if (!json_is_array(reported))
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(reported) && i < MISSING_MAX; i++)
        json_array_append_new(list, copy_known(json_array_get(reported, i), keys, count));
    json_object_set_new(overlay, key, list);
}

static void take_applied(const struct outputs *outputs, const struct client *client, const json_t *applied)
{
    const char *revision = json_get_text(applied, "revision");
    if (revision)
        removals_applied(outputs->api->relay->removals, client->overlay, revision, json_get_int(applied, "age_ms", 0) * 1000);
}

static void take_overlay(struct outputs *outputs, const struct client *client, const json_t *report)
{
    json_t *overlay = outputs->overlay ? outputs->overlay : json_object();
    outputs->overlay = overlay;
    const json_t *applied = json_object_get(report, "applied");
    if (json_is_object(applied)) {
        take_applied(outputs, client, applied);
        json_object_set_new(overlay, "applied", copy_known(applied, applied_keys, ARRAY_LENGTH(applied_keys)));
    }
    take_list(overlay, report, "missing", missing_keys, ARRAY_LENGTH(missing_keys));
    take_list(overlay, report, "skipped", skipped_keys, ARRAY_LENGTH(skipped_keys));
    send_event(outputs->api, TOPIC_DESK, "overlay", "overlay", overlay);
}

static struct preview *find_preview(struct outputs *outputs, const char *view)
{
    for (size_t i = 0; i < outputs->preview_count; i++) {
        if (strcmp(outputs->previews[i].view, view) == 0)
            return &outputs->previews[i];
    }
    return NULL;
}

static bool is_base64(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    return len > 0 && strspn(text + len, "=") + len == strlen(text) && strlen(text) % 4 == 0;
}

static void take_preview(struct outputs *outputs, struct client *client, const json_t *report)
{
    const char *view = json_get_text(report, "view"), *png = json_get_text(report, "png");
    if (!view || !png || strlen(view) > TEXT_BYTES_MAX || strlen(png) > PREVIEW_BYTES_MAX || !is_base64(png))
        return;
    struct preview *preview = find_preview(outputs, view);
    if (!preview) {
        if (outputs->preview_count == VIEWS_MAX)
            return;
        preview = &outputs->previews[outputs->preview_count++];
        *preview = (struct preview){.view = xstrdup(view)};
    }
    int64_t now_ms = clock_monotonic_ms();
    if (preview->at_ms != 0 && now_ms - preview->at_ms < PREVIEW_MS)
        return;
    preview->at_ms = now_ms;
    preview->client = client;
    char *copy = xstrdup(png);
    free(preview->png);
    preview->png = copy;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"preview\",\"view\":");
    buffer_add_json(&json, view, strlen(view));
    buffer_printf(&json, ",\"png\":\"%s\"}", png);
    api_send(outputs->api, TOPIC_DESK, &json);
    buffer_fini(&json);
}

const char *outputs_preview(const struct outputs *outputs, const char *view)
{
    const struct preview *preview = find_preview((struct outputs *)outputs, view);
    return preview ? preview->png : NULL;
}

void outputs_handle_report(struct api *api, struct client *client, const json_t *report)
{
    if (client->who.role < API_ROLE_MODERATOR)
        return;
    const json_t *list = json_object_get(report, "outputs"), *preview = json_object_get(report, "preview");
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item) {
        take_output(api->outputs, client, item);
    }
    if (json_is_object(json_object_get(report, "input")))
        take_input(api->outputs, json_object_get(report, "input"));
    if (json_object_get(report, "applied") || json_object_get(report, "missing"))
        take_overlay(api->outputs, client, report);
    if (json_is_object(preview))
        take_preview(api->outputs, client, preview);
}

/* --- Commands on their way --- */

static void end_passed(struct outputs *outputs, struct passed *passed, const char *text)
{
    struct reply *reply = passed->reply;
    *passed = (struct passed){0};
    struct error err;
    error_set(&err, ERROR_AGAIN, "%s", text);
    reply_failed(reply, &err);
}

static void handle_timer(void *data)
{
    struct outputs *outputs = data;
    int64_t now_ms = clock_monotonic_ms();
    bool is_any = false;
    for (size_t i = 0; i < PASSED_MAX; i++) {
        struct passed *passed = &outputs->passed[i];
        if (passed->number != 0 && passed->until_ms <= now_ms)
            end_passed(outputs, passed, "the video process did not answer: look at its log");
        is_any |= passed->number != 0;
    }
    if (is_any)
        timer_start(&outputs->timer, 1000);
}

static struct client *find_video(struct api *api, const struct output *output)
{
    struct client *client;
    if (output && output->client)
        return output->client;
    list_for_each(client, &api->clients, link)
    {
        if (client->kind == CLIENT_VIDEO && client->who.role >= API_ROLE_MODERATOR)
            return client;
    }
    return NULL;
}

bool outputs_pass_on(struct api *api, const char *command, const char *name, const json_t *arguments,
                     struct reply *reply, struct error *err)
{
    struct outputs *outputs = api->outputs;
    struct client *client = find_video(api, find_output(outputs, name));
    if (!client)
        return error_set(err, ERROR_AGAIN, "no video process is connected: is it running?");
    struct passed *passed = NULL;
    for (size_t i = 0; i < PASSED_MAX && !passed; i++)
        passed = outputs->passed[i].number == 0 ? &outputs->passed[i] : NULL;
    if (!passed)
        return error_set(err, ERROR_AGAIN, "%d commands wait for the video process already", PASSED_MAX);
    *passed = (struct passed){++outputs->last_number, client, reply, clock_monotonic_ms() + PASSED_MS};
    json_t *message = json_pack("{s:s,s:I,s:s,s:s}", "type", "command", "ref", (json_int_t)passed->number, "command",
                                command, "name", name);
    json_t *on = json_object_get(arguments, "on");
    if (on)
        json_object_set(message, "on", on);
    char *text = json_dumps(message, JSON_COMPACT);
    struct buffer json = {0};
    buffer_add_string(&json, text);
    client_send_json(client, &json);
    buffer_fini(&json);
    free(text);
    json_decref(message);
    if (!timer_is_running(&outputs->timer))
        timer_start(&outputs->timer, PASSED_MS);
    return true;
}

static void read_error(const json_t *message, struct error *err)
{
    static const enum error_code codes[] = {ERROR_AGAIN, ERROR_DENIED, ERROR_DATA, ERROR_SYSTEM};
    const json_t *error = json_object_get(message, "error");
    const char *code = json_get_text(error, "code"), *text = json_get_text(error, "text");
    error_set(err, ERROR_SYSTEM, "%s", text ? text : "the video process refused without a reason");
    for (size_t i = 0; code && i < ARRAY_LENGTH(codes); i++) {
        if (strcmp(code, error_code_name(codes[i])) == 0)
            err->code = codes[i];
    }
}

void outputs_handle_reply(struct api *api, struct client *client, const json_t *message)
{
    uint64_t number = (uint64_t)json_get_int(message, "ref", 0);
    for (size_t i = 0; i < PASSED_MAX && number != 0; i++) {
        struct passed *passed = &api->outputs->passed[i];
        if (passed->number != number || passed->client != client)
            continue;
        struct reply *reply = passed->reply;
        *passed = (struct passed){0};
        if (json_get_bool(message, "ok", false)) {
            reply_done(reply, NULL);
        } else {
            struct error err;
            read_error(message, &err);
            reply_failed(reply, &err);
        }
        return;
    }
}

void outputs_forget_client(struct api *api, const struct client *client)
{
    struct outputs *outputs = api->outputs;
    if (!outputs)
        return;
    for (size_t i = 0; i < PASSED_MAX; i++) {
        if (outputs->passed[i].number != 0 && outputs->passed[i].client == client)
            end_passed(outputs, &outputs->passed[i], "the video process went away before it answered");
    }
    // A picture that nobody renews would go on showing what is deleted.
    for (size_t i = 0; i < outputs->preview_count; i++) {
        struct preview *preview = &outputs->previews[i];
        if (preview->client == client) {
            free(preview->png);
            preview->png = NULL;
            preview->client = NULL;
            preview->at_ms = 0;
        }
    }
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = &outputs->outputs[i];
        if (output->client != client)
            continue;
        output->client = NULL;
        json_object_set_new(output->state, "state", json_string("lost"));
        json_object_set_new(output->state, "text", json_string("the video process is not connected"));
        send_event(api, TOPIC_OUTPUTS, "output", "output", output->state);
    }
}

/* --- For the snapshot --- */

static void add_json(struct buffer *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    buffer_add_string(out, text ? text : "{}");
    free(text);
}

void outputs_write(const struct outputs *outputs, struct buffer *out)
{
    buffer_add_string(out, ",\"outputs\":[");
    for (size_t i = 0; i < outputs->count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_json(out, outputs->outputs[i].state);
    }
    buffer_add_char(out, ']');
    if (outputs->input) {
        buffer_add_string(out, ",\"input\":");
        add_json(out, outputs->input);
    }
}

void outputs_write_overlay(const struct outputs *outputs, struct buffer *out)
{
    if (outputs->overlay) {
        buffer_add_string(out, ",\"overlay\":");
        add_json(out, outputs->overlay);
    }
}
