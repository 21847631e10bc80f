/*
 * The extension's local server: with `localserver` it opens two sockets to the same address and tells them apart only by
 * what it sends first. {"join":SESSION,"out":4,"in":3} carries chat, {"join":SESSION,"out":2,"in":1} takes commands.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/socialstream_inside.h"
#include "net/server.h"

enum { GUESTS_MAX = 8, JOIN_MS = 10000, CHANNEL_CHAT = 4, CHANNEL_ANSWERS = 2, CHANNEL_BOTH = 0 };

struct socialstream_host {
    struct socialstream *owner;
    struct server *server;
    struct list guests;  // struct guest
    size_t guest_count;
};

struct guest {
    struct list link;  // in host.guests
    struct socialstream_host *host;
    struct server_socket *socket;  // NULL: not open yet
    struct timer join_timer;
    bool is_joined;
    int channel;       // on which it sends
};

/* ---- who may come ---- */

/* The extension, the desktop program, or a program that is no browser. A web page of anybody's is none of these. */
static bool is_allowed_origin(const char *origin)
{
    static const char *const schemes[] = {"chrome-extension://", "moz-extension://", "file://"};
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++) {
        if (origin && strncmp(origin, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    return !origin;
}

static bool is_same_session(const char *held, const char *given)
{
    size_t held_len = strlen(held), len = strlen(given);
    volatile unsigned char differs = held_len != len;
    for (size_t i = 0; i < len; i++)
        differs |= (unsigned char)(held[i % held_len] ^ given[i]);
    return differs == 0;
}

static bool has_chat(const struct socialstream_host *host)
{
    const struct guest *guest;
    list_for_each(guest, &host->guests, link) {
        if (guest->is_joined && (guest->channel == CHANNEL_CHAT || guest->channel == CHANNEL_BOTH))
            return true;
    }
    return false;
}

bool socialstream_host_is_live(const struct socialstream_host *host)
{
    return host && has_chat(host);
}

static void let_in(struct guest *guest, int channel)
{
    struct socialstream *ssn = guest->host->owner;
    bool was_live = has_chat(guest->host);
    timer_stop(&guest->join_timer);
    guest->is_joined = true;
    guest->channel = channel;
    if (!was_live && has_chat(guest->host))
        socialstream_joined(ssn, "the extension is here");
}

/* False: this was no join, or not of our session. */
static bool join(struct guest *guest, const char *text, size_t len)
{
    json_t *object = json_parse(text, len, NULL);
    const char *session = json_get_text(object, "join");
    bool is_good = session && is_same_session(guest->host->owner->session, session);
    if (is_good)
        let_in(guest, (int)json_get_int(object, "out", CHANNEL_BOTH));
    json_decref(object);
    return is_good;
}

/* "/join/SESSION/IN/OUT" says the same in the address; "/" says nothing yet. */
static bool join_by_path(struct guest *guest, const char *path)
{
    static const char prefix[] = "/join/";
    if (strncmp(path, prefix, sizeof(prefix) - 1) != 0)
        return true;
    const char *at = path + sizeof(prefix) - 1;
    char *session = xstrndup(at, strcspn(at, "/"));
    bool is_good = is_same_session(guest->host->owner->session, session);
    at += strlen(session);
    free(session);
    const char *out = *at ? strchr(at + 1, '/') : NULL;
    guest->is_joined = is_good;
    guest->channel = out ? atoi(out + 1) : CHANNEL_BOTH;
    return is_good;
}

/* ---- the server ---- */

static int accept_guest(void *data, const struct server_request *request, void **session)
{
    struct socialstream_host *host = data;
    if (!is_allowed_origin(server_request_header(request, "origin")))
        return 403;
    if (host->guest_count >= GUESTS_MAX)
        return 503;
    struct guest *guest = xcalloc(1, sizeof(*guest));
    guest->host = host;
    list_init(&guest->link);
    if (!join_by_path(guest, server_request_path(request))) {
        free(guest);
        return 403;
    }
    host->guest_count++;
    *session = guest;
    return 0;
}

static void handle_late(void *data)
{
    struct guest *guest = data;
    server_socket_close(guest->socket, 1008, "join first");
}

static void handle_open(void *data, struct server_socket *socket)
{
    struct guest *guest = server_socket_session(socket);
    guest->socket = socket;
    timer_init(&guest->join_timer, guest->host->owner->base.options.loop, handle_late, guest);
    timer_start(&guest->join_timer, JOIN_MS);
    bool was_by_path = guest->is_joined;
    guest->is_joined = false;
    list_append(&guest->host->guests, &guest->link);
    if (was_by_path)
        let_in(guest, guest->channel);
}

static void handle_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct guest *guest = server_socket_session(socket);
    struct socialstream *ssn = guest->host->owner;
    if (!is_text)
        return;
    if (guest->is_joined) {
        socialstream_take(ssn, bytes, len);
        if (guest->channel != CHANNEL_ANSWERS)
            socialstream_heard(ssn);
    } else if (!join(guest, bytes, len)) {
        log_warn("connector/socialstream", "%s: turned somebody away who does not know our session; is it the one that the "
                 "extension shows?", ssn->base.source);
        server_socket_close(socket, 1008, "this is not our session");
    }
}

static void handle_close(void *data, struct server_socket *socket, void *session, int code)
{
    struct guest *guest = session;
    if (!guest)
        return;
    struct socialstream_host *host = guest->host;
    bool was_live = has_chat(host);
    if (socket)
        timer_stop(&guest->join_timer);
    list_remove(&guest->link);
    host->guest_count--;
    free(guest);
    if (!was_live || has_chat(host) || !host->server)
        return;
    socialstream_lost(host->owner, "the extension went away");
    connector_set_state(&host->owner->base, CONNECTOR_CONNECTING, "the extension went away; listening on %s",
                        host->owner->listen);
}

static void refuse_request(void *data, struct server_request *request)
{
    server_respond_text(request, 426, "%s", "Social Stream Ninja's websocket is here");
}

static const struct server_protocol protocol = {
    .name = NULL, .accept = accept_guest, .on_open = handle_open, .on_message = handle_message, .on_close = handle_close,
};

/* ---- life ---- */

/* Loopback only: the session's name is all that guards it, and it would travel in the clear. */
static bool parse_listen(const char *listen, char **address, uint16_t *port, struct error *err)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    unsigned long number = colon ? strtoul(colon + 1, &end, 10) : 0;
    size_t len = colon ? (size_t)(colon - listen) : 0;
    bool is_local = colon && (strncmp(listen, "127.0.0.1:", 10) == 0 || strncmp(listen, "localhost:", 10) == 0 ||
                              strncmp(listen, "[::1]:", 6) == 0);
    if (!is_local || end == colon + 1 || *end || number > 65535)
        return error_set(err, ERROR_DATA, "\"%.60s\": expected an address of this machine, like 127.0.0.1:3000", listen);
    *address = listen[0] == '[' ? xstrndup(listen + 1, len - 2) : xstrndup(listen, len);
    *port = (uint16_t)number;
    return true;
}

