#include "cli/video_link.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/backoff.h"
#include "net/base64.h"
#include "net/loop.h"
#include "net/websocket.h"
#include "video/studio.h"

enum { REPORT_MS = 2000, RETRY_MAX_MS = 5000, CAPTIONS_MAX = 128, PREVIEW_QUEUE_BYTES = 256 * 1024, TEXT_BYTES_MAX = 255 };

static const char path[] = "/api/v1/socket";

struct video_link {
    struct loop *loop;
    struct studio *studio;
    char *address, *authorization;  // authorization: NULL or "Bearer …"
    struct websocket *websocket;    // NULL between attempts
    bool is_welcome;                // the relay has answered our hello
    bool has_complained;            // since it was last welcome
    struct backoff backoff;
    struct timer retry, report;
};

/* ---- Going up ---- */

static void send_json(struct video_link *link, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    struct error err;
    if (text && link->websocket && !websocket_send(link->websocket, text, strlen(text), &err))
        log_debug("video/link", "%s", err.text);
    free(text);
    json_decref(message);
}

/*
 * Paths and the system's words need not be UTF-8, and what was cut to its room may end within a letter; jansson takes
 * neither, and a whole report would be lost for it.
 */
static json_t *mend(const char *text)
{
    size_t len = strlen(text);
    char *mended = xmalloc(3 * len + 1);
    size_t size = utf8_repair(text, len, mended);
    json_t *json = json_stringn(mended, size > TEXT_BYTES_MAX ? utf8_cut(mended, TEXT_BYTES_MAX) : size);
    free(mended);
    return json;
}

/* One field a line, so that a new one is a line. */
static json_t *describe_output(const struct studio_output_health *output, double budget_ms)
{
    json_t *json = json_object();
    json_object_set_new(json, "name", mend(output->name));
    json_object_set_new(json, "view", mend(output->view));
    json_object_set_new(json, "to", mend(output->to));
    json_object_set_new(json, "state", json_string(studio_state_name(output->state)));
    json_object_set_new(json, "text", mend(output->text));
    json_object_set_new(json, "why", json_string(output->why));
    json_object_set_new(json, "retry_ms", json_integer(output->retry_ms));
    json_object_set_new(json, "is_blank", json_boolean(output->is_blank));
    json_object_set_new(json, "is_recording", json_boolean(output->is_recording));
    json_object_set_new(json, "is_shared", json_boolean(output->is_shared));
    json_object_set_new(json, "delay_ms", json_integer(output->delay_ms));
    json_object_set_new(json, "bitrate_kbps", json_integer(output->bitrate_kbps));
    json_object_set_new(json, "frames", json_integer((json_int_t)output->frames));
    json_object_set_new(json, "dropped", json_integer((json_int_t)output->dropped));
    json_object_set_new(json, "bytes", json_integer((json_int_t)output->bytes));
    json_object_set_new(json, "restarts", json_integer((json_int_t)output->restarts));
    json_object_set_new(json, "width_px", json_integer(output->width_px));
    json_object_set_new(json, "height_px", json_integer(output->height_px));
    json_object_set_new(json, "encoder", json_string(output->encoder));
    json_object_set_new(json, "captions", mend(output->captions));
    json_object_set_new(json, "encode_ms", json_real(round(output->encode_ms * 1000) / 1000));
    json_object_set_new(json, "encode_worst_ms", json_real(round(output->encode_worst_ms * 1000) / 1000));
    json_object_set_new(json, "budget_ms", json_real(round(budget_ms * 1000) / 1000));
    return json;
}

static json_t *describe_input(const struct studio_input_health *input)
{
    return json_pack("{s:s, s:o, s:o, s:i, s:i}",
        "state", studio_state_name(input->state),
        "text", mend(input->text),
        "from", mend(input->from),
        "age_ms", input->age_s < 0 ? -1 : (int)(input->age_s * 1000),
        "attempts", (int)input->attempts);
}

/* The main input, what became of it, and those beside it. */
static json_t *describe_inputs(const struct studio_health *health)
{
    json_t *input = describe_input(&health->inputs[STUDIO_MAIN]);
    json_t *rest = json_pack("{s:f, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:b, s:I}",
        "fps", round(health->fps * 100) / 100,
        "frames", (json_int_t)health->ticks,
        "live", (json_int_t)health->live,
        "repeated", (json_int_t)health->repeated,
        "held", (json_int_t)health->held,
        "jumped", (json_int_t)health->jumped,
        "shown", health->shown,
        "selected", health->selected,
        "is_holding", strcmp(health->shown, "holding") == 0,
        "since_ms", (json_int_t)health->shown_since_ms);
    json_object_update(input, rest);
    json_decref(rest);
    static const struct {
        enum studio_input input;
        const char *key;
    } others[] = {{STUDIO_BACKUP, "backup"}, {STUDIO_SOUND, "sound"}};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        if (health->inputs[others[i].input].is_wanted)
            json_object_set_new(input, others[i].key, describe_input(&health->inputs[others[i].input]));
    }
    return input;
}

