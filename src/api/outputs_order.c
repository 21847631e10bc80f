/* To the video process: what moderators order, and whether anybody looks; from it, pictures to who looks. */
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "api/copy.h"
#include "api/outputs_inside.h"
#include "api/passing.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { PATIENCE_MS = 10000 };

static struct client *find_video(struct api *api, const char *name)
{
    struct outputs *outputs = api->outputs;
    for (size_t i = 0; name && i < outputs->count; i++) {
        if (strcmp(outputs->outputs[i].name, name) == 0 && outputs->outputs[i].client)
            return outputs->outputs[i].client;
    }
    if (outputs->video)
        return outputs->video;
    struct client *client;
    list_for_each(client, &api->clients, link)
    {
        if (client->kind == CLIENT_VIDEO && client->who.role >= API_ROLE_MODERATOR)
            return client;
    }
    return NULL;
}

static json_t *make_order(const char *command, const json_t *arguments)
{
    json_t *message = json_deep_copy(arguments);
    json_object_del(message, "type");
    json_object_del(message, "ref");
    json_object_set_new(message, "command", json_string(command));
    return message;
}

bool outputs_pass_on(struct api *api, const char *command, const char *name, const json_t *arguments,
                     struct reply *reply, struct error *err)
{
    struct client *client = find_video(api, name);
    if (!client)
        return error_set(err, ERROR_AGAIN, "no video process is connected: is it running?");
    json_t *message = make_order(command, arguments);
    orders_note(&api->outputs->orders, message);
    bool is_sent = passing_send(api->passing, &(struct passing_order){
        .client = client, .whom = "the video process", .reply = reply, .message = message, .patience_ms = PATIENCE_MS}, err);
    json_decref(message);
    return is_sent;
}

/* Nobody waits for its answer: no reference. */
static void tell(struct client *client, json_t *message)
{
    json_object_set_new(message, "type", json_string("command"));
    char *text = json_dumps(message, JSON_COMPACT);
    struct buffer json = {0};
    buffer_add_string(&json, text ? text : "{}");
    client_send_json(client, &json);
    buffer_fini(&json);
    free(text);
}

static void tell_watch(const struct outputs *outputs)
{
    if (!outputs->video)
        return;
    json_t *message = json_pack("{s:s,s:b}", "command", "output.watch", "on", outputs->watchers > 0);
    tell(outputs->video, message);
    json_decref(message);
}

void outputs_greet(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->orders.count; i++)
        tell(outputs->video, outputs->orders.kept[i]);
    if (outputs->watchers > 0)
        tell_watch(outputs);
}

/* --- Pictures --- */

void outputs_watch(struct api *api, struct client *client, bool is_on)
{
    struct outputs *outputs = api->outputs;
    if (client->is_watching == is_on)
        return;
    client->is_watching = is_on;
    outputs->watchers += is_on ? 1 : (size_t)-1;
    if (outputs->watchers == (is_on ? 1 : 0))
        tell_watch(outputs);
}

void outputs_take_picture(struct api *api, const json_t *picture)
{
    const char *name = json_get_text(picture, "output"), *jpeg = json_get_text(picture, "jpeg");
    if (!name || strlen(name) > COPY_TEXT_BYTES_MAX || !copy_is_base64(jpeg, OUTPUT_PICTURE_BYTES_MAX))
        return;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"output_picture\",\"output\":");
    buffer_add_json(&json, name, strlen(name));
    buffer_printf(&json, ",\"jpeg\":\"%s\"}", jpeg);
    struct payload *payload = payload_create(json.data, json.len);
    struct client *client, *next;
    list_for_each_safe(client, next, &api->clients, link)
    {
        if (client->is_watching)
            client_send(client, payload);
    }
    payload_unref(payload);
    buffer_fini(&json);
}
