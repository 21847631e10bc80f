#include "gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/inbound.h"
#include "net/http.h"
#include "net/server.h"

/* ---- the door ---- */

static const char *query_of(const struct inbound_request *request, const char *name)
{
    return server_request_argument(request->data, name);
}

static const char *header_of(const struct inbound_request *request, const char *name)
{
    return server_request_header(request->data, name);
}

static void handle_request(void *data, struct server_request *request)
{
    struct gate *gate = data;
    size_t len;
    const char *body = server_request_body(request, &len);
    struct inbound_request inbound = {
        .method = server_request_method(request) == METHOD_POST ? "POST" : "GET", .kind = "", .body = body ? body : "", .len = len,
        .query = query_of, .header = header_of, .data = request};
    struct inbound_answer answer = {0};
    gate->requests++;
    if (gate->stage.connector)
        connector_request(gate->stage.connector, &inbound, &answer);
    int status = answer.status ? answer.status : answer.body.len > 0 ? 200 : 204;
    server_respond(request, status, "text/plain", NULL, 0, answer.body.data ? answer.body.data : "", answer.body.len);
    buffer_fini(&answer.body);
}

void gate_open_door(struct gate *gate)
{
    struct error err = {0};
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server_port(gate->door));
    assert_true(rehearsal_set_target(gate->rehearsal, gate->platform, url, &err));
}

/* ---- life ---- */

static char *load(void *data, const char *platform)
{
    struct gate *gate = data;
    return strcmp(platform, gate->platform) == 0 ? xstrdup(gate->stored) : NULL;
}

static bool save(void *data, const char *platform, const char *json, struct error *err)
{
    return true;
}

void gate_init(struct gate *gate, const char *platform, const char *const *settings)
{
    struct error err = {0};
    size_t count = 0;
    memset(gate, 0, sizeof(*gate));
    stage_init(&gate->stage);
    gate->platform = platform;
    while (settings && settings[count])
        count++;
    gate->rehearsal = rehearsal_create(gate->stage.loop, &(struct rehearsal_options){
        .as = platform, .settings = settings, .setting_count = count}, &err);
    if (!gate->rehearsal)
        fail_msg("%s", err.text);
    gate->door = server_create(gate->stage.loop, &(struct server_options){.on_request = handle_request, .data = gate}, &err);
    if (!gate->door)
        fail_msg("%s", err.text);
}

void gate_fini(struct gate *gate)
{
    stage_stop(&gate->stage);
    logins_destroy(gate->stage.logins);
    rehearsal_destroy(gate->rehearsal);
    server_destroy(gate->door);
    free(gate->stored);
    stage_fini(&gate->stage);
}

void gate_log_in(struct gate *gate, const char *token, const char *scopes, const char *account_id, const char *account_name)
{
    struct error err = {0};
    int64_t now_ms = clock_unix_ms();
    gate->stored = xasprintf("{\"client_id\":\"id\",\"access_token\":\"%s\",\"refresh_token\":\"again\",\"scopes\":\"%s\","
                             "\"account_id\":\"%s\",\"account_name\":\"%s\",\"obtained_ms\":%lld,\"expires_ms\":%lld}", token, scopes,
                             account_id, account_name, (long long)now_ms, (long long)(now_ms + 7200000));
    gate->stage.logins = logins_create(&(struct logins_options){.loop = gate->stage.loop, .load = load, .save = save, .data = gate});
    json_t *config = json_pack("{s:{s:s, s:s, s:o, s:o}}", gate->platform, "client_id", "id", "client_secret", "secret", "url",
                               json_sprintf("http://127.0.0.1:%u/%s/oauth", rehearsal_port(gate->rehearsal), gate->platform), "api_url",
                               json_sprintf("http://127.0.0.1:%u/%s/api", rehearsal_port(gate->rehearsal), gate->platform));
    if (!logins_configure(gate->stage.logins, config, &err))
        fail_msg("%s", err.text);
    json_decref(config);
}