void video_link_report(struct video_link *link)
{
    if (!link || !link->is_welcome)
        return;
    struct studio_health *health = xmalloc(sizeof(*health));
    studio_get_health(link->studio, health);
    json_t *outputs = json_array();
    for (size_t i = 0; i < health->output_count; i++)
        json_array_append_new(outputs, describe_output(&health->outputs[i], health->budget_ms));
    send_json(link, json_pack("{s:s, s:b, s:o, s:o}", "type", "report", "is_blank", health->is_blank, "input",
        describe_inputs(health), "outputs", outputs));
    free(health);
    timer_start(&link->report, REPORT_MS);
}

void video_link_preview(struct video_link *link, const char *output, const void *jpeg, size_t len)
{
    struct error err;
    if (!link || !link->is_welcome || websocket_queued_bytes(link->websocket) > PREVIEW_QUEUE_BYTES)
        return;
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"report\",\"output_picture\":{\"output\":");
    buffer_add_json(&json, output, strlen(output));
    buffer_add_string(&json, ",\"jpeg\":\"");
    base64_encode(&json, jpeg, len);
    buffer_add_string(&json, "\"}}");
    if (!websocket_send(link->websocket, json.data, json.len, &err))
        log_debug("video/link", "%s", err.text);
    buffer_fini(&json);
}

static void handle_report_timer(void *data)
{
    video_link_report(data);
}

/* ---- Coming down ---- */

static bool start_output(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    return studio_start_output(studio, name, err);
}

static bool stop_output(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    return studio_stop_output(studio, name, err);
}

static bool blank_output(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    return studio_blank_output(studio, name, json_get_bool(message, "on", true), err);
}

static bool delay_output(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    const json_t *ms = json_object_get(message, "ms");
    if (!json_is_integer(ms) || json_integer_value(ms) < 0 || json_integer_value(ms) > STUDIO_DELAY_MAX_MS)
        return error_set(err, ERROR_DATA, "output.delay needs \"ms\", from 0 to %d", STUDIO_DELAY_MAX_MS);
    return studio_set_delay(studio, name, (int)json_integer_value(ms), err);
}

static bool blank_all(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    studio_blank_all(studio, json_get_bool(message, "on", true));
    return true;
}

static bool select_input(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    const char *which = json_get_text(message, "which");
    return studio_select_input(studio, which ? which : "", err);
}

static bool watch(struct studio *studio, const json_t *message, const char *name, struct error *err)
{
    studio_watch(studio, json_get_bool(message, "on", true));
    return true;
}

/* name: "" in those that are of no output. */
static const struct {
    const char *name;
    bool (*fn)(struct studio *studio, const json_t *message, const char *name, struct error *err);
    bool is_of_output;
} commands[] = {
    {"output.start", start_output, true},
    {"output.stop", stop_output, true},
    {"output.blank", blank_output, true},
    {"output.watch", watch, false},
    {"output.delay", delay_output, true},
    {"blank", blank_all, false},
    {"input.select", select_input, false},
};

static bool obey(struct video_link *link, const json_t *message, struct error *err)
{
    const char *command = json_get_text(message, "command"), *name = json_get_text(message, "name");
    for (size_t i = 0; command && i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, command) != 0)
            continue;
        if (commands[i].is_of_output && !name)
            return error_set(err, ERROR_DATA, "%s needs \"name\", an output's", command);
        return commands[i].fn(link->studio, message, name ? name : "", err);
    }
    return error_set(err, ERROR_DATA, "\"%.40s\" is no command to this video process", command ? command : "");
}

static void handle_command(struct video_link *link, const json_t *message)
{
    struct error err;
    json_t *reply = json_pack("{s:s}", "type", "reply");
    json_t *ref = json_object_get(message, "ref");
    if (ref)
        json_object_set(reply, "ref", ref);
    bool is_done = obey(link, message, &err);
    json_object_set_new(reply, "ok", json_boolean(is_done));
    if (is_done)
        json_object_set_new(reply, "result", json_object());
    else
        json_object_set_new(reply, "error", json_pack("{s:s, s:o}", "code", error_code_name(err.code), "text",
            mend(err.text)));
    send_json(link, reply);
    video_link_report(link);
}

