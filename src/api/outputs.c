#include <stdlib.h>
#include <string.h>

#include "api/copy.h"
#include "api/outputs_inside.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

enum { SILENT_MS = 7000, ORDERS_STAND_MS = 60000, GRACE_MS = 10000 };  // it reports every 2 s

static const char *const output_keys[] = {
    "name", "view", "state", "text", "is_blank", "bitrate_kbps", "dropped", "frames", "bytes", "restarts", "encoder",
    "why", "retry_ms", "is_recording", "delay_ms", "is_shared", "width_px", "height_px", "encode_ms", "encode_worst_ms",
    "budget_ms", "captions", "captions",
};
static const char *const input_keys[] = {
    "state", "text", "age_ms", "fps", "frames", "live", "repeated", "held", "jumped", "attempts",
    "shown", "selected", "is_holding", "since_ms",
};
static const char *const feed_names[] = {"main", "backup", "sound"};
static const char *const feed_keys[] = {"state", "text", "age_ms", "attempts"};

static void send_event(struct api *api, const char *type, const json_t *value)
{
    struct buffer json = {0};
    char *text = json_dumps(value, JSON_COMPACT);
    buffer_printf(&json, "{\"type\":\"%s\",\"%s\":%s}", type, type, text ? text : "{}");
    api_send(api, TOPIC_OUTPUTS, &json);
    buffer_fini(&json);
    free(text);
}

/* --- The process --- */

static json_t *describe_video(const struct outputs *outputs)
{
    static const char *const names[] = {[VIDEO_UNKNOWN] = "lost", [VIDEO_THERE] = "there", [VIDEO_SILENT] = "silent", [VIDEO_LOST] = "lost"};
    return json_pack("{s:s,s:b,s:I}", "state", names[outputs->video_state], "is_blank", outputs->is_blank, "heard_ms",
                     (json_int_t)outputs->heard_ms);
}

static void set_video(struct outputs *outputs, enum video_state state, bool is_blank)
{
    bool is_same = outputs->video_state == state && outputs->is_blank == is_blank;
    outputs->video_state = state;
    outputs->is_blank = is_blank;
    if (is_same)
        return;
    json_t *video = describe_video(outputs);
    send_event(outputs->api, "video", video);
    json_decref(video);
}

static void handle_silence(void *data)
{
    struct outputs *outputs = data;
    set_video(outputs, VIDEO_SILENT, outputs->is_blank);
}

static void handle_grace(void *data)
{
    outputs_tell_holding(data);
}

/* One that comes back soon has crashed; one that comes later was begun anew by somebody who knows what he wants. */
static void note_video(struct outputs *outputs, struct client *client, const json_t *report)
{
    if (outputs->video && outputs->video != client)
        return;
    bool is_new = !outputs->video;
    outputs->video = client;
    if (is_new && clock_unix_ms() - outputs->heard_ms > ORDERS_STAND_MS)
        orders_fini(&outputs->orders);
    outputs->heard_ms = clock_unix_ms();
    set_video(outputs, VIDEO_THERE, json_get_bool(report, "is_blank", false));
    timer_start(&outputs->silence, outputs->silent_ms);
    if (is_new)
        outputs_greet(outputs);
}

/* --- Outputs --- */

struct outputs *outputs_create(struct api *api, int silent_ms)
{
    struct outputs *outputs = xcalloc(1, sizeof(*outputs));
    outputs->api = api;
    outputs->silent_ms = silent_ms != 0 ? silent_ms : SILENT_MS;
    timer_init(&outputs->silence, api->loop, handle_silence, outputs);
    timer_init(&outputs->grace, api->loop, handle_grace, outputs);
    timer_start(&outputs->grace, GRACE_MS);
    return outputs;
}