void gate_start(struct gate *gate, const char *cursor, const char *more, const char *less)
{
    json_t *addresses = json_object();
    json_t *all = rehearsal_addresses(gate->rehearsal);
    json_t *source = NULL;
    for (size_t i = 0; i < json_array_size(json_object_get(all, "sources")); i++) {
        json_t *one = json_array_get(json_object_get(all, "sources"), i);
        if (strcmp(json_get_text(one, "connector"), gate->platform) == 0)
            source = one;
    }
    if (!source)
        fail_msg("the rehearsal has no source for %s", gate->platform);
    char *text = xasprintf("{%s}", more);
    json_t *besides = json_loads(text, 0, NULL);
    if (!besides)
        fail_msg("no JSON: %s", text);
    json_object_update(source, besides);
    for (const char *at = less; *at;) {
        size_t len = strcspn(at, ",");
        char *key = xstrndup(at, len);
        json_object_del(source, key);
        free(key);
        at += len + (at[len] == ',');
    }
    char *config = json_dumps(source, JSON_COMPACT);
    stage_start(&gate->stage, cursor, "%s", config);
    free(config);
    free(text);
    json_decref(besides);
    json_decref(all);
    json_decref(addresses);
}

/* ---- the platform ---- */

void gate_say(struct gate *gate, const char *format, ...)
{
    char text[2000];
    struct error err = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    json_t *object = json_parse(text, strlen(text), &err);
    if (!object)
        fail_msg("%s: %s", text, err.text);
    json_object_set_new(object, "platform", json_string(gate->platform));
    if (!json_object_get(object, "native_id"))
        json_object_set_new(object, "native_id", json_sprintf("said%zu", ++gate->said));
    struct message *message = message_from_json(object, &err);
    if (!message)
        fail_msg("%s: %s", text, err.text);
    rehearsal_say(gate->rehearsal, message);
    message_unref(message);
    json_decref(object);
}

void gate_fault(struct gate *gate, const char *fault)
{
    struct error err = {0};
    if (!rehearsal_fault(gate->rehearsal, fault, gate->platform, 0, &err))
        fail_msg("%s", err.text);
}

int64_t gate_count(const struct gate *gate, const char *key)
{
    json_t *state = rehearsal_state(gate->rehearsal);
    int64_t count = json_get_int(json_object_get(state, gate->platform), key, -1);
    json_decref(state);
    return count;
}

uint64_t gate_act(struct gate *gate, const struct connector_act *act)
{
    return connector_act(gate->stage.connector, act);
}

static bool has_answer(void *data)
{
    return ((struct gate *)data)->status != 0;
}

static void take_answer(void *data, const struct http_result *result)
{
    struct gate *gate = data;
    gate->status = result->status ? result->status : -1;
    snprintf(gate->answer, sizeof(gate->answer), "%s", result->body ? result->body : "");
}

void gate_knock(struct gate *gate, const char *method, const char *query, const char *body, const char *const *headers)
{
    struct net_header list[8];
    char texts[8][600];
    size_t count = 0;
    for (; headers && headers[count] && count < 8; count++) {
        snprintf(texts[count], sizeof(texts[count]), "%s", headers[count]);
        char *colon = strstr(texts[count], ": ");
        assert_non_null(colon);
        *colon = '\0';
        list[count] = (struct net_header){texts[count], colon + 2};
    }
    char *url = xasprintf("http://127.0.0.1:%u/%s", server_port(gate->door), query);
    struct error err = {0};
    gate->status = 0;
    if (!http_start(gate->stage.loop, &(struct http_options){.url = url, .method = method, .headers = list, .header_count = count,
                    .body = body, .body_len = body ? strlen(body) : 0, .on_done = take_answer, .data = gate}, &err))
        fail_msg("%s", err.text);
    stage_until(&gate->stage, "an answer of the door", has_answer, gate);
    free(url);
}
