/*
 * The door connector: whatever other programs send to a secret address of ours, by POST or by websocket. docs/door.md.
 * Each payload is acknowledged, so that a sender that is not sure sends it again: an id that was there before is a
 * duplicate and nothing else.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/door_inside.h"

enum { NAME_BYTES_MAX = 32 };

static const struct door_kind kinds[] = {
    {"generic", "application/json", door_take_generic},
};

static const struct connector_key keys[] = {
    {"name", JSON_STRING, false}, {"token", JSON_STRING, true}, {"platform", JSON_STRING, false},
    {"kofi_token", JSON_STRING, false}, {NULL},
};

static struct door *get_door(struct connector *base)
{
    return container_of(base, struct door, base);
}

/* ---- configuration ---- */

static bool is_word(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= NAME_BYTES_MAX && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_") == len;
}

static char *door_check(const json_t *config, struct error *err)
{
    const char *name = connector_config_text(config, "name", "door");
    const char *platform = connector_config_text(config, "platform", "door");
    if (!is_word(name) || !is_word(platform)) {
        error_set(err, ERROR_DATA, "%s: expected 1 to %d of a-z, 0-9, - and _", is_word(name) ? "platform" : "name",
                  NAME_BYTES_MAX);
        return NULL;
    }
    if (!inbound_check_token(json_get_text(config, "token"), err))
        return NULL;
    return xstrdup(name);
}

static struct connector *door_create(const json_t *config)
{
    struct door *door = xcalloc(1, sizeof(*door));
    door->name = xstrdup(connector_config_text(config, "name", "door"));
    door->platform = xstrdup(connector_config_text(config, "platform", "door"));
    door->token = xstrdup(connector_config_text(config, "token", NULL));
    door->kofi_token = xstrdup(connector_config_text(config, "kofi_token", NULL));
    return &door->base;
}

static const char *door_token(struct connector *base)
{
    return get_door(base)->token;
}

/* ---- what comes ---- */

static void show_state(struct door *door)
{
    if (door->socket_count > 0) {
        connector_set_state(&door->base, CONNECTOR_LIVE, "%zu program%s connected", door->socket_count,
                            door->socket_count == 1 ? "" : "s");
    } else if (door->taken > 0) {
        connector_set_state(&door->base, CONNECTOR_LIVE, "open; programs send by POST, or come back by websocket");
    } else {
        connector_set_state(&door->base, CONNECTOR_WAITING,
                            "open, nothing has come yet; `antiphon door` prints the addresses to paste");
    }
}

/* An address without a kind takes our own format. */
static const struct door_kind *find_kind(const char *name)
{
    if (!*name)
        return &kinds[0];
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static bool take(struct door *door, const struct door_kind *kind, const struct door_input *input, struct buffer *out,
                 struct error *err)
{
    struct error why = {0};
    if (!connector_begin_frame(&door->base, input->body, input->len))
        return error_set(err, ERROR_DATA, "this payload ended an earlier run of the program: it is not read again");
    bool is_good = kind->take(door, input, out, &why);
    connector_end_frame(&door->base, is_good ? NULL : &why);
    if (!is_good && err)
        *err = why;
    if (is_good && door->base.options.loop && door->taken++ == 0)
        show_state(door);
    return is_good;
}

static void door_request(struct connector *base, const struct inbound_request *request, struct inbound_answer *answer)
{
    struct error err = {0};
    const struct door_kind *kind = find_kind(request->kind);
    struct door_input input = {request->body, request->len, request};
    if (!kind) {
        inbound_say(answer, 404, "there is no kind \"%.40s\" here; docs/door.md lists them", request->kind);
    } else if (strcmp(request->method, "GET") == 0) {
        inbound_say(answer, 405, "the door is open: send with POST");
    } else if (take(get_door(base), kind, &input, &answer->body, &err)) {
        answer->content_type = kind->content_type;
    } else if (answer->body.len > 0) {  // it says itself what was refused
        answer->status = 400;
        answer->content_type = kind->content_type;
    } else {
        inbound_say(answer, err.code == ERROR_DENIED ? 403 : 400, "%s", err.text);
    }
}

/* ---- websockets ---- */

static void door_socket_open(struct connector *base, struct inbound_socket *socket)
{
    struct door *door = get_door(base);
    const struct door_kind *kind = find_kind(inbound_socket_kind(socket));
    inbound_socket_set_data(socket, (void *)kind);
    door->socket_count++;
    show_state(door);
    if (!kind)
        inbound_socket_close(socket, 1008, "there is no such kind here; docs/door.md lists them");
}

static void door_socket_receive(struct connector *base, struct inbound_socket *socket, const char *text, size_t len)
{
    struct door *door = get_door(base);
    const struct door_kind *kind = inbound_socket_data(socket);
    struct buffer out = {0};
    struct error err = {0};
    uint64_t repeats = base->repeats;
    if (!kind)
        return;
    bool is_good = take(door, kind, &(struct door_input){text, len, NULL}, &out, &err);
    if (kind->take != door_take_generic)
        buffer_clear(&out);
    if (out.len == 0)
        door_write_ack(base->repeats != repeats, is_good ? NULL : &err, &out);
    inbound_socket_acknowledge(socket, out.data, out.len);
    buffer_fini(&out);
}

static void door_socket_close(struct connector *base, struct inbound_socket *socket)
{
    struct door *door = get_door(base);
    door->socket_count--;
    show_state(door);
}

/* ---- the table ---- */

static void door_start(struct connector *base)
{
    show_state(get_door(base));
}

/* A recorded payload: our own form as it is, others behind their kind's name: `kofi data=%7B…`. */
static bool door_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    const struct door_kind *kind = &kinds[0];
    size_t skip = 0;
    if (len > 0 && text[0] != '{' && text[0] != '[') {
        const char *space = memchr(text, ' ', len);
        char *name = xstrndup(text, space ? (size_t)(space - text) : len);
        kind = find_kind(name);
        free(name);
        skip = space ? (size_t)(space - text) + 1 : len;
    }
    if (!kind)
        return error_set(err, ERROR_DATA, "expected a message as JSON, or a kind of docs/door.md and its payload");
    struct buffer out = {0};
    bool is_good = take(get_door(base), kind, &(struct door_input){text + skip, len - skip, NULL}, &out, err);
    buffer_fini(&out);
    return is_good;
}

static void door_destroy(struct connector *base)
{
    struct door *door = get_door(base);
    free(door->name);
    free(door->token);
    free(door->platform);
    free(door->kofi_token);
    free(door);
}

const struct connector_impl door_connector = {
    .name = "door", .keys = keys, .check = door_check, .create = door_create, .start = door_start,
    .receive = door_receive, .destroy = door_destroy, .token = door_token, .request = door_request,
    .socket_open = door_socket_open, .socket_receive = door_socket_receive, .socket_close = door_socket_close,
};
