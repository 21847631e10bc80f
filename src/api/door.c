#include "api/door.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/door_inside.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal.h"

enum { TRIES_PER_S = 20, TRIES_QUIET_MS = 60 * 1000, CONNECTIONS_MAX = 128, TICKETS_MAX = 4096 };

/* ---- who may come in ---- */

/* A page of this machine: its server is a local program. */
static bool is_local_page(const char *origin)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = strstr(origin, "://");
    if (!host || (strncmp(origin, "http://", 7) != 0 && strncmp(origin, "https://", 8) != 0))
        return false;
    host += 3;
    size_t len = strcspn(host, ":");
    if (*host == '[')
        len = strcspn(host, "]") + 1;
    for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
        if (strlen(hosts[i]) == len && strncasecmp(host, hosts[i], len) == 0)
            return true;
    }
    return false;
}

bool door_allows_origin(const struct door *door, const char *origin)
{
    static const char *const schemes[] = {"chrome-extension://", "moz-extension://", "file://"};
    if (!origin || is_local_page(origin))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++) {
        if (strncmp(origin, schemes[i], strlen(schemes[i])) == 0)
            return true;
    }
    for (size_t i = 0; i < door->origin_count; i++) {
        if (strcasecmp(origin, door->origins[i]) == 0)
            return true;
    }
    return false;
}

/* Nobody finds 128 random bits by trying; but a person should know that somebody tries, or that a tool is set wrongly. */
static void note_wrong_try(struct door *door)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - door->tries_since_ms >= 1000) {
        door->tries_since_ms = now_ms;
        door->tries = 0;
    }
    bool is_told = door->tries_told_ms && now_ms - door->tries_told_ms < TRIES_QUIET_MS;
    if (++door->tries < TRIES_PER_S || is_told)
        return;
    door->tries_told_ms = now_ms;
    log_warn("api/door", "%u wrong tokens within a second: somebody guesses, or a tool sends to an old address (`antiphon "
             "door` prints the right ones)", door->tries);
}

/*
 * No check of Host, as the panel has: a name rebound to this machine lets a page of a stranger speak to us, but not
 * know the token.
 */
struct connector *door_find(struct door *door, const char *path, const char *prefix, const char **kind)
{
    size_t len = strlen(prefix);
    struct connector *connector = NULL;
    if (strncmp(path, prefix, len) == 0) {
        const char *token = path + len;
        size_t token_len = strcspn(token, "/");
        *kind = token + token_len + (token[token_len] == '/');
        connector = sources_find_inbound(door->relay->sources, token, token_len);
    }
    if (!connector)
        note_wrong_try(door);
    return connector;
}

/* ---- what waits for the journal ---- */

static void free_ticket(struct ticket *ticket)
{
    timer_stop(&ticket->limit);
    list_remove(&ticket->link);
    ticket->door->ticket_count--;
    buffer_fini(&ticket->text);
    free(ticket);
}

static void handle_durable(void *data)
{
    struct ticket *ticket = data;
    if (ticket->request) {
        door_respond(ticket->request, ticket->status, ticket->content_type, &ticket->text, ticket->allowed_origin);
    } else if (ticket->socket) {
        server_socket_send_text(ticket->socket, ticket->text.data, ticket->text.len);
    }
    free_ticket(ticket);
}

bool door_is_full(const struct door *door)
{
    return door->ticket_count >= TICKETS_MAX;
}

struct ticket *door_wait(struct door *door)
{
    struct ticket *ticket = xcalloc(1, sizeof(*ticket));
    ticket->door = door;
    list_append(&door->tickets, &ticket->link);
    door->ticket_count++;
    timer_init(&ticket->limit, door->loop, NULL, ticket);
    journal_when_durable(door->relay->journal, handle_durable, ticket);
    return ticket;
}

/* ---- open while a source wants it ---- */

