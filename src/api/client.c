#include "api/client.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"

enum { CLOSE_NOT_WELCOME = 1008 };

void client_send(struct client *client, struct payload *payload)
{
    if (client->socket && client->topics != 0 && !client->is_stale)
        server_socket_send(client->socket, payload);
}

void client_send_json(struct client *client, struct buffer *json)
{
    if (client->socket) {
        struct payload *payload = payload_create(json->data, json->len);
        server_socket_send(client->socket, payload);
        payload_unref(payload);
    }
    buffer_clear(json);
}

bool client_is_there(const struct api *api, const char *name)
{
    const struct client *client;
    list_for_each(client, &api->clients, link)
    {
        if (strcmp(client->who.name, name) == 0)
            return true;
    }
    return false;
}

void client_end_named(struct api *api, const char *name)
{
    struct client *client;
    list_for_each(client, &api->clients, link)
    {
        if (!client->who.is_local && strcmp(client->who.name, name) == 0)
            server_socket_close(client->socket, CLOSE_NOT_WELCOME, "this token or session was removed");
    }
}

void client_end_session(struct api *api, uint64_t session)
{
    struct client *client;
    list_for_each(client, &api->clients, link)
    {
        if (session != 0 && client->who.session == session)
            server_socket_close(client->socket, CLOSE_NOT_WELCOME, "signed out");
    }
}

void client_end_invite(struct api *api, uint64_t invite)
{
    struct client *client;
    list_for_each(client, &api->clients, link)
    {
        if (invite != 0 && client->who.invite == invite)
            server_socket_close(client->socket, CLOSE_NOT_WELCOME, "this invitation was revoked");
    }
}

void client_end_expired(struct api *api, bool is_show_over)
{
    int64_t now_ms = clock_unix_ms();
    struct client *client;
    list_for_each(client, &api->clients, link)
    {
        // The usual session grows with use, which its socket does not see: only what ends for good is looked at.
        bool is_over = client->who.is_for_show && (is_show_over || client->who.expires_ms <= now_ms);
        if (is_over)
            server_socket_close(client->socket, CLOSE_NOT_WELCOME, "this invitation was for one show, and that is over");
    }
}
