#include "api/login_json.h"

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/qr_rows.h"
#include "connector/login.h"

static json_t *make_object(const struct login *login, enum api_role role)
{
    json_t *object = login_describe(login);
    const struct login_prompt *prompt = login_prompt(login);
    if (role != API_ROLE_OWNER) {
        json_object_del(object, "prompt");
        json_object_del(object, "scopes");
        // The words name address and code, too.
        if (prompt)
            json_object_set_new(object, "text", json_string("the owner is logging in"));
    } else if (prompt) {
        json_t *code = qr_rows(prompt->url);
        if (code)
            json_object_set_new(json_object_get(object, "prompt"), "qr", code);
    }
    return object;
}

void login_write_json(const struct login *login, enum api_role role, struct buffer *out)
{
    json_t *object = make_object(login, role);
    char *text = json_dumps(object, JSON_COMPACT);
    buffer_add_string(out, text ? text : "{}");
    free(text);
    json_decref(object);
}

void logins_write_snapshot(const struct relay *relay, enum api_role role, struct buffer *out)
{
    buffer_add_string(out, ",\"logins\":[");
    for (size_t i = 0; logins_at(relay->logins, i); i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        login_write_json(logins_at(relay->logins, i), role, out);
    }
    buffer_add_char(out, ']');
}

static struct payload *make_event(const struct login *login, enum api_role role)
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"login\",\"login\":");
    login_write_json(login, role, &json);
    buffer_add_char(&json, '}');
    struct payload *payload = payload_create(json.data, json.len);
    buffer_fini(&json);
    return payload;
}

void login_send(struct api *api, const struct login *login)
{
    struct payload *owners = make_event(login, API_ROLE_OWNER), *others = make_event(login, API_ROLE_VIEWER);
    struct client *client, *next;
    list_for_each_safe(client, next, &api->clients, link)
    {
        if (client->topics & TOPIC_SOURCES)
            client_send(client, client->who.role == API_ROLE_OWNER ? owners : others);
    }
    payload_unref(owners);
    payload_unref(others);
}