struct socialstream_host *socialstream_host_create(struct socialstream *ssn, struct error *err)
{
    char *address = NULL;
    uint16_t port = 0;
    if (!parse_listen(ssn->listen, &address, &port, err))
        return NULL;
    struct socialstream_host *host = xcalloc(1, sizeof(*host));
    host->owner = ssn;
    list_init(&host->guests);
    struct server_options options = {
        .address = address, .port = port, .waits_for_port = true, .connections_max = 32,
        .message_bytes_max = SOCIALSTREAM_BYTES_MAX, .idle_ping_s = ssn->idle_ping_s,
        .idle_hangup_s = ssn->idle_ping_s ? 2 * ssn->idle_ping_s : 0, .on_request = refuse_request,
        .protocols = &protocol, .protocol_count = 1, .data = host};
    host->server = server_create(ssn->base.options.loop, &options, err);
    free(address);
    if (host->server)
        return host;
    free(host);
    return NULL;
}

void socialstream_host_destroy(struct socialstream_host *host)
{
    if (!host)
        return;
    struct server *server = host->server;
    host->server = NULL;  // what ends now was not lost
    server_destroy(server);
    free(host);
}

bool socialstream_host_can_send(const struct socialstream_host *host)
{
    const struct guest *guest;
    list_for_each(guest, &host->guests, link) {
        if (guest->is_joined && guest->channel != CHANNEL_CHAT)
            return true;
    }
    return false;
}

bool socialstream_host_send(struct socialstream_host *host, const char *text, size_t len)
{
    const struct guest *guest;
    list_for_each(guest, &host->guests, link) {
        if (guest->is_joined && guest->channel != CHANNEL_CHAT)
            return server_socket_send_text(guest->socket, text, len);
    }
    return false;
}
