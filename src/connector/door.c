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

static bool take_ssn(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    return socialstream_reader_parse(&door->ssn, input->body, input->len, err);
}

static const struct door_kind kinds[] = {
    {"generic", "application/json", door_take_generic},
    {"captions", NULL, door_take_captions},
    {"kofi", NULL, door_take_kofi},
    {"owncast", NULL, door_take_owncast},
    {"ssn", NULL, take_ssn},
    {"tikfinity", NULL, door_take_tikfinity},
    {"wxlivespy", NULL, door_take_wxlivespy},
};

static const struct connector_key keys[] = {
    {"token", JSON_STRING, false, "the secret in the address; leave it empty and one is made", "secret:door"},
    {"name", JSON_STRING, false, "what this source is called, if there are several", "tools"},
    {"platform", JSON_STRING, false, "the platform of messages that name none; usual: door", "mychat"},
    {"kofi_token", JSON_STRING, false, "Ko-fi's verification token, if Ko-fi sends here", "secret:kofi"}, {NULL},
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
    char *token = connector_config_secret(config, "token", err);
    char *kofi_token = token ? connector_config_secret(config, "kofi_token", err) : NULL;
    bool is_good = kofi_token && inbound_check_token(token, err);
    free(token);
    free(kofi_token);
    return is_good ? xstrdup(name) : NULL;
}

static struct connector *door_create(const json_t *config)
{
    struct door *door = xcalloc(1, sizeof(*door));
    socialstream_reader_init(&door->ssn, &door->base);
    list_init(&door->guests);
    door->name = xstrdup(connector_config_text(config, "name", "door"));
    door->platform = xstrdup(connector_config_text(config, "platform", "door"));
    door->token = connector_config_secret(config, "token", NULL);
    door->kofi_token = connector_config_secret(config, "kofi_token", NULL);
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

/*
 * An address without a kind takes our own format. Tools that add "&seq=1" to any address do so
 * behind a kind as well; libwebsockets makes a comma of the &.
 */
static const struct door_kind *find_kind(const char *name)
{
    size_t len = strcspn(name, "&,");
    if (len == 0)
        return &kinds[0];
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, name, len) == 0)
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
        inbound_say(answer, 404, "there is no such kind here; docs/door.md lists them");
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
    struct door_guest *guest = xcalloc(1, sizeof(*guest));
    guest->socket = socket;
    guest->kind = find_kind(inbound_socket_kind(socket));
    guest->is_talking = guest->kind && guest->kind->take == door_take_generic;
    guest->can = 1u << CONNECTOR_SAY;
    list_append(&door->guests, &guest->link);
    inbound_socket_set_data(socket, guest);
    door->socket_count++;
    show_state(door);
    if (!guest->kind)
        inbound_socket_close(socket, 1008, "there is no such kind here; docs/door.md lists them");
}

static void door_socket_receive(struct connector *base, struct inbound_socket *socket, const char *text, size_t len)
{
    struct door *door = get_door(base);
    struct door_guest *guest = inbound_socket_data(socket);
    struct buffer out = {0};
    struct error err = {0};
    uint64_t repeats = base->repeats;
    if (!guest->kind)
        return;
    door->speaker = guest;
    bool is_good = take(door, guest->kind, &(struct door_input){text, len, NULL}, &out, &err);
    door->speaker = NULL;
    if (!guest->is_talking)
        buffer_clear(&out);
    if (out.len == 0)
        door_write_ack(base->repeats != repeats, is_good ? NULL : &err, &out);
    inbound_socket_acknowledge(socket, out.data, out.len);
    buffer_fini(&out);
}

static void door_socket_close(struct connector *base, struct inbound_socket *socket)
{
    struct door *door = get_door(base);
    struct door_guest *guest = inbound_socket_data(socket);
    list_remove(&guest->link);
    door_forget(door, guest);
    free(guest);
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
    socialstream_reader_fini(&door->ssn);
    free(door->name);
    free(door->token);
    free(door->platform);
    free(door->kofi_token);
    free(door);
}

const struct connector_impl door_connector = {
    .name = "door", .title = "Door for other programs", .keys = keys, .wants_token = true, .check = door_check, .create = door_create, .start = door_start,
    .receive = door_receive, .can = door_can, .act = door_act, .destroy = door_destroy, .token = door_token, .request = door_request,
    .socket_open = door_socket_open, .socket_receive = door_socket_receive, .socket_close = door_socket_close,
};
