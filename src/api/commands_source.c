/* source.*: connections that come, change and go while the relay runs, and what they are made of. */
#include "api/command.h"
#include "api/sources_json.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/secret.h"
#include "connector/connector.h"
#include "relay/relay.h"
#include "relay/sources.h"

static enum outcome add(const struct call *call, json_t **result, struct error *err)
{
    const struct source *source = relay_add_source(call->api->relay, json_object_get(call->arguments, "config"), err);
    if (!source)
        return COMMAND_FAILED;
    *result = json_pack("{s:s}", "source", source->id);
    return COMMAND_DONE;
}

static enum outcome remove_one(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = relay_remove_source(call->api->relay, call_string(call, "source"), err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome change(const struct call *call, json_t **result, struct error *err)
{
    const struct source *source = relay_change_source(call->api->relay, call_string(call, "source"),
                                                      json_object_get(call->arguments, "config"), err);
    if (!source)
        return COMMAND_FAILED;
    *result = json_pack("{s:s}", "source", source->id);
    return COMMAND_DONE;
}

static void add_json(void *data, const struct source *source)
{
    struct buffer text = {0};
    source_write_json(source, &text);
    json_array_append_new(data, json_parse(text.data, text.len, NULL));
    buffer_fini(&text);
}

static enum outcome list(const struct call *call, json_t **result, struct error *err)
{
    json_t *sources = json_array();
    sources_each(call->api->relay->sources, add_json, sources);
    *result = json_pack("{s:o}", "sources", sources);
    return COMMAND_DONE;
}

/* --- What a form for each platform is made of --- */

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_INTEGER: return "integer";
    case JSON_ARRAY: return "array";
    case JSON_OBJECT: return "object";
    case JSON_TRUE: return "boolean";
    default: return "text";
    }
}

static json_t *key_json(const struct connector_key *key)
{
    return json_pack("{s:s,s:s,s:b,s:b,s:s*,s:s*}", "name", key->name, "type", type_name(key->type), "required",
                     key->is_required, "secret", secret_is_key(key->name), "help", key->help, "example", key->example);
}

static json_t *keys_json(const struct connector_key *keys)
{
    json_t *list = json_array();
    for (; keys->name; keys++)
        json_array_append_new(list, key_json(keys));
    return list;
}

static enum outcome kinds(const struct call *call, json_t **result, struct error *err)
{
    json_t *list = json_array();
    for (size_t i = 0; connector_name_at(i); i++) {
        const char *name = connector_name_at(i);
        json_array_append_new(list, json_pack("{s:s,s:s,s:o}", "connector", name, "title", connector_title(name), "keys",
                                              keys_json(connector_keys(name))));
    }
    *result = json_pack("{s:o,s:o}", "kinds", list, "common", keys_json(connector_common_keys()));
    return COMMAND_DONE;
}

const struct command commands_source[] = {
    {"source.add", API_ROLE_OWNER, {{"config", ARGUMENT_OBJECT}}, add},
    {"source.change", API_ROLE_OWNER, {{"source", ARGUMENT_TEXT}, {"config", ARGUMENT_OBJECT}}, change},
    {"source.kinds", API_ROLE_VIEWER, {{0}}, kinds},
    {"source.list", API_ROLE_VIEWER, {{0}}, list},
    {"source.remove", API_ROLE_OWNER, {{"source", ARGUMENT_TEXT}}, remove_one},
    {0},
};
