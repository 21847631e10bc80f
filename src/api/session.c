#include "api/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/client.h"
#include "api/command.h"
#include "api/feed.h"
#include "api/crew.h"
#include "api/outputs.h"
#include "api/passing.h"
#include "api/pictures.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/message_filter.h"
#include "relay/on_air.h"
#include "relay/questions.h"
#include "relay/removals.h"

enum { REFRESH_MS = 1000, CLOSE_NOT_TEXT = 1003, CLOSE_TOO_LARGE = 1009 };

static void send_snapshot(struct client *client)
{
    struct buffer json = {0};
    snapshot_write(client->api, client, &json);
    client_send_json(client, &json);
    buffer_fini(&json);
}

static void handle_refresh(void *data)
{
    struct client *client = data;
    client->is_stale = false;
    send_snapshot(client);
}

/* --- Coming and going --- */

static int handle_accept(void *data, const struct server_request *request, void **session)
{
    struct api *api = data;
    struct identity who;
    struct error err = {0};
    int status = access_check(api->access, request, &who, &err);
    if (status == 0 && who.role == API_ROLE_BUTTON) {
        error_set(&err, ERROR_DENIED, "a button's token reads nothing");
        status = 403;
    }
    if (status != 0) {
        const char *peer = access_peer(api->access, request);
        api->refused++;
        log_debug("api/session", "refused %s: %s", peer, err.text);
        audit_refuse(api->audit, who.role != API_ROLE_NONE ? who.name : audit_address(peer), "socket", err.text);
        return status;
    }
    struct client *client = xcalloc(1, sizeof(*client));
    *client = (struct client){.api = api, .who = who, .overlay = REMOVALS_NOBODY};
    list_init(&client->link);
    timer_init(&client->refresh, api->loop, handle_refresh, client);
    *session = client;
    return 0;
}

static void handle_open(void *data, struct server_socket *socket)
{
    struct client *client = server_socket_session(socket);
    client->socket = socket;
    list_append(&client->api->clients, &client->link);
}

static void handle_close(void *data, struct server_socket *socket, void *session, int code)
{
    struct client *client = session;
    if (!client)
        return;
    client->socket = NULL;
    list_remove(&client->link);
    timer_stop(&client->refresh);
    reply_forget_client(client->api, client);
    feed_forget_client(client->api->feed, client);
    passing_forget_client(client->api->passing, client);
    pictures_forget_client(client->api->pictures, client);
    outputs_forget_client(client->api, client);
    if (!client_is_there(client->api, client->who.name))  // what he worked on is free again
        questions_release_all(client->api->relay->questions, client->who.name);
    crew_handle_gone(client->api->crew, client);
    free(client);
}

/* It reads more slowly than we write: what waited was dropped. In a moment it gets everything anew, at most once a second. */
static void handle_overflow(void *data, struct server_socket *socket)
{
    struct client *client = server_socket_session(socket);
    client->api->overflows++;
    client->is_stale = true;
    timer_start(&client->refresh, REFRESH_MS);
}

static void handle_too_large(void *data, struct server_socket *socket)
{
    const struct client *client = server_socket_session(socket);
    client->api->refused++;
    audit_refuse(client->api->audit, client->who.name, "size", "a message of a websocket is longer than 5 MiB");
    server_socket_close(socket, CLOSE_TOO_LARGE, "a message has 5 MiB at most");
}

/* --- Hello --- */

static const struct {
    const char *name;
    unsigned topic;
} topics[] = {
    {"on_air", TOPIC_ON_AIR}, {"desk", TOPIC_DESK}, {"sources", TOPIC_SOURCES}, {"feed", TOPIC_FEED}, {"outputs", TOPIC_OUTPUTS},
    {"captions", TOPIC_CAPTIONS},
};

static unsigned read_topics(const json_t *list)
{
    unsigned found = 0;
    size_t index;
    json_t *item;
    if (!json_is_array(list))
        return TOPIC_ALL;
    json_array_foreach(list, index, item) {
        for (size_t i = 0; i < ARRAY_LENGTH(topics); i++) {
            if (json_is_string(item) && strcmp(json_string_value(item), topics[i].name) == 0)
                found |= topics[i].topic;
        }
    }
    return found;
}

static enum client_kind read_kind(const char *name)
{
    static const char *const kinds[] = {
        [CLIENT_PROGRAM] = "program", [CLIENT_PANEL] = "panel", [CLIENT_OVERLAY] = "overlay", [CLIENT_VIDEO] = "video"};
    for (size_t i = 0; name && i < ARRAY_LENGTH(kinds); i++) {
        if (strcmp(kinds[i], name) == 0)
            return (enum client_kind)i;
    }
    return CLIENT_PROGRAM;
}