void outputs_destroy(struct outputs *outputs)
{
    if (!outputs)
        return;
    timer_stop(&outputs->silence);
    timer_stop(&outputs->grace);
    orders_fini(&outputs->orders);
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

/*
 * Of an address as much as says where it is: "rtmp://a.rtmp.youtube.com", "show-2.mkv", "hls:live". The video process has
 * taken out its secrets, but paths tell moderators more than they need, and keys stand in paths.
 */
static json_t *shorten_place(const char *to)
{
    const char *host = strstr(to, "://");
    if (host) {
        size_t len = strcspn(host + 3, "/?#"), scheme = (size_t)(host - to) + 3;
        const char *at = memchr(host + 3, '@', len), *from = at ? at + 1 : host + 3;
        char *text = xasprintf("%.*s%.*s", (int)scheme, to, (int)(host + 3 + len - from), from);
        json_t *place = json_string(text);
        free(text);
        return place;
    }
    size_t scheme = strcspn(to, ":/");
    const char *slash = strrchr(to, '/'), *name = slash ? slash + 1 : to;
    char *text = to[scheme] == ':' && slash ? xasprintf("%.*s%s", (int)scheme + 1, to, name) : xstrdup(name);
    json_t *place = json_string(text);
    free(text);
    return place;
}

static json_t *copy_output(const json_t *report)
{
    json_t *state = copy_known(report, output_keys, ARRAY_LENGTH(output_keys));
    const char *to = json_get_text(report, "to");
    if (to && strlen(to) <= COPY_TEXT_BYTES_MAX)
        json_object_set_new(state, "to", shorten_place(to));
    return state;
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
    json_t *state = copy_output(report);
    output->client = client;
    if (json_equal(state, output->state)) {
        json_decref(state);
        return;
    }
    json_decref(output->state);
    output->state = state;
    send_event(outputs->api, "output", state);
}

static void take_input(struct outputs *outputs, const json_t *report)
{
    json_decref(outputs->input);
    outputs->input = copy_known(report, input_keys, ARRAY_LENGTH(input_keys));
    for (size_t i = 0; i < ARRAY_LENGTH(feed_names); i++) {
        const json_t *feed = json_object_get(report, feed_names[i]);
        if (json_is_object(feed))
            json_object_set_new(outputs->input, feed_names[i], copy_known(feed, feed_keys, ARRAY_LENGTH(feed_keys)));
    }
    send_event(outputs->api, "input", outputs->input);
}

static bool is_in(const json_t *list, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item) {
        const char *other = json_get_text(item, "name");
        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

/* One that was taken out of the configuration while it ran. Those of a process that is lost stay. */
static void drop_removed(struct outputs *outputs, const struct client *client, const json_t *list)
{
    for (size_t i = outputs->count; i-- > 0;) {
        struct output *output = &outputs->outputs[i];
        if ((output->client && output->client != client) || is_in(list, output->name))
            continue;
        struct buffer json = {0};
        buffer_add_string(&json, "{\"type\":\"output_removed\",\"output\":");
        buffer_add_json(&json, output->name, strlen(output->name));
        buffer_add_char(&json, '}');
        api_send(outputs->api, TOPIC_OUTPUTS, &json);
        buffer_fini(&json);
        free(output->name);
        json_decref(output->state);
        memmove(output, output + 1, (--outputs->count - i) * sizeof(*output));
    }
}

void outputs_handle_report(struct api *api, struct client *client, const json_t *report)
{
    if (client->who.role < API_ROLE_MODERATOR)
        return;
    const json_t *list = json_object_get(report, "outputs"), *picture = json_object_get(report, "output_picture");
    size_t index;
    json_t *item;
    if (json_is_object(picture))
        outputs_take_picture(api, picture);
    if (client->kind == CLIENT_VIDEO && json_is_array(list)) {
        drop_removed(api->outputs, client, list);
        note_video(api->outputs, client, report);
    }
    json_array_foreach(list, index, item) {
        take_output(api->outputs, client, item);
    }
    if (json_is_object(json_object_get(report, "input")))
        take_input(api->outputs, json_object_get(report, "input"));
    if (api->outputs->video == client)
        outputs_tell_holding(api->outputs);
}

void outputs_forget_client(struct api *api, struct client *client)
{
    struct outputs *outputs = api->outputs;
    if (!outputs)
        return;
    outputs_watch(api, client, false);
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = &outputs->outputs[i];
        if (output->client != client)
            continue;
        output->client = NULL;
        json_object_set_new(output->state, "state", json_string("lost"));
        json_object_set_new(output->state, "text", json_string("the video process is not connected"));
        send_event(api, "output", output->state);
    }
    if (outputs->video != client)
        return;
    outputs->video = NULL;
    timer_stop(&outputs->silence);
    set_video(outputs, VIDEO_LOST, outputs->is_blank);
    outputs_tell_holding(outputs);
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
    if (outputs->video_state == VIDEO_UNKNOWN)
        return;
    json_t *video = describe_video(outputs);
    buffer_add_string(out, ",\"video\":");
    add_json(out, video);
    json_decref(video);
}