static bool parse_listen(struct door *door, const char *listen, struct error *err)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || colon == listen || end == colon + 1 || *end || port > 65535)
        return error_set(err, ERROR_DATA, "door.listen \"%.60s\": expected ADDRESS:PORT, like \"" DOOR_LISTEN "\"", listen);
    size_t len = (size_t)(colon - listen);
    bool is_bracketed = listen[0] == '[' && listen[len - 1] == ']';
    door->address = xstrndup(listen + is_bracketed, len - 2 * is_bracketed);
    door->port = (uint16_t)port;
    return true;
}

static void open_door(struct door *door)
{
    struct error err = {0};
    struct server_options options = {
        .address = door->address, .port = door->port, .waits_for_port = true,
        .cert_file = door->cert_file, .key_file = door->key_file,
        .body_bytes_max = INBOUND_BYTES_MAX, .message_bytes_max = INBOUND_BYTES_MAX,
        .connections_max = CONNECTIONS_MAX,
        .on_request = door_handle_request, .protocols = &door_protocol, .protocol_count = 1, .data = door,
    };
    door->server = server_create(door->loop, &options, &err);
    if (door->server) {
        log_info("api/door", "open on %s port %u; `antiphon door` prints the addresses to paste", door->address,
                 server_port(door->server));
    } else {
        relay_notice(door->relay, "error", "api/door", "the door stays shut: %s", err.text);
    }
}

static void follow_sources(void *data)
{
    struct door *door = data;
    bool is_wanted = sources_want_inbound(door->relay->sources);
    if (is_wanted && !door->server) {
        open_door(door);
    } else if (!is_wanted && door->server) {
        server_destroy(door->server);
        door->server = NULL;
        log_info("api/door", "closed: no source wants it any more");
    }
}

/* Sources change also within a request of ours: the door is moved in a later turn. */
static void handle_source(void *data, const struct source *source)
{
    struct door *door = data;
    bool is_wanted = sources_want_inbound(door->relay->sources);
    if (is_wanted != (door->server != NULL) && !timer_is_running(&door->follow))
        timer_start(&door->follow, 0);
}

static void handle_source_removed(void *data, const char *id)
{
    handle_source(data, NULL);
}

static const struct relay_listener_impl listener_impl = {.source = handle_source, .source_removed = handle_source_removed};

/* ---- life ---- */

struct door *door_create(struct loop *loop, struct relay *relay, const struct door_options *options, struct error *err)
{
    struct door *door = xcalloc(1, sizeof(*door));
    door->loop = loop;
    door->relay = relay;
    door->cert_file = xstrdup(options->cert_file);
    door->key_file = xstrdup(options->key_file);
    door->origins = xcalloc(options->origin_count + 1, sizeof(*door->origins));
    for (; door->origin_count < options->origin_count; door->origin_count++)
        door->origins[door->origin_count] = xstrdup(options->origins[door->origin_count]);
    list_init(&door->tickets);
    timer_init(&door->follow, loop, follow_sources, door);
    door->listener = (struct relay_listener){.impl = &listener_impl, .data = door};
    list_init(&door->listener.link);
    if (!parse_listen(door, options->listen ? options->listen : DOOR_LISTEN, err)) {
        door_destroy(door);
        return NULL;
    }
    relay_add_listener(relay, &door->listener);
    follow_sources(door);
    return door;
}

void door_destroy(struct door *door)
{
    if (!door)
        return;
    relay_remove_listener(&door->listener);
    timer_stop(&door->follow);
    server_destroy(door->server);
    struct ticket *ticket, *next;
    list_for_each_safe(ticket, next, &door->tickets, link)  // the journal closes without giving its answers
        free_ticket(ticket);
    for (size_t i = 0; i < door->origin_count; i++)
        free(door->origins[i]);
    free(door->origins);
    free(door->cert_file);
    free(door->key_file);
    free(door->address);
    free(door);
}

uint16_t door_port(const struct door *door)
{
    return door->server ? server_port(door->server) : 0;
}
