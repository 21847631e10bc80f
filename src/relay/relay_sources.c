/* Sources that come and go while the relay runs, and the configuration that follows them. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"
#include "connector/connector.h"
#include "connector/inbound.h"
#include "relay/crosspost.h"
#include "relay/relay_private.h"
#include "relay/sources.h"

/* What clients may see of an entry: "secret:NAME" says nothing, a secret itself becomes "***". */
static json_t *make_shown(const json_t *config)
{
    json_t *shown = json_deep_copy(config);
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(shown, next, key, value) {
        const char *text = json_string_value(value);
        if (secret_is_key(key) && text && !secret_is_reference(text))
            json_object_set_new(shown, key, json_string("***"));
    }
    return shown;
}

/* Resolved as check_source() does it. NULL: err. */
static json_t *resolve(struct relay *relay, const json_t *config, struct error *err)
{
    return relay->options.check_source ? relay->options.check_source(relay->options.data, config, err)
                                       : json_deep_copy(config);
}

const struct source *relay_start_source(struct relay *relay, const json_t *config, struct error *err)
{
    json_t *resolved = resolve(relay, config, err);
    if (!resolved)
        return NULL;
    json_t *shown = make_shown(config);
    const struct source *source = sources_add(relay->sources, resolved, shown, err);
    if (source)
        json_object_set_new(relay->written, source->id, json_deep_copy(config));
    json_decref(shown);
    json_decref(resolved);
    return source;
}

static void add_written(void *data, const struct source *source)
{
    void **target = data;
    const struct relay *relay = target[0];
    json_t *written = json_object_get(relay->written, source->id);
    json_array_append(target[1], written ? written : source->config);
}

static void write_back(struct relay *relay)
{
    if (!relay->options.save_sources)
        return;
    json_t *entries = json_array();
    struct error err = {0};
    sources_each(relay->sources, add_written, (void *[]){relay, entries});
    json_array_extend(entries, relay->refused);
    if (!relay->options.save_sources(relay->options.data, entries, &err))
        relay_notice(relay, "error", "relay/sources", "the configuration was not written: %s", err.text);
    json_decref(entries);
}

static void note_written(struct relay *relay, const json_t *resolved, const json_t *written)
{
    json_object_clear(relay->written);
    json_array_clear(relay->refused);
    for (size_t i = 0; i < json_array_size(resolved); i++) {
        char *id = connector_source_id(json_array_get(resolved, i), NULL);
        if (id && sources_find(relay->sources, id)) {
            json_object_set_new(relay->written, id, json_deep_copy(json_array_get(written, i)));
        } else {
            json_array_append(relay->refused, json_array_get(written, i));
        }
        free(id);
    }
}

bool relay_set_sources(struct relay *relay, const json_t *resolved, const json_t *written, struct error *err)
{
    json_t *shown = json_array();
    for (size_t i = 0; i < json_array_size(written); i++)
        json_array_append_new(shown, make_shown(json_array_get(written, i)));
    bool is_done = sources_set(relay->sources, resolved, shown, err);
    json_decref(shown);
    if (is_done)
        note_written(relay, resolved, written);
    return is_done;
}

/*
 * Who adds a source for the door in the panel gives no token: one is made, and written back to where secrets are. A
 * source of a platform that must name its token is none of these.
 */
static json_t *with_token(const json_t *config)
{
    json_t *copy = json_deep_copy(config);
    const char *connector = json_get_text(config, "connector");
    const char *given = json_get_text(config, "token");  // a form that was left empty gives ""
    if (connector && connector_wants_token(connector) && (!given || !*given)) {
        char token[INBOUND_TOKEN_BYTES];
        inbound_make_token(token);
        json_object_set_new(copy, "token", json_string(token));
    }
    return copy;
}

const struct source *relay_add_source(struct relay *relay, const json_t *config, struct error *err)
{
    json_t *whole = with_token(config);
    const struct source *source = relay_start_source(relay, whole, err);
    json_decref(whole);
    if (source)
        write_back(relay);
    return source;
}

/* What the panel shows as "***" stays as it is in the file. */
static json_t *keep_secrets(const json_t *config, const json_t *written)
{
    json_t *whole = json_deep_copy(config);
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(whole, next, key, value) {
        json_t *old = json_object_get(written, key);
        if (secret_is_key(key) && json_is_string(value) && strcmp(json_string_value(value), "***") == 0 && old)
            json_object_set(whole, key, old);
    }
    return whole;
}

static const struct source *replace_source(struct relay *relay, const char *id, const char *id_now, const json_t *config,
                                           const json_t *resolved, struct error *err)
{
    if (strcmp(id, id_now) != 0) {
        const struct source *source = relay_start_source(relay, config, err);
        if (!source)
            return NULL;
        json_object_del(relay->written, id);
        sources_remove(relay->sources, id, NULL);
        return source;
    }
    json_t *shown = make_shown(config);
    bool is_done = sources_change(relay->sources, id, resolved, shown, err);
    json_decref(shown);
    if (is_done)
        json_object_set_new(relay->written, id, json_deep_copy(config));
    return is_done ? sources_find(relay->sources, id) : NULL;
}

const struct source *relay_change_source(struct relay *relay, const char *id, const json_t *config, struct error *err)
{
    if (!sources_find(relay->sources, id)) {
        error_set(err, ERROR_DATA, "there is no source \"%.100s\"", id);
        return NULL;
    }
    char *old_id = xstrdup(id);  // it may be the source's own, and that may go
    json_t *whole = keep_secrets(config, json_object_get(relay->written, id));
    json_t *resolved = resolve(relay, whole, err);
    char *id_now = resolved ? connector_source_id(resolved, err) : NULL;
    const struct source *source = id_now ? replace_source(relay, old_id, id_now, whole, resolved, err) : NULL;
    if (source)
        write_back(relay);
    free(id_now);
    free(old_id);
    json_decref(resolved);
    json_decref(whole);
    return source;
}

static void warn_of_unknown(struct relay *relay, const json_t *names, size_t rule)
{
    size_t index;
    json_t *name;
    json_array_foreach(names, index, name) {
        const char *id = json_string_value(name);
        if (!sources_find(relay->sources, id))
            relay_notice(relay, "warn", "crosspost", "crosspost[%zu]: there is no source \"%.100s\" now", rule, id);
    }
}

bool relay_set_crosspost(struct relay *relay, const json_t *rules, struct error *err)
{
    if (!crosspost_check(rules, err))
        return false;
    crosspost_set_rules(relay->crosspost, rules);
    size_t index;
    json_t *rule;
    json_array_foreach(rules, index, rule) {
        warn_of_unknown(relay, json_object_get(rule, "from"), index);
        warn_of_unknown(relay, json_object_get(rule, "to"), index);
    }
    return true;
}

bool relay_remove_source(struct relay *relay, const char *id, struct error *err)
{
    if (!sources_find(relay->sources, id))
        return error_set(err, ERROR_DATA, "there is no source \"%.100s\"", id);
    json_object_del(relay->written, id);
    if (!sources_remove(relay->sources, id, err))
        return false;
    write_back(relay);
    return true;
}