static void send_welcome(struct client *client)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"welcome\",\"version\":");
    buffer_add_json(&json, client->api->version, strlen(client->api->version));
    buffer_printf(&json, ",\"role\":\"%s\",\"name\":", api_role_name(client->who.role));
    buffer_add_json(&json, client->who.name, strlen(client->who.name));
    buffer_printf(&json, ",\"revision\":\"%s\"}", on_air_revision(client->api->relay->on_air));
    client_send_json(client, &json);
    buffer_fini(&json);
}

/* On the Unix socket a program names itself; others are named by their token. */
static void take_name(struct client *client, const char *name)
{
    if (!client->who.is_local || !name || *name == '\0')
        return;
    size_t len = strlen(name);
    if (len >= sizeof(client->who.name))
        len = utf8_cut(name, sizeof(client->who.name) - 1);
    memcpy(client->who.name, name, len);
    client->who.name[len] = '\0';
}

static void send_complaint(struct client *client, const char *text);

/* As feed.filter, so that the first snapshot is what it reads. One that is not right is told, and all is sent. */
static void take_filter(struct client *client, const json_t *members)
{
    bool is_all;
    struct error err = {0};
    if (!json_is_object(members))
        return;
    struct message_filter *filter = message_filter_create(members, &is_all, &err);
    if (err.code != ERROR_NONE || !feed_set_filter(client->api->feed, client, filter, &err)) {
        error_prefix(&err, "filter");
        send_complaint(client, err.text);
    }
    message_filter_unref(filter);
}

static void handle_hello(struct client *client, const json_t *message)
{
    client->kind = read_kind(json_get_text(message, "client"));
    client->topics = read_topics(json_object_get(message, "topics"));
    pictures_handle_hello(client->api->pictures, client);
    take_name(client, json_get_text(message, "name"));
    send_welcome(client);
    take_filter(client, json_object_get(message, "filter"));
    crew_handle_hello(client->api->crew, client);
    const char *have = json_get_text(message, "have");
    bool is_current = have && strcmp(have, on_air_revision(client->api->relay->on_air)) == 0;
    // The revision speaks of the on-air state alone: who wants more than that gets all of it.
    if (client->topics != 0 && (!is_current || client->topics != TOPIC_ON_AIR))
        send_snapshot(client);
}

/* --- What it says --- */

static void handle_command(struct client *client, const json_t *message)
{
    const char *name = json_get_text(message, "command");
    command_run(client->api, name ? name : "", message, &client->who, client, json_object_get(message, "ref"), NULL);
}

static bool handle_json(struct client *client, const json_t *message)
{
    const char *type = json_get_text(message, "type");
    if (!type)
        return false;
    if (strcmp(type, "hello") == 0) {
        handle_hello(client, message);
    } else if (strcmp(type, "command") == 0) {
        handle_command(client, message);
    } else if (strcmp(type, "report") == 0) {
        outputs_handle_report(client->api, client, message);
        if (client->who.role >= API_ROLE_MODERATOR)
            pictures_handle_report(client->api->pictures, client, message);
    } else if (strcmp(type, "reply") == 0) {
        passing_handle_reply(client->api->passing, client, message);
    } else {
        return false;
    }
    return true;
}

static void send_complaint(struct client *client, const char *text)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"notice\",\"level\":\"error\",\"where\":\"api\",\"text\":");
    buffer_add_json(&json, text, strlen(text));
    buffer_add_char(&json, '}');
    client_send_json(client, &json);
    buffer_fini(&json);
}

static void handle_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct client *client = server_socket_session(socket);
    struct error err = {0};
    json_t *message = is_text ? json_parse(bytes, len, &err) : NULL;
    if (!is_text) {
        server_socket_close(socket, CLOSE_NOT_TEXT, "text frames only");
    } else if (!message) {
        error_prefix(&err, "this message is no JSON");
        send_complaint(client, err.text);
    } else if (!json_is_object(message) || !handle_json(client, message)) {
        send_complaint(client, "\"type\" is hello, command, report or reply: see docs/api.md");
    }
    json_decref(message);
}

const struct server_protocol session_protocol = {
    .name = "antiphon.v1",
    .accept = handle_accept,
    .on_open = handle_open,
    .on_message = handle_message,
    .on_too_large = handle_too_large,
    .on_overflow = handle_overflow,
    .on_close = handle_close,
};
