/*
 * x_rules.c - what the filtered stream is asked for. Rules stay on the server, of the whole app: ours are known by their
 * tag. Those of an earlier configuration are deleted, a missing one is added, others' are left alone. And the activity
 * stream's counterpart: a subscription, made once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/x_inside.h"
#include "net/http.h"

#define RULES "/2/tweets/search/stream/rules"

static void keep_rule(struct x *x, const char *id)
{
    struct x_reader *reader = &x->reader;
    if (id && strlen(id) < X_ID_BYTES && reader->rule_count < X_RULE_IDS_MAX)
        strcpy(reader->rule_ids[reader->rule_count++], id);
}

static bool is_good(const struct http_result *result)
{
    return result->error.code == ERROR_NONE;
}

/* ---- adding ---- */

/* The same rule under another tag is there already: "DuplicateRule" names it, and its posts are ours too. */
static bool take_added(struct x *x, const json_t *answer)
{
    const json_t *rules = json_object_get(answer, "data"), *errors = json_object_get(answer, "errors");
    for (size_t i = 0; i < json_array_size(rules); i++)
        keep_rule(x, json_get_text(json_array_get(rules, i), "id"));
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *error = json_array_get(errors, i);
        const char *title = json_get_text(error, "title");
        if (title && strcmp(title, "DuplicateRule") == 0)
            keep_rule(x, json_get_text(error, "id"));
    }
    return x->reader.rule_count > 0;
}

static void refuse_rule(struct x *x, const json_t *answer)
{
    const json_t *error = json_array_get(json_object_get(answer, "errors"), 0);
    const json_t *details = json_object_get(error, "details");
    const char *why = json_string_value(json_array_get(details, 0));
    if (!why)
        why = json_get_text(error, "title");
    connector_set_remedy(&x->base, "correct hashtag or query");
    connector_set_state(&x->base, CONNECTOR_FAILED, "X does not take the rule \"%s\": %s", x->query, why ? why : "it says not why");
    x_later(x, 10 * 60 * 1000, x_check_rules);
}

static void handle_added(void *data, const struct http_result *result)
{
    struct x *x = data;
    x->request = NULL;
    json_t *answer = result->len > 0 ? json_parse(result->body, result->len, NULL) : NULL;
    if (take_added(x, answer)) {
        x_open_stream(x);
    } else if (is_good(result) || (result->status == 400 && json_object_get(answer, "errors"))) {
        refuse_rule(x, answer);
    } else {
        x_handle_failure(x, result, x_check_rules);
    }
    json_decref(answer);
}

static void add_rule(struct x *x)
{
    json_t *body = json_pack("{s:[{s:s, s:s}]}", "add", "value", x->query, "tag", x->rule_tag);
    char *text = json_dumps(body, JSON_COMPACT);
    x_call(x, "POST", RULES, x->bearer, text ? text : "{}", handle_added);
    free(text);
    json_decref(body);
}

/* ---- listing and deleting ---- */

static void handle_deleted(void *data, const struct http_result *result)
{
    struct x *x = data;
    x->request = NULL;
    if (!is_good(result)) {
        x_handle_failure(x, result, x_check_rules);
    } else if (x->reader.rule_count > 0) {
        x_open_stream(x);
    } else {
        add_rule(x);
    }
}

static void delete_rules(struct x *x, json_t *ids)
{
    json_t *body = json_pack("{s:{s:O}}", "delete", "ids", ids);
    char *text = json_dumps(body, JSON_COMPACT);
    x_call(x, "POST", RULES, x->bearer, text, handle_deleted);
    free(text);
    json_decref(body);
}

/* Keeps our rule if it is there; gives the ids of those that were ours. */
static json_t *sort_rules(struct x *x, const json_t *rules)
{
    json_t *stale = json_array();
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *tag = json_get_text(rule, "tag"), *value = json_get_text(rule, "value"), *id = json_get_text(rule, "id");
        if (!id || !tag || strcmp(tag, x->rule_tag) != 0)
            continue;
        if (value && strcmp(value, x->query) == 0 && x->reader.rule_count == 0)
            keep_rule(x, id);
        else
            json_array_append_new(stale, json_string(id));
    }
    return stale;
}

static void handle_rules(void *data, const struct http_result *result)
{
    struct x *x = data;
    x->request = NULL;
    if (!is_good(result)) {
        x_handle_failure(x, result, x_check_rules);
        return;
    }
    json_t *answer = json_parse(result->body, result->len, NULL);
    x->reader.rule_count = 0;
    json_t *stale = sort_rules(x, json_object_get(answer, "data"));
    if (json_array_size(stale) > 0) {
        delete_rules(x, stale);
    } else if (x->reader.rule_count > 0) {
        x_open_stream(x);
    } else {
        add_rule(x);
    }
    json_decref(stale);
    json_decref(answer);
}

void x_check_rules(struct x *x)
{
    x_count_posts(x);
    if (!x_may_read(x))
        return;
    if (x->base.health.state != CONNECTOR_FAILED)
        connector_set_state(&x->base, CONNECTOR_CONNECTING, "asking X for %s", x->query);
    x_call(x, NULL, RULES, x->bearer, NULL, handle_rules);
}

/* ---- the activity's subscription ---- */

static void handle_subscribed(void *data, const struct http_result *result)
{
    struct x *x = data;
    x->request = NULL;
    // What is there already is refused in a way that is not documented: the stream will show it.
    if (is_good(result) || result->status == 409 || result->status == 400) {
        x->has_rules = true;
        x_open_stream(x);
    } else {
        x_handle_failure(x, result, x_subscribe);
    }
}

void x_subscribe(struct x *x)
{
    if (!*x->user_token || x->has_rules) {  // it was made by hand, or in an earlier attempt
        x_open_stream(x);
        return;
    }
    json_t *body = json_pack("{s:s, s:{s:s}, s:s}", "event_type", "broadcast.chat", "filter", "user_id", x->user_id, "tag", "antiphon");
    char *text = json_dumps(body, JSON_COMPACT);
    connector_set_state(&x->base, CONNECTOR_CONNECTING, "asking X for the chat of user %s", x->user_id);
    x_call(x, "POST", "/2/activity/subscriptions", x->user_token, text, handle_subscribed);
    free(text);
    json_decref(body);
}
