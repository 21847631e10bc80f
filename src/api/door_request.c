/* One request at the door: the token, the origin, the connector, and the answer once it is true. */
#include <stdio.h>
#include <string.h>

#include "api/door.h"
#include "api/door_inside.h"
#include "base/memory.h"

void door_respond(struct server_request *request, int status, const char *content_type, const struct buffer *body,
                  const char *allowed_origin)
{
    // The page that sent it may read the answer; the browser asks for that.
    const struct net_header headers[] = {{"cache-control", "no-store"}, {"access-control-allow-origin", allowed_origin}};
    server_respond(request, status, content_type ? content_type : "text/plain; charset=utf-8", headers,
                   allowed_origin ? 2 : 1, body->len ? body->data : "", body->len);
}

static void refuse(struct server_request *request, int status, const char *text)
{
    server_respond_text(request, status, "%s", text);
}

/* A browser asks before it lets a page send JSON to another host, and before a page of the Internet may reach this machine. */
static void answer_preflight(struct server_request *request, const char *origin)
{
    const struct net_header headers[] = {
        {"access-control-allow-origin", origin ? origin : "null"}, {"access-control-allow-methods", "POST, PUT, GET"},
        {"access-control-allow-headers", "content-type"}, {"access-control-allow-private-network", "true"},
        {"access-control-max-age", "600"},
    };
    server_respond(request, 204, "text/plain", headers, ARRAY_LENGTH(headers), "", 0);
}

static const char *method_name(enum server_method method)
{
    return method == METHOD_POST ? "POST" : method == METHOD_PUT ? "PUT"
           : method == METHOD_GET || method == METHOD_HEAD ? "GET" : NULL;
}

static const char *get_query(const struct inbound_request *request, const char *name)
{
    return server_request_argument(request->data, name);
}

static const char *get_header(const struct inbound_request *request, const char *name)
{
    return server_request_header(request->data, name);
}

static void handle_gone(void *data)
{
    struct ticket *ticket = data;
    timer_stop(&ticket->limit);
    ticket->request = NULL;
}

/* The disk refuses. What was delivered is in the queue; sent again with the same id it is known, and nothing is lost. */
static void handle_limit(void *data)
{
    struct ticket *ticket = data;
    struct server_request *request = ticket->request;
    ticket->request = NULL;
    buffer_fini(&ticket->text);
    server_request_on_gone(request, NULL, NULL);
    refuse(request, 503, "taken, but not stored: the disk refuses. Send it again later, with the same id");
}

static void answer_when_stored(struct door *door, struct server_request *request, struct inbound_answer *answer,
                               const char *origin)
{
    struct ticket *ticket = door_wait(door);
    ticket->request = request;
    ticket->status = answer->status;
    ticket->content_type = answer->content_type;
    ticket->allowed_origin = origin;
    ticket->text = answer->body;  // handed over
    answer->body = (struct buffer){0};
    server_request_on_gone(request, handle_gone, ticket);
    ticket->limit.fn = handle_limit;
    timer_start(&ticket->limit, DOOR_STORE_MS);
}

static void ask_connector(struct door *door, struct server_request *request, struct connector *connector,
                          const char *kind, const char *origin)
{
    struct inbound_answer answer = {0};
    struct inbound_request inbound = {
        .method = method_name(server_request_method(request)), .kind = kind, .query = get_query, .header = get_header,
        .data = request,
    };
    inbound.body = server_request_body(request, &inbound.len);
    connector_request(connector, &inbound, &answer);
    if (answer.status == 0)
        answer.status = answer.body.len > 0 ? 200 : 204;
    bool is_good = answer.status >= 200 && answer.status < 300;
    if (is_good && strcmp(inbound.method, "GET") != 0) {
        answer_when_stored(door, request, &answer, origin);
    } else {
        door_respond(request, answer.status, answer.content_type, &answer.body, origin);
    }
    buffer_fini(&answer.body);
}

void door_handle_request(void *data, struct server_request *request)
{
    struct door *door = data;
    const char *kind = "", *origin = server_request_header(request, "origin");
    struct connector *connector = door_find(door, server_request_path(request), "/in/", &kind);
    enum server_method method = server_request_method(request);
    if (!connector) {
        refuse(request, 404, "there is nothing here");
    } else if (!door_allows_origin(door, origin)) {
        refuse(request, 403, "pages of this origin may not send here: door.origins in antiphon.json lists those that may");
    } else if (method == METHOD_OPTIONS) {
        answer_preflight(request, origin);
    } else if (door_is_full(door)) {
        refuse(request, 503, "not taken: the disk refuses. Send it again later");
    } else if (!method_name(method)) {
        refuse(request, 405, "things are sent here with POST");
    } else {
        ask_connector(door, request, connector, kind, origin);
    }
}
