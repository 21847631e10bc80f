#include "api/outputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/copy.h"
#include "api/passing.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { OUTPUTS_MAX = 16, PATIENCE_MS = 10000 };

struct output {
    char *name;
    json_t *state;          // as clients get it
    struct client *client;  // who reports it; NULL: gone
};

struct outputs {
    struct api *api;
    struct output outputs[OUTPUTS_MAX];
    size_t count;
    json_t *input;  // NULL: nothing reported
};

static const char *const output_keys[] = {"name", "view", "state", "text", "is_blank", "bitrate_kbps", "dropped",
                                          "frames", "bytes", "restarts", "encoder"};
static const char *const input_keys[] = {"state", "text", "age_ms", "fps", "frames", "live", "repeated", "held", "jumped",
                                         "attempts"};

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

struct outputs *outputs_create(struct api *api)
{
    struct outputs *outputs = xcalloc(1, sizeof(*outputs));
    outputs->api = api;
    return outputs;
}

void outputs_destroy(struct outputs *outputs)
{
    if (!outputs)
        return;
    for (size_t i = 0; i < outputs->count; i++) {
        free(outputs->outputs[i].name);
        json_decref(outputs->outputs[i].state);
    }
    json_decref(outputs->input);
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
    if (!name || *name == '\0' || strlen(name) > COPY_TEXT_BYTES_MAX)
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

void outputs_handle_report(struct api *api, struct client *client, const json_t *report)
{
    if (client->who.role < API_ROLE_MODERATOR)
        return;
    const json_t *list = json_object_get(report, "outputs");
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item) {
        take_output(api->outputs, client, item);
    }
    if (json_is_object(json_object_get(report, "input")))
        take_input(api->outputs, json_object_get(report, "input"));
}

/* --- Commands on their way --- */

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
    json_t *message = json_pack("{s:s,s:s}", "command", command, "name", name), *on = json_object_get(arguments, "on");
    if (on)
        json_object_set(message, "on", on);
    bool is_sent = passing_send(api->passing, &(struct passing_order){
        .client = client, .whom = "the video process", .reply = reply, .message = message, .patience_ms = PATIENCE_MS}, err);
    json_decref(message);
    return is_sent;
}

void outputs_forget_client(struct api *api, const struct client *client)
{
    struct outputs *outputs = api->outputs;
    if (!outputs)
        return;
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
