#include "rehearsal/x_rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/server.h"

#define SENT "\"meta\":{\"sent\":\"2026-11-22T10:30:00.000Z\"}}"

static void answer(struct server_request *request, int status, struct buffer *body)
{
    server_respond(request, status, "application/json", NULL, 0, body->data, body->len);
    buffer_fini(body);
}

bool x_rules_any(const struct x_rules *rules)
{
    for (size_t i = 0; i < X_RULES_MAX; i++) {
        if (rules->rules[i].id)
            return true;
    }
    return false;
}

static void clear_rule(struct x_rules *rules, size_t i)
{
    free(rules->rules[i].value);
    free(rules->rules[i].tag);
    memset(&rules->rules[i], 0, sizeof(rules->rules[i]));
}

void x_rules_fini(struct x_rules *rules)
{
    for (size_t i = 0; i < X_RULES_MAX; i++)
        clear_rule(rules, i);
}

static void write_rule(const struct x_rules *rules, size_t i, bool has_value, struct buffer *out)
{
    buffer_printf(out, "{\"id\":\"%llu\",\"tag\":", (unsigned long long)rules->rules[i].id);
    buffer_add_json(out, rules->rules[i].tag, strlen(rules->rules[i].tag));
    if (has_value) {
        buffer_add_string(out, ",\"value\":");
        buffer_add_json(out, rules->rules[i].value, strlen(rules->rules[i].value));
    }
    buffer_add_char(out, '}');
}

static void write_all(const struct x_rules *rules, bool has_value, struct buffer *out)
{
    bool is_first = true;
    for (size_t i = 0; i < X_RULES_MAX; i++) {
        if (!rules->rules[i].id)
            continue;
        if (!is_first)
            buffer_add_char(out, ',');
        write_rule(rules, i, has_value, out);
        is_first = false;
    }
}

void x_rules_write_matching(const struct x_rules *rules, struct buffer *out)
{
    write_all(rules, false, out);
}

static void list(const struct x_rules *rules, struct server_request *request)
{
    struct buffer body = {0};
    buffer_add_char(&body, '{');
    if (x_rules_any(rules)) {
        buffer_add_string(&body, "\"data\":[");
        write_all(rules, true, &body);
        buffer_add_string(&body, "],");
    }
    buffer_add_string(&body, SENT);
    answer(request, 200, &body);
}

/* Into good the rule, or into bad why not. */
static void add(struct x_rules *rules, const json_t *wanted, struct buffer *good, struct buffer *bad)
{
    const char *value = json_get_text(wanted, "value"), *tag = json_get_text(wanted, "tag");
    size_t place = X_RULES_MAX;
    for (size_t i = X_RULES_MAX; i-- > 0;) {
        if (!rules->rules[i].id) {
            place = i;
        } else if (value && strcmp(rules->rules[i].value, value) == 0) {
            buffer_printf(bad, "{\"title\":\"DuplicateRule\",\"id\":\"%llu\",\"value\":", (unsigned long long)rules->rules[i].id);
            buffer_add_json(bad, value, strlen(value));
            buffer_add_string(bad, ",\"type\":\"https://api.x.com/2/problems/duplicate-rules\"}");
            return;
        }
    }
    if (!value || !*value || place == X_RULES_MAX || strchr(value, '(')) {
        buffer_add_string(bad, "{\"title\":\"Invalid Rule\",\"details\":[\"the rehearsal takes no brackets in a rule\"],"
                          "\"type\":\"https://api.x.com/2/problems/invalid-rules\"}");
        return;
    }
    rules->rules[place].id = UINT64_C(1273026480692322304) + rules->made++;
    rules->rules[place].value = xstrdup(value);
    rules->rules[place].tag = xstrdup(tag ? tag : "");
    write_rule(rules, place, true, good);
}

static void delete_those(struct x_rules *rules, const json_t *ids)
{
    for (size_t k = 0; k < json_array_size(ids); k++) {
        const char *id = json_string_value(json_array_get(ids, k));
        for (size_t i = 0; i < X_RULES_MAX; i++) {
            if (id && rules->rules[i].id && rules->rules[i].id == strtoull(id, NULL, 10))
                clear_rule(rules, i);
        }
    }
}

static void change(struct x_rules *rules, struct server_request *request)
{
    size_t len;
    const char *text = server_request_body(request, &len);
    json_t *body = json_parse(text, len, NULL);
    const json_t *wanted = json_array_get(json_object_get(body, "add"), 0);
    const json_t *ids = json_object_get(json_object_get(body, "delete"), "ids");
    struct buffer out = {0}, good = {0}, bad = {0};
    if (wanted)
        add(rules, wanted, &good, &bad);
    delete_those(rules, ids);
    buffer_add_char(&out, '{');
    if (good.len > 0)
        buffer_printf(&out, "\"data\":[%.*s],", (int)good.len, good.data);
    if (bad.len > 0)
        buffer_printf(&out, "\"errors\":[%.*s],", (int)bad.len, bad.data);
    buffer_add_string(&out, SENT);
    answer(request, wanted ? 201 : ids ? 200 : 400, &out);
    buffer_fini(&good);
    buffer_fini(&bad);
    json_decref(body);
}

void x_rules_handle(struct x_rules *rules, struct server_request *request)
{
    if (server_request_method(request) == METHOD_POST)
        change(rules, request);
    else
        list(rules, request);
}