/* What of it is no line is left out by the studio. Texts are borrowed from the message. */
static void take_captions(struct video_link *link, const json_t *lines)
{
    struct studio_caption captions[CAPTIONS_MAX];
    size_t count = 0, index;
    json_t *line;
    json_array_foreach(lines, index, line) {
        if (count == CAPTIONS_MAX)
            break;
        captions[count++] = (struct studio_caption){
            .track = json_get_text(line, "track"), .id = json_get_text(line, "id"),
            .language = json_get_text(line, "language"), .text = json_get_text(line, "text"),
            .speaker = json_get_text(line, "speaker"), .starts_in_ms = json_get_int(line, "starts_in_ms", 0),
            .ends_in_ms = json_get_int(line, "ends_in_ms", 0), .is_live = json_get_bool(line, "live", false),
            .is_final = json_get_bool(line, "final", true),
        };
    }
    studio_set_captions(link->studio, captions, count);
}

static void handle_welcome(struct video_link *link)
{
    if (!link->is_welcome)
        log_info("video/link", "the relay is there");
    link->is_welcome = true;
    link->has_complained = false;
    backoff_reset(&link->backoff);
    video_link_report(link);
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct video_link *link = data;
    struct error err;
    json_t *message = is_text ? json_parse(bytes, len, &err) : NULL;
    const char *type = message ? json_get_text(message, "type") : NULL;
    if (type && strcmp(type, "welcome") == 0)
        handle_welcome(link);
    else if (type && strcmp(type, "command") == 0)
        handle_command(link, message);
    else if (type && (strcmp(type, "caption_lines") == 0 || strcmp(type, "snapshot") == 0))
        take_captions(link, json_object_get(message, "caption_lines"));
    else if (!type)
        log_warn("video/link", "the relay sent something that is no message; it is left out");
    json_decref(message);
}

static void handle_open(void *data)
{
    struct video_link *link = data;
    send_json(link, json_pack("{s:s, s:s, s:s, s:[s,s]}", "type", "hello", "client", "video", "name", "video",
        "topics", "outputs", "captions"));
}

/* ---- Connecting ---- */

static void handle_close(void *data, const struct websocket_close *end)
{
    struct video_link *link = data;
    if (link->is_welcome || !link->has_complained) {
        log_info("video/link", "no relay (%s); the picture goes on, trying again", end->error.text);
        link->has_complained = true;
    }
    if (link->is_welcome)
        studio_watch(link->studio, false);  // nobody looks
    link->is_welcome = false;
    timer_stop(&link->report);
    websocket_destroy(link->websocket);
    link->websocket = NULL;
    timer_start(&link->retry, backoff_next_ms(&link->backoff));
}

static const struct websocket_handler handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
};

static bool connect_relay(struct video_link *link, struct error *err)
{
    const struct net_header headers[] = {{"Authorization", link->authorization}};
    link->websocket = websocket_create(link->loop, &(struct websocket_options){
        .url = link->address, .path = path, .protocol = "antiphon.v1", .headers = headers,
        .header_count = link->authorization ? 1 : 0, .handler = &handler, .data = link,
    }, err);
    return link->websocket != NULL;
}

static void handle_retry(void *data)
{
    struct video_link *link = data;
    struct error err;
    if (!connect_relay(link, &err))
        timer_start(&link->retry, backoff_next_ms(&link->backoff));
}

struct video_link *video_link_create(const struct video_link_options *options, struct error *err)
{
    struct video_link *link = xcalloc(1, sizeof(*link));
    link->loop = options->loop;
    link->studio = options->studio;
    link->address = xstrdup(options->address);
    link->authorization = options->token ? xasprintf("Bearer %s", options->token) : NULL;
    link->backoff.limit_ms = RETRY_MAX_MS;
    timer_init(&link->retry, link->loop, handle_retry, link);
    timer_init(&link->report, link->loop, handle_report_timer, link);
    if (!connect_relay(link, err)) {
        error_prefix(err, "--relay");
        video_link_destroy(link);
        return NULL;
    }
    return link;
}

void video_link_destroy(struct video_link *link)
{
    if (!link)
        return;
    websocket_destroy(link->websocket);
    timer_stop(&link->retry);
    timer_stop(&link->report);
    free(link->address), free(link->authorization);
    free(link);
}
